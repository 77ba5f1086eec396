package keeper

import (
	"errors"
	"fmt"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/decide/release"
)

// Cause is why a policy was loaded.
type Cause string

// The causes.
const (
	Changed  Cause = "files changed"
	Asked    Cause = "asked for"
	Retried  Cause = "retry"
	Expiry   Cause = "overlay entry expired"
	Watching Cause = "watching" // not a load: folders could not be watched

	// Released: a release was put in force. Withdrawn: one has expired, and nothing is in force.
	Released  Cause = "release"
	Withdrawn Cause = "release expired"

	// OverlayAlone: the overlay was loaded over the documents of the policy in force,
	// since the other files, as they are now, cannot be put in force.
	OverlayAlone Cause = "overlay alone"
)

// Report is the outcome of one attempt.
type Report struct {
	Cause    Cause
	Err      error             // nil: the policy is in force; a [Refusal] if the documents are good
	Repeated bool              // the error is that of the attempt before
	Parts    *policyfile.Parts // of the attempt; nil if it got nowhere
	Info     decide.Info       // of the policy in force after the attempt
	Took     time.Duration

	// Failing is why the files, as they are now, are not in force; of an attempt on all
	// of them it is Err. With OverlayAlone and Expiry that is about other files.
	Failing error

	// LockedOut are the addresses of the guard that are denied since an overlay
	// entry expired.
	LockedOut []string
}

// report leaves out that watching works.
func (k *Keeper) report(cause Cause, err error, parts *policyfile.Parts, took time.Duration) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	alone := cause == OverlayAlone
	repeated := text != "" && text == k.lastTexts[alone] && cause != Asked
	if cause != Watching {
		if cause != Expiry {
			k.lastTexts[alone] = text
		}
		k.publish(cause, err)
	}
	if k.options.Report != nil {
		k.options.Report(Report{
			Cause: cause, Err: err, Repeated: repeated, Parts: parts, Info: k.info, LockedOut: k.lockedOut, Took: took, Failing: k.failing,
		})
	}
}

// Status is how a policy fares, for a status page.
type Status struct {
	// Parts are the documents of the policy in force. Not to be changed.
	Parts *policyfile.Parts
	// Loaded is when the policy in force got there.
	Loaded time.Time
	// Err is why the files, as they are now, are not in force: [policyfile.Findings],
	// a [Refusal], [ErrHanging] or what Options.Install said. Nil if they are.
	Err error
	// Overlay is when an overlay was put in force by itself, since there is an Err;
	// zero: none was. OverlayErr is why the overlay, as it is now, could not be.
	Overlay    time.Time
	OverlayErr error
	// Failing is since when there is an Err.
	Failing time.Time
	// LockedOut says which addresses of serve.guard the policy in force denies:
	// one that did so at the start, when there was none to stay with, or since an
	// entry of the overlay expired.
	LockedOut []string
	// Release is the release in force and how the last look for one ended, where the policy
	// file follows a channel; else zero.
	Release release.Status
}

// publish is what Status says from now on. An entry that expires changes the
// policy in force, and says nothing of the files.
func (k *Keeper) publish(cause Cause, err error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	s, now := &k.status, k.options.now()
	switch {
	case cause == OverlayAlone:
		s.OverlayErr = err
		if err == nil {
			s.Parts, s.LockedOut, s.Overlay = k.parts, k.lockedOut, now
		}
	case err == nil:
		s.Parts, s.Loaded, s.LockedOut = k.parts, now, k.lockedOut
		if s.Err = k.failing; s.Err == nil {
			s.Failing = time.Time{}
		} else if s.Failing.IsZero() { // so it began
			s.Failing = now
		}
		if cause != Expiry {
			s.Overlay, s.OverlayErr = time.Time{}, nil
		}
	case s.Err == nil:
		s.Err, s.Failing = err, now
	default:
		s.Err = err
	}
}

// Status is how the policy fares. It is zero for a nil or zero Keeper.
func (k *Keeper) Status() Status {
	if k == nil {
		return Status{}
	}
	k.mutex.Lock()
	s := k.status
	k.mutex.Unlock()
	if k.followed != nil && k.followed.follower != nil {
		s.Release = k.followed.follower.Status()
	}
	return s
}

// The errors of a Keeper that keeps nothing.
var (
	errNotOpened  = errors.New("netwicket: there is no policy to keep: the Keeper was not opened")
	errRunTwice   = errors.New("netwicket: Run is to be called once for a Keeper")
	errNotRunning = errors.New("netwicket: nobody keeps the policy up to date: Keeper.Run was not called, or has ended")
)

// Err says why the policy in force is not the one that its files describe, for a
// health check: they do not load, they are refused, or Run is not running. It is
// nil if all is well. The policy in force goes on deciding meanwhile.
func (k *Keeper) Err() error {
	if k == nil {
		return errNotOpened
	}
	k.mutex.Lock()
	s, running := k.status, k.running
	k.mutex.Unlock()
	switch {
	case s.Parts == nil:
		return errNotOpened
	case s.Err != nil:
		return s.failure()
	case !running:
		return errNotRunning
	case k.followed != nil:
		return failureOf(k.followed.follower.Status(), k.followed.follower.Ready())
	}
	return nil
}

// failure says what is in force and what is not.
func (s *Status) failure() error {
	overlay := ""
	if !s.Overlay.IsZero() {
		overlay = ", with the overlay of " + s.Overlay.Format(time.RFC3339)
	}
	err := fmt.Errorf("netwicket: the policy of %s stays in force%s; what has taken its place on disk since %s is not: %w",
		s.Loaded.Format(time.RFC3339), overlay, s.Failing.Format(time.RFC3339), s.Err)
	if s.OverlayErr != nil {
		err = fmt.Errorf("%w; nor is the overlay: %w", err, s.OverlayErr)
	}
	return err
}

// Mode is what the policy file in force says: [gate.Observe] for "mode":
// "observe". It is a wish of whoever wrote the file. [gate.Wrap] enforces unless
// the program says otherwise, so that nobody opens a door with a word in a file
// whose program meant to shut it. A program that grants the wish asks for it at
// every request, and chooses between two handlers:
//
//	enforcing := gate.Wrap(app, k.Live(), gate.Options{Resolver: k.Resolver()})
//	observing := gate.Wrap(app, k.Live(), gate.Options{Resolver: k.Resolver(), Mode: gate.Observe})
//
// A nil or zero Keeper has the mode [gate.Enforce].
func (k *Keeper) Mode() gate.Mode {
	if parts := k.Status().Parts; parts != nil && parts.Observe {
		return gate.Observe
	}
	return gate.Enforce
}
