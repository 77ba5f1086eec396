package iptable

import "math/bits"

// denseEdges6 is the number of edges of one /16 from which a page for it pays: it takes 24 KB however little is in it.
const denseEdges6 = 1 << 5

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
	b := newTrieBuilder(e, len(e.first))
	f.root = b.roots(func(edges int) bool { return edges >= dense }, cut{rootBits, pageBits})
	f.trie = b.trie()
	return f
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
