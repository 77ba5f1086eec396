package workload

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// drawn is of the real data where it is there, made is not. All tests share them: an
// internet takes seconds to open or to make, and so does each policy on it.
var (
	drawn Suite
	made  = sync.OnceValue(func() *Suite {
		if _, err := Directory(); err != nil {
			return &drawn
		}
		return &Suite{internet: generate()}
	})
)

func TestPolicyHasTheStatedShape(t *testing.T) {
	suite := &drawn
	for _, n := range []int{1, 10, 100, 1000} {
		t.Run(fmt.Sprintf("zones=%d", n), func(t *testing.T) {
			config := suite.Config(t, n)
			ip, dynamic := split(config.Zones[0].Zones)
			require.Len(t, config.Zones[0].Zones, n)
			require.Len(t, ip, max(1, n*6/10))
			families := map[bool]int{}
			for i, z := range ip {
				require.Len(t, z.Gateways, 150, z.Name)
				require.Equal(t, i%3 == 2, z.Blocklist, z.Name)
				require.True(t, z.Active)
				for _, entry := range z.Gateways {
					families[entry.Range.From().Is4()]++
				}
			}
			require.Len(t, families, 2, "ranges of both families")
			withProxies := 0
			for _, z := range ip {
				if len(z.Proxies) > 0 {
					require.Len(t, z.Proxies, 20)
					require.False(t, z.Blocklist)
					withProxies++
				}
			}
			require.Equal(t, (len(ip)+9)/10, withProxies)
			for i, z := range dynamic {
				require.Equal(t, i%4 == 3, z.Blocklist, z.Name)
				require.Equal(t, i%4, kindOf(z), z.Name)
			}

			rules := config.Rules[0].Rules
			require.Len(t, rules, max(1, n/5))
			last := len(rules) - 1
			for i, rule := range rules[:last] {
				require.Equal(t, i%2 == 0, len(rule.Network.Include) > 0, rule.Name)
				require.Equal(t, i%2 == 1, len(rule.Network.Exclude) > 0, rule.Name)
			}
			require.Equal(t, zone.Anywhere, rules[last].Network.Connection)
			require.True(t, rules[last].Allow)

			require.Len(t, config.SailPoint.Range, 100)
			require.Len(t, config.SailPoint.Geolocation, 20)
			require.False(t, config.SailPoint.Allowlist)
		})
	}
}

func split(zones []zone.Zone) (ip, dynamic []zone.Zone) {
	for _, z := range zones {
		if z.Type == zone.IP {
			ip = append(ip, z)
		} else {
			dynamic = append(dynamic, z)
		}
	}
	return ip, dynamic
}

func kindOf(z zone.Zone) int {
	switch {
	case z.Locations.Defined():
		return 0
	case z.ASNs.Defined():
		return 1
	case z.Proxy != zone.ProxyUnset:
		return 2
	default:
		return 3
	}
}

// Benchmarks on a policy that answers everybody alike would measure little. The
// generated data is held to that where there is real data, too.
func TestPolicyTellsClientsApart(t *testing.T) {
	for name, suite := range map[string]*Suite{"any": &drawn, "generated": made()} {
		policy := suite.Policy(t, ChainZones)
		for _, family := range []Family{IPv4, IPv6} {
			reasons := map[decide.Reason]int{}
			for _, addr := range suite.Addresses(t, family) {
				reasons[policy.Decide(addr).Reason]++
			}
			t.Logf("%s data, IPv%d: %v", name, family, reasons)
			for _, reason := range []decide.Reason{decide.Blocklisted, decide.RuleMatched, decide.OffNetwork, decide.UntrustedGeography, decide.Permitted} {
				require.Greater(t, reasons[reason], AddressCount/200, "%s data, IPv%d: %s", name, family, reason)
			}
		}
	}
}

func TestHalfOfTheAnnouncedSpaceIsOnNetwork(t *testing.T) {
	suite := &drawn
	policy := suite.Policy(t, ChainZones)
	for _, family := range []Family{IPv4, IPv6} {
		on := 0
		for _, addr := range suite.Addresses(t, family) {
			membership := policy.Match([]netip.Addr{addr})
			if membership.OnNetwork() == decide.Match {
				on++
			}
		}
		require.InDelta(t, 0.5, float64(on)/AddressCount, 0.1, "IPv%d", family)
	}
}

func TestChainsAreProxiesAndThenTheClient(t *testing.T) {
	suite := &drawn
	policy := suite.Policy(t, ChainZones)
	clients := suite.Addresses(t, IPv4)
	for _, hops := range []int{1, 2, 3, 5} {
		chains := suite.Chains(t, hops)
		require.Len(t, chains, hops*AddressCount)
		for i, client := range clients {
			if got := policy.DecideChain(chains[i*hops : (i+1)*hops]).Client; got != client {
				t.Fatalf("%d hops: chain %d: the client is %v, not %v", hops, i, got, client)
			}
		}
	}
}

// The same seeds give the same documents: results of different runs compare.
func TestDocumentsAreDeterministic(t *testing.T) {
	first, second := &drawn, &Suite{}
	a, b := first.Documents(t, 10), second.Documents(t, 10)
	require.True(t, bytes.Equal(a.Zones, b.Zones) && bytes.Equal(a.Rules, b.Rules) && bytes.Equal(a.SailPoint, b.SailPoint))
	require.Equal(t, first.Addresses(t, IPv6), second.Addresses(t, IPv6))
}

func TestDatabasesAreReadAsWritten(t *testing.T) {
	db := newDatabase("GeoLite2-Country")
	us := db.record(fields{{"country", fields{{"iso_code", "US"}}}})
	de := db.record(fields{{"country", fields{{"iso_code", "DE"}}}})
	var outers []int
	with := func(record int) func(int) int {
		return func(outer int) int {
			outers = append(outers, outer)
			return record
		}
	}
	db.add4(prefix4{0x01000000, 8}, with(us))
	db.add4(prefix4{0x01020300, 24}, with(de))
	db.add6(prefix6{0x2a00_0000_0000_0000, 0, 16}, with(us))
	db.add6(prefix6{0x2a00_0001_0000_0000, 5, 128}, with(de))
	require.Equal(t, []int{nothing, us, nothing, us}, outers)
	table, err := geo.Load(geo.Source{File: "made", Data: db.encode(), Kind: geo.MMDB})
	require.NoError(t, err)
	for text, country := range map[string]string{
		"0.255.255.255": "", "1.0.0.0": "US", "1.2.2.255": "US", "1.2.3.0": "DE", "1.2.3.255": "DE", "1.2.4.0": "US", "2.0.0.0": "",
		"2a00::": "US", "2a00:1::4": "US", "2a00:1::5": "DE", "2a00:1::6": "US", "2a01::": "",
	} {
		require.Equal(t, country, table.Lookup(netip.MustParseAddr(text)).Country, text)
	}
}

// The generated internet stands in for the real one, so that it must have its size.
func TestGeneratedInternetHasTheSizeOfTheRealOne(t *testing.T) {
	in := made().Internet(t)
	require.InEpsilon(t, 901_899, in.Announced(IPv4), 0.01)
	require.InEpsilon(t, 160_147, in.Announced(IPv6), 0.01)
	table := made().Table(t)
	require.Equal(t, geo.Country|geo.ASN|geo.AnonymizerField|geo.ServicesField, table.Provides())
	known := 0
	for _, addr := range in.Addresses(IPv4) {
		if at := table.Lookup(addr); at.Country != "" && at.ASNKnown {
			known++
		}
	}
	require.Greater(t, known, AddressCount/2)
	for i, dataset := range table.Datasets() {
		require.InEpsilon(t, []int{246_352, 670_062, 84_839}[i], dataset.Networks, 0.2, dataset.Type)
		t.Logf("%s: %d networks", dataset.Type, dataset.Networks)
	}
	info := made().Policy(t, ChainZones).Info()
	t.Logf("%d and %d intervals, %d classes, %d and %d bytes", info.Intervals4, info.Intervals6, info.Classes, info.TableBytes4, info.TableBytes6)
}

func TestPartitionCoversTheFamily(t *testing.T) {
	in := &Internet{}
	random := rand.New(rand.NewPCG(7, 7))
	for range 1000 {
		in.v4 = append(in.v4, prefix4{random.Uint32() &^ 0xff, 24})
	}
	parts := in.partition(IPv4, 10)
	require.Len(t, parts, 10)
	next := netip.IPv4Unspecified()
	for _, part := range parts {
		require.Equal(t, next, part.Addr())
		addresses := uint32(uint64(1)<<(32-part.Bits()) - 1)
		last := part.Addr().As4()
		end := uint32(last[0])<<24 | uint32(last[1])<<16 | uint32(last[2])<<8 | uint32(last[3]) + addresses
		next = addr4(end).Next()
	}
	require.False(t, next.IsValid(), "the last part ends with the last address")
}

func TestPartitionGoesOnWhereSingleNetworksAreLeft(t *testing.T) {
	in := &Internet{v4: []prefix4{{0x0a000000, 24}, {0x0a000000, 25}, {0x0a000000, 32}}} // all begin at one address
	parts := in.partition(IPv4, 100)
	require.Len(t, parts, 100)
	for i, part := range parts {
		require.True(t, part.IsValid() && part == part.Masked(), part)
		require.True(t, i == 0 || !part.Overlaps(parts[i-1]), part)
	}
}

func TestDocumentsGrowWithTheirNumber(t *testing.T) {
	suite := &drawn
	in, table := suite.Internet(t), suite.Table(t)

	network := in.Network(1000, table)
	require.Len(t, network.Range, 1000)
	require.Len(t, network.Geolocation, 20)

	documents := in.ManyRules(10, 500, table)
	config, err := documents.Parse()
	require.NoError(t, err)
	require.Len(t, config.Zones[0].Zones, 10)
	require.Len(t, config.Rules[0].Rules, 500)
	for _, rule := range config.Rules[0].Rules[:499] {
		require.Len(t, rule.Network.Include, 1)
	}

	feed, err := zone.ParseFeed("feed.txt", Feed(5000))
	require.NoError(t, err)
	require.Len(t, feed.Entries, 5000)

	documents = in.Documents(2000, table)
	config, err = documents.Parse()
	require.NoError(t, err)
	for _, rule := range config.Rules[0].Rules {
		require.LessOrEqual(t, len(rule.Network.Exclude), excludedAtMost)
	}
}
