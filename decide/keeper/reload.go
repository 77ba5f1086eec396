package keeper

import (
	"errors"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
)

// maxUnsteady is how many loads in a row may be thrown away because files
// changed. A folder in which something always changes must not keep a good
// policy out for ever.
const maxUnsteady = 10

// look loads what has changed.
func (k *Keeper) look() {
	switch {
	case k.watch.Changed():
		k.reload(Changed)
	case k.options.Follow != nil:
		_ = k.options.Follow(k.watch.Paths()) // the next load says it again
	}
}

// follow looks at other files from now on.
func (k *Keeper) follow(paths []string, seen files.State) {
	k.watch.Follow(paths, seen)
	if k.options.Follow == nil {
		return
	}
	if err := k.options.Follow(paths); err != nil {
		k.report(Watching, err, nil, 0)
	}
}

// reload replaces the policy, or leaves it and says why: a document with an error
// never makes an emptier policy (docs/semantics.md, sailpoint-12).
func (k *Keeper) reload(cause Cause) {
	begun := time.Now()
	var parts *policyfile.Parts
	var policy *decide.Policy
	var seen files.State
	err := withoutPanic(func() (err error) {
		parts, policy, seen, err = k.load(k.watch.Paths(), k.unsteady < maxUnsteady)
		if err == nil {
			err = k.admit(parts, policy)
		}
		if err == nil {
			err = k.put(parts, policy)
		}
		return err
	})
	if errors.Is(err, errUnsteady) {
		k.unsteady++
		k.retry.Reset(k.options.Timing.Quiet)
		return
	}
	k.unsteady = 0
	if parts != nil {
		k.follow(pathsOf(parts), seen)
	}
	k.retry.Stop()
	if err == nil {
		k.took(parts, policy, parts.Config.Now)
		k.awaitExpiry()
	} else {
		k.retry.Reset(k.pause())
	}
	k.report(cause, err, parts, time.Since(begun))
}

// pause is the time until a failed load is tried again.
func (k *Keeper) pause() time.Duration {
	timing := k.options.Timing
	pause := timing.Retry
	k.failures++
	for range k.failures - 1 {
		if pause *= 2; pause >= timing.RetryMax {
			return timing.RetryMax
		}
	}
	return pause
}

// admit refuses what must not replace the policy in force.
func (k *Keeper) admit(parts *policyfile.Parts, policy *decide.Policy) error {
	causes := lockedOut(parts.Serve.Guard, policy)
	if !k.options.Force {
		causes = append(causes, setBack(k.info.Data, policy.Info().Data)...)
	}
	if !k.options.OwnEdge && k.parts.Edge != nil && parts.Edge == nil {
		causes = append(causes, `the policy file has no "edge" any more, so the proxies would be taken for the clients; `+
			`write "edge": {} if nobody stands in front, and it is the peer`)
	}
	return refusal(causes)
}
