package decide

import (
	"cmp"
	"slices"

	"github.com/netwicket/netwicket/zone"
)

// rule is one ACTIVE rule with its network condition as bit masks.
type rule struct {
	name     string
	allow    bool
	narrowed bool // by a condition that cannot be evaluated here
	condition
}

// condition is a network condition over the zones it lists. The zones that can
// hold a request are masks over the IP and the dynamic bits; those that cannot
// (INACTIVE, or blocklists) have left their mark in possibly.
type condition struct {
	constant bool // no zones: the outcome is held
	held     truth
	exclude  bool
	possibly bool // an excluded zone whose state is unknown
	ip       []mask
	dynamic  []mask
}

// mask is the zones of one word of a set.
type mask struct {
	word int
	bits uint64
}

func addToMask(masks []mask, bit int) []mask {
	word, value := bit/64, uint64(1)<<(bit%64)
	for i := range masks {
		if masks[i].word == word {
			masks[i].bits |= value
			return masks
		}
	}
	return append(masks, mask{word, value})
}

// ruleTrace is a rule in the order of evaluation with the model it came from, for Explain.
type ruleOrigin struct {
	spec  zone.Rule
	zones []int // of its include or exclude, resolved; nil for other connections
}

// ruleSet is one policy: its ACTIVE rules by priority.
type ruleSet struct {
	file    string
	rules   []rule
	origins []ruleOrigin // all rules in order of evaluation, INACTIVE ones too
}

func (c *compiler) addRules() {
	for _, document := range c.config.Rules {
		c.warnings = append(c.warnings, document.Warnings...)
		ordered := slices.Clone(document.Rules)
		slices.SortStableFunc(ordered, byPriority)
		set := ruleSet{file: document.File}
		for i := range ordered {
			spec := ordered[i]
			spec.Text = nil
			compiled, zones := c.compileRule(&spec)
			set.origins = append(set.origins, ruleOrigin{spec: spec, zones: zones})
			if spec.Active {
				set.rules = append(set.rules, compiled)
			}
		}
		c.p.ruleSets = append(c.p.ruleSets, set)
	}
}

// byPriority orders rules as Okta does, 1 first; a rule without priority comes last.
func byPriority(a, b zone.Rule) int {
	switch {
	case a.HasPriority && b.HasPriority:
		return cmp.Compare(a.Priority, b.Priority)
	case a.HasPriority:
		return -1
	case b.HasPriority:
		return 1
	default:
		return 0
	}
}

func (c *compiler) compileRule(spec *zone.Rule) (rule, []int) {
	r := rule{name: ruleName(spec), allow: spec.Allow, narrowed: len(spec.Narrowed) > 0}
	network := &spec.Network
	var zones []int
	switch network.Connection {
	case zone.Anywhere:
		r.constant, r.held = true, isTrue
	case zone.Disabled:
		r.constant, r.held = true, isFalse
	case zone.OnNetwork, zone.OffNetwork:
		zones = c.systemZone(spec)
		r.exclude = network.Connection == zone.OffNetwork
	case zone.InZones:
		listed := network.Include
		if len(network.Exclude) > 0 {
			listed, r.exclude = network.Exclude, true
		}
		if (len(network.Include) > 0) == (len(network.Exclude) > 0) {
			c.report(spec.Active, spec.Position, r.name, "zone-condition",
				"conditions.network: You should either include or exclude network zones when you use zones in the policy rule.")
		}
		for _, id := range listed {
			zones = append(zones, c.resolve(spec, id, r.exclude)...)
		}
	default:
		c.report(spec.Active, spec.Position, r.name, "unknown-connection", "the rule's network connection is none that Okta has")
	}
	for _, index := range zones {
		z := &c.p.zones[index]
		switch {
		case !z.policyUse():
			// In an include it is simply not held; in an exclude it may be.
			r.possibly = r.possibly || r.exclude
		case z.kind == ipZone:
			r.ip = addToMask(r.ip, z.bit)
		default:
			r.dynamic = addToMask(r.dynamic, z.bit)
		}
	}
	return r, zones
}

func ruleName(spec *zone.Rule) string {
	if spec.Name != "" {
		return spec.Name
	}
	if spec.ID != "" {
		return spec.ID
	}
	return spec.Position.Path
}

// resolve gives the zones that a reference stands for.
func (c *compiler) resolve(spec *zone.Rule, id zone.ZoneID, exclude bool) []int {
	switch id.ID {
	case zone.AllZones, zone.AllIPZones:
		var all []int
		for i := range c.p.zones {
			z := &c.p.zones[i]
			if z.policyUse() && !z.spec.Exempt && (id.ID == zone.AllZones || z.kind == ipZone) {
				all = append(all, i)
			}
		}
		return all
	}
	index, found := c.byID[id.ID]
	if !found {
		c.reportUnknownZone(spec, id)
		return nil
	}
	z := &c.p.zones[index]
	if !z.policyUse() && spec.Active {
		what, code := "INACTIVE", "inactive-zone"
		if z.kind != inactiveZone {
			what, code = "a blocklist", "blocklist-zone"
		}
		effect := "never matches here"
		if exclude {
			effect = "may match here: an ALLOW rule that excludes it does not apply, a DENY rule does"
		}
		c.warn(id.Position, id.ID, code, "rule %q refers to zone %q, which is %s; it %s", ruleName(spec), z.ref.Name, what, effect)
	}
	return []int{index}
}

// systemZone is the zone that ON_NETWORK and OFF_NETWORK speak of: the one
// ACTIVE system IP zone of usage POLICY that is not the exempt zone.
func (c *compiler) systemZone(spec *zone.Rule) []int {
	var candidates []int
	for i := range c.p.zones {
		z := &c.p.zones[i]
		if z.kind == ipZone && z.policyUse() && z.spec.System && !z.spec.Exempt {
			candidates = append(candidates, i)
		}
	}
	if len(candidates) != 1 {
		c.report(spec.Active, spec.Network.Position, ruleName(spec), "no-system-zone",
			"ON_NETWORK and OFF_NETWORK mean the ACTIVE system IP zone (LegacyIpZone); the policy has %d of them and needs exactly one", len(candidates))
		return nil
	}
	return candidates
}

// holds evaluates the condition for a request.
func (c *condition) holds(p *Policy, r *request) truth {
	if c.constant {
		return c.held
	}
	listed := truth{possibly: c.possibly}
	for _, m := range c.ip {
		if r.zonesOf(p, m.word)&m.bits != 0 {
			listed = isTrue
			break
		}
	}
	if !listed.surely && len(c.dynamic) > 0 {
		pattern := &p.geoPatterns[r.geo]
		for _, m := range c.dynamic {
			if p.dynamicSets.word(pattern.match, m.word)&m.bits != 0 {
				listed = isTrue
				break
			}
			if p.dynamicSets.word(pattern.unknown, m.word)&m.bits != 0 {
				listed.possibly = true
			}
		}
	}
	if c.exclude {
		return listed.not()
	}
	return listed
}

// apply finds the rule that decides. An ALLOW rule must surely hold and not be
// narrowed; a DENY rule applies unless it surely does not hold: otherwise an
// unknown country would let a request fall through a DENY rule to an ALLOW.
func (s *ruleSet) apply(p *Policy, r *request) *rule {
	for i := range s.rules {
		candidate := &s.rules[i]
		held := candidate.holds(p, r)
		if candidate.allow && held.surely && !candidate.narrowed {
			return candidate
		}
		if !candidate.allow && held.possibly {
			return candidate
		}
	}
	return nil
}
