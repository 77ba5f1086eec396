package decide

import (
	"cmp"
	"slices"

	"github.com/netwicket/netwicket/zone"
)

// rule is one ACTIVE rule as a decision names it. What it asks for is in the
// policy's [ruleWords].
type rule struct {
	name  string
	allow bool
}

// ruleSet is one policy: its ACTIVE rules by priority. Rule i has bit i%64 of
// the policy's rule word firstWord+i/64.
type ruleSet struct {
	rules     []rule
	firstWord int
	words     int
}

// ruleWords are the network conditions of all rules, 64 at a time: sets of
// rules. A listed zone is one of the rule's include or exclude that can hold a
// request; those that cannot (INACTIVE ones, blocklists) only make an exclude unknown.
type ruleWords struct {
	exclude  []uint64 // the condition is "in none of the listed zones"
	possibly []uint64 // a listed zone of unknown state
	always   []uint64 // the condition holds anywhere
	never    []uint64 // the condition is disabled
	allow    []uint64 // an ALLOW rule that nothing else narrows
	deny     []uint64
	byZone   [][]uint64 // zone index -> the rules that list it; nil: none does
	byIPBit  []uint64   // IP bit -> the rules that list it, flat
}

func (w *ruleWords) grow(words int) {
	for _, column := range []*[]uint64{&w.exclude, &w.possibly, &w.always, &w.never, &w.allow, &w.deny} {
		*column = append(*column, make([]uint64, words)...)
	}
}

func (c *compiler) addRules() {
	for _, document := range c.config.Rules {
		c.warnings = append(c.warnings, document.Warnings...)
		ordered := slices.Clone(document.Rules)
		slices.SortStableFunc(ordered, byPriority)
		set := ruleSet{firstWord: len(c.p.ruleWords.exclude), words: (len(ordered) + 63) / 64}
		c.p.ruleWords.grow(set.words)
		for i := range ordered {
			spec := &ordered[i]
			zones := c.resolveZones(spec)
			if spec.Active {
				c.addRule(&set, spec, zones)
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

// resolveZones gives the zones that a rule lists, and reports what is wrong with
// its condition: an error in a rule that is in force, a warning otherwise.
func (c *compiler) resolveZones(spec *zone.Rule) []int {
	network := &spec.Network
	switch network.Connection {
	case zone.Anywhere, zone.Disabled:
		return nil
	case zone.InSystemZone, zone.OutsideSystemZone:
		return c.systemZone(spec)
	case zone.InZones:
	default:
		c.report(spec.Active, spec.Position, ruleName(spec), "unknown-connection", "the rule's network connection is none that Okta has")
		return nil
	}
	if (len(network.Include) > 0) == (len(network.Exclude) > 0) {
		c.report(spec.Active, spec.Position, ruleName(spec), "zone-condition",
			"conditions.network: You should either include or exclude network zones when you use zones in the policy rule.")
	}
	listed := network.Include
	if len(network.Exclude) > 0 {
		listed = network.Exclude
	}
	var zones []int
	for _, id := range listed {
		zones = append(zones, c.resolve(spec, id, excludes(network))...)
	}
	return zones
}

// excludes says that a condition holds outside the zones that it lists.
func excludes(network *zone.NetworkCondition) bool {
	return network.Connection == zone.OutsideSystemZone || len(network.Exclude) > 0
}

// addRule gives an ACTIVE rule its bit.
func (c *compiler) addRule(set *ruleSet, spec *zone.Rule, zones []int) {
	w, index := &c.p.ruleWords, len(set.rules)
	word, bit := set.firstWord+index/64, index%64
	set.rules = append(set.rules, rule{name: ruleName(spec), allow: spec.Allow})
	setBit(w.exclude[word:], bit, excludes(&spec.Network))
	setBit(w.always[word:], bit, spec.Network.Connection == zone.Anywhere)
	setBit(w.never[word:], bit, spec.Network.Connection == zone.Disabled)
	setBit(w.allow[word:], bit, spec.Allow && len(spec.Narrowed) == 0)
	setBit(w.deny[word:], bit, !spec.Allow)
	if w.byZone == nil {
		w.byZone = make([][]uint64, len(c.p.zones))
	}
	for _, index := range zones {
		if !c.p.zones[index].policyUse() {
			// In an include it is simply not held; in an exclude it may be.
			setBit(w.possibly[word:], bit, excludes(&spec.Network))
			continue
		}
		rules := &w.byZone[index]
		*rules = append(*rules, make([]uint64, word+1-min(word+1, len(*rules)))...)
		setBit((*rules)[word:], bit, true)
	}
}

// settleRules lays the rules that list an IP zone out by the zone's bit.
func (p *Policy) settleRules() {
	w := &p.ruleWords
	words := len(w.exclude)
	w.byIPBit = make([]uint64, p.ipBits*words)
	for index, rules := range w.byZone {
		if z := &p.zones[index]; z.kind == ipZone {
			copy(w.byIPBit[z.bit*words:], rules)
		}
	}
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

// listedByIPZones is one word of the rules that list an IP zone which holds the
// request.
func (p *Policy) listedByIPZones(r *request, word int) uint64 {
	rules, words := uint64(0), len(p.ruleWords.exclude)
	for w := range p.ipWords {
		for rest := r.zonesOf(p, w); rest != 0; rest &= rest - 1 {
			rules |= p.ruleWords.byIPBit[(64*w+trailingZeros(rest))*words+word]
		}
	}
	return rules
}

// apply finds the rule that decides. An ALLOW rule must surely hold and not be
// narrowed; a DENY rule applies unless it surely does not hold: otherwise an
// unknown country would let a request fall through a DENY rule to an ALLOW.
func (s *ruleSet) apply(p *Policy, r *request) *rule {
	all, pattern := &p.ruleWords, &p.geoPatterns[r.geo]
	for w := s.firstWord; w < s.firstWord+s.words; w++ {
		surely := p.listedByIPZones(r, w) | p.ruleSetsOf.word(pattern.rulesSurely, w)
		possibly := surely | p.ruleSetsOf.word(pattern.rulesPossibly, w) | all.possibly[w]
		exclude := all.exclude[w]
		holds := surely&^exclude | ^possibly&exclude | all.always[w]
		mayHold := possibly&^exclude | ^surely&exclude | all.always[w]
		applies := (holds&all.allow[w] | mayHold&all.deny[w]) &^ all.never[w]
		if applies != 0 {
			return &s.rules[64*(w-s.firstWord)+trailingZeros(applies)]
		}
	}
	return nil
}
