package bench

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/decide"
)

// BenchmarkGrowth compiles policies of which each is twice as large as the one before
// it, up to the limits of what a policy may hold, in zones, SailPoint's ranges,
// addresses of a threat feed, and rules; and of 1,000 and 3,000 zones, a step that was
// the steepest once. The documents are parsed outside the timer.
func BenchmarkGrowth(b *testing.B) {
	for _, zones := range append([]int{1_000, 3_000}, doublings(10_000)...) {
		growth(b, "zones", zones, func(b *testing.B) decide.Config {
			documents := suite.Internet(b).Documents(zones, suite.Table(b))
			return parsed(b, documents)
		})
	}
	for _, ranges := range doublings(1_000_000) {
		growth(b, "ranges", ranges, func(b *testing.B) decide.Config {
			network := suite.Internet(b).Network(ranges, suite.Table(b))
			return decide.Config{SailPoint: &network, Geo: suite.Table(b)}
		})
	}
	for _, addresses := range doublings(1_000_000) {
		growth(b, "feed", addresses, func(b *testing.B) decide.Config { return feedConfig(b, workload.Feed(addresses)) })
	}
	for _, rules := range doublings(100_000) {
		growth(b, "rules", rules, func(b *testing.B) decide.Config {
			return parsed(b, suite.Internet(b).ManyRules(workload.ChainZones, rules, suite.Table(b)))
		})
	}
}

// doublings are five sizes up to the largest.
func doublings(largest int) []int {
	return []int{largest / 16, largest / 8, largest / 4, largest / 2, largest}
}

func parsed(b *testing.B, documents workload.Documents) decide.Config {
	config, err := documents.Parse()
	if err != nil {
		b.Fatal(err)
	}
	config.Geo = suite.Table(b)
	return config
}

func growth(b *testing.B, what string, size int, configOf func(*testing.B) decide.Config) {
	b.Run(fmt.Sprintf("%s=%d", what, size), func(b *testing.B) {
		config := configOf(b)
		before := heapInUse()
		allocated := allocatedBytes()
		var policy *decide.Policy
		clock := workload.StartClock(b)
		for b.Loop() {
			policy = compiled(b, config)
		}
		b.StopTimer()
		clock.Report()
		b.ReportMetric(float64(allocatedBytes()-allocated)/float64(b.N), "allocated-bytes")
		b.ReportMetric(float64(heapInUse()-before), "policy-bytes")
		runtime.KeepAlive(config)
		runtime.KeepAlive(policy)
	})
}

// allocatedBytes is all that was ever allocated.
func allocatedBytes() int64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.TotalAlloc)
}
