package records

import (
	"encoding/json"
	"slices"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// The members of policies and rules that fields have, or that a server writes
// anew. All others are kept: netwicket takes a member of a rule that it does not
// know for one that narrows it (docs/semantics.md, rule-8), so to lose one could
// let people in.
func policyMembers() []string {
	return []string{"id", "status", "name", "description", "priority", "system", "conditions", "created", "lastUpdated", "_links", "type"}
}

func ruleMembers() []string {
	return []string{"id", "status", "name", "priority", "created", "lastUpdated", "system", "conditions", "actions", "_links", "type"}
}

// OtherMembers are the members of an object beside some, as an object of their own;
// nil if there are none.
func OtherMembers(node jsondoc.Node, known []string) json.RawMessage {
	o := newObject(nil)
	for member := range node.Members() {
		if !slices.Contains(known, member.Name) {
			o.raw(member.Name, compact(member.Value.Raw()))
		}
	}
	if !o.begun {
		return nil
	}
	return o.end()
}

// PolicyOther are the members of a policy that it keeps in Other.
func PolicyOther(node jsondoc.Node) json.RawMessage { return OtherMembers(node, policyMembers()) }

// RuleOther are the members of a rule that it keeps in Other.
func RuleOther(node jsondoc.Node) json.RawMessage { return OtherMembers(node, ruleMembers()) }

// Changed is a copy that a request may change. It keeps what the policy's text has
// beside the fields.
func (p *Policy) Changed() *Policy {
	c := *p
	c.Other, c.Text = p.other(), nil
	return &c
}

// Changed is a copy that a request may change. It keeps what the rule's text has
// beside the fields.
func (r *Rule) Changed() *Rule {
	c := *r
	c.Other, c.Text = r.other(), nil
	return &c
}

func (p *Policy) other() json.RawMessage {
	if p.Text == nil {
		return p.Other
	}
	return otherOf(p.Text, PolicyOther)
}

func (r *Rule) other() json.RawMessage {
	if r.Text == nil {
		return r.Other
	}
	return otherOf(r.Text, RuleOther)
}

func otherOf(text json.RawMessage, other func(jsondoc.Node) json.RawMessage) json.RawMessage {
	root, err := jsondoc.Parse("", text)
	if err != nil {
		panic("records: " + err.Error()) // it was parsed before
	}
	return other(root)
}

// rest writes the members of an object.
func (o *object) rest(text json.RawMessage) {
	if text == nil {
		return
	}
	root, err := jsondoc.Parse("", text)
	if err != nil {
		panic("records: " + err.Error()) // it was written by otherOf
	}
	for member := range root.Members() {
		o.raw(member.Name, member.Value.Raw())
	}
}

// withMember is an object in which a member has a value.
func withMember(text json.RawMessage, name string, value []byte) json.RawMessage {
	root, err := jsondoc.Parse("", text)
	if err != nil {
		panic("records: " + err.Error()) // it was written by textOf
	}
	o := newObject(nil)
	for member := range root.Members() {
		if member.Name != name {
			o.raw(member.Name, member.Value.Raw())
		}
	}
	return o.member(name, value).end()
}
