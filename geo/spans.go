package geo

import (
	"math"
	"slices"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// spansIn divide one address space into intervals that carry a number each:
//
//	first  0        f1            f2     f3
//	       |--id0--|-----id1-----|-id2--|----id3---->  to the space's last address
//
// first[0] is always zero, so that nothing is left out, and neighbours differ.
type spansIn[A comparable] struct {
	first []A
	id    []uint32
}

// spans4 are those of IPv4. There are several hundred thousand for each source, so that
// an address takes its four bytes and no more.
type spans4 struct{ spansIn[uint32] }

// spans6 are those of IPv6.
type spans6 struct{ spansIn[addrnum.Number] }

// uniform are the spans of a space that is the same everywhere.
func uniform[A comparable](id uint32) spansIn[A] {
	return spansIn[A]{first: make([]A, 1), id: []uint32{id}}
}

func uniform4(id uint32) spans4 { return spans4{uniform[uint32](id)} }
func uniform6(id uint32) spans6 { return spans6{uniform[addrnum.Number](id)} }

// room are spans with room for n intervals, to be added.
func room[A comparable](n int) spansIn[A] {
	return spansIn[A]{first: make([]A, 0, n), id: make([]uint32, 0, n)}
}

// of4 are the spans of IPv4 that are given by numbers of either family.
func of4(s spans6) spans4 {
	short := spans4{room[uint32](len(s.first))}
	for i, first := range s.first {
		short.add(uint32(first.Lo), s.id[i])
	}
	return short
}

// add begins an interval, behind all others or in place of the last one if it
// begins there too.
func (s *spansIn[A]) add(first A, id uint32) {
	n := len(s.first)
	if n > 0 && s.first[n-1] == first {
		n--
		s.first, s.id = s.first[:n], s.id[:n]
	}
	if n > 0 && s.id[n-1] == id {
		return
	}
	s.first = append(s.first, first)
	s.id = append(s.id, id)
}

// renumber gives each interval another number, where it is. Neighbours of which the
// numbers become the same become one.
func (s *spansIn[A]) renumber(number func(id uint32) uint32) {
	first, ids := s.first, s.id
	s.first, s.id = first[:0], ids[:0]
	for i := range ids {
		s.add(first[i], number(ids[i]))
	}
}

// fit gives back the room that was not needed: what stays while other sources are
// read and joined counts in the most memory that a load takes.
func (s *spansIn[A]) fit() {
	if cap(s.id)-len(s.id) > len(s.id)/16 {
		*s = s.clone()
	}
}

func (s *spansIn[A]) clone() spansIn[A] {
	return spansIn[A]{first: append([]A(nil), s.first...), id: append([]uint32(nil), s.id...)}
}

// at is the index of the interval that holds a.
func (s *spans4) at(a uint32) int {
	i, found := slices.BinarySearch(s.first, a)
	if !found {
		i--
	}
	return i
}

func (s *spans6) at(a addrnum.Number) int {
	i, found := slices.BinarySearchFunc(s.first, a, addrnum.Number.Compare)
	if !found {
		i--
	}
	return i
}

// last is the last address of interval i.
func (s *spans4) last(i int) uint32 {
	if i+1 < len(s.first) {
		return s.first[i+1] - 1
	}
	return math.MaxUint32
}

func (s *spans6) last(i int) addrnum.Number {
	if i+1 < len(s.first) {
		return s.first[i+1].Prev()
	}
	return addrnum.IPv6.Last()
}

// within reports whether first to last lie in one interval, and its number.
func (s *spans6) within(first, last addrnum.Number) (id uint32, one bool) {
	i := s.at(first)
	return s.id[i], !s.last(i).Less(last)
}

// patch replaces first to last by one interval.
func (s *spans6) patch(first, last addrnum.Number, id uint32) {
	from, _ := slices.BinarySearchFunc(s.first, first, addrnum.Number.Compare)
	to := len(s.first)
	var place spans6
	if from == 0 || s.id[from-1] != id {
		place.add(first, id)
	}
	if after := last.Next(); after != (addrnum.Number{}) {
		at := s.at(after)
		if to = at + 1; s.id[at] != id {
			place.add(after, s.id[at])
		}
	}
	s.first = slices.Replace(s.first, from, to, place.first...)
	s.id = slices.Replace(s.id, from, to, place.id...)
}

// sweep goes through several spans of one space at once, in address order. It calls
// visit for the first address and wherever one of them goes on with another number:
// ids are the numbers of all of them there, and those before the one with the index
// changed are as they were.
func sweep[A comparable](less func(a, b A) bool, all []*spansIn[A], visit func(first A, changed int, ids []uint32)) {
	at, ids := make([]int, len(all)), make([]uint32, len(all))
	for i, s := range all {
		ids[i] = s.id[0]
	}
	var first A
	visit(first, 0, ids)
	for {
		changed := -1
		for i, s := range all {
			if at[i]+1 == len(s.first) {
				continue
			}
			if next := s.first[at[i]+1]; changed < 0 || less(next, first) {
				first, changed = next, i
			}
		}
		if changed < 0 {
			return
		}
		for i, s := range all[changed:] {
			i += changed
			if at[i]+1 < len(s.first) && s.first[at[i]+1] == first {
				at[i]++
				ids[i] = s.id[at[i]]
			}
		}
		visit(first, changed, ids)
	}
}
