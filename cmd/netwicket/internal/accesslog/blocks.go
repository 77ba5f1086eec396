package accesslog

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// MaxLine is how long a record may be, in bytes.
const MaxLine = 16 << 20

// blockSize is how much is read at once. A block holds whole lines.
const blockSize = 512 << 10

// cutter cuts a log into blocks of whole lines.
type cutter struct {
	maxLine   int // bytes of a line without its ending
	blockSize int
	handle    func(Block) error
}

// Block is some whole lines of a log.
type Block struct {
	Layout
	Text  string // lines, with or without an ending at the last one
	Line  int    // number of the first line, from 1
	lines []int  // of records that were joined into one line each, where they began
	Err   error  // instead of text: the line Line is no record
}

// ErrTooLong is the error of a block that stands for a line of more than [MaxLine] bytes.
var ErrTooLong = fmt.Errorf("the line has more than %d bytes", MaxLine)

// Records ranges over the lines that are not blank, with their numbers.
func (b Block) Records() iter.Seq2[int, string] {
	return func(yield func(int, string) bool) { b.records(yield) }
}

func (b Block) records(yield func(int, string) bool) {
	number, i := b.Line, 0
	for rest := b.Text; rest != ""; i++ {
		var line string
		if end := strings.IndexByte(rest, '\n'); end >= 0 {
			line, rest = rest[:end], rest[end+1:]
		} else {
			line, rest = rest, ""
		}
		if i < len(b.lines) {
			number = b.lines[i]
		}
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		if !isBlank(line) && !(b.Layout.columns != nil && isDirective(line)) {
			if !yield(number, line) {
				return
			}
		}
		number++
	}
}

func isBlank(line string) bool {
	for i := range len(line) {
		if line[i] != ' ' && line[i] != '\t' {
			return false
		}
	}
	return true
}

// Blocks reads a log, plain or compressed with gzip or zstd, and hands it out in
// blocks, each with the layout of the log. JSON objects in an array, or spread
// over lines, become one line each. It stops at the first error of handle, which
// it returns, or of the input.
func Blocks(input io.Reader, handle func(Block) error) error {
	buffered := bufio.NewReaderSize(input, 64<<10)
	unpacked, err := unpack(buffered)
	if err != nil {
		return err
	}
	defer unpacked.Close()
	if unpacked.Reader != buffered {
		buffered = bufio.NewReaderSize(unpacked, 64<<10)
	}
	if mark, _ := buffered.Peek(3); string(mark) == "\xef\xbb\xbf" {
		_, _ = buffered.Discard(3) // a byte order mark, as Windows programs write it
	}
	if looksSpread(buffered) {
		return cutter{MaxLine, blockSize, handle}.objects(buffered)
	}
	layout := layoutOf(buffered)
	withLayout := func(b Block) error {
		b.Layout = layout
		return handle(b)
	}
	if layout.columns != nil {
		withLayout = columned(handle)
	}
	return cutter{MaxLine, blockSize, withLayout}.lines(buffered)
}

// unpacked is a log as it was before it was compressed.
type unpacked struct {
	io.Reader
	io.Closer
}

// unpack looks at the first bytes, not at the name.
func unpack(input *bufio.Reader) (unpacked, error) {
	magic, _ := input.Peek(4) // of a shorter input, what there is
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		reader, err := gzip.NewReader(input)
		if err != nil {
			return unpacked{}, fmt.Errorf("gzip: %w", err)
		}
		return unpacked{reader, reader}, nil
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		const window = 128 << 20 // what zstd itself takes without being asked for more
		reader, err := zstd.NewReader(input, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(window))
		if err != nil {
			return unpacked{}, fmt.Errorf("zstd: %w", err)
		}
		closer := reader.IOReadCloser()
		return unpacked{closer, closer}, nil
	}
	return unpacked{input, io.NopCloser(nil)}, nil
}

// layoutOf is the layout of a log by its first line that is not blank.
func layoutOf(input *bufio.Reader) Layout {
	begin, _ := input.Peek(4 << 10)
	line, _, _ := strings.Cut(strings.TrimLeft(string(begin), " \t\r\n"), "\n")
	return LayoutOf(strings.TrimSuffix(line, "\r"))
}

// looksSpread says that a log begins with an array of objects, or with an object
// that goes on behind the line.
func looksSpread(input *bufio.Reader) bool {
	begin, _ := input.Peek(4 << 10) // at the end of a short input there is an error, too
	begin = bytes.TrimLeft(begin, " \t\r\n")
	if len(begin) == 0 {
		return false
	}
	rest := bytes.TrimLeft(begin[1:], " \t\r\n")
	switch begin[0] {
	case '[':
		return len(rest) == 0 || rest[0] == '{' || rest[0] == ']'
	case '{':
		line, _, more := bytes.Cut(begin[1:], []byte("\n"))
		return more && len(bytes.TrimSpace(line)) == 0
	}
	return false
}

// lines reads blocks of whole lines.
func (c cutter) lines(input io.Reader) error {
	room := c.maxLine + len("\r\n")
	buffer := make([]byte, c.blockSize)
	held, number := 0, 1 // bytes of the next lines at the start of buffer; the first one's number
	for {
		n, err := fill(input, buffer[held:])
		held += n
		ended := err != nil
		whole := held
		if !ended {
			whole = bytes.LastIndexByte(buffer, '\n') + 1
		}
		switch {
		case whole > 0:
			if failed := c.handOut(buffer[:whole], number); failed != nil {
				return failed
			}
			number += bytes.Count(buffer[:whole], []byte("\n"))
			held = copy(buffer, buffer[whole:held])
		case ended:
		case len(buffer) < room:
			buffer = append(buffer, make([]byte, min(len(buffer), room-len(buffer)))...)
		default:
			if failed := c.handle(Block{Line: number, Err: ErrTooLong}); failed != nil {
				return failed
			}
			number++
			held, err = skipLine(input, buffer)
			ended = err != nil
		}
		if ended {
			return unlessEnd(err)
		}
	}
}

// handOut hands out whole lines. One that is too long by no more bytes than its
// ending may have has found room among them.
func (c cutter) handOut(text []byte, line int) error {
	if len(text) <= c.maxLine {
		return c.handle(Block{Text: string(text), Line: line})
	}
	at, number := 0, line
	for one := range bytes.Lines(text) {
		if len(bytes.TrimSuffix(bytes.TrimSuffix(one, []byte("\n")), []byte("\r"))) > c.maxLine {
			if failed := c.handle(Block{Text: string(text[:at]), Line: line}); failed != nil {
				return failed
			}
			if failed := c.handle(Block{Line: number, Err: ErrTooLong}); failed != nil {
				return failed
			}
			text, line, at = text[at+len(one):], number+1, 0
		} else {
			at += len(one)
		}
		number++
	}
	return c.handle(Block{Text: string(text), Line: line})
}

// skipLine drops the rest of a line; what was read behind it stands at the start
// of buffer. At the end of the input, that is nothing.
func skipLine(input io.Reader, buffer []byte) (held int, err error) {
	for {
		n, err := input.Read(buffer)
		if end := bytes.IndexByte(buffer[:n], '\n'); end >= 0 {
			return copy(buffer, buffer[end+1:n]), nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// fill reads until the buffer is full. The error is the input's own, unlike that
// of io.ReadFull, which calls the end of a file what a truncated one is called.
func fill(input io.Reader, buffer []byte) (n int, err error) {
	for n < len(buffer) && err == nil {
		var more int
		more, err = input.Read(buffer[n:])
		n += more
	}
	return n, err
}

// unlessEnd is the error of an input, if it is one: that it ended is none.
func unlessEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
