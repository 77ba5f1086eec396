package keeper

import (
	"cmp"
	"errors"
	"reflect"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
)

// overlayOutcome is what came of reading the overlay alone.
type overlayOutcome struct {
	loaded                   // no parts: it is the one in force
	base   *policyfile.Parts // that it was read for
	seen   files.State
	err    error
	took   time.Duration
}

// overlayOf is the overlay's file after a load that failed: an emergency is also
// an overlay that the policy file names only now. It is none where the overlay
// itself is what is wrong, which has been said.
func (k *Keeper) overlayOf(r outcome) string {
	file := k.parts.OverlayFile
	if r.parts == nil {
		return file
	}
	file = cmp.Or(r.parts.OverlayFile, file)
	for _, f := range r.parts.Findings {
		if f.File == file && !f.Warning {
			return ""
		}
	}
	return file
}

// beginOverlay reads the overlay alone, to put it in force over the documents of the
// policy in force: what is wrong with other files must not hold up an emergency
// (docs/semantics.md, reload-1). With known, only if it looks otherwise.
func (k *Keeper) beginOverlay(file string, known files.State) {
	if file == "" || k.overlay.Busy() {
		return
	}
	base, options, set := loaded{parts: k.parts, policy: k.live.Policy()}, k.options, files.Set{Files: []string{file}}
	limit := cmp.Or(max(0, k.options.Timing.Load), base.parts.Serve.LoadTimeout, policyfile.DefaultServe().LoadTimeout)
	k.overlay.Begin(limit, func(func(time.Duration)) overlayOutcome {
		begun := time.Now()
		r := overlayOutcome{base: base.parts}
		before := set.Look()
		if _, same := known[file]; same && !before.Differs(known) {
			r.seen = known
			return r
		}
		if options.reading != nil {
			options.reading(file)
		}
		r.err = withoutPanic(func() error { return r.read(options, file, base.policy) })
		after := set.Look()
		if after.Differs(before) || after.TouchedSince(begun, time.Now()) {
			r.err = errUnsteady
		}
		r.seen, r.took = after, time.Since(begun)
		return r
	})
}

// read reads the overlay and compiles it with the other documents in force.
func (r *overlayOutcome) read(options Options, file string, previous *decide.Policy) error {
	policy := options.Policy
	policy.Now = options.now()
	next, err := r.base.WithOverlay(policy, file)
	if err != nil || reflect.DeepEqual(next.Config.Overlay, r.base.Config.Overlay) {
		return err
	}
	r.parts, r.asOf = next, policy.Now
	r.policy, err = next.Recompile(previous)
	return err
}

// overlayEnded puts the overlay in force, if it is another one.
func (k *Keeper) overlayEnded(r overlayOutcome) {
	if !k.overlay.End() || r.base != k.parts || errors.Is(r.err, errUnsteady) {
		k.alone = nil
		k.watch.LookSoon()
		return
	}
	k.alone = r.seen
	if r.err == nil && r.parts == nil {
		return
	}
	if r.err == nil {
		r.err = withoutPanic(func() error {
			err := k.bringUpToTime(&r.loaded)
			if err == nil {
				err = refusal(lockedOut(r.parts, r.policy))
			}
			if err == nil {
				err = k.put(r.loaded)
			}
			return err
		})
	}
	if r.err == nil {
		k.took(r.loaded)
		k.awaitExpiry()
	}
	k.report(OverlayAlone, r.err, r.parts, r.took)
}

// giveUpOverlay waits no longer for the overlay.
func (k *Keeper) giveUpOverlay() {
	if k.overlay.GiveUp() {
		k.report(OverlayAlone, hanging(k.overlay.Begun()), nil, time.Since(k.overlay.Begun()))
	}
}
