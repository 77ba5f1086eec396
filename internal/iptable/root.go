package iptable

// A root has an entry for each /16 of its address family, which says by its uppermost bits what is there: the index
// of a value, a node, or the index of the first group of a page. A page is the groups of a whole /16 in order.
const (
	rootValue = 1 << 31
	rootNode  = 1 << 30
	rootBits  = 16
)

// below is the value at an address in a block whose root entry is not a page. hi and lo are the whole address.
func (t *trie) below(entry uint32, hi, lo uint64) uint32 {
	if entry&rootValue != 0 {
		return t.values.at(entry &^ rootValue)
	}
	return t.walk(entry&^rootNode, hi<<rootBits|lo>>(64-rootBits), lo<<rootBits)
}

// roots makes the root entries of a family; of those with so many edges that dense says so, pages cut by page.
func (b *trieBuilder) roots(dense func(edges int) bool, page cut) []uint32 {
	root := make([]uint32, 1<<rootBits)
	top, next := cut{0, rootBits}, 1
	for i := 0; i < len(root); i++ {
		quiet := len(root) // the first entry with an edge
		if next < len(b.first) {
			quiet = int(top.cell(b.first[next]))
		}
		uniform := rootValue | b.uniform(b.value[next-1])
		for ; i < quiet; i++ {
			root[i] = uniform
		}
		if i < len(root) {
			root[i], next = b.rootEntry(top, next, dense, page)
		}
	}
	return root
}

// rootEntry makes the root entry that edge i is in; next is the first edge behind it.
func (b *trieBuilder) rootEntry(top cut, i int, dense func(edges int) bool, page cut) (entry uint32, next int) {
	cell := top.cell(b.first[i])
	next = i + 1
	for next < len(b.first) && top.cell(b.first[next]) == cell {
		next++
	}
	if top.starts(b.first[i]) {
		i++
	}
	if i == next {
		return rootValue | b.uniform(b.value[i-1]), next
	}
	if dense(next - i) {
		return b.page(page, i, next), next
	}
	node := b.node(rootBits, i, next)
	return rootNode | b.nodes.intern(node[:], hashGroups(node[:]))/groupsPerNode, next
}

// page appends the groups of a block and returns the index of the first.
func (b *trieBuilder) page(c cut, i, j int) uint32 {
	groups := make([]group, 1<<c.width/cellsPerGroup)
	b.groups(c, i, j, func(from, to int, g group) {
		for k := from; k < to; k++ {
			groups[k] = g
		}
	})
	at := uint32(len(b.nodes.items))
	b.nodes.items = append(b.nodes.items, groups...)
	return at
}
