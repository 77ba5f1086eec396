package spacemap

import (
	"slices"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

// Subject is what to draw. Policy may be nil: it denies everything.
type Subject struct {
	Name   string // of the policy, as the reader knows it
	Policy *decide.Policy
	Geo    *geo.Table // for the country under the pointer; may be nil

	Compare bool // show only what changes from Old to Policy
	OldName string
	Old     *decide.Policy

	Notes []string // what the reader must know besides
}

// Map is what a policy, or the change from one to another, looks like.
type Map struct {
	subject    Subject
	space      *space
	legend     []category
	categories []int // by outcome
	v4, v6     *picture
}

// New draws the pictures. The cost is one pass over the policy's ranges and one
// over the pixels: some tens of milliseconds.
func New(subject Subject) *Map {
	m := &Map{subject: subject, space: newSpace(subject.Policy, subject.Old, subject.Compare)}
	for _, o := range m.space.outcomes {
		c := categoryOf(o, subject.Compare)
		if !slices.Contains(m.legend, c) {
			m.legend = append(m.legend, c)
		}
	}
	slices.SortStableFunc(m.legend, func(a, b category) int { return a.rank - b.rank })
	for _, o := range m.space.outcomes {
		m.categories = append(m.categories, slices.Index(m.legend, categoryOf(o, subject.Compare)))
	}
	m.v4 = m.draw(order4, m.spans4)
	m.v6 = m.draw(order6, m.spans6)
	return m
}
