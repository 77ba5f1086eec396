package pull

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/credentials"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/generation"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// policyTypes are those whose rules decide, in their order (D1).
func policyTypes() []string { return []string{"OKTA_SIGN_ON", "ACCESS_POLICY"} }

// policy is one policy of the tenant.
type policy struct {
	node     jsondoc.Node
	id, name string
	active   bool
	rules    []jsondoc.Node
	enforced bool
}

func (p *policy) String() string { return fmt.Sprintf("policy %q (%s)", p.name, p.id) }

// plainID is an id that a path and the name of a file can hold as it is.
var plainID = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// readPolicies reads the policies of both types and their rules, and says which are
// enforced: every ACTIVE one that has rules, or those that are chosen (U15). Of
// others than the chosen, rules are not asked for.
func (r *reading) readPolicies(ctx context.Context, chosen []string) ([]*policy, error) {
	var policies []*policy
	for _, kind := range policyTypes() {
		q := asking.Question{
			What: "policies of type " + kind, Path: "/api/v1/policies?type=" + kind, Family: "policies", Scope: credentials.PoliciesScope,
		}
		nodes, _, err := r.client.List(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, node := range nodes {
			p := &policy{node: node, id: text(node.Get("id")), name: text(node.Get("name"))}
			p.active = slices.Contains([]string{"", "ACTIVE"}, text(node.Get("status")))
			if !plainID.MatchString(p.id) {
				return nil, fmt.Errorf("okta, %s: a policy with the id %q; expected letters and digits", q.What, p.id)
			}
			if slices.ContainsFunc(policies, func(other *policy) bool { return other.id == p.id }) {
				r.causes = append(r.causes, fmt.Sprintf("the policy %s is there twice", p.id))
				continue
			}
			policies = append(policies, p)
		}
	}
	wanted, err := choose(policies, chosen)
	if err != nil {
		return nil, err
	}
	for _, p := range wanted {
		if err := r.readRules(ctx, p); err != nil {
			return nil, err
		}
		if len(chosen) > 0 && len(p.rules) == 0 {
			return nil, fmt.Errorf("okta: --policy: %s has no rules, so that Okta does not consider it", p)
		}
		p.enforced = p.active && len(p.rules) > 0
		r.note(p)
	}
	return wanted, r.keepPolicies(policies)
}

// choose are the policies whose rules are read.
func choose(policies []*policy, chosen []string) ([]*policy, error) {
	if len(chosen) == 0 {
		return policies, nil
	}
	wanted := make(map[*policy]bool)
	for _, name := range chosen {
		found := named(policies, func(p *policy) bool { return p.id == name })
		if len(found) == 0 {
			found = named(policies, func(p *policy) bool { return p.name == name })
		}
		switch {
		case len(found) == 0:
			return nil, fmt.Errorf("okta: --policy %q: the tenant has no such policy; it has %s", name, list(policies))
		case len(found) > 1:
			return nil, fmt.Errorf("okta: --policy %q: several policies are called so; choose by id: %s", name, list(found))
		case !found[0].active:
			return nil, fmt.Errorf("okta: --policy %q: the policy is INACTIVE, so that Okta does not enforce it", name)
		}
		wanted[found[0]] = true
	}
	return named(policies, func(p *policy) bool { return wanted[p] }), nil
}

func named(policies []*policy, is func(*policy) bool) []*policy {
	var found []*policy
	for _, p := range policies {
		if is(p) {
			found = append(found, p)
		}
	}
	return found
}

// list names policies in an error, a few of them.
func list(policies []*policy) string {
	const enough = 10
	var names []string
	for i, p := range policies {
		if i == enough {
			names = append(names, fmt.Sprintf("and %d more", len(policies)-enough))
			break
		}
		names = append(names, p.String())
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

func (r *reading) readRules(ctx context.Context, p *policy) error {
	nodes, _, err := r.client.List(ctx, asking.Question{
		What: "rules of " + p.String(), Path: "/api/v1/policies/" + url.PathEscape(p.id) + "/rules", Family: "policies", Scope: credentials.PoliciesScope,
	})
	if err != nil {
		return err
	}
	p.rules = nodes
	ids := make(map[string]bool)
	for _, rule := range nodes {
		id := text(rule.Get("id"))
		if id != "" && ids[id] {
			r.causes = append(r.causes, fmt.Sprintf("the rule %s of %s is there twice", id, p))
		}
		ids[id] = true
	}
	return nil
}

// note keeps the rules of a policy, and warns of one that is enforced for more
// people than it is meant for.
func (r *reading) note(p *policy) {
	text, err := generation.List(p.rules)
	if err != nil {
		return // they were parsed
	}
	r.out.documents.Rules = append(r.out.documents.Rules, generation.Rules{Policy: p.id, Enforced: p.enforced, Text: text})
	if !p.enforced {
		return
	}
	r.out.counts.Enforced++
	r.out.counts.Rules += len(p.rules)
	groups := p.node.Get("conditions").Get("people").Get("groups")
	if groups.Get("include").Len()+groups.Get("exclude").Len() > 0 {
		r.out.warnings = append(r.out.warnings, fmt.Sprintf("okta: %s is for groups, which are not known here: it is enforced for everybody; --policy chooses which policies are", p))
	}
}

func (r *reading) keepPolicies(policies []*policy) (err error) {
	nodes := make([]jsondoc.Node, len(policies))
	for i, p := range policies {
		nodes[i] = p.node
	}
	r.out.counts.Policies = len(policies)
	r.out.documents.Policies, err = generation.List(nodes)
	return err
}
