package pattern

import (
	"regexp"
	"slices"
)

// maxGroups is how many groups can be asked for.
const maxGroups = 4

// Pattern finds groups of an expression. It is immutable and safe for concurrent use.
type Pattern struct {
	expression *regexp.Regexp
	groups     []int  // of the expression, by the names asked for; 0: it has none of that name
	table      *table // nil: everything is left to regexp
}

// New makes a Pattern of an expression that asks for at most four of its groups. A
// name that the expression does not have is a group that never takes part.
func New(expression *regexp.Regexp, groups ...string) *Pattern {
	p := &Pattern{expression: expression, groups: make([]int, len(groups))}
	for i, name := range groups {
		p.groups[i] = max(expression.SubexpIndex(name), 0)
	}
	p.table = newTable(expression, p.groups)
	return p
}

// Find finds the leftmost match, as [regexp.Regexp.FindStringSubmatch] does, and
// writes the texts of the groups that were asked for, in their order; that of a
// group that took no part is empty. It does not allocate unless it asks regexp.
func (p *Pattern) Find(text string, groups []string) (found bool) {
	if p.table != nil {
		var places places
		switch p.table.find(text, &places) {
		case noMatch:
			return false
		case match:
			for i := range groups {
				groups[i] = text[places[2*i]:places[2*i+1]]
			}
			return true
		case unknown:
		}
	}
	all := p.expression.FindStringSubmatch(text)
	if all == nil {
		return false
	}
	clear(groups)
	for i, group := range p.groups {
		if group > 0 {
			groups[i] = all[group]
		}
	}
	return true
}

// slotsOf says which place of a group an expression's capture is: the begins and
// ends of the groups asked for are even and odd; -1: nobody asks for it.
func slotsOf(expression *regexp.Regexp, groups []int) []int {
	slots := slices.Repeat([]int{-1}, 2*(expression.NumSubexp()+1))
	for i, group := range groups {
		slots[2*group], slots[2*group+1] = 2*i, 2*i+1 // those of group 0 nobody looks at
	}
	return slots
}
