package bench

import (
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

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
	clock := workload.StartClock(b)
	for b.Loop() {
		allowed += int(policy.Decide(addresses[i&mask]).Verdict)
		i++
	}
	clock.Report()
	info := policy.Info()
	b.ReportMetric(float64(info.TableBytes4+info.TableBytes6), "table-bytes")
	runtime.KeepAlive(allowed)
}

// BenchmarkLiveDecide is what most callers ask: the policy in force, which another
// goroutine may replace at any time.
func BenchmarkLiveDecide(b *testing.B) {
	for _, f := range families {
		b.Run(f.name, func(b *testing.B) {
			benchmarkLiveDecide(b, suite.Policy(b, workload.ChainZones), suite.Addresses(b, f.family))
		})
	}
	for _, f := range families {
		b.Run(f.name+"-hot", func(b *testing.B) {
			benchmarkLiveDecide(b, suite.Policy(b, workload.ChainZones), suite.Addresses(b, f.family)[:workload.HotCount])
		})
	}
}

func benchmarkLiveDecide(b *testing.B, policy *decide.Policy, addresses []netip.Addr) {
	var live decide.Live
	live.Swap(policy)
	b.ReportAllocs()
	mask := len(addresses) - 1
	allowed, i := 0, 0
	clock := workload.StartClock(b)
	for b.Loop() {
		allowed += int(live.Decide(addresses[i&mask]).Verdict)
		i++
	}
	clock.Report()
	runtime.KeepAlive(allowed)
}

// BenchmarkAllows asks for the verdict alone.
func BenchmarkAllows(b *testing.B) {
	for _, zones := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("zones=%d", zones), func(b *testing.B) {
			for _, f := range families {
				b.Run(f.name, func(b *testing.B) {
					benchmarkAllows(b, suite.Policy(b, zones), suite.Addresses(b, f.family))
				})
			}
		})
	}
}

func benchmarkAllows(b *testing.B, policy *decide.Policy, addresses []netip.Addr) {
	b.ReportAllocs()
	mask := len(addresses) - 1
	allowed, i := 0, 0
	clock := workload.StartClock(b)
	for b.Loop() {
		if policy.Allows(addresses[i&mask]) {
			allowed++
		}
		i++
	}
	clock.Report()
	runtime.KeepAlive(allowed)
}

// BenchmarkDecideAll decides about 256 addresses at once, and looks at each verdict.
func BenchmarkDecideAll(b *testing.B) {
	const together = 256
	for _, f := range families {
		b.Run(f.name, func(b *testing.B) {
			policy, addresses := suite.Policy(b, workload.ChainZones), suite.Addresses(b, f.family)
			var decisions [together]decide.Decision
			b.ReportAllocs()
			allowed, at := 0, 0
			clock := workload.StartClock(b)
			for b.Loop() {
				policy.DecideAll(decisions[:], addresses[at:at+together])
				for i := range decisions {
					allowed += int(decisions[i].Verdict)
				}
				at = (at + together) & (len(addresses) - 1)
			}
			clock.ReportEach("address", together)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/together, "ns/address")
			runtime.KeepAlive(allowed)
		})
	}
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
			clock := workload.StartClock(b)
			for b.Loop() {
				allowed += int(policy.DecideChain(chains[at : at+hops]).Verdict)
				if at += hops; at == len(chains) {
					at = 0
				}
			}
			clock.Report()
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

// BenchmarkDecideScaling compares what a decision costs when two threads decide with
// what it costs when one does: in processor time, since how much of two processors a
// process gets says more about who else uses the machine. Pairs of measurements, one
// right after the other, each in the other order than the last; the median counts.
func BenchmarkDecideScaling(b *testing.B) {
	const pairs = 21
	policy, addresses := suite.Policy(b, workload.ChainZones), suite.Addresses(b, workload.IPv4)
	if _, known := workload.ProcessorTime(); !known {
		b.Skip("the system does not tell what processor time a process took")
	}
	var ratios []float64
	for b.Loop() {
		for range pairs {
			first := 1 + len(ratios)%2
			spent := [3]float64{}
			for _, threads := range []int{first, 3 - first} {
				spent[threads] = processorTimeOfDecision(policy, addresses, threads)
			}
			ratios = append(ratios, spent[2]/spent[1])
		}
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "cpu-two/one")
}

// processorTimeOfDecision is in nanoseconds, while as many goroutines decide at a time.
func processorTimeOfDecision(policy *decide.Policy, addresses []netip.Addr, goroutines int) float64 {
	const decisions = 1 << 21 // of each goroutine
	var group sync.WaitGroup
	start, _ := workload.ProcessorTime()
	for g := range goroutines {
		group.Go(func() {
			allowed := 0
			for at := range decisions {
				allowed += int(policy.Decide(addresses[(at+g*len(addresses)/2)&(len(addresses)-1)]).Verdict)
			}
			runtime.KeepAlive(allowed)
		})
	}
	group.Wait()
	end, _ := workload.ProcessorTime()
	return float64(end-start) / float64(goroutines*decisions)
}
