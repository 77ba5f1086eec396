// Package snapfile is the file around a compiled policy: its frame, its digest and the
// numbers inside. What the numbers mean is package decide's. docs/snapshot.md describes
// every byte.
//
// Whatever the bytes are, reading ends with the content or with a finding, and takes no
// more memory than the limits say.
package snapfile

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/netwicket/netwicket/internal/finding"
)

// Format is the one that this program writes and reads.
const Format = 1

// What a file may hold.
const (
	MaxFile   = 64 << 20 // bytes
	MaxHeader = 1 << 20
	MaxBody   = 256 << 20 // uncompressed
)

// Magic is what a snapshot begins with. The first byte is no text in any encoding, and the
// line ends show what a transfer as text has done to the file.
const Magic = "\x89NWS\r\n\x1a\n"

// frame is what stands in front of the header:
//
//	 0   8  Magic
//	 8   2  format
//	10   2  flags, 0
//	12   4  length of the header
//	16   8  length of the file
//	24   8  length of the body, uncompressed
//	32  32  SHA-256 of the uncompressed body
//	64      header, body
const frame = 64

// File is a snapshot, opened.
type File struct {
	Header []byte // JSON
	Digest [sha256.Size]byte
	Body   []byte // uncompressed
}

// Write writes a file of a header and a body.
func Write(w io.Writer, header, body []byte) error {
	if len(header) > MaxHeader || len(body) > MaxBody {
		return tooLarge("the snapshot would have a header of %d bytes and a body of %d; the limits are %d and %d", len(header), len(body), MaxHeader, MaxBody)
	}
	var packed bytes.Buffer
	out, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression) // the level is a known one
	_, _ = out.Write(body)                                       // a buffer takes everything
	_ = out.Close()
	size := frame + len(header) + packed.Len()
	if size > MaxFile {
		return tooLarge("the snapshot would have %d bytes; the limit is %d", size, MaxFile)
	}
	sum := sha256.Sum256(body)
	head := append(make([]byte, 0, frame+len(header)), Magic...)
	head = binary.LittleEndian.AppendUint16(head, Format)
	head = binary.LittleEndian.AppendUint16(head, 0)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(header)))
	head = binary.LittleEndian.AppendUint64(head, uint64(size))
	head = binary.LittleEndian.AppendUint64(head, uint64(len(body)))
	head = append(append(head, sum[:]...), header...)
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err := w.Write(packed.Bytes())
	return err
}

// Read reads a file whole. The error is a *finding.Finding, or the reader's.
func Read(r io.Reader) (*File, error) {
	head, size, f, err := readHead(r)
	if err != nil {
		return nil, err
	}
	packed, err := readUpTo(r, head.packed())
	if err != nil {
		return nil, err
	}
	if len(packed) < head.packed() {
		return nil, truncated(frame+len(f.Header)+len(packed), head.file)
	}
	var one [1]byte
	if n, _ := io.ReadFull(r, one[:]); n > 0 {
		return nil, Invalid("there are bytes behind the %d that the snapshot has by its own account", head.file)
	}
	if f.Body, err = inflate(packed, size); err != nil {
		return nil, err
	}
	if sha256.Sum256(f.Body) != f.Digest {
		return nil, wrongDigest("the content is not that of which the file gives the SHA-256: it was damaged or changed on its way")
	}
	return f, nil
}

// ReadHeader reads what stands before the body, which is not looked at.
func ReadHeader(r io.Reader) (*File, error) {
	_, _, f, err := readHead(r)
	return f, err
}

// lengths are those that the frame gives.
type lengths struct {
	header uint32
	file   uint64
}

func (l lengths) packed() int { return int(l.file - frame - uint64(l.header)) }

func readHead(r io.Reader) (l lengths, size int, f *File, err error) {
	start, err := readUpTo(r, frame)
	if err != nil {
		return l, 0, nil, err
	}
	if !bytes.HasPrefix(start, []byte(Magic)) {
		return l, 0, nil, Invalid("this is no snapshot: it does not begin with the eight bytes of one")
	}
	if len(start) >= 12 {
		if format, flags := binary.LittleEndian.Uint16(start[8:]), binary.LittleEndian.Uint16(start[10:]); format != Format || flags != 0 {
			return l, 0, nil, otherFormat(format, flags)
		}
	}
	if len(start) < frame {
		return l, 0, nil, truncated(len(start), frame)
	}
	l = lengths{binary.LittleEndian.Uint32(start[12:]), binary.LittleEndian.Uint64(start[16:])}
	content := binary.LittleEndian.Uint64(start[24:])
	switch {
	case l.header > MaxHeader:
		return l, 0, nil, tooLarge("the header is said to have %d bytes; the limit is %d", l.header, MaxHeader)
	case l.file > MaxFile:
		return l, 0, nil, tooLarge("the file is said to have %d bytes; the limit is %d", l.file, MaxFile)
	case content > MaxBody:
		return l, 0, nil, tooLarge("the content is said to have %d bytes; the limit is %d", content, MaxBody)
	case l.file < frame+uint64(l.header):
		return l, 0, nil, Invalid("the file is said to have %d bytes, which is less than its frame and header", l.file)
	}
	f = &File{Digest: [sha256.Size]byte(start[32:])}
	if f.Header, err = readUpTo(r, int(l.header)); err != nil {
		return l, 0, nil, err
	}
	if len(f.Header) < int(l.header) {
		return l, 0, nil, truncated(frame+len(f.Header), l.file)
	}
	return l, int(content), f, nil
}

// readUpTo reads so many bytes, or as many as there are.
func readUpTo(r io.Reader, n int) ([]byte, error) {
	var data bytes.Buffer // it grows with what comes, whatever is said to come
	_, err := io.CopyN(&data, r, int64(n))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return data.Bytes(), nil
}

// densest is how many bytes a compressed one stands for at most: 258 of a repetition that
// takes two bits.
const densest = 1032

// inflate gives the body, of which no more is read than it is said to have.
func inflate(packed []byte, size int) ([]byte, error) {
	source := bytes.NewReader(packed)
	in, err := gzip.NewReader(source)
	if err != nil {
		return nil, wrongDigest("the content cannot be decompressed: %v", err)
	}
	in.Multistream(false)
	if most := densest * int64(len(packed)); int64(size) > most { // more than 32 bits hold
		return nil, wrongDigest("the content has at most %d bytes; by the file's own account it has %d", most, size)
	}
	body := make([]byte, size)
	switch n, err := io.ReadFull(in, body); {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, wrongDigest("the content ends after %d bytes; by the file's own account it has %d", n, size)
	case err != nil:
		return nil, wrongDigest("the content cannot be decompressed: %v", err)
	}
	var one [1]byte
	switch n, err := io.ReadFull(in, one[:]); {
	case n > 0:
		return nil, tooLarge("the content goes on behind the %d bytes that it has by the file's own account", size)
	case !errors.Is(err, io.EOF):
		return nil, wrongDigest("the content cannot be decompressed: %v", err)
	}
	if source.Len() > 0 {
		return nil, Invalid("%d bytes stand behind the compressed content", source.Len())
	}
	return body, nil
}

// Invalid is what is wrong with a file that is whole and undamaged.
func Invalid(format string, args ...any) error { return refused("snapshot-invalid", format, args...) }

// TooMany is more of something than a snapshot may have.
func TooMany(what string, count, limit int) error {
	return tooLarge("the snapshot has %d %s; the limit is %d", count, what, limit)
}

// TooManyBytes is a file that is larger than a snapshot may be.
func TooManyBytes(size int64) error {
	return tooLarge("the snapshot has %d bytes; the limit is %d", size, MaxFile)
}

func tooLarge(format string, args ...any) error { return refused("snapshot-limit", format, args...) }

func wrongDigest(format string, args ...any) error {
	return refused("snapshot-digest", format, args...)
}

func truncated[N int | uint64](found int, want N) error {
	return refused("snapshot-truncated", "the file ends after %d bytes; it should have %d: it was not transferred whole", found, want)
}

func otherFormat(format, flags uint16) error {
	if format == Format {
		return refused("snapshot-format", "the snapshot has flags %#04x, of which this program knows none: a newer netwicket wrote it", flags)
	}
	return refused("snapshot-format", "the snapshot has format %d; this program reads format %d: a newer netwicket wrote it, or compile again with this one", format, Format)
}

func refused(code, format string, args ...any) error {
	return &finding.Finding{Line: 1, Column: 1, Code: code, Err: fmt.Errorf(format, args...)}
}
