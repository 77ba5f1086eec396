package okta

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// policyShape is what kinds the members of a policy have.
func policyShape() *shape {
	return objectShape(map[string]*shape{
		"id": textShape(), "status": textShape(), "name": textShape(), "description": textShape(), "type": textShape(),
		"priority": numberShape(), "system": flagShape(), "created": textShape(), "lastUpdated": textShape(),
		"_links": objectShape(nil),
		"conditions": objectShape(map[string]*shape{
			"people": objectShape(map[string]*shape{"groups": sidesShape(), "users": sidesShape()}),
		}),
	})
}

// body is a request's body, and what is wrong with it.
type body struct {
	faults
	node     jsondoc.Node
	priority *int         // that it asks for; nil: none
	loaded   finding.List // what the loader says of a zone
}

// text is the content of a member; empty if there is none.
func (b *body) text(name string) string { return content(b.node.Get(name)) }

// content is that of a string, empty for everything else.
func content(node jsondoc.Node) string {
	if node.Kind() != jsondoc.String {
		return ""
	}
	return node.String()
}

// wholePriority reads the priority, which is a whole number from least.
func (b *body) wholePriority(least int) {
	node := b.node.Get("priority")
	if node.Kind() != jsondoc.Number {
		return
	}
	number, err := strconv.ParseInt(node.String(), 10, 32)
	if err != nil || int(number) < least {
		b.invalid("priority")
	} else {
		priority := int(number)
		b.priority = &priority
	}
}

// identity notes an id that is not the record's own (Z6, Z17).
func (b *body) identity(id string) {
	if said := b.text("id"); said != "" && said != id {
		b.invalid("id")
	}
}

// statusOf is the status of a new policy or rule: the query says so, not the body
// (P2, P9).
func (b *body) statusOf(query url.Values) string {
	switch query.Get("activate") {
	case "", "true":
		return records.Active
	case "false":
	default:
		b.invalid("activate")
	}
	return records.Inactive
}

// readPolicy reads the policy of a request's body.
func readPolicy(node jsondoc.Node) (*records.Policy, *body) {
	b := &body{node: node}
	p := &records.Policy{Name: b.text("name"), Type: b.text("type")}
	if words := node.Get("description"); words.Kind() == jsondoc.String {
		text := words.String()
		p.Description = &text
	}
	if p.Type == records.SignOn { // of the others they are null (P3)
		p.Conditions = filledGroups(node.Get("conditions"))
	}
	p.Other = sentMembers(records.PolicyOther(node))
	return p, b
}

// check notes what is wrong with a policy as it would be stored. old is the one in
// whose place it comes, nil for a new one.
func (b *body) check(p, old *records.Policy, d *records.Documents) {
	switch {
	case p.Type == "":
		b.blank("type")
	case p.Type != records.SignOn && p.Type != records.Access:
		b.invalid("type")
	case old != nil && p.Type != old.Type:
		b.add("type", "The type of a policy cannot be changed.")
	}
	if strings.TrimSpace(p.Name) == "" {
		b.blank("name")
	} else if slices.ContainsFunc(d.Policies, func(other *records.Policy) bool {
		return other.Name == p.Name && other.Type == p.Type && other != old
	}) {
		b.taken("name")
	}
	if old != nil {
		b.identity(old.ID)
	}
	least := 1
	if p.Type == records.Access {
		least = 0
	}
	b.wholePriority(least)
	b.inOrder(b.node)
}
