package compare

import (
	"net"
	"net/netip"
	"runtime"
	"testing"

	"github.com/yl2chen/cidranger"
	"go4.org/netipx"
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
	for b.Loop() {
		sum += l.zones(addresses[i&(len(addresses)-1)])
		i++
	}
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

func newRanger(tb testing.TB, m *model) *ranger {
	tb.Helper()
	listed, place := map[netip.Prefix]zoneSet{}, 0
	for i := range m.zones {
		if z := &m.zones[i]; z.isIP() {
			for _, prefix := range z.prefixes {
				listed[prefix] |= 1 << place
			}
			place++
		}
	}
	r := &ranger{cidranger.NewPCTrieRanger()}
	for prefix, zones := range listed {
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

// loop has the addresses in the form that cidranger takes from the start.
func (r *ranger) loop(b *testing.B, addresses []netip.Addr) {
	ips := make([]net.IP, len(addresses))
	for i, addr := range addresses {
		ips[i] = addr.AsSlice()
	}
	var sum zoneSet
	i := 0
	for b.Loop() {
		in, err := r.zones(ips[i&(len(ips)-1)])
		if err != nil {
			b.Fatal(err)
		}
		sum += in
		i++
	}
	runtime.KeepAlive(sum)
}
