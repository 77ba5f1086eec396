package spacemap

import (
	"iter"
	"net/netip"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/addrnum"
)

// outcome is what is said of a range: a decision, or two that are compared, and
// whether it counts. It is comparable.
type outcome struct {
	after, before decide.Decision // before is the zero Decision unless two policies are compared
	ground        ground
}

// segment is a range of addresses with one outcome. It ends where the next one
// begins.
type segment struct {
	first   netip.Addr
	outcome int
}

// space is both address spaces cut into segments.
type space struct {
	outcomes []outcome
	v4, v6   []segment
}

// newSpace reads the ranges of a policy, or of two side by side, cut where grounds
// begin and end.
func newSpace(policy, old *decide.Policy, compare bool, grounds []grounded) *space {
	s := &space{}
	ids := make(map[outcome]int)
	add := func(first netip.Addr, o outcome) {
		known, found := ids[o]
		if !found {
			known = len(s.outcomes)
			ids[o] = known
			s.outcomes = append(s.outcomes, o)
		}
		list := &s.v4
		if first.Is6() {
			list = &s.v6
		}
		if last := len(*list) - 1; last < 0 || (*list)[last].outcome != known {
			*list = append(*list, segment{first, known})
		}
	}
	next := netip.IPv4Unspecified()
	for r, o := range outcomes(policy, old, compare) {
		if r.From().Is6() && !next.Is6() { // the address after the last one of IPv4
			next = netip.IPv6Unspecified()
		}
		if r.From() != next {
			add(next, outcome{ground: unmapped})
		}
		for len(grounds) > 0 && grounds[0].addresses.To().Less(r.From()) {
			grounds = grounds[1:]
		}
		from := r.From()
		for i := 0; i < len(grounds) && !r.To().Less(grounds[i].addresses.From()); i++ {
			g := grounds[i]
			if from.Less(g.addresses.From()) {
				add(from, o)
				from = g.addresses.From()
			}
			inside := o
			inside.ground = g.ground
			add(from, inside)
			from = g.addresses.To().Next()
		}
		if from.IsValid() && !r.To().Less(from) {
			add(from, o)
		}
		next = r.To().Next()
	}
	return s
}

// outcomes ranges over the address space in order.
func outcomes(policy, old *decide.Policy, compare bool) iter.Seq2[netipx.IPRange, outcome] {
	return func(yield func(netipx.IPRange, outcome) bool) {
		if !compare {
			for r, d := range policy.Ranges() {
				if !yield(r, outcome{after: d}) {
					return
				}
			}
			return
		}
		for r, d := range decide.SideBySide(old, policy) {
			if !yield(r, outcome{after: plain(d[1]), before: plain(d[0])}) {
				return
			}
		}
	}
}

// plain leaves of a decision what a comparison is about. Zones of two policies
// are never the same.
func plain(d decide.Decision) decide.Decision {
	return decide.Decision{Judgment: decide.Judgment{Verdict: d.Verdict, Reason: d.Reason, Reasons: d.Reasons}}
}

// lastOf is the last address of a segment.
func lastOf(segments []segment, i int) netip.Addr {
	if i+1 < len(segments) {
		return segments[i+1].first.Prev()
	}
	family := addrnum.FamilyOf(segments[i].first)
	return family.Addr(family.Last())
}

// sizeOf is how many addresses a segment has: exact in IPv4, and to 53 bits in
// IPv6.
func sizeOf(segments []segment, i int) float64 {
	return distance(addrnum.From(segments[i].first), addrnum.From(lastOf(segments, i))) + 1
}
