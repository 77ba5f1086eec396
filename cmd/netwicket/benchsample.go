package main

import (
	"math/bits"
	"math/rand/v2"
	"net/netip"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/zone"
)

// benchSample is where bench draws its addresses from. They are always the same
// for the same policy, so that two runs can be compared.
type benchSample struct {
	random  *rand.Rand
	ranges  [2][]netipx.IPRange // by family
	proxies []netipx.IPRange
}

const (
	benchAddresses = 1 << 16
	// benchRanges is how many networks of the databases are kept to draw from.
	benchRanges = 1 << 16
)

// Clients' IPv6 addresses are global unicast. Elsewhere, and in 6to4 and Teredo,
// databases repeat IPv4: network by network that would be most of what is drawn.
var (
	globalUnicast = netip.MustParsePrefix("2000::/3")
	sixToFour     = netip.MustParsePrefix("2002::/16")
	teredo        = netip.MustParsePrefix("2001::/32")
)

func newBenchSample(config decide.Config) *benchSample {
	s := &benchSample{random: rand.New(rand.NewPCG(1, 1))}
	s.addNetworks(config.Geo, benchRanges)
	for _, document := range config.Zones {
		for i := range document.Zones {
			z := &document.Zones[i]
			s.addEntries(z.Gateways)
			s.addEntries(z.Proxies)
			if z.TrustsProxies() {
				for _, entry := range z.Proxies {
					s.proxies = append(s.proxies, entry.Range)
				}
			}
		}
	}
	if config.SailPoint != nil {
		s.addEntries(config.SailPoint.Range)
	}
	for family, whole := range []netip.Prefix{netip.PrefixFrom(netip.IPv4Unspecified(), 0), globalUnicast} {
		if len(s.ranges[family]) == 0 {
			s.ranges[family] = []netipx.IPRange{netipx.RangeOfPrefix(whole)}
		}
	}
	return s
}

func (s *benchSample) addEntries(entries []zone.Entry) {
	for _, entry := range entries {
		family := addrnum.FamilyOf(entry.Range.From())
		s.ranges[family] = append(s.ranges[family], entry.Range)
	}
}

// addNetworks keeps a random part of the networks that the databases know, at most so many of
// a family, each as likely as any other (Vitter, Random Sampling with a Reservoir, algorithm R).
func (s *benchSample) addNetworks(table *geo.Table, most int) {
	var seen [2]int
	for network, at := range table.All() {
		first := network.From()
		if at.Country == "" && !at.ASNKnown {
			continue
		}
		if first.Is6() && (!globalUnicast.Contains(first) || sixToFour.Contains(first) || teredo.Contains(first)) {
			continue
		}
		family := addrnum.FamilyOf(first)
		seen[family]++
		if len(s.ranges[family]) < most {
			s.ranges[family] = append(s.ranges[family], network)
		} else if at := s.random.IntN(seen[family]); at < most {
			s.ranges[family][at] = network
		}
	}
}

func (s *benchSample) addresses(family addrnum.Family) []netip.Addr {
	drawn := make([]netip.Addr, benchAddresses)
	for i := range drawn {
		drawn[i] = s.addressIn(s.ranges[family][s.random.IntN(len(s.ranges[family]))])
	}
	return drawn
}

// chains puts the clients behind zone proxies, or where there are none puts other
// addresses behind the clients. The chains lie one behind the other.
func (s *benchSample) chains(clients []netip.Addr, hops int) (chains []netip.Addr, ofProxies bool) {
	ofProxies = len(s.proxies) > 0
	for _, client := range clients {
		if !ofProxies {
			chains = append(chains, client)
		}
		for range hops - 1 {
			if ofProxies {
				chains = append(chains, s.addressIn(s.proxies[s.random.IntN(len(s.proxies))]))
			} else {
				chains = append(chains, clients[s.random.IntN(len(clients))])
			}
		}
		if ofProxies {
			chains = append(chains, client)
		}
	}
	return chains, ofProxies
}

// addressIn draws an address of a range: its first address plus a random number,
// drawn again until it does not lead beyond the last.
func (s *benchSample) addressIn(r netipx.IPRange) netip.Addr {
	first, last := addrnum.From(r.From()), addrnum.From(r.To())
	sizeLo, borrow := bits.Sub64(last.Lo, first.Lo, 0)
	sizeHi, _ := bits.Sub64(last.Hi, first.Hi, borrow)
	maskHi, maskLo := maskOf(sizeHi), ^uint64(0)
	if sizeHi == 0 {
		maskLo = maskOf(sizeLo)
	}
	for {
		hi, lo := s.random.Uint64()&maskHi, s.random.Uint64()&maskLo
		if hi > sizeHi || hi == sizeHi && lo > sizeLo {
			continue
		}
		lo, carry := bits.Add64(first.Lo, lo, 0)
		hi, _ = bits.Add64(first.Hi, hi, carry)
		return addrnum.FamilyOf(r.From()).Addr(addrnum.Number{Hi: hi, Lo: lo})
	}
}

// maskOf has all bits from the highest of size down.
func maskOf(size uint64) uint64 { return uint64(1)<<bits.Len64(size) - 1 }
