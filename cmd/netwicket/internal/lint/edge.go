package lint

import (
	"go4.org/netipx"

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
