package iptable

// builder4 makes the IPv4 part of a table.
type builder4 struct {
	*trieBuilder
	blocks  pool[slimGroup]
	single  pool[slimGroup]
	parts   pool[uint32]
	waiting []uint32 // what the groups in work are divided into, see divide
	deep    []group
}

func buildFamily4(e edges) Family4 {
	b := &builder4{
		trieBuilder: newTrieBuilder(e), blocks: newPool[slimGroup](e.count() / 8),
		single: newPool[slimGroup](0), parts: newPool[uint32](0),
	}
	b.divide, b.join = b.divideCell, b.joinParts
	f := Family4{root: b.roots()}
	f.blocks, f.single = append([]slimGroup(nil), b.blocks.items...), append([]slimGroup(nil), b.single.items...)
	f.deep, f.parts = append([]group(nil), b.deep...), append([]uint32(nil), b.parts.items...)
	f.values = newValues(b.values.items)
	return f
}

// roots numbers the blocks of all /16s.
func (b *builder4) roots() *[1 << rootBits]uint16 {
	root := new([1 << rootBits]uint16)
	top, next := cut{0, rootBits}, 1
	for i := 0; i < len(root); i++ {
		quiet := len(root) // the first /16 with an edge
		if next < b.count() {
			quiet = int(top.cell(b.first(next)))
		}
		if i < quiet {
			uniform := b.block(rootBits, next, next)
			for ; i < quiet; i++ {
				root[i] = uniform
			}
		}
		if i < len(root) {
			first := next
			for next < b.count() && top.cell(b.first(next)) == uint64(i) {
				next++
			}
			root[i] = b.block(rootBits, first, next)
		}
	}
	return root
}

// block makes the block of the /16 with these edges and gives its number, which 16 bits hold: there are no more of them.
func (b *builder4) block(from uint, i, j int) uint16 {
	var block [groupsPerNode]slimGroup
	node := b.node(from, i, j)
	for k, g := range node {
		block[k] = newSlimGroup(g)
		if g.inner != 0 {
			block[k] = slimGroup{leaf: slimDeep | uint32(len(b.deep))}
			b.deep = append(b.deep, g)
		}
	}
	return uint16(b.blocks.intern(block[:], hashSlim(block[:])) / groupsPerNode)
}

// divideCell divides a /24 into its addresses, of which none can be divided.
func (b *builder4) divideCell(from uint, i, j int) {
	var part [groupsPerNode]slimGroup
	for k, g := range b.node(from, i, j) {
		part[k] = newSlimGroup(g)
	}
	b.waiting = append(b.waiting, b.single.intern(part[:], hashSlim(part[:]))/groupsPerNode)
}

func (b *builder4) joinParts(count int) uint32 {
	list := b.waiting[len(b.waiting)-count:]
	b.waiting = b.waiting[:len(b.waiting)-count]
	return b.parts.intern(list, hashValues(list))
}

func hashSlim(list []slimGroup) uint64 {
	h := uint64(0)
	for i := range list {
		g := &list[i]
		h = mix(mix(h, g.starts()), uint64(g.leaf))
	}
	return h
}
