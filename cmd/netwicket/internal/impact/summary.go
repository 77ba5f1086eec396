package impact

import (
	"cmp"
	"slices"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

// Direction is what a change does to those whom it touches.
type Direction uint8

// The directions.
const (
	NewlyDenied  Direction = iota
	NewlyAllowed           //
	OtherReason            // the decision stays and its reason changes
	directions
)

// DirectionOf is the direction of a change.
func DirectionOf(c decide.Change) Direction {
	switch {
	case c.Before.Verdict == c.After.Verdict:
		return OtherReason
	case c.After.Verdict == decide.Allow:
		return NewlyAllowed
	default:
		return NewlyDenied
	}
}

// Sizes is a size for each direction.
type Sizes [directions]Size

// total is the size of all directions together; a /64 network that is touched in
// two directions counts twice.
func (s Sizes) total() Size { return s[NewlyDenied].plus(s[NewlyAllowed]).plus(s[OtherReason]) }

// Group is what changes in one country or one autonomous system.
type Group[K cmp.Ordered] struct {
	Key   K
	Known bool // false for the addresses of which no source says where they belong
	Sizes Sizes
}

// Counter adds changes up. Make it with [NewCounter]; it is for one goroutine.
type Counter struct {
	Changes   int
	Total     Sizes
	places    places
	countries []Group[string]
	asns      []Group[uint32]
}

// NewCounter counts by the countries and ASNs of a table; a nil table has none.
func NewCounter(table *geo.Table) *Counter {
	c := &Counter{places: newPlaces(table)}
	countries, asns := map[string]uint32{}, map[uint32]uint32{}
	for id := range table.Locations() {
		at := table.Location(uint32(id))
		country, found := countries[at.Country]
		if !found {
			country = uint32(len(c.countries))
			countries[at.Country] = country
			c.countries = append(c.countries, Group[string]{Key: at.Country, Known: at.Country != ""})
		}
		number, found := asns[at.ASN] // 0: unknown
		if !found {
			number = uint32(len(c.asns))
			asns[at.ASN] = number
			c.asns = append(c.asns, Group[uint32]{Key: at.ASN, Known: at.ASNKnown})
		}
		c.places.groups = append(c.places.groups, [2]uint32{country, number})
	}
	return c
}

// Add counts a change. Changes come in address order, as [decide.Diff] gives them.
func (c *Counter) Add(change decide.Change) {
	c.Changes++
	direction := DirectionOf(change)
	whole := spanOf(change.Range)
	c.Total[direction].add(whole)
	for part, groups := range c.places.within(whole) {
		c.countries[groups[0]].Sizes[direction].add(part)
		c.asns[groups[1]].Sizes[direction].add(part)
	}
}

// Decided is how much is newly denied or newly allowed.
func (c *Counter) Decided() Size { return c.Total[NewlyDenied].plus(c.Total[NewlyAllowed]) }

// Countries are the countries that changes touch, the largest first.
func (c *Counter) Countries() []Group[string] { return touched(c.countries) }

// ASNs are the autonomous systems that changes touch, the largest first.
func (c *Counter) ASNs() []Group[uint32] { return touched(c.asns) }

func touched[K cmp.Ordered](all []Group[K]) []Group[K] {
	var groups []Group[K]
	for _, group := range all {
		if group.Sizes != (Sizes{}) {
			groups = append(groups, group)
		}
	}
	sortGroups(groups)
	return groups
}

func sortGroups[K cmp.Ordered](groups []Group[K]) {
	slices.SortFunc(groups, func(a, b Group[K]) int {
		return cmp.Or(b.Sizes.total().compare(a.Sizes.total()), cmp.Compare(a.Key, b.Key))
	})
}
