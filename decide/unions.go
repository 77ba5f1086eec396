package decide

// unions works out which rules list one of the zones of a set. What a chunk of
// zones comes to is kept, since most sets differ in one chunk.
type unions struct {
	zones   *sets
	rules   *setInterner
	byBit   []uint32 // zone bit -> set of rules
	byChunk map[[2]uint32]uint32
	bySet   map[uint32]uint32
	whole   setUnion
	part    setUnion
}

func newUnions(zones *sets, rules *setInterner, byBit []uint32) *unions {
	return &unions{
		zones: zones, rules: rules, byBit: byBit, byChunk: map[[2]uint32]uint32{}, bySet: map[uint32]uint32{},
		whole: newSetUnion(rules), part: newSetUnion(rules),
	}
}

// of is the set of rules that list a zone of the set.
func (u *unions) of(set uint32) uint32 {
	id, found := u.bySet[set]
	if found {
		return id
	}
	u.whole.clear()
	for position := range u.zones.perSet {
		if chunk := u.zones.chunk(set, position); chunk != 0 {
			u.whole.add(u.ofChunk(chunk, position))
		}
	}
	id = u.whole.id()
	u.bySet[set] = id
	return id
}

func (u *unions) ofChunk(chunk uint32, position int) uint32 {
	key := [2]uint32{chunk, uint32(position)}
	id, found := u.byChunk[key]
	if found {
		return id
	}
	u.part.clear()
	for i := range u.zones.stride {
		for rest := u.zones.words[int(chunk)*u.zones.stride+i]; rest != 0; rest &= rest - 1 {
			u.part.add(u.byBit[64*(chunkWords*position+i)+trailingZeros(rest)])
		}
	}
	id = u.part.id()
	u.byChunk[key] = id
	return id
}

// both is the set of the rules in two sets.
func (u *unions) both(a, b uint32) uint32 {
	if b == 0 || a == b {
		return a
	}
	u.whole.clear()
	u.whole.add(a)
	u.whole.add(b)
	return u.whole.id()
}

// setUnion puts sets together. A zone is listed by few rules of many, so that most
// chunks are empty or in one of the sets alone, and go by their number; words are
// written out where sets meet.
type setUnion struct {
	in      *setInterner
	numbers []uint32 // of the chunks, but of the mixed ones
	words   []uint64 // of the mixed ones
	isMixed []bool
}

func newSetUnion(in *setInterner) setUnion {
	return setUnion{in: in, numbers: make([]uint32, in.perSet), words: make([]uint64, in.perSet*in.stride), isMixed: make([]bool, in.perSet)}
}

func (u *setUnion) clear() {
	clear(u.numbers)
	clear(u.isMixed)
}

func (u *setUnion) add(set uint32) {
	if set == 0 {
		return
	}
	for position, number := range u.numbers {
		more := u.in.chunk(set, position)
		switch {
		case more == 0:
		case u.isMixed[position]:
			orInto(u.chunk(position), u.in.wordsOf(more))
		case number == 0:
			u.numbers[position] = more
		case number != more:
			u.isMixed[position] = true
			copy(u.chunk(position), u.in.wordsOf(number))
			orInto(u.chunk(position), u.in.wordsOf(more))
		}
	}
}

func (u *setUnion) chunk(position int) []uint64 {
	return u.words[position*u.in.stride:][:u.in.stride]
}

func (u *setUnion) id() uint32 {
	for position, mixed := range u.isMixed {
		if mixed {
			u.numbers[position] = u.in.chunkID(u.chunk(position))
		}
	}
	return u.in.setID(u.numbers)
}
