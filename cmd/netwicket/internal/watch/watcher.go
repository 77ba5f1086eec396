// Package watch tells the keeper of a policy, within a fraction of a second,
// that files may have changed. It is the program's only importer of fsnotify.
//
// Watching a file misses that another one takes its place, so the folders are
// watched: of the file, of every symbolic link on the way to it, and of what those
// lead to. An event there is only a reason to look.
package watch

import (
	"slices"
	"sync"

	"github.com/fsnotify/fsnotify"
)

// Watcher names what happened in the folders of the files that it follows. A nil
// Watcher never does.
type Watcher struct {
	system  *fsnotify.Watcher
	changed chan string
	closed  chan struct{}
	running sync.WaitGroup
}

// New makes a Watcher that follows nothing yet. The error says why there will be
// no events; the Watcher is then nil, which may be used all the same.
func New() (*Watcher, error) {
	system, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	w := &Watcher{system: system, changed: make(chan string), closed: make(chan struct{})}
	w.running.Go(w.run)
	return w, nil
}

// Changed delivers the absolute name of what was created, written, renamed or
// removed; the empty string where it was but touched, or where events were lost.
func (w *Watcher) Changed() <-chan string {
	if w == nil {
		return nil
	}
	return w.changed
}

// Follow watches the folders of these files and no others. It is called again at
// every look: a folder that was replaced has lost its watch, and a link may lead
// elsewhere. The error is about folders for which there will be no events.
func (w *Watcher) Follow(paths []string) error {
	if w == nil {
		return nil
	}
	wanted := Folders(paths)
	for _, folder := range w.system.WatchList() {
		if !slices.Contains(wanted, folder) {
			_ = w.system.Remove(folder) // it may be gone, which is as good
		}
	}
	var problem error
	for _, folder := range wanted {
		if err := w.system.Add(folder); err != nil {
			problem = err
		}
	}
	return problem
}

// Close ends it. Nobody has to take what it still had to say.
func (w *Watcher) Close() {
	if w == nil {
		return
	}
	close(w.closed)
	_ = w.system.Close() // nothing is left to be lost
	w.running.Wait()
}

// run hands events on. While nobody takes them the system keeps them, and says so
// where it had to drop some.
func (w *Watcher) run() {
	for {
		name := ""
		select {
		case <-w.closed:
			return
		case event := <-w.system.Events:
			if event.Op != fsnotify.Chmod {
				name = event.Name
			}
		case <-w.system.Errors: //nolint:errcheck // events were lost, for whatever reason, and everything is looked at
		}
		select {
		case <-w.closed:
			return
		case w.changed <- name:
		}
	}
}
