package export

import (
	"net/netip"
	"slices"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
)

// Network is a network whose addresses get one answer.
type Network struct {
	Prefix  netip.Prefix
	Outcome decide.Outcome
}

// Allowed are the networks that may come in by a request of one hop, the fewest,
// in address order (docs/semantics.md, range-1).
func Allowed(policy *decide.Policy) []netip.Prefix {
	var list []netip.Prefix
	for _, r := range allowedRanges(policy) {
		list = r.AppendPrefixes(list)
	}
	return list
}

// allowedRanges are the ranges that may come in, as wide as they can be.
func allowedRanges(policy *decide.Policy) []netipx.IPRange {
	var list []netipx.IPRange
	for r, d := range policy.Ranges() {
		if !d.Allowed() {
			continue
		}
		if n := len(list); n > 0 && list[n-1].To().Next() == r.From() {
			list[n-1] = netipx.IPRangeFrom(list[n-1].From(), r.To())
			continue
		}
		list = append(list, r)
	}
	return list
}

// All are networks that hold every address once, the fewest that keep decisions
// and reasons apart, in address order (docs/semantics.md, range-1).
func All(policy *decide.Policy) []Network {
	var list []Network
	var open netipx.IPRange
	var outcome decide.Outcome
	write := func() {
		for _, prefix := range open.Prefixes() { // none before the first range
			list = append(list, Network{prefix, outcome})
		}
	}
	for r, d := range policy.Ranges() {
		next := decide.Outcome{Verdict: d.Verdict, Reason: d.Reason}
		if outcome == next && open.To().Next() == r.From() {
			open = netipx.IPRangeFrom(open.From(), r.To())
			continue
		}
		write()
		open, outcome = r, next
	}
	write()
	return list
}

// splitWhole replaces 0.0.0.0/0 and ::/0 by their halves: programs take a
// network of all addresses for the default, or refuse it.
func splitWhole(list []netip.Prefix) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range list {
		if p.Bits() > 0 {
			out = append(out, p)
			continue
		}
		last := netipx.PrefixLastIP(p)
		upper := netip.PrefixFrom(last, 1).Masked()
		out = append(out, netip.PrefixFrom(p.Addr(), 1), upper)
	}
	return out
}

// lookedUpTwice are the IPv6 networks whose addresses HAProxy looks for among the
// IPv4 networks where it does not find them.
func lookedUpTwice() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("::/96"), netip.MustParsePrefix("2002::/16")}
}

// answered are the allowed networks, cut so that none of them is wider than one
// that is looked up twice, and those of the latter that are not allowed as a
// whole: with a default of deny for them, every look-up there has an answer.
func answered(policy *decide.Policy) (allowed, denied []netip.Prefix) {
	var set netipx.IPSetBuilder
	for _, r := range allowedRanges(policy) {
		set.AddRange(r)
	}
	for _, twice := range lookedUpTwice() {
		set.RemovePrefix(twice)
	}
	outside, err := set.IPSet()
	if err != nil {
		return nil, nil // ranges of a policy are valid; without them nobody is let in
	}
	allowed = outside.Prefixes()
	for _, twice := range lookedUpTwice() {
		within := netipx.RangeOfPrefix(twice)
		for _, r := range allowedRanges(policy) {
			if part, overlap := intersection(r, within); overlap {
				allowed = part.AppendPrefixes(allowed)
			}
		}
		if !slices.Contains(allowed, twice) {
			denied = append(denied, twice)
		}
	}
	slices.SortFunc(allowed, comparePrefixes)
	return allowed, denied
}

func comparePrefixes(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) }

func intersection(a, b netipx.IPRange) (netipx.IPRange, bool) {
	r := netipx.IPRangeFrom(slices.MaxFunc([]netip.Addr{a.From(), b.From()}, netip.Addr.Compare), slices.MinFunc([]netip.Addr{a.To(), b.To()}, netip.Addr.Compare))
	return r, r.IsValid()
}
