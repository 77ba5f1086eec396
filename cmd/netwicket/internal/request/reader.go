package request

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxLine is how many bytes a line may have, its ending aside.
const MaxLine = 16 << 20

// LineError says that one line is no request. Reading goes on behind it.
type LineError struct {
	Line int // 1-based
	Err  error
}

// Error is the line's number and what is wrong with it.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap is what is wrong with the line.
func (e *LineError) Unwrap() error { return e.Err }

// Reader reads the requests of a stream, one a line, holding one line at a time.
// It is for one goroutine.
type Reader struct {
	input *bufio.Reader
	long  []byte // a line that spans several reads
	line  int
	most  int // bytes of a line
}

// NewReader reads requests from input.
func NewReader(input io.Reader) *Reader {
	return &Reader{input: bufio.NewReaderSize(input, 64<<10), most: MaxLine}
}

// Line is the number of the line that Next read last, 0 before the first.
func (r *Reader) Line() int { return r.line }

// Idle says that Next may have to wait for the writer of the stream: time to
// flush what has been answered.
func (r *Reader) Idle() bool { return r.input.Buffered() == 0 }

// Next is the next request. At the end it is io.EOF; a *LineError is a line that
// is no request, after which Next goes on; any other error is the stream's own.
func (r *Reader) Next() (Request, error) {
	for {
		line, err := r.readLine()
		if err != nil {
			return Request{}, err
		}
		line = bytes.Trim(line, " \t")
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		request, err := Parse(line)
		if err != nil {
			return Request{}, &LineError{Line: r.line, Err: err}
		}
		return request, nil
	}
}

// readLine is the next line without its ending, or a *LineError for one that is
// too long; the bytes are good until the next call.
func (r *Reader) readLine() ([]byte, error) {
	r.long = r.long[:0]
	tooLong := false
	for {
		part, err := r.input.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			if !errors.Is(err, io.EOF) || len(part)+len(r.long) == 0 && !tooLong {
				return nil, err
			}
			err = nil
		}
		whole := err == nil
		if whole && len(r.long) == 0 && !tooLong {
			r.line++
			return ending(part), nil
		}
		if tooLong = tooLong || len(r.long)+len(part) > r.most+len("\r\n"); tooLong {
			r.long = r.long[:0]
		} else {
			r.long = append(r.long, part...)
		}
		if !whole {
			continue
		}
		r.line++
		line := ending(r.long)
		if tooLong || len(line) > r.most {
			return nil, &LineError{Line: r.line, Err: fmt.Errorf("the line has more than %d bytes", r.most)}
		}
		return line, nil
	}
}

// ending drops the line's ending.
func ending(line []byte) []byte {
	line = bytes.TrimSuffix(line, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r"))
}
