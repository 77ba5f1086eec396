package iptable

// denseEdges6 is the number of edges of one /16 from which a page for it pays: it takes 4 KB however little is in it.
const denseEdges6 = 1 << 5

// Family6 is the IPv6 part of a table: a root, with pages of groups of /32s where there is much.
type Family6 struct {
	trie
	root  *[1 << rootBits]uint32 // nil in the zero Table
	pages []uint32               // by /26 of a page: its group
}

const (
	pageBits   = 16
	pageGroups = 1 << pageBits / cellsPerGroup
)

// A root has an entry for each /16, which says by its uppermost bits what is there: the index of a value, a node, or the
// index of a page.
const (
	rootValue = 1 << 31
	rootNode  = 1 << 30
	rootBits  = 16
)

// below is the value at an address in a block whose root entry is not a page.
func (f *Family6) below(entry uint32, hi, lo uint64) uint32 {
	if entry&rootValue != 0 {
		return f.values.at(entry &^ rootValue)
	}
	return f.walk(entry&^rootNode, hi<<rootBits|lo>>(64-rootBits), lo<<rootBits)
}

// lookup is the value at an address.
func (f *Family6) lookup(hi, lo uint64) uint32 {
	if f.root == nil {
		return 0 // the zero Table
	}
	at, ok := f.Top(hi)
	if !ok {
		return f.below(f.root[hi>>(64-rootBits)], hi, lo)
	}
	at = f.Down(f.Down(at, hi>>24), hi>>16)
	index, inner := f.groups[at.group].find(at.back)
	if inner {
		return f.walk(index, hi<<48|lo>>16, lo<<48)
	}
	return f.values.at(index)
}

func (f *Family6) bytes() int {
	if f.root == nil {
		return 0
	}
	return f.trie.bytes() + 4*(len(f.root)+len(f.pages))
}
