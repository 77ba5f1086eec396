package bench

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/decide/gate"
)

// BenchmarkRequest is everything between an HTTP request's header and the
// decision about it: the resolver and a policy of 100 zones.
func BenchmarkRequest(b *testing.B) {
	for _, hops := range []int{1, 2, 3} {
		b.Run(fmt.Sprintf("hops=%d", hops), func(b *testing.B) {
			policy, resolver := suite.Policy(b, workload.ChainZones), workload.Resolver(b, gate.XForwardedFor)
			requests := suite.Requests(b, hops)
			b.ReportAllocs()
			var buffer [gate.MaxChain]netip.Addr
			allowed, i := 0, 0
			clock := workload.StartClock(b)
			for b.Loop() {
				r := &requests[i&(len(requests)-1)]
				result := gate.Decide(buffer[:0], policy, resolver, r.RemoteAddr, r.Header)
				allowed += int(result.Decision.Verdict)
				i++
			}
			clock.Report()
			runtime.KeepAlive(allowed)
		})
	}
}

// headers are the headers of BenchmarkResolve and the source that reads them.
var headers = []struct {
	name     string
	source   gate.ClientSource
	requests func(testing.TB) []workload.Request
}{
	{"xff-3", gate.XForwardedFor, suite.XFF3},
	{"forwarded-3", gate.Forwarded, suite.Forwarded3},
	{"attack-100k", gate.XForwardedFor, suite.Attack100K},
}

// BenchmarkResolve finds the client behind two proxies of ours. In attack-100k
// 100,000 addresses that the client made up stand in front of it.
func BenchmarkResolve(b *testing.B) {
	for _, h := range headers {
		b.Run(h.name, func(b *testing.B) {
			resolver, requests := workload.Resolver(b, h.source), h.requests(b)
			b.ReportAllocs()
			valid, i := 0, 0
			clock := workload.StartClock(b)
			for b.Loop() {
				r := &requests[i&(len(requests)-1)]
				if client, err := resolver.Client(r.RemoteAddr, r.Header); err == nil && client.IsValid() {
					valid++
				}
				i++
			}
			clock.Report()
			runtime.KeepAlive(valid)
		})
	}
}

// BenchmarkResolveChain goes on to the hops behind the client.
func BenchmarkResolveChain(b *testing.B) {
	for _, h := range headers {
		b.Run(h.name, func(b *testing.B) {
			resolver, requests := workload.Resolver(b, h.source), h.requests(b)
			b.ReportAllocs()
			var buffer [gate.MaxChain]netip.Addr
			hops, i := 0, 0
			clock := workload.StartClock(b)
			for b.Loop() {
				r := &requests[i&(len(requests)-1)]
				chain, _ := resolver.Chain(buffer[:0], r.RemoteAddr, r.Header)
				hops += len(chain)
				i++
			}
			clock.Report()
			runtime.KeepAlive(hops)
		})
	}
}

// A benchmark of requests that are refused early would flatter.
func TestRequestsAreResolvedAsMeant(t *testing.T) {
	for _, h := range headers {
		resolver := workload.Resolver(t, h.source)
		for _, r := range h.requests(t) {
			client, err := resolver.Client(r.RemoteAddr, r.Header)
			require.NoError(t, err, h.name)
			require.Equal(t, r.Client, client, h.name)
		}
	}
	policy, resolver := suite.Policy(t, workload.ChainZones), workload.Resolver(t, gate.XForwardedFor)
	for _, hops := range []int{1, 2, 3} {
		chains := suite.Chains(t, hops)
		for i, r := range suite.Requests(t, hops) {
			result := gate.Decide(nil, policy, resolver, r.RemoteAddr, r.Header)
			require.Zero(t, result.Err)
			require.Equal(t, chains[i*hops:(i+1)*hops], result.Chain())
			require.Equal(t, r.Client, result.Decision.Client)
		}
	}
}
