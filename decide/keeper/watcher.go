package keeper

import (
	"errors"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// watcher tells when files may have changed. It belongs to one goroutine.
type watcher struct {
	timing  Timing
	system  *fsnotify.Watcher // nil: looks are all there is
	paths   []string
	names   map[string]bool // absolute paths
	known   state
	named   bool      // an event named one of the files since the last look
	first   time.Time // of the events that no look has followed yet; zero: none
	settled *time.Timer
	poll    *time.Ticker
}

// newWatcher also gives the reason for which there will be no events.
func newWatcher(timing Timing, events bool) (*watcher, error) {
	w := &watcher{timing: timing, settled: time.NewTimer(time.Hour), poll: time.NewTicker(timing.Poll)}
	w.settled.Stop()
	if !events {
		return w, errNoEvents
	}
	system, err := fsnotify.NewWatcher()
	if err != nil {
		return w, err
	}
	w.system = system
	return w, nil
}

var errNoEvents = errors.New("no events wanted")

func (w *watcher) close() {
	w.settled.Stop()
	w.poll.Stop()
	if w.system != nil {
		_ = w.system.Close() // nothing is left to be lost
	}
}

// follow watches these files from now on; known is how they looked when they
// were read. What happened to them before their folders were watched made no
// event, so they are looked at soon. The error is about folders for which there
// will be no events.
func (w *watcher) follow(paths []string, known state) error {
	w.paths, w.known = paths, known
	w.names = make(map[string]bool, len(paths))
	for _, path := range paths {
		if absolute, err := filepath.Abs(path); err == nil {
			w.names[absolute] = true
			if real, err := filepath.EvalSymlinks(absolute); err == nil {
				w.names[real] = true
			}
		}
	}
	w.lookSoon()
	return w.watchFolders()
}

// watchFolders is repeated at every look: a folder that was replaced has lost
// its watch, and a link may lead elsewhere.
func (w *watcher) watchFolders() error {
	if w.system == nil {
		return nil
	}
	wanted := folders(w.paths)
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

// events and errors are nil channels, which never deliver, without a system.
func (w *watcher) events() chan fsnotify.Event {
	if w.system == nil {
		return nil
	}
	return w.system.Events
}

func (w *watcher) errors() chan error {
	if w.system == nil {
		return nil
	}
	return w.system.Errors
}

// take notes an event and puts the look off until events have ceased, but not
// for ever: a log file in the same folder never ceases to change.
func (w *watcher) take(event fsnotify.Event) {
	if w.names[event.Name] && event.Op != fsnotify.Chmod {
		w.named = true
	}
	w.lookSoon()
}

// lookSoon has settled tick when it has been quiet for a while.
func (w *watcher) lookSoon() {
	now := time.Now()
	if w.first.IsZero() {
		w.first = now
	}
	delay := min(w.timing.Quiet, max(0, w.first.Add(w.timing.Latest).Sub(now)))
	w.settled.Reset(delay)
}

// changed looks at the files, after settled has ticked.
func (w *watcher) changed() bool {
	w.first = time.Time{}
	named := w.named
	w.named = false
	differs := look(w.paths).differs(w.known)
	if !differs && !named {
		_ = w.watchFolders() // the next look says it again
	}
	return differs || named
}
