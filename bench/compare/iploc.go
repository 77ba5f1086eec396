package compare

import (
	"net/netip"
	"runtime"
	"testing"

	"github.com/phuslu/iploc"

	"github.com/netwicket/netwicket/bench/workload"
)

// ipLocation is iploc, which carries its own data.
type ipLocation struct{}

// unpackIPLocation asks for one address of either family: the first one unpacks the data.
func unpackIPLocation() {
	iploc.IPCountry(netip.IPv4Unspecified())
	iploc.IPCountry(netip.IPv6Unspecified())
}

func (ipLocation) loop(b *testing.B, addresses []netip.Addr) {
	sum, i := 0, 0
	clock := workload.StartClock(b)
	for b.Loop() {
		sum += len(iploc.IPCountry(addresses[i&(len(addresses)-1)]))
		i++
	}
	clock.Report()
	runtime.KeepAlive(sum)
}
