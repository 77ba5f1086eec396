package files

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"

	"github.com/netwicket/netwicket/internal/packed"
)

// The limits of what is read whole. docs/guarantees.md lists them.
const (
	// DocumentLimit is that of documents and lists. JSON documents have a lower limit
	// of their own; a threat feed of five million networks fits.
	DocumentLimit = 256 << 20

	// CertificateLimit is that of a certificate with its chain, and of its key.
	CertificateLimit = 1 << 20
)

// ErrTooLarge is the error for a file that is larger than its limit.
var ErrTooLarge = errors.New("larger than the limit")

// chunk is how much is read at once: what comes within the patience shows that
// somebody is there.
const chunk = 4 << 20

// Read is the content of the file, if it has no more bytes than the limit.
func (f File) Read(limit int64) ([]byte, error) { return Read(f.Path, f.Open, limit, nil) }

// Read opens a file, has a look at it and reads it whole: into a buffer of its size,
// with not a byte more than the limit. What is not regular is looked at when it is
// read. A nil look is [Unpacked]. It is given up when nothing comes for as long as
// [Patience].
func Read(name string, open func() (*os.File, error), limit int64, look func(file io.ReaderAt, size int64) error) ([]byte, error) {
	if look == nil {
		look = func(file io.ReaderAt, size int64) error { return Unpacked(name, file, size) }
	}
	return patiently(name, func(progress func()) ([]byte, error) {
		file, err := open()
		if err != nil {
			return nil, err
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			return nil, err
		}
		size := int64(0)
		if info.Mode().IsRegular() {
			size = info.Size()
			if err := Fits(name, size, limit); err != nil {
				return nil, err
			}
			if err := look(file, size); err != nil {
				return nil, err
			}
		}
		content, err := readAll(name, file, size, min(limit, math.MaxInt-1), progress)
		if err == nil && !info.Mode().IsRegular() {
			err = look(bytes.NewReader(content), int64(len(content)))
		}
		if err != nil {
			return nil, err
		}
		return content, nil
	})
}

// Unpacked is an error for a file that is compressed, an archive or anything else
// that one command makes readable.
func Unpacked(name string, file io.ReaderAt, size int64) error {
	head := make([]byte, min(size, packed.HeadSize))
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err := packed.Check(name, head[:n]); err != nil {
		return &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return nil
}

// readAll reads to the end. The buffer holds one byte more than the size, which
// tells the end from a file that has grown.
func readAll(name string, file *os.File, size, limit int64, progress func()) ([]byte, error) {
	content := make([]byte, 0, min(size, limit)+1)
	for {
		if len(content) == cap(content) {
			content = append(content, 0)[:len(content)]
		}
		n, err := file.Read(content[len(content):min(cap(content), len(content)+chunk)])
		progress()
		content = content[:len(content)+n]
		if err := Fits(name, int64(len(content)), limit); err != nil {
			return nil, err
		}
		switch {
		case errors.Is(err, io.EOF):
			return content, nil
		case err != nil:
			return nil, err
		}
	}
}

// Fits is [ErrTooLarge] for a size beyond the limit.
func Fits(name string, size, limit int64) error {
	if size <= limit {
		return nil
	}
	text := fmt.Sprintf("%d bytes", limit)
	switch {
	case limit%(1<<30) == 0:
		text = fmt.Sprintf("%d GiB", limit>>30)
	case limit%(1<<20) == 0:
		text = fmt.Sprintf("%d MiB", limit>>20)
	}
	return &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("it is %w of %s", ErrTooLarge, text)}
}
