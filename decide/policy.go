package decide

import (
	"net/netip"

	"github.com/netwicket/netwicket/internal/iptable"
	"github.com/netwicket/netwicket/zone"
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

// class is a set of addresses that nothing in the policy tells apart: one
// address pattern, one geo pattern, and so one decision for a chain of one.
type class struct{ address, geo uint32 }

// threatInsight is Okta's ThreatInsight; the feeds are in the address patterns.
type threatInsight struct {
	action   zone.ThreatAction
	excluded []mask // IP zones whose requests are left alone
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
var noPolicy = Decision{Reasons: reasonsOf(NoPolicy)}

// unresolved is the decision about a client whose address cannot be determined.
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

// follow looks up the hops of a chain and finds the client; -1 if there is none.
func (p *Policy) follow(r *request, chain []netip.Addr) (client int) {
	for i, addr := range chain {
		if !addr.IsValid() {
			return -1
		}
		addr = normal(addr)
		c, location := p.lookup(addr)
		// No zone's walk goes on behind the client, who is no zone's proxy.
		if i < walkLimit {
			r.walk[i] = c.address
			r.walked = i + 1
		}
		address, at := &p.addressPatterns[c.address], &p.geoPatterns[location]
		if address.flags&trustedProxy != 0 && i+1 < len(chain) {
			r.hop(address, at)
			continue
		}
		r.address, r.geo = c.address, location
		if address.flags&embedsIPv4 != 0 {
			r.embedded, r.hasEmbedded = p.class(p.table.Lookup(embeddedIPv4(addr))), true
		}
		r.clientHop(p, address, at)
		if p.everyHop {
			p.lookBehind(r, chain[i+1:])
		}
		return i
	}
	return -1
}

// lookBehind takes the blocklists and the overlay of the hops behind the client.
func (p *Policy) lookBehind(r *request, hops []netip.Addr) {
	for _, addr := range hops {
		if addr.IsValid() {
			c, location := p.lookup(normal(addr))
			r.hop(&p.addressPatterns[c.address], &p.geoPatterns[location])
		}
	}
}

// lookup is the class of an address and its geo pattern, which where the geo
// table repeats IPv4 is not the class's own.
func (p *Policy) lookup(addr netip.Addr) (c class, location uint32) {
	number := p.table.Lookup(addr)
	c = p.class(number)
	if p.needsSecondLook(number) {
		return c, p.unrepeated(c.geo, addr)
	}
	return c, c.geo
}

// judge goes through the layers in order; the first denial is the decision. It
// fills a zero Decision, all but the client.
func (p *Policy) judge(r *request, d *Decision) {
	address, at := &p.addressPatterns[r.address], &p.geoPatterns[r.geo]
	threatens := p.threatens(r, address)
	d.Audit = threatens && p.threat.action == zone.ThreatAudit
	switch {
	case r.overlayDenied:
		d.set(Deny, Overlay)
		return
	case address.flags&overlayAllowed != 0:
		d.set(Allow, Overlay)
		return
	case r.blocked:
		d.Zone = p.zones[r.blockedBy].ref
		d.set(Deny, Blocklisted)
		return
	case threatens && p.threat.action == zone.ThreatBlock:
		d.set(Deny, Threat)
		return
	}
	var applied *rule
	for i := range p.ruleSets {
		applied = p.ruleSets[i].apply(p, r)
		if applied == nil {
			d.set(Deny, NoRule)
			return
		}
		if !applied.allow {
			d.Rule = applied.name
			d.set(Deny, RuleMatched)
			return
		}
	}
	if failed := p.sailPoint.failures(address.flags&onNetwork != 0, at.country); failed != 0 {
		d.Reasons = failed
		d.Reason = Reason(trailingZeros(uint64(failed)))
		return
	}
	if applied != nil {
		d.Rule = applied.name
	}
	d.set(Allow, p.allowReason())
}

func (d *Decision) set(v Verdict, r Reason) { d.Verdict, d.Reason, d.Reasons = v, r, reasonsOf(r) }

// allowReason is the reason of an allow, which depends on what the policy
// consults, not on the request.
func (p *Policy) allowReason() Reason {
	switch {
	case p.sailPoint.enforced():
		return Permitted
	case len(p.ruleSets) > 0:
		return RuleMatched
	case p.blocklists || p.threat.action != zone.ThreatNone:
		return Permitted
	case p.sailPoint.profile:
		return NotEnforced
	default:
		return Unrestricted
	}
}

// threatens says that ThreatInsight objects to the client: it, or the IPv4
// address embedded in it, is in a feed, the exempt zone does not list that
// address, and the request is in no excluded zone.
func (p *Policy) threatens(r *request, client *addressPattern) bool {
	if p.threat.action == zone.ThreatNone {
		return false
	}
	hit := client.flags&(threatened|exempted) == threatened
	if !hit && r.hasEmbedded {
		hit = p.addressPatterns[r.embedded.address].flags&(threatened|exempted) == threatened
	}
	if !hit {
		return false
	}
	for _, m := range p.threat.excluded {
		if r.zonesOf(p, m.word)&m.bits != 0 {
			return false
		}
	}
	return true
}
