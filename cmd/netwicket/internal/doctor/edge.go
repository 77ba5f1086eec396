package doctor

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// edge holds the edge against what listens: whether any proxy can ask at all.
func (x *examination) edge() {
	edge := x.parts.Edge
	if err := forwardauth.CheckEdge(edge); err != nil {
		x.add(Edge, Error, "say in the policy file who may ask: docs/policy-file.md#edge", "%s", err)
		return
	}
	trusted := make([]string, len(edge.Trusted))
	for i, prefix := range edge.Trusted {
		trusted[i] = prefix.String()
	}
	const enough = 5
	if more := len(trusted) - enough; more > 0 {
		trusted = append(trusted[:enough], "and others")
	}
	if edge.TrustUnix {
		trusted = append(trusted, "Unix sockets")
	}
	x.add(Edge, OK, "", "the client is read from %s of proxies at %s", edge.Source, strings.Join(trusted, ", "))
	if edge.OnMissing == gate.UsePeer {
		x.add(Edge, Warning, "make sure that no client can have the proxy leave the header out", "onMissing peer: where a proxy names nobody, the proxy is the client")
	}
	if edge.AllTrusted == gate.UseLeftmost {
		x.add(Edge, Warning, "", "allTrusted leftmost: whoever is inside edge.trusted may claim any address in it")
	}
	for _, listener := range []struct{ key, address string }{{"listen", x.settings.Listen}, {"grpc", x.settings.GRPC}} {
		if listener.address != "" {
			x.reachable(edge, listener.key, listener.address)
		}
	}
	if x.settings.ProxyProtocol {
		x.add(Edge, OK, "", "proxyProtocol: every proxy in edge.trusted has to begin with a PROXY header, and the address in it has to be in edge.trusted too")
	}
}

// reachable says whether anybody who can reach a listener may ask there.
func (x *examination) reachable(edge *gate.Config, key, address string) {
	if path, local := strings.CutPrefix(address, policyfile.UnixListen); local {
		if !edge.TrustUnix {
			x.add(Edge, Error, "set edge.trustUnix if only proxies can reach the socket, or listen on an address",
				"%s is the Unix socket %s: who asks there has no address that could be in edge.trusted, and is refused", key, path)
		}
		return
	}
	if len(edge.Trusted) == 0 {
		x.add(Edge, Error, "list the proxies in edge.trusted, or listen on unix:PATH",
			"%s is %s, and nobody is in edge.trusted: edge.trustUnix is for Unix sockets", key, address)
		return
	}
	who, networks := peersOf(address)
	if slices.ContainsFunc(edge.Trusted, func(trusted netip.Prefix) bool {
		return slices.ContainsFunc(networks, plain(trusted).Overlaps)
	}) {
		return
	}
	x.add(Edge, Error, "list the proxy's address as "+key+" sees it in edge.trusted, or listen where the proxies are",
		"%s is %s, which only %s can reach, and none of them is in edge.trusted: every question is refused", key, address, who)
}

// peersOf is who can reach a listener, in words and as networks.
func peersOf(address string) (who string, networks []netip.Prefix) {
	host, _, _ := net.SplitHostPort(address) // it was checked when it was read
	all4, all6 := netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")
	loopback4, loopback6 := netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")
	addr, err := netip.ParseAddr(host)
	addr = addr.Unmap()
	switch {
	case host == "localhost":
		return "programs of this machine", []netip.Prefix{loopback4, loopback6}
	case err != nil, addr == netip.IPv6Unspecified(): // a name, or both families
		return "anybody", []netip.Prefix{all4, all6}
	case addr.IsLoopback() && addr.Is4():
		return "programs of this machine, from 127.0.0.0/8,", []netip.Prefix{loopback4}
	case addr.IsLoopback():
		return "programs of this machine, from ::1,", []netip.Prefix{loopback6}
	case addr.Is4():
		return "IPv4 addresses", []netip.Prefix{all4}
	default:
		return "IPv6 addresses", []netip.Prefix{all6}
	}
}

// plain is a prefix of the family that its addresses have as peers.
func plain(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}
