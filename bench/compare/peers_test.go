package compare

import (
	"net/http"
	"net/netip"
	"runtime"
	"testing"

	"github.com/netwicket/netwicket/bench/workload"
)

// peer is one contestant. It goes round the addresses, whose number is a power of
// two, in a loop of its own, so that no peer pays for a call through an interface.
type peer struct {
	name  string
	build func(testing.TB) looper
}

type looper interface {
	loop(*testing.B, []netip.Addr)
}

var families = []struct {
	name   string
	family workload.Family
}{{"v4", workload.IPv4}, {"v6", workload.IPv6}}

// BenchmarkPeers is one decision about one address by the policy of 100 zones, or
// the part of it that the peer can do; the package comment says which. netwicket-1000
// has a policy of 1,000 zones.
func BenchmarkPeers(b *testing.B) {
	run(b, []peer{
		{"netwicket", func(tb testing.TB) looper { return engine{suite.Policy(tb, workload.ChainZones)} }},
		{"netwicket-1000", func(tb testing.TB) looper { return engine{suite.Policy(tb, 1000)} }},
		{"bart-fast", func(tb testing.TB) looper { return newBartFast(tb, suite.Internet(tb)) }},
		{"bart-lite", func(tb testing.TB) looper { return newBartLite(tb, suite.Internet(tb)) }},
		{"netipx-loop", func(tb testing.TB) looper { return newNetipxLoop(tb, policyModel(tb)) }},
		{"mmdb3", func(tb testing.TB) looper { return openDatabases(tb, suite.Internet(tb)) }},
		{"mmdb3-memo", func(tb testing.TB) looper { return newMemo(tb, suite.Internet(tb)) }},
		{"composition", func(tb testing.TB) looper { return newComposition(tb, suite.Internet(tb), policyModel(tb), false) }},
		{"composition-lazy", func(tb testing.TB) looper { return newComposition(tb, suite.Internet(tb), policyModel(tb), true) }},
		{"cidranger", func(tb testing.TB) looper { return newRanger(tb, policyModel(tb)) }},
		{"critbit", func(tb testing.TB) looper { return newCritbit(tb, policyModel(tb)) }},
		{"coredns-tree", func(tb testing.TB) looper { return newCoreDNSTree(policyModel(tb)) }},
		{"caddy-remote-ip", func(tb testing.TB) looper { return newRemoteIP(policyModel(tb)) }},
		{"iploc", func(testing.TB) looper { unpackIPLocation(); return ipLocation{} }},
		{"cedar", func(tb testing.TB) looper { return newCedarPolicy(tb, suite.Internet(tb), policyModel(tb)) }},
		{"opa", func(tb testing.TB) looper { return newOPAPolicy(tb, suite.Internet(tb), policyModel(tb)) }},
	})
}

// BenchmarkGeoPeers is what is known of one address: by netwicket-geo, mmdb3 and
// mmdb3-memo country, ASN and anonymizer, by the others the country.
func BenchmarkGeoPeers(b *testing.B) {
	run(b, []peer{
		{"netwicket-geo", func(tb testing.TB) looper { return geoTable{suite.Table(tb)} }},
		{"mmdb-country", func(tb testing.TB) looper { return countryDatabase{openDatabase(tb, suite.Internet(tb).Sources[0])} }},
		{"mmdb3", func(tb testing.TB) looper { return openDatabases(tb, suite.Internet(tb)) }},
		{"mmdb3-memo", func(tb testing.TB) looper { return newMemo(tb, suite.Internet(tb)) }},
		{"iploc", func(testing.TB) looper { unpackIPLocation(); return ipLocation{} }},
	})
}

// run builds each peer inside its own sub-benchmark, so that a filter does not
// pay for the rest.
func run(b *testing.B, peers []peer) {
	for _, p := range peers {
		b.Run(p.name, func(b *testing.B) {
			built := p.build(b)
			for _, f := range families {
				b.Run(f.name, func(b *testing.B) {
					addresses := suite.Addresses(b, f.family)
					b.ReportAllocs()
					built.loop(b, addresses)
				})
			}
		})
	}
}

// BenchmarkResolvePeers finds the client behind two trusted proxies; in
// attack-100k behind 100,000 addresses that the client made up as well.
func BenchmarkResolvePeers(b *testing.B) {
	for _, r := range resolvers {
		b.Run(r.name, func(b *testing.B) {
			b.Run("xff-3", func(b *testing.B) { benchmarkResolver(b, r, suite.XFF3(b)) })
			b.Run("attack-100k", func(b *testing.B) { benchmarkResolver(b, r, suite.Attack100K(b)) })
		})
	}
}

func benchmarkResolver(b *testing.B, r resolver, from []workload.Request) {
	resolve, requests := r.build(b), httpRequests(from)
	b.ReportAllocs()
	found, i := 0, 0
	clock := workload.StartClock(b)
	for b.Loop() {
		client, text := resolve(requests[i&(len(requests)-1)])
		if client.IsValid() || text != "" {
			found++
		}
		i++
	}
	clock.Report()
	runtime.KeepAlive(found)
}

// httpRequests are the requests as a server would have read them.
func httpRequests(from []workload.Request) []*http.Request {
	requests := make([]*http.Request, len(from))
	for i, r := range from {
		requests[i] = &http.Request{Method: http.MethodGet, RemoteAddr: r.RemoteAddr, Header: r.Header}
	}
	return requests
}
