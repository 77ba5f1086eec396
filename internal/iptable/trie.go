package iptable

import "math/bits"

const (
	cellsPerGroup = 64
	groupsPerNode = 4 // a node divides a cell into 256
	groupBytes    = 24
)

// group is 64 neighbouring cells. A cell without inner belongs to a run of cells that have one value; runs are counted
// from the first cell, and the values of a group's runs stand next to each other. A cell with inner is divided by a node
// of its own; the nodes of a group's inner cells stand next to each other too, or in IPv4 their numbers do.
//
//	cell     0 1 2 3 4 5 6 7 ...        values[leaf+0] = A
//	value    A A B B . C C . ...        values[leaf+1] = B
//	starts   0 0 1 0 0 1 0 0            values[leaf+2] = C
//	inner    0 0 0 0 1 0 0 1            nodes[child+0] divides cell 4, nodes[child+1] cell 7
//
// Bit 0 is the first cell; the first run needs no start. An inner cell does not end a run.
type group struct {
	starts uint64
	inner  uint64
	leaf   uint32
	child  uint32
}

// find is the index of a cell's value or, where the cell is divided, of its node. The cell is given by its
// distance from the group's last one, of which only the lowest six bits count.
func (g *group) find(back uint64) (index uint32, inner bool) {
	here := g.inner << (back & 63) // the cell's bit is the uppermost now, those of the cells before it follow
	if int64(here) < 0 {
		return g.child + uint32(bits.OnesCount64(here<<1)), true
	}
	return g.leaf + uint32(bits.OnesCount64(g.starts<<(back&63))), false
}

// trie is the divided cells of one address family, and the values of all its cells.
type trie struct {
	groups []group // nodes of four groups each, and behind them the groups of pages
	values values
}

// walk is the value at an address below a node. The address's bits below the node's block are the
// uppermost ones of hi and lo.
func (t *trie) walk(node uint32, hi, lo uint64) uint32 {
	for {
		cell := hi >> 56
		index, inner := t.groups[uint64(node)*groupsPerNode+cell/cellsPerGroup].find(^cell)
		if !inner {
			return t.values.at(index)
		}
		node = index
		hi, lo = hi<<8|lo>>56, lo<<8
	}
}

func (t *trie) bytes() int { return len(t.groups)*groupBytes + t.values.size() }
