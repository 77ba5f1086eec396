package iptable

// denseEdges4 is the number of edges from which the flat form pays: it takes 3 MB however little is in it.
const denseEdges4 = 1 << 14

// flatGroup is a group of 64 IPv4 /24s in 12 bytes instead of 24: real databases hardly divide a /24. Where one is
// divided, leaf has the bit flatDeep and is the number of a whole group in deep.
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
	b := newTrieBuilder(e, len(e.first)/16)
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

// starts has a bit for each cell where a run of equal values starts, as in group.
func (g *flatGroup) starts() uint64 { return uint64(g.startsLow) | uint64(g.startsHigh)<<32 }

// lookupDeep is the value at an address in a group with a divided cell.
func (f *family4) lookupDeep(number, addr uint32) uint32 {
	index, inner := f.deep[number].find(^uint64(addr >> (32 - flatBits)))
	if !inner {
		return f.values.at(index)
	}
	return f.walk(index, uint64(addr)<<(32+flatBits), 0)
}

// lookupRoot is the value at an address where the table is not flat.
func (f *family4) lookupRoot(addr uint32) uint32 {
	if f.root == nil {
		return 0 // the zero Table
	}
	return f.below(f.root[addr>>rootBits], uint64(addr)<<32, 0)
}

func (f *family4) bytes() int {
	return f.trie.bytes() + len(f.flat)*flatGroupBytes + len(f.deep)*groupBytes + len(f.root)*4
}
