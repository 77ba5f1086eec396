package gate

import (
	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/addrnum"
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

type range6 struct{ first, last addrnum.Number }

func newTrustSet(set *netipx.IPSet) trustSet {
	var t trustSet
	for _, r := range set.Ranges() {
		if r.From().Is4() {
			t.v4 = append(t.v4, range4{addrnum.From4(r.From()), addrnum.From4(r.To())})
		} else {
			t.v6 = append(t.v6, range6{addrnum.From6(r.From()), addrnum.From6(r.To())})
		}
	}
	return t
}

// contains looks at the last range that starts at or before a, which has to be a
// host's address: the zero address is none, and would be taken for ::.
func (t *trustSet) contains(a address) bool {
	if a.family == 4 {
		return t.contains4(uint32(a.lo))
	}
	n := addrnum.Number{Hi: a.hi, Lo: a.lo}
	low, high := 0, len(t.v6)
	for low < high {
		middle := int(uint(low+high) >> 1)
		if !n.Less(t.v6[middle].first) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low > 0 && !t.v6[low-1].last.Less(n)
}

func (t *trustSet) contains4(bits uint32) bool {
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
