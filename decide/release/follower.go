package release

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// OnExpired says what becomes of a release in force whose time is over. The zero value is Keep.
type OnExpired string

// What may become of it.
const (
	Keep    OnExpired = "keep"    // it stays; Status.Expired tells
	Unready OnExpired = "unready" // it stays, and Ready says no
	Deny    OnExpired = "deny"    // it is withdrawn: an outage by calendar
)

// Clock is where a Follower has time and chance from. What is nil is the process's own.
type Clock struct {
	Now    func() time.Time                       // the wall clock
	After  func(d time.Duration) <-chan time.Time // as time.After
	Random func() float64                         // in [0, 1)
}

func (c Clock) complete() Clock {
	if c.Now == nil {
		c.Now = func() time.Time { return time.Now().Round(0) } // a clock that is set has to be seen
	}
	if c.After == nil {
		c.After = time.After
	}
	if c.Random == nil {
		c.Random = rand.Float64
	}
	return c
}

// Options say what is followed and what becomes of it.
type Options struct {
	Store      Store
	Channel    string
	Trust      Trust
	State      string        // the folder of the state
	MinVersion uint64        // versions below are refused; for images, whose first start has no state
	Formats    []int         // of snapshots that Prepare reads; none: FormatOne
	Every      time.Duration // between looks of Run, a fifth more or less; zero: 5 s
	OnExpired  OnExpired
	Clock      Clock

	// Prepare makes a policy of what was fetched, checks it, and says how to put it in force. A
	// [Refusal] refuses a sound policy; any other error says that it is none. It is called beside
	// the policy in force, in another goroutine than Install.
	Prepare func(Candidate) (Prepared, error)

	// Withdraw has nothing in force any more: everything is denied until Install is called again. It
	// may be called where nothing is in force.
	Withdraw func()

	// Report, if there is one, learns of every outcome, for a log and metrics. Open calls it for
	// the start.
	Report func(Outcome)

	step func(what string) error // for tests: what the disk does
}

// Candidate is a release that passed every check but the caller's.
type Candidate struct {
	Payload  Payload
	Chosen   Snapshot // of its snapshots
	Snapshot []byte   // as it was received
	Overlay  []byte   // as it was received; nil: there is none
	Source   Source   // FromState before anybody was asked
	Now      time.Time
}

// Prepared is a policy that may be put in force.
type Prepared struct {
	Install func()

	// Until is when an entry of the overlay ends; zero: none does. Again is what then makes the policy
	// that is in force from there on, and also when the clock was set back; nil: it is the same
	// always. If Again fails, the policy is withdrawn: what lets somebody in must end when it
	// says.
	Until time.Time
	Again func(now time.Time) (Prepared, error)
}

// Follower follows a channel. [Open] makes one. Look and Run are for one goroutine; Status and
// Ready are safe for concurrent use.
type Follower struct {
	options Options
	state   state

	// Of the goroutine that opened it, and then of Look or Run.
	mark mark
	held *held // nil: nothing was ever put in force

	mutex  sync.Mutex
	status Status
}

// held is the release that is in force, or would be if it were not withheld.
type held struct {
	Candidate
	prepared  Prepared
	asOf      time.Time // that prepared was made for
	text      []byte    // of the pointer
	payload   string    // its digest
	installed bool
}

// Open starts from the state, if there is one, before anybody is asked. The error says what is
// wrong with the options; what is wrong with the state is told by Status and Report, and a
// look may mend it.
func Open(o Options) (*Follower, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	o.Clock = o.Clock.complete()
	if len(o.Formats) == 0 {
		o.Formats = []int{FormatOne}
	}
	if o.Every <= 0 {
		o.Every = 5 * time.Second
	}
	f := &Follower{options: o, state: state{disk{o.step}, o.State, o.Channel}}
	f.state.tidy()
	f.report(f.start())
	return f, nil
}

func (o Options) check() error {
	switch {
	case o.Store == nil:
		return errors.New("release: no store to read from")
	case o.State == "":
		return errors.New("release: no folder for the state; without one whoever restarts can be given an old release")
	case o.Prepare == nil || o.Withdraw == nil:
		return errors.New("release: Prepare and Withdraw are needed")
	}
	switch o.OnExpired {
	case "", Keep, Unready, Deny:
	default:
		return fmt.Errorf("release: %q: expected %s, %s or %s", o.OnExpired, Keep, Unready, Deny)
	}
	if err := CheckChannel(o.Channel); err != nil {
		return fmt.Errorf("release: %w", err)
	}
	if err := o.Trust.Check(); err != nil {
		return fmt.Errorf("release: %w", err)
	}
	return nil
}

// start verifies the state like what comes from the network, and puts it in force.
func (f *Follower) start() Outcome {
	now := f.options.Clock.Now()
	h, err := f.fromState(now)
	if errors.Is(err, errNoState) {
		return Outcome{Cause: Started, Time: now}
	}
	out := Outcome{Cause: Started, Result: Installed, Err: err, Time: now}
	if h != nil {
		out.Payload = h.Payload
	}
	if err == nil {
		err = f.put(h, now)
		out.Err = err
	}
	if err != nil {
		out.Result = resultOf(err, StateError)
	}
	return out
}

// fromState is the release of the state. If it is not sound, what it says of versions counts
// nevertheless.
func (f *Follower) fromState(now time.Time) (*held, error) {
	m, unmarked := f.state.mark()
	f.mark = m
	text, err := f.state.pointer()
	switch {
	case err != nil:
		return nil, failed(StateError, err)
	case text == nil && unmarked != nil:
		return nil, failed(StateError, unmarked)
	case text == nil && m.version > 0:
		return nil, failedf(StateError, "%s: the pointer is gone; nothing below version %d is accepted", f.state.folder, m.version)
	case text == nil:
		return nil, errNoState
	}
	h, err := f.verified(text, m)
	if err != nil {
		return nil, err
	}
	f.mark = mark{h.Payload.Version, h.payload}
	if unmarked != nil {
		return h, failed(StateError, unmarked)
	}
	h.Source, h.Now = FromState, now
	return h, f.prepare(h, f.state.blob)
}

// resultOf is the result that an error makes.
func resultOf(err error, usual Result) Result {
	if known, ok := errors.AsType[*failure](err); ok {
		return known.result
	}
	return usual
}

func (f *Follower) report(out Outcome) Outcome {
	f.mutex.Lock()
	out.Expired = f.held != nil && f.held.expired(out.Time)
	if out.Cause != Timed {
		f.status.Last = out
	}
	if out.Cause == Looked && !out.Result.Failed() {
		f.status.Checked = out.Time
	}
	f.mutex.Unlock()
	if f.options.Report != nil {
		f.options.Report(out)
	}
	return out
}

// Status is what is in force, and how the last look went.
func (f *Follower) Status() Status {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	s := f.status
	s.Expired = !s.Payload.Expires.IsZero() && !f.options.Clock.Now().Before(s.Payload.Expires)
	return s
}

// Ready says that a policy is in force, and that it has not expired where that matters.
func (f *Follower) Ready() bool {
	s := f.Status()
	return s.InForce && !(s.Expired && f.options.OnExpired == Unready)
}
