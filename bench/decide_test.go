package bench

import (
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/decide"
)

var families = []struct {
	name   string
	family workload.Family
}{{"v4", workload.IPv4}, {"v6", workload.IPv6}}

func BenchmarkDecide(b *testing.B) {
	for _, zones := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("zones=%d", zones), func(b *testing.B) {
			for _, f := range families {
				b.Run(f.name, func(b *testing.B) {
					benchmarkDecide(b, suite.Policy(b, zones), suite.Addresses(b, f.family))
				})
			}
			for _, f := range families {
				b.Run(f.name+"-hot", func(b *testing.B) {
					benchmarkDecide(b, suite.Policy(b, zones), suite.Addresses(b, f.family)[:workload.HotCount])
				})
			}
		})
	}
}

// benchmarkDecide decides about the addresses in turn; their number is a power of two.
func benchmarkDecide(b *testing.B, policy *decide.Policy, addresses []netip.Addr) {
	b.ReportAllocs()
	mask := len(addresses) - 1
	allowed, i := 0, 0
	for b.Loop() {
		allowed += int(policy.Decide(addresses[i&mask]).Verdict)
		i++
	}
	runtime.KeepAlive(allowed)
}

// BenchmarkDecideByLocality asks for more and more different clients: from those
// that stay in the first cache, and whose way the branch predictor learns, to all.
func BenchmarkDecideByLocality(b *testing.B) {
	for clients := workload.HotCount; clients <= workload.AddressCount; clients *= 4 {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			for _, f := range families {
				b.Run(f.name, func(b *testing.B) {
					benchmarkDecide(b, suite.Policy(b, workload.ChainZones), suite.Addresses(b, f.family)[:clients])
				})
			}
		})
	}
}

func BenchmarkDecideChain(b *testing.B) {
	for _, hops := range []int{1, 2, 3, 5} {
		b.Run(fmt.Sprintf("hops=%d", hops), func(b *testing.B) {
			policy, chains := suite.Policy(b, workload.ChainZones), suite.Chains(b, hops)
			b.ReportAllocs()
			allowed, at := 0, 0
			for b.Loop() {
				allowed += int(policy.DecideChain(chains[at : at+hops]).Verdict)
				if at += hops; at == len(chains) {
					at = 0
				}
			}
			runtime.KeepAlive(allowed)
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	policy, chains := suite.Policy(b, workload.ChainZones), suite.Chains(b, 1)
	b.ReportAllocs()
	inside, i := 0, 0
	for b.Loop() {
		membership := policy.Match(chains[i : i+1])
		inside += int(membership.OnNetwork())
		i = (i + 1) & (workload.AddressCount - 1)
	}
	runtime.KeepAlive(inside)
}

// BenchmarkDecideParallel is one decision after another on as many goroutines as
// -cpu says, each at its own place among the addresses.
func BenchmarkDecideParallel(b *testing.B) {
	policy, addresses := suite.Policy(b, workload.ChainZones), suite.Addresses(b, workload.IPv4)
	b.ReportAllocs()
	var goroutines atomic.Int32
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		allowed, i := 0, int(goroutines.Add(1))*workload.AddressCount/7
		for pb.Next() {
			allowed += int(policy.Decide(addresses[i&(workload.AddressCount-1)]).Verdict)
			i++
		}
		runtime.KeepAlive(allowed)
	})
}

// BenchmarkDecideScaling compares the throughput of two goroutines with that of
// one: pairs of measurements, one right after the other, of which the best is
// reported. On a machine that others use too, the rest says more about them.
func BenchmarkDecideScaling(b *testing.B) {
	const pairs = 10
	policy, addresses := suite.Policy(b, workload.ChainZones), suite.Addresses(b, workload.IPv4)
	best := 0.0
	for b.Loop() {
		for range pairs {
			one := throughput(policy, addresses, 1)
			two := throughput(policy, addresses, 2)
			best = max(best, two/one)
		}
	}
	b.ReportMetric(best, "two/one")
}

// throughput is how many decisions a second the goroutines make together.
func throughput(policy *decide.Policy, addresses []netip.Addr, goroutines int) float64 {
	const window, batch = 40 * time.Millisecond, 1 << 12
	var decisions atomic.Int64
	var group sync.WaitGroup
	start := time.Now()
	for g := range goroutines {
		group.Go(func() {
			made, allowed := 0, 0
			for at := g * len(addresses) / 2; time.Since(start) < window; at += batch {
				for i := range batch {
					allowed += int(policy.Decide(addresses[(at+i)&(len(addresses)-1)]).Verdict)
				}
				made += batch
			}
			decisions.Add(int64(made))
			runtime.KeepAlive(allowed)
		})
	}
	group.Wait()
	return float64(decisions.Load()) / time.Since(start).Seconds()
}
