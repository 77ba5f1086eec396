package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/netwicket/netwicket/internal/files"
)

// How long files have to be quiet before they are read, the longest that this is
// put off, and the time between looks that no event asked for.
const (
	quiet  = 200 * time.Millisecond
	latest = 2 * time.Second
	poll   = 10 * time.Second
)

// ErrHanging is the error for files that take longer to load than they may. Nothing
// else is loaded before that load has ended by itself; what it gives is thrown away,
// and the files are loaded anew.
var ErrHanging = errors.New("the files take too long to load; one of them, or its mount, does not answer")

// Files are files without a policy in them, such as certificates, that are loaded
// whenever one of them has changed.
type Files struct {
	Paths []string
	Limit time.Duration   // that a load may take
	Asked <-chan struct{} // to load at once
	// Load reads the files, in a goroutine of its own. What came of it is put in force
	// by apply, if it came in time.
	Load func() (apply func(), err error)
	// Loaded learns of every attempt: nil, what Load said, or ErrHanging.
	Loaded func(error)
	// Unwatched learns why there are no events; files are then looked at from time to
	// time.
	Unwatched func(error)

	known files.State   // how the files looked when Once read them
	poll  time.Duration // between looks that no event asked for; zero: ten seconds
}

// result is what came of a look.
type result struct {
	apply func()
	err   error
	load  bool // the files were read
	names map[string]bool
	seen  files.State // as of when it began
	watch error
}

// Once loads the files for the first time.
func (f *Files) Once() error {
	work := files.NewWork[result]()
	defer work.Stop()
	set := files.Set{Files: f.Paths}
	work.Begin(f.Limit, func(func(time.Duration)) result { return f.look(set, nil, true) })
	select {
	case r := <-work.Done:
		if r.err == nil {
			f.known = r.seen
			r.apply()
		}
		return r.err
	case <-work.Overdue:
		return fmt.Errorf("%s: %w", strings.Join(f.Paths, ", "), ErrHanging)
	}
}

// Keep keeps them up to date until the context ends, after Once. Whatever hangs holds
// up nothing but the files themselves.
func (f *Files) Keep(ctx context.Context) {
	events, err := New()
	if err != nil {
		f.Unwatched(err)
	}
	defer func() { go events.Close() }() // which waits for a look under way
	w, work, set := files.Watch(quiet, latest, cmp.Or(f.poll, poll)), files.NewWork[result](), files.Set{Files: f.Paths}
	defer w.Close()
	defer work.Stop()
	wanted := false // a load, as soon as the work is done
	begin := func(load bool) {
		if work.Busy() {
			wanted = wanted || load
			return
		}
		wanted = false
		known := w.Known()
		work.Begin(f.Limit, func(func(time.Duration)) result {
			r := f.look(set, known, load)
			r.watch = events.Follow(f.Paths)
			return r
		})
	}
	w.Follow(set, nil, f.known)
	begin(false)
	first := true
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.Asked:
			begin(true)
		case name := <-events.Changed():
			w.Notice(name)
		case <-w.Poll:
			w.LookSoon()
		case <-w.Settled:
			begin(len(w.Settle()) > 0)
		case <-work.Overdue:
			if work.GiveUp() {
				f.Loaded(ErrHanging)
			}
		case r := <-work.Done:
			if !work.End() {
				begin(true)
				break
			}
			if r.watch != nil && first {
				f.Unwatched(r.watch)
			}
			if r.load || first { // only now begins to watch, or read them as they are now
				w.Follow(set, r.names, r.seen)
			}
			first = false
			f.take(r)
			if wanted {
				begin(true)
			}
		}
	}
}

// look looks at the files, and reads them if they are others than those known. A
// change while they are read is another change. Those that are mounted by themselves
// and were replaced where they came from are not those that somebody wants.
func (f *Files) look(set files.Set, known files.State, load bool) result {
	r := result{seen: set.Look(), names: set.Names()}
	if r.load = load || r.seen.Differs(known); !r.load {
		return r
	}
	r.apply, r.err = f.Load()
	for _, path := range r.seen.Deleted() {
		if r.err == nil {
			r.err = fmt.Errorf("%s is deleted but still mounted, and what took its place is not to be seen: mount the folder instead", path)
		}
	}
	return r
}

// take puts in force what was read, and says so.
func (f *Files) take(r result) {
	if !r.load {
		return
	}
	if r.err == nil {
		r.apply()
	}
	f.Loaded(r.err)
}
