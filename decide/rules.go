package decide

import (
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// rule is one rule that can apply, as a decision names it. What it asks for is in the
// policy's [ruleWords].
type rule struct {
	name  string
	allow bool
}

// ruleSet is one policy: its rules that can apply, by priority. Rule i has bit i%64 of
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
	allow    []uint64
	deny     []uint64
	byIPBit  []uint32 // IP bit -> set of the rules that list the zone
	byZone   []uint32 // zone index -> the same, for all zones
}

// ruleLists are the rules that list a zone, while they are collected.
type ruleLists struct {
	byZone [][]uint32          // zone index -> bits of rules
	many   map[string][]uint64 // words of the rules that list all zones of a sort, by the reference that says so
}

func (w *ruleWords) grow(words int) {
	for _, column := range []*[]uint64{&w.exclude, &w.possibly, &w.always, &w.allow, &w.deny} {
		*column = append(*column, make([]uint64, words)...)
	}
}

// addRuleSet begins the next policy.
func (p *Policy) addRuleSet() *ruleSet {
	p.ruleSets = append(p.ruleSets, ruleSet{firstWord: len(p.ruleWords.exclude)})
	return &p.ruleSets[len(p.ruleSets)-1]
}

// add gives the next rule its bit: that of a word of w. The set has to be the last.
func (s *ruleSet) add(w *ruleWords, r rule) (word, bit int) {
	index := len(s.rules)
	word, bit = s.firstWord+index/64, index%64
	if bit == 0 {
		w.grow(1)
		s.words++
	}
	s.rules = append(s.rules, r)
	setBit(w.allow[word:], bit, r.allow)
	setBit(w.deny[word:], bit, !r.allow)
	return word, bit
}

// addRules keeps every rule document as a policy of its own.
// See docs/semantics.md, rule-4 and rule-9.
func (c *compiler) addRules() {
	for _, document := range c.config.Rules {
		c.warnings = append(c.warnings, document.Warnings...)
		set := c.p.addRuleSet()
		for _, spec := range document.InOrder() {
			zones := c.resolveZones(spec)
			if spec.CanApply() {
				c.addRule(set, spec, zones)
			}
		}
	}
}

// resolveZones gives the zones that a rule lists, and reports those that the policy
// does not have: an error in a rule that is in force, a warning otherwise.
func (c *compiler) resolveZones(spec *zone.Rule) []int {
	var zones []int
	switch spec.Network.Connection {
	case zone.InZones:
		for _, id := range spec.Network.Listed() {
			if !id.Many() { // those stand for usable zones alone: see settleRules
				zones = append(zones, c.resolve(spec, id)...)
			}
		}
	case zone.InSystemZone, zone.OutsideSystemZone:
		zones = c.systemZone(spec)
	case zone.Anywhere, zone.Disabled:
	}
	return zones
}

// addRule gives a rule that can apply its bit.
// See docs/semantics.md, rule-2, rule-6, rule-8 and rule-10.
func (c *compiler) addRule(set *ruleSet, spec *zone.Rule, zones []int) {
	w := &c.p.ruleWords
	word, bit := set.add(w, rule{name: spec.Label(), allow: spec.Allow})
	setBit(w.exclude[word:], bit, spec.Network.Excludes())
	setBit(w.always[word:], bit, spec.Network.Connection == zone.Anywhere)
	lists := &c.ruleLists
	if lists.byZone == nil {
		lists.byZone, lists.many = make([][]uint32, len(c.p.zones)), map[string][]uint64{}
	}
	for _, index := range zones {
		if !c.specs[index].Usable() {
			// In an include it is simply not held; in an exclude it may be
			// (docs/semantics.md, rule-6).
			setBit(w.possibly[word:], bit, spec.Network.Excludes())
			continue
		}
		lists.byZone[index] = append(lists.byZone[index], uint32(64*word+bit))
	}
	for _, id := range spec.Network.Listed() { // by InZones alone: see model.rule
		if id.Many() {
			rules := lists.many[id.ID]
			rules = append(rules, make([]uint64, max(0, word+1-len(rules)))...)
			setBit(rules[word:], bit, true)
			lists.many[id.ID] = rules
		}
	}
}

// settleRules interns for every zone the rules that list it.
func (c *compiler) settleRules() (rules *setInterner, byZone []uint32) {
	words := len(c.p.ruleWords.exclude)
	rules, byZone = newSetInterner(words), make([]uint32, len(c.p.zones))
	row := make([]uint64, words)
	for index, list := range c.ruleLists.byZone {
		clear(row)
		for id, listing := range c.ruleLists.many {
			if (zone.ZoneID{ID: id}).Names(c.specs[index]) {
				orInto(row, listing)
			}
		}
		for _, bit := range list {
			setBit(row, int(bit), true)
		}
		byZone[index] = rules.id(row)
	}
	return rules, byZone
}

func orInto(words, more []uint64) {
	for i, w := range more {
		words[i] |= w
	}
}

// settleRules keeps what decisions ask of the rules that list zones: by geo pattern,
// by IP zone, and for a request of one hop by address pattern. Which patterns there
// are does not depend on the rules.
func (p *Policy) settleRules(rules *setInterner, byZone []uint32) {
	byDynamicBit := make([]uint32, p.dynamicBits)
	p.ruleWords.byIPBit, p.ruleWords.byZone = make([]uint32, p.ipBits), byZone
	for index, set := range byZone {
		switch z := &p.zones[index]; z.kind {
		case ipZone:
			p.ruleWords.byIPBit[z.bit] = set
		case dynamicZone:
			byDynamicBit[z.bit] = set
		case inactiveZone:
		}
	}
	listing := newUnions(p.dynamicSets, rules, byDynamicBit)
	for i := range p.geoPatterns {
		pattern := &p.geoPatterns[i]
		pattern.rulesSurely = listing.of(pattern.match)
		pattern.rulesPossibly = listing.both(pattern.rulesSurely, listing.of(pattern.unknown))
		for column, zones := range pattern.causes.zones {
			pattern.causes.rules[column] = listing.of(zones)
		}
	}
	listing = newUnions(p.ipSets, rules, p.ruleWords.byIPBit)
	for i := range p.addressPatterns {
		p.addressPatterns[i].rules = listing.of(p.addressPatterns[i].gateways)
	}
	p.ruleSetsOf = rules.sets
}

// resolve gives the zone that a reference stands for.
// See docs/semantics.md, rule-3, rule-6 and rule-12.
func (c *compiler) resolve(spec *zone.Rule, id zone.ZoneID) []int {
	index, found := c.byID[id.ID]
	if !found {
		c.reportUnknownZone(spec, id)
		return nil
	}
	z := c.specs[index]
	if !z.Usable() && spec.Active {
		what, code := "INACTIVE", "inactive-zone"
		if z.Active {
			what, code = "a blocklist", "blocklist-zone"
		}
		effect := "never matches here"
		if spec.Network.Excludes() {
			effect = "may match here: an ALLOW rule that excludes it does not apply, a DENY rule does"
		}
		c.warn(id.Position, id.ID, code, "rule %q refers to zone %q, which is %s; it %s", spec.Label(), z.Name, what, effect)
	}
	return []int{index}
}

// systemZone is the zone that ON_NETWORK and OFF_NETWORK speak of: the one
// ACTIVE system IP zone of usage POLICY that is not the exempt zone.
// See docs/semantics.md, rule-7.
func (c *compiler) systemZone(spec *zone.Rule) []int {
	candidates := c.zonesThat((*zone.Zone).SystemZone)
	if len(candidates) != 1 {
		c.report(spec.Active, spec.Network.Position, spec.Label(), "no-system-zone",
			"ON_NETWORK and OFF_NETWORK mean the ACTIVE system IP zone (LegacyIpZone); the policy has %d of them and needs exactly one", len(candidates))
		return nil
	}
	return candidates
}

// zonesThat are the zones of which something is true.
func (c *compiler) zonesThat(holds func(*zone.Zone) bool) []int {
	var found []int
	for i, z := range c.specs {
		if holds(z) {
			found = append(found, i)
		}
	}
	return found
}

// listedByIPZones is one word of the rules that list an IP zone which holds the
// request.
func (p *Policy) listedByIPZones(r *request, word int) uint64 {
	if r.walked == 1 { // it is in every zone that lists it as gateway, and in no other
		return p.ruleSetsOf.word(p.addressPatterns[r.walk[0]].rules, word)
	}
	rules := uint64(0)
	for w := range p.ipWords {
		for rest := r.zonesOf(p, w); rest != 0; rest &= rest - 1 {
			rules |= p.ruleSetsOf.word(p.ruleWords.byIPBit[64*w+trailingZeros(rest)], word)
		}
	}
	return rules
}

// apply finds the rule that decides. An ALLOW rule must surely hold; a DENY rule
// applies unless it surely does not: otherwise an unknown country would let a
// request fall through a DENY rule to an ALLOW.
// See docs/semantics.md, rule-4 and rule-5.
func (s *ruleSet) apply(p *Policy, r *request) *rule {
	for w := s.firstWord; w < s.firstWord+s.words; w++ {
		holds, mayHold := p.hold(r, w)
		if applies := p.ruleWords.applies(w, holds, mayHold); applies != 0 {
			return &s.rules[64*(w-s.firstWord)+trailingZeros(applies)]
		}
	}
	return nil
}

// hold is one word of the rules whose condition surely holds, and of those whose
// condition may.
func (p *Policy) hold(r *request, w int) (holds, mayHold uint64) {
	all, pattern := &p.ruleWords, &p.geoPatterns[r.geo]
	surely := p.listedByIPZones(r, w) | p.ruleSetsOf.word(pattern.rulesSurely, w)
	possibly := surely | p.ruleSetsOf.word(pattern.rulesPossibly, w) | all.possibly[w]
	exclude := all.exclude[w]
	return surely&^exclude | ^possibly&exclude | all.always[w], possibly&^exclude | ^surely&exclude | all.always[w]
}

func (all *ruleWords) applies(w int, holds, mayHold uint64) uint64 {
	return holds&all.allow[w] | mayHold&all.deny[w]
}

// unknown is what is unknown of the client so that rules may hold, up to the one
// that decides: an ALLOW rule that does not apply for it, a DENY rule that does.
// See docs/semantics.md, order-7.
func (s *ruleSet) unknown(p *Policy, r *request) geo.Field {
	pattern, unknown := &p.geoPatterns[r.geo], geo.Field(0)
	if pattern.unknown == 0 {
		return 0
	}
	for w := s.firstWord; w < s.firstWord+s.words; w++ {
		holds, mayHold := p.hold(r, w)
		applies := p.ruleWords.applies(w, holds, mayHold)
		open := mayHold &^ holds & (applies ^ (applies - 1)) // up to the lowest bit of applies, or all
		for column, rules := range pattern.causes.rules {
			if rules != 0 && p.ruleSetsOf.word(rules, w)&open != 0 {
				unknown |= pattern.causes.field(column)
			}
		}
		if applies != 0 {
			break
		}
	}
	return unknown
}
