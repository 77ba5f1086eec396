package iptable

import (
	"cmp"
	"slices"

	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/parallel"
)

// Edges4 is a map of IPv4 addresses as its borders: from First[i] on, up to the next one or to the end of the address
// space, the value is Value[i]. Addresses before the first have the value 0, and so have all where there is none.
//
// Edges are expected as [Table.Edges4] gives them: in ascending order from the lowest address on, each with another value
// than the one before. Then they are read where they are; others are first put right in a copy, of several at one
// address the last one counting.
type Edges4 struct {
	First []uint32
	Value []uint32
}

// Edges6 is Edges4 for IPv6. What it says about ::ffff:0:0/96 is kept but no look-up of a netip.Addr sees it: such an
// address means an IPv4 address.
type Edges6 struct {
	First []addrnum.Number
	Value []uint32
}

// Add appends an edge, unless its value is that of the one before.
func (e *Edges4) Add(first, value uint32) {
	if n := len(e.Value); n == 0 || e.Value[n-1] != value {
		e.First, e.Value = append(e.First, first), append(e.Value, value)
	}
}

// Add appends an edge, unless its value is that of the one before.
func (e *Edges6) Add(first addrnum.Number, value uint32) {
	if n := len(e.Value); n == 0 || e.Value[n-1] != value {
		e.First, e.Value = append(e.First, first), append(e.Value, value)
	}
}

// Build makes the table of these edges, which it does not keep.
func Build(v4 Edges4, v6 Edges6) *Table { return build(v4, v6, denseEdges6) }

// BuildAndEmpty is Build that leaves the edges empty, so that they are garbage as soon as they have been read. Where Go
// may use one processor only, one family comes after the other: that takes a third less memory at one time.
func BuildAndEmpty(v4 *Edges4, v6 *Edges6) *Table {
	t := &Table{}
	parallel.Do(func() { t.v4 = buildAndEmpty4(v4) }, func() { t.v6 = buildAndEmpty6(v6) })
	return t
}

func buildAndEmpty4(v4 *Edges4) Family4 {
	var e edges
	e.first4, e.value = tidy(v4.First, v4.Value, cmp.Compare[uint32])
	*v4 = Edges4{}
	return buildFamily4(e)
}

func buildAndEmpty6(v6 *Edges6) Family6 {
	var e edges
	e.first6, e.value = tidy(v6.First, v6.Value, addrnum.Number.Compare)
	*v6 = Edges6{}
	return buildFamily6(e, denseEdges6)
}

// build is Build with the threshold of pages, so that tests reach every form with few edges.
func build(v4 Edges4, v6 Edges6, dense6 int) *Table {
	var e4, e6 edges
	e4.first4, e4.value = tidy(v4.First, v4.Value, cmp.Compare[uint32])
	e6.first6, e6.value = tidy(v6.First, v6.Value, addrnum.Number.Compare)
	t := &Table{}
	parallel.Do(func() { t.v4 = buildFamily4(e4) }, func() { t.v6 = buildFamily6(e6, dense6) })
	return t
}

// edges are those of one family, tidy.
type edges struct {
	first4 []uint32
	first6 []addrnum.Number
	value  []uint32
}

func (e *edges) count() int { return len(e.value) }

// first is where edge i is. IPv4 addresses stand in the upper half of Hi.
func (e *edges) first(i int) addrnum.Number {
	if e.first4 != nil {
		return addrnum.Number{Hi: uint64(e.first4[i]) << 32}
	}
	return e.first6[i]
}

// tidy gives edges as they are expected, see Edges4: what it was given, or else a copy.
func tidy[T comparable](first []T, value []uint32, compare func(a, b T) int) ([]T, []uint32) {
	var lowest T
	isTidy := len(first) > 0 && first[0] == lowest
	for i := 1; i < len(first) && isTidy; i++ {
		isTidy = compare(first[i-1], first[i]) < 0 && value[i-1] != value[i]
	}
	if isTidy {
		return first, value
	}
	order := make([]int, len(first))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return compare(first[i], first[j]) })
	tidied, values := []T{lowest}, []uint32{0}
	for _, i := range order {
		last := len(tidied) - 1
		switch {
		case tidied[last] == first[i]:
			// The later of two edges at one address counts, and may make it no edge at all.
			values[last] = value[i]
			if last > 0 && values[last-1] == value[i] {
				tidied, values = tidied[:last], values[:last]
			}
		case values[last] != value[i]:
			tidied, values = append(tidied, first[i]), append(values, value[i])
		}
	}
	return tidied, values
}
