package decide_test

import (
	"net/netip"
	"slices"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/zone"
)

// elementary divides both address spaces at every address at which anything can
// begin or end: of every list of the documents, of the geo table, of the
// compiled table, and of all of these as seen through the IPv4 addresses that
// NAT64 and 6to4 embed. Inside one interval neither the compiled decision about
// a chain of one nor the naive one can change, so that one address of each
// stands for all. Only the embedded addresses of Teredo, whose bits run backwards,
// and of local NAT64, which stand behind 2^48 prefixes, are left to scattered.
type elementary struct {
	v4 []uint32         // where IPv4 intervals begin
	v6 []addrnum.Number // where IPv6 intervals begin
}

var (
	mappedBlock = netip.MustParsePrefix("::ffff:0:0/96")
	nat64Block  = netip.MustParsePrefix("64:ff9b::/96")
	sixToFour   = netip.MustParsePrefix("2002::/16")
	teredoBlock = netip.MustParsePrefix("2001::/32")
	localNAT64  = netip.MustParsePrefix("64:ff9b:1::/48")
)

// elementaryOf takes the documents from the Config, not from the policy: an
// edge that the compilation loses is an edge all the same.
func elementaryOf(config decide.Config, policy *decide.Policy) elementary {
	e := elementary{v4: []uint32{0}, v6: []addrnum.Number{{}}}
	for _, block := range []netip.Prefix{mappedBlock, nat64Block, sixToFour, teredoBlock, localNAT64} {
		e.add(netipx.RangeOfPrefix(block))
	}
	for _, list := range listsOf(config) {
		for i := range list {
			e.add(list[i].Range)
		}
	}
	for r := range config.Geo.All() {
		e.add(r)
	}
	for first := range policy.Intervals() {
		e.begin(first)
	}
	slices.Sort(e.v4)
	e.v4 = slices.Compact(e.v4)
	for _, v4 := range e.v4 {
		e.v6 = append(e.v6, addrnum.Number{Hi: 0x0064_ff9b_0000_0000, Lo: uint64(v4)}, addrnum.Number{Hi: 0x2002<<48 | uint64(v4)<<16, Lo: 0})
	}
	slices.SortFunc(e.v6, addrnum.Number.Compare)
	e.v6 = slices.Compact(e.v6)
	return e
}

// listsOf are all lists of addresses in the documents.
func listsOf(config decide.Config) [][]zone.Entry {
	var lists [][]zone.Entry
	for _, document := range config.Zones {
		for i := range document.Zones {
			lists = append(lists, document.Zones[i].Gateways, document.Zones[i].Proxies)
		}
	}
	for _, feed := range config.ThreatFeeds {
		lists = append(lists, feed.Entries)
	}
	if config.SailPoint != nil {
		lists = append(lists, config.SailPoint.Range)
	}
	if config.Overlay != nil {
		for _, entry := range slices.Concat(config.Overlay.Deny, config.Overlay.Allow) {
			lists = append(lists, []zone.Entry{entry.Entry})
		}
	}
	return lists
}

func (e *elementary) add(r netipx.IPRange) {
	if !r.IsValid() {
		return
	}
	e.begin(r.From())
	if next := r.To().Next(); next.IsValid() {
		e.begin(next)
	}
}

func (e *elementary) begin(addr netip.Addr) {
	if addr.Is4() {
		e.v4 = append(e.v4, addrnum.From4(addr))
		return
	}
	e.v6 = append(e.v6, addrnum.From6(addr))
}

// count is the number of intervals of both families; those of IPv4-mapped
// addresses, which are IPv4 addresses, are not counted.
func (e *elementary) count() (v4, v6 int) {
	for _, first := range e.v6 {
		if !mappedBlock.Contains(first.Addr6()) {
			v6++
		}
	}
	return len(e.v4), v6
}

// visit hands out the first and the last address of each interval.
func (e *elementary) visit(see func(first, last netip.Addr)) {
	for i, first := range e.v4 {
		last := ^uint32(0)
		if i+1 < len(e.v4) {
			last = e.v4[i+1] - 1
		}
		see(addrnum.Addr4(first), addrnum.Addr4(last))
	}
	for i, first := range e.v6 {
		last := addrnum.Number{Hi: ^uint64(0), Lo: ^uint64(0)}
		if i+1 < len(e.v6) {
			last = e.v6[i+1].Prev()
		}
		if from := first.Addr6(); !mappedBlock.Contains(from) {
			see(from, last.Addr6())
		}
	}
}

// scattered hands out, for each interval inside 2001::/32 and 64:ff9b:1::/48, one
// address for each IPv4 interval that its last 32 bits, in Teredo inverted, run
// through: with visit, that is every address of both.
func (e *elementary) scattered(see func(netip.Addr)) {
	e.visit(func(first, last netip.Addr) {
		if !teredoBlock.Contains(first) && !localNAT64.Contains(first) {
			return
		}
		from, to := addrnum.From6(first), addrnum.From6(last)
		const low = 1<<32 - 1
		fromBlock, toBlock := addrnum.Number{Hi: from.Hi, Lo: from.Lo &^ low}, addrnum.Number{Hi: to.Hi, Lo: to.Lo &^ low}
		if fromBlock == toBlock {
			e.behind(fromBlock, uint32(from.Lo), uint32(to.Lo), see)
			return
		}
		e.behind(fromBlock, uint32(from.Lo), low, see)
		e.behind(toBlock, 0, uint32(to.Lo), see)
		second := addrnum.Number{Hi: fromBlock.Hi, Lo: fromBlock.Lo + 1<<32}
		if second.Lo == 0 {
			second.Hi++
		}
		if second.Less(toBlock) {
			e.behind(second, 0, low, see)
		}
	})
}

// behind hands out one address of block for each IPv4 interval that the low 32
// bits from first to last stand for.
func (e *elementary) behind(block addrnum.Number, first, last uint32, see func(netip.Addr)) {
	from, to, mask := first, last, uint32(0)
	if teredoBlock.Contains(block.Addr6()) {
		from, to, mask = ^last, ^first, ^uint32(0)
	}
	i, found := slices.BinarySearch(e.v4, from)
	if !found {
		i--
	}
	for ; i < len(e.v4) && e.v4[i] <= to; i++ {
		embedded := max(e.v4[i], from)
		see(addrnum.Number{Hi: block.Hi, Lo: block.Lo | uint64(embedded^mask)}.Addr6())
	}
}
