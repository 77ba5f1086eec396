package release

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/netwicket/netwicket/internal/files"
)

const (
	longestBackOff = time.Minute
	jitter         = 0.2 // of a wait, more or less: a thousand agents that began together do not stay together

	// longestLook is what a look may take before it is given up: its parts have limits of their
	// own, but a disk has none.
	longestLook = PointerTime + 2*BlobTime + time.Minute

	// longestSleep bounds a wait for a moment of the wall clock, which may be set meanwhile.
	longestSleep = 30 * time.Second
)

// Run looks again and again until the context ends. Meanwhile entries of the overlay end, and the
// release expires, whatever a look waits for. What goes wrong is no reason to end; Status and
// Report tell of it.
func (f *Follower) Run(ctx context.Context) {
	work := files.NewWork[found]()
	defer work.Stop()
	clock, failures := f.options.Clock, 0
	next := clock.After(0)
	for {
		f.keepTime(clock.Now()) // whatever woke it: looks come more often than the longest sleep
		select {
		case <-ctx.Done():
			return
		case <-next:
			next = nil // until this look has ended
			m, in := f.mark, f.held
			work.Begin(longestLook, func(func(time.Duration)) found { return f.find(ctx, m, in) })
		case r := <-work.Done:
			if work.End() {
				if out := f.settle(r); backsOff(out.Result) {
					failures++
				} else {
					failures = 0
				}
			}
			next = clock.After(f.wait(failures))
		case <-work.Overdue:
			if work.GiveUp() {
				failures++
				err := fmt.Errorf("a look takes longer than %s: the disk of the state, or the store's, does not answer", longestLook)
				f.report(Outcome{Cause: Looked, Result: StateError, Err: err, Time: clock.Now()})
			}
		case <-clock.After(f.sleep(clock.Now())):
		}
	}
}

// backsOff says which results make the next look wait: a server that does not answer, and what is
// fetched in vain each time. A pointer that is refused costs little, and the right one may
// come from another copy of the store in a moment.
func backsOff(r Result) bool {
	switch r {
	case Unreachable, TooLarge, BadDigest, SnapshotInvalid, Refused, StateError:
		return true
	case Installed, Unchanged, BadSignature, WrongChannel, OldVersion, Fork, Expired, NoFormat:
		return false
	default:
		return false
	}
}

// wait is the time to the next look, after so many failures in a row.
func (f *Follower) wait(failures int) time.Duration {
	wait, most := f.options.Every, max(f.options.Every, longestBackOff)
	for range min(failures, 32) {
		wait = min(2*wait, most)
	}
	spread := 1 - jitter + 2*jitter*f.options.Clock.Random()
	wait = time.Duration(float64(wait) * spread)
	if failures > 0 {
		wait = min(wait, most)
	}
	return wait
}

// sleep is how long nothing changes by time alone, as far as can be seen.
func (f *Follower) sleep(now time.Time) time.Duration {
	sleep := longestSleep
	if f.held == nil {
		return sleep
	}
	for _, moment := range []time.Time{f.held.prepared.Until, f.held.Payload.Expires} {
		if moment.After(now) {
			sleep = min(sleep, moment.Sub(now))
		}
	}
	return sleep
}

// keepTime does what is due, and tells of it.
func (f *Follower) keepTime(now time.Time) {
	if f.held == nil {
		return
	}
	before := f.held.installed
	out := Outcome{Cause: Timed, Result: Installed, Payload: f.held.Payload, Time: now}
	changed, err := f.apply(f.held, now)
	if err != nil {
		out.Result, out.Err = resultOf(err, SnapshotInvalid), err
		changed = before || out.Result == SnapshotInvalid
	}
	if changed {
		f.report(out)
	}
}

// put has a release in force. If that fails, the one before stays.
func (f *Follower) put(h *held, now time.Time) error {
	if f.denies(h, now) {
		f.hold(h, now)
		f.withhold()
		return errExpired(h)
	}
	if err := h.bringUpTo(now); err != nil {
		return err
	}
	h.prepared.Install()
	h.installed = true
	f.hold(h, now)
	return nil
}

// apply has in force, of the release that is held, what is at this time, and says whether that is another policy.
func (f *Follower) apply(h *held, now time.Time) (changed bool, err error) {
	if f.denies(h, now) {
		f.withhold()
		return false, errExpired(h)
	}
	if h.installed && !h.due(now) {
		return false, nil
	}
	if err := h.bringUpTo(now); err != nil {
		f.withhold()
		return false, err
	}
	h.prepared.Install()
	h.installed = true
	f.hold(h, now)
	return true, nil
}

func (f *Follower) denies(h *held, now time.Time) bool {
	return f.options.OnExpired == Deny && h.expired(now)
}

func errExpired(h *held) error {
	return failedf(Expired, "version %d expired at %s; everything is denied", h.Payload.Version, h.Payload.Expires.Format(time.RFC3339))
}

// due says that the policy is another one at this time: an entry of the overlay has ended, or
// the clock was set back and one may have begun.
func (h *held) due(now time.Time) bool {
	ended := !h.prepared.Until.IsZero() && !now.Before(h.prepared.Until)
	return h.prepared.Again != nil && (ended || now.Before(h.asOf))
}

// bringUpTo makes the policy of this time, if it is another one.
func (h *held) bringUpTo(now time.Time) error {
	if !h.due(now) {
		return nil
	}
	return withoutPanic(func() error {
		next, err := h.prepared.Again(now)
		if err != nil {
			return err
		}
		if !next.Until.IsZero() && !now.Before(next.Until) {
			return errors.New("an entry of the overlay that has ended is still in the policy")
		}
		h.prepared, h.asOf = next, now
		return nil
	})
}

// hold notes what is in force, or would be.
func (f *Follower) hold(h *held, now time.Time) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.held != h {
		f.status.Since = now
	}
	f.held = h
	f.status.InForce, f.status.Withheld = h.installed, !h.installed
	f.status.Payload, f.status.Chosen, f.status.Source = h.Payload, h.Chosen, h.Source
}

// withhold has nothing in force.
func (f *Follower) withhold() {
	f.mutex.Lock()
	f.held.installed = false
	f.status.InForce, f.status.Withheld = false, true
	f.mutex.Unlock()
	f.options.Withdraw()
}
