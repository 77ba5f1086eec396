package compare

import (
	"net"
	"net/netip"
	"runtime"
	"testing"

	"github.com/netwicket/netwicket/bench/workload"
)

// remoteIP is what Caddy's matcher remote_ip does with the prefixes of all IP zones:
// it reads the text of the peer and goes through them in their order
// (MatchRemoteIP and matchIPByCidrZones in modules/caddyhttp/ip_matchers.go, v2.11.9).
// Caddy itself would bring 140 modules into this one for a loop of ten lines; tried
// apart, it answers the same and takes up to an eighth longer.
type remoteIP struct{ prefixes []*netip.Prefix }

func newRemoteIP(m *model) *remoteIP {
	r := &remoteIP{}
	for i := range m.zones {
		if z := &m.zones[i]; z.isIP() {
			for _, prefix := range z.prefixes {
				r.prefixes = append(r.prefixes, &prefix)
			}
		}
	}
	return r
}

func (r *remoteIP) matches(remoteAddr string) (bool, error) {
	host, _, err := net.SplitHostPort(remoteAddr)
	if err != nil {
		host = remoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return false, err
	}
	for _, prefix := range r.prefixes {
		if prefix.Contains(addr) {
			return true, nil
		}
	}
	return false, nil
}

// peerOf is an address as a server has it of a connection.
func peerOf(addr netip.Addr) string { return netip.AddrPortFrom(addr, 40000).String() }

func (r *remoteIP) loop(b *testing.B, addresses []netip.Addr) {
	peers := make([]string, len(addresses))
	for i, addr := range addresses {
		peers[i] = peerOf(addr)
	}
	matched, i := 0, 0
	clock := workload.StartClock(b)
	for b.Loop() {
		match, err := r.matches(peers[i&(len(peers)-1)])
		if err != nil {
			b.Fatal(err)
		}
		if match {
			matched++
		}
		i++
	}
	clock.Report()
	runtime.KeepAlive(matched)
}
