package iptable

import "math/bits"

// The number of edges from which the dense forms pay. A dense IPv4 table is 3 MB however little is in it, a page of
// IPv6 24 KB.
const (
	denseEdges4 = 1 << 14 // of the whole of IPv4
	denseEdges6 = 1 << 8  // of one /16 of IPv6
)

// flatGroup is a group of 64 IPv4 /24s with 12 bytes instead of 24, for less than one percent of the groups with
// edges have a divided /24. Where one has, leaf has the bit flatDeep and is the number of a group in deep.
type flatGroup struct {
	startsLow  uint32
	startsHigh uint32
	leaf       uint32
}

const (
	flatDeep       = 1 << 31
	flatBits       = 24
	flatGroups     = 1 << flatBits / cellsPerGroup
	flatGroupBytes = 12
)

// family4 is the IPv4 part of a table: flat, or where there is little in it a root.
type family4 struct {
	trie
	flat []flatGroup
	deep []group
	root []uint32
}

func buildFamily4(e edges, dense int) (f family4) {
	b := newTrieBuilder(e)
	if len(e.first) < dense {
		f.root = b.roots(func(int) bool { return false }, cut{})
		f.trie = b.trie()
		return f
	}
	f.flat = make([]flatGroup, flatGroups)
	b.groups(cut{0, flatBits}, 1, len(e.first), func(from, to int, g group) {
		flat := flatGroup{uint32(g.starts), uint32(g.starts >> 32), g.leaf}
		if g.inner != 0 {
			flat = flatGroup{leaf: flatDeep | uint32(len(f.deep))}
			f.deep = append(f.deep, g)
		}
		for i := from; i < to; i++ {
			f.flat[i] = flat
		}
	})
	f.trie = b.trie()
	return f
}

// lookup is the value at an address.
func (f *family4) lookup(addr uint32) uint32 {
	i := uint(addr) >> (32 - flatBits) / cellsPerGroup
	if i >= uint(len(f.flat)) {
		return f.lookupRoot(addr)
	}
	g := &f.flat[i]
	if g.leaf&flatDeep != 0 {
		return f.lookupDeep(g.leaf&^flatDeep, addr)
	}
	starts := uint64(g.startsLow) | uint64(g.startsHigh)<<32
	back := ^(addr >> (32 - flatBits)) & (cellsPerGroup - 1)
	return f.values.at(g.leaf + uint32(bits.OnesCount64(starts<<back)))
}

func (f *family4) lookupDeep(number, addr uint32) uint32 {
	index, inner := f.deep[number].find(^uint64(addr >> (32 - flatBits)))
	if !inner {
		return f.values.at(index)
	}
	return f.walk(index, uint64(addr)<<(32+flatBits), 0)
}

func (f *family4) lookupRoot(addr uint32) uint32 {
	if f.root == nil {
		return 0 // the zero Table
	}
	return f.below(f.root[addr>>rootBits], uint64(addr)<<32, 0)
}

func (f *family4) bytes() int {
	return f.trie.bytes() + len(f.flat)*flatGroupBytes + len(f.deep)*groupBytes + len(f.root)*4
}

// family6 is the IPv6 part of a table: a root, with pages of groups of /32s where there is much.
type family6 struct {
	trie
	root []uint32
}

const (
	pageBits   = 16
	pageGroups = 1 << pageBits / cellsPerGroup
)

func buildFamily6(e edges, dense int) (f family6) {
	b := newTrieBuilder(e)
	f.root = b.roots(func(edges int) bool { return edges >= dense }, cut{rootBits, pageBits})
	f.trie = b.trie()
	return f
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

// lookup is the value at an address.
//
// Every look-up does the steps from the /16 to the /48, as if all were needed, and at a cell that is not divided the
// next step looks at the same group again. To leave early would be a branch for which half of all look-ups differ,
// and a wrong guess costs more than two steps in the cache.
func (f *family6) lookup(hi, lo uint64) uint32 {
	if hi>>(64-rootBits) >= uint64(len(f.root)) {
		return 0 // the zero Table
	}
	entry := f.root[hi>>(64-rootBits)]
	if entry >= rootNode {
		return f.below(entry, hi, lo)
	}
	groups := f.groups

	i := uint64(entry) + hi>>38&(pageGroups-1)
	back := ^hi >> 32 & 63
	g := &groups[i]
	here := g.inner << back
	divided := uint64(int64(here) >> 63) // all ones or none
	child := uint64(g.child+uint32(bits.OnesCount64(here<<1)))*groupsPerNode + hi>>30&3
	i ^= (i ^ child) & divided
	back ^= (back ^ ^hi>>24&63) & divided

	g = &groups[i]
	here = g.inner << (back & 63)
	divided = uint64(int64(here) >> 63)
	child = uint64(g.child+uint32(bits.OnesCount64(here<<1)))*groupsPerNode + hi>>22&3
	i ^= (i ^ child) & divided
	back ^= (back ^ ^hi>>16&63) & divided

	g = &groups[i]
	here = g.inner << (back & 63)
	if int64(here) < 0 {
		return f.walk(g.child+uint32(bits.OnesCount64(here<<1)), hi<<48|lo>>16, lo<<48)
	}
	return f.values.at(g.leaf + uint32(bits.OnesCount64(g.starts<<(back&63))))
}

func (f *family6) bytes() int { return f.trie.bytes() + len(f.root)*4 }
