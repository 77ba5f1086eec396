package iptable

import (
	"cmp"
	"slices"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// Builder collects the edges of a map: each says that from one address up to the next edge, or to the end of the address
// space, the value is this. The zero Builder is ready for use and maps every address to 0, as do the addresses before
// the first edge of either family. A Builder is not safe for concurrent use.
//
// Edges are expected in ascending order; others are sorted by Build, at a cost. Where several edges begin at one address the
// one added last counts.
type Builder struct {
	first4    []uint32
	value4    []uint32
	first6    []addrnum.Number
	value6    []uint32
	unsorted4 bool
	unsorted6 bool
}

// Add4 gives value to the IPv4 addresses from first on.
func (b *Builder) Add4(first, value uint32) {
	if n := len(b.first4); n > 0 && first < b.first4[n-1] {
		b.unsorted4 = true
	}
	b.first4 = append(b.first4, first)
	b.value4 = append(b.value4, value)
}

// Add6 gives value to the IPv6 addresses from first on. What it says about ::ffff:0:0/96 is kept but no look-up of a
// netip.Addr sees it: such an address means an IPv4 address.
func (b *Builder) Add6(first addrnum.Number, value uint32) {
	if n := len(b.first6); n > 0 && first.Less(b.first6[n-1]) {
		b.unsorted6 = true
	}
	b.first6 = append(b.first6, first)
	b.value6 = append(b.value6, value)
}

// Build makes the table of the edges so far. The table shares nothing with the builder, which can go on.
func (b *Builder) Build() *Table { return b.build(denseEdges6) }

// build is Build with the threshold of pages, so that tests reach every form with few edges.
func (b *Builder) build(dense6 int) *Table {
	return &Table{v4: buildFamily4(b.edges4()), v6: buildFamily6(b.edges6(), dense6)}
}

// edges are the borders of a map in ascending order: the first at the lowest address, each value different from the one
// before it. IPv4 addresses stand in the upper half of Hi.
type edges struct {
	first []addrnum.Number
	value []uint32
}

func (b *Builder) edges4() edges {
	first, value := b.first4, b.value4
	if b.unsorted4 {
		first, value = sorted(first, value, cmp.Compare[uint32])
	}
	e := newEdges(len(first))
	for i, f := range first {
		e.add(addrnum.Number{Hi: uint64(f) << 32}, value[i])
	}
	return e
}

func (b *Builder) edges6() edges {
	first, value := b.first6, b.value6
	if b.unsorted6 {
		first, value = sorted(first, value, addrnum.Number.Compare)
	}
	e := newEdges(len(first))
	for i, f := range first {
		e.add(f, value[i])
	}
	return e
}

func newEdges(n int) edges {
	e := edges{make([]addrnum.Number, 1, n+1), make([]uint32, 1, n+1)}
	return e
}

// add appends an edge that is not before the last one.
func (e *edges) add(first addrnum.Number, value uint32) {
	last := len(e.first) - 1
	if e.first[last] == first {
		// The later of two edges at one address counts, and may make it no edge at all.
		e.value[last] = value
		if last > 0 && e.value[last-1] == value {
			e.first, e.value = e.first[:last], e.value[:last]
		}
		return
	}
	if e.value[last] == value {
		return
	}
	e.first = append(e.first, first)
	e.value = append(e.value, value)
}

// sorted returns copies of first and value in the order of first; equal ones keep their order.
func sorted[T any](first []T, value []uint32, compare func(a, b T) int) ([]T, []uint32) {
	order := make([]int, len(first))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return compare(first[i], first[j]) })
	f, v := make([]T, len(first)), make([]uint32, len(value))
	for at, i := range order {
		f[at], v[at] = first[i], value[i]
	}
	return f, v
}
