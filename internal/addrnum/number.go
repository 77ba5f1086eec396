// Package addrnum holds addresses as numbers, which is what everything that sorts, sweeps and searches intervals
// calculates with: half the size of a netip.Addr, comparable, and without the pointer that a garbage collector follows.
//
// A [Number] does not know its family, because whoever has millions of them goes through the families one after the
// other; [Family] is said once beside them.
package addrnum

import (
	"encoding/binary"
	"math"
	"net/netip"
)

// Number is the bits of an address, most significant first: an IPv6 address in both halves, an IPv4 address in the low
// 32 bits of Lo. The zero value is "::" or "0.0.0.0".
type Number struct{ Hi, Lo uint64 }

// From is the number of an address, of an IPv4-mapped one as the IPv6 address that it is written as, and zero for the
// zero Addr. A zone is left out.
func From(addr netip.Addr) Number {
	if addr.Is4() {
		return Number{Lo: uint64(From4(addr))}
	}
	return From6(addr)
}

// From4 is the bits of an IPv4 or IPv4-mapped address; it panics for others as As4 does.
func From4(addr netip.Addr) uint32 {
	b := addr.As4()
	return binary.BigEndian.Uint32(b[:])
}

// From6 is the number of an IPv6 address, and zero for other ones.
//
// Not As16: the compiler copies its result by one load of 16 bytes, which the processor cannot serve from the two
// stores of 8 before it. The load waits until they have left for the cache, behind every miss in flight, and look-ups
// run one after the other. AsSlice is read in place, and stays on the stack.
func From6(addr netip.Addr) Number {
	b := addr.AsSlice()
	if len(b) != 16 {
		return Number{}
	}
	return Number{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}

// Addr4 is the IPv4 address of 32 bits.
func Addr4(bits uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], bits)
	return netip.AddrFrom4(b)
}

// Addr6 is the number as an IPv6 address.
func (n Number) Addr6() netip.Addr {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], n.Hi)
	binary.BigEndian.PutUint64(b[8:], n.Lo)
	return netip.AddrFrom16(b)
}

// Less says that n is a lower address than m.
func (n Number) Less(m Number) bool { return n.Hi < m.Hi || n.Hi == m.Hi && n.Lo < m.Lo }

// Compare is negative where n is lower than m, zero where they are equal, positive where n is higher.
func (n Number) Compare(m Number) int {
	switch {
	case n == m:
		return 0
	case n.Less(m):
		return -1
	default:
		return 1
	}
}

// Next is the number after n; after the last IPv6 address comes zero. Of IPv4, check for [Family.Last] first.
func (n Number) Next() Number {
	n.Lo++
	if n.Lo == 0 {
		n.Hi++
	}
	return n
}

// Prev is the number before n; before zero comes the last IPv6 address.
func (n Number) Prev() Number {
	if n.Lo == 0 {
		n.Hi--
	}
	n.Lo--
	return n
}

// ShiftLeft is n moved up by fewer than 128 bits.
func (n Number) ShiftLeft(bits uint) Number {
	if bits >= 64 {
		return Number{Hi: n.Lo << (bits - 64)}
	}
	return Number{Hi: n.Hi<<bits | n.Lo>>(64-bits), Lo: n.Lo << bits}
}

// ShiftRight is n moved down by up to 128 bits.
func (n Number) ShiftRight(bits uint) Number {
	if bits >= 64 {
		return Number{Lo: n.Hi >> (bits - 64)}
	}
	return Number{Hi: n.Hi >> bits, Lo: n.Lo>>bits | n.Hi<<(64-bits)}
}

// Family is one of the two address spaces; as an index, IPv4 is 0 and IPv6 is 1.
type Family uint8

// The families.
const (
	IPv4 Family = iota
	IPv6
)

// FamilyOf is the family of a valid address. An IPv4-mapped address is of IPv6, as [From] takes it: unmap it first.
func FamilyOf(addr netip.Addr) Family {
	if addr.Is4() {
		return IPv4
	}
	return IPv6
}

// Last is the highest number of the family; the lowest is zero.
func (f Family) Last() Number {
	if f == IPv4 {
		return Number{Lo: math.MaxUint32}
	}
	return Number{math.MaxUint64, math.MaxUint64}
}

// Addr is the address of a number of the family.
func (f Family) Addr(n Number) netip.Addr {
	if f == IPv4 {
		return Addr4(uint32(n.Lo))
	}
	return n.Addr6()
}
