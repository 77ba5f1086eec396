package okta_test

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// model is what a tenant's policies are, kept in the plainest way: a second opinion
// on priorities, on what is stored, and on who comes in.
type model struct {
	zones    map[string]modelZone
	policies []*modelPolicy
}

type modelZone struct {
	networks []string
	inactive bool
}

type modelPolicy struct {
	path, kind, name string
	inactive, system bool
	rules            []*modelRule // in order
}

type modelRule struct {
	path, name       string
	deny, inactive   bool
	system, narrowed bool
	priority         int
	connection       string
	include, exclude []string
}

func (p *modelPolicy) app() bool { return p.kind == "ACCESS_POLICY" }

// put gives a rule a place; false, and nothing changes, if there is none. wanted is
// negative if it does not matter.
func (p *modelPolicy) put(rule *modelRule, wanted int) bool {
	before := slices.Clone(p.rules)
	at := map[int]*modelRule{}
	rest := slices.DeleteFunc(p.rules, func(r *modelRule) bool { return r == rule })
	if !p.app() {
		end := len(rest)
		if end > 0 && rest[end-1].system {
			end--
		}
		if wanted < 0 {
			wanted = end + 1
		}
		p.rules = slices.Insert(rest, min(wanted-1, end), rule)
		p.number()
		return true
	}
	highest := -1
	for _, r := range rest {
		at[r.priority] = r
		if !r.system {
			highest = max(highest, r.priority)
		}
	}
	if wanted < 0 {
		wanted = highest + 1
	}
	end := wanted
	for at[end] != nil && !at[end].system {
		end++
	}
	if end >= 99 {
		p.rules = before
		return false
	}
	for ; end > wanted; end-- {
		at[end-1].priority = end
	}
	rule.priority = wanted
	p.rules = append(rest, rule)
	slices.SortFunc(p.rules, func(a, b *modelRule) int { return cmp.Compare(a.priority, b.priority) })
	return true
}

// remove takes a rule out.
func (p *modelPolicy) remove(rule *modelRule) {
	p.rules = slices.DeleteFunc(p.rules, func(r *modelRule) bool { return r == rule })
	if !p.app() {
		p.number()
	}
}

func (p *modelPolicy) number() {
	for i, r := range p.rules {
		r.priority = i + 1
	}
}

// of are the policies of a type in their order.
func (m *model) of(kind string) []*modelPolicy {
	var all []*modelPolicy
	for _, p := range m.policies {
		if p.kind == kind {
			all = append(all, p)
		}
	}
	return all
}

// move gives a policy of the tenant its place: before the wanted one of its type,
// never behind the system's.
func (m *model) move(p *modelPolicy, wanted int) {
	m.policies = slices.DeleteFunc(m.policies, func(other *modelPolicy) bool { return other == p })
	peers := 0
	for i, other := range m.policies {
		if other.kind != p.kind {
			continue
		}
		if peers++; other.system || peers == wanted && !p.app() {
			m.policies = slices.Insert(m.policies, i, p)
			return
		}
	}
}

// truth is what is known of a condition.
type truth int

const (
	no truth = iota
	maybe
	yes
)

// holds says whether an address is in a list of zones.
func (m *model) holds(list []string, addr netip.Addr) truth {
	held := no
	for _, id := range list {
		z := m.zones[id]
		for _, network := range z.networks {
			if z.inactive {
				held = max(held, maybe)
			} else if netip.MustParsePrefix(network).Contains(addr) {
				held = yes
			}
		}
	}
	return held
}

func (m *model) condition(r *modelRule, addr netip.Addr) truth {
	switch {
	case r.connection == "ANYWHERE":
		return yes
	case len(r.include) > 0:
		held := no
		if m.holds(r.include, addr) == yes { // an INACTIVE zone holds nobody
			held = yes
		}
		return held
	default:
		return yes - m.holds(r.exclude, addr)
	}
}

// decide is what the policies say of an address: the name of the rule that denies,
// "no rule", or empty if they let it in.
func (m *model) decide(addr netip.Addr) string {
	for _, kind := range []string{"OKTA_SIGN_ON", "ACCESS_POLICY"} {
		for _, p := range m.of(kind) {
			untouched := p.system && len(p.rules) == 1 && !p.rules[0].deny
			if p.inactive || len(p.rules) == 0 || untouched {
				continue
			}
			if why := m.ask(p, addr); why != "" {
				return why
			}
		}
	}
	return ""
}

func (m *model) ask(p *modelPolicy, addr netip.Addr) string {
	for _, r := range p.rules {
		held := m.condition(r, addr)
		if r.narrowed && held == yes {
			held = maybe
		}
		switch {
		case r.inactive:
		case r.deny && held != no:
			return r.name
		case !r.deny && held == yes:
			return ""
		}
	}
	return "no rule"
}

// shown is what a tenant should list.
func (m *model) shown() string {
	var text strings.Builder
	for _, kind := range []string{"OKTA_SIGN_ON", "ACCESS_POLICY"} {
		for i, p := range m.of(kind) {
			priority := i + 1
			if p.app() {
				priority = 1
			}
			fmt.Fprintf(&text, "%s %d %s\n", p.name, priority, status(p.inactive))
			for _, r := range p.rules {
				fmt.Fprintf(&text, "  %s %d %s %v\n", r.name, r.priority, status(r.inactive), r.deny)
			}
		}
	}
	return text.String()
}

func status(inactive bool) string {
	if inactive {
		return "INACTIVE"
	}
	return "ACTIVE"
}
