package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	if _, err := p.root.Stat(p.name); escapes(err) {
		if p.name, err = p.follow(); err != nil {
			p.close()
			return p, p.failure(err)
		}
	}
	return p, nil
}

// maxLinks is how many links a path may lead through, as Linux has it.
const maxLinks = 40

// follow is the name without its links. The root takes every absolute link for one
// that leads outside; this looks where it leads. It never leaves the root, nor does
// who opens what it gives.
func (p place) follow() (string, error) {
	var done []string // of which none is a link
	left := parts(p.name)
	for links := 0; len(left) > 0; {
		part := left[0]
		left = left[1:]
		if part == ".." {
			if len(done) == 0 {
				return "", p.outside()
			}
			done = done[:len(done)-1]
			continue
		}
		path := filepath.Join(append(slices.Clip(done), part)...)
		info, err := p.root.Lstat(path)
		if err != nil {
			return "", err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			done = append(done, part)
			continue
		}
		target, err := p.root.Readlink(path)
		if err != nil {
			return "", err
		}
		if filepath.IsAbs(target) {
			done = nil
			if target, err = nameIn(p.file.Within, target); err != nil {
				return "", err
			}
			if target == "" {
				return "", p.outside()
			}
		}
		if links++; links > maxLinks {
			return "", syscall.ELOOP
		}
		left = append(parts(target), left...)
	}
	return filepath.Join(append([]string{"."}, done...)...), nil
}

// parts are the elements of a path that say something.
func parts(path string) []string {
	return slices.DeleteFunc(strings.Split(filepath.ToSlash(path), "/"), func(part string) bool { return part == "" || part == "." })
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

// escapes says that a root refused a path. The system says everything else by
// number, and the root has no error that could be asked for.
func escapes(err error) bool {
	var number syscall.Errno
	return err != nil && !errors.As(err, &number)
}

// failure names the file as it was given.
func (p place) failure(err error) error {
	switch {
	case err == nil:
		return nil
	case escapes(err):
		return p.file.failure(p.outside())
	default:
		return p.file.failure(Cause(err))
	}
}

func (p place) outside() error {
	return fmt.Errorf("it %w %s, by itself or by a symbolic link", ErrOutside, p.file.Within)
}
