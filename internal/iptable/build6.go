package iptable

// builder6 makes the IPv6 part of a table.
type builder6 struct {
	*trieBuilder
	nodes   pool[group]
	waiting []group // what the groups in work are divided into, see divide
	tops    pool[group]
	pages   []uint32 // numbers in tops
}

func buildFamily6(e edges, dense int) (f Family6) {
	b := &builder6{trieBuilder: newTrieBuilder(e), nodes: newPool[group](e.count()), tops: newPool[group](e.count() / 16)}
	b.divide, b.join = b.divideCell, b.joinNodes
	f.root = b.roots(dense)
	f.groups = append(append(make([]group, 0, len(b.nodes.items)+len(b.tops.items)), b.nodes.items...), b.tops.items...)
	f.pages = make([]uint32, len(b.pages))
	for i, number := range b.pages {
		f.pages[i] = uint32(len(b.nodes.items)) + number
	}
	f.values = newValues(b.values.items)
	return f
}

// roots makes the root entries; those of /16s with so many edges as dense are pages.
func (b *builder6) roots(dense int) *[1 << rootBits]uint32 {
	root := new([1 << rootBits]uint32)
	top, next := cut{0, rootBits}, 1
	for i := 0; i < len(root); i++ {
		quiet := len(root) // the first entry with an edge
		if next < b.count() {
			quiet = int(top.cell(b.first(next)))
		}
		uniform := rootValue | b.uniform(b.value[next-1])
		for ; i < quiet; i++ {
			root[i] = uniform
		}
		if i < len(root) {
			root[i], next = b.rootEntry(top, next, dense)
		}
	}
	return root
}

// rootEntry makes the root entry that edge i is in; next is the first edge behind it.
func (b *builder6) rootEntry(top cut, i, dense int) (entry uint32, next int) {
	cell := top.cell(b.first(i))
	next = i + 1
	for next < b.count() && top.cell(b.first(next)) == cell {
		next++
	}
	if top.starts(b.first(i)) {
		i++
	}
	if i == next {
		return rootValue | b.uniform(b.value[i-1]), next
	}
	if next-i >= dense {
		return b.page(i, next), next
	}
	b.divideCell(rootBits, i, next)
	return rootNode | b.joinNodes(1), next
}

// page makes the groups of a /16 and gives the index of the first one's number.
func (b *builder6) page(i, j int) uint32 {
	at := uint32(len(b.pages))
	for first := uint64(0); first < 1<<pageBits; first += cellsPerGroup {
		var g group
		g, i = b.group(cut{rootBits, pageBits}, first, i, j)
		list := [1]group{g}
		b.pages = append(b.pages, b.tops.intern(list[:], hashGroups(list[:])))
	}
	return at
}

func (b *builder6) divideCell(from uint, i, j int) {
	node := b.node(from, i, j)
	b.waiting = append(b.waiting, node[:]...)
}

func (b *builder6) joinNodes(count int) uint32 {
	list := b.waiting[len(b.waiting)-groupsPerNode*count:]
	b.waiting = b.waiting[:len(b.waiting)-groupsPerNode*count]
	return b.nodes.intern(list, hashGroups(list)) / groupsPerNode
}

func hashGroups(list []group) uint64 {
	h := uint64(0)
	for i := range list {
		g := &list[i]
		h = mix(mix(mix(h, g.starts), g.inner), uint64(g.leaf)<<32|uint64(g.child))
	}
	return h
}
