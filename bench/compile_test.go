package bench

import (
	"runtime"
	"sync"
	"testing"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// BenchmarkCompile makes the policy of 100 zones, from the databases' files on
// (full), or for a geo table that has been loaded already (zones), which is what
// a changed zone costs, or of a threat feed of a million addresses (feed). The
// documents are parsed outside the timer.
func BenchmarkCompile(b *testing.B) {
	b.Run("full", func(b *testing.B) {
		in, config := suite.Internet(b), suite.Config(b, workload.ChainZones)
		b.ReportAllocs()
		clock := workload.StartClock(b)
		for b.Loop() {
			table, err := in.Load()
			if err != nil {
				b.Fatal(err)
			}
			config.Geo = table
			if _, err := decide.Compile(config); err != nil {
				b.Fatal(err)
			}
		}
		clock.Report()
		reportRetained(b)
	})
	b.Run("zones", func(b *testing.B) {
		config := suite.Config(b, workload.ChainZones)
		b.ReportAllocs()
		clock := workload.StartClock(b)
		for b.Loop() {
			if _, err := decide.Compile(config); err != nil {
				b.Fatal(err)
			}
		}
		clock.Report()
		reportRetained(b)
	})
	b.Run("feed", func(b *testing.B) {
		text := workload.Feed(feedSize)
		before := heapInUse()
		config := feedConfig(b, text)
		documents := heapInUse() - before
		var policy *decide.Policy
		b.ReportAllocs()
		clock := workload.StartClock(b)
		for b.Loop() {
			policy = compiled(b, config)
		}
		clock.Report()
		b.StopTimer()
		b.ReportMetric(float64(heapInUse()-before-documents), "policy-bytes")
		b.ReportMetric(float64(documents), "document-bytes")
		runtime.KeepAlive(config)
		runtime.KeepAlive(policy)
	})
}

// feedSize is how many addresses the threat feed of BenchmarkCompile/feed holds.
const feedSize = 1_000_000

func feedConfig(b *testing.B, text []byte) decide.Config {
	feed, err := zone.ParseFeed("feed.txt", text)
	if err != nil {
		b.Fatal(err)
	}
	return decide.Config{ThreatInsight: &zone.ThreatInsight{Action: zone.ThreatBlock}, ThreatFeeds: []zone.Feed{feed}}
}

func compiled(b *testing.B, config decide.Config) *decide.Policy {
	policy, err := decide.Compile(config)
	if err != nil {
		b.Fatal(err)
	}
	return policy
}

// retained is what a geo table and a policy keep of the heap, measured once.
var retained struct {
	once          sync.Once
	table, policy int64
}

func reportRetained(b *testing.B) {
	b.StopTimer()
	retained.once.Do(func() { retained.table, retained.policy = measureRetained(b) })
	b.ReportMetric(float64(retained.table), "table-bytes")
	b.ReportMetric(float64(retained.policy), "policy-bytes")
}

// measureRetained loads a table and then makes a policy of it and of documents
// that stay with their caller. They are not counted: a policy refers to them, and copies nothing of size.
func measureRetained(b *testing.B) (tableBytes, policyBytes int64) {
	documents := suite.Documents(b, workload.ChainZones)
	config, err := documents.Parse()
	if err != nil {
		b.Fatal(err)
	}
	before := heapInUse()
	table, err := suite.Internet(b).Load()
	if err != nil {
		b.Fatal(err)
	}
	withTable := heapInUse()
	config.Geo = table
	policy := compiled(b, config)
	withPolicy := heapInUse()
	runtime.KeepAlive(config)
	runtime.KeepAlive(policy)
	return withTable - before, withPolicy - withTable
}

// heapInUse is the heap in use after two collections: the second frees what the
// first one's finalizers and pools let go. It counts objects, as pprof's inuse_space
// does, not the pages that they lie in, which depend on what was freed between them.
func heapInUse() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
