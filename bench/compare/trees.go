package compare

import (
	"net"
	"net/netip"
	"runtime"
	"testing"

	"github.com/infobloxopen/go-trees/iptree"
	"github.com/k-sone/critbitgo"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/bench/workload"
)

// heldPrefixes are the prefixes of the IP zones, each once, with all the zones that
// hold its addresses: those that list it and those that list a prefix around it. A
// tree that finds the longest prefix of an address thus finds its zones.
func heldPrefixes(m *model) map[netip.Prefix]zoneSet {
	listed := listedPrefixes(m)
	all := make(map[netip.Prefix]zoneSet, len(listed))
	for prefix := range listed {
		var zones zoneSet
		for bits := range prefix.Bits() + 1 {
			zones |= listed[netip.PrefixFrom(prefix.Addr(), bits).Masked()]
		}
		all[prefix] = zones
	}
	return all
}

// coreDNSTree is the tree in which CoreDNS's plugin acl keeps its networks.
type coreDNSTree struct{ *iptree.Tree }

func newCoreDNSTree(m *model) *coreDNSTree {
	t := &coreDNSTree{iptree.NewTree()}
	for prefix, zones := range heldPrefixes(m) {
		t.InplaceInsertNet(netipx.PrefixIPNet(prefix), zones)
	}
	return t
}

func (t *coreDNSTree) zones(ip net.IP) (zoneSet, error) {
	value, _ := t.GetByIP(ip)
	zones, _ := value.(zoneSet)
	return zones, nil
}

func (t *coreDNSTree) loop(b *testing.B, addresses []netip.Addr) { loopZones(b, t, addresses) }

// critbit is a critbit tree with the longest prefix of an address.
type critbit struct{ *critbitgo.Net }

func newCritbit(tb testing.TB, m *model) *critbit {
	tb.Helper()
	t := &critbit{critbitgo.NewNet()}
	for prefix, zones := range heldPrefixes(m) {
		if err := t.Add(netipx.PrefixIPNet(prefix), zones); err != nil {
			tb.Fatal(err)
		}
	}
	return t
}

func (t *critbit) zones(ip net.IP) (zoneSet, error) {
	_, value, err := t.MatchIP(ip)
	zones, _ := value.(zoneSet)
	return zones, err
}

func (t *critbit) loop(b *testing.B, addresses []netip.Addr) { loopZones(b, t, addresses) }

// loopZones has the addresses in the form that these peers take from the start. They
// take so long that a call through an interface does not count.
func loopZones(b *testing.B, peer interface {
	zones(net.IP) (zoneSet, error)
}, addresses []netip.Addr) {
	ips := make([]net.IP, len(addresses))
	for i, addr := range addresses {
		ips[i] = addr.AsSlice()
	}
	var sum zoneSet
	i := 0
	clock := workload.StartClock(b)
	for b.Loop() {
		in, err := peer.zones(ips[i&(len(ips)-1)])
		if err != nil {
			b.Fatal(err)
		}
		sum += in
		i++
	}
	clock.Report()
	runtime.KeepAlive(sum)
}
