package iptable

import (
	"math/bits"

	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/parallel"
)

// Anew are the /16s that an image does not take from its table, and their edges, in ascending order. Each /16 begins with an
// edge at its first address, also where that has the value of the address before.
type Anew struct {
	Parts4, Parts6 *Parts
	V4             Edges4
	V6             Edges6
}

// Image is the table that has numbers[v] where t has v, and in the /16s of anew what their edges say. It is in every
// byte the table that [Build] makes of the same edges, in a fraction of the time: the groups of a table are made from
// those of the other, equal blocks once, and only where a value changes nobody looks for it.
//
// Every value of t is expected to have a number, outside of anew.
func (t *Table) Image(numbers []uint32, anew Anew) *Table { return t.image(numbers, anew, denseEdges6) }

// image is Image with the threshold of pages, see build.
func (t *Table) image(numbers []uint32, anew Anew, dense6 int) *Table {
	image := &Table{}
	parallel.Do(func() {
		image.v4 = imageFamily4(&t.v4, numbers, anew.Parts4, edges{first4: anew.V4.First, value: anew.V4.Value})
	}, func() {
		image.v6 = imageFamily6(&t.v6, numbers, anew.Parts6, edges{first6: anew.V6.First, value: anew.V6.Value}, dense6)
	})
	return image
}

// Numbered is what Anew says with numbers[v] for each value v.
func (a Anew) Numbered(numbers []uint32) Anew {
	isPart4 := func(first uint32) bool { return first<<rootBits == 0 }
	isPart6 := func(first addrnum.Number) bool { return first.Lo == 0 && first.Hi<<rootBits == 0 }
	a.V4.First, a.V4.Value = numberedEdges(a.V4.First, a.V4.Value, numbers, isPart4)
	a.V6.First, a.V6.Value = numberedEdges(a.V6.First, a.V6.Value, numbers, isPart6)
	return a
}

func numberedEdges[T any](first []T, value, numbers []uint32, isPart func(T) bool) (firsts []T, values []uint32) {
	firsts, values = make([]T, 0, len(first)), make([]uint32, 0, len(first))
	for i, v := range value {
		if number := numbers[v]; isPart(first[i]) || number != values[len(values)-1] {
			firsts, values = append(firsts, first[i]), append(values, number)
		}
	}
	return firsts, values
}

// imager makes groups of one family from those of another table. It does in the same order what a builder does, so that
// equal things get equal numbers.
type imager struct {
	*trieBuilder
	reader
	numbers []uint32 // by value of the other table
}

func (m *imager) number(index uint32) uint32 { return m.numbers[m.held.at(index)] }

// group is the image of a group.
func (m *imager) group(of group) (g group) {
	runs := len(m.runs)
	// An inner cell does not end a run, but its image may be a run of its own.
	for marks := of.starts | of.inner | of.inner<<1 | 1; marks != 0; marks &= marks - 1 {
		cell := uint64(bits.TrailingZeros64(marks))
		index, inner := of.find(^cell)
		if !inner {
			m.run(&g, runs, cell, m.number(index))
			continue
		}
		if value, uniform := m.uniformNode(index); uniform {
			m.run(&g, runs, cell, value)
			continue
		}
		g.inner |= 1 << cell
		m.keep(m.groups(m.below(index)))
	}
	m.finish(&g, runs)
	return g
}

func (m *imager) groups(of [groupsPerNode]group) (image [groupsPerNode]group) {
	for k, g := range of {
		image[k] = m.group(g)
	}
	return image
}

// uniformNode is the only value in the image of a node, if there is but one. That must be known before anything of it is
// kept: a builder keeps nothing of what is no edge.
func (m *imager) uniformNode(index uint32) (value uint32, uniform bool) {
	met := false
	uniform = m.nodeRuns(index, func(old uint32) bool {
		next := m.numbers[old]
		if !met {
			met, value = true, next
		}
		return next == value
	})
	return value, uniform
}

func imageFamily4(of *Family4, numbers []uint32, parts *Parts, anew edges) Family4 {
	b := newBuilder4(anew, lowestOf(parts, anew, numbers, of.lookup(0)), of.values.count(), len(of.blocks))
	m := imager{trieBuilder: b.trieBuilder, reader: of.reader(), numbers: numbers}
	root := new([1 << rootBits]uint16)
	done := make([]uint32, len(of.blocks)/groupsPerNode) // by block: 1 + number of its image
	next := 0
	for i, number := range of.root {
		if parts.Has(uint32(i)) {
			first, end := next, b.endOf(i, next)
			root[i], next = b.block(b.node(rootBits, first+1, end)), end
			continue
		}
		if done[number] == 0 {
			done[number] = 1 + uint32(b.block(m.groups(of.block(number))))
		}
		root[i] = uint16(done[number] - 1)
	}
	return b.family(root)
}

func imageFamily6(of *Family6, numbers []uint32, parts *Parts, anew edges, dense int) Family6 {
	b := newBuilder6(anew, lowestOf(parts, anew, numbers, of.lookup(0, 0)), of.values.count(), len(of.groups))
	m := imager6{
		imager: imager{trieBuilder: b.trieBuilder, reader: of.reader(), numbers: numbers},
		b:      b, of: of, done: make([]uint32, len(of.groups)), dense: dense,
	}
	root := new([1 << rootBits]uint32)
	next := 0
	for i, entry := range of.root {
		switch {
		case parts.Has(uint32(i)):
			first, end := next, b.endOf(i, next)
			root[i], next = b.rootEntry(first+1, end, dense), end
		case entry&rootValue != 0:
			root[i] = rootValue | b.uniform(m.number(entry&^rootValue))
		default:
			root[i] = m.rootEntry(uint32(i))
		}
	}
	return b.family(root)
}

// lowestOf is the image of the lowest address, whose value in the other table is old.
func lowestOf(parts *Parts, anew edges, numbers []uint32, old uint32) uint32 {
	if parts.Has(0) {
		return anew.value[0]
	}
	return numbers[old]
}

// endOf is the index of the first edge from next on that is behind a /16.
func (e *edges) endOf(part, next int) int {
	top := cut{0, rootBits}
	for next < e.count() && top.cell(e.first(next)) == uint64(part) {
		next++
	}
	return next
}

// imager6 makes the root entries of the IPv6 part of an image.
type imager6 struct {
	imager
	b     *builder6
	of    *Family6
	done  []uint32 // by group of a page: 1 + number of its image
	dense int
}

// rootEntry is the image of a /16. Only that of a page may have as many edges as a page must; with fewer it is built
// from them.
func (m *imager6) rootEntry(part uint32) uint32 {
	if m.isPage(part) {
		return m.page(m.of.root[part])
	}
	var few edges
	for first, value := range m.of.Part(part) {
		value = m.numbers[value]
		if n := few.count(); n == 0 || few.value[n-1] != value {
			few.first6, few.value = append(few.first6, first), append(few.value, value)
		}
	}
	before := m.b.edges
	m.b.edges = few
	entry := m.b.rootEntry(1, few.count(), m.dense)
	m.b.edges = before
	return entry
}

// isPage says whether the image of a /16 has as many edges as a page must, and any.
func (m *imager6) isPage(part uint32) bool {
	edges, last := -1, uint32(0)
	return !m.of.Runs(part, func(value uint32) bool {
		if value = m.numbers[value]; edges < 0 || value != last {
			edges, last = edges+1, value
		}
		return edges < max(1, m.dense)
	})
}

// page is the image of the page at an index.
func (m *imager6) page(at uint32) uint32 {
	image := uint32(len(m.b.pages))
	for _, number := range m.of.pages[at:][:pageGroups] {
		if m.done[number] == 0 {
			m.done[number] = 1 + m.b.top(m.group(m.of.groups[number]))
		}
		m.b.pages = append(m.b.pages, m.done[number]-1)
	}
	return image
}
