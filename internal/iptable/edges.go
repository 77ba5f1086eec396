package iptable

import (
	"iter"
	"math"
	"math/bits"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// Edges4 ranges over the IPv4 map in ascending order: the first address of each interval and its value, which differs from the
// one before. The first interval begins at 0.0.0.0. The table does not keep its edges: a pass over them walks
// all of it, and allocates a little.
func (t *Table) Edges4() iter.Seq2[uint32, uint32] { return t.Edges4In(0, math.MaxUint32) }

// Edges6 is Edges4 for IPv6; the first interval begins at ::.
func (t *Table) Edges6() iter.Seq2[addrnum.Number, uint32] {
	return t.Edges6In(addrnum.Number{}, addrnum.IPv6.Last())
}

// Edges4In is Edges4 of the addresses from first up to last: what is there begins with first. It walks no more of the table
// than that.
func (t *Table) Edges4In(first, last uint32) iter.Seq2[uint32, uint32] {
	return func(yield func(uint32, uint32) bool) {
		w := walker{yield: func(first addrnum.Number, value uint32) bool { return yield(uint32(first.Hi>>32), value) }}
		w.from.Hi, w.to = uint64(first)<<32, addrnum.Number{Hi: uint64(last)<<32 | math.MaxUint32, Lo: math.MaxUint64}
		if t == nil {
			w.emit(w.from, 0)
			return
		}
		t.v4.edges(&w)
	}
}

// Edges6In is Edges4In for IPv6.
func (t *Table) Edges6In(first, last addrnum.Number) iter.Seq2[addrnum.Number, uint32] {
	return func(yield func(addrnum.Number, uint32) bool) {
		w := walker{yield: yield, from: first, to: last}
		if t == nil {
			w.emit(w.from, 0)
			return
		}
		t.v6.edges(&w)
	}
}

// walker goes over a family in ascending order, from one address up to another; IPv4 addresses stand in the upper half of
// Hi. Its methods are false when nothing more is wanted.
type walker struct {
	yield    func(first addrnum.Number, value uint32) bool
	from, to addrnum.Number
	begun    bool
	last     uint32
}

// emit yields an edge unless it is none: its value is the one before.
func (w *walker) emit(first addrnum.Number, value uint32) bool {
	if w.begun && value == w.last {
		return true
	}
	if first.Less(w.from) {
		first = w.from
	}
	w.begun, w.last = true, value
	return w.yield(first, value)
}

// marks are those cells of a group, of which the first begins at first, at which something may begin that is wanted.
func (w *walker) marks(g *group, c cut, first addrnum.Number) uint64 {
	marks := g.starts | g.inner | g.inner<<1 | 1 // an inner cell does not end a run, so the cell behind it may begin anything
	if !first.Less(w.from) {
		return marks
	}
	low, borrow := bits.Sub64(w.from.Lo, first.Lo, 0)
	cell := addrnum.Number{Hi: w.from.Hi - first.Hi - borrow, Lo: low}.ShiftRight(128 - c.depth())
	if cell.Hi != 0 || cell.Lo >= cellsPerGroup {
		return 0
	}
	upTo := uint64(2)<<cell.Lo - 1 // the cells up to that of the first address; of their runs, the last one holds it
	return marks&^upTo | 1<<(bits.Len64(marks&upTo)-1)
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
		w.emit(w.from, 0) // the zero Table
		return
	}
	first, last := uint32(w.from.Hi>>48), uint32(w.to.Hi>>48)
	for part := first; part <= last; part++ {
		if number := f.root[part]; part > first && number == f.root[part-1] && f.uniform(number) {
			continue
		}
		if !f.walkPart(w, part) {
			return
		}
	}
}

// Part ranges over the intervals of one /16, given by the uppermost 16 bits of its addresses: the first one begins with it. The
// table must be one that [Build] made.
func (f *Family4) Part(part uint32) iter.Seq2[uint32, uint32] {
	return func(yield func(uint32, uint32) bool) {
		w := walker{yield: func(first addrnum.Number, value uint32) bool { return yield(uint32(first.Hi>>32), value) }, to: addrnum.IPv6.Last()}
		f.walkPart(&w, part)
	}
}

// Key is the same number for /16s that have the same intervals. The table must be one that [Build] made.
func (f *Family4) Key(part uint32) uint32 { return uint32(f.root[part]) }

func (f *Family4) walkPart(w *walker, part uint32) bool {
	return f.walkBlock(w, f.block(f.root[part]), cut{rootBits, 8}, cut{0, rootBits}.first(addrnum.Number{}, uint64(part)))
}

// uniform says that a block has one value, so that another of the same number behind it begins nothing.
func (f *Family4) uniform(number uint16) bool {
	first := f.blocks[uint(number)*groupsPerNode]
	for _, g := range f.blocks[uint(number)*groupsPerNode:][:groupsPerNode] {
		if g != first || g.starts() != 0 { // no two groups with a divided cell are the same
			return false
		}
	}
	return true
}

// block is what a /16 is divided into.
func (f *Family4) block(number uint16) [groupsPerNode]group {
	return f.whole(f.blocks[uint(number)*groupsPerNode:])
}

// part is what the /24 is divided into that has that index in parts.
func (f *Family4) part(index uint32) [groupsPerNode]group {
	return f.whole(f.single[f.parts[index]*groupsPerNode:])
}

func (f *Family4) whole(slim []slimGroup) (node [groupsPerNode]group) {
	for k, g := range slim[:groupsPerNode] {
		if g.leaf&slimDeep != 0 {
			node[k] = f.deep[g.leaf&^slimDeep]
		} else {
			node[k] = group{starts: g.starts(), leaf: g.leaf}
		}
	}
	return node
}

func (f *Family4) walkBlock(w *walker, node [groupsPerNode]group, c cut, first addrnum.Number) bool {
	divided := func(index uint32, at addrnum.Number) bool {
		return f.walkBlock(w, f.part(index), cut{c.depth(), 8}, at)
	}
	for i, g := range node {
		if !w.group(&f.values, g, c, c.first(first, uint64(i)*cellsPerGroup), divided) {
			return false
		}
	}
	return true
}

// edges goes over IPv6.
func (f *Family6) edges(w *walker) {
	if f.root == nil {
		w.emit(w.from, 0) // the zero Table
		return
	}
	first, last := uint32(w.from.Hi>>48), uint32(w.to.Hi>>48)
	for part := first; part <= last; part++ {
		if entry := f.root[part]; part > first && entry == f.root[part-1] && entry&rootValue != 0 {
			continue
		}
		if !f.walkPart(w, part) {
			return
		}
	}
}

// Part ranges over the intervals of one /16, given by the uppermost 16 bits of its addresses: the first one begins with it. The
// table must be one that [Build] made.
func (f *Family6) Part(part uint32) iter.Seq2[addrnum.Number, uint32] {
	return func(yield func(addrnum.Number, uint32) bool) {
		f.walkPart(&walker{yield: yield, to: addrnum.IPv6.Last()}, part)
	}
}

// Key is the same number for /16s that have the same intervals: those of one value alone, as a page and a node are
// found in one place. The table must be one that [Build] made.
func (f *Family6) Key(part uint32) uint32 { return f.root[part] }

func (f *Family6) walkPart(w *walker, part uint32) bool {
	entry, first := f.root[part], cut{0, rootBits}.first(addrnum.Number{}, uint64(part))
	switch {
	case entry&rootValue != 0:
		return w.emit(first, f.values.at(entry&^rootValue))
	case entry&rootNode != 0:
		return f.walkNode(w, entry&^rootNode, rootBits, first)
	}
	page := cut{rootBits, pageBits}
	for k, number := range f.pages[entry:][:pageGroups] {
		if !f.group(w, f.groups[number], page, page.first(first, uint64(k)*cellsPerGroup)) {
			return false
		}
	}
	return true
}

// node is what an inner cell is divided into.
func (f *Family6) node(number uint32) [groupsPerNode]group {
	return [groupsPerNode]group(f.groups[uint64(number)*groupsPerNode:])
}

// walkNode goes over the block that begins at first and is from bits deep.
func (f *Family6) walkNode(w *walker, number uint32, from uint, first addrnum.Number) bool {
	c := cut{from, 8}
	for i, g := range f.node(number) {
		if !f.group(w, g, c, c.first(first, uint64(i)*cellsPerGroup)) {
			return false
		}
	}
	return true
}

func (f *Family6) group(w *walker, g group, c cut, first addrnum.Number) bool {
	return w.group(&f.values, g, c, first, func(index uint32, at addrnum.Number) bool { return f.walkNode(w, index, c.depth(), at) })
}

// group goes over a group whose first cell begins at first; divided goes over a divided cell.
func (w *walker) group(values *values, g group, c cut, first addrnum.Number, divided func(index uint32, at addrnum.Number) bool) bool {
	if w.to.Less(first) {
		return false
	}
	for marks := w.marks(&g, c, first); marks != 0; marks &= marks - 1 {
		cell := uint64(bits.TrailingZeros64(marks))
		at := c.first(first, cell)
		if w.to.Less(at) {
			return false
		}
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
