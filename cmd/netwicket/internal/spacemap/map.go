package spacemap

import (
	"slices"
	"sync"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/addrnum"
)

// Subject is what to draw. Policy may be nil: it denies everything.
type Subject struct {
	Name   string // of the policy, as the reader knows it
	Policy *decide.Policy
	Config decide.Config // that Policy was compiled from: it tells what is named, and where countries are

	Compare   bool // show only what changes from Old to Policy
	OldName   string
	Old       *decide.Policy
	OldConfig decide.Config

	Notes []string // what the reader must know besides
}

// Map is what a policy, or the change from one to another, looks like.
type Map struct {
	subject    Subject
	space      *space
	legend     []category
	categories []int // by outcome
	panel6     panel
	pictures   func() (v4, v6 *picture) // drawn once, when a sheet is written: the page draws its own
	amounts    [2][]float64             // of IPv4 and IPv6: by category, addresses
	elsewhere  []string                 // what is decided about global unicast IPv6 that nothing names
}

// New works out what is where. The cost is one pass over the policy's ranges and the
// networks of its documents and sources: some milliseconds, and a second where databases
// of the whole internet are among them.
func New(subject Subject) *Map {
	m := &Map{subject: subject, space: newSpace(subject.Policy, subject.Old, subject.Compare, append(groundsOf(&subject, addrnum.IPv4), groundsOf(&subject, addrnum.IPv6)...))}
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
	m.panel6 = panel6(m.space)
	m.pictures = sync.OnceValues(func() (v4, v6 *picture) {
		return m.draw(m.space.v4, panel4()), m.draw(m.space.v6, m.panel6)
	})
	for family, segments := range [][]segment{m.space.v4, m.space.v6} {
		m.amounts[family] = make([]float64, len(m.legend))
		for i, s := range segments {
			m.amounts[family][m.categories[s.outcome]] += sizeOf(segments, i)
		}
	}
	for _, s := range m.space.v6 {
		if o := m.space.outcomes[s.outcome]; o.ground == unnamed {
			o.ground = counted
			if c := categoryOf(o, subject.Compare); !slices.Contains(m.elsewhere, c.name) {
				m.elsewhere = append(m.elsewhere, c.name)
			}
		}
	}
	return m
}

// total is how many addresses of a family count.
func (m *Map) total(family int) float64 {
	sum := 0.0
	for i, c := range m.legend {
		if c.ground == counted {
			sum += m.amounts[family][i]
		}
	}
	return sum
}
