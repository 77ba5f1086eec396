package decide

import (
	"net/netip"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/iptable"
)

// repeat is a block of IPv6 whose locations are those of the IPv4 addresses in
// it: ::/96, 2002::/16 and 2001::/32 of most MMDB files. Written out, they would
// make the IPv6 part of the table several times as large, for addresses that
// hardly anybody has; so their classes leave the location open, and it is looked
// up by the IPv4 address.
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
			var builder iptable.Builder
			for first, location := range block.Edges() {
				builder.Add4(first, byLocation[location])
			}
			r.patterns = builder.Build()
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
	return r.pattern(p, uint32(shiftRight(keyOf(addr), 96-r.bits).Lo))
}

// pattern is the geo pattern at an IPv4 address inside the block.
func (r *repeat) pattern(p *Policy, v4 uint32) uint32 {
	addr := ipv4.addr(key{Lo: uint64(v4)})
	if r.patterns != nil {
		return r.patterns.Lookup(addr)
	}
	return p.class(p.table.Lookup(addr)).geo
}

// shiftRight is k moved down by n < 128 bits.
func shiftRight(k key, n uint) key {
	if n >= 64 {
		return key{Lo: k.Hi >> (n - 64)}
	}
	return key{Hi: k.Hi >> n, Lo: k.Lo>>n | k.Hi<<(64-n)}
}

// shiftLeft is k moved up by n < 128 bits.
func shiftLeft(k key, n uint) key {
	if n >= 64 {
		return key{Hi: k.Lo << (n - 64)}
	}
	return key{Hi: k.Hi<<n | k.Lo>>(64-n), Lo: k.Lo << n}
}
