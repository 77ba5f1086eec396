package compare

import (
	"net/netip"
	"runtime"
	"testing"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

// engine is netwicket's policy.
type engine struct{ *decide.Policy }

func (e engine) loop(b *testing.B, addresses []netip.Addr) {
	allowed, i := 0, 0
	clock := workload.StartClock(b)
	for b.Loop() {
		allowed += int(e.Decide(addresses[i&(len(addresses)-1)]).Verdict)
		i++
	}
	clock.Report()
	runtime.KeepAlive(allowed)
}

// geoTable is netwicket's geo table.
type geoTable struct{ *geo.Table }

func (t geoTable) loop(b *testing.B, addresses []netip.Addr) {
	sum, i := 0, 0
	clock := workload.StartClock(b)
	for b.Loop() {
		at := t.Lookup(addresses[i&(len(addresses)-1)])
		sum += len(at.Country) + int(at.ASN)
		i++
	}
	clock.Report()
	runtime.KeepAlive(sum)
}
