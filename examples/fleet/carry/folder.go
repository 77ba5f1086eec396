package carry

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// newFile is how a file is called until it is whole.
const newFile = ".new-"

// write writes a file whole or not at all: netwicket may be reading the one before.
func write(path string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), newFile)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Chmod(0o644) // the service is another user
	}
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // the first error is the one to report
	}
	return err
}

// sweep removes the blobs that nobody asks for any more, and what a killed agent left half written.
func sweep(folder string, asked func(name string) bool) error {
	for _, place := range []string{folder, filepath.Join(folder, blobFolder)} {
		entries, err := os.ReadDir(place)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			name := entry.Name()
			blob := place != folder && len(name) == 64 && !asked(name)
			if !blob && !strings.HasPrefix(name, newFile) {
				continue
			}
			if err := os.Remove(filepath.Join(place, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}
