package watch

import "github.com/fsnotify/fsnotify"

// Lose has the system say that it dropped events.
func (w *Watcher) Lose() { w.system.Errors <- fsnotify.ErrEventOverflow }
