package decide

import (
	"maps"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/zone"
)

// naivePolicy is one rule file: its rules in the order of evaluation, INACTIVE
// ones too.
type naivePolicy struct {
	file  string
	rules []naiveRule
}

type naiveRule struct {
	name          string
	active, allow bool
	narrowed      []string
	connection    zone.Connection
	outside       bool  // the condition holds outside the zones, not inside
	zones         []int // that the condition names
}

func (s *naive) readRules(documents []zone.RuleSet) {
	for _, document := range documents {
		policy := naivePolicy{file: document.File}
		for _, i := range naiveOrder(document.Rules) {
			policy.rules = append(policy.rules, s.newRule(&document.Rules[i]))
		}
		s.policies = append(s.policies, policy)
	}
}

// naiveOrder is the rules' places in the order of evaluation: priority by
// priority, each in document order, then those that have none.
func naiveOrder(rules []zone.Rule) []int {
	with, without := map[int][]int{}, []int(nil)
	for i := range rules {
		if rules[i].HasPriority {
			with[rules[i].Priority] = append(with[rules[i].Priority], i)
		} else {
			without = append(without, i)
		}
	}
	var order []int
	for _, priority := range slices.Sorted(maps.Keys(with)) {
		order = append(order, with[priority]...)
	}
	return append(order, without...)
}

func (s *naive) newRule(spec *zone.Rule) naiveRule {
	network := &spec.Network
	r := naiveRule{
		name: spec.Name, active: spec.Active, allow: spec.Allow,
		narrowed: slices.Clone(spec.Narrowed), connection: network.Connection,
	}
	if r.name == "" {
		r.name = spec.ID
	}
	if r.name == "" {
		r.name = spec.Position.Path
	}
	switch network.Connection {
	case zone.InSystemZone, zone.OutsideSystemZone:
		r.outside = network.Connection == zone.OutsideSystemZone
		r.zones = s.zonesThat(func(z *naiveZone) bool { return z.System && z.Type == zone.IP })
	case zone.InZones:
		r.outside = len(network.Exclude) > 0
		for _, named := range slices.Concat(network.Include, network.Exclude) {
			r.zones = append(r.zones, s.named(named.ID)...)
		}
	case zone.Anywhere, zone.Disabled: // which name no zone
	}
	return r
}

// named are the zones that a reference stands for.
func (s *naive) named(id string) []int {
	switch id {
	case "ALL_ZONES":
		return s.zonesThat(func(*naiveZone) bool { return true })
	case "ALL_IP_ZONES":
		return s.zonesThat(func(z *naiveZone) bool { return z.Type == zone.IP })
	}
	return s.withID(id)
}

// zonesThat are the zones that can hold a request, the exempt zone excepted,
// and have a property.
func (s *naive) zonesThat(have func(*naiveZone) bool) []int {
	var found []int
	for i := range s.zones {
		if z := &s.zones[i]; z.canHold() && !z.Exempt && have(z) {
			found = append(found, i)
		}
	}
	return found
}

// withID is the zone of that id. Several zones may have none, which names nobody.
func (s *naive) withID(id string) []int {
	for i := range s.zones {
		if id != "" && s.zones[i].ID == id {
			return []int{i}
		}
	}
	return nil
}

func (n *naiveRequest) rulesLayer() LayerTrace {
	if len(n.source.policies) == 0 {
		return LayerTrace{Layer: rulesLayer, Why: "the policy has no rules"}
	}
	outcome := passed(rulesLayer, "")
	for i := range n.source.policies {
		policy := &n.source.policies[i]
		applied := n.applyRules(policy)
		switch {
		case outcome.Denied:
		case applied == nil && n.client >= 0:
			outcome = denied(rulesLayer, n.text("no rule of %s applies", nameOr(policy.file, "the rules")), NoRule)
		case applied != nil && !applied.Allow:
			outcome = denied(rulesLayer, n.text("rule %q of %s denies", applied.Rule, nameOr(policy.file, "the rules")), RuleMatched)
		case applied != nil:
			outcome.Why = n.text("rule %q of %s allows", applied.Rule, nameOr(policy.file, "the rules"))
		}
	}
	if n.client < 0 {
		return unknownClient(rulesLayer)
	}
	return outcome
}

func nameOr(name, other string) string {
	if name == "" {
		return other
	}
	return name
}

// applyRules evaluates every rule of a policy and marks the one that decides.
func (n *naiveRequest) applyRules(policy *naivePolicy) *RuleTrace {
	first := len(n.explanation.Rules)
	applied := -1
	for i := range policy.rules {
		r := &policy.rules[i]
		trace := RuleTrace{Policy: policy.file, Rule: r.name, Allow: r.allow, Active: r.active}
		var g grade
		g, trace.Why = n.condition(r)
		trace.Condition = g.state()
		narrowed := len(r.narrowed) > 0
		if narrowed {
			trace.Why += "; narrowed by " + strings.Join(r.narrowed, ", ")
		}
		applies := trace.Active && ((trace.Allow && g == gradeMatch && !narrowed) || (!trace.Allow && g != gradeNo))
		if applies && applied < 0 && n.client >= 0 {
			trace.Applied = true
			applied = first + i
		}
		n.explanation.Rules = append(n.explanation.Rules, trace)
	}
	if applied < 0 {
		return nil
	}
	return &n.explanation.Rules[applied]
}

// condition evaluates a rule's network condition over the zones' states.
func (n *naiveRequest) condition(r *naiveRule) (grade, string) {
	switch r.connection {
	case zone.Anywhere:
		return gradeMatch, "anywhere"
	case zone.Disabled:
		return gradeNo, "the condition is disabled"
	case zone.InZones, zone.InSystemZone, zone.OutsideSystemZone:
	default:
		return gradeUnknown, "the connection is none that Okta has"
	}
	held := gradeNo
	var whys []string
	for _, index := range r.zones {
		z := &n.source.zones[index]
		g := [...]grade{No: gradeNo, Unknown: gradeUnknown, Match: gradeMatch}[n.states[index]]
		if !z.canHold() {
			g = gradeNo
			if r.outside {
				g = gradeUnknown
			}
		}
		held = max(held, g)
		whys = append(whys, n.text("%s: %s", z.Key(), g.state()))
	}
	if r.outside {
		return gradeMatch - held, n.text("not in zone %s", strings.Join(whys, ", "))
	}
	return held, n.text("in zone %s", strings.Join(whys, ", "))
}
