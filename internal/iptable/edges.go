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
		t.v6.edges(&w)
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
	for i, number := range f.root {
		if i > 0 && number == f.root[i-1] && f.uniform(number) {
			continue
		}
		if !f.walkPart(w, uint32(i)) {
			return
		}
	}
}

// Part ranges over the intervals of one /16, given by the uppermost 16 bits of its addresses: the first one begins with it. The
// table must be one that [Build] made.
func (f *Family4) Part(part uint32) iter.Seq2[uint32, uint32] {
	return func(yield func(uint32, uint32) bool) {
		f.walkPart(&walker{yield: func(first addrnum.Number, value uint32) bool { return yield(uint32(first.Hi>>32), value) }}, part)
	}
}

// Key is the same number for /16s that have the same intervals. The table must be one that [Build] made.
func (f *Family4) Key(part uint32) uint32 { return uint32(f.root[part]) }

// Runs visits the values of a /16 in the order of addresses, until visit is false. Neighbours may be equal. The table must be
// one that [Build] made.
func (f *Family4) Runs(part uint32, visit func(value uint32) bool) bool {
	r := f.reader()
	for _, g := range f.block(f.root[part]) {
		if !r.groupRuns(g, visit) {
			return false
		}
	}
	return true
}

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
		w.emit(addrnum.Number{}, 0) // the zero Table
		return
	}
	for i, entry := range f.root {
		if i > 0 && entry == f.root[i-1] && entry&rootValue != 0 {
			continue
		}
		if !f.walkPart(w, uint32(i)) {
			return
		}
	}
}

// Part ranges over the intervals of one /16, given by the uppermost 16 bits of its addresses: the first one begins with it. The
// table must be one that [Build] made.
func (f *Family6) Part(part uint32) iter.Seq2[addrnum.Number, uint32] {
	return func(yield func(addrnum.Number, uint32) bool) { f.walkPart(&walker{yield: yield}, part) }
}

// Key is the same number for /16s that have the same intervals: those of one value alone, as a page and a node are
// found in one place. The table must be one that [Build] made.
func (f *Family6) Key(part uint32) uint32 { return f.root[part] }

// Runs visits the values of a /16 in the order of addresses, until visit is false. Neighbours may be equal. The table must be
// one that [Build] made.
func (f *Family6) Runs(part uint32, visit func(value uint32) bool) bool {
	r, entry := f.reader(), f.root[part]
	switch {
	case entry&rootValue != 0:
		return visit(f.values.at(entry &^ rootValue))
	case entry&rootNode != 0:
		return r.nodeRuns(entry&^rootNode, visit)
	}
	for _, number := range f.pages[entry:][:pageGroups] {
		if !r.groupRuns(f.groups[number], visit) {
			return false
		}
	}
	return true
}

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

// reader reads the values of groups without their addresses.
type reader struct {
	held  *values
	below func(index uint32) [groupsPerNode]group // what an inner cell is divided into
}

func (f *Family4) reader() reader { return reader{&f.values, f.part} }

func (f *Family6) reader() reader { return reader{&f.values, f.node} }

// groupRuns visits the values of a group in the order of addresses, until visit is false.
func (r *reader) groupRuns(g group, visit func(value uint32) bool) bool {
	if g.inner == 0 {
		for run := range 1 + uint32(bits.OnesCount64(g.starts)) {
			if !visit(r.held.at(g.leaf + run)) {
				return false
			}
		}
		return true
	}
	for marks := g.starts | g.inner | g.inner<<1 | 1; marks != 0; marks &= marks - 1 {
		index, inner := g.find(^uint64(bits.TrailingZeros64(marks)))
		if inner && !r.nodeRuns(index, visit) || !inner && !visit(r.held.at(index)) {
			return false
		}
	}
	return true
}

func (r *reader) nodeRuns(index uint32, visit func(value uint32) bool) bool {
	for _, g := range r.below(index) {
		if !r.groupRuns(g, visit) {
			return false
		}
	}
	return true
}
