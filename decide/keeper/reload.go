package keeper

import (
	"errors"
	"time"

	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
)

// maxUnsteady is how many loads in a row may be thrown away because files
// changed. A folder in which something always changes must not keep a good
// policy out for ever.
const maxUnsteady = 10

// ask loads everything anew, because somebody said so.
func (k *Keeper) ask() {
	if k.loading.GivenUp() {
		k.report(Asked, hanging(k.loading.Begun()), nil, 0)
		k.beginOverlay(k.parts.OverlayFile, nil)
	}
	k.want(request{cause: Asked, load: true, anew: true})
}

// look loads what has changed. Where nothing can be loaded, that is the overlay alone.
func (k *Keeper) look() {
	named := k.watch.Settle()
	if k.loading.GivenUp() {
		k.beginOverlay(k.parts.OverlayFile, k.alone)
	}
	k.want(request{cause: Changed, load: len(named) > 0, named: named})
}

// giveUp waits no longer for a load. It goes on, since nothing can end it.
func (k *Keeper) giveUp() {
	if !k.loading.GiveUp() {
		return
	}
	k.retry.Stop()
	k.failed(k.underway.cause, hanging(k.loading.Begun()), nil, time.Since(k.loading.Begun()))
	k.beginOverlay(k.parts.OverlayFile, nil)
	k.tellRefreshed()
}

// ended takes what came of an attempt.
func (k *Keeper) ended(r outcome) {
	if !k.loading.End() {
		k.want(request{cause: Retried, load: true, anew: true})
		return
	}
	if r.unfollow != nil && (r.read || r.cause == Watching) {
		k.report(Watching, r.unfollow, nil, 0)
	}
	if r.read {
		k.finish(r)
	} else {
		k.owe(r.request) // what it owed itself
	}
	if k.wanted.waits {
		k.want(k.wanted.request)
	}
	if !k.loading.Busy() && k.unsteady == 0 {
		k.tellRefreshed()
	}
}

// finish replaces the policy, or leaves it and says why: a document with an error
// never makes an emptier policy (docs/semantics.md, sailpoint-12).
func (k *Keeper) finish(r outcome) {
	if errors.Is(r.err, errUnsteady) {
		k.owe(r.request)
		k.unsteady++
		k.retry.Reset(k.options.Timing.Quiet)
		return
	}
	k.unsteady = 0
	if r.seen != nil {
		k.watch.Follow(r.set, r.names, r.seen)
	}
	k.retry.Stop()
	if r.err == nil {
		r.err = r.stale
	}
	if r.err == nil {
		r.err = withoutPanic(func() error {
			err := k.beside(&r.loaded)
			if err == nil {
				err = k.bringUpToTime(&r.loaded)
			}
			if err == nil {
				err = k.admit(r.loaded)
			}
			if err == nil {
				err = k.put(r.loaded)
			}
			return err
		})
	}
	if r.err != nil {
		k.owe(r.request)
		k.again(r.err)
		k.failed(r.cause, r.err, r.parts, r.took)
		k.beginOverlay(k.overlayOf(r), nil)
		return
	}
	k.failures, k.failing = 0, nil
	k.took(r.loaded)
	if k.followed != nil {
		k.followed.waiting = nil
	}
	k.awaitExpiry()
	k.report(r.cause, nil, r.parts, r.took)
}

// failed notes that the files as they are now are not in force.
func (k *Keeper) failed(cause Cause, err error, parts *policyfile.Parts, took time.Duration) {
	k.failing = err
	k.report(cause, err, parts, took)
}

// again sets the time at which a failed load is tried once more. What is wrong
// with the files is tried a few times, since whoever writes them may be slow and a
// write may leave no trace; from then on a change has to be seen. What depends on
// something else is tried for ever.
func (k *Keeper) again(err error) {
	timing := k.options.Timing
	pause := timing.Retry
	k.failures++
	for range k.failures - 1 {
		if pause *= 2; pause >= timing.RetryMax {
			if ofTheFiles(err) {
				return
			}
			pause = timing.RetryMax
			break
		}
	}
	k.retry.Reset(pause)
}

// ofTheFiles says that an error stays as long as the files do.
func ofTheFiles(err error) bool {
	var findings policyfile.Findings
	var refusal *Refusal
	return errors.As(err, &findings) || errors.As(err, &refusal)
}

// stale refuses files that are mounted by themselves and were replaced where they
// came from: the mount still shows those that are gone, and always will.
func stale(state files.State) error {
	var causes []string
	for _, path := range state.Deleted() {
		causes = append(causes, path+" is deleted but still mounted, and what took its place is not to be seen: mount the folder instead")
	}
	return refusal(causes)
}

// admit refuses what must not replace the policy in force.
func (k *Keeper) admit(next loaded) error {
	var causes []string
	if k.live.Policy() != nil { // else there is nothing to stay with
		causes = lockedOut(next.parts, next.policy)
		if !k.options.Force {
			causes = append(causes, shrunk(k.parts, next.parts)...)
		}
	}
	if !k.options.OwnEdge && k.parts.Edge != nil && next.parts.Edge == nil {
		causes = append(causes, `the policy file has no "edge" any more, so the proxies would be taken for the clients; `+
			`write "edge": {} if nobody stands in front, and it is the peer`)
	}
	return refusal(causes)
}
