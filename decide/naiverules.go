package decide

import (
	"strings"

	"github.com/netwicket/netwicket/zone"
)

func (n *naiveRequest) rulesLayer() LayerTrace {
	if len(n.policy.ruleSets) == 0 {
		return LayerTrace{Layer: rulesLayer, Why: "the policy has no rules"}
	}
	outcome := passed(rulesLayer, "")
	for i := range n.policy.ruleSets {
		set := &n.policy.ruleSets[i]
		applied := n.applySet(set)
		switch {
		case outcome.Denied:
		case applied == nil && n.client >= 0:
			outcome = denied(rulesLayer, n.text("no rule of %s applies", nameOr(set.file, "the rules")), NoRule)
		case applied != nil && !applied.Allow:
			outcome = denied(rulesLayer, n.text("rule %q of %s denies", applied.Rule, nameOr(set.file, "the rules")), RuleMatched)
		case applied != nil:
			outcome.Why = n.text("rule %q of %s allows", applied.Rule, nameOr(set.file, "the rules"))
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

// applySet evaluates every rule of a policy and marks the one that decides.
func (n *naiveRequest) applySet(set *ruleSet) *RuleTrace {
	first := len(n.explanation.Rules)
	applied := -1
	for i := range set.origins {
		origin := &set.origins[i]
		trace := RuleTrace{Policy: set.file, Rule: ruleName(&origin.spec), Allow: origin.spec.Allow, Active: origin.spec.Active}
		var g grade
		g, trace.Why = n.condition(origin)
		trace.Condition = g.state()
		narrowed := len(origin.spec.Narrowed) > 0
		if narrowed {
			trace.Why += "; narrowed by " + strings.Join(origin.spec.Narrowed, ", ")
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
func (n *naiveRequest) condition(origin *ruleOrigin) (grade, string) {
	network := &origin.spec.Network
	switch network.Connection {
	case zone.Anywhere:
		return gradeMatch, "anywhere"
	case zone.Disabled:
		return gradeNo, "the condition is disabled"
	}
	exclude := network.Connection == zone.OffNetwork || len(network.Exclude) > 0
	held := gradeNo
	var whys []string
	for _, index := range origin.zones {
		z := &n.policy.zones[index]
		g := [...]grade{No: gradeNo, Unknown: gradeUnknown, Match: gradeMatch}[n.states[index]]
		if !z.spec.Active || z.spec.Blocklist {
			g = gradeNo // a zone that cannot hold a request
			if exclude {
				g = gradeUnknown
			}
		}
		held = max(held, g)
		whys = append(whys, n.text("%s: %s", z.spec.Key(), g.state()))
	}
	if exclude {
		return gradeMatch - held, n.text("not in zone %s", strings.Join(whys, ", "))
	}
	return held, n.text("in zone %s", strings.Join(whys, ", "))
}
