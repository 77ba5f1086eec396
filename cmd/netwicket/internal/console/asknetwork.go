package console

import (
	"math/bits"
	"net/netip"
	"slices"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/impact"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/addrnum"
)

// networkAnswer is what is decided about the addresses of a network, each alone.
type networkAnswer struct {
	Network netipx.IPRange
	Totals  []networkTotal // by verdict and reason, deny first
	Ranges  []networkRange // in address order
	Rest    int            // ranges that are not among Ranges
}

type networkTotal struct {
	decide.Outcome
	size impact.Size
}

// Size is how many addresses of IPv4 there are, or /64 networks of IPv6.
func (t *networkTotal) Size() string { return sizeOf(&t.size) }

type networkRange struct {
	netipx.IPRange
	decide.Decision
}

// Size is as of a total.
func (r *networkRange) Size() string {
	var size impact.Size
	size.Add(r.IPRange)
	return sizeOf(&size)
}

// Link asks about the first address.
func (r *networkRange) Link() string { return askLink(r.From().String(), "") }

// mostRanges is how many ranges are shown one by one.
const mostRanges = 200

func answerNetwork(on *subject, network netipx.IPRange) *networkAnswer {
	a := &networkAnswer{Network: network}
	for r, d := range on.Control.Policy.RangesIn(network) {
		a.add(r, d)
	}
	slices.SortStableFunc(a.Totals, func(one, other networkTotal) int {
		return int(one.Verdict) - int(other.Verdict)
	})
	return a
}

func (a *networkAnswer) add(r netipx.IPRange, d decide.Decision) {
	outcome := decide.Outcome{Verdict: d.Verdict, Reason: d.Reason}
	at := slices.IndexFunc(a.Totals, func(t networkTotal) bool { return t.Outcome == outcome })
	if at < 0 {
		at = len(a.Totals)
		a.Totals = append(a.Totals, networkTotal{Outcome: outcome})
	}
	a.Totals[at].size.Add(r)
	if len(a.Ranges) < mostRanges {
		a.Ranges = append(a.Ranges, networkRange{r, d})
	} else {
		a.Rest++
	}
}

// IPv6 says that sizes are those of /64 networks.
func (a *networkAnswer) IPv6() bool { return a.Network.From().Is6() }

// Map is where the network is on the map.
func (a *networkAnswer) Map() string {
	if prefix, ok := a.Network.Prefix(); ok {
		return mapPrefixLink(prefix)
	}
	return mapLink(a.Network.From())
}

func sizeOf(size *impact.Size) string {
	if size.IPv4 > 0 {
		return grouped(size.IPv4)
	}
	return grouped(size.Networks6())
}

// around is the largest range around an address about which the decision is the same;
// the zero IPRange where it cannot be told, as within Teredo.
//
//	     |<----- the last range up to addr ----->addr<----- the first from addr ----->|
//	|--- as far down as it has to be looked ---->|
func around(policy *decide.Policy, addr netip.Addr) netipx.IPRange {
	family := addrnum.FamilyOf(addr)
	judgment, first, last := policy.Decide(addr).Judgment, addr, addr
	for r, d := range policy.RangesIn(netipx.IPRangeFrom(addr, family.Addr(family.Last()))) {
		if d.Judgment != judgment {
			return netipx.IPRange{}
		}
		last = r.To()
		break
	}
	for step := uint(8); ; step += 4 {
		from := down(addr, step)
		for r := range policy.RangesIn(netipx.IPRangeFrom(from, addr)) {
			first = r.From()
		}
		if first != from || from == family.Addr(addrnum.Number{}) {
			return netipx.IPRangeFrom(first, last)
		}
	}
}

// down is the address 2^steps before another one, or the first that there is.
func down(addr netip.Addr, steps uint) netip.Addr {
	number, family := addrnum.From(addr), addrnum.FamilyOf(addr)
	if int(steps) >= addr.BitLen() {
		return family.Addr(addrnum.Number{})
	}
	less := addrnum.Number{Lo: 1}.ShiftLeft(steps)
	if number.Less(less) {
		return family.Addr(addrnum.Number{})
	}
	low, borrow := bits.Sub64(number.Lo, less.Lo, 0)
	high, _ := bits.Sub64(number.Hi, less.Hi, borrow)
	return family.Addr(addrnum.Number{Hi: high, Lo: low})
}
