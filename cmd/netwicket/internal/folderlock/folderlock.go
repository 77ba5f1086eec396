// Package folderlock lets one program at a time write to a policy folder (D2):
// admin while it runs, pull and the history's commands while they write. Readers,
// such as serve, need no lock: what is written replaces whole files.
//
// The lock is the operating system's, on a file of the folder. It ends with the
// program that holds it, however that ends, so that no lock is ever left behind.
package folderlock

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/netwicket/netwicket/internal/shown"
)

// State is the folder in a policy folder where netwicket keeps what is its own:
// the lock, and the history.
const State = ".netwicket"

const lockName = "lock"

// Lock is a lock that is held. The zero Lock holds none.
type Lock struct{ file *os.File }

// Held says that another program writes to the folder.
type Held struct {
	Folder string
	By     string // what the holder wrote about itself; may be empty
}

func (h *Held) Error() string {
	by := "another program"
	if h.By != "" {
		by = shown.Text(h.By)
	}
	return fmt.Sprintf("%s: %s is writing to this folder; one program at a time may (admin for as long as it runs)", h.Folder, by)
}

// errHeld is what the operating system says of a lock that another holds.
var errHeld = errors.New("held")

// Take takes the lock of a policy folder, or says at once who holds it, with
// [Held]. holder is what others are told, such as "netwicket admin, process 4711".
func Take(folder, holder string) (*Lock, error) {
	state := filepath.Join(folder, State)
	if err := os.Mkdir(state, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s: cannot be written to: %w", folder, cause(err))
	}
	name := filepath.Join(state, lockName)
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be written to: %w", name, cause(err))
	}
	if err := lock(file); err != nil {
		defer file.Close()
		if !errors.Is(err, errHeld) {
			return nil, fmt.Errorf("%s: cannot be locked: %w", name, cause(err))
		}
		by := make([]byte, 200)
		n, _ := file.ReadAt(by, 0) // it is only told
		return nil, &Held{Folder: folder, By: strings.TrimSpace(string(by[:n]))}
	}
	_, err = file.WriteAt([]byte(holder+"\n"), 0)
	if err == nil {
		err = file.Truncate(int64(len(holder) + 1))
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: cannot be written to: %w", name, cause(err))
	}
	return &Lock{file}, nil
}

// Release gives the lock back. A nil Lock holds none.
func (l *Lock) Release() {
	if l != nil && l.file != nil {
		_ = l.file.Truncate(0) // the next holder says who it is
		l.file.Close()
		l.file = nil
	}
}

func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
