// Package atomicfile writes files whole or not at all: whoever reads the name
// finds what was there before or all that is new, also after a crash or on a full
// disk.
package atomicfile

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Write writes a file, new or not, with what write gives it: into a new file
// beside it, which goes to the disk and then takes its name.
//
// Symbolic links are followed: the file behind them is replaced, or made where a
// link leads to none yet, and the links stay. A file that was there keeps its
// permissions, not its owner or its other hard links; a new one gets those that
// the umask leaves. What is no regular file, such as /dev/stdout or a named pipe,
// has nothing to replace and is written directly. The error names the file.
func Write(name string, write func(io.Writer) error) error {
	if at, _ := locate(name); at.direct { // of an error there is nothing to write to, and Stage says so
		return describe(name, at.path, direct(at.path, write))
	}
	staged, err := Stage(name, write)
	if err != nil {
		return err
	}
	return staged.Replace()
}

// WriteBytes is Write for content that is at hand.
func WriteBytes(name string, content []byte) error {
	return Write(name, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// Staged is a new file beside the one whose name it is to get. It is not safe for
// concurrent use.
type Staged struct {
	name string
	at   place
	new  string
}

// Stage is the first half of [Write], in which the disk may be full or the folder
// not ours: the new file is written and on the disk, and nothing has changed.
// Follow it with Replace or Discard. What is no regular file cannot be staged.
func Stage(name string, write func(io.Writer) error) (*Staged, error) {
	at, err := locate(name)
	if at.direct {
		err = errors.New("expected a regular file")
	}
	if err != nil {
		return nil, describe(name, at.path, err)
	}
	file, err := stage(at, write)
	if err != nil {
		return nil, describe(name, at.path, err)
	}
	return &Staged{name: name, at: at, new: file}, nil
}

// Replace gives the new file its name. If that fails, all is as it was.
func (s *Staged) Replace() error {
	if err := os.Rename(s.new, s.at.path); err != nil {
		s.Discard()
		return describe(s.name, s.at.path, err)
	}
	syncFolder(s.at.path)
	return nil
}

// Discard takes the new file away again.
func (s *Staged) Discard() { _ = os.Remove(s.new) }

// Clean takes away new files that were never given the name, because the program
// ended too early. Nobody else may be writing the file.
func Clean(name string) {
	at, err := locate(name)
	if err != nil || at.direct {
		return
	}
	folder, base := stem(at.path)
	entries, _ := os.ReadDir(cmp.Or(folder, ".")) // in a folder that cannot be read there is nothing to find
	for _, entry := range entries {
		number, found := strings.CutPrefix(entry.Name(), "."+base+".")
		if _, err := hex.DecodeString(number); found && err == nil && len(number) == 8 {
			_ = os.Remove(folder + entry.Name())
		}
	}
}

// Folder makes a folder, and those above it, so that they are there after a crash,
// too. Those that are there stay as they are.
func Folder(path string, permissions fs.FileMode) error {
	if isFolder(path) {
		return nil
	}
	if above := filepath.Dir(path); above != path {
		if err := Folder(above, permissions); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, permissions); err != nil && !isFolder(path) { // somebody else may have made it
		return err
	}
	syncFolder(path)
	return nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// place is where a file is written.
type place struct {
	path        string // behind all links
	direct      bool   // there is nothing that could be replaced
	permissions fs.FileMode
	fresh       bool // nobody chose the permissions: the umask holds
}

// describe says which file an error is about. What the error says itself may be
// the name of the new file beside it, which nobody knows.
func describe(name, target string, err error) error {
	if err == nil {
		return nil
	}
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		err = path.Err
	case errors.As(err, &link):
		err = link.Err
	}
	if target != name {
		name += " (a link to " + target + ")"
	}
	return fmt.Errorf("%s: cannot be written: %w", name, err)
}

const (
	newFile  = fs.FileMode(0o666) // less the umask
	maxLinks = 40                 // as Linux has it
)

// locate follows links to the file that is to be written.
func locate(name string) (place, error) {
	at := place{path: name}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return at, syscall.EISDIR
	case err == nil:
		at.permissions, at.direct = info.Mode().Perm(), !info.Mode().IsRegular()
	case errors.Is(err, fs.ErrNotExist):
		at.permissions, at.fresh = newFile, true
	default:
		return at, err
	}
	for range maxLinks {
		link, err := os.Readlink(at.path)
		switch {
		case err != nil || at.direct: // the end of the way, whether there is a file or not
			return at, nil
		case isDescriptor(at.path):
			return place{path: name, direct: true}, nil
		}
		if at.path, err = behind(at.path, link); err != nil {
			return place{path: name}, err
		}
	}
	return place{path: name}, syscall.ELOOP
}

// behind is where a link leads. The folder's own links are followed first: a
// link's .. is that of the folder in which it really lies.
func behind(path, link string) (string, error) {
	if filepath.IsAbs(link) {
		return link, nil
	}
	folder, _ := filepath.Split(path)
	if folder == "" {
		return link, nil
	}
	folder, err := filepath.EvalSymlinks(folder)
	return folder + string(filepath.Separator) + link, err
}

// isDescriptor says that a path is an open file of a process, such as what
// /dev/stdout leads to. Its writer expects its content in that very file.
func isDescriptor(path string) bool {
	folder, _ := filepath.Split(path)
	real, _ := filepath.EvalSymlinks(folder) // empty, if there is none
	return strings.HasPrefix(real, "/proc/")
}

// direct writes to what can only be written as it is.
func direct(name string, write func(io.Writer) error) error {
	out, err := os.OpenFile(name, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(out), out.Close())
}

// stage writes a new file beside the old one.
func stage(at place, write func(io.Writer) error) (string, error) {
	out, err := create(at)
	if err != nil {
		return "", err
	}
	err = fill(out, write)
	if err == nil && !at.fresh {
		err = os.Chmod(out.Name(), at.permissions) // which the umask may have narrowed
	}
	if err != nil {
		_ = os.Remove(out.Name()) // the first error is the one to report
	}
	return out.Name(), err
}

// fill writes the content, up to the disk.
func fill(out *os.File, write func(io.Writer) error) error {
	err := write(out)
	if err == nil {
		err = out.Sync()
	}
	if closed := out.Close(); err == nil {
		err = closed
	}
	return err
}

// create makes a file beside the old one, of a name that nobody has.
func create(at place) (*os.File, error) {
	folder, base := stem(at.path)
	for try := 0; ; try++ {
		name := fmt.Sprintf("%s.%s.%08x", folder, base, rand.Uint32())
		out, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, at.permissions)
		if errors.Is(err, fs.ErrExist) && try < 100 {
			continue
		}
		return out, err
	}
}

// stem is the folder of a file, and what the names of new files beside it begin with.
func stem(path string) (folder, base string) {
	const enough = 100 // bytes of a name that may be as long as the file system allows
	folder, base = filepath.Split(path)
	return folder, base[:min(len(base), enough)]
}

// syncFolder brings the new name of a file to the disk.
func syncFolder(target string) {
	folder, _ := filepath.Split(target)
	if folder == "" {
		folder = "."
	}
	SyncFolder(folder)
}

// SyncFolder brings the names in a folder to the disk, such as those of folders that
// were made in it. Not every file system can: a file is whole either way, under its
// old content or its new one.
func SyncFolder(folder string) {
	if dir, err := os.Open(folder); err == nil {
		_ = dir.Sync()
		_ = dir.Close()
	}
}
