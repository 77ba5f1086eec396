package geo

import (
	"cmp"
	"math"
	"slices"

	"github.com/netwicket/netwicket/internal/iptable"
)

// address is an address of either family as two big-endian halves; an IPv4
// address is its 32 bits in Lo.
type address = iptable.Addr6

// last6 is the last IPv6 address.
var last6 = address{Hi: math.MaxUint64, Lo: math.MaxUint64}

// last4 is the last IPv4 address.
var last4 = address{Lo: math.MaxUint32}

func compareAddresses(a, b address) int {
	return cmp.Or(cmp.Compare(a.Hi, b.Hi), cmp.Compare(a.Lo, b.Lo))
}

func before(a, b address) bool {
	return a.Hi < b.Hi || a.Hi == b.Hi && a.Lo < b.Lo
}

// next is the address after a; that of the last one is zero.
func next(a address) address {
	a.Lo++
	if a.Lo == 0 {
		a.Hi++
	}
	return a
}

// previous is the address before a; that of zero is the last one.
func previous(a address) address {
	if a.Lo == 0 {
		a.Hi--
	}
	a.Lo--
	return a
}

// shiftLeft is a moved up by n < 128 bits.
func shiftLeft(a address, n uint) address {
	if n >= 64 {
		return address{Hi: a.Lo << (n - 64)}
	}
	return address{Hi: a.Hi<<n | a.Lo>>(64-n), Lo: a.Lo << n}
}

// shiftRight is a moved down by n < 128 bits.
func shiftRight(a address, n uint) address {
	if n >= 64 {
		return address{Lo: a.Hi >> (n - 64)}
	}
	return address{Hi: a.Hi >> n, Lo: a.Lo>>n | a.Hi<<(64-n)}
}

// spans divide one address space into intervals that carry a number each:
//
//	first  0        f1            f2     f3
//	       |--id0--|-----id1-----|-id2--|----id3---->  to the space's last address
//
// first[0] is always zero, so that nothing is left out, and neighbours differ.
type spans struct {
	first []address
	id    []uint32
}

// uniform are the spans of a space that is the same everywhere.
func uniform(id uint32) spans {
	return spans{first: []address{{}}, id: []uint32{id}}
}

// spansOf are spans with room for n intervals, to be added.
func spansOf(n int) spans {
	return spans{first: make([]address, 0, n), id: make([]uint32, 0, n)}
}

// add begins an interval, behind all others or in place of the last one if it
// begins there too.
func (s *spans) add(first address, id uint32) {
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

// at is the index of the interval that holds a.
func (s *spans) at(a address) int {
	i, found := slices.BinarySearchFunc(s.first, a, compareAddresses)
	if !found {
		i--
	}
	return i
}

// within reports whether first to last lie in one interval, and its number.
func (s *spans) within(first, last address) (id uint32, one bool) {
	i := s.at(first)
	return s.id[i], i+1 == len(s.first) || before(last, s.first[i+1])
}

// merge lays b over a: each address gets combine(a's number, b's number).
func merge(a, b *spans, combine func(x, y uint32) uint32) spans {
	merged := spansOf(max(len(a.first), len(b.first)))
	i, j := 0, 0
	at := address{}
	for {
		merged.add(at, combine(a.id[i], b.id[j]))
		moreA, moreB := i+1 < len(a.first), j+1 < len(b.first)
		switch {
		case !moreA && !moreB:
			return merged
		case !moreB || moreA && before(a.first[i+1], b.first[j+1]):
			i++
			at = a.first[i]
		case !moreA || before(b.first[j+1], a.first[i+1]):
			j++
			at = b.first[j]
		default:
			i++
			j++
			at = a.first[i]
		}
	}
}

// overlay replaces first to last by one interval.
func (s *spans) overlay(first, last address, id uint32) spans {
	patched := spansOf(len(s.first) + 2)
	i := 0
	for ; i < len(s.first) && before(s.first[i], first); i++ {
		patched.add(s.first[i], s.id[i])
	}
	patched.add(first, id)
	if after := next(last); after != (address{}) {
		patched.add(after, s.id[s.at(after)])
		for ; i < len(s.first); i++ {
			if before(after, s.first[i]) {
				patched.add(s.first[i], s.id[i])
			}
		}
	}
	return patched
}
