package iptable

import "math/bits"

// The steps of a look-up, for callers that want them in their own code: each is small enough for the compiler to put it
// there, and all of a look-up is not. A caller with many addresses can take each step for all of them before the next,
// so that the loads of one do not wait for those of another.
//
// Where a step is false, the address is one of the few for which [Table.Lookup] has to be asked. The table must be one
// that [Build] made.

// V4 has the steps of IPv4.
func (t *Table) V4() *Family4 { return &t.v4 }

// V6 has the steps of IPv6.
func (t *Table) V6() *Family6 { return &t.v6 }

// Block is the first step: the number of the block that holds an address.
func (f *Family4) Block(addr uint32) uint32 { return uint32(f.root[addr>>rootBits]) }

// Index is the second: where in the table the address's value is.
func (f *Family4) Index(block, addr uint32) (index uint32, ok bool) {
	g := &f.blocks[block*groupsPerNode+addr>>14&3]
	return g.index(^addr >> 8), g.leaf&slimDeep == 0
}

// Value is the last.
func (f *Family4) Value(index uint32) uint32 { return f.values.at(index) }

// Cell6 is where a look-up of IPv6 stands: a group of cells, and a cell by its distance from the group's last one.
type Cell6 struct{ group, back uint64 }

// Top is the first step: to the address's /32. Of the address, hi is the upper half.
func (f *Family6) Top(hi uint64) (at Cell6, ok bool) {
	entry := f.root[hi>>(64-rootBits)]
	if entry >= rootNode {
		return at, false
	}
	return Cell6{uint64(f.pages[uint64(entry)+hi>>38&(pageGroups-1)]), ^hi >> 32 & 63}, true
}

// Down is the second and the third: to the /40 with hi>>24, then to the /48 with hi>>16. Where the cell is not divided it
// stays where it is.
//
// Every look-up does the steps from the /16 to the /48, as if all were needed, and at a cell that is not divided the
// next step looks at the same group again. To leave early would be a branch for which half of all look-ups differ,
// and a wrong guess costs more than two steps in the cache.
func (f *Family6) Down(at Cell6, next uint64) Cell6 {
	g := &f.groups[at.group]
	here := g.inner << (at.back & 63)
	child := uint64(g.child+uint32(bits.OnesCount64(here<<1)))*groupsPerNode + next>>6&3
	divided := uint64(int64(here) >> 63) // all ones or none
	return Cell6{at.group ^ (at.group^child)&divided, at.back ^ (at.back^^next)&63&divided}
}

// Index is the fourth: where in the table the address's value is.
func (f *Family6) Index(at Cell6) (index uint32, ok bool) {
	index, inner := f.groups[at.group].find(at.back)
	return index, !inner
}

// Value is the last.
func (f *Family6) Value(index uint32) uint32 { return f.values.at(index) }
