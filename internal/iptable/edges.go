package iptable

import (
	"iter"
	"math/bits"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// Edges4 ranges over the IPv4 map in ascending order: the first address of each interval and its value, which differs from the
// one before. The first interval begins at 0.0.0.0. The table does not keep its edges: a pass over them walks
// all of it, and allocates a little.
func (t *Table) Edges4() iter.Seq2[uint32, uint32] {
	return func(yield func(uint32, uint32) bool) {
		w := walker{yield: func(first addrnum.Number, value uint32) bool { return yield(uint32(first.Hi>>32), value) }}
		if t == nil {
			w.emit(addrnum.Number{}, 0)
			return
		}
		t.v4.edges(&w)
	}
}

// Edges6 is Edges4 for IPv6; the first interval begins at ::.
func (t *Table) Edges6() iter.Seq2[addrnum.Number, uint32] {
	return func(yield func(addrnum.Number, uint32) bool) {
		w := walker{yield: yield}
		if t == nil {
			w.emit(addrnum.Number{}, 0)
			return
		}
		w.trie = &t.v6.trie
		w.roots(t.v6.root, cut{rootBits, pageBits})
	}
}

func (f *family4) edges(w *walker) {
	w.trie = &f.trie
	if f.flat == nil {
		w.roots(f.root, cut{})
		return
	}
	c := cut{0, flatBits}
	for i, flat := range f.flat {
		if i > 0 && flat == f.flat[i-1] && flat.startsLow|flat.startsHigh == 0 && flat.leaf&flatDeep == 0 {
			continue // of one value, as the group before it
		}
		g := group{starts: flat.starts(), leaf: flat.leaf}
		if flat.leaf&flatDeep != 0 {
			g = f.deep[flat.leaf&^flatDeep]
		}
		if !w.group(g, c, c.first(addrnum.Number{}, uint64(i)*cellsPerGroup)) {
			return
		}
	}
}

// walker goes over a trie in ascending order. Its methods are false when the consumer wants no more.
type walker struct {
	*trie
	yield func(first addrnum.Number, value uint32) bool
	begun bool
	last  uint32
}

// emit yields an edge unless it is none: its value is the one before.
func (w *walker) emit(first addrnum.Number, value uint32) bool {
	if w.begun && value == w.last {
		return true
	}
	w.begun, w.last = true, value
	return w.yield(first, value)
}

// first is the first address of a cell in a block that begins at block.
func (c cut) first(block addrnum.Number, cell uint64) addrnum.Number {
	if depth := c.depth(); depth > 64 {
		block.Lo += cell << (128 - depth)
	} else {
		block.Hi += cell << (64 - depth)
	}
	return block
}

func (w *walker) roots(root []uint32, page cut) {
	if root == nil {
		w.emit(addrnum.Number{}, 0) // the zero Table
		return
	}
	top := cut{0, rootBits}
	for i, entry := range root {
		if i > 0 && entry == root[i-1] && entry&rootValue != 0 {
			continue
		}
		more, first := true, top.first(addrnum.Number{}, uint64(i))
		switch {
		case entry&rootValue != 0:
			more = w.emit(first, w.values.at(entry&^rootValue))
		case entry&rootNode != 0:
			more = w.node(entry&^rootNode, rootBits, first)
		default:
			more = w.block(w.groups[entry:][:pageGroups], page, first)
		}
		if !more {
			return
		}
	}
}

// node goes over the block that begins at first and is from bits deep.
func (w *walker) node(number uint32, from uint, first addrnum.Number) bool {
	return w.block(w.groups[uint64(number)*groupsPerNode:][:groupsPerNode], cut{from, 8}, first)
}

func (w *walker) block(groups []group, c cut, first addrnum.Number) bool {
	for i, g := range groups {
		if !w.group(g, c, c.first(first, uint64(i)*cellsPerGroup)) {
			return false
		}
	}
	return true
}

// group goes over a group whose first cell begins at first.
func (w *walker) group(g group, c cut, first addrnum.Number) bool {
	// An inner cell does not end a run, so the cell behind it may begin anything.
	for marks := g.starts | g.inner | g.inner<<1 | 1; marks != 0; marks &= marks - 1 {
		cell := uint64(bits.TrailingZeros64(marks))
		at := c.first(first, cell)
		index, inner := g.find(^cell)
		if inner {
			if !w.node(index, c.depth(), at) {
				return false
			}
		} else if !w.emit(at, w.values.at(index)) {
			return false
		}
	}
	return true
}
