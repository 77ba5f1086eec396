package decide

import (
	"fmt"

	"github.com/netwicket/netwicket/zone"
)

// A model that was not made by package zone may hold what its parsers refuse. To
// match everything or nothing would be wrong for one use or the other, so every
// value outside of the documented ones is refused here as well, with the path of
// its field. What is INACTIVE holds nobody: an INACTIVE zone may be anything, and
// an INACTIVE rule gets warnings.

// model is one model of the Config that is checked.
type model struct {
	*compiler
	path    string // from the Config: "Zones[0].Zones[3]"
	at      zone.Position
	name    string
	inForce bool
}

// refuse notes what is wrong with a field.
func (m *model) refuse(field, code, format string, args ...any) {
	path := m.path
	if field != "" {
		path += "." + field
	}
	m.report(m.inForce, m.at, m.name, code, "%s: %w", path, fmt.Errorf(format, args...))
}

func indexed(field string, i int) string { return fmt.Sprintf("%s[%d]", field, i) }

// entries refuses entries that cover no range (docs/semantics.md, policy-6).
func (m *model) entries(field string, list []zone.Entry) {
	for i := range list {
		m.entry(field, i, &list[i])
	}
}

func (m *model) entry(field string, i int, e *zone.Entry) {
	if !e.Valid() {
		m.refuse(indexed(field, i)+".Range", "bad-range",
			"expected the first and the last address of a range, both IPv4 or both IPv6, not IPv4-mapped; found %s-%s", e.Range.From(), e.Range.To())
	}
}

// checkModels looks at every model.
func (c *compiler) checkModels() {
	for d := range c.config.Zones {
		for i := range c.config.Zones[d].Zones {
			z := &c.config.Zones[d].Zones[i]
			if z.Active {
				m := &model{c, indexed("Zones", d) + indexed(".Zones", i), z.Position, z.Key(), true}
				m.zone(z)
			}
		}
	}
	for d := range c.config.Rules {
		for i := range c.config.Rules[d].Rules {
			r := &c.config.Rules[d].Rules[i]
			m := &model{c, indexed("Rules", d) + indexed(".Rules", i), r.Position, r.Label(), r.Active}
			m.rule(r)
		}
	}
	if threat := c.config.ThreatInsight; threat != nil && !threat.Action.Known() { // docs/semantics.md, threat-1
		m := &model{c, "ThreatInsight", threat.Position, "", true}
		m.refuse("Action", "unknown-action", "%d is no action of Okta's; expected none, audit or block", threat.Action)
	}
	for i := range c.config.ThreatFeeds {
		feed := &c.config.ThreatFeeds[i]
		m := &model{c, indexed("ThreatFeeds", i), zone.Position{File: feed.File}, "", true}
		m.entries("Entries", feed.Entries)
	}
	c.checkSailPoint()
	c.checkOverlay()
}

// zone checks a zone that is in force.
func (m *model) zone(z *zone.Zone) {
	m.entries("Gateways", z.Gateways)
	m.entries("Proxies", z.Proxies)
	m.places("Locations.Include", z.Locations.Include)
	m.places("Locations.Exclude", z.Locations.Exclude)
	if !z.Type.Known() { // docs/semantics.md, oktadoc-1
		m.refuse("Type", "unknown-type", "%q is no type of a zone; an ACTIVE zone needs the type IP, DYNAMIC or DYNAMIC_V2", z.Type)
		return
	}
	if !z.Proxy.Known() {
		m.refuse("Proxy", "unknown-proxy-type", "%d is no proxy type of Okta's", z.Proxy)
	}
	if field := foreign(z); field != "" {
		m.refuse(field, "wrong-shape", "a zone of type %s has no such property", z.Type)
	}
	if z.IsDynamic() && !z.Constrained() { // docs/semantics.md, oktadoc-7
		m.refuse("", "empty-zone", "an ACTIVE dynamic zone needs locations, asns, a proxyType or ipServiceCategories")
	}
	if z.Exempt && !(z.System && z.Exempts()) { // docs/semantics.md, blocklist-6
		m.refuse("Exempt", "wrong-shape", "the exempt zone has to be the system's IP zone of usage POLICY")
	}
	if z.SystemZone() && z.Name == "DefaultExemptIpZone" {
		m.refuse("Exempt", "wrong-shape", "the system's zone of this name is the exempt zone")
	}
}

// foreign is a property that a zone has and its type does not, or empty
// (docs/semantics.md, oktadoc-1).
func foreign(z *zone.Zone) string {
	dynamic, v2 := z.Type == zone.Dynamic, z.Type == zone.DynamicV2
	switch {
	case len(z.Gateways) > 0 && (dynamic || v2):
		return "Gateways"
	case len(z.Proxies) > 0 && (dynamic || v2):
		return "Proxies"
	case z.Locations.Defined() && !dynamic && !v2:
		return "Locations"
	case z.ASNs.Defined() && !dynamic && !v2:
		return "ASNs"
	case z.Categories.Defined() && !v2:
		return "Categories"
	case z.Proxy != zone.ProxyUnset && !dynamic:
		return "Proxy"
	case len(z.Locations.Exclude) > 0 && dynamic:
		return "Locations.Exclude"
	case len(z.ASNs.Exclude) > 0 && dynamic:
		return "ASNs.Exclude"
	default:
		return ""
	}
}

// places refuses places that no address can be in (docs/semantics.md, oktadoc-12).
func (m *model) places(field string, list []zone.Term[zone.Place]) {
	for i := range list {
		if place := list[i].Value; !place.Valid() {
			m.refuse(indexed(field, i), "bad-country", "expected a country of two capital letters, or a region of it such as US-CA; found country %q, region %q", place.Country, place.Region)
		}
	}
}
