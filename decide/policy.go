package decide

import (
	"net/netip"

	"github.com/netwicket/netwicket/internal/iptable"
)

// Policy is a compiled, immutable policy, safe for concurrent use. A nil or
// zero Policy denies everything with [NoPolicy].
type Policy struct {
	table *iptable.Table // address -> number of its class, see numbers
	numbers

	// What the two halves of a class say, and the zone sets that they use.
	addressPatterns []addressPattern
	geoPatterns     []geoPattern
	repeats         []repeat
	ipSets          *sets
	dynamicSets     *sets
	walkable        []uint64 // the IP zones that a request can be in: no blocklists

	zones                 []compiledZone
	ipBits, dynamicBits   int
	ipWords, dynamicWords int

	ruleSets   []ruleSet
	ruleWords  ruleWords
	ruleSetsOf *sets // the sets of rules that geo patterns refer to
	threat     threatInsight
	sailPoint  sailPoint
	blocklists bool // there is an ACTIVE one
	everyHop   bool // blocklists or overlay denials look at hops behind the client
	documents  *documents
	info       Info
}

// Decide is [Policy.DecideChain] for a chain of one. It never allocates,
// locks, logs, reads a clock or panics, and costs one table look-up.
//
// It is small enough for the compiler to put it into the caller's code, where
// the fields are written at the place at which they are read. A Decision that
// comes back from a call is copied by wide loads right after narrow stores,
// which the processor cannot forward: that would be a third of the time.
func (p *Policy) Decide(addr netip.Addr) (d Decision) {
	found, client := p.find(addr)
	d = *found
	d.Client = client
	return d
}

// find is the decision about a chain of one with its client apart.
func (p *Policy) find(addr netip.Addr) (found *Decision, client netip.Addr) {
	if p == nil || p.table == nil {
		return &noPolicy, netip.Addr{}
	}
	if !addr.IsValid() {
		return &unresolved, netip.Addr{}
	}
	number := p.table.Lookup(addr)
	if !addr.Is4() {
		if addr.Is4In6() || addr.Zone() != "" { // the table minds neither
			addr = normal(addr) // a call that most addresses can do without
		}
		if p.needsSecondLook(number) {
			return p.secondLooked(addr), addr
		}
	}
	return p.decision(number), addr
}

// noPolicy is the decision where there is no policy to ask. Like unresolved, it
// is only ever read.
// See docs/semantics.md, order-2.
var noPolicy = Decision{Reasons: reasonsOf(NoPolicy)}

// unresolved is the decision about a client whose address cannot be determined.
// See docs/semantics.md, chain-7, overlay-3, blocklist-4 and sailpoint-11.
var unresolved = Decision{Reason: ClientUnresolved, Reasons: reasonsOf(ClientUnresolved)}

// DecideChain decides about a request that passed the chain, nearest hop first;
// the zero Addr stands for a hop that could not be read. It never allocates and
// looks every hop up once.
//
// The client is the first hop that no zone lists as a proxy, or the last hop if
// all are listed; an unreadable hop before it, or an empty chain, denies.
func (p *Policy) DecideChain(chain []netip.Addr) (d Decision) {
	if p == nil || p.table == nil {
		d.Reasons = reasonsOf(NoPolicy)
		return d
	}
	var r request
	client := p.follow(&r, chain)
	if client < 0 {
		return unresolved
	}
	r.inZones(p)
	p.judge(&r, &d)
	d.Client = normal(chain[client])
	return d
}
