package keeper

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/internal/files"
)

// Timing is how long a [Keeper] waits. Each field that is zero or less has its
// usual value.
type Timing struct {
	Quiet    time.Duration // that files have to be left alone before they are looked at; 200 ms
	Latest   time.Duration // from the first sign of a change to the look, however many follow; 2 s
	Poll     time.Duration // between looks that nobody asked for; 2 s, with Options.Changed 10 s
	Retry    time.Duration // after a failure, doubled for each one that follows; 1 s
	RetryMax time.Duration // between tries at most; 1 minute
	Load     time.Duration // that a load may take before it is given up; what the policy file says (serve.loadTimeout), 1 minute
}

func (t Timing) orUsual(watched bool) Timing {
	poll := 2 * time.Second
	if watched {
		poll = 10 * time.Second
	}
	for _, field := range []struct {
		value *time.Duration
		usual time.Duration
	}{
		{&t.Quiet, 200 * time.Millisecond}, {&t.Latest, 2 * time.Second}, {&t.Poll, poll},
		{&t.Retry, time.Second}, {&t.RetryMax, time.Minute},
	} {
		if *field.value <= 0 {
			*field.value = field.usual
		}
	}
	return t
}

// Options say what a Keeper keeps, and whom it tells. The zero Options keep the
// policy of the working directory, as [Open] does without paths.
type Options struct {
	// Policy is what the policy is made of. Its time is the Keeper's to set.
	Policy policyfile.Options
	// Force accepts databases, lists and feeds that are older or much smaller than those
	// in force, or provide less.
	Force bool
	// Install, if there is one, learns of a policy that passed every check before
	// it is put in force. An error refuses it, and the one before stays; it is tried again. The policy is nil where
	// the policy file follows a channel of which no release has come: everything is denied then. It is
	// called by OpenWith and by Run, never twice at a time, and not to wait for anything:
	// nothing expires meanwhile.
	Install func(*policyfile.Parts, *decide.Policy) error
	// OwnEdge says that Install takes care of the edge, and that a policy file may
	// lose its own. Otherwise that is refused: the proxies would be the clients.
	OwnEdge bool
	// Report, if there is one, learns of every attempt of Run, for a log. Without
	// it [Keeper.Err] is what there is to see.
	Report func(Report)
	// Around, if there is one, is what a load of the files beside a policy in force runs in. It
	// has to call load, once, in its own goroutine, which a defect may panic out of. The
	// most memory that the process takes is taken there: a program may have garbage collected
	// more often meanwhile (docs/operations.md). A load that hangs does so inside of it, and no
	// other begins before it has ended.
	Around func(load func())
	// OpenStore opens the place that a policy file follows releases from, where a program
	// knows other places than HTTPS and folders; nil: [policyfile.From.Store].
	OpenStore func(*policyfile.From) (release.Store, error)
	// Released, if there is one, learns how each look for a release ended, and the start from
	// the state: see [release.Options]. It is called in another goroutine than Report.
	Released func(release.Outcome)
	// Timing is how long the Keeper waits.
	Timing Timing

	// Changed, if it is not nil, is where a watcher says that something changed:
	// by the absolute name of a file or folder, or by the empty string if it
	// cannot tell. The Keeper then looks as soon as the files are quiet instead of
	// waiting for the next Poll. A file of the policy that is named is read again
	// even if it looks the same.
	Changed <-chan string
	// Follow, if there is one, tells that watcher which files and folders the
	// policy depends on, missing ones included. It is called at the start of Run, after
	// every load and at every look, since a folder that was replaced is another
	// one: never twice at a time, but in a goroutine of its own, which Run does not wait
	// for when it ends. The error says what cannot be watched; it goes to Report.
	Follow func(paths []string) error
	// Asked has Run load everything anew at once, for each value. Closing this or
	// Changed is as good as silence.
	Asked <-chan struct{}

	clock   func() time.Time  // for tests; nil: the wall clock
	sleep   time.Duration     // for tests; zero: longestSleep
	reading func(file string) // for tests; called when the overlay alone, or with an empty name all files, are about to be read, and may take for ever
}

// now is the time of the wall clock, without the monotonic one: a clock that is
// set has to be seen.
func (o *Options) now() time.Time {
	if o.clock != nil {
		return o.clock()
	}
	return time.Now().Round(0)
}

// Keeper keeps one policy up to date with its files. [Open] makes one, and
// [Keeper.Run] does the keeping. A nil or zero Keeper has a Live that denies. Its
// methods are safe for concurrent use.
type Keeper struct {
	live     decide.Live
	resolver gate.Resolver
	options  Options

	followed *followed // nil: the policy comes from files

	refreshes chan chan struct{} // of Refresh: what is closed when the files were looked at
	over      chan struct{}      // closed when Run has ended

	mutex   sync.Mutex
	status  Status
	running bool

	// What follows belongs to OpenWith and then to Run.
	watch     *files.Watched
	loading   *files.Work[outcome]        // of all files
	overlay   *files.Work[overlayOutcome] // of the overlay alone
	underway  request                     // what loading is busy with
	wanted    wanted                      // from the files, as soon as loading is idle
	first     outcome                     // of OpenWith
	parts     *policyfile.Parts           // of the policy in force
	info      decide.Info                 // of the policy in force
	asOf      time.Time                   // the time that overlay entries of the policy in force were held against
	alone     files.State                 // how the overlay looked when it was last read alone
	failing   error                       // why the files as they are now are not in force
	failures  int                         // since the last success
	unsteady  int                         // loads in a row during which files changed
	lastTexts map[bool]string             // of the error of the attempt before; true: of the overlay alone
	lockedOut []string
	retry     *time.Timer
	expiry    *time.Timer
	refreshed []chan struct{} // to close when nothing is under way any more
}

// Open loads the policy that the paths make, as [policyfile.Open] does: a policy
// file, a folder that holds one, vendor documents; none is the policy of the
// working directory. The error is [policyfile.Findings] with everything that is
// wrong. Nothing is kept up to date before [Keeper.Run].
func Open(paths ...string) (*Keeper, error) {
	return OpenWith(Options{Policy: policyfile.Options{Paths: paths}})
}

// OpenWith is Open with more to say. It gives up when the files take longer to load
// than they may ([ErrHanging]).
func OpenWith(o Options) (*Keeper, error) {
	k := &Keeper{options: o, lastTexts: make(map[bool]string), refreshes: make(chan chan struct{}), over: make(chan struct{})}
	k.options.Timing = o.Timing.orUsual(o.Changed != nil)
	k.loading, k.overlay = files.NewWork[outcome](), files.NewWork[overlayOutcome]()
	if err := k.open(); err != nil {
		return nil, err
	}
	if k.parts.From != nil {
		if err := k.follow(); err != nil {
			return nil, err
		}
	}
	k.publish("", nil)
	return k, nil
}

// open is the first load.
func (k *Keeper) open() error {
	k.begin(request{cause: Asked})
	select {
	case k.first = <-k.loading.Done:
		k.loading.End()
	case <-k.loading.Overdue:
		return hanging(k.loading.Begun())
	}
	r := &k.first
	if r.err != nil {
		return r.err
	}
	return withoutPanic(func() error {
		err := k.bringUpToTime(&r.loaded)
		if err == nil {
			err = k.put(r.loaded)
		}
		if err == nil {
			k.took(r.loaded)
		}
		return err
	})
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

// Live holds the policy in force: what [gate.Wrap] asks.
func (k *Keeper) Live() *decide.Live {
	if k == nil {
		return nil
	}
	return &k.live
}

// Resolver finds clients by the edge of the policy file in force. Without an edge
// the client is the peer. It is swapped together with the policy of Live:
// [gate.Wrap] reads both as one, and [gate.Resolver.Pair] is for everything else.
func (k *Keeper) Resolver() *gate.Resolver {
	if k == nil {
		return nil
	}
	return &k.resolver
}

// loaded is a policy that could be put in force.
type loaded struct {
	parts  *policyfile.Parts
	policy *decide.Policy
	asOf   time.Time // the time that its overlay's entries were held against
}

// put puts a policy in force together with its edge.
func (k *Keeper) put(next loaded) error {
	edge := new(gate.Resolver)
	if next.parts.Edge != nil {
		var err error
		if edge, err = gate.NewResolver(*next.parts.Edge); err != nil {
			return err
		}
	}
	if k.options.Install != nil {
		if err := k.options.Install(next.parts, next.policy); err != nil {
			return err
		}
	}
	k.resolver.Swap(edge, &k.live, next.policy)
	return nil
}

// took notes what is in force.
func (k *Keeper) took(now loaded) {
	k.parts, k.info, k.asOf = now.parts, now.policy.Info(), now.asOf
	k.lockedOut = lockedOut(now.parts, now.policy)
}

// start says why there is nothing to keep, or that it was kept already.
func (k *Keeper) start() error {
	if k == nil {
		return errNotOpened
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	switch {
	case k.status.Parts == nil:
		return errNotOpened
	case k.watch != nil:
		return errRunTwice
	}
	k.running = true
	if k.followed != nil {
		k.followed.opening = false
	}
	timing := k.options.Timing
	k.watch = files.Watch(timing.Quiet, timing.Latest, timing.Poll)
	k.retry, k.expiry = time.NewTimer(time.Hour), time.NewTimer(time.Hour)
	k.retry.Stop() // of the expiry Run sees to that
	return nil
}

// stop ends what start began.
func (k *Keeper) stop() {
	k.watch.Close()
	k.loading.Stop()
	k.overlay.Stop()
	k.retry.Stop()
	k.expiry.Stop()
	if k.followed != nil {
		close(k.followed.over)
	}
	close(k.over)
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.running = false
}

// Run keeps the policy up to date until the context ends, and then returns nil at
// once, whatever is being loaded; the policy in force stays so. Any other error says
// that it cannot be run: it is to be called once, for a Keeper that was opened. What
// goes wrong meanwhile is no reason to end; [Keeper.Err] and Options.Report tell of it.
//
// Nothing in this goroutine touches a file: what does, may never return.
func (k *Keeper) Run(ctx context.Context) error {
	if err := k.start(); err != nil {
		return err
	}
	defer k.stop()
	k.watch.Follow(k.first.set, k.first.names, k.first.seen)
	k.want(request{cause: Watching})
	if k.failing != nil { // a release that the program refused
		k.again(k.failing)
	}
	if k.first.stale != nil {
		k.failed(Changed, k.first.stale, k.parts, k.first.took)
	}
	k.first = outcome{}
	k.awaitExpiry()
	inside := k.followRun(ctx)
	for {
		select {
		case do := <-inside:
			do()
		case <-ctx.Done():
			return nil
		case _, open := <-k.options.Asked:
			if !open {
				k.options.Asked = nil // a closed channel delivers without end
				continue
			}
			k.ask()
		case told := <-k.refreshes:
			k.refresh(told)
		case name, open := <-k.options.Changed:
			if !open {
				k.options.Changed = nil
				continue
			}
			k.watch.Notice(name)
		case <-k.watch.Poll:
			k.watch.LookSoon()
		case <-k.watch.Settled:
			k.look()
		case <-k.retry.C:
			k.want(request{cause: Retried, load: true, anew: true})
		case <-k.expiry.C:
			k.expire()
		case r := <-k.loading.Done:
			k.ended(r)
		case <-k.loading.Overdue:
			k.giveUp()
		case r := <-k.overlay.Done:
			k.overlayEnded(r)
		case <-k.overlay.Overdue:
			k.giveUpOverlay()
		}
	}
}
