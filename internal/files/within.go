package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// ErrOutside is the error for a path that leads out of the folder within which it
// has to be.
var ErrOutside = errors.New("leads outside of the folder")

// place is where a file is opened: anywhere, or in a folder that the system keeps
// it in, whoever swaps a link meanwhile.
type place struct {
	file File
	root *os.Root // nil: anywhere
	name string   // in the root
}

func (f File) place() (place, error) {
	p := place{file: f}
	if f.Within == "" {
		return p, nil
	}
	var err error
	if p.name, err = nameIn(f.Within, f.Path); err != nil {
		return p, f.failure(err)
	}
	if p.name == "" {
		return p, f.failure(p.outside())
	}
	if p.root, err = os.OpenRoot(f.Within); err != nil {
		return p, fmt.Errorf("the folder that files have to be within: %w", err)
	}
	return p, nil
}

// nameIn is the path as the folder has it, empty if it lies elsewhere. That is no
// more than a name: the root sees to where it leads.
func nameIn(folder, path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return "", err
	}
	folders := []string{folder}
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		folders = append(folders, real)
	}
	for _, folder := range folders {
		if name, err := filepath.Rel(folder, path); err == nil && filepath.IsLocal(name) {
			return name, nil
		}
	}
	return "", nil
}

func (p place) close() {
	if p.root != nil {
		_ = p.root.Close() // nothing was written
	}
}

func (p place) stat() (fs.FileInfo, error) {
	if p.root == nil {
		return os.Stat(p.file.Path)
	}
	info, err := p.root.Stat(p.name)
	return info, p.failure(err)
}

func (p place) open(flags int) (*os.File, error) {
	if p.root == nil {
		return os.OpenFile(p.file.Path, flags, 0)
	}
	file, err := p.root.OpenFile(p.name, flags, 0)
	return file, p.failure(err)
}

// failure names the file as it was given. The system says everything by number but
// that a path escapes, for which it has no error that could be asked for.
func (p place) failure(err error) error {
	var number syscall.Errno
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &number):
		return p.file.failure(p.outside())
	default:
		return p.file.failure(Cause(err))
	}
}

func (p place) outside() error {
	return fmt.Errorf("it %w %s, by itself or by a symbolic link (one that stays inside has to be relative)", ErrOutside, p.file.Within)
}
