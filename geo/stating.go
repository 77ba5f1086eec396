package geo

import (
	"iter"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// Stating tells for every address which source's word on one datum counts: the last
// one that states it, be it as unknown (docs/semantics.md, join-1). It is immutable and
// safe for concurrent use. A nil Stating knows of no source.
type Stating struct {
	v4 spans4 // 0: no source; else its index and one
	v6 spans6
}

// Stating goes through all sources once. The datum is one that later sources override:
// a country, a region or an ASN.
func (t *Tracer) Stating(datum Field) *Stating {
	if t == nil {
		return nil
	}
	s := &Stating{spans4{room[uint32](0)}, spans6{room[addrnum.Number](0)}}
	nobody4, nobody6 := uniform[uint32](0), uniform[addrnum.Number](0)
	all4, all6 := []*spansIn[uint32]{&nobody4}, []*spansIn[addrnum.Number]{&nobody6}
	for i := range t.sources {
		l := &t.sources[i].layer
		number := func(id uint32) uint32 {
			if l.statements[id].states.Has(datum) {
				return uint32(i) + 1
			}
			return 0
		}
		v4, v6 := l.v4.clone(), spans6{l.v6.clone()}
		for _, a := range l.aliases { // of which v6 itself says nothing
			v6 = v6.inline(a, &l.v4)
		}
		v4.renumber(number)
		v6.renumber(number)
		all4, all6 = append(all4, &v4), append(all6, &v6.spansIn)
	}
	sweep(func(a, b uint32) bool { return a < b }, all4, func(first uint32, _ int, ids []uint32) { s.v4.add(first, lastStating(ids)) })
	sweep(addrnum.Number.Less, all6, func(first addrnum.Number, _ int, ids []uint32) { s.v6.add(first, lastStating(ids)) })
	return s
}

func lastStating(ids []uint32) uint32 {
	for i := len(ids) - 1; i > 0; i-- {
		if ids[i] != 0 {
			return ids[i]
		}
	}
	return 0
}

// In ranges over the addresses of a range of one family in order, with the index of
// the source, or -1 where there is none. Neighbours differ. Where the first of them is,
// is searched for.
func (s *Stating) In(within netipx.IPRange) iter.Seq2[netipx.IPRange, int] {
	return func(yield func(netipx.IPRange, int) bool) {
		switch {
		case !within.IsValid():
		case s == nil:
			yield(within, -1)
		case within.From().Is4():
			first, last := addrnum.From4(within.From()), addrnum.From4(within.To())
			for i := s.v4.at(first); i < len(s.v4.first) && s.v4.first[i] <= last; i++ {
				r := netipx.IPRangeFrom(addrnum.Addr4(max(first, s.v4.first[i])), addrnum.Addr4(min(last, s.v4.last(i))))
				if !yield(r, int(s.v4.id[i])-1) {
					return
				}
			}
		default:
			s.in6(within, yield)
		}
	}
}

func (s *Stating) in6(within netipx.IPRange, yield func(netipx.IPRange, int) bool) {
	first, last := addrnum.From6(within.From()), addrnum.From6(within.To())
	for i := s.v6.at(first); i < len(s.v6.first) && !last.Less(s.v6.first[i]); i++ {
		from, to := s.v6.first[i], s.v6.last(i)
		if from.Less(first) {
			from = first
		}
		if last.Less(to) {
			to = last
		}
		if !yield(netipx.IPRangeFrom(from.Addr6(), to.Addr6()), int(s.v6.id[i])-1) {
			return
		}
	}
}
