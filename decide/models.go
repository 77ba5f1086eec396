package decide

import (
	"fmt"

	"github.com/netwicket/netwicket/zone"
)

// A model that was not made by package zone may hold what its parsers refuse. To
// match everything or nothing would be wrong for one use or the other, so it is
// refused here as well, unless it is of something INACTIVE.

// checkZone refuses an ACTIVE zone that means nothing.
func (c *compiler) checkZone(z *zone.Zone) {
	if !z.Type.Known() { // docs/semantics.md, oktadoc-1
		c.fail(z.Position, string(z.Type), "unknown-type", "an ACTIVE zone needs the type IP, DYNAMIC or DYNAMIC_V2")
	}
	if !z.Proxy.Known() {
		c.fail(z.Position, fmt.Sprint(uint8(z.Proxy)), "unknown-proxy-type", "zone %q has a proxy type that Okta does not have", z.Name)
	}
	if z.IsDynamic() && !z.Constrained() { // docs/semantics.md, oktadoc-7
		c.fail(z.Position, z.Name, "empty-zone", "an ACTIVE dynamic zone needs locations, asns, a proxyType or ipServiceCategories")
	}
	if z.Exempt && !z.Exempts() { // docs/semantics.md, blocklist-6
		c.fail(z.Position, z.Name, "wrong-shape", "the exempt zone has to be an IP zone of usage POLICY")
	}
}

// checkCondition refuses the network condition of a rule that means nothing. In
// an INACTIVE rule it is a warning.
func (c *compiler) checkCondition(spec *zone.Rule) {
	network := &spec.Network
	report := func(code, format string, args ...any) {
		c.report(spec.Active, spec.Position, spec.Label(), code, format, args...)
	}
	given := len(network.Include) + len(network.Exclude)
	switch { // docs/semantics.md, rule-1
	case !network.Connection.Known():
		report("unknown-connection", "the rule's network connection is none that Okta has")
	case network.Connection == zone.InZones && (len(network.Include) > 0) == (len(network.Exclude) > 0):
		report("include-exclude", "conditions.network: You should either include or exclude network zones when you use zones in the policy rule.")
	case network.Connection != zone.InZones && given > 0:
		report("ignored-zones", "the rule's network connection is not ZONE, and the zones that it lists would be ignored")
	}
}

// checkOptions refuses what no document says.
func (c *compiler) checkOptions() {
	if threat := c.config.ThreatInsight; threat != nil && !threat.Action.Known() { // docs/semantics.md, threat-1
		c.fail(threat.Position, fmt.Sprint(uint8(threat.Action)), "unknown-action", "ThreatInsight's action is none that Okta has; expected none, audit or block")
	}
	switch c.config.UnknownCountry {
	case DenyUnknownCountry, TrustUnknownCountry:
	default:
		c.fail(zone.Position{}, fmt.Sprint(uint8(c.config.UnknownCountry)), "unknown-option", "UnknownCountry is neither DenyUnknownCountry nor TrustUnknownCountry")
	}
}
