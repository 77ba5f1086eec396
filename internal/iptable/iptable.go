// Package iptable maps every IP address to a uint32.
package iptable

import (
	"iter"
	"net/netip"
)

// Addr6 is an IPv6 address as two big-endian halves.
type Addr6 struct{ Hi, Lo uint64 }

// Builder collects intervals in address order. The zero value maps every address to 0.
type Builder struct {
	first4 []uint32
	value4 []uint32
	first6 []Addr6
	value6 []uint32
}

// Add4 gives value to the addresses from first up to the next call's first.
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
type Table struct{ b Builder }

// Build makes the table.
func (b *Builder) Build() *Table { return &Table{*b} }

// Lookup is the value of addr, which must be valid. A mapped address is its IPv4 address.
func (t *Table) Lookup(addr netip.Addr) uint32 { panic("stub") }

// Edges4 ranges over the IPv4 intervals in order, equal neighbours merged.
func (t *Table) Edges4() iter.Seq2[uint32, uint32] { panic("stub") }

// Edges6 is Edges4 for IPv6.
func (t *Table) Edges6() iter.Seq2[Addr6, uint32] { panic("stub") }

// Bytes is the size of either family's part.
func (t *Table) Bytes() (v4, v6 int) { panic("stub") }
