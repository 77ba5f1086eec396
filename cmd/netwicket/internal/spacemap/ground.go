package spacemap

import (
	"iter"
	"net/netip"
	"slices"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/zone"
)

// ground is what an address is before any policy: whether what is decided about it
// says anything. The zero value counts.
type ground uint8

const (
	counted  ground = iota
	reserved        // special-purpose, and nothing names it: see specials
	unnamed         // of global unicast IPv6, and nothing names it
	unmapped        // the IPv4-mapped part of IPv6, whose addresses are IPv4 addresses
)

// text is the ground as the page's script has it.
func (g ground) text() string {
	return [...]string{counted: "", reserved: "reserved", unnamed: "unnamed", unmapped: "mapped"}[g]
}

// grounded is a range that does not count. All others do.
type grounded struct {
	addresses netipx.IPRange
	ground    ground
}

// groundsIn are the ranges of a family that do not count for these policies, in order.
// Of IPv4 that is what is reserved and not named; of IPv6 everything that is
// not named: nobody would find 300 announced networks in 2^125 addresses. What databases
// know makes those of IPv6 take several times as long.
func groundsIn(family addrnum.Family, configs ...decide.Config) []grounded {
	var all []netipx.IPRange
	var block, named netipx.IPSetBuilder
	for _, r := range specialRanges() {
		if addrnum.FamilyOf(r.From()) == family {
			all = append(all, r)
			block.AddRange(r)
		}
	}
	blocks, _ := block.IPSet() // whole prefixes: the builder has nothing to object to
	n := namer{family, all, blocks, &named}
	for _, config := range configs {
		n.config(&config)
	}
	names, _ := named.IPSet() // ranges of parsed documents and of a table, all valid
	var left, rest netipx.IPSetBuilder
	left.AddSet(blocks)
	left.RemoveSet(names)
	kept, _ := left.IPSet()
	if family == addrnum.IPv6 {
		rest.AddPrefix(netip.MustParsePrefix(globalUnicast))
		rest.RemoveSet(names)
		rest.RemoveSet(blocks)
	}
	others, _ := rest.IPSet()
	var list []grounded
	for _, r := range kept.Ranges() {
		list = append(list, grounded{r, reserved})
	}
	for _, r := range others.Ranges() {
		list = append(list, grounded{r, unnamed})
	}
	slices.SortFunc(list, func(a, b grounded) int { return a.addresses.From().Compare(b.addresses.From()) })
	return list
}

// globalUnicast is the part of IPv6 from which networks are given to anybody.
const globalUnicast = "2000::/3"

// namer collects what the documents and sources of a policy name.
type namer struct {
	family addrnum.Family
	all    []netipx.IPRange // the special blocks
	blocks *netipx.IPSet    // and all of them together
	named  *netipx.IPSetBuilder
}

func (n *namer) config(c *decide.Config) {
	for _, document := range c.Zones {
		for i := range document.Zones {
			if z := &document.Zones[i]; z.Active {
				n.entries(z.Gateways)
				n.entries(z.Proxies)
			}
		}
	}
	for i := range c.ThreatFeeds {
		n.entries(c.ThreatFeeds[i].Entries)
	}
	if c.SailPoint != nil {
		n.entries(c.SailPoint.Range)
	}
	if c.Overlay != nil {
		for _, list := range [][]zone.OverlayEntry{c.Overlay.Deny, c.Overlay.Allow} {
			for i := range list {
				n.add(list[i].Range)
			}
		}
	}
	for r := range placed(c.Geo, n.family) {
		n.add(r)
	}
}

func (n *namer) entries(list []zone.Entry) {
	for i := range list {
		n.add(list[i].Range)
	}
}

// add is one range that is named. Whoever writes a short prefix, such as 0.0.0.0/0,
// names no special block that lies in it as a whole, and whoever writes all of IPv6
// names none of it; but what consists of special blocks alone is meant.
func (n *namer) add(r netipx.IPRange) {
	if addrnum.FamilyOf(r.From()) != n.family || n.family == addrnum.IPv4 && !slices.ContainsFunc(n.all, r.Overlaps) {
		return // of the other family, or it counts in any case
	}
	if n.blocks.ContainsRange(r) {
		n.named.AddRange(r)
		return
	}
	if everybody := netipx.RangeOfPrefix(netip.MustParsePrefix(globalUnicast)); r.Contains(everybody.From()) && r.Contains(everybody.To()) {
		return
	}
	parts := []netipx.IPRange{r}
	for _, block := range n.all {
		if !r.Contains(block.From()) || !r.Contains(block.To()) {
			continue
		}
		var cut []netipx.IPRange
		for _, part := range parts {
			cut = append(cut, without(part, block)...)
		}
		parts = cut
	}
	for _, part := range parts {
		n.named.AddRange(part)
	}
}

// without is what of a range lies before and behind another one.
func without(r, cut netipx.IPRange) []netipx.IPRange {
	if !r.Overlaps(cut) {
		return []netipx.IPRange{r}
	}
	var parts []netipx.IPRange
	if r.From().Less(cut.From()) {
		parts = append(parts, netipx.IPRangeFrom(r.From(), cut.From().Prev()))
	}
	if cut.To().Less(r.To()) {
		parts = append(parts, netipx.IPRangeFrom(cut.To().Next(), r.To()))
	}
	return parts
}

// placed are the ranges of which a geo source says something. Parts of IPv6 that
// repeat IPv4, as databases have them, say nothing of IPv6.
func placed(table *geo.Table, family addrnum.Family) iter.Seq[netipx.IPRange] {
	return func(yield func(netipx.IPRange) bool) {
		knows := make([]bool, table.Locations())
		for i := range knows {
			at := table.Location(uint32(i))
			knows[i] = at.Country != "" || at.ASNKnown || at.Anonymizer > geo.AnonymizerNone || listed(at.Services)
		}
		if family == addrnum.IPv4 {
			placedIn(family, knows, wide(table.Edges4()), yield)
		} else {
			placedIn(family, knows, halved(table.FoldedEdges6()), yield)
		}
	}
}

// placedIn goes through one family. An id beyond those of locations is a part that
// repeats IPv4.
func placedIn(family addrnum.Family, knows []bool, edges iter.Seq2[addrnum.Number, uint32], yield func(netipx.IPRange) bool) {
	var from addrnum.Number
	inside := false
	for first, id := range edges {
		if inside && !yield(netipx.IPRangeFrom(family.Addr(from), family.Addr(first.Prev()))) {
			return
		}
		from, inside = first, int(id) < len(knows) && knows[id]
	}
	if inside {
		yield(netipx.IPRangeFrom(family.Addr(from), family.Addr(family.Last())))
	}
}

// wide are edges of IPv4 by numbers, halved those of IPv6.
func wide(edges iter.Seq2[uint32, uint32]) iter.Seq2[addrnum.Number, uint32] {
	return func(yield func(addrnum.Number, uint32) bool) {
		edges(func(first, id uint32) bool { return yield(addrnum.Number{Lo: uint64(first)}, id) })
	}
}

func halved(edges iter.Seq2[[2]uint64, uint32]) iter.Seq2[addrnum.Number, uint32] {
	return func(yield func(addrnum.Number, uint32) bool) {
		edges(func(first [2]uint64, id uint32) bool { return yield(addrnum.Number{Hi: first[0], Lo: first[1]}, id) })
	}
}

func listed(services geo.Services) bool {
	for range services.All() {
		return true
	}
	return false
}
