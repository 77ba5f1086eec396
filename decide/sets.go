package decide

import (
	"encoding/binary"
	"math/bits"
)

// sets interns bit sets of one width in one slice without pointers. Set 0 is empty.
type sets struct {
	width int
	words []uint64
}

func newSets(width int) *sets { return &sets{width: width, words: make([]uint64, width)} }

// word is the w-th word of a set.
func (s *sets) word(id uint32, w int) uint64 { return s.words[int(id)*s.width+w] }

// setInterner gives equal sets equal ids while a policy is compiled.
type setInterner struct {
	*sets
	ids map[string]uint32
	key []byte
}

func newSetInterner(width int) *setInterner {
	in := &setInterner{sets: newSets(width), ids: map[string]uint32{}}
	in.ids[string(make([]byte, 8*width))] = 0
	return in
}

func (in *setInterner) id(words []uint64) uint32 {
	in.key = in.key[:0]
	for _, w := range words {
		in.key = binary.LittleEndian.AppendUint64(in.key, w)
	}
	if id, found := in.ids[string(in.key)]; found {
		return id
	}
	id := uint32(len(in.ids))
	in.ids[string(in.key)] = id
	in.words = append(in.words, words...)
	return id
}

func setBit(words []uint64, bit int, on bool) {
	if on {
		words[bit/64] |= 1 << (bit % 64)
	} else {
		words[bit/64] &^= 1 << (bit % 64)
	}
}

func trailingZeros(word uint64) int { return bits.TrailingZeros64(word) }
