package lint

// proxiesElsewhere finds gateways that are proxies too. A proxy is trusted by
// every zone: behind other hops it is never the client (docs/semantics.md,
// chain-5). In its own zone the gateway comes first (zone-2), and a blocklist
// looks at every hop (blocklist-2).
func (l *linter) proxiesElsewhere() {
	var proxies []span
	for i := range l.zones {
		z := l.zones[i]
		for p := range z.Proxies {
			// What trusts everybody has its own finding.
			if z.TrustsProxies() && !isFamily(z.Proxies[p].Range) {
				proxies = append(proxies, span{entry: &z.Proxies[p], owner: i})
			}
		}
	}
	index := newSpanIndex(proxies)
	for i := range l.zones {
		z := l.zones[i]
		if !z.Active || z.Exempt {
			continue
		}
		for g := range z.Gateways {
			entry := &z.Gateways[g]
			switch own, other := index.overlapping(entry, i); {
			case z.Blocklist && other != nil:
				l.warn(entry.Position, entry.Text, "blocked-proxy", "zone %q trusts %q (%s) as a proxy, and a blocklist looks at every hop: "+
					"whoever comes through that proxy is denied; take the address out of one of the two zones",
					l.zones[other.owner].Name, other.entry.Text, place(other.entry.Position, entry.Position))
			case other != nil:
				l.warn(entry.Position, entry.Text, "gateway-is-proxy", "zone %q trusts %q (%s) as a proxy: with another address behind it, it is not taken for the client, "+
					"so that dynamic zones and ThreatInsight look at that other address; list it as a gateway or as a proxy, not as both",
					l.zones[other.owner].Name, other.entry.Text, place(other.entry.Position, entry.Position))
			case own != nil:
				l.warn(entry.Position, entry.Text, "gateway-is-proxy", "the same zone lists %q (%s) as a proxy: gateways are looked at first, "+
					"so that every request that comes through it is in the zone, whoever is behind it; list it as a gateway or as a proxy, not as both",
					own.entry.Text, place(own.entry.Position, entry.Position))
			}
		}
	}
}
