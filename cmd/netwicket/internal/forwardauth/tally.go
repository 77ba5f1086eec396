package forwardauth

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/release"
)

const (
	verdicts   = 2
	modes      = 2
	maxReasons = 32 // decide.Reasons is a set of 32 bits
	maxResults = 16 // more than gate has errors, and the two results below
)

// Results of finding the client, beside gate's errors.
const (
	fromHeader = 0
	fromPeer   = maxResults - 1
)

// tally counts what happened at one door. The arrays are indexed rather than
// looked up by label: they are counted once for every request.
type tally struct {
	decisions [verdicts][modes][maxReasons]atomic.Uint64
	clients   [maxResults]atomic.Uint64
	strangers atomic.Uint64
	rules     counters
	zones     counters

	mutex       sync.Mutex
	reloads     map[string]uint64
	lastSuccess time.Time
	fetches     map[release.Result]uint64
}

func (t *tally) count(d *decide.Decision, code gate.Error, s *Snapshot, q *Question) {
	t.decisions[d.Verdict&1][s.mode()&1][d.Reason%maxReasons].Add(1)
	switch {
	case code != 0:
		t.clients[code%maxResults].Add(1)
	case (s.mayBePeer || q.Peer != q.Caller) && isPeer(d.Client, s.resolver, q.Peer):
		t.clients[fromPeer].Add(1)
	default:
		t.clients[fromHeader].Add(1)
	}
	if d.Rule != "" {
		t.rules.count(d.Rule)
	}
	if d.Zone != nil {
		t.zones.count(zoneLabel(d.Zone))
	}
}

// know makes counters of the names that decisions will have from now on.
func (t *tally) know(n *names) {
	t.rules.know(n.rules)
	t.zones.know(n.zones)
}

// isPeer says that the client is whoever connected. Over HTTP that is the proxy itself,
// which takes OnMissing peer.
func isPeer(client netip.Addr, resolver *gate.Resolver, remoteAddr string) bool {
	peer, _ := resolver.Peer(remoteAddr) // who is no address is no client either
	return peer == client
}

func (t *tally) reloaded(result string, at time.Time) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.reloads == nil {
		t.reloads = make(map[string]uint64)
	}
	t.reloads[result]++
	if result == Success {
		t.lastSuccess = at
	}
}

func (t *tally) fetched(result release.Result) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.fetches == nil {
		t.fetches = make(map[release.Result]uint64)
	}
	t.fetches[result]++
}

// Results of an attempt to replace a policy, as netwicket_reload_total counts them.
const (
	Success = "success"
	Failure = "failure" // documents that cannot be read or compiled
	Refused = "refused" // good documents that must not replace the policy in force
	Alone   = "overlay" // the overlay alone was put in force, beside documents that cannot be
)
