package geo

import (
	"iter"
	"math"
	"net/netip"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// Edges4 ranges over the IPv4 intervals in order: the first address of each,
// and its location's id. The first begins at 0.0.0.0, each ends where the next
// begins, and neighbours differ.
func (t *Table) Edges4() iter.Seq2[uint32, uint32] { return t.Edges4In(0, math.MaxUint32) }

// Edges4In is Edges4 of the addresses from first up to last: what is there begins
// with first. Where that is, is searched for.
func (t *Table) Edges4In(first, last uint32) iter.Seq2[uint32, uint32] {
	return func(yield func(uint32, uint32) bool) {
		if t == nil || t.v4 == nil {
			yield(first, 0)
			return
		}
		t.v4.in(first, last, yield)
	}
}

// in yields the intervals from first up to last, as Edges4In does.
func (s *spans4) in(first, last uint32, yield func(uint32, uint32) bool) bool {
	for i := s.at(first); i < len(s.first) && s.first[i] <= last; i++ {
		if !yield(max(s.first[i], first), s.id[i]) {
			return false
		}
	}
	return true
}

// Edges6 is Edges4 for IPv6, the address as two big-endian halves. Blocks that
// repeat IPv4 are written out, so there may be several times as many edges as
// the table holds.
func (t *Table) Edges6() iter.Seq2[[2]uint64, uint32] {
	return t.Edges6In([2]uint64{}, [2]uint64{math.MaxUint64, math.MaxUint64})
}

// Edges6In is Edges4In for IPv6.
func (t *Table) Edges6In(first, last [2]uint64) iter.Seq2[[2]uint64, uint32] {
	return func(yield func([2]uint64, uint32) bool) {
		if t == nil || t.v4 == nil {
			yield(first, 0)
			return
		}
		from, to := addrnum.Number{Hi: first[0], Lo: first[1]}, addrnum.Number{Hi: last[0], Lo: last[1]}
		var before uint32
		begun := false
		edge := func(at addrnum.Number, id uint32) bool {
			if begun && id == before {
				return true
			}
			if at.Less(from) {
				at = from
			}
			begun, before = true, id
			return yield([2]uint64{at.Hi, at.Lo}, id)
		}
		for i := t.v6.at(from); i < len(t.v6.first) && !to.Less(t.v6.first[i]); i++ {
			if !t.edges6(i, from, to, edge) {
				return
			}
		}
	}
}

// edges6 are those of one interval of IPv6, which may be a block.
func (t *Table) edges6(i int, from, to addrnum.Number, edge func(addrnum.Number, uint32) bool) bool {
	id := t.v6.id[i]
	if id < blockBit {
		return edge(t.v6.first[i], id)
	}
	b := &t.blocks[id-blockBit]
	if from.Less(b.first) {
		from = b.first
	}
	if b.last().Less(to) {
		to = b.last()
	}
	return b.edges.in(b.embedded(from), b.embedded(to), func(v4, id uint32) bool { return edge(b.address(v4), id) })
}

// All ranges over both address spaces in order, IPv4 first, without a gap: the
// widest ranges with one location each. Locations repeat.
func (t *Table) All() iter.Seq2[netipx.IPRange, Location] {
	return func(yield func(netipx.IPRange, Location) bool) {
		var first netip.Addr
		var id uint32
		for edge, next := range t.Edges4() {
			at := addrnum.Addr4(edge)
			if first.IsValid() && !yield(netipx.IPRangeFrom(first, at.Prev()), t.Location(id)) {
				return
			}
			first, id = at, next
		}
		if !yield(netipx.IPRangeFrom(first, addrnum.Addr4(math.MaxUint32)), t.Location(id)) {
			return
		}
		first = netip.Addr{}
		for edge, next := range t.Edges6() {
			at := addrnum.Number{Hi: edge[0], Lo: edge[1]}.Addr6()
			if first.IsValid() && !yield(netipx.IPRangeFrom(first, at.Prev()), t.Location(id)) {
				return
			}
			first, id = at, next
		}
		yield(netipx.IPRangeFrom(first, addrnum.IPv6.Last().Addr6()), t.Location(id))
	}
}

// Find is Lookup by another way, a binary search over the intervals, and the
// widest range around addr that has this one location. Of an invalid address
// nothing is known, and its range is the zero IPRange.
func (t *Table) Find(addr netip.Addr) (netipx.IPRange, Location) {
	if !addr.IsValid() {
		return netipx.IPRange{}, Location{}
	}
	addr = addr.Unmap()
	switch {
	case addr.Is4() && (t == nil || t.v4 == nil):
		return netipx.IPRangeFrom(addrnum.Addr4(0), addrnum.Addr4(math.MaxUint32)), Location{}
	case addr.Is4():
		i := t.v4.at(uint32(addrnum.From(addr).Lo))
		return netipx.IPRangeFrom(addrnum.Addr4(t.v4.first[i]), addrnum.Addr4(t.v4.last(i))), t.Location(t.v4.id[i])
	case t == nil || t.v4 == nil:
		return netipx.IPRangeFrom(addrnum.Number{}.Addr6(), addrnum.IPv6.Last().Addr6()), Location{}
	}
	first, last, id := t.interval6(addrnum.From(addr))
	// An interval may go on on the other side of a block's border.
	for first != (addrnum.Number{}) {
		before, _, other := t.interval6(first.Prev())
		if other != id {
			break
		}
		first = before
	}
	for last != addrnum.IPv6.Last() {
		_, after, other := t.interval6(last.Next())
		if other != id {
			break
		}
		last = after
	}
	return netipx.IPRangeFrom(first.Addr6(), last.Addr6()), t.Location(id)
}

// interval6 is the interval that holds a, cut at the borders of blocks.
func (t *Table) interval6(a addrnum.Number) (first, last addrnum.Number, id uint32) {
	i := t.v6.at(a)
	id = t.v6.id[i]
	if id < blockBit {
		return t.v6.first[i], t.v6.last(i), id
	}
	b := &t.blocks[id-blockBit]
	j := b.edges.at(b.embedded(a))
	last = b.last()
	if j+1 < len(b.edges.first) {
		last = b.address(b.edges.first[j+1]).Prev()
	}
	return b.address(b.edges.first[j]), last, b.edges.id[j]
}
