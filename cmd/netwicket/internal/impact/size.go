package impact

import (
	"cmp"
	"math/big"
	"math/bits"

	"go4.org/netipx"
)

// Size is how much of the address space a set of ranges is. The zero value is
// nothing.
type Size struct {
	IPv4       uint64 // addresses
	high, low  uint64 // /64 networks; all of IPv6 is one more than a uint64 holds
	last       uint64 // the network counted last
	anyNetwork bool
}

// Networks6 is the number of IPv6 /64 networks.
func (s Size) Networks6() *big.Int {
	n := new(big.Int).SetUint64(s.high)
	return n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(s.low))
}

// IsZero says that nothing has been counted.
func (s Size) IsZero() bool { return s.IPv4 == 0 && !s.anyNetwork }

// Add counts a range behind all that were counted before, in address order.
func (s *Size) Add(r netipx.IPRange) { s.add(spanOf(r)) }

// add counts a range behind all that were counted before.
func (s *Size) add(r span) {
	if !r.ipv6 {
		s.IPv4 += r.last.Lo - r.first.Lo + 1
		return
	}
	first, last := r.first.Hi, r.last.Hi
	if s.anyNetwork && first == s.last {
		if last == first {
			return
		}
		first++
	}
	var carry uint64
	s.low, carry = bits.Add64(s.low+last-first, 1, 0) // all networks are one more than 64 bits hold, and no more
	s.high += carry
	s.anyNetwork, s.last = true, last
}

// compare orders by IPv4 addresses and then by IPv6 networks.
func (s Size) compare(other Size) int {
	return cmp.Or(cmp.Compare(s.IPv4, other.IPv4), cmp.Compare(s.high, other.high), cmp.Compare(s.low, other.low))
}

// plus is the size of two sets that share no address.
func (s Size) plus(other Size) Size {
	sum := Size{IPv4: s.IPv4 + other.IPv4, anyNetwork: s.anyNetwork || other.anyNetwork}
	var carry uint64
	sum.low, carry = bits.Add64(s.low, other.low, 0)
	sum.high = s.high + other.high + carry
	return sum
}

// RangeText is a range as people write it: an address, a prefix, or both ends.
func RangeText(r netipx.IPRange) string {
	switch prefix, ok := r.Prefix(); {
	case ok && prefix.IsSingleIP():
		return prefix.Addr().String()
	case ok:
		return prefix.String()
	default:
		return r.String()
	}
}
