package iptable

import "github.com/netwicket/netwicket/internal/addrnum"

// trieBuilder makes the groups of one family from its edges. A block of addresses is given by the edges strictly inside
// it, that is not at its first address: those from index i up to j. The value at its first address is then value[i-1].
type trieBuilder struct {
	edges
	nodes  pool[group]
	values pool[uint32]
	runs   []uint32 // values of the groups in work, the outermost first
	below  []group  // nodes of the groups in work, the outermost first

	// The index of one value alone, the last that was asked for: neighbours are often all of one value.
	single      uint32
	singleIndex uint32
}

// newTrieBuilder begins with room for so many groups.
func newTrieBuilder(e edges, groups int) *trieBuilder {
	b := &trieBuilder{edges: e, values: newPool[uint32](len(e.first)), nodes: newPool[group](groups)}
	b.single = e.value[0]
	b.singleIndex = b.values.intern(e.value[:1], hashValues(e.value[:1]))
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

// groups makes all groups of a block and gives them to put, those from number from up to number to at a time.
func (b *trieBuilder) groups(c cut, i, j int, put func(from, to int, g group)) {
	count := 1 << c.width / cellsPerGroup
	for at := 0; at < count; at++ {
		quiet := count // the first group with an edge
		if i < j {
			quiet = int(c.cell(b.first[i]) / cellsPerGroup)
		}
		if at < quiet {
			put(at, quiet, group{leaf: b.uniform(b.value[i-1])})
			at = quiet
		}
		if at < count {
			var g group
			g, i = b.group(c, uint64(at)*cellsPerGroup, i, j)
			put(at, at+1, g)
		}
	}
}

// group makes the group whose first cell is number first of its block. The edges before i are before the group or at
// its first address; next is the index of the first edge behind it, at most j.
func (b *trieBuilder) group(c cut, first uint64, i, j int) (g group, next int) {
	if i == j || c.cell(b.first[i])-first >= cellsPerGroup {
		g.leaf = b.uniform(b.value[i-1])
		return g, i
	}
	runs, below := len(b.runs), len(b.below)
	todo := uint64(0) // the cells before it are done
	for i < j {
		cell := c.cell(b.first[i]) - first
		if cell >= cellsPerGroup {
			break
		}
		if todo < cell {
			b.run(&g, runs, todo, b.value[i-1])
		}
		end := i + 1
		for end < j && c.cell(b.first[end])-first == cell {
			end++
		}
		todo = cell
		if c.starts(b.first[i]) {
			i++
		}
		if i < end {
			g.inner |= 1 << cell
			node := b.node(c.depth(), i, end)
			b.below = append(b.below, node[:]...)
			todo++
		}
		i = end
	}
	if todo < cellsPerGroup {
		b.run(&g, runs, todo, b.value[i-1])
	}
	g.leaf = b.values.intern(b.runs[runs:], hashValues(b.runs[runs:]))
	if g.inner != 0 {
		g.child = b.nodes.intern(b.below[below:], hashGroups(b.below[below:])) / groupsPerNode
	}
	b.runs, b.below = b.runs[:runs], b.below[:below]
	return g, i
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

// trie is what the builder made.
func (b *trieBuilder) trie() trie {
	return trie{groups: append([]group(nil), b.nodes.items...), values: newValues(b.values.items)}
}

func hashValues(list []uint32) uint64 {
	h := uint64(0)
	for _, v := range list {
		h = mix(h, uint64(v))
	}
	return h
}

func hashGroups(list []group) uint64 {
	h := uint64(0)
	for i := range list {
		g := &list[i]
		h = mix(mix(mix(h, g.starts), g.inner), uint64(g.leaf)<<32|uint64(g.child))
	}
	return h
}
