package uploads

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// file is a log on the disk. It is closed when it is forgotten and nobody reads it any
// more. A nil file is one that was never made.
type file struct {
	mutex     sync.Mutex
	on        *os.File
	path      string // empty: it has no name any more
	readers   int
	forgotten bool
}

// newFile makes a file that its owner alone can read, and takes its name away where the
// system lets.
func newFile() (*file, error) {
	var failed []error
	for _, folder := range folders() {
		on, err := os.CreateTemp(folder, "netwicket-log-*") // mode 0600
		if err != nil {
			failed = append(failed, err)
			continue
		}
		f := &file{on: on, path: on.Name()}
		if os.Remove(f.path) == nil {
			f.path = ""
		}
		return f, nil
	}
	return nil, errors.Join(failed...)
}

// folders are where the file may be, the best first. /tmp is in memory on many systems;
// /var/tmp is what they have for large files.
func folders() []string {
	if os.Getenv("TMPDIR") != "" {
		return []string{os.TempDir()}
	}
	if info, err := os.Stat("/var/tmp"); err == nil && info.IsDir() {
		return []string{"/var/tmp", os.TempDir()}
	}
	return []string{os.TempDir()}
}

// take reads a log to its end into a file.
func take(body io.Reader, limit int64) (*file, int64, error) {
	begin, err := beginning(body)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrCutOff, err)
	}
	if len(begin) == 0 {
		return nil, 0, ErrEmpty
	}
	if err := checkKind(begin); err != nil {
		return nil, 0, err
	}
	f, err := newFile()
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrDisk, err)
	}
	size, err := f.fill(begin, body, limit)
	return f, size, err
}

// beginning is what tells of which kind a log is. Whoever reads on behind the end finds
// it again.
func beginning(body io.Reader) ([]byte, error) {
	begin := make([]byte, 0, lookedAt)
	for len(begin) < lookedAt {
		n, err := body.Read(begin[len(begin):lookedAt])
		begin = begin[:len(begin)+n]
		if errors.Is(err, io.EOF) {
			return begin, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return begin, nil
}

// fill writes the beginning of a log and what comes behind it.
func (f *file) fill(begin []byte, body io.Reader, limit int64) (size int64, err error) {
	buffer := make([]byte, 256<<10)
	for part := begin; ; {
		if size += int64(len(part)); size > limit {
			return size, ErrTooLarge
		}
		if _, failed := f.on.Write(part); failed != nil {
			return size, fmt.Errorf("%w: %w", ErrDisk, failed)
		}
		if errors.Is(err, io.EOF) {
			return size, nil
		}
		if err != nil {
			return size, fmt.Errorf("%w: %w", ErrCutOff, err)
		}
		var n int
		n, err = body.Read(buffer)
		part = buffer[:n]
	}
}

// forget closes the file, now or behind the last who reads it.
func (f *file) forget() {
	if f == nil {
		return
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.forgotten = true
	f.closeUnread()
}

func (f *file) closeUnread() {
	if !f.forgotten || f.readers > 0 {
		return
	}
	_ = f.on.Close() // what was written is not wanted any more
	if f.path != "" {
		_ = os.Remove(f.path) // a temporary file: nothing hangs on it
	}
}

// open reads the file from its beginning; nil: it was forgotten.
func (f *file) open(size int64) io.ReadCloser {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.forgotten {
		return nil
	}
	f.readers++
	return &reader{Reader: io.NewSectionReader(f.on, 0, size), of: f}
}

// reader is one who reads a file.
type reader struct {
	io.Reader
	of   *file
	once sync.Once
}

// Close implements [io.Closer].
func (r *reader) Close() error {
	r.once.Do(func() {
		r.of.mutex.Lock()
		defer r.of.mutex.Unlock()
		r.of.readers--
		r.of.closeUnread()
	})
	return nil
}
