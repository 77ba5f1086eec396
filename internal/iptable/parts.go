package iptable

import (
	"iter"
	"math/bits"
)

// Parts is a set of /16s of one family, by the uppermost 16 bits of their addresses. The zero Parts is empty.
type Parts [1 << rootBits / 64]uint64

// Add adds the /16s from first up to last, a word of the set at a time.
func (p *Parts) Add(first, last uint32) {
	for word := first / 64; word <= last/64; word++ {
		mask := ^uint64(0)
		if word == first/64 {
			mask <<= first % 64
		}
		if word == last/64 {
			mask &= ^uint64(0) >> (63 - last%64)
		}
		p[word] |= mask
	}
}

// Has says whether a /16 is in the set. A nil set is empty.
func (p *Parts) Has(part uint32) bool { return p != nil && p[part/64]>>(part%64)&1 != 0 }

// Spans ranges over the first and the last of neighbours in the set, in ascending order.
func (p *Parts) Spans() iter.Seq2[uint32, uint32] {
	return func(yield func(first, last uint32) bool) {
		begun := false
		var first, last uint32
		for i, word := range p {
			for ; word != 0; word &= word - 1 {
				part := uint32(64*i + bits.TrailingZeros64(word))
				if begun && part == last+1 {
					last = part
					continue
				}
				if begun && !yield(first, last) {
					return
				}
				begun, first, last = true, part, part
			}
		}
		if begun {
			yield(first, last)
		}
	}
}
