package decide

import (
	"math"
	"slices"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// rule checks the condition and the place of a rule.
func (m *model) rule(r *zone.Rule) {
	network := &r.Network
	include, exclude := len(network.Include) > 0, len(network.Exclude) > 0
	switch { // docs/semantics.md, rule-1
	case !network.Connection.Known():
		m.refuse("Network.Connection", "unknown-connection", "%d is no connection of Okta's", network.Connection)
	case network.Connection == zone.InZones && include == exclude:
		m.refuse("Network", "include-exclude", "conditions.network: You should either include or exclude network zones when you use zones in the policy rule.")
	case network.Connection != zone.InZones && (include || exclude):
		m.refuse("Network", "ignored-zones", "the rule's network connection is not ZONE, and the zones that it lists would be ignored")
	case manyAndMore(network.Include) || manyAndMore(network.Exclude):
		m.refuse("Network", "all-zones-not-alone", "%s and %s stand alone in their list", zone.AllZones, zone.AllIPZones)
	}
	if r.HasPriority && (r.Priority < math.MinInt32 || r.Priority > math.MaxInt32) { // docs/semantics.md, rule-4
		m.refuse("Priority", "bad-priority", "expected a number of 32 bits, found %d", r.Priority)
	}
}

// manyAndMore says that a reference to many zones has another one beside it
// (docs/semantics.md, rule-3).
func manyAndMore(ids []zone.ZoneID) bool {
	return slices.ContainsFunc(ids, zone.ZoneID.Many) &&
		slices.ContainsFunc(ids, func(id zone.ZoneID) bool { return id.ID != ids[0].ID })
}

// checkSailPoint refuses what would be nobody's address or country, and options
// that no document has (docs/semantics.md, spdoc-2, spdoc-3 and sailpoint-10).
func (c *compiler) checkSailPoint() {
	if document := c.config.SailPoint; document != nil {
		m := &model{c, "SailPoint", document.Position, "", true}
		m.entries("Range", document.Range)
		for i, country := range document.Geolocation {
			if !zone.IsCountryCode(country.Value) {
				m.refuse(indexed("Geolocation", i), "bad-country", "expected two capital letters such as US, found %q", country.Value)
			}
		}
	}
	switch c.config.UnknownCountry {
	case DenyUnknownCountry, TrustUnknownCountry:
	default:
		m := &model{c, "UnknownCountry", zone.Position{}, "", true}
		m.refuse("", "unknown-option", "%d is neither DenyUnknownCountry nor TrustUnknownCountry", c.config.UnknownCountry)
	}
	if unknown := c.config.AssumeNone &^ geo.AllSorts; unknown != 0 {
		m := &model{c, "AssumeNone", zone.Position{}, "", true}
		m.refuse("", "unknown-option", "%d is no sort of anonymizers", unknown)
	}
}
