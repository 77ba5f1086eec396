package files

import (
	"slices"
	"time"
)

// Watched tells when files may have changed. It belongs to one goroutine, which
// waits for its two channels. It never touches the files itself: to look at one may
// take as long as the server of a mount likes.
type Watched struct {
	// Settled delivers when the files have been quiet: time to ask Settle, and to
	// look whether Set differs from Known.
	Settled <-chan time.Time
	// Poll delivers from time to time: a reason for LookSoon.
	Poll <-chan time.Time

	quiet, latest time.Duration
	set           Set
	names         map[string]bool // of the set
	known         State
	named         []string  // what of the names was said to have changed since the last look
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

// Follow looks at these files from now on, which have these names; known is how
// they looked when they were read. What happened to them since has no event where
// somebody only now begins to watch, so they are looked at soon.
func (w *Watched) Follow(set Set, names map[string]bool, known State) {
	w.set, w.names, w.known = set, names, known
	w.LookSoon()
}

// Set are the files that are followed.
func (w *Watched) Set() Set { return w.set }

// Known is how they looked when they were read.
func (w *Watched) Known() State { return w.known }

// Notice notes that something happened to a file or folder, or that it is not
// known to which (an empty name), and puts the look off until it has ceased, but
// not for ever: a log file in the same folder never ceases to change.
func (w *Watched) Notice(name string) {
	if w.names[name] && !slices.Contains(w.named, name) {
		w.named = append(w.named, name)
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

// Settle begins a look, after Settled has delivered. The answer is which of the files
// were named since the last one: they are others, whatever they look like.
func (w *Watched) Settle() []string {
	named := w.named
	w.first, w.named = time.Time{}, nil
	return named
}
