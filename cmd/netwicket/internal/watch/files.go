package watch

import (
	"context"
	"time"

	"github.com/netwicket/netwicket/internal/files"
)

// How long certificates have to be quiet before they are read, the longest that
// this is put off, and the time between looks that no event asked for.
const (
	quiet  = 200 * time.Millisecond
	latest = 2 * time.Second
	poll   = 10 * time.Second
)

// Files calls changed whenever one of the files has changed, and for each value
// on asked, until the context ends. It is for files without a policy in them,
// such as certificates. The error is that of watching; files are then looked at
// from time to time.
func Files(ctx context.Context, paths []string, asked <-chan struct{}, changed func()) error {
	w := files.Watch(quiet, latest, poll)
	events, err := New()
	w.Follow(paths, files.Look(paths))
	if problem := events.Follow(paths); err == nil {
		err = problem
	}
	go func() {
		defer w.Close()
		defer events.Close()
		for {
			select {
			case <-ctx.Done():
				return
			case <-asked:
				changed()
			case name := <-events.Changed():
				w.Notice(name)
			case <-w.Poll:
				w.LookSoon()
			case <-w.Settled:
				if w.Changed() {
					// A change while they are read is another change.
					seen := files.Look(paths)
					changed()
					w.Follow(paths, seen)
				}
				// What cannot be watched any more is looked at.
				_ = events.Follow(paths)
			}
		}
	}()
	return err
}
