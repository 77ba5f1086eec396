package docdiff

import (
	"slices"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// WithoutZone is a Config without a zone, which is one in its documents and not a copy.
// What refers to it stays, which may keep the Config from compiling.
func WithoutZone(c decide.Config, without *zone.Zone) decide.Config {
	c.Zones = slices.Clone(c.Zones)
	for d := range c.Zones {
		zones := c.Zones[d].Zones
		if at := indexOf(zones, without); at >= 0 {
			c.Zones[d].Zones = slices.Concat(zones[:at], zones[at+1:])
		}
	}
	return c
}

// WithoutRule is a Config without a rule, which is one in its documents and not a copy.
func WithoutRule(c decide.Config, without *zone.Rule) decide.Config {
	c.Rules = slices.Clone(c.Rules)
	for d := range c.Rules {
		rules := c.Rules[d].Rules
		if at := indexOf(rules, without); at >= 0 {
			c.Rules[d].Rules = slices.Concat(rules[:at], rules[at+1:])
		}
	}
	return c
}

func indexOf[T any](list []T, one *T) int {
	for i := range list {
		if &list[i] == one {
			return i
		}
	}
	return -1
}

// WithoutReferences is a Config in which neither a rule nor ThreatInsight names a zone
// id. It is not defined where a rule names that zone alone: the list would be empty,
// which Okta refuses.
func WithoutReferences(c decide.Config, id string) (without decide.Config, defined bool) {
	named := func(one zone.ZoneID) bool { return one.ID == id }
	left := func(ids []zone.ZoneID) []zone.ZoneID { return slices.DeleteFunc(slices.Clone(ids), named) }
	c.Rules = slices.Clone(c.Rules)
	for d := range c.Rules {
		rules := slices.Clone(c.Rules[d].Rules)
		for i := range rules {
			condition := &rules[i].Network
			if !slices.ContainsFunc(condition.Listed(), named) {
				continue
			}
			condition.Include, condition.Exclude = left(condition.Include), left(condition.Exclude)
			if len(condition.Include)+len(condition.Exclude) == 0 {
				return c, false
			}
		}
		c.Rules[d].Rules = rules
	}
	if c.ThreatInsight != nil {
		threat := *c.ThreatInsight
		threat.ExcludeZones = left(threat.ExcludeZones)
		c.ThreatInsight = &threat
	}
	return c, true
}
