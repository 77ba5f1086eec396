package decide

import (
	"net/netip"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/iptable"
	"github.com/netwicket/netwicket/zone"
)

// embeddingRanges are NAT64, its local part, 6to4 and Teredo.
// See docs/semantics.md, embedded-1.
func embeddingRanges() []netipx.IPRange {
	var all []netipx.IPRange
	for _, prefix := range []string{"64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"} {
		all = append(all, netipx.RangeOfPrefix(netip.MustParsePrefix(prefix)))
	}
	return all
}

// embeddedIPv4 is the IPv4 address inside an address of [embeddingRanges]: NAT64
// (RFC 6052 and 8215), 6to4 (RFC 3056) or Teredo (RFC 4380). The first two bytes
// tell them apart.
// See docs/semantics.md, embedded-1.
func embeddedIPv4(addr netip.Addr) netip.Addr {
	n := addrnum.From6(addr)
	switch {
	case n.Hi>>56 == 0x00:
		return addrnum.Addr4(uint32(n.Lo))
	case n.Hi>>48&0xff == 0x02:
		return addrnum.Addr4(uint32(n.Hi >> 16))
	default:
		return addrnum.Addr4(^uint32(n.Lo))
	}
}

// repeat is a block of IPv6 whose locations are those of the IPv4 addresses in
// it: 2002::/16 of most MMDB files. Written out, it would make the IPv6 part of the
// table several times as large, for addresses that hardly anybody has; so its
// classes leave the location open, and it is looked up by the IPv4 address. Where a
// client chooses that address, in Teredo and ::/96, package geo lets nothing be
// repeated.
// See docs/semantics.md, embedded-4 and embedded-5.
type repeat struct {
	bits     uint           // of the block's prefix
	patterns *iptable.Table // IPv4 address -> geo pattern; nil: that of the address itself
}

// addRepeats makes a pattern for each block of the table.
func (g *geoCompiler) addRepeats(table *geo.Table, byLocation []uint32) []uint32 {
	var ids []uint32
	for _, block := range table.Blocks() {
		r := repeat{bits: block.Bits()}
		if !table.RepeatsIPv4(block) {
			var edges iptable.Edges4
			for first, location := range block.Edges() {
				edges.Add(first, byLocation[location])
			}
			r.patterns = iptable.Build(edges, iptable.Edges6{})
		}
		g.p.repeats = append(g.p.repeats, r)
		ids = append(ids, uint32(len(g.patterns)))
		g.patterns = append(g.patterns, geoPattern{block: none, blockUnknown: none, repeats: uint32(len(g.p.repeats))})
	}
	return ids
}

// unrepeated is the geo pattern that counts for an address: its own, or the one
// that its block takes from the IPv4 address in it.
func (p *Policy) unrepeated(pattern uint32, addr netip.Addr) uint32 {
	index := p.geoPatterns[pattern].repeats
	if index == 0 {
		return pattern
	}
	r := &p.repeats[index-1]
	return r.pattern(p, uint32(addrnum.From6(addr).ShiftRight(96-r.bits).Lo))
}

// pattern is the geo pattern at an IPv4 address inside the block.
func (r *repeat) pattern(p *Policy, v4 uint32) uint32 {
	addr := addrnum.Addr4(v4)
	if r.patterns != nil {
		return r.patterns.Lookup(addr)
	}
	return p.classes[p.classAt.Lookup(addr)].geo
}

// secondLooked is the judgment about an address whose class has none of its own.
func (p *Policy) secondLooked(addr netip.Addr) *Judgment {
	var d Decision
	p.decideChain(&d, []netip.Addr{addr})
	if known := p.afterSecondLook[d.Judgment]; known != nil {
		return known
	}
	made := d.Judgment
	return &made
}

// keepSecondLooks makes the judgments that a second look can end in: what the
// class's own lists say with every location that a repeated block can have, and
// what the lists of the IPv4 address can add, which are denials.
func (p *Policy) keepSecondLooks() {
	kept := map[Judgment]*Judgment{}
	keep := func(j Judgment) {
		for _, j.Audit = range []bool{j.Audit, true} {
			if kept[j] == nil {
				own := j
				kept[j] = &own
			}
			if p.threat.action != zone.ThreatAudit {
				return
			}
		}
	}
	for i, c := range p.classes {
		if p.judgmentOf[i] != secondLook {
			continue
		}
		locations := []class{c}
		if p.geoPatterns[c.geo].repeats > 0 {
			locations = make([]class, len(p.geoPatterns))
			for geo := range p.geoPatterns {
				locations[geo] = class{c.address, uint32(geo)}
			}
		}
		for _, at := range locations {
			if p.geoPatterns[at.geo].repeats == 0 {
				r := requestOf(at)
				keep(p.judgeOne(&r))
			}
		}
	}
	added := []Judgment{{Reason: Overlay, Reasons: reasonsOf(Overlay)}, {Reason: Threat, Reasons: reasonsOf(Threat)}}
	for i := range p.zones {
		if z := &p.zones[i]; z.blocks {
			added = append(added, Judgment{Reason: Blocklisted, Reasons: reasonsOf(Blocklisted), Zone: z.ref})
		}
	}
	for _, j := range added {
		keep(j)
	}
	p.afterSecondLook = kept
}
