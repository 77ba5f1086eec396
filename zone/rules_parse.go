package zone

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// ParseOktaRules reads the rules of one policy: the array that
// GET /api/v1/policies/{id}/rules answers, or one rule object. file labels
// positions and the set.
//
// The error, if any, is a [Findings] with every error of the document in
// document order. What is wrong with an INACTIVE rule is a warning, and the
// rule stays in the list (docs/semantics.md, rule-10). Beside an error only
// Warnings of the value may be used: the rules are incomplete.
func ParseOktaRules(file string, data []byte) (RuleSet, error) {
	set := RuleSet{File: file, Text: bytes.Clone(data)}
	root, found := open(file, set.Text)
	reader := &ruleReader{reader: found, ids: map[string]Position{}, priorities: map[int]Position{}}
	if root.Exists() && !found.mistaken(root, "the rules of one Okta policy, as GET /api/v1/policies/{id}/rules answers") {
		set.Rules = reader.document(root)
	}
	failures, warnings := found.Found.Divide()
	set.Warnings = warnings
	return set, failures.Err()
}

// ruleReader reads the rules of one document.
type ruleReader struct {
	*reader
	ids        map[string]Position
	priorities map[int]Position // of ACTIVE rules
	narrowing  jsondoc.Node     // what narrows the rule that is read, the first that does
}

func (r *ruleReader) document(root jsondoc.Node) []Rule {
	var rules []Rule
	switch root.Kind() {
	case jsondoc.Object:
		rules = append(rules, r.rule(root))
	case jsondoc.Array:
		for _, node := range root.Elements() {
			if node.Kind() != jsondoc.Object {
				r.Fail(node, "bad-type", "expected a rule object, found %s", node.Kind())
				continue
			}
			if !r.fitsOrFail(node, len(rules), MaxRules, "too-many-rules", "rules") {
				break
			}
			rules = append(rules, r.rule(node))
		}
	default:
		r.Fail(root, "bad-type", "expected an array of rules or one rule object, found %s", root.Kind())
	}
	return rules
}

func (r *ruleReader) rule(node jsondoc.Node) Rule {
	rule := Rule{Position: positionOf(node), Text: json.RawMessage(node.Raw())}
	rule.Active = r.active(node.Get("status"))
	r.Lenient = !rule.Active
	r.members(&rule, node)
	rule.Name = r.Text(node.Get("name"))
	rule.ID = r.Text(node.Get("id"))
	if first, seen := r.ids[rule.ID]; seen && rule.ID != "" {
		r.Warn(node.Get("id"), "duplicate-id", "the rule at %d:%d has this id already", first.Line, first.Column)
	} else {
		r.ids[rule.ID] = rule.Position
	}
	rule.Priority, rule.HasPriority = r.priority(node.Get("priority"), rule)
	rule.Allow = r.access(node)
	rule.BuiltIn = node.Get("system").Bool()
	if conditions := node.Get("conditions"); r.Given(conditions, jsondoc.Object, "an object, or null") {
		r.conditions(&rule, conditions)
	}
	r.sayNarrowed(&rule)
	return rule
}

// members looks at what a rule has beside what is read of it. A slip for that is an
// error (docs/semantics.md, oktadoc-17), and on anything else that is not known it may
// depend who comes in, as on a condition (rule-8).
func (r *ruleReader) members(rule *Rule, node jsondoc.Node) {
	read := []string{"id", "name", "priority", "status", "system", "conditions", "actions"}
	for member := range node.Members() {
		switch member.Name {
		case "type", "created", "lastUpdated", "_links", "_embedded":
			continue // they say nothing of who comes in
		}
		if !slices.Contains(read, member.Name) && !r.IsMisspelt(member, read...) && restricts(member.Value) {
			r.narrow(rule, member.Value)
		}
	}
}

// priority reads a rule's place in the order (docs/semantics.md, rule-4).
func (r *ruleReader) priority(value jsondoc.Node, rule Rule) (priority int, given bool) {
	if value.Kind() <= jsondoc.Null {
		return 0, false
	}
	wide, err := strconv.ParseInt(value.String(), 10, 32)
	if value.Kind() != jsondoc.Number || err != nil {
		r.Problem(value, "bad-priority", "expected a whole number")
		return 0, false
	}
	priority = int(wide)
	if first, seen := r.priorities[priority]; seen && rule.Active {
		r.Warn(value, "same-priority", "the rule at %d:%d has the same priority; the one that stands first in the document is taken first", first.Line, first.Column)
	} else if rule.Active {
		r.priorities[priority] = rule.Position
	}
	return priority, true
}

// access finds what the rule gives: actions.signon.access in a global session
// policy, actions.appSignOn.access in an app sign-in policy (docs/semantics.md,
// rule-11). What else stands there says how somebody signs in, not who may.
func (r *ruleReader) access(node jsondoc.Node) (allow bool) {
	actions := node.Get("actions")
	r.Misspelt(actions, []string{"signon", "appSignOn"})
	if !r.Given(actions, jsondoc.Object, "an object") {
		if actions.Kind() <= jsondoc.Null {
			r.noAccess(either(actions, node))
		}
		return false
	}
	var first jsondoc.Node
	complete := true
	for _, form := range []string{"signon", "appSignOn"} {
		action := actions.Get(form)
		r.Misspelt(action, []string{"access"})
		if !r.Given(action, jsondoc.Object, "an object") {
			complete = complete && action.Kind() <= jsondoc.Null
		}
		access := action.Get("access")
		switch {
		case access.Kind() <= jsondoc.Null: // the other form may say
		case access.String() != "ALLOW" && access.String() != "DENY":
			r.Problem(access, "bad-access", "%s", jsondoc.Expected(access.String(), "ALLOW", "DENY"))
			complete = false
		case first.Exists() && first.String() != access.String():
			r.Problem(access, "bad-access", "the rule says %s here and %s in %s", access.String(), first.String(), first.Path())
		default:
			first = access
		}
	}
	if !first.Exists() && complete {
		r.noAccess(actions)
	}
	return first.String() == "ALLOW"
}

func (r *ruleReader) noAccess(at jsondoc.Node) {
	r.Problem(at, "not-access-rule", "not an access rule: neither actions.signon.access nor actions.appSignOn.access is given")
}

// conditions reads the network condition and notes which others narrow the rule
// (docs/semantics.md, rule-8). A slip for the name of the network is an error (oktadoc-17).
func (r *ruleReader) conditions(rule *Rule, conditions jsondoc.Node) {
	for member := range conditions.Members() {
		switch {
		case member.Name == "network":
			if r.Given(member.Value, jsondoc.Object, "an object, or null") {
				r.network(rule, member.Value)
			}
		case r.IsMisspelt(member, "network"):
		case restricts(member.Value):
			r.narrow(rule, member.Value)
		}
	}
}

func (r *ruleReader) narrow(rule *Rule, node jsondoc.Node) {
	if len(rule.Narrowed) == 0 {
		r.narrowing = node
	}
	rule.Narrowed = append(rule.Narrowed, node.Path())
}

func (r *ruleReader) sayNarrowed(rule *Rule) {
	if !rule.Active || len(rule.Narrowed) == 0 {
		return
	}
	effect := "this DENY rule applies wherever its network condition is not definitely false"
	if rule.Allow {
		effect = "this ALLOW rule never applies"
	}
	r.Warn(r.narrowing, "narrowed-rule", "a condition other than the network, or what netwicket does not know, cannot be evaluated here and may only deny more: %s", effect)
}

// restricts says whether a condition may exclude anybody: not if every leaf of
// it is empty or says that it means all. What an exclude holds always restricts
// (docs/semantics.md, rule-8).
func restricts(value jsondoc.Node) bool {
	switch value.Kind() {
	case jsondoc.Array:
		for _, element := range value.Elements() {
			if restricts(element) {
				return true
			}
		}
		return false
	case jsondoc.Object:
		for member := range value.Members() {
			if restricts(member.Value) || member.Name == "exclude" && !member.Value.Blank() {
				return true
			}
		}
		return false
	case jsondoc.String:
		switch value.String() {
		case "", "ANY", "EVERYONE", "ANYWHERE":
			return false
		}
		return true
	default:
		return value.Kind() != jsondoc.Null
	}
}

// network reads conditions.network (docs/semantics.md, rule-1). A member that is
// not known restricts the condition in a way that cannot be evaluated, like any
// other condition (rule-8).
func (r *ruleReader) network(rule *Rule, node jsondoc.Node) {
	condition := &rule.Network
	condition.Position = positionOf(node)
	var known bool
	condition.Connection, known = r.connection(node)
	include, includeOK := r.zoneIDs(node.Get("include"))
	exclude, excludeOK := r.zoneIDs(node.Get("exclude"))
	condition.Include, condition.Exclude = include, exclude
	read := []string{"connection", "include", "exclude"}
	for member := range node.Members() {
		if !slices.Contains(read, member.Name) && !r.IsMisspelt(member, read...) && !member.Value.Blank() {
			r.narrow(rule, member.Value)
		}
	}
	if !known || !includeOK || !excludeOK {
		return
	}
	if condition.Connection == InZones {
		if (len(include) > 0) == (len(exclude) > 0) {
			r.Problem(node, "include-exclude", "conditions.network: You should either include or exclude network zones when you use zones in the policy rule.")
		}
		r.alone(node.Get("include"))
		r.alone(node.Get("exclude"))
		return
	}
	for _, list := range []string{"include", "exclude"} {
		if zones := node.Get(list); zones.Len() > 0 {
			r.Problem(zones, "ignored-zones", "with connection %s the list would be ignored; expected ZONE, or no list", node.Get("connection").String())
		}
	}
}

func (r *ruleReader) connection(network jsondoc.Node) (connection Connection, known bool) {
	value := network.Get("connection")
	if value.Kind() <= jsondoc.Null {
		r.Problem(either(value, network), "unknown-connection", "the network condition has no connection; expected ANYWHERE or ZONE")
		return Disabled, false
	}
	if !r.Is(value, jsondoc.String, "a string") {
		return Disabled, false
	}
	switch value.String() {
	case "ANYWHERE":
		return Anywhere, true
	case "ZONE":
		return InZones, true
	case "ON_NETWORK":
		return InSystemZone, true
	case "OFF_NETWORK":
		return OutsideSystemZone, true
	case "DISABLED":
		return Disabled, true
	default:
		r.Problem(value, "unknown-connection", "unknown connection; %s",
			jsondoc.Expected(value.String(), "ANYWHERE", "ZONE", "ON_NETWORK", "OFF_NETWORK", "DISABLED"))
		return Disabled, false
	}
}

// alone checks that ALL_ZONES or ALL_IP_ZONES is the only element of its list
// (docs/semantics.md, rule-3).
func (r *ruleReader) alone(list jsondoc.Node) {
	var all, other jsondoc.Node
	for _, node := range list.Elements() {
		switch id := node.String(); {
		case id != AllZones && id != AllIPZones:
			other = node
		case !all.Exists():
			all = node
		case all.String() != id:
			other = node
		}
	}
	if all.Exists() && other.Exists() {
		r.Problem(all, "all-zones-not-alone", "%s must be the only element of its list", all.String())
	}
}
