package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/internal/packed"
)

// File is a file to read, and what its path may lead to. The zero File leads to
// nothing.
type File struct {
	Path string

	// Named says that a person named the path, on the command line: it may be a pipe,
	// as that of a process substitution is, or what standard input is. A path that
	// stands in a document or is found in a folder never may.
	Named bool

	// Within is a folder that neither the path nor a link on the way may leave;
	// empty: they may lead anywhere.
	Within string
}

// Stat is what the path leads to, a folder or anything else.
func (f File) Stat() (fs.FileInfo, error) {
	return patiently(f.Path, func(func()) (fs.FileInfo, error) {
		p, err := f.place()
		if err != nil {
			return nil, err
		}
		defer p.close()
		return p.stat()
	})
}

// Open opens the file to be read. It waits for nothing but the storage, and for
// who writes to a pipe that was named. The error is a [fs.PathError].
func (f File) Open() (*os.File, error) { return f.open(f.refuse) }

// open opens what is not refused: looked at first, since to open a device may do
// something, and again when it is open, since it may be another by then.
func (f File) open(refuse func(fs.FileInfo) error) (*os.File, error) {
	p, err := f.place()
	if err != nil {
		return nil, err
	}
	defer p.close()
	info, err := p.stat()
	if err != nil {
		return nil, err
	}
	if err := refuse(info); err != nil {
		return nil, f.failure(err)
	}
	flags := os.O_RDONLY
	if info.Mode().IsRegular() || info.IsDir() {
		flags |= nonblock
	}
	file, err := p.open(flags)
	if err != nil {
		return nil, err
	}
	if info, err = file.Stat(); err == nil {
		err = refuse(info)
	}
	if err != nil {
		file.Close()
		return nil, f.failure(err)
	}
	return file, nil
}

// ReadDir lists a folder by name.
func (f File) ReadDir() ([]fs.DirEntry, error) {
	return patiently(f.Path, func(func()) ([]fs.DirEntry, error) {
		folder, err := f.open(func(info fs.FileInfo) error {
			if !info.IsDir() {
				return fmt.Errorf("it is %s; expected a folder", kindText(info.Mode()))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		defer folder.Close()
		entries, err := folder.ReadDir(0)
		slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
		return entries, err
	})
}

// refuse says why something is not to be read.
func (f File) refuse(info fs.FileInfo) error {
	switch {
	case info.Mode().IsRegular(), f.Named && (info.Mode()&fs.ModeNamedPipe != 0 || isStandard(info)):
		return nil
	case f.Named:
		return fmt.Errorf("it is %s; expected a regular file or a pipe", kindText(info.Mode()))
	default:
		return fmt.Errorf("it is %s; expected a regular file", kindText(info.Mode()))
	}
}

// isStandard says that a device is standard input, such as a terminal, or the one
// that is always empty.
func isStandard(info fs.FileInfo) bool {
	if info.Mode()&fs.ModeCharDevice == 0 {
		return false
	}
	null, _ := os.Stat(os.DevNull) // what has no description is the same as nothing
	input, _ := os.Stdin.Stat()
	return os.SameFile(info, null) || os.SameFile(info, input)
}

func kindText(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return "a regular file"
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	default:
		return "a device"
	}
}

// failure is an error about the path as it was given.
func (f File) failure(err error) error { return &fs.PathError{Op: "open", Path: f.Path, Err: err} }

// Cause is why a file could not be read, for messages that name it already.
func Cause(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}

// Code is the code of a finding about a file that could not be read.
func Code(err error) string {
	switch {
	case errors.Is(err, ErrOutside):
		return "outside-folder"
	case errors.Is(err, fs.ErrNotExist):
		return "missing-file"
	case isPacked(err):
		return "bad-encoding"
	default:
		return "unreadable-file"
	}
}

func isPacked(err error) bool {
	_, ok := errors.AsType[*packed.Error](err)
	return ok
}
