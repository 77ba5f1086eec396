package watch

import (
	"time"

	"github.com/fsnotify/fsnotify"
)

// LookSeldom has files looked at when an event asks for it, and hardly otherwise.
func (f *Files) LookSeldom() { f.poll = time.Hour }

// Lose has the system say that it dropped events.
func (w *Watcher) Lose() { w.system.Errors <- fsnotify.ErrEventOverflow }
