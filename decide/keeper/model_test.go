package keeper_test

import (
	"cmp"
	"fmt"
	"time"

	"github.com/netwicket/netwicket/decide/keeper"
)

// model is a Keeper that takes no time, has no goroutines and knows the files by what
// they are called. It says what the real one has to do, and when.
type model struct {
	disk            *disk
	watched, forced bool
	timing          keeper.Timing
	start           time.Time
	now             time.Time
	ahead           time.Duration // of the wall clock

	// What the test has in store for it.
	refuses  bool           // Install refuses
	silent   hook           // loads hang
	restless int            // as many loads during which files change
	during   []func()       // happens in the next load
	watcher  map[string]int // the numbers of the folders that are watched
	delivery string         // of events
	kept     []string       // events that come late

	// What it does, and when: the zero time is never.
	look, poll, retry, expiry time.Time
	first                     time.Time // reason for a look that none has followed
	loading                   *attempt
	alone                     *attempt // on the overlay alone
	wanted                    *attempt

	followed []string          // paths
	known    map[string]string // how they looked when they were read
	names    map[string]bool   // what an event may call them
	named    map[string]bool   // by events, since the last look
	owed     map[string]bool   // by events, and by no load that succeeded
	owesAll  bool
	inForce  loaded
	overlaid string          // how the overlay looked when it was read alone; unseen: it was not
	unsteady int             // loads in a row during which files changed
	failures int             // since the last success
	failing  string          // why the files are not in force
	last     map[bool]string // the error of the attempt before; true: of the overlay alone
	status   status
	loads    int      // so far
	serials  int      // that loads were given
	log      []string // what it did, and when
	tie      bool     // two things happen at the same moment: either may be first
}

// hook says where the next load hangs.
type hook struct{ all, overlay bool }

const (
	none   = "-" // no error
	unseen = "unseen"
)

// attempt is a look, or a load.
type attempt struct {
	cause       keeper.Cause
	load, anew  bool
	named       map[string]bool
	begun, asOf time.Time
	midst, ends time.Time         // both zero: it hangs
	due         time.Time         // to be given up; zero: it was
	before      map[string]string // how the files looked when it began
	base        loaded            // what was in force
}

// event is one that the watcher delivers.
func (m *model) event(name string) {
	if !m.watched {
		return
	}
	if m.names[name] {
		m.named[name] = true
	}
	m.lookSoon()
}

func (m *model) lookSoon() {
	if m.first.IsZero() {
		m.first = m.now
	}
	m.look = later(m.now, earlier(m.now.Add(m.timing.Quiet), m.first.Add(m.timing.Latest)))
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// clock is the wall clock.
func (m *model) clock() time.Time { return m.now.Add(m.ahead) }

// open is OpenWith, and run the beginning of Run.
func (m *model) open() {
	m.last, m.named, m.owed = map[bool]string{}, map[string]bool{}, map[string]bool{}
	m.overlaid = unseen
	a := &attempt{cause: keeper.Asked, load: true, anew: true, begun: m.now, asOf: m.clock(), before: map[string]string{}}
	m.now = m.now.Add(loadTakes(0))
	m.loads = 1
	l := m.read(a)
	m.put()
	m.inForce = l
	m.publish("", none)
	m.keep(a, l)
}

func (m *model) run() {
	m.poll = m.now.Add(m.timing.Poll)
	m.lookSoon()
	m.follow(m.followed)
	m.awaitExpiry()
}

// advance lets time pass.
func (m *model) advance(to time.Time) {
	for {
		due, what := m.next()
		if due.IsZero() || due.After(to) {
			m.now = to
			return
		}
		m.tie = m.tie || due.Equal(to)
		m.now = due
		what()
	}
}

// next is what is due first.
func (m *model) next() (time.Time, func()) {
	var due time.Time
	var what func()
	consider := func(at time.Time, do func()) {
		m.tie = m.tie || !at.IsZero() && at.Equal(due)
		if !at.IsZero() && (due.IsZero() || at.Before(due)) {
			due, what = at, do
		}
	}
	consider(m.look, m.lookNow)
	consider(m.poll, func() { m.poll = m.now.Add(m.timing.Poll); m.lookSoon() })
	consider(m.retry, func() { m.retry = time.Time{}; m.want(attempt{cause: keeper.Retried, load: true, anew: true}) })
	consider(m.expiry, m.expire)
	if m.loading != nil {
		consider(m.loading.midst, m.midst)
		consider(m.loading.ends, m.loaded)
		consider(m.loading.due, m.giveUp)
	}
	if m.alone != nil {
		consider(m.alone.due, func() {
			m.alone.due = time.Time{}
			m.report(keeper.OverlayAlone, hangingSince(m.alone.begun))
		})
	}
	return due, what
}

func hangingSince(begun time.Time) string { return "hanging since " + begun.Format(time.RFC3339) }

func (m *model) lookNow() {
	named := m.named
	m.look, m.first, m.named = time.Time{}, time.Time{}, map[string]bool{}
	if m.givenUp() && m.inForce.namesOverlay {
		m.readAlone(m.overlaid)
	}
	m.want(attempt{cause: keeper.Changed, load: len(named) > 0, named: named})
}

// ask is somebody who wants everything loaded.
func (m *model) ask() {
	if m.givenUp() {
		m.report(keeper.Asked, hangingSince(m.loading.begun))
		if m.inForce.namesOverlay {
			m.readAlone(unseen)
		}
	}
	m.want(attempt{cause: keeper.Asked, load: true, anew: true})
}

func (m *model) givenUp() bool { return m.loading != nil && m.loading.due.IsZero() }

const longest = 30 * time.Second

func (m *model) awaitExpiry() {
	m.expiry = time.Time{}
	if m.inForce.overlay == (overlay{}) {
		return
	}
	m.expiry = m.now.Add(longest)
	if until := m.inForce.until(); !until.IsZero() {
		m.expiry = later(m.now, earlier(m.expiry, m.now.Add(until.Sub(m.clock()))))
	}
}

// expire is a moment at which an entry of the overlay may have ended.
func (m *model) expire() {
	until := m.inForce.until()
	if (until.IsZero() || m.clock().Before(until)) && !m.clock().Before(m.inForce.asOf) {
		m.awaitExpiry()
		return
	}
	if m.put() != "" {
		m.expiry = m.now.Add(longest)
		m.report(keeper.Expiry, refusal)
		return
	}
	m.inForce.asOf = m.clock()
	m.awaitExpiry()
	m.report(keeper.Expiry, none)
}

// report tells the program what came of an attempt.
func (m *model) report(cause keeper.Cause, failure string) {
	alone := cause == keeper.OverlayAlone
	repeated := failure != none && failure == m.last[alone] && cause != keeper.Asked
	if cause != keeper.Expiry {
		m.last[alone] = failure
	}
	m.publish(cause, failure)
	m.note(reported(cause, failure, repeated, m.failing, m.inForce.until()))
}

func reported(cause keeper.Cause, failure string, repeated bool, failing string, until time.Time) string {
	return fmt.Sprintf("reports %s: %s, repeated %v, failing %s, until %v", cause, failure, repeated, cmp.Or(failing, none), until)
}
