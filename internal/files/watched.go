package files

import (
	"path/filepath"
	"time"
)

// Watched tells when files may have changed. It belongs to one goroutine, which
// waits for its two channels.
type Watched struct {
	// Settled delivers when the files have been quiet: time to ask Changed.
	Settled <-chan time.Time
	// Poll delivers from time to time: a reason for LookSoon.
	Poll <-chan time.Time

	quiet, latest time.Duration
	paths         []string
	names         map[string]bool // absolute paths, as they are written and as they really are
	known         State
	named         bool      // one of the files was named since the last look
	first         time.Time // of the reasons that no look has followed yet; zero: none
	settled       *time.Timer
	poll          *time.Ticker
}

// Watch follows no files yet. Quiet is how long nobody may name a reason before
// Settled delivers, latest how long it is put off at most, however many follow.
func Watch(quiet, latest, poll time.Duration) *Watched {
	w := &Watched{quiet: quiet, latest: latest, settled: time.NewTimer(time.Hour), poll: time.NewTicker(poll)}
	w.settled.Stop()
	w.Settled, w.Poll = w.settled.C, w.poll.C
	return w
}

// Close stops the timers.
func (w *Watched) Close() {
	w.settled.Stop()
	w.poll.Stop()
}

// Follow looks at these files from now on; known is how they looked when they
// were read. What happened to them since has no event where somebody only now
// begins to watch, so they are looked at soon.
func (w *Watched) Follow(paths []string, known State) {
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
	w.LookSoon()
}

// Paths are the files that are followed.
func (w *Watched) Paths() []string { return w.paths }

// Notice notes that something happened to a file or folder, or that it is not
// known to which (an empty name), and puts the look off until it has ceased, but
// not for ever: a log file in the same folder never ceases to change.
func (w *Watched) Notice(name string) {
	if w.names[name] {
		w.named = true
	}
	w.LookSoon()
}

// LookSoon has Settled deliver when it has been quiet for a while.
func (w *Watched) LookSoon() {
	now := time.Now()
	if w.first.IsZero() {
		w.first = now
	}
	delay := min(w.quiet, max(0, w.first.Add(w.latest).Sub(now)))
	w.settled.Reset(delay)
}

// Changed looks at the files, after Settled has delivered: one of them is another
// than it was, or was named.
func (w *Watched) Changed() bool {
	w.first = time.Time{}
	named := w.named
	w.named = false
	return Look(w.paths).Differs(w.known) || named
}
