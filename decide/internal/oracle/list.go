package oracle

import (
	"encoding/binary"
	"net/netip"

	"github.com/netwicket/netwicket/zone"
)

// list is a list of entries that is searched from the first to the last.
// The ends of the ranges are kept as numbers, by family: with ten thousand
// entries a comparison of addresses would make the oracle too slow to be asked
// about every interval of a policy.
type list struct {
	entries []zone.Entry
	spans   [2][]span // by family
}

type span struct {
	first, last number
	entry       int
}

// number is the 16 bytes of an address, an IPv4 one in its mapped form.
type number struct{ upper, lower uint64 }

func numberOf(addr netip.Addr) number {
	bytes := addr.As16()
	return number{binary.BigEndian.Uint64(bytes[:]), binary.BigEndian.Uint64(bytes[8:])}
}

func (n number) atMost(m number) bool {
	return n.upper < m.upper || (n.upper == m.upper && n.lower <= m.lower)
}

func newList(entries []zone.Entry) list {
	l := list{entries: entries}
	for i := range entries {
		if !entries[i].Range.IsValid() {
			continue
		}
		from, to := entries[i].Range.From(), entries[i].Range.To()
		fam := familyOf(from)
		l.spans[fam] = append(l.spans[fam], span{numberOf(from), numberOf(to), i})
	}
	return l
}

func familyOf(addr netip.Addr) int {
	if addr.Is4() {
		return 0
	}
	return 1
}

// find is the first entry that holds addr, or nil.
func (l *list) find(addr netip.Addr) *zone.Entry {
	if !addr.IsValid() {
		return nil
	}
	at := numberOf(addr)
	spans := l.spans[familyOf(addr)]
	for i := range spans {
		if spans[i].first.atMost(at) && at.atMost(spans[i].last) {
			return &l.entries[spans[i].entry]
		}
	}
	return nil
}
