package keeper

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/finding"
)

// Timing is how long a [Keeper] waits. Zero fields have the values of [Usual].
type Timing struct {
	Quiet    time.Duration // without events before the files are looked at
	Latest   time.Duration // from the first event to the look, however many follow
	Poll     time.Duration // between looks that no event asked for
	Retry    time.Duration // after a failure; doubled for each one that follows
	RetryMax time.Duration
}

// Usual is the timing of a service.
func Usual() Timing {
	return Timing{Quiet: 200 * time.Millisecond, Latest: 2 * time.Second, Poll: 10 * time.Second, Retry: time.Second, RetryMax: time.Minute}
}

func (t Timing) orUsual() Timing {
	usual := Usual()
	for _, field := range []struct{ value, usual *time.Duration }{
		{&t.Quiet, &usual.Quiet}, {&t.Latest, &usual.Latest}, {&t.Poll, &usual.Poll},
		{&t.Retry, &usual.Retry}, {&t.RetryMax, &usual.RetryMax},
	} {
		if *field.value <= 0 {
			*field.value = *field.usual
		}
	}
	return t
}

// Options say what a Keeper keeps.
type Options struct {
	Policy policyfile.Options
	Force  bool // databases may be older or much smaller than those in force
	// Install puts a policy in force, or says why it cannot be; the one before
	// then has to stay.
	Install func(*policyfile.Parts, *decide.Policy) error
	// Report learns of every attempt but the first.
	Report func(Report)
	Timing Timing

	withoutEvents bool             // for tests
	clock         func() time.Time // for tests; nil: the wall clock
	sleep         time.Duration    // for tests; zero: longestSleep
}

// now is the time of the wall clock, without the monotonic one: a clock that is
// set has to be seen.
func (o *Options) now() time.Time {
	if o.clock != nil {
		return o.clock()
	}
	return time.Now().Round(0)
}

// Cause is why a policy was loaded.
type Cause string

// The causes.
const (
	Changed  Cause = "files changed"
	Asked    Cause = "SIGHUP"
	Retried  Cause = "retry"
	Expiry   Cause = "overlay entry expired"
	Watching Cause = "watching" // not a load: folders could not be watched
)

// Report is the outcome of one attempt.
type Report struct {
	Cause    Cause
	Err      error // nil: the policy is in force; a [Refusal] if the documents are good
	Repeated bool  // the error is that of the attempt before
	Parts    *policyfile.Parts
	Info     decide.Info // of the policy in force after the attempt
	Took     time.Duration

	// LockedOut are the addresses of the guard that are denied since an overlay
	// entry expired.
	LockedOut []string
}

// Keeper keeps one policy in force up to date. [Start] makes one; Run is to be
// called once.
type Keeper struct {
	options   Options
	watch     *watcher
	parts     *policyfile.Parts // of the policy in force
	info      decide.Info       // of the policy in force
	asOf      time.Time         // the time that overlay entries of the policy in force were held against
	seen      state             // how the files looked at the first load
	failures  int               // since the last success
	unsteady  int               // loads in a row during which files changed
	lastText  string            // of the error of the attempt before
	lockedOut []string
	retry     *time.Timer
	expiry    *time.Timer
}

// Start loads the policy for the first time. Nothing is watched before Run.
func Start(o Options) (*Keeper, error) {
	k := &Keeper{options: o}
	k.options.Timing = o.Timing.orUsual()
	err := withoutPanic(func() error {
		parts, policy, seen, err := k.load(nil, false)
		if err == nil {
			err = o.Install(parts, policy)
		}
		if err == nil {
			k.parts, k.info, k.seen, k.lockedOut = parts, policy.Info(), seen, lockedOut(parts.Serve.Guard, policy)
			k.asOf = parts.Config.Now
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return k, nil
}

// withoutPanic makes an error of a defect in a parser, which must not end a
// service that has a policy.
func withoutPanic(do func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("netwicket failed on this policy: %v\n%s", fault, debug.Stack())
		}
	}()
	return do()
}

// Parts are those of the policy in force after Start.
func (k *Keeper) Parts() *policyfile.Parts { return k.parts }

// Info describes the policy in force after Start.
func (k *Keeper) Info() decide.Info { return k.info }

// LockedOut says which addresses of its guard the policy denied at Start. There
// was none to stay with then, so it is for the log.
func (k *Keeper) LockedOut() []string { return k.lockedOut }

// Run reloads until the context ends. A value on asked makes it reload at once.
func (k *Keeper) Run(ctx context.Context, asked <-chan struct{}) {
	watch, err := newWatcher(k.options.Timing, !k.options.withoutEvents)
	k.watch = watch
	defer watch.close()
	k.report(Watching, err, nil, 0)
	k.follow(pathsOf(k.parts), k.seen)

	k.retry, k.expiry = time.NewTimer(time.Hour), time.NewTimer(time.Hour)
	k.retry.Stop()
	defer k.retry.Stop()
	defer k.expiry.Stop()
	k.awaitExpiry()
	for {
		select {
		case <-ctx.Done():
			return
		case <-asked:
			k.reload(Asked)
		case event := <-watch.events():
			watch.take(event)
		case <-watch.errors():
			watch.lookSoon() // events were lost
		case <-watch.poll.C:
			watch.lookSoon()
		case <-watch.settled.C:
			if watch.changed() {
				k.reload(Changed)
			}
		case <-k.retry.C:
			k.reload(Retried)
		case <-k.expiry.C:
			k.expire()
		}
	}
}

// pathsOf are the files and folders that a policy depends on.
func pathsOf(parts *policyfile.Parts) []string {
	return slices.Concat(parts.Files, parts.Folders)
}

// errUnsteady: a file changed while it was read.
var errUnsteady = errors.New("the files changed while they were read; they are read again")

// maxUnsteady is how many loads in a row may be thrown away because files
// changed. A folder in which something always changes must not keep a good
// policy out for ever.
const maxUnsteady = 10

// load reads and compiles. The state is how the files looked when it began. With steady, files that change meanwhile are an
// error.
func (k *Keeper) load(known []string, steady bool) (parts *policyfile.Parts, policy *decide.Policy, before state, err error) {
	before, begun := look(known), time.Now()
	options := k.options.Policy
	options.Now = k.options.now()
	parts, policy, err = policyfile.Open(options)
	after := look(pathsOf(parts))
	if steady && (after.differs(before) || after.touchedSince(begun, time.Now())) {
		return parts, nil, before, errUnsteady
	}
	return parts, policy, after.asOf(before, begun), err
}

// reload replaces the policy, or leaves it and says why.
func (k *Keeper) reload(cause Cause) {
	begun := time.Now()
	var parts *policyfile.Parts
	var policy *decide.Policy
	var seen state
	err := withoutPanic(func() (err error) {
		parts, policy, seen, err = k.load(k.watch.paths, k.unsteady < maxUnsteady)
		if err == nil {
			err = k.admit(parts, policy)
		}
		if err == nil {
			err = k.options.Install(parts, policy)
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
		k.parts, k.info, k.failures, k.lockedOut = parts, policy.Info(), 0, nil
		k.asOf = parts.Config.Now
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
	return refusal(causes)
}

// follow watches other files.
func (k *Keeper) follow(paths []string, seen state) {
	if err := k.watch.follow(paths, seen); err != nil {
		k.report(Watching, err, nil, 0)
	}
}

// report leaves out that watching works.
func (k *Keeper) report(cause Cause, err error, parts *policyfile.Parts, took time.Duration) {
	if cause == Watching && err == nil {
		return
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	repeated := text != "" && text == k.lastText && cause != Asked
	if cause != Watching {
		k.lastText = text
	}
	k.options.Report(Report{Cause: cause, Err: err, Repeated: repeated, Parts: parts, Info: k.info, LockedOut: k.lockedOut, Took: took})
}

// Warnings are the findings of a load that are no errors.
func Warnings(parts *policyfile.Parts) finding.List {
	var warnings finding.List
	if parts != nil {
		for _, f := range parts.Findings {
			if f.Warning {
				warnings = append(warnings, f)
			}
		}
	}
	return warnings
}
