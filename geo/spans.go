package geo

import (
	"slices"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// spans divide one address space into intervals that carry a number each:
//
//	first  0        f1            f2     f3
//	       |--id0--|-----id1-----|-id2--|----id3---->  to the space's last address
//
// first[0] is always zero, so that nothing is left out, and neighbours differ.
type spans struct {
	first []addrnum.Number
	id    []uint32
}

// uniform are the spans of a space that is the same everywhere.
func uniform(id uint32) spans {
	return spans{first: []addrnum.Number{{}}, id: []uint32{id}}
}

// spansOf are spans with room for n intervals, to be added.
func spansOf(n int) spans {
	return spans{first: make([]addrnum.Number, 0, n), id: make([]uint32, 0, n)}
}

// add begins an interval, behind all others or in place of the last one if it
// begins there too.
func (s *spans) add(first addrnum.Number, id uint32) {
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

// fitted gives back the room that was not needed: what stays while other sources are
// read and joined counts in the most memory that a load takes.
func (s *spans) fitted() spans {
	if cap(s.id)-len(s.id) <= len(s.id)/8 {
		return *s
	}
	return spans{first: append([]addrnum.Number(nil), s.first...), id: append([]uint32(nil), s.id...)}
}

// at is the index of the interval that holds a.
func (s *spans) at(a addrnum.Number) int {
	i, found := slices.BinarySearchFunc(s.first, a, addrnum.Number.Compare)
	if !found {
		i--
	}
	return i
}

// within reports whether first to last lie in one interval, and its number.
func (s *spans) within(first, last addrnum.Number) (id uint32, one bool) {
	i := s.at(first)
	return s.id[i], i+1 == len(s.first) || last.Less(s.first[i+1])
}

// merge lays b over a: each address gets combine(a's number, b's number).
func merge(a, b *spans, combine func(x, y uint32) uint32) spans {
	merged := spansOf(max(len(a.first), len(b.first)))
	i, j := 0, 0
	at := addrnum.Number{}
	for {
		merged.add(at, combine(a.id[i], b.id[j]))
		moreA, moreB := i+1 < len(a.first), j+1 < len(b.first)
		switch {
		case !moreA && !moreB:
			return merged
		case !moreB || moreA && a.first[i+1].Less(b.first[j+1]):
			i++
			at = a.first[i]
		case !moreA || b.first[j+1].Less(a.first[i+1]):
			j++
			at = b.first[j]
		default:
			i++
			j++
			at = a.first[i]
		}
	}
}

// patch replaces first to last by one interval.
func (s *spans) patch(first, last addrnum.Number, id uint32) spans {
	patched := spansOf(len(s.first) + 2)
	i := 0
	for ; i < len(s.first) && s.first[i].Less(first); i++ {
		patched.add(s.first[i], s.id[i])
	}
	patched.add(first, id)
	if after := last.Next(); after != (addrnum.Number{}) {
		patched.add(after, s.id[s.at(after)])
		for ; i < len(s.first); i++ {
			if after.Less(s.first[i]) {
				patched.add(s.first[i], s.id[i])
			}
		}
	}
	return patched
}
