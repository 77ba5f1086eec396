package keeper

import "context"

// Watch calls changed whenever one of the files has changed, and for each value
// on asked, until the context ends. It is for files without a policy in them,
// such as certificates. The error is that of watching; files are then looked at
// from time to time.
func Watch(ctx context.Context, paths []string, timing Timing, asked <-chan struct{}, changed func()) error {
	w, err := newWatcher(timing.orUsual(), true)
	if problem := w.follow(paths, look(paths)); err == nil {
		err = problem
	}
	go func() {
		defer w.close()
		for {
			select {
			case <-ctx.Done():
				return
			case <-asked:
				changed()
			case event := <-w.events():
				w.take(event)
			case <-w.errors():
				w.lookSoon()
			case <-w.poll.C:
				w.lookSoon()
			case <-w.settled.C:
				if !w.changed() {
					continue
				}
				// A change while they are read is another change.
				seen := look(paths)
				changed()
				// What cannot be watched any more is looked at.
				_ = w.follow(paths, seen)
			}
		}
	}()
	return err
}
