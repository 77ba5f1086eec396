package release

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// disk writes the files of a state. Before each thing that it does, step is asked: tests let
// it fail there, or end the program.
type disk struct{ step func(what string) error }

func (d disk) before(what string) error {
	if d.step == nil {
		return nil
	}
	return d.step(what)
}

// newFile is how a file is called until it is whole.
const newFile = ".new-"

// write writes a file whole or not at all, and has it on the disk before it comes back.
func (d disk) write(path string, content []byte) error {
	temporary := filepath.Join(filepath.Dir(path), fmt.Sprintf("%s%08x", newFile, rand.Uint32()))
	err := d.fill(temporary, content)
	if err == nil {
		err = d.before("rename " + path)
	}
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		_ = os.Remove(temporary) // the first error is the one to report
		return err
	}
	return d.sync(filepath.Dir(path))
}

func (d disk) fill(path string, content []byte) error {
	if err := d.before("create " + path); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) // less the umask
	if err != nil {
		return err
	}
	defer file.Close()
	for half := range 2 {
		part := content[:len(content)/2]
		if half == 1 {
			part = content[len(content)/2:]
		}
		if err := d.before("write " + path); err != nil {
			return err
		}
		if _, err := file.Write(part); err != nil {
			return err
		}
	}
	if err := d.before("sync " + path); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return file.Close()
}

// sync brings the names in a folder to the disk. Windows has no such thing.
func (d disk) sync(folder string) error {
	if err := d.before("sync " + folder); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		return nil
	}
	opened, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer opened.Close()
	return opened.Sync()
}

// makeFolder makes a folder, and those above it, if it is not there.
func (d disk) makeFolder(path string, permissions fs.FileMode) error {
	if err := d.before("make " + path); err != nil {
		return err
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	}
	if err := os.MkdirAll(path, permissions); err != nil {
		return err
	}
	return d.sync(filepath.Dir(path))
}

// clean takes away files that were never whole, since the program was killed.
func (d disk) clean(folder string) {
	for _, name := range names(folder) {
		if strings.HasPrefix(name, newFile) {
			d.remove(filepath.Join(folder, name))
		}
	}
}

// remove takes a file away; one that stays does no harm.
func (d disk) remove(path string) {
	if d.before("remove "+path) == nil {
		_ = os.Remove(path)
	}
}

// names are those in a folder; of one that cannot be read there are none.
func names(folder string) []string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	var all []string
	for _, entry := range entries {
		all = append(all, entry.Name())
	}
	return all
}

func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
