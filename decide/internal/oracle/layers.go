package oracle

import (
	"net/netip"
	"slices"
	"time"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// askLayers asks all of them, also after the first denial.
// See docs/semantics.md, order-1.
func (r *request) askLayers() {
	r.answer.Layers = []Layer{
		r.addressLayer(), r.overlayLayer(), r.blocklistLayer(), r.threatLayer(), r.rulesLayer(), r.sailPointLayer(),
	}
}

func denied(layer, why string, reasons ...Reason) Layer {
	return Layer{Name: layer, Consulted: true, Denied: true, Reasons: reasons, Why: why}
}

func passed(layer, why string) Layer { return Layer{Name: layer, Consulted: true, Why: why} }

func (r *request) addressLayer() Layer {
	switch {
	case r.client >= 0:
		return passed(addressLayer, r.text("the client is %s", r.chain[r.client]))
	case len(r.chain) == 0:
		return denied(addressLayer, "the request has no address", ClientUnresolved)
	default:
		return denied(addressLayer, "a hop that cannot be read stands before the client", ClientUnresolved)
	}
}

// unknownClient is the outcome of the later layers where there is no client.
// See docs/semantics.md, overlay-3, blocklist-4 and sailpoint-11.
func unknownClient(layer string) Layer {
	return Layer{Name: layer, Consulted: true, Why: "not evaluated: the client is not known"}
}

// overlayLayer: what is denied goes before what is allowed.
// See docs/semantics.md, overlay-1, overlay-2 and overlay-3.
func (r *request) overlayLayer() Layer {
	deny, allow := r.deny, r.allow
	switch {
	case len(deny)+len(allow) == 0:
		return Layer{Name: overlayLayer, Why: "the policy has no overlay entry in force"}
	case r.client < 0:
		return unknownClient(overlayLayer)
	}
	for i, addr := range r.chain {
		subjects := []netip.Addr{addr}
		if i == r.client {
			subjects = append(subjects, r.embedded) // which no entry holds where there is none
		}
		for _, subject := range subjects {
			if entry := entryThatHolds(deny, subject); entry != nil {
				trace := denied(overlayLayer, r.text("%s is denied by %s%s", subject, entry.text, whyText(entry)), Overlay)
				trace.Entries = []zone.Position{entry.position}
				return trace
			}
		}
	}
	if entry := entryThatHolds(allow, r.chain[r.client]); entry != nil {
		trace := passed(overlayLayer, r.text("%s is allowed by %s%s; later layers are skipped", r.chain[r.client], entry.text, whyText(entry)))
		trace.Reasons = []Reason{Overlay}
		trace.Entries = []zone.Position{entry.position}
		return trace
	}
	return passed(overlayLayer, "no entry holds an address of the request")
}

// overlayEntry is one entry of the overlay.
type overlayEntry struct {
	network  list
	text     string
	why      string
	position zone.Position
}

// unexpired are the entries whose end, if they have one, is yet to come.
// See docs/semantics.md, overlay-4.
func unexpired(entries []zone.OverlayEntry, now time.Time) []overlayEntry {
	var kept []overlayEntry
	for i := range entries {
		entry := &entries[i]
		if entry.Until.IsZero() || entry.Until.After(now) {
			kept = append(kept, overlayEntry{newList([]zone.Entry{entry.Entry}), entry.Text, entry.Why, entry.Position})
		}
	}
	return kept
}

func entryThatHolds(entries []overlayEntry, addr netip.Addr) *overlayEntry {
	for i := range entries {
		if entries[i].network.find(addr) != nil {
			return &entries[i]
		}
	}
	return nil
}

func whyText(entry *overlayEntry) string {
	if entry.why == "" {
		return ""
	}
	return " (" + entry.why + ")"
}

// blockedHit is the hit that blocks the request: of the nearest hop that has
// one which is not exempt, the zone that comes first in the documents.
// See docs/semantics.md, order-5 and blocklist-5.
func (r *request) blockedHit() *Hit {
	for i := range r.answer.Hops {
		hits := r.answer.Hops[i].Hits
		for z := range r.zones {
			for h := range hits {
				if hits[h].Zone == z && !hits[h].Exempt {
					return &hits[h]
				}
			}
		}
	}
	return nil
}

// mayBlock is what is unknown of the client if nothing says that the zone which
// blocks surely holds an address of the hop.
// See docs/semantics.md, order-7.
func (r *request) mayBlock() geo.Field {
	by := r.blockedHit()
	for _, hop := range r.answer.Hops {
		for _, hit := range hop.Hits {
			if hop.Client && hit.Zone == by.Zone && !hit.Exempt && !hit.Unknown {
				return 0
			}
		}
	}
	return by.unknown
}

// countryAskedFor is the country where SailPoint's lists ask for one and nobody knows.
// See docs/semantics.md, order-7.
func (r *request) countryAskedFor() geo.Field {
	if r.sailPoint == nil || len(r.sailPoint.Geolocation) == 0 {
		return 0
	}
	_, geography := r.sailPointChecks()
	if geography && r.geo.Provides().Has(geo.Country) && r.answer.Location.Country == "" {
		return geo.Country
	}
	return 0
}

// blocklistLayer denies for one hit that is not exempt.
// See docs/semantics.md, blocklist-1 and blocklist-5.
func (r *request) blocklistLayer() Layer {
	consulted := slices.ContainsFunc(r.zones, func(z networkZone) bool { return z.Active && z.Blocklist })
	switch hit := r.blockedHit(); {
	case !consulted:
		return Layer{Name: blocklistLayer, Why: "the policy has no ACTIVE blocklist zone"}
	case r.client < 0:
		return unknownClient(blocklistLayer)
	case hit != nil && hit.Unknown:
		return denied(blocklistLayer, r.text("%s may be in zone %q: %s", hit.Addr, r.zones[hit.Zone].Name, hit.Evidence), Blocklisted)
	case hit != nil:
		return denied(blocklistLayer, r.text("%s is in zone %q: %s", hit.Addr, r.zones[hit.Zone].Name, hit.Evidence), Blocklisted)
	}
	for _, hop := range r.answer.Hops {
		if len(hop.Hits) > 0 {
			return passed(blocklistLayer, "every blocklisted address is in the exempt zone")
		}
	}
	return passed(blocklistLayer, "no hop is in a blocklist")
}

// conclude makes the answer of the first layer that denies, or the allow.
// See docs/semantics.md, order-1, order-4, order-5, order-6 and threat-4.
func (r *request) conclude() {
	a := &r.answer
	a.Zone = -1
	if r.client >= 0 {
		a.Client = r.chain[r.client]
	}
	for _, layer := range a.Layers {
		if layer.Name == threatLayer && r.threatAction == zone.ThreatAudit {
			a.Audit = len(layer.Reasons) > 0
		}
	}
	for _, layer := range a.Layers {
		if layer.Name == overlayLayer && !layer.Denied && len(layer.Reasons) > 0 {
			a.Allowed, a.Reasons = true, layer.Reasons
			return
		}
		if !layer.Denied {
			continue
		}
		a.Reasons = layer.Reasons
		switch layer.Name {
		case blocklistLayer:
			a.Zone, a.Unknown = r.blockedHit().Zone, r.mayBlock()
		case rulesLayer:
			if layer.Reasons[0] == RuleMatched {
				a.Rule = r.decidingRule(false)
			}
			a.Unknown = r.openRules
		case sailPointLayer:
			a.Unknown = r.countryAskedFor()
		}
		return
	}
	a.Allowed, a.Unknown = true, r.countryAskedFor()
	a.Reasons = []Reason{r.allowReason()}
	a.Rule = r.decidingRule(true)
}

// decidingRule is the name of the rule that decided: the first one that denied,
// or on allow that of the last policy.
// See docs/semantics.md, order-5.
func (r *request) decidingRule(allow bool) string {
	name := ""
	for _, rule := range r.answer.Rules {
		if !rule.Applied || rule.Allow != allow {
			continue
		}
		name = rule.Name
		if !allow {
			break
		}
	}
	return name
}

// allowReason is the first reason to allow that fits.
// See docs/semantics.md, order-3.
func (r *request) allowReason() Reason {
	layer := map[string]bool{}
	for _, l := range r.answer.Layers {
		layer[l.Name] = l.Consulted
	}
	switch {
	case layer[sailPointLayer]:
		return Permitted
	case layer[rulesLayer]:
		return RuleMatched
	case layer[blocklistLayer] || layer[threatLayer]:
		return Permitted
	case r.authProfile != nil:
		return NotEnforced
	default:
		return Unrestricted
	}
}
