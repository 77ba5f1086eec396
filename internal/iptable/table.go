package iptable

import (
	"math/bits"
	"net/netip"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// Table is a map from addresses to numbers, made by a Builder. It never changes and is safe for concurrent use. A nil
// and a zero Table map every address to 0.
type Table struct {
	v4 family4
	v6 family6
}

// Lookup is the value at addr. An IPv4-mapped IPv6 address means its IPv4 address, and zones do not matter. The zero
// Addr, which is no address, has the value 0: check it first where that matters. Lookup allocates nothing.
//
// The IPv4 part stands here and not in a function of its own: the call would be a tenth of its time.
func (t *Table) Lookup(addr netip.Addr) uint32 {
	if t == nil {
		return 0
	}
	var addr4 uint32
	if addr.Is4() {
		addr4 = addrnum.From4(addr)
	} else {
		if !addr.IsValid() {
			return 0
		}
		n := addrnum.From6(addr) // inlined, as is From4
		if n.Hi != 0 || n.Lo>>32 != mappedPrefix {
			return t.v6.lookup(n.Hi, n.Lo)
		}
		addr4 = uint32(n.Lo)
	}
	i := uint(addr4) >> (32 - flatBits) / cellsPerGroup
	if i >= uint(len(t.v4.flat)) {
		return t.v4.lookupRoot(addr4)
	}
	g := &t.v4.flat[i]
	if g.leaf&flatDeep != 0 {
		return t.v4.lookupDeep(g.leaf&^flatDeep, addr4)
	}
	back := ^(addr4 >> (32 - flatBits)) & (cellsPerGroup - 1)
	return t.v4.values.at(g.leaf + uint32(bits.OnesCount64(g.starts()<<back)))
}

// mappedPrefix is bits 64 to 95 of an IPv4-mapped address (RFC 4291, section 2.5.5.2); those before are 0.
const mappedPrefix = 0xffff

// Bytes is the memory that the part of either family takes.
func (t *Table) Bytes() (v4, v6 int) {
	if t == nil {
		return 0, 0
	}
	return t.v4.bytes(), t.v6.bytes()
}
