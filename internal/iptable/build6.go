package iptable

// builder6 makes the IPv6 part of a table.
type builder6 struct {
	*trieBuilder
	nodes   pool[group]
	waiting []group // what the groups in work are divided into, see keep
	tops    pool[group]
	pages   []uint32 // numbers in tops
}

// newBuilder6 makes one with room for so many values and groups.
func newBuilder6(e edges, lowest uint32, values, groups int) *builder6 {
	b := &builder6{trieBuilder: newTrieBuilder(e, lowest, values), nodes: newPool[group](groups), tops: newPool[group](groups / 16)}
	b.keep, b.join = b.keepNode, b.joinNodes
	return b
}

func buildFamily6(e edges, dense int) Family6 {
	// Of the whole internet there are 0.4 to 0.55 groups for each edge, and at most 0.7 values.
	b := newBuilder6(e, e.value[0], e.count()*3/4, e.count()*9/16)
	root := b.roots(dense)
	b.edges, b.nodes.slots, b.tops.slots = edges{}, nil, nil // which is a third of what is in use here
	return b.family(root)
}

// family is what has been built.
func (b *builder6) family(root *[1 << rootBits]uint32) (f Family6) {
	f.root = root
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
		if i < quiet { // else nothing has the value alone, and an image does not keep it either
			uniform := rootValue | b.uniform(b.value[next-1])
			for ; i < quiet; i++ {
				root[i] = uniform
			}
		}
		if i < len(root) {
			first := next
			for next < b.count() && top.cell(b.first(next)) == uint64(i) {
				next++
			}
			if top.starts(b.first(first)) {
				first++
			}
			root[i] = b.rootEntry(first, next, dense)
		}
	}
	return root
}

// rootEntry makes the root entry of the /16 with the edges from i up to j behind its first address.
func (b *builder6) rootEntry(i, j, dense int) uint32 {
	if i == j {
		return rootValue | b.uniform(b.value[i-1])
	}
	if j-i >= dense {
		return b.page(i, j)
	}
	b.keep(b.node(rootBits, i, j))
	return rootNode | b.joinNodes(1)
}

// page makes the groups of a /16 and gives the index of the first one's number.
func (b *builder6) page(i, j int) uint32 {
	at := uint32(len(b.pages))
	for first := uint64(0); first < 1<<pageBits; first += cellsPerGroup {
		var g group
		g, i = b.group(cut{rootBits, pageBits}, first, i, j)
		b.pages = append(b.pages, b.top(g))
	}
	return at
}

// top is the number of a group of a page.
func (b *builder6) top(g group) uint32 {
	list := [1]group{g}
	return b.tops.intern(list[:], hashGroups(list[:]))
}

func (b *builder6) keepNode(node [groupsPerNode]group) { b.waiting = append(b.waiting, node[:]...) }

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
