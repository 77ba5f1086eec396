// Package folderlock lets one program at a time write to a policy folder (D2):
// admin for as long as it runs, pull and the history's commands while they write.
// Readers, such as serve, need no lock: what is written replaces whole files.
//
// There are two locks. Who holds the folder ([Take]) keeps others that write away.
// Who writes to a folder that others may write to between ([TakeInTurns]) takes
// turns with them: a [Turn] is held for one write.
//
// The locks are the operating system's, on files of the folder. They end with the
// program that holds them, however that ends, so that none is ever left behind.
package folderlock

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/netwicket/netwicket/internal/shown"
)

// State is the folder in a policy folder where netwicket keeps what is its own:
// the lock, and the history.
const State = ".netwicket"

const (
	lockName = "lock"
	turnName = "turn"
	inTurns  = "in turns" // the second line of the lock's file
)

// Lock is a lock that is held. The zero Lock holds none.
type Lock struct{ file *os.File }

// Held says that another program writes to the folder.
type Held struct {
	Folder  string
	By      string // what the holder wrote about itself; may be empty
	InTurns bool   // others may write between, each in its turn
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
func Take(folder, holder string) (*Lock, error) { return take(folder, holder) }

// TakeInTurns is Take for a program that takes a [Turn] for each of its writes, so
// that others may write between.
func TakeInTurns(folder, holder string) (*Lock, error) {
	return take(folder, holder+"\n"+inTurns)
}

func take(folder, says string) (*Lock, error) {
	file, err := open(folder, lockName)
	if err != nil {
		return nil, err
	}
	if err := lock(file); err != nil {
		defer file.Close()
		if !errors.Is(err, errHeld) {
			return nil, fmt.Errorf("%s: cannot be locked: %w", file.Name(), cause(err))
		}
		said := make([]byte, 200)
		n, _ := file.ReadAt(said, 0) // it is only told
		by, more, _ := strings.Cut(strings.TrimSpace(string(said[:n])), "\n")
		return nil, &Held{Folder: folder, By: by, InTurns: more == inTurns}
	}
	_, err = file.WriteAt([]byte(says+"\n"), 0)
	if err == nil {
		err = file.Truncate(int64(len(says) + 1))
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: cannot be written to: %w", file.Name(), cause(err))
	}
	return &Lock{file}, nil
}

// open opens a file of netwicket's own in the folder.
func open(folder, name string) (*os.File, error) {
	state := filepath.Join(folder, State)
	if err := os.Mkdir(state, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s: cannot be written to: %w", folder, cause(err))
	}
	path := filepath.Join(state, name)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be written to: %w", path, cause(err))
	}
	return file, nil
}

// ErrBusy says that others were writing all the time that was waited for.
var ErrBusy = errors.New("other writes are under way")

// Turn waits for its turn to write, for as long as patience lasts. Give it back soon.
func Turn(folder string, patience time.Duration) (*Lock, error) {
	file, err := open(folder, turnName)
	if err != nil {
		return nil, err
	}
	const pause = 2 * time.Millisecond
	for end := time.Now().Add(patience); ; time.Sleep(pause) {
		err := lock(file)
		switch {
		case err == nil:
			return &Lock{file}, nil
		case errors.Is(err, errHeld) && time.Now().Before(end):
			continue
		case errors.Is(err, errHeld):
			err = ErrBusy
		default:
			err = fmt.Errorf("%s: cannot be locked: %w", file.Name(), cause(err))
		}
		file.Close()
		return nil, err
	}
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
