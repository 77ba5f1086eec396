package oracle

import (
	"maps"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// policy is one rule file: its rules in the order of evaluation, INACTIVE
// ones too.
type policy struct {
	file  string
	rules []rule
}

type rule struct {
	name          string
	position      zone.Position
	active, allow bool
	narrowed      []string
	connection    zone.Connection
	outside       bool  // the condition holds outside the zones, not inside
	zones         []int // that the condition names
}

// readRules keeps every document as a policy of its own.
// See docs/semantics.md, rule-9.
func (o *Oracle) readRules(documents []zone.RuleSet) {
	for _, document := range documents {
		p := policy{file: document.File}
		for _, i := range inOrder(document.Rules) {
			p.rules = append(p.rules, o.newRule(&document.Rules[i]))
		}
		o.policies = append(o.policies, p)
	}
}

// inOrder is the rules' places in the order of evaluation: priority by
// priority, each in document order, then those that have none.
// See docs/semantics.md, rule-4.
func inOrder(rules []zone.Rule) []int {
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

// newRule works out which zones the condition is about.
// See docs/semantics.md, rule-1, rule-2, rule-7 and order-5.
func (o *Oracle) newRule(spec *zone.Rule) rule {
	network := &spec.Network
	r := rule{
		name: spec.Name, position: spec.Position, active: spec.Active, allow: spec.Allow,
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
		r.zones = o.zonesThat(func(z *networkZone) bool { return z.System && z.Type == zone.IP })
	case zone.InZones:
		r.outside = len(network.Exclude) > 0
		for _, named := range slices.Concat(network.Include, network.Exclude) {
			r.zones = append(r.zones, o.named(named.ID)...)
		}
	case zone.Anywhere, zone.Disabled: // which name no zone
	}
	return r
}

// named are the zones that a reference stands for.
// See docs/semantics.md, rule-3.
func (o *Oracle) named(id string) []int {
	switch id {
	case "ALL_ZONES":
		return o.zonesThat(func(*networkZone) bool { return true })
	case "ALL_IP_ZONES":
		return o.zonesThat(func(z *networkZone) bool { return z.Type == zone.IP })
	}
	return o.withID(id)
}

// zonesThat are the zones that can hold a request, the exempt zone excepted,
// and have a property.
func (o *Oracle) zonesThat(have func(*networkZone) bool) []int {
	var found []int
	for i := range o.zones {
		if z := &o.zones[i]; z.canHold() && !z.Exempt && have(z) {
			found = append(found, i)
		}
	}
	return found
}

// withID is the zone of that id. Several zones may have none, which names nobody.
// See docs/semantics.md, rule-12.
func (o *Oracle) withID(id string) []int {
	for i := range o.zones {
		if id != "" && o.zones[i].ID == id {
			return []int{i}
		}
	}
	return nil
}

// rulesLayer: every policy has to allow.
// See docs/semantics.md, rule-4 and rule-9.
func (r *request) rulesLayer() Layer {
	if len(r.policies) == 0 {
		return Layer{Name: rulesLayer, Why: "the policy has no rules"}
	}
	outcome := passed(rulesLayer, "")
	for i := range r.policies {
		policy := &r.policies[i]
		first := len(r.answer.Rules)
		applied := r.applyRules(policy)
		if !outcome.Denied {
			r.openRules = unknownOf(r.answer.Rules[first:])
		}
		switch {
		case outcome.Denied:
		case applied == nil:
			outcome = denied(rulesLayer, r.text("no rule of %s applies", nameOr(policy.file, "the rules")), NoRule)
		case !applied.Allow:
			outcome = denied(rulesLayer, r.text("rule %q of %s denies", applied.Name, nameOr(policy.file, "the rules")), RuleMatched)
		default:
			outcome.Why = r.text("rule %q of %s allows", applied.Name, nameOr(policy.file, "the rules"))
		}
	}
	if r.client < 0 {
		return unknownClient(rulesLayer)
	}
	return outcome
}

// unknownOf is what is unknown of the client so that one of a policy's rules may
// apply or not, down to the one that does.
// See docs/semantics.md, order-7.
func unknownOf(rules []Rule) geo.Field {
	unknown := geo.Field(0)
	for i := range rules {
		unknown |= rules[i].unknown
		if rules[i].Applied {
			break
		}
	}
	return unknown
}

func nameOr(name, other string) string {
	if name == "" {
		return other
	}
	return name
}

// applyRules evaluates every rule of a policy and marks the one that decides.
// See docs/semantics.md, rule-5, rule-8 and rule-10.
func (r *request) applyRules(policy *policy) *Rule {
	first := len(r.answer.Rules)
	applied := -1
	for i := range policy.rules {
		spec := &policy.rules[i]
		rule := Rule{Policy: policy.file, Name: spec.name, Allow: spec.allow, Active: spec.active, Position: spec.position}
		rule.Condition, rule.Why = r.condition(spec)
		narrowed := len(spec.narrowed) > 0
		if narrowed {
			rule.Why += "; narrowed by " + strings.Join(spec.narrowed, ", ")
		}
		applies := rule.Condition == Match && !narrowed
		if !rule.Allow {
			applies = rule.Condition != No
		}
		if rule.Condition == Unknown && rule.Active && !(rule.Allow && narrowed) {
			for _, index := range spec.zones {
				if r.zones[index].canHold() {
					rule.unknown |= r.answer.Zones[index].unknown
				}
			}
		}
		if applies && rule.Active && applied < 0 && r.client >= 0 {
			rule.Applied = true
			applied = first + i
		}
		r.answer.Rules = append(r.answer.Rules, rule)
	}
	if applied < 0 {
		return nil
	}
	return &r.answer.Rules[applied]
}

// condition evaluates a rule's network condition over the zones' states.
// See docs/semantics.md, rule-1, rule-2, rule-6 and rule-7.
func (r *request) condition(spec *rule) (Grade, string) {
	switch spec.connection {
	case zone.Anywhere:
		return Match, "anywhere"
	case zone.Disabled:
		return No, "the condition is disabled"
	case zone.InZones, zone.InSystemZone, zone.OutsideSystemZone:
	default:
		return Unknown, "the connection is none that Okta has"
	}
	held := No
	var whys []string
	for _, index := range spec.zones {
		z := &r.zones[index]
		g := r.answer.Zones[index].State
		if !z.canHold() {
			g = No
			if spec.outside {
				g = Unknown
			}
		}
		held = max(held, g)
		whys = append(whys, r.text("%s: %s", key(&z.Zone), g))
	}
	if spec.outside {
		return held.not(), r.text("not in zone %s", strings.Join(whys, ", "))
	}
	return held, r.text("in zone %s", strings.Join(whys, ", "))
}
