package decide

import (
	"iter"
	"slices"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// list is the ranges that have a feature. They may overlap, touch and repeat.
type list struct {
	feature feature
	ranges  iter.Seq[netipx.IPRange]
}

// A change says that one range more, or one less, has a feature from an address on.
type change uint32

func newChange(f feature, more bool) change {
	if more {
		return change(f)<<1 | 1
	}
	return change(f) << 1
}

func (c change) feature() feature { return feature(c >> 1) }

func (c change) more() bool { return c&1 != 0 }

// event4 is a change at an IPv4 address, which stands in the upper half: feeds have
// millions.
type event4 uint64

func (e event4) at() addrnum.Number { return addrnum.Number{Lo: uint64(e >> 32)} }

func (e event4) change() change { return change(e) }

// event6 is a change at an IPv6 address.
type event6 struct {
	address addrnum.Number
	what    change
}

func (e event6) at() addrnum.Number { return e.address }

func (e event6) change() change { return e.what }

// eventsOf are the changes of all lists, by family, in address order. Where ranges end
// with the address space there is none.
func eventsOf(lists []list) (v4 []event4, v6 []event6) {
	var counts [2]int
	for _, l := range lists {
		for r := range l.ranges {
			if r.IsValid() {
				counts[addrnum.FamilyOf(r.From())] += 2
			}
		}
	}
	v4, v6 = make([]event4, 0, counts[addrnum.IPv4]), make([]event6, 0, counts[addrnum.IPv6])
	for _, l := range lists {
		begins, ends := newChange(l.feature, true), newChange(l.feature, false)
		for r := range l.ranges {
			if !r.IsValid() {
				continue
			}
			fam := addrnum.FamilyOf(r.From())
			first, last := addrnum.From(r.From()), addrnum.From(r.To())
			if fam == addrnum.IPv4 {
				v4 = append(v4, event4(first.Lo<<32)|event4(begins))
				if last != fam.Last() {
					v4 = append(v4, event4(last.Next().Lo<<32)|event4(ends))
				}
				continue
			}
			v6 = append(v6, event6{first, begins})
			if last != fam.Last() {
				v6 = append(v6, event6{last.Next(), ends})
			}
		}
	}
	slices.Sort(v4)
	slices.SortFunc(v6, func(a, b event6) int { return a.address.Compare(b.address) })
	return v4, v6
}

// sweep walks one family, or a part of it, in address order, merging its events with
// the edges of the geo table, and hands out where each interval of one (address
// pattern, geo pattern) pair starts. The state is that before the first address; of a
// whole family it is a new one, since ranges that end with the address space are never
// switched off.
func sweep[event interface {
	at() addrnum.Number
	change() change
}](events []event, geoEdges iter.Seq2[addrnum.Number, uint32], state *patternState, emit func(at addrnum.Number, address, geo uint32)) {
	i := 0
	geo := uint32(0)
	apply := func(at addrnum.Number) {
		for i < len(events) && events[i].at() == at {
			state.apply(events[i].change())
			i++
		}
	}
	for at, next := range geoEdges {
		for i < len(events) && events[i].at().Less(at) {
			edge := events[i].at()
			apply(edge)
			emit(edge, state.id(), geo)
		}
		geo = next
		apply(at)
		emit(at, state.id(), geo)
	}
	for i < len(events) {
		edge := events[i].at()
		apply(edge)
		emit(edge, state.id(), geo)
	}
}
