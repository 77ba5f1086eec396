package decide

import (
	"cmp"
	"iter"
	"net/netip"
	"slices"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/iptable"
)

// key is an address of either family as a number; IPv4 addresses use the low
// 32 bits. The families are swept one after the other.
type key = iptable.Addr6

func keyOf(addr netip.Addr) key {
	if addr.Is4() {
		b := addr.As4()
		return key{Lo: uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3])}
	}
	b := addr.As16()
	var k key
	for i := range 8 {
		k.Hi = k.Hi<<8 | uint64(b[i])
		k.Lo = k.Lo<<8 | uint64(b[8+i])
	}
	return k
}

func compareKeys(a, b key) int {
	if a.Hi != b.Hi {
		return cmp.Compare(a.Hi, b.Hi)
	}
	return cmp.Compare(a.Lo, b.Lo)
}

// next is the key after k; ok is false after the last one of the family.
func (f family) next(k key) (_ key, ok bool) {
	if k == f.last() {
		return key{}, false
	}
	k.Lo++
	if k.Lo == 0 {
		k.Hi++
	}
	return k, true
}

type family uint8

const (
	ipv4 family = iota
	ipv6
)

func (f family) last() key {
	if f == ipv4 {
		return key{Lo: 1<<32 - 1}
	}
	return key{Hi: ^uint64(0), Lo: ^uint64(0)}
}

func (f family) addr(k key) netip.Addr {
	if f == ipv4 {
		return netip.AddrFrom4([4]byte{byte(k.Lo >> 24), byte(k.Lo >> 16), byte(k.Lo >> 8), byte(k.Lo)})
	}
	var b [16]byte
	for i := range 8 {
		b[i] = byte(k.Hi >> (56 - 8*i))
		b[8+i] = byte(k.Lo >> (56 - 8*i))
	}
	return netip.AddrFrom16(b)
}

// An event switches one feature of the address pattern on or off from an
// address on.
type event struct {
	at      key
	feature feature
	on      bool
}

// events collects the ranges of all features, by family.
type events [2][]event

// add switches the feature on for every range. Ranges of one feature may
// overlap and touch; they are merged first, so that "off" means off.
func (e *events) add(f feature, ranges []netipx.IPRange) {
	type span struct{ first, last key }
	var spans [2][]span
	for _, r := range ranges {
		if !r.IsValid() {
			continue
		}
		fam := ipv6
		if r.From().Is4() {
			fam = ipv4
		}
		spans[fam] = append(spans[fam], span{keyOf(r.From()), keyOf(r.To())})
	}
	for _, fam := range []family{ipv4, ipv6} {
		list := spans[fam]
		slices.SortFunc(list, func(a, b span) int { return compareKeys(a.first, b.first) })
		for i := 0; i < len(list); {
			// |--- current ---|
			//            |--- overlapping ---|
			//                                 |--- touching ---|
			current := list[i]
			open := true // false once current reaches the family's last address
			for i++; i < len(list); i++ {
				after, ok := fam.next(current.last)
				if ok && compareKeys(list[i].first, after) > 0 {
					break
				}
				if compareKeys(list[i].last, current.last) > 0 {
					current.last = list[i].last
				}
			}
			e[fam] = append(e[fam], event{at: current.first, feature: f, on: true})
			end, ok := fam.next(current.last)
			if open = ok; open {
				e[fam] = append(e[fam], event{at: end, feature: f})
			}
		}
	}
}

func (e *events) sort() {
	for fam := range e {
		slices.SortFunc(e[fam], func(a, b event) int { return compareKeys(a.at, b.at) })
	}
}

// sweep walks one family in address order, merging the events with the edges
// of the geo table, and hands out where each interval of one (address pattern,
// geo pattern) pair starts.
func sweep(list []event, geoEdges iter.Seq2[key, uint32], state *patternState, emit func(at key, address, geo uint32)) {
	state.reset()
	i := 0
	geo := uint32(0)
	apply := func(at key) {
		for i < len(list) && list[i].at == at {
			state.set(list[i].feature, list[i].on)
			i++
		}
	}
	for at, next := range geoEdges {
		for i < len(list) && compareKeys(list[i].at, at) < 0 {
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
