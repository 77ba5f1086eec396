package records

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// ReadPolicies reads a file of policies, which have no rules yet. The error is a
// finding.List.
func ReadPolicies(file string, data []byte) ([]*Policy, error) {
	root, err := jsondoc.Parse(file, data)
	if err != nil {
		return nil, err
	}
	var policies []*Policy
	for _, node := range root.Elements() {
		p := &Policy{
			ID: text(node.Get("id")), Status: cmp.Or(text(node.Get("status")), Active), Name: text(node.Get("name")),
			Type: text(node.Get("type")), System: node.Get("system").Bool(),
			Conditions: rawOf(node.Get("conditions")),
			Created:    text(node.Get("created")), LastUpdated: text(node.Get("lastUpdated")),
			Text: withoutLinks(node),
		}
		p.Priority, _ = number(node.Get("priority"))
		if node.Get("description").Kind() == jsondoc.String {
			words := node.Get("description").String()
			p.Description = &words
		}
		policies = append(policies, p)
	}
	return policies, nil
}

// WritePolicies is the file of policies, without their rules.
func WritePolicies(policies []*Policy) []byte {
	return writeList(policies, func(p *Policy) []byte {
		if p.Text != nil {
			return p.Text
		}
		return p.Append(nil, nil)
	})
}

// Append appends the policy as JSON, its members in Okta's order (P3). links is
// the value of _links; nil leaves it out.
func (p *Policy) Append(to, links []byte) []byte {
	o := newObject(to)
	o.value("id", p.ID)
	o.value("status", p.Status)
	o.value("name", p.Name)
	if p.Description != nil {
		o.value("description", *p.Description)
	} else {
		o.raw("description", nil)
	}
	o.raw("priority", strconv.AppendInt(nil, int64(p.Priority), 10))
	o.raw("system", strconv.AppendBool(nil, p.System))
	o.raw("conditions", p.Conditions)
	o.time("created", p.Created)
	o.time("lastUpdated", p.LastUpdated)
	o.links(links)
	o.value("type", p.Type)
	return o.end()
}

// ETag is the policy's entity tag, which says nothing of its rules (H9).
func (p *Policy) ETag() string { return ETag(p.Append(nil, nil)) }

// ReadRules reads a file of rules. The error is a finding.List.
func ReadRules(file string, data []byte) ([]*Rule, error) {
	root, err := jsondoc.Parse(file, data)
	if err != nil {
		return nil, err
	}
	var rules []*Rule
	for i, node := range root.Elements() {
		r := &Rule{
			ID: text(node.Get("id")), Status: cmp.Or(text(node.Get("status")), Active), Name: text(node.Get("name")),
			Type: text(node.Get("type")), System: node.Get("system").Bool(),
			Created: text(node.Get("created")), LastUpdated: text(node.Get("lastUpdated")),
			Conditions: rawOf(node.Get("conditions")), Actions: rawOf(node.Get("actions")),
			Text: withoutLinks(node),
		}
		var counted bool
		if r.Priority, counted = number(node.Get("priority")); !counted {
			r.Priority = i + 1 // rules without one are in the order of the document
		}
		if r.Type == "" {
			r.Type = ruleType(node)
		}
		if r.ID == "" {
			r.ID = HashID(r.prefix(), strconv.Itoa(i)+" "+r.Name)
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// ruleType is the type of a rule that does not say it: its action does.
func ruleType(node jsondoc.Node) string {
	if node.Get("actions").Get("appSignOn").Exists() {
		return Access
	}
	return SignOnRule
}

func (r *Rule) prefix() string {
	if r.Type == Access {
		return AccessRuleID
	}
	return SignOnRuleID
}

// WriteRules is the file of rules, by priority.
func WriteRules(rules []*Rule) []byte {
	return writeList(ByPriority(rules), func(r *Rule) []byte {
		if r.Text != nil {
			return r.Text
		}
		return r.Append(nil, nil)
	})
}

// ByPriority are rules in the order in which they are asked.
func ByPriority(rules []*Rule) []*Rule {
	return slices.SortedStableFunc(slices.Values(rules), func(a, b *Rule) int { return cmp.Compare(a.Priority, b.Priority) })
}

// Append appends the rule as JSON, its members in Okta's order (P10). links is
// the value of _links; nil leaves it out.
func (r *Rule) Append(to, links []byte) []byte {
	o := newObject(to)
	o.value("id", r.ID)
	o.value("status", r.Status)
	o.value("name", r.Name)
	o.raw("priority", strconv.AppendInt(nil, int64(r.Priority), 10))
	o.time("created", r.Created)
	o.time("lastUpdated", r.LastUpdated)
	o.raw("system", strconv.AppendBool(nil, r.System))
	o.raw("conditions", r.Conditions)
	o.raw("actions", r.Actions)
	o.links(links)
	o.value("type", r.Type)
	return o.end()
}

// ETag is the rule's entity tag (H9).
func (r *Rule) ETag() string { return ETag(r.Append(nil, nil)) }

// Zones are the zones that the rule's network condition names, whatever its
// status (Z22).
func (r *Rule) Zones() []string {
	root, err := jsondoc.Parse("", r.Conditions)
	if err != nil {
		return nil
	}
	network := root.Get("network")
	return slices.Concat(readList(network.Get("include"), readWord), readList(network.Get("exclude"), readWord))
}

// AllowsEverybody says that a rule lets everybody in from everywhere, as the rules
// do that a policy comes with (P5, P6): it is the system's, allows, and has no
// network condition but ANYWHERE.
func (r *Rule) AllowsEverybody() bool {
	if !r.System || r.Status != Active {
		return false
	}
	actions, err := jsondoc.Parse("", r.Actions)
	if err != nil {
		return false
	}
	access := actions.Get("signon").Get("access")
	if r.Type == Access {
		access = actions.Get("appSignOn").Get("access")
	}
	if text(access) != "ALLOW" {
		return false
	}
	if len(r.Conditions) == 0 {
		return true
	}
	conditions, err := jsondoc.Parse("", r.Conditions)
	if err != nil {
		return false
	}
	connection := conditions.Get("network").Get("connection")
	return !connection.Exists() || text(connection) == "ANYWHERE"
}

// CatchAllPriority is that of the rule behind all others of an ACCESS_POLICY (P6).
const CatchAllPriority = 99

// CatchAll is the rule that every ACCESS_POLICY has behind all others; access is
// ALLOW or DENY (P6).
func CatchAll(access, now string) *Rule {
	return &Rule{
		ID: NewID(AccessRuleID), Status: Active, Name: "Catch-all Rule", Type: Access,
		Priority: CatchAllPriority, System: true, Created: now, LastUpdated: now,
		Actions: newObject(nil).member("appSignOn", newObject(nil).
			member("access", appendJSON(nil, access)).
			member("keepMeSignedIn", []byte(`{"postAuth":"NOT_ALLOWED"}`)).end()).end(),
	}
}
