package gate

import (
	"encoding/binary"
	"net/netip"

	"go4.org/netipx"
)

// trustSet is a set of addresses as sorted, disjoint ranges: what was listed and
// nothing else, no private range among them (docs/semantics.md, edge-25). The zero
// value is empty. A search among the few dozen ranges of an edge costs a handful of
// comparisons in one or two cache lines, and a list of ten thousand fourteen.
type trustSet struct {
	v4 []range4
	v6 []range6
}

type range4 struct{ first, last uint32 }

type range6 struct{ firstHi, firstLo, lastHi, lastLo uint64 }

func newTrustSet(set *netipx.IPSet) trustSet {
	var t trustSet
	for _, r := range set.Ranges() {
		if r.From().Is4() {
			t.v4 = append(t.v4, range4{bits4(r.From()), bits4(r.To())})
			continue
		}
		firstHi, firstLo := bits6(r.From())
		lastHi, lastLo := bits6(r.To())
		t.v6 = append(t.v6, range6{firstHi, firstLo, lastHi, lastLo})
	}
	return t
}

// contains looks at the last range that starts at or before a.
func (t *trustSet) contains(a address) bool {
	if a.family == 4 {
		bits := uint32(a.lo)
		low, high := 0, len(t.v4)
		for low < high {
			middle := int(uint(low+high) >> 1)
			if t.v4[middle].first <= bits {
				low = middle + 1
			} else {
				high = middle
			}
		}
		return low > 0 && bits <= t.v4[low-1].last
	}
	if a.family == 0 {
		return false
	}
	low, high := 0, len(t.v6)
	for low < high {
		middle := int(uint(low+high) >> 1)
		if r := &t.v6[middle]; notAfter(r.firstHi, r.firstLo, a.hi, a.lo) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low > 0 && notAfter(a.hi, a.lo, t.v6[low-1].lastHi, t.v6[low-1].lastLo)
}

func notAfter(aHi, aLo, bHi, bLo uint64) bool {
	return aHi < bHi || aHi == bHi && aLo <= bLo
}

func bits4(addr netip.Addr) uint32 {
	b := addr.As4()
	return binary.BigEndian.Uint32(b[:])
}

func bits6(addr netip.Addr) (hi, lo uint64) {
	b := addr.As16()
	return binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
}
