package keeper

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/policyfile"
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
	// Force accepts databases that are older or much smaller than those in force.
	Force bool
	// Install, if there is one, learns of a policy that passed every check before
	// it is put in force. An error refuses it, and the one before stays. It is
	// called by OpenWith and by Run, never twice at a time.
	Install func(*policyfile.Parts, *decide.Policy) error
	// OwnEdge says that Install takes care of the edge, and that a policy file may
	// lose its own. Otherwise that is refused: the proxies would be the clients.
	OwnEdge bool
	// Report, if there is one, learns of every attempt of Run, for a log. Without
	// it [Keeper.Err] is what there is to see.
	Report func(Report)
	// Timing is how long the Keeper waits.
	Timing Timing

	// Changed, if it is not nil, is where a watcher says that something changed:
	// by the absolute name of a file or folder, or by the empty string if it
	// cannot tell. The Keeper then looks as soon as the files are quiet instead of
	// waiting for the next Poll. A file of the policy that is named is read again
	// even if it looks the same.
	Changed <-chan string
	// Follow, if there is one, tells that watcher which files and folders the
	// policy depends on, missing ones included. Run calls it at the start, after
	// every attempt and at every look, since a folder that was replaced is another
	// one. The error says what cannot be watched; it goes to Report.
	Follow func(paths []string) error
	// Asked has Run load everything anew at once, for each value. Closing this or
	// Changed is as good as silence.
	Asked <-chan struct{}

	clock func() time.Time // for tests; nil: the wall clock
	sleep time.Duration    // for tests; zero: longestSleep
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

	mutex   sync.Mutex
	status  Status
	running bool

	// What follows belongs to OpenWith and then to Run.
	watch     *files.Watched
	parts     *policyfile.Parts // of the policy in force
	info      decide.Info       // of the policy in force
	asOf      time.Time         // the time that overlay entries of the policy in force were held against
	seen      files.State       // how the files looked at the first load
	failures  int               // since the last success
	unsteady  int               // loads in a row during which files changed
	lastText  string            // of the error of the attempt before
	lockedOut []string
	retry     *time.Timer
	expiry    *time.Timer
}

// Open loads the policy that the paths make, as [policyfile.Open] does: a policy
// file, a folder that holds one, vendor documents; none is the policy of the
// working directory. The error is [policyfile.Findings] with everything that is
// wrong. Nothing is kept up to date before [Keeper.Run].
func Open(paths ...string) (*Keeper, error) {
	return OpenWith(Options{Policy: policyfile.Options{Paths: paths}})
}

// OpenWith is Open with more to say.
func OpenWith(o Options) (*Keeper, error) {
	k := &Keeper{options: o}
	k.options.Timing = o.Timing.orUsual(o.Changed != nil)
	err := withoutPanic(func() error {
		parts, policy, seen, err := k.load(nil, false)
		if err == nil {
			err = k.put(parts, policy)
		}
		if err == nil {
			k.seen = seen
			k.took(parts, policy, parts.Config.Now)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	k.lockedOut = lockedOut(k.parts.Serve.Guard, k.live.Policy())
	k.publish("", nil)
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

// put puts a policy in force together with its edge.
func (k *Keeper) put(parts *policyfile.Parts, policy *decide.Policy) error {
	edge := new(gate.Resolver)
	if parts.Edge != nil {
		var err error
		if edge, err = gate.NewResolver(*parts.Edge); err != nil {
			return err
		}
	}
	if k.options.Install != nil {
		if err := k.options.Install(parts, policy); err != nil {
			return err
		}
	}
	k.resolver.Swap(edge, &k.live, policy)
	return nil
}

// took notes what is in force.
func (k *Keeper) took(parts *policyfile.Parts, policy *decide.Policy, asOf time.Time) {
	k.parts, k.info, k.asOf = parts, policy.Info(), asOf
	k.failures, k.lockedOut = 0, nil
}

// pathsOf are the files and folders that a policy depends on.
func pathsOf(parts *policyfile.Parts) []string {
	return slices.Concat(parts.Files, parts.Folders)
}

// errUnsteady: a file changed while it was read.
var errUnsteady = errors.New("the files changed while they were read; they are read again")

// load reads and compiles. The state is how the files looked when it began. With
// steady, files that change meanwhile are an error.
func (k *Keeper) load(known []string, steady bool) (parts *policyfile.Parts, policy *decide.Policy, before files.State, err error) {
	before, begun := files.Look(known), time.Now()
	options := k.options.Policy
	options.Now = k.options.now()
	parts, policy, err = policyfile.Open(options)
	after := files.Look(pathsOf(parts))
	if steady && (after.Differs(before) || after.TouchedSince(begun, time.Now())) {
		return parts, nil, before, errUnsteady
	}
	return parts, policy, after.AsOf(before, begun), err
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
	timing := k.options.Timing
	k.watch = files.Watch(timing.Quiet, timing.Latest, timing.Poll)
	return nil
}

// stop ends what start began.
func (k *Keeper) stop() {
	k.watch.Close()
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.running = false
}

// Run keeps the policy up to date until the context ends, and then returns nil;
// the policy in force stays so. Any other error says that it cannot be run: it is
// to be called once, for a Keeper that was opened. What goes wrong meanwhile is
// no reason to end; [Keeper.Err] and Options.Report tell of it.
func (k *Keeper) Run(ctx context.Context) error {
	if err := k.start(); err != nil {
		return err
	}
	defer k.stop()
	k.follow(pathsOf(k.parts), k.seen)

	k.retry, k.expiry = time.NewTimer(time.Hour), time.NewTimer(time.Hour)
	k.retry.Stop()
	defer k.retry.Stop()
	defer k.expiry.Stop()
	k.awaitExpiry()
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, open := <-k.options.Asked:
			if !open {
				k.options.Asked = nil // a closed channel delivers without end
				continue
			}
			k.reload(Asked)
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
			k.reload(Retried)
		case <-k.expiry.C:
			k.expire()
		}
	}
}
