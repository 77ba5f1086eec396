package iptable

import (
	"encoding/binary"
	"net/netip"
)

// Table is a map from addresses to numbers, made by a Builder. It never changes and is safe for concurrent use. A nil and a zero Table map
// every address to 0.
type Table struct {
	v4 family4
	v6 family6
}

// Lookup is the value at addr. An IPv4-mapped IPv6 address means its IPv4 address, and zones do not matter. The zero
// Addr, which is no address, has the value 0: check it first where that matters.
func (t *Table) Lookup(addr netip.Addr) uint32 {
	if t == nil {
		return 0
	}
	// Not As16: the compiler copies its result by one load of 16 bytes, which the two stores of 8 before it cannot
	// forward, and which therefore waits for every cache miss in flight. AsSlice stays on the stack when inlined.
	b := addr.AsSlice()
	switch len(b) {
	case 4:
		return t.v4.lookup(binary.BigEndian.Uint32(b))
	case 16:
		hi, lo := binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])
		if hi == 0 && lo>>32 == mappedPrefix {
			return t.v4.lookup(uint32(lo))
		}
		return t.v6.lookup(hi, lo)
	}
	return 0
}

// mappedPrefix is bits 64 to 95 of an IPv4-mapped address (RFC 4291, section 2.5.5.2); those before are 0.
const mappedPrefix = 0xffff

// Lookup4 is Lookup for an IPv4 address as a number.
func (t *Table) Lookup4(addr uint32) uint32 {
	if t == nil {
		return 0
	}
	return t.v4.lookup(addr)
}

// Lookup6 is the value at an IPv6 address as a number. It takes an IPv4-mapped address for what it is in IPv6.
func (t *Table) Lookup6(addr Addr6) uint32 {
	if t == nil {
		return 0
	}
	return t.v6.lookup(addr.Hi, addr.Lo)
}

// Bytes is the memory that the part of either family takes.
func (t *Table) Bytes() (v4, v6 int) {
	if t == nil {
		return 0, 0
	}
	return t.v4.bytes(), t.v6.bytes()
}
