package records

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/zone"
)

// ReadPolicies reads a file of policies, which have no rules yet. No other package
// looks at such a file: whatever it holds that is no policy, and whatever would be
// guessed, is an error. The error is a finding.List.
func ReadPolicies(file string, data []byte) ([]*Policy, error) {
	root, reader := jsondoc.Read(file, data)
	if root.Exists() && !reader.Is(root, jsondoc.Array, "an array of policies") {
		return nil, reader.Found.Err()
	}
	var policies []*Policy
	names := make(naming)
	for _, node := range root.Elements() {
		if reader.Is(node, jsondoc.Object, "a policy object") {
			policies = append(policies, readPolicy(reader, node, names))
		}
	}
	if err := reader.Found.Err(); err != nil {
		return nil, err
	}
	return policies, nil
}

func readPolicy(reader *jsondoc.Reader, node jsondoc.Node, names naming) *Policy {
	p := &Policy{
		Name: reader.Text(node.Get("name")), System: reader.Flag(node.Get("system")),
		Status:     oneOf(reader, node, "status", Active, Active, Inactive),
		Type:       oneOf(reader, node, "type", "", SignOn, Access),
		Conditions: rawOf(node.Get("conditions")),
		Created:    reader.Text(node.Get("created")), LastUpdated: reader.Text(node.Get("lastUpdated")),
	}
	if p.Name == "" {
		reader.Fail(node, "missing-name", "expected a name")
	}
	if priority := node.Get("priority"); reader.Given(priority, jsondoc.Number, "a number") {
		var whole bool
		if p.Priority, whole = number(priority); !whole {
			reader.Fail(priority, "bad-value", "expected a whole number")
		}
	}
	if words := node.Get("description"); reader.Given(words, jsondoc.String, "a string") {
		said := words.String()
		p.Description = &said
	}
	prefix := SignOnID
	if p.Type == Access {
		prefix = AccessID
	}
	if id := reader.Text(node.Get("id")); names[id] {
		reader.Fail(node.Get("id"), "duplicate-id", "another policy has this id already")
	} else if !isFileName(id) {
		reader.Fail(node.Get("id"), "bad-value", "the file of the policy's rules has its name: expected letters and digits")
	}
	var unnamed bool
	p.ID, unnamed = names.name(node, prefix, p.Name)
	p.Text = textOf(node, p.ID, unnamed)
	return p
}

// oneOf is a word out of a few; without it, usual, or an error if there is no usual
// one.
func oneOf(reader *jsondoc.Reader, node jsondoc.Node, name, usual string, words ...string) string {
	value := node.Get(name)
	if value.Kind() <= jsondoc.Null && usual != "" {
		return usual
	}
	word := text(value)
	if !slices.Contains(words, word) {
		if !value.Exists() {
			value = node
		}
		reader.Fail(value, "bad-value", "%s: %s", name, jsondoc.Expected(word, words...))
	}
	return word
}

// isFileName says that a text is a file's name everywhere, and nothing but a name, or
// empty.
func isFileName(id string) bool {
	return len(id) <= maxFileName && strings.Trim(id, idDigits+"_-") == ""
}

// maxFileName leaves room for what is put in front of a name and behind it.
const maxFileName = 100

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
	}
	o.raw("priority", strconv.AppendInt(nil, int64(p.Priority), 10))
	o.raw("system", strconv.AppendBool(nil, p.System))
	o.raw("conditions", p.Conditions)
	o.time("created", p.Created)
	o.time("lastUpdated", p.LastUpdated)
	o.links(links)
	o.rest(p.other())
	o.value("type", p.Type)
	return o.end()
}

// ETag is the policy's entity tag, which says nothing of its rules (H9).
func (p *Policy) ETag() string { return ETag(p.Append(nil, nil)) }

// ReadRules reads a file of rules. The error is a finding.List.
func ReadRules(file string, data []byte) ([]*Rule, error) {
	nodes, err := recordsOf(file, data)
	if err != nil {
		return nil, err
	}
	var rules, last []*Rule // last: those without a priority, which come behind the others
	names := make(naming)
	for i, node := range nodes {
		r := &Rule{
			Status: cmp.Or(text(node.Get("status")), Active), Name: text(node.Get("name")),
			Type: text(node.Get("type")), System: node.Get("system").Bool(),
			Created: text(node.Get("created")), LastUpdated: text(node.Get("lastUpdated")),
			Conditions: rawOf(node.Get("conditions")), Actions: rawOf(node.Get("actions")),
		}
		var counted bool
		if r.Priority, counted = number(node.Get("priority")); !counted {
			last = append(last, r)
		}
		if r.Type == "" {
			r.Type = ruleType(node)
		}
		var unnamed bool
		r.ID, unnamed = names.name(node, r.prefix(), strconv.Itoa(i)+" "+r.Name)
		r.Text = textOf(node, r.ID, unnamed)
		rules = append(rules, r)
	}
	lowest := 0
	for _, r := range rules {
		lowest = max(lowest, r.Priority)
	}
	for i, r := range last {
		r.Priority = lowest + 1 + i // docs/semantics.md, rule-4
		// If the file is written again, a rule that comes behind it must not overtake it.
		r.Text = withMember(r.Text, "priority", strconv.AppendInt(nil, int64(r.Priority), 10))
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
	o.rest(r.other())
	o.value("type", r.Type)
	return o.end()
}

// ETag is the rule's entity tag (H9).
func (r *Rule) ETag() string { return ETag(r.Append(nil, nil)) }

// Zones are the zones that the rule's network condition names, whatever its
// status (Z22).
func (r *Rule) Zones() []string {
	root, _ := jsondoc.Parse("", r.Conditions) // where there are none, none are named
	network := root.Get("network")
	return slices.Concat(readList(network.Get("include"), readWord), readList(network.Get("exclude"), readWord))
}

// AllowsEverybody says that a rule lets everybody in from everywhere, as the rules
// do that a policy comes with (P5, P6): it is the system's, ACTIVE, allows, and
// nothing narrows it.
func (r *Rule) AllowsEverybody() bool {
	set, err := zone.ParseOktaRules("", r.Append(nil, nil))
	if err != nil || len(set.Rules) != 1 {
		return false
	}
	rule := &set.Rules[0]
	return rule.BuiltIn && rule.Allow && rule.CanApply() && rule.Network.Connection == zone.Anywhere
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
