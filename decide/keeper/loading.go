package keeper

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
)

// ErrHanging is the error for files that take longer to load than they may: a file
// or a mount does not answer. Nothing else is loaded before that load has ended by
// itself; what it gives then is thrown away, and everything is loaded anew.
var ErrHanging = errors.New("the files take too long to load; one of them, or its mount, does not answer")

func hanging(since time.Time) error {
	return fmt.Errorf("%w (loading since %s; serve.loadTimeout says how long it may take)", ErrHanging, since.Format(time.RFC3339))
}

// errUnsteady: a file changed while it was read.
var errUnsteady = errors.New("the files changed while they were read; they are read again")

// request is what somebody wants from the files.
type request struct {
	cause Cause
	load  bool     // whether or not they look as before
	anew  bool     // with that, all of them: somebody says so, or it is not known what has changed
	named []string // the files that have changed, whatever they look like
}

// wanted is a request that waits.
type wanted struct {
	request
	waits bool
}

// attempt is a look at the files and, if need be, a load: what a goroutine of its own
// does.
type attempt struct {
	request
	set    files.Set // that was followed so far
	known  files.State
	steady bool // files that change meanwhile are an error
	limit  time.Duration

	// What is in force, to save work by.
	parts  *policyfile.Parts
	policy *decide.Policy
}

// outcome is what came of an attempt.
type outcome struct {
	request
	loaded
	read     bool // files were read; else the rest is empty
	set      files.Set
	names    map[string]bool
	seen     files.State // as of when it began
	err      error
	stale    error // files are deleted but mounted
	unfollow error // why files cannot be watched
	took     time.Duration
}

// want has something done as soon as nothing else is under way.
func (k *Keeper) want(r request) {
	if !k.wanted.waits || rank(r.cause) > rank(k.wanted.cause) {
		k.wanted.cause = r.cause
	}
	k.wanted.load, k.wanted.anew, k.wanted.waits = k.wanted.load || r.load, k.wanted.anew || r.anew, true
	k.note(r.named)
	if !k.loading.Busy() {
		next := k.wanted.request
		k.wanted = wanted{}
		k.begin(next)
	}
}

// owe has the next load, whatever it is for, read what this one read in vain: a database that
// was said to have changed may look as the one in force does.
func (k *Keeper) owe(r request) {
	k.wanted.anew = k.wanted.anew || r.anew
	k.note(r.named)
}

// note adds files to those that the next load reads whatever they look like.
func (k *Keeper) note(named []string) {
	for _, name := range named {
		if !slices.Contains(k.wanted.named, name) { // a load that hangs may do so for days
			k.wanted.named = append(k.wanted.named, name)
		}
	}
}

// rank says whose request a load is said to answer.
func rank(cause Cause) int {
	switch cause {
	case Asked:
		return 3
	case Retried:
		return 2
	case Changed:
		return 1
	case Watching, Expiry, OverlayAlone, Released, Withdrawn: // nobody asks for those
	}
	return 0
}

// begin begins an attempt.
func (k *Keeper) begin(r request) {
	a := attempt{request: r, steady: k.unsteady < maxUnsteady, limit: k.options.Timing.Load, parts: k.parts, policy: k.live.Policy()}
	if k.watch != nil {
		a.set, a.known = k.watch.Set(), k.watch.Known()
	} else {
		a.load, a.steady = true, false // the first one
	}
	k.underway = r
	limit := a.limit
	if limit <= 0 {
		limit = policyfile.DefaultServe().LoadTimeout
	}
	options := k.options // which Run changes
	if k.watch == nil {
		options.Follow = nil // before Run
	}
	k.loading.Begin(limit, func(within func(time.Duration)) (result outcome) {
		begun := time.Now()
		if err := withoutPanic(func() error { result = a.do(&options, within); return nil }); err != nil {
			result = outcome{read: true, err: err}
		}
		result.request, result.took = a.request, time.Since(begun)
		return result
	})
}

// do looks, and loads what has changed.
func (a *attempt) do(options *Options, within func(time.Duration)) (r outcome) {
	begun := time.Now()
	var before files.State
	if a.cause != Watching {
		before, begun = a.set.Look(), time.Now()
	}
	if !a.load && !before.Differs(a.known) {
		if options.Follow != nil {
			r.unfollow = options.Follow(a.set.Paths())
		}
		return r
	}
	snapshot := ""
	if a.parts != nil {
		snapshot = a.parts.SnapshotFile
	}
	if err := fits(before, snapshot); err != nil {
		return outcome{read: true, err: err}
	}
	load := func() { r = a.open(options, within, before, begun) }
	if options.Around == nil || a.parts == nil {
		load()
	} else {
		options.Around(load)
	}
	return r
}

// open makes a policy of the files, which looked so before.
func (a *attempt) open(options *Options, within func(time.Duration), before files.State, begun time.Time) outcome {
	policy := options.Policy
	policy.Now, policy.Previous = options.now(), a.policy
	policy.Before, policy.Anew = a.parts, a.readsGeo()
	if a.limit <= 0 {
		within(policyfile.LoadServe(policy).LoadTimeout)
	}
	if options.reading != nil {
		options.reading("")
	}
	r := outcome{read: true}
	r.asOf = policy.Now
	if r.parts = policyfile.Load(policy); r.parts.From != nil {
		r.err = r.parts.Err() // its policy is that of a release
	} else {
		r.policy, r.err = r.parts.Recompile(policy.Previous)
	}
	r.set = a.follows(r.parts)
	after := r.set.Look()
	if a.steady && (after.Differs(before) || after.TouchedSince(begun, time.Now())) {
		r.err = errUnsteady
		return r
	}
	r.seen, r.names = after.AsOf(before, begun), r.set.Names()
	r.stale = stale(after)
	if options.Follow != nil {
		r.unfollow = options.Follow(r.set.Paths())
	}
	return r
}

// follows is what a policy was made of, or should have been. Where it names no overlay,
// perhaps since it cannot be read, that is the one in force: it may be needed by itself.
func (a *attempt) follows(parts *policyfile.Parts) files.Set {
	set := files.Set{Files: parts.Files, Folders: parts.Folders, Reads: policyfile.InFolder}
	if a.parts != nil && parts.OverlayFile == "" && a.parts.OverlayFile != "" {
		set.Files = append(slices.Clip(set.Files), a.parts.OverlayFile)
	}
	return set
}

// readsGeo says that geo sources are read although they look as before.
func (a *attempt) readsGeo() bool {
	if a.anew || a.parts == nil {
		return true
	}
	sources := files.Set{Folders: a.parts.Folders}
	for _, source := range a.parts.Config.Geo.Datasets() {
		sources.Files = append(sources.Files, source.File)
	}
	names := sources.Names()
	return slices.ContainsFunc(a.named, func(name string) bool { return names[name] })
}

// bringUpToTime compiles a policy anew if an entry of its overlay has expired since
// it was begun, or if the clock was set back: whatever takes long to load puts
// nothing back in force that has ended meanwhile (docs/semantics.md, overlay-4).
func (k *Keeper) bringUpToTime(next *loaded) error {
	if next.policy == nil { // no release has come
		return nil
	}
	now := k.options.now()
	until := next.policy.Info().OverlayUntil
	if (until.IsZero() || now.Before(until)) && !now.Before(next.asOf) {
		return nil
	}
	return next.compileAt(now)
}

// compileAt compiles the same documents for another time.
func (l *loaded) compileAt(now time.Time) error {
	var err error
	l.policy, err = l.parts.CompileAt(now, l.policy)
	l.asOf = now
	return err
}
