package geo

import "iter"

// Block is a part of IPv6 that repeats all of IPv4, as MMDB files alias it:
// 2002::/16 mostly. The 32 bits behind the prefix are the
// IPv4 address that is looked up. A Block refers to its [Table]; the zero Block
// is of no use. A caller that copies the edges of a table into one of its own
// keeps each block once by it, as the table does, instead of once for each place.
type Block struct{ block *block }

// Bits is the length of the block's prefix: at most 96.
func (b Block) Bits() uint { return b.block.bits }

// First is the block's first address, as two big-endian halves.
func (b Block) First() [2]uint64 { return [2]uint64{b.block.first.Hi, b.block.first.Lo} }

// Edges ranges over the block's intervals as [Table.Edges4] does, by the
// embedded IPv4 address.
func (b Block) Edges() iter.Seq2[uint32, uint32] {
	return func(yield func(uint32, uint32) bool) {
		for i, first := range b.block.edges.first {
			if !yield(first, b.block.edges.id[i]) {
				return
			}
		}
	}
}

// Blocks are the parts of IPv6 that repeat IPv4, in address order.
func (t *Table) Blocks() []Block {
	if t == nil {
		return nil
	}
	all := make([]Block, len(t.blocks))
	for i := range t.blocks {
		all[i] = Block{&t.blocks[i]}
	}
	return all
}

// RepeatsIPv4 says that inside the block every address has the location of the
// IPv4 address in it; corrections of IPv4 addresses make the two differ.
func (t *Table) RepeatsIPv4(b Block) bool { return b.block.edges == t.v4 }

// FoldedEdges6 is [Table.Edges6] with each block as one interval: its number is
// Locations() plus the block's index in [Table.Blocks].
func (t *Table) FoldedEdges6() iter.Seq2[[2]uint64, uint32] {
	return func(yield func([2]uint64, uint32) bool) {
		if t == nil || t.v4 == nil {
			yield([2]uint64{}, 0)
			return
		}
		for i, first := range t.v6.first {
			id := t.v6.id[i]
			if id >= blockBit {
				id = uint32(t.Locations()) + id - blockBit
			}
			if !yield([2]uint64{first.Hi, first.Lo}, id) {
				return
			}
		}
	}
}
