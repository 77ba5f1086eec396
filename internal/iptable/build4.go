package iptable

// builder4 makes the IPv4 part of a table.
type builder4 struct {
	*trieBuilder
	blocks  pool[slimGroup]
	single  pool[slimGroup]
	parts   pool[uint32]
	waiting []uint32 // what the groups in work are divided into, see keep
	deep    []group
}

// newBuilder4 makes one with room for so many values and groups.
func newBuilder4(e edges, lowest uint32, values, groups int) *builder4 {
	b := &builder4{
		trieBuilder: newTrieBuilder(e, lowest, values), blocks: newPool[slimGroup](groups),
		single: newPool[slimGroup](0), parts: newPool[uint32](0),
	}
	b.keep, b.join = b.keepPart, b.joinParts
	return b
}

func buildFamily4(e edges) Family4 {
	b := newBuilder4(e, e.value[0], e.count(), e.count()/8)
	return b.family(b.roots())
}

// family is what has been built.
func (b *builder4) family(root *[1 << rootBits]uint16) Family4 {
	return Family4{
		root: root, blocks: append([]slimGroup(nil), b.blocks.items...), single: append([]slimGroup(nil), b.single.items...),
		deep: append([]group(nil), b.deep...), parts: append([]uint32(nil), b.parts.items...), values: newValues(b.values.items),
	}
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
			uniform := b.block(b.node(rootBits, next, next))
			for ; i < quiet; i++ {
				root[i] = uniform
			}
		}
		if i < len(root) {
			first := next
			for next < b.count() && top.cell(b.first(next)) == uint64(i) {
				next++
			}
			root[i] = b.block(b.node(rootBits, first, next))
		}
	}
	return root
}

// block keeps the block of a /16 and gives its number, which 16 bits hold: there are no more of them.
func (b *builder4) block(node [groupsPerNode]group) uint16 {
	var block [groupsPerNode]slimGroup
	for k, g := range node {
		block[k] = newSlimGroup(g)
		if g.inner != 0 {
			block[k] = slimGroup{leaf: slimDeep | uint32(len(b.deep))}
			b.deep = append(b.deep, g)
		}
	}
	return uint16(b.blocks.intern(block[:], hashSlim(block[:])) / groupsPerNode)
}

// keepPart keeps the addresses of a /24, of which none can be divided.
func (b *builder4) keepPart(node [groupsPerNode]group) {
	var part [groupsPerNode]slimGroup
	for k, g := range node {
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
