package bench

import (
	"runtime"
	"sync"
	"testing"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

// BenchmarkCompile makes the policy of 100 zones, from the databases' files on
// (full), or for a geo table that has been loaded already (zones), which is what
// a changed zone costs. The documents are parsed outside the timer.
func BenchmarkCompile(b *testing.B) {
	b.Run("full", func(b *testing.B) {
		in, config := suite.Internet(b), suite.Config(b, workload.ChainZones)
		b.ReportAllocs()
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
		reportRetained(b)
	})
	b.Run("zones", func(b *testing.B) {
		config := suite.Config(b, workload.ChainZones)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := decide.Compile(config); err != nil {
				b.Fatal(err)
			}
		}
		reportRetained(b)
	})
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
// that it lets go, so that the policy is charged for what it keeps of them.
func measureRetained(b *testing.B) (tableBytes, policyBytes int64) {
	documents := suite.Documents(b, workload.ChainZones)
	before := heapInUse()
	table, err := suite.Internet(b).Load()
	if err != nil {
		b.Fatal(err)
	}
	withTable := heapInUse()
	policy := compileDocuments(b, documents, table)
	withPolicy := heapInUse()
	runtime.KeepAlive(table)
	runtime.KeepAlive(policy)
	return withTable - before, withPolicy - withTable
}

func compileDocuments(b *testing.B, documents workload.Documents, table *geo.Table) *decide.Policy {
	config, err := documents.Parse()
	if err != nil {
		b.Fatal(err)
	}
	config.Geo = table
	policy, err := decide.Compile(config)
	if err != nil {
		b.Fatal(err)
	}
	return policy
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
