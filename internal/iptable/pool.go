package iptable

import "math/bits"

// pool keeps lists of items one after the other, equal lists only once: much of the address space repeats, such as the
// two values that take turns where every second block is unassigned.
type pool[T comparable] struct {
	items []T
	slots []slot // open addressing; its length is a power of two
	used  int
}

// slot says where a list is kept; none if count is 0.
type slot struct {
	hash  uint32
	at    uint32
	count uint32
}

// newPool makes a pool with room for so many items; it grows on demand.
func newPool[T comparable](items int) pool[T] {
	return pool[T]{items: make([]T, 0, items), slots: make([]slot, 1<<bits.Len(uint(items)/8|0xff))}
}

// intern is the index of the first item of list, which is appended where no equal list is known. The hash is the caller's, of
// the whole list.
func (p *pool[T]) intern(list []T, hash uint64) uint32 {
	if len(list) == 0 {
		return 0
	}
	if 2*p.used >= len(p.slots) {
		p.grow()
	}
	short := uint32(hash >> 32)
	i := int(short) & (len(p.slots) - 1)
	for ; p.slots[i].count != 0; i = (i + 1) & (len(p.slots) - 1) {
		if s := p.slots[i]; s.hash == short && p.equal(s, list) {
			return s.at
		}
	}
	at := uint32(len(p.items))
	p.items = append(p.items, list...)
	p.slots[i] = slot{short, at, uint32(len(list))}
	p.used++
	return at
}

func (p *pool[T]) equal(s slot, list []T) bool {
	if int(s.count) != len(list) {
		return false
	}
	known := p.items[s.at:]
	for i, item := range list {
		if known[i] != item {
			return false
		}
	}
	return true
}

func (p *pool[T]) grow() {
	old := p.slots
	p.slots = make([]slot, 2*len(old))
	for _, s := range old {
		if s.count == 0 {
			continue
		}
		i := int(s.hash) & (len(p.slots) - 1)
		for p.slots[i].count != 0 {
			i = (i + 1) & (len(p.slots) - 1)
		}
		p.slots[i] = s
	}
}

// mix adds a word to a hash. The constant is 2^64 divided by the golden ratio (Knuth's multiplicative hashing).
func mix(hash, word uint64) uint64 {
	hash = (hash ^ word) * 0x9E3779B97F4A7C15
	return hash ^ hash>>29
}
