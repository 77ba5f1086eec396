package decide

import (
	"net/netip"
	"slices"
	"time"

	"github.com/netwicket/netwicket/zone"
)

// The layers' names, in order.
const (
	addressLayer   = "address"
	overlayLayer   = "overlay"
	blocklistLayer = "blocklist"
	threatLayer    = "threat"
	rulesLayer     = "rules"
	sailPointLayer = "sailpoint"
)

func (n *naiveRequest) explainLayers() {
	n.explanation.Layers = []LayerTrace{
		n.addressLayer(), n.overlayLayer(), n.blocklistLayer(), n.threatLayer(), n.rulesLayer(), n.sailPointLayer(),
	}
}

func denied(layer, why string, reasons ...Reason) LayerTrace {
	trace := LayerTrace{Layer: layer, Consulted: true, Denied: true, Why: why}
	for _, r := range reasons {
		trace.Reasons |= 1 << r
	}
	return trace
}

func passed(layer, why string) LayerTrace { return LayerTrace{Layer: layer, Consulted: true, Why: why} }

func (n *naiveRequest) addressLayer() LayerTrace {
	switch {
	case n.client >= 0:
		return passed(addressLayer, n.text("the client is %s", n.chain[n.client]))
	case len(n.chain) == 0:
		return denied(addressLayer, "the request has no address", ClientUnresolved)
	default:
		return denied(addressLayer, "a hop that cannot be read stands before the client", ClientUnresolved)
	}
}

// unknownClient is the outcome of the later layers where there is no client.
func unknownClient(layer string) LayerTrace {
	return LayerTrace{Layer: layer, Consulted: true, Why: "not evaluated: the client is not known"}
}

func (n *naiveRequest) overlayLayer() LayerTrace {
	deny, allow := n.source.deny, n.source.allow
	switch {
	case len(deny)+len(allow) == 0:
		return LayerTrace{Layer: overlayLayer, Why: "the policy has no overlay entry in force"}
	case n.client < 0:
		return unknownClient(overlayLayer)
	}
	for i, addr := range n.chain {
		subjects := []netip.Addr{addr}
		if i == n.client && n.embedded.IsValid() {
			subjects = append(subjects, n.embedded)
		}
		for _, subject := range subjects {
			if entry := overlayEntry(deny, subject); entry != nil {
				return denied(overlayLayer, n.text("%s is denied by %s%s", subject, entry.text, whyText(entry)), Overlay)
			}
		}
	}
	if entry := overlayEntry(allow, n.chain[n.client]); entry != nil {
		trace := passed(overlayLayer, n.text("%s is allowed by %s%s; later layers are skipped", n.chain[n.client], entry.text, whyText(entry)))
		trace.Reasons = 1 << Overlay
		return trace
	}
	return passed(overlayLayer, "no entry holds an address of the request")
}

// naiveOverlayEntry is one entry of the overlay.
type naiveOverlayEntry struct {
	network naiveList
	text    string
	why     string
}

// unexpired are the entries whose end, if they have one, is yet to come.
func unexpired(entries []zone.OverlayEntry, now time.Time) []naiveOverlayEntry {
	var kept []naiveOverlayEntry
	for i := range entries {
		entry := &entries[i]
		if entry.Until.IsZero() || entry.Until.After(now) {
			kept = append(kept, naiveOverlayEntry{newNaiveList([]zone.Entry{entry.Entry}), entry.Text, entry.Why})
		}
	}
	return kept
}

func overlayEntry(entries []naiveOverlayEntry, addr netip.Addr) *naiveOverlayEntry {
	for i := range entries {
		if entries[i].network.find(addr) != nil {
			return &entries[i]
		}
	}
	return nil
}

func whyText(entry *naiveOverlayEntry) string {
	if entry.why == "" {
		return ""
	}
	return " (" + entry.why + ")"
}

// blockedHit is the hit that blocks the request: of the nearest hop that has
// one which is not exempt, the zone that comes first in the documents.
func (n *naiveRequest) blockedHit() *Hit {
	for i := range n.explanation.Hops {
		hits := n.explanation.Hops[i].Hits
		for z := range n.source.zones {
			for h := range hits {
				if hits[h].Zone == n.source.zones[z].ref && !hits[h].Exempt {
					return &hits[h]
				}
			}
		}
	}
	return nil
}

func (n *naiveRequest) blocklistLayer() LayerTrace {
	consulted := slices.ContainsFunc(n.source.zones, func(z naiveZone) bool { return z.Active && z.Blocklist })
	switch hit := n.blockedHit(); {
	case !consulted:
		return LayerTrace{Layer: blocklistLayer, Why: "the policy has no ACTIVE blocklist zone"}
	case n.client < 0:
		return unknownClient(blocklistLayer)
	case hit != nil && hit.Unknown:
		return denied(blocklistLayer, n.text("%s may be in zone %q: %s", hit.Addr, hit.Zone.Name, hit.Evidence), Blocklisted)
	case hit != nil:
		return denied(blocklistLayer, n.text("%s is in zone %q: %s", hit.Addr, hit.Zone.Name, hit.Evidence), Blocklisted)
	}
	for _, hop := range n.explanation.Hops {
		if len(hop.Hits) > 0 {
			return passed(blocklistLayer, "every blocklisted address is in the exempt zone")
		}
	}
	return passed(blocklistLayer, "no hop is in a blocklist")
}

func (s *naive) readThreatInsight(document *zone.ThreatInsight, feeds []zone.Feed) {
	if document == nil {
		return
	}
	s.threatInsight, s.threatAction = true, document.Action
	for _, feed := range feeds {
		s.feeds = append(s.feeds, newNaiveList(slices.Clone(feed.Entries)))
	}
	for _, named := range document.ExcludeZones {
		for _, index := range s.withID(named.ID) {
			if z := &s.zones[index]; z.canHold() && z.Type == zone.IP {
				s.leftAlone = append(s.leftAlone, index)
			}
		}
	}
}

// threatFor is the feed entry that holds an address which the exempt zone does not list.
func (n *naiveRequest) threatFor(addr netip.Addr) *zone.Entry {
	if !addr.IsValid() || n.exempt(addr) {
		return nil
	}
	for i := range n.source.feeds {
		if entry := n.source.feeds[i].find(addr); entry != nil {
			return entry
		}
	}
	return nil
}

func (n *naiveRequest) threatLayer() LayerTrace {
	s := n.source
	switch {
	case !s.threatInsight:
		return LayerTrace{Layer: threatLayer, Why: "the policy has no ThreatInsight configuration"}
	case s.threatAction == zone.ThreatNone:
		return LayerTrace{Layer: threatLayer, Why: "ThreatInsight's action is none"}
	case n.client < 0:
		return unknownClient(threatLayer)
	}
	subject := n.chain[n.client]
	entry := n.threatFor(subject)
	if entry == nil {
		subject = n.embedded
		entry = n.threatFor(subject)
	}
	if entry == nil {
		return passed(threatLayer, "the client is in no threat feed, or exempt")
	}
	for _, index := range s.leftAlone {
		if n.states[index] == Match {
			return passed(threatLayer, n.text("%s is in the feed, but the request is in the excluded zone %q", subject, s.zones[index].Name))
		}
	}
	why := n.text("%s is in the feed (%s)", subject, entry.Text)
	if s.threatAction == zone.ThreatAudit {
		trace := passed(threatLayer, why+"; the action is audit, so it is only marked")
		trace.Reasons = 1 << Threat
		return trace
	}
	return denied(threatLayer, why, Threat)
}

// decision is the first denial of the layers, or the allow.
func (n *naiveRequest) decision() Decision {
	d := Decision{}
	layers := n.explanation.Layers
	if n.client >= 0 {
		d.Client = n.chain[n.client]
		threat := layers[3]
		d.Audit = n.source.threatAction == zone.ThreatAudit && threat.Reasons == 1<<Threat
	}
	for _, layer := range layers {
		if layer.Layer == overlayLayer && !layer.Denied && layer.Reasons != 0 {
			d.Verdict, d.Reason, d.Reasons = Allow, Overlay, layer.Reasons
			return d
		}
		if !layer.Denied {
			continue
		}
		for r := range layer.Reasons.All() {
			d.Reason = r
			break
		}
		d.Reasons = layer.Reasons
		switch {
		case d.Reason == Blocklisted:
			d.Zone = n.blockedHit().Zone
		case d.Reason == RuleMatched:
			d.Rule = n.decidingRule(false)
		}
		return d
	}
	d.Verdict, d.Reason = Allow, n.allowReason()
	d.Reasons = 1 << d.Reason
	d.Rule = n.decidingRule(true)
	return d
}

// decidingRule is the name of the rule that decided: the first one that denied,
// or on allow that of the last policy.
func (n *naiveRequest) decidingRule(allow bool) string {
	name := ""
	for _, rule := range n.explanation.Rules {
		if !rule.Applied || rule.Allow != allow {
			continue
		}
		name = rule.Rule
		if !allow {
			break
		}
	}
	return name
}

func (n *naiveRequest) allowReason() Reason {
	layer := map[string]bool{}
	for _, l := range n.explanation.Layers {
		layer[l.Layer] = l.Consulted
	}
	switch {
	case layer[sailPointLayer]:
		return Permitted
	case layer[rulesLayer]:
		return RuleMatched
	case layer[blocklistLayer] || layer[threatLayer]:
		return Permitted
	case n.source.authProfile != nil:
		return NotEnforced
	default:
		return Unrestricted
	}
}
