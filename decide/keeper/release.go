package keeper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/decide/release"
)

// A policy file with "from" follows a channel of releases (docs/releases.md): the policy is
// the release's, and the edge and all else the file's. A follower of its own fetches and
// verifies; what it brings is held against the policy in force like files that have
// changed, and put in force by Run's goroutine.

// followed is the channel that a Keeper follows.
type followed struct {
	follower *release.Follower
	inside   chan func()   // what has to be done in Run's goroutine
	over     chan struct{} // closed when Run has ended
	opening  bool          // Run has not begun

	// waiting is a release that the follower takes for one in force, and that the program did not
	// let be: it is tried again with the policy file.
	waiting *loaded
}

// follow starts from the state, before anybody is asked. A release in it is in force then.
func (k *Keeper) follow() error {
	from := k.parts.From
	open := k.options.OpenStore
	if open == nil {
		open = func(from *policyfile.From) (release.Store, error) { return from.Store("netwicket") }
	}
	store, err := open(from)
	if err != nil {
		return k.parts.FromError("url", "bad-store", err)
	}
	k.followed = &followed{inside: make(chan func()), over: make(chan struct{}), opening: true}
	type opened struct {
		follower *release.Follower
		err      error
	}
	limit := cmp.Or(max(0, k.options.Timing.Load), k.parts.Serve.LoadTimeout, policyfile.DefaultServe().LoadTimeout)
	ended, begun := make(chan opened, 1), time.Now()
	go func() {
		follower, err := release.Open(release.Options{
			Store: store, Channel: from.Channel, Trust: from.Trust(), State: from.State, MinVersion: from.MinVersion,
			Every: from.Every, OnExpired: from.OnExpired, Clock: release.Clock{Now: k.options.now},
			Prepare: k.prepare, Withdraw: k.withdraw, Report: k.options.Released,
		})
		ended <- opened{follower, err}
	}()
	select {
	case r := <-ended:
		k.followed.follower = r.follower
		return r.err
	case <-time.After(limit):
		return hanging(begun)
	}
}

// followRun follows until the context ends. What comes out of the channel is to be done.
func (k *Keeper) followRun(ctx context.Context) <-chan func() {
	if k.followed == nil {
		return nil
	}
	go k.followed.follower.Run(ctx)
	return k.followed.inside
}

// inRun has something done where the policy is put in force, and waits for it. Once Run has
// ended nothing is done.
func (f *followed) inRun(do func()) {
	if f.opening { // whoever opens waits for the follower
		do()
		return
	}
	done := make(chan struct{})
	select {
	case f.inside <- func() { defer close(done); do() }:
		<-done
	case <-f.over:
	}
}

// errEnded is why nothing is put in force any more.
var errEnded = errors.New("netwicket: Keeper.Run has ended")

// prepare makes a policy of a release, and holds it against the one in force.
func (k *Keeper) prepare(c release.Candidate) (release.Prepared, error) {
	base := k.Status().Parts
	if base == nil { // it is being opened
		base = k.parts
	}
	begun, next := time.Now(), loaded{asOf: c.Now}
	var err error
	if next.parts, err = base.WithRelease(c); err != nil {
		return release.Prepared{}, err
	}
	if next.policy, err = next.parts.CompileAt(c.Now, nil); err != nil {
		return release.Prepared{}, err
	}
	refused := errEnded
	k.followed.inRun(func() { refused = k.admit(loaded{parts: k.parts.WithReleaseOf(next.parts), policy: next.policy}) })
	if refused != nil {
		return release.Prepared{}, &release.Refusal{Err: refused}
	}
	return release.Prepared{Install: func() {
		k.followed.inRun(func() { k.release(next, time.Since(begun)) })
	}}, nil
}

// release puts the policy of a release in force, beside the policy file as it is now. One that
// the program refuses is tried again with the policy file, since the follower asks for it no more.
func (k *Keeper) release(next loaded, took time.Duration) {
	next.parts = k.parts.WithReleaseOf(next.parts)
	err := withoutPanic(func() error {
		err := k.bringUpToTime(&next)
		if err == nil {
			err = k.put(next)
		}
		return err
	})
	if err == nil {
		k.took(next)
		k.forget()
	} else {
		k.followed.waiting, k.failing = &next, err
		if !k.followed.opening {
			k.again(err)
		}
	}
	k.releaseEnded(Released, err, next.parts, took)
}

// forget has no release wait any more: another one takes its place, or none. Whether anything else is
// wrong with the policy file is to be seen.
func (k *Keeper) forget() {
	if k.followed.waiting != nil {
		k.followed.waiting = nil
		k.want(request{cause: Retried, load: true, anew: true})
	}
}

// withdraw has nothing in force: everything is denied. The follower says so again and again, and
// what the program did not agree to is tried again then.
func (k *Keeper) withdraw() {
	k.followed.inRun(func() {
		k.forget()
		if k.live.Policy() == nil {
			return
		}
		next := loaded{parts: k.parts.WithoutRelease()}
		err := k.put(next)
		if err == nil {
			k.took(next)
			err = errors.New("the release has expired, and from.onExpired is deny: everything is denied until another one comes")
		}
		k.releaseEnded(Withdrawn, err, next.parts, 0)
	})
}

// releaseEnded tells of what was put in force, or was not.
func (k *Keeper) releaseEnded(cause Cause, err error, parts *policyfile.Parts, took time.Duration) {
	if k.followed.opening {
		return
	}
	k.awaitExpiry()
	k.report(cause, err, parts, took)
}

// beside is a policy file, as it is now, with the release in force, or one that waits to be. A channel is followed
// from the start on: what the file says of it counts at the next one.
func (k *Keeper) beside(next *loaded) error {
	switch was, is := k.parts.From, next.parts.From; {
	case was == nil && is == nil:
		return nil
	case was == nil:
		return refusal([]string{"the policy file follows a channel of releases now (from), which takes effect at a restart"})
	case is == nil:
		return refusal([]string{"the policy file follows no channel of releases any more (from), which takes effect at a restart"})
	}
	release := loaded{parts: k.parts, policy: k.live.Policy(), asOf: k.asOf}
	if k.followed.waiting != nil {
		release = *k.followed.waiting
	}
	*next = loaded{parts: next.parts.WithReleaseOf(release.parts), policy: release.policy, asOf: release.asOf}
	return nil
}

// failureOf says why the release in force is not what the channel says, or that there is
// none.
func failureOf(s release.Status, ready bool) error {
	switch {
	case !s.InForce:
		err := errors.New("netwicket: no release is in force, and everything is denied")
		if s.Last.Err != nil {
			err = fmt.Errorf("%w: %w", err, s.Last.Err)
		}
		return err
	case !ready:
		return fmt.Errorf("netwicket: version %d of the policy expired at %s", s.Payload.Version, s.Payload.Expires.Format(time.RFC3339))
	case s.Last.Err != nil:
		return fmt.Errorf("netwicket: version %d of the policy stays in force; a newer one may not have come: %w", s.Payload.Version, s.Last.Err)
	}
	return nil
}
