package lint

import (
	"cmp"
	"slices"

	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/zone"
)

// ruleSet is the rules of one file in the order in which they are tried.
type ruleSet struct {
	file  string
	rules []ruleAt // ACTIVE ones
	all   int      // with the INACTIVE ones
}

// ruleAt is an ACTIVE rule with its network condition over zones.
type ruleAt struct {
	*zone.Rule
	system bool // Okta's own, which nobody can delete
	condition
}

// name is what messages call the rule.
func (r *ruleAt) name() string { return cmp.Or(r.Name, r.ID, r.Position.Path) }

// readRules brings the rules of every file into their order and resolves what
// they refer to.
func (l *linter) readRules() {
	for d := range l.Config.Rules {
		document := &l.Config.Rules[d]
		l.meet(document.File)
		root, _ := jsondoc.Parse(document.File, document.Text) // it was parsed before
		nodes := map[string]jsondoc.Node{root.Path(): root}
		for _, node := range root.Elements() {
			nodes[node.Path()] = node
		}
		set := ruleSet{file: document.File, all: len(document.Rules)}
		for i := range document.Rules {
			rule := &document.Rules[i]
			if !rule.Active {
				continue
			}
			set.rules = append(set.rules, ruleAt{
				Rule: rule, system: nodes[rule.Position.Path].Get("system").Bool(), condition: l.condition(&rule.Network),
			})
		}
		slices.SortStableFunc(set.rules, byPriority)
		l.ruleSets = append(l.ruleSets, set)
	}
}

// byPriority is the order of docs/semantics.md: priority, then the document's
// order; a rule without a priority comes last.
func byPriority(a, b ruleAt) int {
	switch {
	case a.HasPriority && b.HasPriority:
		return cmp.Compare(a.Priority, b.Priority)
	case a.HasPriority:
		return -1
	case b.HasPriority:
		return 1
	default:
		return 0
	}
}

// condition resolves a network condition. A zone that the policy does not have
// is a variable like any other: a document is looked at without its zones.
func (l *linter) condition(network *zone.NetworkCondition) condition {
	c := condition{kind: listed}
	switch network.Connection {
	case zone.Anywhere:
		return condition{kind: always}
	case zone.Disabled:
		return condition{kind: never}
	case zone.InSystemZone, zone.OutsideSystemZone:
		c.exclude = network.Connection == zone.OutsideSystemZone
		c.zones = []string{l.onNetwork()}
		return c
	}
	ids := network.Include
	if len(network.Exclude) > 0 {
		ids, c.exclude = network.Exclude, true
	}
	for _, id := range ids {
		if (id.ID == zone.AllZones || id.ID == zone.AllIPZones) && len(l.zones) > 0 {
			c.zones = append(c.zones, l.allZones(id.ID == zone.AllIPZones)...)
			continue
		}
		z, found := l.byID[id.ID]
		if found && !z.policyUse() {
			// In an include it is not held, in an exclude it may be. The
			// compiler warns of either.
			c.unusable = true
			continue
		}
		c.zones = append(c.zones, id.ID)
	}
	return c
}

// allZones is what ALL_ZONES or ALL_IP_ZONES stands for.
func (l *linter) allZones(onlyIP bool) []string {
	var keys []string
	for i := range l.zones {
		z := &l.zones[i]
		if z.policyUse() && !z.Exempt && (!onlyIP || z.Type == zone.IP) {
			keys = append(keys, variable(z))
		}
	}
	return keys
}

// onNetwork is the zone that ON_NETWORK and OFF_NETWORK mean.
func (l *linter) onNetwork() string {
	for i := range l.zones {
		if z := &l.zones[i]; z.Type == zone.IP && z.policyUse() && z.System && !z.Exempt {
			return variable(z)
		}
	}
	return unresolvedNetwork
}

// unresolvedNetwork stands for the zone that ON_NETWORK means where it is not
// among the documents.
const unresolvedNetwork = "ON_NETWORK"

// variable names a zone in conditions: its id, or where it stands, which no id
// looks like, if it has none.
func variable(z *zoneAt) string {
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
			if !r.Allow || len(r.Narrowed) > 0 || r.kind != listed || r.exclude {
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
