package decide

import (
	"net/netip"

	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/iptable"
)

// Policy is a compiled, immutable policy, safe for concurrent use. A nil or
// zero Policy denies everything with [NoPolicy].
type Policy struct {
	judgmentAt *iptable.Table // address -> number of its judgment about a chain of one, or secondLook
	judgments  []Judgment
	verdictAt  *iptable.Table // address -> verdictAllow, verdictDeny or verdictOpen
	classAt    *iptable.Table // address -> number of its class; nil: there is no policy
	classes    []class
	judgmentOf []uint32 // by class: number of its judgment

	// After a second look there are more judgments than those above. They are kept
	// here so that none has to be made when it is asked for.
	afterSecondLook map[Judgment]*Judgment

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
	ruleSetsOf *sets // the sets of rules that zones and patterns refer to
	threat     threatInsight
	sailPoint  sailPoint
	blocklists bool // there is an ACTIVE one
	everyHop   bool // blocklists or overlay denials look at hops behind the client
	documents  *documents
	origin     origin
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
	d.Judgment, d.Client = *found, client
	return d
}

// Allows is [Judgment.Allowed] of [Policy.Decide], for those who need to know no
// more. The verdicts alone have a table of their own, which hardly grows with the
// number of zones.
func (p *Policy) Allows(addr netip.Addr) bool {
	if p == nil {
		return false
	}
	verdict := p.verdictAt.Lookup(addr)
	if verdict == verdictOpen {
		found, _ := p.find(addr)
		return found.Verdict == Allow
	}
	return verdict == verdictAllow
}

// find is the judgment about a chain of one, and its client.
func (p *Policy) find(addr netip.Addr) (found *Judgment, client netip.Addr) {
	if p == nil || p.judgmentAt == nil {
		return &noPolicy, netip.Addr{}
	}
	if addr.Is4() {
		v4, n := p.judgmentAt.V4(), addrnum.From4(addr)
		if index, ok := v4.Index(v4.Block(n), n); ok {
			return &p.judgments[v4.Value(index)], addr
		}
		return p.findSlowly(addr), addr
	}
	n := addrnum.From6(addr)
	if n.Hi == 0 || addr.Zone() != "" {
		return p.findOdd(addr)
	}
	v6 := p.judgmentAt.V6()
	if at, ok := v6.Top(n.Hi); ok {
		at = v6.Down(v6.Down(at, n.Hi>>24), n.Hi>>16)
		if index, ok := v6.Index(at); ok {
			if number := v6.Value(index); number != secondLook {
				return &p.judgments[number], addr
			}
		}
	}
	return p.findSlowly(addr), addr
}

// findSlowly is find for the few addresses that take more steps.
func (p *Policy) findSlowly(addr netip.Addr) *Judgment {
	number := p.judgmentAt.Lookup(addr)
	if number == secondLook {
		return p.secondLooked(addr)
	}
	return &p.judgments[number]
}

// findOdd is find for the zero Addr, and for an address with a zone or inside ::/64,
// where mapped ones are.
func (p *Policy) findOdd(addr netip.Addr) (found *Judgment, client netip.Addr) {
	if !addr.IsValid() {
		return &unresolved, netip.Addr{}
	}
	addr = normal(addr)
	return p.findSlowly(addr), addr
}

// noPolicy is the judgment where there is no policy to ask. Like unresolved, it
// is only ever read.
// See docs/semantics.md, order-2.
var noPolicy = Judgment{Reasons: reasonsOf(NoPolicy)}

// unresolved is the judgment about a client whose address cannot be determined.
// See docs/semantics.md, chain-7, overlay-3, blocklist-4 and sailpoint-11.
var unresolved = Judgment{Reason: ClientUnresolved, Reasons: reasonsOf(ClientUnresolved)}

// DecideChain decides about a request that passed the chain, nearest hop first;
// the zero Addr stands for a hop that could not be read. It never allocates and
// looks every hop up once.
//
// The client is the first hop that no zone lists as a proxy, or the last hop if
// all are listed; an unreadable hop before it, or an empty chain, denies.
func (p *Policy) DecideChain(chain []netip.Addr) (d Decision) {
	p.DecideInto(&d, chain)
	return d
}

// DecideInto is [Policy.DecideChain] that writes the decision where its caller
// wants it, for callers that keep it in a larger value: each copy of a Decision
// right after it was made costs as much as a look-up, see [Policy.Decide].
func (p *Policy) DecideInto(d *Decision, chain []netip.Addr) {
	switch {
	case len(chain) == 1:
		found, client := p.find(chain[0])
		d.Judgment, d.Client = *found, client
	case p == nil || p.classAt == nil:
		d.Judgment, d.Client = noPolicy, netip.Addr{}
	default:
		p.decideChain(d, chain)
	}
}

// decideChain decides about a chain by way of the classes.
func (p *Policy) decideChain(d *Decision, chain []netip.Addr) {
	var r request
	client := p.follow(&r, chain)
	if client < 0 {
		d.Judgment, d.Client = unresolved, netip.Addr{}
		return
	}
	d.Client = normal(chain[client])
	if r.judgment != secondLook {
		d.Judgment = p.judgments[r.judgment]
		return
	}
	d.Judgment = Judgment{}
	r.inZones(p)
	p.judge(&r, &d.Judgment)
}
