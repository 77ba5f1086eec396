package decide

import (
	"iter"
	"net/netip"
)

// State is the three-valued answer to "is the request in this zone?".
type State uint8

// The states. The zero value is No.
const (
	No State = iota
	Match
	Unknown
)

// String is "no", "match" or "unknown".
func (s State) String() string {
	switch s {
	case Match:
		return "match"
	case Unknown:
		return "unknown"
	case No:
	}
	return "no"
}

// MarshalText is the state's text.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Match says in which zones a request is and gives SailPoint's two facts, for
// step-up authentication and routing. It never allocates; the states are worked
// out when they are asked for.
func (p *Policy) Match(chain []netip.Addr) Membership {
	var m Membership
	if p == nil || p.classAt == nil {
		return m
	}
	m.policy = p
	if client := p.follow(&m.request, chain); client >= 0 {
		m.client = normal(chain[client])
	}
	m.request.inZones(p)
	return m
}

// Membership says in which zones a request is, and SailPoint's two facts. It is
// a value, refers to the policy that made it, and is in no zone when zero.
type Membership struct {
	policy  *Policy
	client  netip.Addr
	request request
}

// Client is the resolved client, or the zero Addr.
func (m *Membership) Client() netip.Addr { return m.client }

// Zones ranges over all zones of the policy in document order.
func (m *Membership) Zones() iter.Seq2[*ZoneRef, State] {
	return func(yield func(*ZoneRef, State) bool) {
		if m.policy == nil {
			return
		}
		for i := range m.policy.zones {
			z := &m.policy.zones[i]
			if !yield(z.ref, m.state(z)) {
				return
			}
		}
	}
}

// Zone is the state of the zone with that id, or, for a zone without an id,
// that name; No if the policy has no such zone. The cost is a walk over the
// policy's zones.
func (m *Membership) Zone(key string) State {
	if m.policy == nil {
		return No
	}
	for i := range m.policy.zones {
		if z := &m.policy.zones[i]; z.key == key {
			return m.state(z)
		}
	}
	return No
}

// state is the zone's state: IP zones follow the chain, blocklists and dynamic
// zones look at the client, and say unknown where there is none.
// See docs/semantics.md, zone-7, dynamic-1 and blocklist-8.
func (m *Membership) state(z *compiledZone) State {
	p := m.policy
	word, bit := z.bit/64, uint64(1)<<(z.bit%64)
	switch z.kind {
	case ipZone:
		if !z.blocks {
			return truthOf(m.request.zonesOf(p, word)&bit != 0).state()
		}
		if !m.client.IsValid() {
			return Unknown
		}
		return truthOf(p.ipSets.word(p.addressPatterns[m.request.address].gateways, word)&bit != 0).state()
	case dynamicZone:
		if !m.client.IsValid() {
			return Unknown
		}
		pattern := &p.geoPatterns[m.request.geo]
		surely := p.dynamicSets.word(pattern.match, word)&bit != 0
		return truth{surely, surely || p.dynamicSets.word(pattern.unknown, word)&bit != 0}.state()
	case inactiveZone:
	}
	return No
}

// OnNetwork says whether the client is inside SailPoint's network definition,
// enforced or not; Unknown without a SailPoint document or without a client.
// See docs/semantics.md, sailpoint-2.
func (m *Membership) OnNetwork() State {
	if m.policy == nil || !m.policy.sailPoint.present || !m.client.IsValid() {
		return Unknown
	}
	return truthOf(m.policy.addressPatterns[m.request.address].flags&onNetwork != 0).state()
}

// TrustedCountry says whether SailPoint's lists trust the client's country,
// enforced or not; Unknown without a SailPoint document, a client or a country.
// See docs/semantics.md, sailpoint-2.
func (m *Membership) TrustedCountry() State {
	if m.policy == nil || !m.policy.sailPoint.present || !m.client.IsValid() {
		return Unknown
	}
	return m.policy.geoPatterns[m.request.geo].country.state()
}
