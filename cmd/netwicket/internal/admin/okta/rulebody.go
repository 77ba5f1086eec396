package okta

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/shown"
	"github.com/netwicket/netwicket/zone"
)

// ruleShape is what kinds the members of a rule have, also those that are kept as
// they are: what decides must not be of a kind that reads as nothing.
func ruleShape() *shape {
	return objectShape(map[string]*shape{
		"id": textShape(), "status": textShape(), "name": textShape(), "type": textShape(), "priority": numberShape(),
		"system": flagShape(), "created": textShape(), "lastUpdated": textShape(), "_links": objectShape(nil),
		"conditions": objectShape(map[string]*shape{
			"network": objectShape(map[string]*shape{
				"connection": textShape(), "include": listShape(textShape()), "exclude": listShape(textShape()),
			}),
			"people":   objectShape(map[string]*shape{"groups": sidesShape(), "users": sidesShape()}),
			"userType": sidesShape(), "riskScore": objectShape(map[string]*shape{"level": textShape()}),
			"platform": objectShape(map[string]*shape{"include": listShape(objectShape(nil)), "exclude": listShape(objectShape(nil))}),
		}),
		"actions": objectShape(map[string]*shape{
			"signon":    objectShape(map[string]*shape{"access": textShape(), "primaryFactor": textShape()}),
			"appSignOn": objectShape(map[string]*shape{"access": textShape(), "keepMeSignedIn": objectShape(nil)}),
		}),
	})
}

// ruleKind is the type of a policy's rules (P1).
func ruleKind(policy string) string {
	if policy == records.Access {
		return records.Access
	}
	return records.SignOnRule
}

// readRule reads the rule of a request's body for a policy.
func readRule(node jsondoc.Node, p *records.Policy) (*records.Rule, *body) {
	kind := ruleKind(p.Type)
	return &records.Rule{
		Name: content(node.Get("name")), Type: kind,
		Conditions: filledConditions(node.Get("conditions"), kind),
		Actions:    filledActions(node.Get("actions"), kind),
		Other:      sentMembers(records.RuleOther(node)),
	}, &body{node: node}
}

// networkField is where everything is said that is wrong with a network condition
// (P11).
const networkField = "conditions.network"

// checkRule notes what is wrong with a rule as it would be stored in a policy. old
// is the one in whose place it comes, nil for a new one.
func (b *body) checkRule(rule, old *records.Rule, p *records.Policy, d *records.Documents) {
	if strings.TrimSpace(rule.Name) == "" {
		b.blank("name")
	}
	switch kind := b.text("type"); {
	case kind == "":
		b.blank("type")
	case kind != rule.Type:
		b.invalid("type")
	}
	if old != nil {
		b.identity(old.ID)
	}
	least := 1
	if p.Type == records.Access {
		least = 0
	}
	if old == nil || !old.System { // whose priority is nobody's to say, and clients send 0 for none
		b.wholePriority(least)
	}
	b.access(rule.Type)
	spec := b.load(rule)
	b.network(spec, d)
	if old != nil && old.System {
		b.systemRule(rule, old, spec)
	}
	b.inOrder(b.node)
}

// access notes an access that is neither ALLOW nor DENY (P9).
func (b *body) access(kind string) {
	form := "signon"
	if kind == records.Access {
		form = "appSignOn"
	}
	field := "actions." + form + ".access"
	switch access := b.node.Get("actions").Get(form).Get("access"); {
	case access.Blank():
		b.blank(field)
	case access.String() != "ALLOW" && access.String() != "DENY":
		b.invalid(field)
	}
}

// load notes what the loader of policies would refuse in an ACTIVE rule, whatever
// the status of this one, and returns the rule as the loader reads it; nil if it
// does not.
func (b *body) load(rule *records.Rule) *zone.Rule {
	active := *rule
	active.Status = records.Active
	set, err := zone.ParseOktaRules("", active.Append(nil, nil))
	var list finding.List
	if errors.As(err, &list) {
		for _, found := range list {
			b.loaderFault(found)
		}
		return nil
	}
	if len(set.Rules) != 1 {
		return nil
	}
	return &set.Rules[0]
}

// loaderFault words what the loader found, unless it was said before.
func (b *body) loaderFault(found *finding.Finding) {
	field := shown.Text(dotted(found.Path))
	text := shown.Text(found.Err.Error())
	if found.Value != "" {
		text = shown.Text(found.Value) + ": " + text
	}
	switch {
	case field == networkField, strings.HasPrefix(field, networkField+"."):
		b.add(networkField, strings.TrimPrefix(text, networkField+": "))
	case found.Code == "not-access-rule", slices.Contains(b.fields, field):
	default:
		if field == "" {
			field = "name"
		}
		b.add(field, text)
	}
}

// network notes what a network condition says that the rest of the tenant does not
// bear out (P11): zones that there are none of, and the system's zone where it is
// not the only one of its kind.
func (b *body) network(rule *zone.Rule, d *records.Documents) {
	if rule == nil {
		return
	}
	switch network := &rule.Network; network.Connection {
	case zone.Anywhere:
	case zone.Disabled: // for notifications of VPNs alone
		b.invalid(networkField)
	case zone.InSystemZone, zone.OutsideSystemZone:
		if count := systemZones(d); count != 1 {
			b.add(networkField, "ON_NETWORK and OFF_NETWORK mean the ACTIVE system IP zone, and there is none, or more than one.")
		}
	case zone.InZones:
		for _, id := range network.Listed() {
			if z, _ := d.Zone(id.ID); z == nil && !id.Many() {
				b.add(networkField, "There is no network zone "+shown.Text(id.ID)+".")
			}
		}
	}
}

// systemZones counts the zones that ON_NETWORK could mean (docs/semantics.md, rule-7).
func systemZones(d *records.Documents) int {
	set, err := zone.ParseOkta("", records.WriteZones(d.Zones))
	if err != nil {
		return 0
	}
	count := 0
	for i := range set.Zones {
		if set.Zones[i].SystemZone() {
			count++
		}
	}
	return count
}

// systemRule notes what a request would change of a rule of the system's beside its
// actions (P6). To take the request and leave the rest as it was would let
// everybody in where somebody believes that a condition holds.
func (b *body) systemRule(rule, old *records.Rule, spec *zone.Rule) {
	if rule.Name != old.Name {
		b.add("name", "The name of the system rule "+old.Name+" cannot be changed.")
	}
	if spec == nil {
		return
	}
	everywhere := func(r *zone.Rule) bool { return r.Network.Connection == zone.Anywhere && len(r.Narrowed) == 0 }
	was := new(body).load(old)
	if !bytes.Equal(rule.Conditions, old.Conditions) && !(everywhere(spec) && was != nil && everywhere(was)) {
		b.add("conditions", "The conditions of the system rule "+old.Name+" cannot be changed.")
	}
}
