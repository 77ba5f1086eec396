package watch

import (
	"time"

	"github.com/fsnotify/fsnotify"
)

// LookSeldom has files looked at when an event asks for it, and hardly otherwise.
func (f *Files) LookSeldom() { f.poll = time.Hour }

// Lose has the system say that it dropped events.
func (w *Watcher) Lose() { w.system.Errors <- fsnotify.ErrEventOverflow }

// Watched are the folders that the system watches.
func (w *Watcher) Watched() []string { return w.system.WatchList() }

// End has the system watch nothing any more.
func (w *Watcher) End() error { return w.system.Close() }
