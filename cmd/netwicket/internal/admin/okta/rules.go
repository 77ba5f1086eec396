package okta

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// ruleLinks are the links of a rule. The system's rule can be changed, but neither
// deleted nor switched off (P6).
func ruleLinks(base string, p *records.Policy, rule *records.Rule) []byte {
	self := base + policiesPath + "/" + url.PathEscape(p.ID) + "/rules/" + url.PathEscape(rule.ID)
	var l links
	if rule.System {
		l.add("self", self, http.MethodGet, http.MethodPut)
		return l.end()
	}
	l.add("self", self, http.MethodGet, http.MethodPut, http.MethodDelete)
	name := lifecycleLink(rule.Status)
	l.add(name, self+"/lifecycle/"+name, http.MethodPost)
	return l.end()
}

func ruleAnswer(r *wire.Request, p *records.Policy, rule *records.Rule) wire.Answer {
	return record(rule.Append(nil, ruleLinks(r.Base, p, rule)), rule.ETag())
}

// findRule finds the rule that a request is about, and where it stands in its
// policy; a rule of another policy is not found (E4).
func findRule(r *wire.Request, d *records.Documents) (p *records.Policy, rule *records.Rule, at int, missing wire.Answer) {
	p, _ = d.Policy(r.Params["id"])
	if p == nil {
		return p, nil, at, noPolicy(r)
	}
	at = slices.IndexFunc(p.Rules, func(rule *records.Rule) bool { return rule.ID == r.Params["rule"] })
	if at < 0 {
		return p, nil, at, notFound(r.Params["rule"], "PolicyRule")
	}
	return p, p.Rules[at], at, wire.Answer{}
}

// listRules answers with all rules of a policy by priority (P4).
func listRules(r *wire.Request, d *records.Documents) wire.Answer {
	p, _ := d.Policy(r.Params["id"])
	if p == nil {
		return noPolicy(r)
	}
	return wire.Answer{Status: http.StatusOK, Body: listOf(records.ByPriority(p.Rules), func(rule *records.Rule, to []byte) []byte {
		return rule.Append(to, ruleLinks(r.Base, p, rule))
	})}
}

func getRule(r *wire.Request, d *records.Documents) wire.Answer {
	p, rule, _, missing := findRule(r, d)
	if rule == nil {
		return missing
	}
	return ruleAnswer(r, p, rule)
}

func createRule(r *wire.Request, d *records.Documents) wire.Answer {
	p, _ := d.Policy(r.Params["id"])
	if p == nil {
		return noPolicy(r)
	}
	rule, body := readRule(r.Body, p)
	rule.ID = records.NewID(records.SignOnRuleID)
	if p.Type == records.Access {
		rule.ID = records.NewID(records.AccessRuleID)
	}
	rule.Status = body.statusOf(r.Query)
	rule.Created = tenant.TimeText(r.Time)
	rule.LastUpdated = rule.Created
	body.checkRule(rule, nil, p, d)
	rules := append(slices.Clone(p.Rules), rule)
	if len(body.causes) == 0 {
		rules = body.placeRule(rules, len(p.Rules), p.Type)
	}
	if answer, failed := body.answer(); failed {
		return answer
	}
	return ruleAnswer(r, p, setRules(d, p, rules, rule.ID))
}

// replaceRule puts what the body says in the place of a rule. Its status stays, and
// so does a priority that the body does not give (P13). Of the system's rules only the
// actions change (P6).
func replaceRule(r *wire.Request, d *records.Documents) wire.Answer {
	p, old, i, missing := findRule(r, d)
	switch {
	case old == nil:
		return missing
	case !r.Matches(old.ETag()):
		return notMatched()
	}
	rule, body := readRule(r.Body, p)
	rule.ID, rule.Status, rule.System, rule.Priority = old.ID, old.Status, old.System, old.Priority
	rule.Created, rule.LastUpdated = old.Created, tenant.TimeText(r.Time)
	body.checkRule(rule, old, p, d)
	if old.System {
		rule.Conditions, rule.Other = old.Conditions, old.Changed().Other
	}
	rules := slices.Clone(p.Rules)
	rules[i] = rule
	if len(body.causes) == 0 && body.priority != nil && *body.priority != old.Priority {
		rules = body.placeRule(rules, i, p.Type)
	}
	if answer, failed := body.answer(); failed {
		return answer
	}
	return ruleAnswer(r, p, setRules(d, p, rules, rule.ID))
}

func deleteRule(r *wire.Request, d *records.Documents) wire.Answer {
	p, rule, i, missing := findRule(r, d)
	switch {
	case rule == nil:
		return missing
	case !r.Matches(rule.ETag()):
		return notMatched()
	case rule.System:
		return ofSystem("The policy rule: " + rule.ID + " is a system rule. System rules cannot be deleted.")
	}
	rules := slices.Delete(slices.Clone(p.Rules), i, i+1)
	if p.Type == records.SignOn {
		rules = withPriorities(rules, sequential(rulePlaces(rules, -1), nil, nil))
	}
	setRules(d, p, rules, "")
	return nothing()
}

// setRuleStatus activates or deactivates a rule, also one that is so already.
func setRuleStatus(status string) func(*wire.Request, *records.Documents) wire.Answer {
	return func(r *wire.Request, d *records.Documents) wire.Answer {
		p, old, i, missing := findRule(r, d)
		switch {
		case old == nil:
			return missing
		case !r.Matches(old.ETag()):
			return notMatched()
		case old.System:
			return ofSystem("The policy rule: " + old.ID + " is a system rule. System rules cannot be activated or deactivated.")
		}
		rule := old.Changed()
		rule.Status, rule.LastUpdated = status, tenant.TimeText(r.Time)
		rules := slices.Clone(p.Rules)
		rules[i] = rule
		setRules(d, p, rules, "")
		return nothing()
	}
}

// setRules gives a policy other rules, and returns one of them.
func setRules(d *records.Documents, p *records.Policy, rules []*records.Rule, id string) *records.Rule {
	_, i := d.Policy(p.ID)
	changed := *p
	changed.Rules = rules
	d.Policies[i] = &changed
	if at := slices.IndexFunc(rules, func(rule *records.Rule) bool { return rule.ID == id }); at >= 0 {
		return rules[at]
	}
	return nil
}

// placeRule gives the rule at an index its place among those of its policy, which is
// the one that the body asks for (P12). It notes that there is none.
func (b *body) placeRule(rules []*records.Rule, at int, kind string) []*records.Rule {
	others := rulePlaces(rules, at)
	if kind == records.SignOn {
		return withPriorities(rules, sequential(others, &place{at: at}, b.priority))
	}
	places, err := gapped(others, place{at: at}, b.priority)
	if err != nil {
		b.add("priority", "There is no free priority for the rule in front of the catch-all rule's, which is 99.")
		return rules
	}
	return withPriorities(rules, places)
}

// rulePlaces are the places of rules by priority, but for the rule at an index, -1
// for none.
func rulePlaces(rules []*records.Rule, without int) []place {
	var places []place
	for i, rule := range rules {
		if i != without {
			places = append(places, place{i, rule.Priority, rule.System})
		}
	}
	slices.SortStableFunc(places, func(a, b place) int { return cmp.Compare(a.priority, b.priority) })
	return places
}

// withPriorities are rules in the order of their places and with their priorities;
// those that keep theirs stay as they are.
func withPriorities(rules []*records.Rule, places []place) []*records.Rule {
	ordered := make([]*records.Rule, len(places))
	for i, to := range places {
		rule := rules[to.at]
		if rule.Priority != to.priority {
			rule = rule.Changed()
			rule.Priority = to.priority
		}
		ordered[i] = rule
	}
	return ordered
}
