package lint

import (
	"strings"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/netset"
	"github.com/netwicket/netwicket/zone"
)

// trusted finds networks that the edge trusts as proxies and that documents
// list as allowed: whatever makes a request look as if a proxy itself had sent
// it would let it in.
func (l *linter) trusted() {
	if l.Edge == nil {
		return
	}
	for _, prefix := range l.Edge.Trusted {
		proxies := netipx.RangeOfPrefix(prefix.Masked())
		for network := range l.allowedNetworks() {
			if !network.entry.Range.Overlaps(proxies) {
				continue
			}
			l.warn(zone.Position{File: l.Name}, prefix.String(), "trusted-allowed",
				"edge.trusted holds addresses that are allowed to sign in (%q, %s), so that a request which seems to come from one of those proxies itself is let in; trust the proxies' own addresses alone, and give them none of an allowed network",
				network.entry.Text, place(network.entry.Position, zone.Position{File: l.Name}))
			break
		}
	}
}

// singleHeader finds an edge that believes one header. Whoever asks netwicket serve
// is a proxy of our own, and it copies its client's headers into the question: a
// header that it does not set is the client's word (docs/semantics.md, edge-16).
func (l *linter) singleHeader() {
	if l.Edge == nil {
		return
	}
	name, single := strings.CutPrefix(l.Edge.Source.String(), "header:")
	if !single {
		return
	}
	l.warn(l.SourceAt, string(l.Edge.Source), "single-header",
		"the proxy that asks netwicket serve may copy this header from its client, who then names any address as its own; "+
			"have the proxy set %s in its question whatever the client sends (nginx: proxy_set_header in the location of auth_request; Caddy: header_up inside of forward_auth), "+
			"or read x-forwarded-for, which proxies write themselves", name)
	if strings.EqualFold(name, "Cf-Pseudo-IPv4") {
		l.warn(l.SourceAt, string(l.Edge.Source), "pseudo-ipv4", "the addresses in this header are made up (240.0.0.0/4), no zone or database knows them; read CF-Connecting-IP")
	}
}

// reasonHeader finds a service that says why. What denies goes to the client, with
// its headers, through proxies that pass the whole answer on.
func (l *linter) reasonHeader() {
	if !l.ReasonHeader {
		return
	}
	l.warn(l.ReasonHeaderAt, "reasonHeader", "reason-header-leaks",
		"Caddy and Traefik pass X-Netwicket-Reason of a denial on to the client, whom it tells what to try next; "+
			"have the proxy remove it, as the examples do, or look up the reason in the log by the denial's reference")
}

// pseudoEntry finds an entry that holds nothing but pseudo addresses.
func (l *linter) pseudoEntry(entry *zone.Entry) {
	if entry.Mask() || !netset.PseudoIPv4(entry.Range.From()) {
		return
	}
	l.warn(entry.Position, entry.Text, "pseudo-ipv4", "no host has such an address (240.0.0.0/4 is reserved): Cloudflare's Pseudo IPv4 makes it of a hash of a client's IPv6 network, "+
		"and other networks have the same; switch Pseudo IPv4 off and list the IPv6 network")
}
