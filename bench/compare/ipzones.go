package compare

import (
	"net"
	"net/netip"
	"runtime"
	"testing"

	"github.com/yl2chen/cidranger"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/bench/workload"
)

// zoneSet is a set of IP zones, by their place among the IP zones: 60 of them.
type zoneSet uint64

// netipxLoop asks a set of addresses for every IP zone.
type netipxLoop struct{ sets []*netipx.IPSet }

func newNetipxLoop(tb testing.TB, m *model) *netipxLoop {
	l := &netipxLoop{}
	for i := range m.zones {
		if z := &m.zones[i]; z.isIP() {
			l.sets = append(l.sets, setOf(tb, z.prefixes))
		}
	}
	return l
}

func (l *netipxLoop) zones(addr netip.Addr) zoneSet {
	var in zoneSet
	for i, set := range l.sets {
		if set.Contains(addr) {
			in |= 1 << i
		}
	}
	return in
}

func (l *netipxLoop) loop(b *testing.B, addresses []netip.Addr) {
	var sum zoneSet
	i := 0
	clock := workload.StartClock(b)
	for b.Loop() {
		sum += l.zones(addresses[i&(len(addresses)-1)])
		i++
	}
	clock.Report()
	runtime.KeepAlive(sum)
}

// ranger holds the prefixes of all IP zones in one cidranger trie.
type ranger struct{ cidranger.Ranger }

// rangerEntry is a prefix and the zones that list it.
type rangerEntry struct {
	network net.IPNet
	zones   zoneSet
}

func (e *rangerEntry) Network() net.IPNet { return e.network }

// listedPrefixes are the prefixes of the IP zones, each once, with the zones that list it.
func listedPrefixes(m *model) map[netip.Prefix]zoneSet {
	listed, place := map[netip.Prefix]zoneSet{}, 0
	for i := range m.zones {
		if z := &m.zones[i]; z.isIP() {
			for _, prefix := range z.prefixes {
				listed[prefix] |= 1 << place
			}
			place++
		}
	}
	return listed
}

func newRanger(tb testing.TB, m *model) *ranger {
	tb.Helper()
	r := &ranger{cidranger.NewPCTrieRanger()}
	for prefix, zones := range listedPrefixes(m) {
		if err := r.Insert(&rangerEntry{*netipx.PrefixIPNet(prefix), zones}); err != nil {
			tb.Fatal(err)
		}
	}
	return r
}

func (r *ranger) zones(ip net.IP) (zoneSet, error) {
	entries, err := r.ContainingNetworks(ip)
	var in zoneSet
	for _, entry := range entries {
		in |= entry.(*rangerEntry).zones
	}
	return in, err
}

func (r *ranger) loop(b *testing.B, addresses []netip.Addr) { loopZones(b, r, addresses) }
