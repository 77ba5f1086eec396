package compare

import (
	"net"
	"net/netip"
	"os"
	"testing"

	"github.com/phuslu/iploc"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// addresses are an eighth of those of the benchmarks, in the proofs all, and those where
// implementations differ if they do.
func addresses(tb testing.TB) []netip.Addr {
	return append(few(tb, workload.AddressCount/sample(8)), edges(tb)...)
}

// sample is one in how many an ordinary run takes; the proofs take all.
func sample(one int) int {
	if os.Getenv("NETWICKET_PROVE") != "" {
		return 1
	}
	return one
}

// edges are the first and last addresses of a quarter of the zones' ranges, in the proofs
// of all, and their neighbours.
func edges(tb testing.TB) []netip.Addr {
	var all []netip.Addr
	add := func(entries []zone.Entry) {
		for i, entry := range entries {
			if i%sample(4) != 0 {
				continue
			}
			for _, addr := range []netip.Addr{
				entry.Range.From(), entry.Range.From().Prev(), entry.Range.To(), entry.Range.To().Next(),
			} {
				if addr.IsValid() {
					all = append(all, addr)
				}
			}
		}
	}
	config := suite.Config(tb, workload.ChainZones)
	for _, z := range config.Zones[0].Zones {
		add(z.Gateways)
		add(z.Proxies)
	}
	add(config.SailPoint.Range)
	return all
}

// isAlias says that MaxMind's databases answer for an address with the IPv4
// address inside it, by pointing back into the tree, not by a network of its own.
func isAlias(addr netip.Addr) bool {
	return addr.Is6() && (teredo.Contains(addr) || sixToFour.Contains(addr))
}

// isChosen says that netwicket takes no database's word about an address: the
// client chooses the IPv4 address in it (docs/semantics.md, embedded-5).
func isChosen(addr netip.Addr) bool {
	return addr.Is6() && (teredo.Contains(addr) || compatible.Contains(addr))
}

func TestBartFastKnowsTheSameCountry(t *testing.T) {
	fast, table := newBartFast(t, suite.Internet(t)), suite.Table(t)
	for _, addr := range addresses(t) {
		if isAlias(addr) {
			continue
		}
		got, _ := fast.Lookup(addr)
		if want := codeOf(table.Lookup(addr).Country); got != want {
			t.Fatalf("%v: %d, netwicket says %d", addr, got, want)
		}
	}
}

func TestBartLiteKnowsTheSameCountries(t *testing.T) {
	lite, table := newBartLite(t, suite.Internet(t)), suite.Table(t)
	for _, addr := range addresses(t) {
		if isAlias(addr) {
			continue
		}
		if got, want := lite.Contains(addr), table.Lookup(addr).Country != ""; got != want {
			t.Fatalf("%v: %t, netwicket says %t", addr, got, want)
		}
	}
}

func TestDatabasesSayTheSame(t *testing.T) {
	databases, table := openDatabases(t, suite.Internet(t)), suite.Table(t)
	memo := newMemo(t, suite.Internet(t))
	country := countryDatabase{databases.country}
	for _, addr := range addresses(t) {
		if isChosen(addr) {
			continue
		}
		got, err := databases.lookup(addr)
		require.NoError(t, err)
		want := table.Lookup(addr)
		if got.country != want.Country || got.asn != want.ASN || got.anonymizer() != want.Anonymizer.String() ||
			got.Tor != offersAny(want.Services, geo.TorService) || got.proxyOrVPN() != offersAny(want.Services, geo.VPN, geo.Proxy) {
			t.Fatalf("%v: %+v, netwicket says %+v", addr, got, want)
		}
		for _, time := range []string{"first", "second"} {
			remembered, err := memo.lookup(addr)
			require.NoError(t, err)
			if remembered != got {
				t.Fatalf("%v: the %s time %+v, without memory %+v", addr, time, remembered, got)
			}
		}
		var record countryRecord
		require.NoError(t, country.Lookup(addr).Decode(&record))
		if record.code() != want.Country {
			t.Fatalf("%v: %s, netwicket says %s", addr, record.code(), want.Country)
		}
	}
}

func offersAny(services geo.Services, kinds ...geo.ServiceType) bool {
	for service := range services.All() {
		for _, kind := range kinds {
			if service.Type == kind {
				return true
			}
		}
	}
	return false
}

func TestIPZonesAreTheSame(t *testing.T) {
	m, policy := policyModel(t), suite.Policy(t, workload.ChainZones)
	loop, remote := newNetipxLoop(t, m), newRemoteIP(m)
	byIP := map[string]interface {
		zones(net.IP) (zoneSet, error)
	}{"cidranger": newRanger(t, m), "critbit": newCritbit(t, m), "coredns-tree": newCoreDNSTree(m)}
	inAny := 0
	for _, addr := range addresses(t) {
		var want zoneSet
		membership, at, place := policy.Match([]netip.Addr{addr}), 0, 0
		for _, state := range membership.Zones() {
			if m.zones[at].isIP() {
				if state == decide.Match {
					want |= 1 << place
				}
				place++
			}
			at++
		}
		if got := loop.zones(addr); got != want {
			t.Fatalf("netipx: %v is in %060b, netwicket says %060b", addr, got, want)
		}
		for name, peer := range byIP {
			got, err := peer.zones(addr.AsSlice())
			require.NoError(t, err)
			if got != want {
				t.Fatalf("%s: %v is in %060b, netwicket says %060b", name, addr, got, want)
			}
		}
		inSome, err := remote.matches(peerOf(addr))
		require.NoError(t, err)
		if inSome != (want != 0) {
			t.Fatalf("remote_ip: %v is in a zone: %t, netwicket says %060b", addr, inSome, want)
		}
		if want != 0 {
			inAny++
		}
	}
	require.Greater(t, inAny, 1000)
}

// allower is a peer that decides.
type allower interface {
	allow(netip.Addr) (bool, error)
}

// requireSameDecisions says how many addresses were allowed: a policy that
// denies everybody would agree too easily.
func requireSameDecisions(t *testing.T, peer allower, asked []netip.Addr) {
	t.Helper()
	policy, allowed := suite.Policy(t, workload.ChainZones), 0
	for _, addr := range asked {
		got, err := peer.allow(addr)
		require.NoError(t, err)
		want := policy.Decide(addr)
		if got != want.Allowed() {
			t.Fatalf("%v: allowed %t, netwicket says %v", addr, got, want)
		}
		if got {
			allowed++
		}
	}
	require.Greater(t, allowed, len(asked)/20)
	require.Less(t, allowed, len(asked)*19/20)
	t.Logf("%d of %d addresses allowed", allowed, len(asked))
}

func TestCompositionDecidesTheSame(t *testing.T) {
	in, m := suite.Internet(t), policyModel(t)
	// Of each kind of address that holds an IPv4 address, one of every client.
	var embedding []netip.Addr
	for _, client := range suite.Addresses(t, workload.IPv4)[:1<<13/sample(4)] {
		b := client.As4()
		embedding = append(embedding,
			netip.AddrFrom16([16]byte{0, 0x64, 0xff, 0x9b, 12: b[0], 13: b[1], 14: b[2], 15: b[3]}),
			netip.AddrFrom16([16]byte{0x20, 0x02, b[0], b[1], b[2], b[3]}),
			netip.AddrFrom16([16]byte{0x20, 0x01, 12: ^b[0], 13: ^b[1], 14: ^b[2], 15: ^b[3]}))
	}
	for _, lazy := range []bool{false, true} {
		peer := newComposition(t, in, m, lazy)
		requireSameDecisions(t, peer, addresses(t))
		for _, addr := range embedding {
			got, err := peer.allow(addr)
			require.NoError(t, err)
			if want := suite.Policy(t, workload.ChainZones).Decide(addr); got != want.Allowed() {
				t.Fatalf("%v: allowed %t, netwicket says %v", addr, got, want)
			}
		}
	}
}

// few are the first of the benchmarks' addresses.
func few(tb testing.TB, count int) []netip.Addr {
	return append(append([]netip.Addr{}, suite.Addresses(tb, workload.IPv4)[:count]...), suite.Addresses(tb, workload.IPv6)[:count]...)
}

func TestCedarDecidesTheSame(t *testing.T) {
	requireSameDecisions(t, newCedarPolicy(t, suite.Internet(t), policyModel(t)), few(t, 1<<10))
}

func TestOPADecidesTheSame(t *testing.T) {
	requireSameDecisions(t, newOPAPolicy(t, suite.Internet(t), policyModel(t)), few(t, 1<<7))
}

// iploc has data of its own: how often it agrees is of interest, that it does not
// always agree is no fault of either.
func TestIPLocShareOfAgreement(t *testing.T) {
	table := suite.Table(t)
	for _, f := range families {
		same, known := 0, 0
		for _, addr := range suite.Addresses(t, f.family) {
			country := table.Lookup(addr).Country
			if country == "" {
				continue
			}
			known++
			if iploc.IPCountry(addr) == country {
				same++
			}
		}
		t.Logf("%s: the same country for %.1f %% of %d addresses", f.name, 100*float64(same)/float64(known), known)
	}
}

func TestResolversFindTheSameClient(t *testing.T) {
	for _, r := range resolvers {
		resolve := r.build(t)
		for _, from := range [][]workload.Request{suite.XFF3(t), suite.Attack100K(t)} {
			for i, request := range httpRequests(from) {
				client, text := resolve(request)
				if text != "" {
					client = netip.MustParseAddr(text)
				}
				require.Equal(t, from[i].Client, client, r.name)
			}
		}
	}
}
