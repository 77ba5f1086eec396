package iptable

import (
	"math/bits"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// trieBuilder makes the groups of one family from its edges. A block of addresses is given by the edges in it, those
// from index i up to j. Unless one of them is at its first address, the value there is value[i-1].
type trieBuilder struct {
	edges
	values pool[uint32]
	runs   []uint32 // values of the groups in work, the outermost first

	// How the nodes of inner cells are kept differs by family: keep takes one, and join gives the index of the list of
	// as many of the last as a group has inner cells.
	keep func(node [groupsPerNode]group)
	join func(count int) uint32

	// The index of one value alone, the last that was asked for: neighbours are often all of one value.
	single      uint32
	singleIndex uint32
}

// newTrieBuilder makes one for these edges, with room for so many values; lowest is that of the lowest address.
func newTrieBuilder(e edges, lowest uint32, values int) *trieBuilder {
	b := &trieBuilder{edges: e, values: newPool[uint32](values), single: lowest}
	list := [1]uint32{lowest}
	b.singleIndex = b.values.intern(list[:], hashValues(list[:]))
	return b
}

// uniform is the index of a value that a whole group has.
func (b *trieBuilder) uniform(value uint32) uint32 {
	if value != b.single {
		list := [1]uint32{value}
		b.single, b.singleIndex = value, b.values.intern(list[:], hashValues(list[:]))
	}
	return b.singleIndex
}

// cut is how a block is divided into cells: by width bits of the address, of which the first is bit from. Both are
// multiples of eight, and the bits are in one half of the address.
type cut struct{ from, width uint }

// depth is the number of address bits that are the same in all of a cell.
func (c cut) depth() uint { return c.from + c.width }

// cell is the number of the cell that holds a, in its block.
func (c cut) cell(a addrnum.Number) uint64 {
	if c.from < 64 {
		return a.Hi << c.from >> (64 - c.width)
	}
	return a.Lo << (c.from - 64) >> (64 - c.width)
}

// starts says whether a is the first address of its cell.
func (c cut) starts(a addrnum.Number) bool {
	if depth := c.depth(); depth > 64 {
		return a.Lo<<(depth-64) == 0
	}
	return a.Hi<<c.depth() == 0 && a.Lo == 0
}

// group makes the group whose first cell is number first of its block. The edges before i are before the group or at
// its first address; next is the index of the first edge behind it, at most j.
func (b *trieBuilder) group(c cut, first uint64, i, j int) (g group, next int) {
	if i == j || c.cell(b.first(i))-first >= cellsPerGroup {
		g.leaf = b.uniform(b.value[i-1])
		return g, i
	}
	runs := len(b.runs)
	todo := uint64(0) // the cells before it are done
	for i < j {
		cell := c.cell(b.first(i)) - first
		if cell >= cellsPerGroup {
			break
		}
		if todo < cell {
			b.run(&g, runs, todo, b.value[i-1])
		}
		end := i + 1
		for end < j && c.cell(b.first(end))-first == cell {
			end++
		}
		todo = cell
		if c.starts(b.first(i)) {
			i++
		}
		if i < end {
			g.inner |= 1 << cell
			b.keep(b.node(c.depth(), i, end))
			todo++
		}
		i = end
	}
	if todo < cellsPerGroup {
		b.run(&g, runs, todo, b.value[i-1])
	}
	b.finish(&g, runs)
	return g, i
}

// finish completes a group whose runs are those from index runs on, and whose nodes are the last that were kept.
func (b *trieBuilder) finish(g *group, runs int) {
	if list := b.runs[runs:]; len(list) == 1 {
		g.leaf = b.uniform(list[0])
	} else {
		g.leaf = b.values.intern(list, hashValues(list))
	}
	if g.inner != 0 {
		g.child = b.join(bits.OnesCount64(g.inner))
	}
	b.runs = b.runs[:runs]
}

// run says that from cell on the value is this. The group's runs are those from index runs on.
func (b *trieBuilder) run(g *group, runs int, cell uint64, value uint32) {
	if n := len(b.runs); n > runs {
		if b.runs[n-1] == value {
			return
		}
		g.starts |= 1 << cell
	}
	b.runs = append(b.runs, value)
}

// node divides the block that is from bits deep.
func (b *trieBuilder) node(from uint, i, j int) (n [groupsPerNode]group) {
	for k := range n {
		n[k], i = b.group(cut{from, 8}, uint64(k)*cellsPerGroup, i, j)
	}
	return n
}

func hashValues(list []uint32) uint64 {
	h := uint64(0)
	for _, v := range list {
		h = mix(h, uint64(v))
	}
	return h
}
