package oracle

import (
	"net/netip"

	"github.com/netwicket/netwicket/zone"
)

// readThreatInsight finds the zones whose requests are left alone.
// See docs/semantics.md, threat-3.
func (o *Oracle) readThreatInsight(document *zone.ThreatInsight, feeds []zone.Feed) {
	if document == nil {
		return
	}
	o.threatInsight, o.threatAction = true, document.Action
	for _, feed := range feeds {
		o.feeds = append(o.feeds, newList(feed.Entries))
	}
	for _, named := range document.ExcludeZones {
		for _, index := range o.withID(named.ID) {
			if z := &o.zones[index]; z.canHold() && z.Type == zone.IP {
				o.leftAlone = append(o.leftAlone, index)
			}
		}
	}
}

// threatFor is the feed entry that holds an address which the exempt zone does not list.
// See docs/semantics.md, threat-3.
func (r *request) threatFor(addr netip.Addr) *zone.Entry {
	if r.exempt(addr) {
		return nil
	}
	for i := range r.feeds {
		if entry := r.feeds[i].find(addr); entry != nil {
			return entry
		}
	}
	return nil
}

// threatLayer looks at the client and at what is embedded in it.
// See docs/semantics.md, threat-1, threat-2, threat-3 and embedded-2.
func (r *request) threatLayer() Layer {
	switch {
	case !r.threatInsight:
		return Layer{Name: threatLayer, Why: "the policy has no ThreatInsight configuration"}
	case r.threatAction == zone.ThreatNone:
		return Layer{Name: threatLayer, Why: "ThreatInsight's action is none"}
	case r.client < 0:
		return unknownClient(threatLayer)
	}
	subject := r.chain[r.client]
	entry := r.threatFor(subject)
	if entry == nil {
		subject = r.embedded
		entry = r.threatFor(subject)
	}
	if entry == nil {
		return passed(threatLayer, "the client is in no threat feed, or exempt")
	}
	for _, index := range r.leftAlone {
		if r.answer.Zones[index].State == Match {
			trace := passed(threatLayer, r.text("%s is in the feed, but the request is in the excluded zone %q", subject, r.zones[index].Name))
			trace.Entries = []zone.Position{entry.Position}
			return trace
		}
	}
	why := r.text("%s is in the feed (%s)", subject, entry.Text)
	if r.threatAction == zone.ThreatAudit {
		trace := passed(threatLayer, why+"; the action is audit, so it is only marked")
		trace.Reasons = []Reason{Threat}
		trace.Entries = []zone.Position{entry.Position}
		return trace
	}
	trace := denied(threatLayer, why, Threat)
	trace.Entries = []zone.Position{entry.Position}
	return trace
}
