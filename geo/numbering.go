package geo

import "hash/maphash"

// numbering gives things numbers from 0 on, in the order in which they are first met,
// and equal things the same one. It is a map of half the size: a thing is kept once, in
// the order of the numbers. The zero value has none.
type numbering[T comparable] struct {
	items []T
	slots []uint32 // open addressing, number+1; a power of two, more than half of them free
	seed  maphash.Seed
}

// number is that of x. It says whether x was met before.
func (n *numbering[T]) number(x T) (number uint32, known bool) {
	if 2*len(n.items) >= len(n.slots) {
		n.grow()
	}
	i := n.slot(x)
	for ; n.slots[i] != 0; i = (i + 1) & (len(n.slots) - 1) {
		if number := n.slots[i] - 1; n.items[number] == x {
			return number, true
		}
	}
	n.items = append(n.items, x)
	n.slots[i] = uint32(len(n.items))
	return uint32(len(n.items) - 1), false
}

func (n *numbering[T]) slot(x T) int { return int(maphash.Comparable(n.seed, x)) & (len(n.slots) - 1) }

// grow doubles the room of both.
func (n *numbering[T]) grow() {
	if n.slots == nil {
		n.seed = maphash.MakeSeed()
	}
	n.slots = make([]uint32, max(16, 2*len(n.slots)))
	n.items = append(make([]T, 0, len(n.slots)/2), n.items...)
	for number, item := range n.items {
		i := n.slot(item)
		for n.slots[i] != 0 {
			i = (i + 1) & (len(n.slots) - 1)
		}
		n.slots[i] = uint32(number + 1)
	}
}
