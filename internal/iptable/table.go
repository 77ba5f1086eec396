package iptable

import (
	"net/netip"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// Table is a map from addresses to numbers, made by [Build]. It never changes and is safe for concurrent use. A nil
// and a zero Table map every address to 0.
type Table struct {
	v4 Family4
	v6 Family6
}

// Lookup is the value at addr. An IPv4-mapped IPv6 address means its IPv4 address, and zones do not matter. The zero
// Addr, which is no address, has the value 0: check it first where that matters. Lookup allocates nothing.
func (t *Table) Lookup(addr netip.Addr) uint32 {
	if t == nil {
		return 0
	}
	if addr.Is4() {
		return t.v4.lookup(addrnum.From4(addr)) // inlined, as is From6
	}
	if !addr.IsValid() {
		return 0
	}
	n := addrnum.From6(addr)
	if n.Hi == 0 && n.Lo>>32 == mappedPrefix {
		return t.v4.lookup(uint32(n.Lo))
	}
	return t.v6.lookup(n.Hi, n.Lo)
}

// Lookup4 is Lookup of an IPv4 address that is a number already. The table must not be nil.
func (t *Table) Lookup4(addr uint32) uint32 { return t.v4.lookup(addr) }

// Lookup6 is Lookup of an IPv6 address that is a number already, and no IPv4-mapped one. The table must not be nil.
func (t *Table) Lookup6(addr addrnum.Number) uint32 { return t.v6.lookup(addr.Hi, addr.Lo) }

// mappedPrefix is bits 64 to 95 of an IPv4-mapped address (RFC 4291, section 2.5.5.2); those before are 0.
const mappedPrefix = 0xffff

// Bytes is the memory that the part of either family takes.
func (t *Table) Bytes() (v4, v6 int) {
	if t == nil {
		return 0, 0
	}
	return t.v4.bytes(), t.v6.bytes()
}
