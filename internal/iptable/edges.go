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
		w.roots(&t.v6)
	}
}

// walker goes over a family in ascending order. Its methods are false when the consumer wants no more.
type walker struct {
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

// edges goes over IPv4.
func (f *Family4) edges(w *walker) {
	if f.root == nil {
		w.emit(addrnum.Number{}, 0) // the zero Table
		return
	}
	top := cut{0, rootBits}
	for i, number := range f.root {
		if i > 0 && number == f.root[i-1] && f.uniform(number) {
			continue
		}
		if !f.block(w, f.blocks[uint(number)*groupsPerNode:][:groupsPerNode], cut{rootBits, 8}, top.first(addrnum.Number{}, uint64(i))) {
			return
		}
	}
}

// uniform says that a block has one value, so that another of the same number behind it begins nothing.
func (f *Family4) uniform(number uint16) bool {
	first := f.blocks[uint(number)*groupsPerNode]
	for _, g := range f.blocks[uint(number)*groupsPerNode:][:groupsPerNode] {
		if g != first || g.starts() != 0 || g.leaf&slimDeep != 0 {
			return false
		}
	}
	return true
}

func (f *Family4) block(w *walker, groups []slimGroup, c cut, first addrnum.Number) bool {
	divided := func(index uint32, at addrnum.Number) bool {
		return f.block(w, f.single[f.parts[index]*groupsPerNode:][:groupsPerNode], cut{c.depth(), 8}, at)
	}
	for i, slim := range groups {
		g := group{starts: slim.starts(), leaf: slim.leaf}
		if slim.leaf&slimDeep != 0 {
			g = f.deep[slim.leaf&^slimDeep]
		}
		if !w.group(&f.values, g, c, c.first(first, uint64(i)*cellsPerGroup), divided) {
			return false
		}
	}
	return true
}

// roots goes over IPv6.
func (w *walker) roots(f *Family6) {
	if f.root == nil {
		w.emit(addrnum.Number{}, 0) // the zero Table
		return
	}
	top, page := cut{0, rootBits}, cut{rootBits, pageBits}
	for i, entry := range f.root {
		if i > 0 && entry == f.root[i-1] && entry&rootValue != 0 {
			continue
		}
		more, first := true, top.first(addrnum.Number{}, uint64(i))
		switch {
		case entry&rootValue != 0:
			more = w.emit(first, f.values.at(entry&^rootValue))
		case entry&rootNode != 0:
			more = f.node(w, entry&^rootNode, rootBits, first)
		default:
			for k, number := range f.pages[entry:][:pageGroups] {
				more = more && f.group(w, f.groups[number], page, page.first(first, uint64(k)*cellsPerGroup))
			}
		}
		if !more {
			return
		}
	}
}

// node goes over the block that begins at first and is from bits deep.
func (f *Family6) node(w *walker, number uint32, from uint, first addrnum.Number) bool {
	c := cut{from, 8}
	for i, g := range f.groups[uint64(number)*groupsPerNode:][:groupsPerNode] {
		if !f.group(w, g, c, c.first(first, uint64(i)*cellsPerGroup)) {
			return false
		}
	}
	return true
}

func (f *Family6) group(w *walker, g group, c cut, first addrnum.Number) bool {
	return w.group(&f.values, g, c, first, func(index uint32, at addrnum.Number) bool { return f.node(w, index, c.depth(), at) })
}

// group goes over a group whose first cell begins at first; divided goes over a divided cell.
func (w *walker) group(values *values, g group, c cut, first addrnum.Number, divided func(index uint32, at addrnum.Number) bool) bool {
	// An inner cell does not end a run, so the cell behind it may begin anything.
	for marks := g.starts | g.inner | g.inner<<1 | 1; marks != 0; marks &= marks - 1 {
		cell := uint64(bits.TrailingZeros64(marks))
		at := c.first(first, cell)
		index, inner := g.find(^cell)
		more := true
		if inner {
			more = divided(index, at)
		} else {
			more = w.emit(at, values.at(index))
		}
		if !more {
			return false
		}
	}
	return true
}
