package spacemap

import (
	"iter"
	"net/netip"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
)

// outcome is what is said of a range: a decision, or two that are compared. It is
// comparable.
type outcome struct {
	after, before decide.Decision // before is the zero Decision unless two policies are compared
	none          bool            // addresses that are none of their family: IPv4-mapped ones
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

// newSpace reads the ranges of a policy, or of two side by side.
func newSpace(policy, old *decide.Policy, compare bool) *space {
	s := &space{}
	ids := make(map[outcome]int)
	id := func(o outcome) int {
		known, found := ids[o]
		if !found {
			known = len(s.outcomes)
			ids[o] = known
			s.outcomes = append(s.outcomes, o)
		}
		return known
	}
	next := netip.IPv4Unspecified()
	for r, o := range outcomes(policy, old, compare) {
		list := &s.v4
		if r.From().Is6() {
			if next.Is4() || !next.IsValid() { // the address after the last one of IPv4
				next = netip.IPv6Unspecified()
			}
			list = &s.v6
		}
		if r.From() != next {
			*list = append(*list, segment{next, id(outcome{none: true})})
		}
		known := id(o)
		if last := len(*list) - 1; last < 0 || (*list)[last].outcome != known {
			*list = append(*list, segment{r.From(), known})
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
		sideBySide(policy, old, yield)
	}
}

// sideBySide cuts the ranges of both policies at the edges of either. Both leave
// out the same addresses.
func sideBySide(policy, old *decide.Policy, yield func(netipx.IPRange, outcome) bool) {
	pull, stop := iter.Pull2(old.Ranges())
	defer stop()
	other, before, more := pull()
	for r, after := range policy.Ranges() {
		for from := r.From(); more; {
			to := r.To()
			if other.To().Less(to) {
				to = other.To()
			}
			o := outcome{after: plain(after), before: plain(before)}
			if !yield(netipx.IPRangeFrom(from, to), o) {
				return
			}
			if other.To() == to {
				other, before, more = pull()
			}
			if r.To() == to {
				break
			}
			from = to.Next()
		}
	}
}

// plain leaves of a decision what a comparison is about. Zones of two policies
// are never the same.
func plain(d decide.Decision) decide.Decision {
	return decide.Decision{Verdict: d.Verdict, Reason: d.Reason, Reasons: d.Reasons}
}
