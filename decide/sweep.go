package decide

import (
	"iter"
	"slices"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// An event switches one feature of the address pattern on or off from an
// address on.
type event struct {
	at      addrnum.Number
	feature feature
	on      bool
}

// events collects the ranges of all features, by family.
type events [2][]event

// add switches the feature on for every range. Ranges of one feature may
// overlap and touch; they are merged first, so that "off" means off.
func (e *events) add(f feature, ranges []netipx.IPRange) {
	type span struct{ first, last addrnum.Number }
	var counts [2]int
	for _, r := range ranges {
		if r.IsValid() {
			counts[addrnum.FamilyOf(r.From())]++
		}
	}
	var spans [2][]span
	for fam, count := range counts {
		spans[fam] = make([]span, 0, count) // feeds have millions, of which growing would copy several times
		e[fam] = slices.Grow(e[fam], 2*count)
	}
	for _, r := range ranges {
		if !r.IsValid() {
			continue
		}
		fam := addrnum.FamilyOf(r.From())
		spans[fam] = append(spans[fam], span{addrnum.From(r.From()), addrnum.From(r.To())})
	}
	for _, fam := range []addrnum.Family{addrnum.IPv4, addrnum.IPv6} {
		list := spans[fam]
		slices.SortFunc(list, func(a, b span) int { return a.first.Compare(b.first) })
		for i := 0; i < len(list); {
			// |--- current ---|
			//            |--- overlapping ---|
			//                                 |--- touching ---|
			current := list[i]
			for i++; i < len(list); i++ {
				if current.last != fam.Last() && current.last.Next().Less(list[i].first) {
					break
				}
				if current.last.Less(list[i].last) {
					current.last = list[i].last
				}
			}
			e[fam] = append(e[fam], event{at: current.first, feature: f, on: true})
			if current.last != fam.Last() {
				e[fam] = append(e[fam], event{at: current.last.Next(), feature: f})
			}
		}
	}
}

func (e *events) sort() {
	for fam := range e {
		slices.SortFunc(e[fam], func(a, b event) int { return a.at.Compare(b.at) })
	}
}

// sweep walks one family in address order, merging the events with the edges
// of the geo table, and hands out where each interval of one (address pattern,
// geo pattern) pair starts.
func sweep(list []event, geoEdges iter.Seq2[addrnum.Number, uint32], state *patternState, emit func(at addrnum.Number, address, geo uint32)) {
	state.reset()
	i := 0
	geo := uint32(0)
	apply := func(at addrnum.Number) {
		for i < len(list) && list[i].at == at {
			state.set(list[i].feature, list[i].on)
			i++
		}
	}
	for at, next := range geoEdges {
		for i < len(list) && list[i].at.Less(at) {
			edge := list[i].at
			apply(edge)
			emit(edge, state.id(), geo)
		}
		geo = next
		apply(at)
		emit(at, state.id(), geo)
	}
	for i < len(list) {
		edge := list[i].at
		apply(edge)
		emit(edge, state.id(), geo)
	}
}
