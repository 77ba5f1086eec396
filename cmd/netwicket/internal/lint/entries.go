package lint

import (
	"net/netip"
	"slices"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/netset"
	"github.com/netwicket/netwicket/zone"
)

// addressLists looks at the gateways and proxies of an IP zone.
func (l *linter) addressLists(z *zone.Zone) {
	for _, list := range [][]zone.Entry{z.Gateways, z.Proxies} {
		for i := range list {
			l.oktaEntry(&list[i])
			l.pseudoEntry(&list[i])
		}
		l.overlaps(list)
		l.wide(list)
	}
	if z.TrustsProxies() && !anyIsFamily(z.Proxies) && coversFamily(z.Proxies) {
		l.warn(z.Proxies[0].Position, "", "open-proxies", "together the proxies of this zone are every address of IPv4 or IPv6, "+
			"so that whatever X-Forwarded-For claims is believed; list only the addresses of your own proxies")
	}
}

// oktaEntry looks at one entry of an Okta zone. Package zone has warned about
// the same in SailPoint's lists.
func (l *linter) oktaEntry(entry *zone.Entry) {
	prefix, _ := netip.ParsePrefix(entry.Text) // of what is none, the zero prefix has no host bits
	switch {
	case entry.Mask():
		l.warn(entry.Position, entry.Text, "bare-mask", "this is a network mask and no client has it for an address, so that the entry matches nobody; write the network itself, such as 192.0.2.0/24")
	case prefix != prefix.Masked():
		l.warn(entry.Position, entry.Text, "host-bits", "the whole network %s-%s is meant and not the address alone; write %s for the network, %s for the address",
			entry.Range.From(), entry.Range.To(), prefix.Masked(), netip.PrefixFrom(prefix.Addr(), prefix.Addr().BitLen()))
	}
}

// wide looks for prefix lengths that lost a digit, in a list that is not everything:
// that has warnings of its own. Lists and overlays are told so by their readers.
func (l *linter) wide(list []zone.Entry) {
	if coversFamily(list) {
		return
	}
	for i := range list {
		for _, caution := range netset.Cautions(list[i].Range, false) {
			if caution.Code == "wide-network" {
				l.warn(list[i].Position, list[i].Text, "wide-network", "%v", caution.Err)
			}
		}
	}
}

// overlaps compares the entries of one list with one another. In order of first
// address, and the larger first, an entry overlaps an earlier one if and only if
// it overlaps the one of them that reaches furthest:
//
//	|---------- reach ----------|
//	   |--- covered ---|     |--- overlapping ---|   |--- new reach ---|
func (l *linter) overlaps(list []zone.Entry) {
	sorted := make([]*zone.Entry, len(list))
	for i := range list {
		sorted[i] = &list[i]
	}
	slices.SortStableFunc(sorted, func(a, b *zone.Entry) int {
		if order := a.Range.From().Compare(b.Range.From()); order != 0 {
			return order
		}
		return b.Range.To().Compare(a.Range.To())
	})
	var reach *zone.Entry
	for _, entry := range sorted {
		switch {
		case reach == nil || reach.Range.To().Compare(entry.Range.From()) < 0:
			reach = entry
		case entry.Range == reach.Range:
			l.warn(entry.Position, entry.Text, "duplicate-entry", "the list holds this network already (%q, %s); remove one of the two",
				reach.Text, place(reach.Position, entry.Position))
		case entry.Range.To().Compare(reach.Range.To()) <= 0:
			l.warn(entry.Position, entry.Text, "covered-entry", "%q (%s) covers this entry, which therefore changes nothing; remove it, or narrow the other one if this is all that was meant",
				reach.Text, place(reach.Position, entry.Position))
		default:
			l.warn(entry.Position, entry.Text, "overlapping-entries", "the entry shares %s-%s with %q (%s); write one entry for %s-%s instead of both",
				entry.Range.From(), reach.Range.To(), reach.Text, place(reach.Position, entry.Position), reach.Range.From(), entry.Range.To())
			reach = entry
		}
	}
}

// setOf is the union of entries.
func setOf(lists ...[]zone.Entry) *netipx.IPSet {
	var builder netipx.IPSetBuilder
	for _, list := range lists {
		for i := range list {
			builder.AddRange(list[i].Range)
		}
	}
	set, _ := builder.IPSet() // it fails for a range that is none, which no parser gives
	return set
}

// families are all addresses of IPv4 and of IPv6.
func families() [2]netipx.IPRange {
	return [2]netipx.IPRange{
		netipx.RangeOfPrefix(netip.PrefixFrom(netip.IPv4Unspecified(), 0)),
		netipx.RangeOfPrefix(netip.PrefixFrom(netip.IPv6Unspecified(), 0)),
	}
}

// coversFamily says that entries together are all of IPv4 or all of IPv6.
func coversFamily(entries []zone.Entry) bool {
	set := setOf(entries)
	for _, family := range families() {
		if set.ContainsRange(family) {
			return true
		}
	}
	return false
}

// anyIsFamily says that one entry is all of IPv4 or all of IPv6 by itself.
func anyIsFamily(entries []zone.Entry) bool {
	return slices.ContainsFunc(entries, func(e zone.Entry) bool { return isFamily(e.Range) })
}

func isFamily(network netipx.IPRange) bool {
	all := families()
	return network == all[0] || network == all[1]
}
