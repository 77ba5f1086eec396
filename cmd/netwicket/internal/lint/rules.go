package lint

import "github.com/netwicket/netwicket/zone"

// ruleSet is the rules of one file in the order in which they are tried.
type ruleSet struct {
	file  string
	rules []ruleAt // ACTIVE ones
	all   int      // with the INACTIVE ones
}

// ruleAt is an ACTIVE rule with its network condition over zones.
type ruleAt struct {
	*zone.Rule
	condition
}

// readRules brings the rules of every file into their order and resolves what
// they refer to.
func (l *linter) readRules() {
	for d := range l.Config.Rules {
		document := &l.Config.Rules[d]
		l.meet(document.File)
		set := ruleSet{file: document.File, all: len(document.Rules)}
		for _, rule := range document.InOrder() {
			if !rule.Active {
				continue
			}
			set.rules = append(set.rules, ruleAt{Rule: rule, condition: l.condition(&rule.Network)})
		}
		l.ruleSets = append(l.ruleSets, set)
	}
}

// condition resolves a network condition. A zone that the policy does not have
// is a variable like any other: a document is looked at without its zones.
func (l *linter) condition(network *zone.NetworkCondition) condition {
	c := condition{kind: listed, exclude: network.Excludes()}
	switch network.Connection {
	case zone.Anywhere:
		c.kind = always
	case zone.InZones:
		for _, id := range network.Listed() {
			l.reference(&c, id)
		}
	case zone.InSystemZone, zone.OutsideSystemZone:
		if c.zones = l.zonesThat((*zone.Zone).SystemZone); len(c.zones) != 1 {
			c.zones = []string{unresolvedSystemZone}
		}
	case zone.Disabled:
		c.kind = never
	default:
		c.kind = never // no parser lets another connection through
	}
	return c
}

// reference adds the zones that a reference stands for.
func (l *linter) reference(c *condition, id zone.ZoneID) {
	if id.Many() && len(l.zones) > 0 {
		c.zones = append(c.zones, l.zonesThat(id.Names)...)
		return
	}
	if z, found := l.byID[id.ID]; found && !z.Usable() {
		// In an include it is not held, in an exclude it may be
		// (docs/semantics.md, rule-6). The compiler warns of either.
		c.unusable = true
		return
	}
	c.zones = append(c.zones, id.ID)
}

// zonesThat are the zones of which something is true.
func (l *linter) zonesThat(holds func(*zone.Zone) bool) []string {
	var keys []string
	for i := range l.zones {
		if z := l.zones[i]; holds(z) {
			keys = append(keys, variable(z))
		}
	}
	return keys
}

// unresolvedSystemZone stands for the zone that ON_NETWORK means where the
// documents do not have exactly one that it may be.
const unresolvedSystemZone = "ON_NETWORK"

// variable names a zone in conditions: its id, or where it stands, which no id
// looks like, if it has none.
func variable(z *zone.Zone) string {
	if z.ID != "" {
		return z.ID
	}
	return "\x00" + z.Position.File + z.Position.Path
}

// allowing maps the zones that an ALLOW rule includes to the first such rule.
func (l *linter) allowing() map[string]*ruleAt {
	rules := make(map[string]*ruleAt)
	for s := range l.ruleSets {
		for i := range l.ruleSets[s].rules {
			r := &l.ruleSets[s].rules[i]
			if !r.Allow || !r.CanApply() || r.exclude { // one that lists no zones has none
				continue
			}
			for _, key := range r.zones {
				if rules[key] == nil {
					rules[key] = r
				}
			}
		}
	}
	return rules
}
