package iptable

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
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
		b := addr.As4()
		addr4 = binary.BigEndian.Uint32(b[:])
	} else {
		// Not As16: the compiler copies its result by one load of 16 bytes, which the processor cannot serve from the
		// two stores of 8 before it. The load waits until they have left for the cache, behind every miss in
		// flight, and look-ups run one after the other. AsSlice is read in place, and stays on the stack.
		b := addr.AsSlice()
		if len(b) != 16 {
			return 0
		}
		hi, lo := binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])
		if hi != 0 || lo>>32 != mappedPrefix {
			return t.v6.lookup(hi, lo)
		}
		addr4 = uint32(lo)
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
