package decide

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"slices"
)

// chunkWords is how many words of a set are kept together: 512 zones or rules.
const chunkWords = 8

// sets are bit sets of one width in slices without pointers. Set 0 is empty. A set
// of more than chunkWords words is a list of chunks, which it shares with others:
// from one edge of the address space to the next a single zone comes or goes, and
// thousands of zones would otherwise be written out for each.
//
//	set    chunks[id*perSet + w/8]    number of a chunk; with one chunk in a set, the id itself
//	chunk  words[chunk*stride + w%8]
type sets struct {
	stride int
	perSet int
	chunks []uint32
	words  []uint64
}

func newSets(width int) *sets {
	s := &sets{stride: min(width, chunkWords), perSet: max(1, (width+chunkWords-1)/chunkWords)}
	s.words = make([]uint64, s.stride)
	if s.perSet > 1 {
		s.chunks = make([]uint32, s.perSet)
	}
	return s
}

// word is the w-th word of a set.
func (s *sets) word(id uint32, w int) uint64 {
	if s.chunks != nil {
		id = s.chunks[int(id)*s.perSet+w/chunkWords]
		w %= chunkWords
	}
	return s.words[int(id)*s.stride+w]
}

// holds says that a bit is in a set.
func (s *sets) holds(id uint32, bit int) bool { return s.word(id, bit/64)&(1<<(bit%64)) != 0 }

// chunk is the number of a set's chunk; 0 is the empty one.
func (s *sets) chunk(id uint32, position int) uint32 {
	if s.chunks == nil {
		return id
	}
	return s.chunks[int(id)*s.perSet+position]
}

// wordsOf are the words of a chunk.
func (s *sets) wordsOf(chunk uint32) []uint64 { return s.words[int(chunk)*s.stride:][:s.stride] }

// count is how many sets there are.
func (s *sets) count() int {
	switch {
	case s.stride == 0:
		return 1
	case s.chunks == nil:
		return len(s.words) / s.stride
	default:
		return len(s.chunks) / s.perSet
	}
}

// has says that there is a set of that id.
func (s *sets) has(id uint32) bool { return int(id) < s.count() }

// isEmpty says that a set holds nothing.
func (s *sets) isEmpty(id uint32) bool {
	for w := range s.perSet * s.stride {
		if s.word(id, w) != 0 {
			return false
		}
	}
	return true
}

// setInterner gives equal sets equal ids while a policy is compiled.
type setInterner struct {
	*sets
	seed     maphash.Seed
	chunkIDs map[uint64]uint32 // by hash, or the next number that is free
	setIDs   map[uint64]uint32
	key      []byte
	numbers  []uint32
}

func newSetInterner(width int) *setInterner {
	in := &setInterner{
		sets: newSets(width), seed: maphash.MakeSeed(), chunkIDs: map[uint64]uint32{}, setIDs: map[uint64]uint32{},
	}
	in.numbers = make([]uint32, in.perSet)
	in.id(make([]uint64, width)) // takes the number 0
	return in
}

// id is the id of the set of these words.
func (in *setInterner) id(words []uint64) uint32 {
	for position := range in.numbers {
		first := position * chunkWords
		in.numbers[position] = in.chunkID(words[first:min(first+chunkWords, len(words))])
	}
	return in.setID(in.numbers)
}

// chunkID is the number of the chunk of these words; those that are left out at
// its end are zero.
func (in *setInterner) chunkID(words []uint64) uint32 {
	in.key = in.key[:0]
	for i := range in.stride {
		w := uint64(0)
		if i < len(words) {
			w = words[i]
		}
		in.key = binary.LittleEndian.AppendUint64(in.key, w)
	}
	for hash := maphash.Bytes(in.seed, in.key); ; hash++ {
		id, found := in.chunkIDs[hash]
		if !found {
			id = uint32(len(in.chunkIDs))
			in.chunkIDs[hash] = id
			if id > 0 { // newSets has made the empty one
				in.words = append(in.words, words...)
				in.words = append(in.words, make([]uint64, in.stride-len(words))...)
			}
			return id
		}
		if in.isChunk(id, words) {
			return id
		}
	}
}

func (in *setInterner) isChunk(id uint32, words []uint64) bool {
	held := in.wordsOf(id)
	for i, w := range words {
		if held[i] != w {
			return false
		}
	}
	for _, w := range held[len(words):] {
		if w != 0 {
			return false
		}
	}
	return true
}

// setID is the id of the set of these chunks.
func (in *setInterner) setID(numbers []uint32) uint32 {
	if in.chunks == nil {
		return numbers[0]
	}
	in.key = in.key[:0]
	for _, n := range numbers {
		in.key = binary.LittleEndian.AppendUint32(in.key, n)
	}
	for hash := maphash.Bytes(in.seed, in.key); ; hash++ {
		id, found := in.setIDs[hash]
		if !found {
			id = uint32(len(in.setIDs))
			in.setIDs[hash] = id
			if id > 0 {
				in.chunks = append(in.chunks, numbers...)
			}
			return id
		}
		if in.isSet(id, numbers) {
			return id
		}
	}
}

func (in *setInterner) isSet(id uint32, numbers []uint32) bool {
	held := in.chunks[int(id)*in.perSet:][:in.perSet]
	for i, n := range numbers {
		if held[i] != n {
			return false
		}
	}
	return true
}

// adoption gives the sets of another interner of the same width numbers of this one.
type adoption struct {
	to      *setInterner
	from    *sets
	chunks  []uint32 // 1 + number by that in from; 0: not met yet
	sets    []uint32
	numbers []uint32
}

func newAdoption(to *setInterner, from *sets) *adoption {
	a := &adoption{to: to, from: from, numbers: make([]uint32, to.perSet)}
	if from.stride > 0 {
		a.chunks = make([]uint32, len(from.words)/from.stride)
	}
	if from.chunks != nil {
		a.sets = make([]uint32, len(from.chunks)/from.perSet)
	}
	return a
}

func (a *adoption) id(set uint32) uint32 {
	switch {
	case a.from.stride == 0:
		return 0
	case a.from.chunks == nil:
		return a.chunk(set)
	}
	if a.sets[set] == 0 {
		for position := range a.numbers {
			a.numbers[position] = a.chunk(a.from.chunk(set, position))
		}
		a.sets[set] = 1 + a.to.setID(a.numbers)
	}
	return a.sets[set] - 1
}

func (a *adoption) chunk(number uint32) uint32 {
	if a.chunks[number] == 0 {
		a.chunks[number] = 1 + a.to.chunkID(a.from.wordsOf(number))
	}
	return a.chunks[number] - 1
}

// setCursor is a set that changes bit by bit, on the way along the address space.
type setCursor struct {
	in      *setInterner
	words   []uint64
	numbers []uint32 // of the chunks, but of the stale ones
	stale   []int
	isStale []bool
}

func newSetCursor(in *setInterner, width int) *setCursor {
	return &setCursor{in: in, words: make([]uint64, width), numbers: make([]uint32, in.perSet), isStale: make([]bool, in.perSet)}
}

func (c *setCursor) set(bit int, on bool) {
	setBit(c.words, bit, on)
	if position := bit / (64 * chunkWords); !c.isStale[position] {
		c.isStale[position] = true
		c.stale = append(c.stale, position)
	}
}

// id is the id of the set as it is now. Chunks that are new get their numbers in order, as
// those of a set that is adopted do.
func (c *setCursor) id() uint32 {
	slices.Sort(c.stale)
	for _, position := range c.stale {
		first := position * chunkWords
		c.numbers[position] = c.in.chunkID(c.words[first:min(first+chunkWords, len(c.words))])
		c.isStale[position] = false
	}
	c.stale = c.stale[:0]
	return c.in.setID(c.numbers)
}

func setBit(words []uint64, bit int, on bool) {
	if on {
		words[bit/64] |= 1 << (bit % 64)
	} else {
		words[bit/64] &^= 1 << (bit % 64)
	}
}

func trailingZeros(word uint64) int { return bits.TrailingZeros64(word) }
