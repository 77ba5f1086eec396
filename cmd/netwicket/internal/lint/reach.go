package lint

import (
	"maps"
	"slices"

	"github.com/netwicket/netwicket/zone"
)

// condition is a rule's network condition over zones.
type condition struct {
	kind    conditionKind
	exclude bool
	zones   []string // variables

	// unusable: a zone is listed that is INACTIVE or a blocklist. An include
	// does not hold through it; in an exclude its state is unknown.
	unusable bool
}

type conditionKind uint8

const (
	always conditionKind = iota
	never
	listed
)

// level is the state of a zone for some request, in the order no < unknown <
// match. An IP zone is never unknown.
type level int8

const (
	levelNo level = iota
	levelUnknown
	levelMatch
)

// reach answers whether any request gets past the rules seen so far. What it
// takes to get past a rule is, for each zone, an upper bound of its state, and
// clauses, "one of these zones is at least so". Both are monotone: if any
// assignment of states does, the one with every zone at its bound does. So the
// answer is exact as far as zones can be in any state independently of one
// another; where they cannot, it errs to "reachable". So it does behind more than
// maxClauses rules with exclude, which would take too long.
type reach struct {
	onlyIP  func(key string) bool // the zone is never unknown
	empty   func(key string) bool // the zone holds nobody
	bounds  map[string]level
	clauses []clause
	closed  bool // nobody gets past
}

const maxClauses = 200

type clause struct {
	zones   []string
	atLeast level
}

func (l *linter) newReach() *reach {
	return &reach{
		onlyIP: func(key string) bool {
			z := l.byID[key]
			return key == unresolvedSystemZone || z != nil && z.Type == zone.IP
		},
		empty: func(key string) bool {
			z := l.byID[key]
			return z != nil && z.Empty()
		},
		bounds: make(map[string]level),
	}
}

func (r *reach) bound(bounds map[string]level, key string) level {
	if r.empty(key) {
		return levelNo
	}
	if bound, found := bounds[key]; found {
		return bound
	}
	return levelMatch
}

// below is a bound below match, of which an IP zone has one only.
func (r *reach) below(key string, bound level) level {
	if r.onlyIP(key) {
		return levelNo
	}
	return bound
}

func (r *reach) lower(bounds map[string]level, keys []string, to level) {
	for _, key := range keys {
		bounds[key] = min(r.bound(bounds, key), r.below(key, to))
	}
}

func (r *reach) some(bounds map[string]level, c clause) bool {
	for _, key := range c.zones {
		if r.bound(bounds, key) >= c.atLeast {
			return true
		}
	}
	return false
}

// applies says whether the rule applies to any request that gets past the
// others. An ALLOW rule applies where its condition surely holds, a DENY rule
// where it is not sure that it does not (docs/semantics.md, rule-5).
func (r *reach) applies(rule *ruleAt) bool {
	switch {
	case r.closed, !rule.CanApply():
		return false
	case rule.kind == always:
		return r.satisfied(r.bounds)
	case !rule.exclude:
		least := levelUnknown
		if rule.Allow {
			least = levelMatch
		}
		return r.some(r.bounds, clause{rule.zones, least}) && r.satisfied(r.bounds)
	case rule.Allow && rule.unusable:
		return false
	}
	most := levelUnknown
	if rule.Allow {
		most = levelNo
	}
	before := make(map[string]level, len(rule.zones))
	for _, key := range rule.zones {
		before[key] = r.bound(r.bounds, key)
	}
	r.lower(r.bounds, rule.zones, most)
	applies := r.satisfied(r.bounds)
	maps.Copy(r.bounds, before)
	return applies
}

func (r *reach) satisfied(bounds map[string]level) bool {
	for _, c := range r.clauses {
		if !r.some(bounds, c) {
			return false
		}
	}
	return true
}

// pass leaves only the requests to which the rule does not apply.
func (r *reach) pass(rule *ruleAt) {
	switch {
	case !rule.CanApply():
	case rule.kind == always:
		r.closed = true
	case !rule.exclude && rule.Allow:
		r.lower(r.bounds, rule.zones, levelUnknown)
	case !rule.exclude:
		r.lower(r.bounds, rule.zones, levelNo)
	case rule.Allow && !rule.unusable:
		r.require(clause{rule.zones, levelUnknown})
	case !rule.Allow:
		r.require(clause{rule.zones, levelMatch})
	}
}

func (r *reach) require(c clause) {
	if len(r.clauses) < maxClauses {
		r.clauses = append(r.clauses, c)
	}
}

// unreachableRules finds the rules that decide about nobody.
func (l *linter) unreachableRules(set *ruleSet) {
	sofar, seen := l.newReach(), earlier{listing: map[string][]*ruleAt{}}
	for i := range set.rules {
		rule := &set.rules[i]
		if !sofar.applies(rule) {
			l.unreachable(&seen, i, rule)
		}
		sofar.pass(rule)
		seen.add(rule)
	}
}

// earlier are the rules of a policy that were tried before one, by what may keep
// others from being reached.
type earlier struct {
	wide    []*ruleAt // those that may decide about requests outside of every zone
	listing map[string][]*ruleAt
}

func (e *earlier) add(rule *ruleAt) {
	if rule.kind == always || rule.exclude {
		e.wide = append(e.wide, rule)
		return
	}
	for _, key := range rule.zones {
		e.listing[key] = append(e.listing[key], rule)
	}
}

// candidates are the rules one of which may alone decide about all that a rule
// would apply to: of a rule that includes zones, only what lists its first zone or
// is wide. Of very many the first ones are enough to name one.
func (e *earlier) candidates(rule *ruleAt) []*ruleAt {
	const enough = 100
	list := e.wide[:min(len(e.wide), enough)]
	if rule.kind == listed && !rule.exclude { // over some zone, or it would apply to nobody
		of := e.listing[rule.zones[0]]
		list = slices.Concat(list, of[:min(len(of), enough)])
	}
	return list
}

func (l *linter) unreachable(before *earlier, count int, rule *ruleAt) {
	switch alone := l.newReach(); {
	case rule.BuiltIn, rule.Allow && len(rule.Narrowed) > 0, rule.unusable:
		return // nobody can delete it, or it has its warning
	case !alone.applies(rule):
		why := "none of the zones it includes has a gateway"
		if rule.kind == never {
			why = "its connection is DISABLED"
		}
		l.warn(rule.Position, rule.Label(), "rule-never-applies", "%s, so that the rule applies to nobody; give it a zone that holds the addresses it is meant for, or delete it", why)
		return
	}
	for _, other := range before.candidates(rule) {
		alone := l.newReach()
		if alone.pass(other); !alone.applies(rule) {
			l.warn(rule.Position, rule.Label(), "unreachable-rule", "rule %q (%s) decides about every request that this one would apply to, so that this one never does; move it before that rule, or delete it",
				other.Label(), place(other.Position, rule.Position))
			return
		}
	}
	l.warn(rule.Position, rule.Label(), "unreachable-rule", "the %d rules that are tried before it decide about every request, so that this one never does; move it forward, or delete it", count)
}

// nobodyAllowed finds files of which no ALLOW rule can apply: every file must
// allow, so that everybody is denied (docs/semantics.md, rule-9).
func (l *linter) nobodyAllowed(set *ruleSet) {
	sofar := l.newReach()
	for i := range set.rules {
		if set.rules[i].Allow && sofar.applies(&set.rules[i]) {
			return
		}
		sofar.pass(&set.rules[i])
	}
	why := "no ALLOW rule of the file can apply"
	switch {
	case set.all == 0:
		why = "the file holds no rule"
	case len(set.rules) == 0:
		why = "every rule of the file is INACTIVE"
	}
	l.warn(zone.Position{File: set.file}, "", "no-allow-rule", "%s, so that everybody is denied; add an ALLOW rule, or leave the file out", why)
}
