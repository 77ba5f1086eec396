// Package iptable maps every IP address to a uint32.
package iptable

import (
	"encoding/binary"
	"iter"
	"net/netip"
	"sort"
)

// Addr6 is an IPv6 address as two big-endian halves.
type Addr6 struct{ Hi, Lo uint64 }

// Less says whether a comes before b.
func (a Addr6) Less(b Addr6) bool { return a.Hi < b.Hi || a.Hi == b.Hi && a.Lo < b.Lo }

// Builder collects intervals in address order. The zero value maps every address to 0.
type Builder struct {
	first4 []uint32
	value4 []uint32
	first6 []Addr6
	value6 []uint32
}

// Add4 gives value to the addresses from first up to the next first. Calls may come in any order; of two
// calls with the same first the later one counts.
func (b *Builder) Add4(first, value uint32) {
	b.first4 = append(b.first4, first)
	b.value4 = append(b.value4, value)
}

// Add6 is Add4 for IPv6.
func (b *Builder) Add6(first Addr6, value uint32) {
	b.first6 = append(b.first6, first)
	b.value6 = append(b.value6, value)
}

// Table is the built map.
type Table struct {
	first4 []uint32
	value4 []uint32
	first6 []Addr6
	value6 []uint32
}

// Build makes the table.
func (b *Builder) Build() *Table {
	t := &Table{}
	order4 := make([]int, len(b.first4))
	for i := range order4 {
		order4[i] = i
	}
	sort.SliceStable(order4, func(i, j int) bool { return b.first4[order4[i]] < b.first4[order4[j]] })
	t.first4, t.value4 = []uint32{0}, []uint32{0}
	for _, i := range order4 {
		n := len(t.first4) - 1
		if t.first4[n] == b.first4[i] {
			t.value4[n] = b.value4[i]
			continue
		}
		t.first4, t.value4 = append(t.first4, b.first4[i]), append(t.value4, b.value4[i])
	}
	order6 := make([]int, len(b.first6))
	for i := range order6 {
		order6[i] = i
	}
	sort.SliceStable(order6, func(i, j int) bool { return b.first6[order6[i]].Less(b.first6[order6[j]]) })
	t.first6, t.value6 = []Addr6{{}}, []uint32{0}
	for _, i := range order6 {
		n := len(t.first6) - 1
		if t.first6[n] == b.first6[i] {
			t.value6[n] = b.value6[i]
			continue
		}
		t.first6, t.value6 = append(t.first6, b.first6[i]), append(t.value6, b.value6[i])
	}
	return t
}

// Lookup is the value of addr. A mapped address is its IPv4 address; zones are ignored; the zero Addr
// and a nil table give 0.
func (t *Table) Lookup(addr netip.Addr) uint32 {
	if t == nil || !addr.IsValid() {
		return 0
	}
	b := addr.As16()
	hi, lo := binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
	if addr.Is4() || addr.Is4In6() {
		a := uint32(lo)
		return t.value4[sort.Search(len(t.first4), func(i int) bool { return t.first4[i] > a })-1]
	}
	a := Addr6{hi, lo}
	return t.value6[sort.Search(len(t.first6), func(i int) bool { return a.Less(t.first6[i]) })-1]
}

// Edges4 ranges over the IPv4 intervals in order, equal neighbours merged.
func (t *Table) Edges4() iter.Seq2[uint32, uint32] {
	return func(yield func(uint32, uint32) bool) {
		if t == nil {
			yield(0, 0)
			return
		}
		for i, f := range t.first4 {
			if i > 0 && t.value4[i] == t.value4[i-1] {
				continue
			}
			if !yield(f, t.value4[i]) {
				return
			}
		}
	}
}

// Edges6 is Edges4 for IPv6.
func (t *Table) Edges6() iter.Seq2[Addr6, uint32] {
	return func(yield func(Addr6, uint32) bool) {
		if t == nil {
			yield(Addr6{}, 0)
			return
		}
		for i, f := range t.first6 {
			if i > 0 && t.value6[i] == t.value6[i-1] {
				continue
			}
			if !yield(f, t.value6[i]) {
				return
			}
		}
	}
}

// Bytes is the size of either family's part.
func (t *Table) Bytes() (v4, v6 int) {
	if t == nil {
		return 0, 0
	}
	return 8 * len(t.first4), 20 * len(t.first6)
}
