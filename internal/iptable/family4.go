package iptable

import "math/bits"

// Family4 is the IPv4 part of a table: a root that names a block for each /16, and below each /24 that is divided another
// block, of single addresses.
type Family4 struct {
	root   *[1 << rootBits]uint16 // by /16: number of its block; nil in the zero Table
	blocks []slimGroup            // of /24s, four groups a block: there are no more blocks than /16s
	deep   []group                // the groups of /24s of which some are divided
	parts  []uint32               // by divided /24, what it is divided into: number of a block in single
	single []slimGroup            // of single addresses, four groups a block
	values values
}

// slimGroup is a group without divided cells in 12 bytes instead of 24: real databases hardly divide a /24. Where one is
// divided, leaf has the bit slimDeep and is the number of a whole group in deep.
type slimGroup struct {
	startsLow  uint32
	startsHigh uint32
	leaf       uint32
}

const (
	slimDeep       = 1 << 31
	slimGroupBytes = 12
)

func newSlimGroup(g group) slimGroup {
	return slimGroup{uint32(g.starts), uint32(g.starts >> 32), g.leaf}
}

// starts has a bit for each cell where a run of equal values starts, as in group.
func (g *slimGroup) starts() uint64 { return uint64(g.startsLow) | uint64(g.startsHigh)<<32 }

// index is that of a cell's value. The cell is given by its distance from the group's last one, of which only the lowest
// six bits count.
func (g *slimGroup) index(back uint32) uint32 {
	return g.leaf + uint32(bits.OnesCount64(g.starts()<<(back&63)))
}

// lookup is the value at an address.
func (f *Family4) lookup(addr uint32) uint32 {
	if f.root == nil {
		return 0 // the zero Table
	}
	g := &f.blocks[uint(f.root[addr>>rootBits])*groupsPerNode+uint(addr>>14&3)]
	if g.leaf&slimDeep != 0 {
		return f.lookupDeep(g.leaf&^slimDeep, addr)
	}
	return f.values.at(g.index(^addr >> 8))
}

// lookupDeep is the value at an address in a group with a divided cell.
func (f *Family4) lookupDeep(number, addr uint32) uint32 {
	index, inner := f.deep[number].find(^uint64(addr) >> 8)
	if inner {
		part := &f.single[f.parts[index]*groupsPerNode+addr>>6&3]
		index = part.index(^addr)
	}
	return f.values.at(index)
}

func (f *Family4) bytes() int {
	if f.root == nil {
		return 0
	}
	return 2*len(f.root) + (len(f.blocks)+len(f.single))*slimGroupBytes + len(f.deep)*groupBytes + 4*len(f.parts) + f.values.size()
}
