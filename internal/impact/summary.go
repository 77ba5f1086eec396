package impact

import (
	"cmp"
	"iter"
	"slices"

	"go4.org/netipx"

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
	countries map[string]*Sizes
	asns      map[asn]*Sizes
	places    func() (netipx.IPRange, geo.Location, bool)
	stop      func()
	at        netipx.IPRange
	location  geo.Location
	more      bool
}

type asn struct {
	number uint32
	known  bool
}

// NewCounter counts by the countries and ASNs of a table; a nil table has none.
// Close it when done.
func NewCounter(table *geo.Table) *Counter {
	c := &Counter{countries: map[string]*Sizes{}, asns: map[asn]*Sizes{}}
	c.places, c.stop = iter.Pull2(table.All())
	c.at, c.location, c.more = c.places()
	return c
}

// Close ends the walk over the table.
func (c *Counter) Close() { c.stop() }

// Add counts a change. Changes come in address order, as [decide.Diff] gives them.
func (c *Counter) Add(change decide.Change) {
	c.Changes++
	direction := DirectionOf(change)
	c.Total[direction].add(change.Range)
	for c.more {
		if part, overlap := intersection(c.at, change.Range); overlap {
			sizesOf(c.countries, c.location.Country)[direction].add(part)
			sizesOf(c.asns, asn{c.location.ASN, c.location.ASNKnown})[direction].add(part)
		}
		if c.at.To().Compare(change.Range.To()) >= 0 {
			return
		}
		c.at, c.location, c.more = c.places()
	}
}

// intersection of two ranges; netip orders IPv4 before IPv6, so those of two
// families never meet.
func intersection(a, b netipx.IPRange) (netipx.IPRange, bool) {
	from, to := a.From(), a.To()
	if b.From().Compare(from) > 0 {
		from = b.From()
	}
	if b.To().Compare(to) < 0 {
		to = b.To()
	}
	r := netipx.IPRangeFrom(from, to)
	return r, r.IsValid()
}

func sizesOf[K comparable](groups map[K]*Sizes, key K) *Sizes {
	sizes := groups[key]
	if sizes == nil {
		sizes = &Sizes{}
		groups[key] = sizes
	}
	return sizes
}

// Countries are the countries that changes touch, the largest first.
func (c *Counter) Countries() []Group[string] {
	var groups []Group[string]
	for country, sizes := range c.countries {
		groups = append(groups, Group[string]{country, country != "", *sizes})
	}
	sortGroups(groups)
	return groups
}

// ASNs are the autonomous systems that changes touch, the largest first.
func (c *Counter) ASNs() []Group[uint32] {
	var groups []Group[uint32]
	for key, sizes := range c.asns {
		groups = append(groups, Group[uint32]{key.number, key.known, *sizes})
	}
	sortGroups(groups)
	return groups
}

func sortGroups[K cmp.Ordered](groups []Group[K]) {
	slices.SortFunc(groups, func(a, b Group[K]) int {
		known := 0
		if a.Known != b.Known {
			known = 1
			if b.Known {
				known = -1
			}
		}
		return cmp.Or(b.Sizes.total().compare(a.Sizes.total()), cmp.Compare(a.Key, b.Key), known)
	})
}
