package bench

import (
	"runtime"
	"testing"

	"github.com/netwicket/netwicket/bench/workload"
)

// BenchmarkGeoLookup is all that three databases say about an address.
func BenchmarkGeoLookup(b *testing.B) {
	for _, f := range families {
		b.Run(f.name, func(b *testing.B) {
			table, addresses := suite.Table(b), suite.Addresses(b, f.family)
			b.ReportAllocs()
			sum, i := 0, 0
			clock := workload.StartClock(b)
			for b.Loop() {
				at := table.Lookup(addresses[i&(workload.AddressCount-1)])
				sum += len(at.Country) + int(at.ASN) + int(at.Anonymizer)
				i++
			}
			clock.Report()
			runtime.KeepAlive(sum)
		})
	}
}
