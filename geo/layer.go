package geo

import (
	"slices"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// layer is one source, read: what it says of every address of either family.
type layer struct {
	v4         spans4 // numbers are indexes into statements; 0: says nothing
	v6         spans6
	aliases    []alias     // where v6 repeats v4; v6 itself says nothing there
	statements []statement // statements[0] is empty
	supplied   supply
}

// alias is a block of IPv6 that repeats all of IPv4: the 32 bits behind the
// prefix are the IPv4 address, the bits behind those do not matter.
//
//	::/96       ::a.b.c.d, where MMDB files keep IPv4 itself
//	2002::/16   6to4, RFC 3056
//	2001::/32   Teredo, RFC 4380: the address of the server
//
// MaxMind's files let whole trees begin there that are the IPv4 tree. The first and
// the last are left out, see [chosen]. A copy of the largest part of a table would
// make it twice as large, so it is kept once. What else is stated about an IPv4
// address, by corrections or a list, is not stated about the addresses here
// (docs/semantics.md, join-6).
type alias struct {
	first addrnum.Number
	bits  uint // of the prefix: at most 96
}

// last is the last address of the block.
func (a alias) last() addrnum.Number {
	host := addrnum.IPv6.Last().ShiftRight(a.bits)
	return addrnum.Number{Hi: a.first.Hi | host.Hi, Lo: a.first.Lo | host.Lo}
}

// embedded is the IPv4 address in an IPv6 address of the block.
func (a alias) embedded(v6 addrnum.Number) uint32 {
	return uint32(v6.ShiftRight(96 - a.bits).Lo)
}

// address is the first IPv6 address of the block in which v4 is embedded.
func (a alias) address(v4 uint32) addrnum.Number {
	host := addrnum.Number{Lo: uint64(v4)}.ShiftLeft(96 - a.bits)
	return addrnum.Number{Hi: a.first.Hi | host.Hi, Lo: a.first.Lo | host.Lo}
}

// overlaps reports whether the blocks share an address.
func (a alias) overlaps(b alias) bool {
	return !a.last().Less(b.first) && !b.last().Less(a.first)
}

// mapped is the block of IPv4-mapped addresses. Such an address is its IPv4
// address wherever one enters, so no look-up ever ends in this block.
var mapped = alias{first: addrnum.Number{Lo: 0xffff_0000_0000}, bits: 96}

// chosen are the blocks in which a client chooses the IPv4 address that a database
// goes by: the server in a Teredo address is any that will answer, and nobody
// routes ::a.b.c.d. What a database says there would be said by the client, so that
// it says nothing; corrections and lists are the operator's own word
// (docs/semantics.md, embedded-5).
var chosen = [...]alias{
	{first: addrnum.Number{}, bits: 96},
	{first: addrnum.Number{Hi: 0x2001_0000_0000_0000}, bits: 32},
}

// leaveChosen makes the layer say nothing in the blocks that clients choose.
func (l *layer) leaveChosen() {
	for _, block := range chosen {
		l.aliases = slices.DeleteFunc(l.aliases, func(a alias) bool { return a.bits >= block.bits && a.overlaps(block) })
	}
	var keep []alias
	for _, a := range l.aliases {
		if !slices.ContainsFunc(chosen[:], a.overlaps) {
			keep = append(keep, a)
		}
	}
	l.inlineAliases(keep)
	for _, block := range chosen {
		if id, one := l.v6.within(block.first, block.last()); !one || id != 0 {
			l.v6.patch(block.first, block.last(), 0)
		}
	}
}

// reading is how a layer reads inside an aliased block: like its own IPv4, or
// the same statement everywhere.
type reading struct {
	repeats bool
	id      uint32
}

// read says how the layer reads inside block, if it can be said so simply.
func (l *layer) read(block alias) (reading, bool) {
	for _, own := range l.aliases {
		if own == block {
			return reading{repeats: true}, true
		}
		if own.overlaps(block) {
			return reading{}, false
		}
	}
	id, one := l.v6.within(block.first, block.last())
	return reading{id: id}, one
}

// inlineAliases writes the aliases that keep does not name out into v6.
func (l *layer) inlineAliases(keep []alias) {
	kept := l.aliases[:0]
	for _, a := range l.aliases {
		if slices.Contains(keep, a) {
			kept = append(kept, a)
			continue
		}
		l.v6 = l.v6.inline(a, &l.v4)
	}
	l.aliases = kept
}

// inline writes v4 into the block.
func (s *spans6) inline(block alias, v4 *spans4) spans6 {
	end := block.last().Next()
	patched := spans6{room[addrnum.Number](len(s.first) + len(v4.first) + 1)}
	i := 0
	for ; i < len(s.first) && s.first[i].Less(block.first); i++ {
		patched.add(s.first[i], s.id[i])
	}
	for j := range v4.first {
		patched.add(block.address(v4.first[j]), v4.id[j])
	}
	if end == (addrnum.Number{}) {
		return patched
	}
	patched.add(end, s.id[s.at(end)])
	for ; i < len(s.first); i++ {
		if end.Less(s.first[i]) {
			patched.add(s.first[i], s.id[i])
		}
	}
	return patched
}
