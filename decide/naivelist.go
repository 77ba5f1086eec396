package decide

import (
	"encoding/binary"
	"net/netip"

	"github.com/netwicket/netwicket/zone"
)

// naiveList is a list of entries that is searched from the first to the last.
// The ends of the ranges are kept as numbers, by family: with ten thousand
// entries a comparison of addresses would make the oracle too slow to be asked
// about every interval of a policy.
type naiveList struct {
	entries []zone.Entry
	spans   [2][]naiveSpan // by family
}

type naiveSpan struct {
	first, last naiveNumber
	entry       int
}

// naiveNumber is the 16 bytes of an address, an IPv4 one in its mapped form.
type naiveNumber struct{ upper, lower uint64 }

func numberOf(addr netip.Addr) naiveNumber {
	bytes := addr.As16()
	return naiveNumber{binary.BigEndian.Uint64(bytes[:8]), binary.BigEndian.Uint64(bytes[8:])}
}

func (n naiveNumber) atMost(m naiveNumber) bool {
	return n.upper < m.upper || (n.upper == m.upper && n.lower <= m.lower)
}

func newNaiveList(entries []zone.Entry) naiveList {
	list := naiveList{entries: entries}
	for i := range entries {
		if !entries[i].Range.IsValid() {
			continue
		}
		from, to := entries[i].Range.From(), entries[i].Range.To()
		fam := naiveFamily(from)
		list.spans[fam] = append(list.spans[fam], naiveSpan{numberOf(from), numberOf(to), i})
	}
	return list
}

func naiveFamily(addr netip.Addr) int {
	if addr.Is4() {
		return 0
	}
	return 1
}

// find is the first entry that holds addr, or nil.
func (l *naiveList) find(addr netip.Addr) *zone.Entry {
	if l == nil || !addr.IsValid() {
		return nil
	}
	number := numberOf(addr)
	spans := l.spans[naiveFamily(addr)]
	for i := range spans {
		if spans[i].first.atMost(number) && number.atMost(spans[i].last) {
			return &l.entries[spans[i].entry]
		}
	}
	return nil
}
