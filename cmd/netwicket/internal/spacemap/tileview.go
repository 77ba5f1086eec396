package spacemap

import (
	"cmp"
	"fmt"
	"iter"
	"net/netip"
	"slices"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// View is one square of the map, in numbers and in a table.
type View struct {
	Place   Place
	Network netip.Prefix // what the square is; the zero Prefix: several networks of IPv6
	Above   netip.Prefix // what the square around it is; the zero Prefix: it has none, or several
	Legend  []Amount     // of the colours that are there, what counts before what does not
	Largest []Stretch    // the largest ranges, of each colour that counts a few
	Tile    Tile         // the picture of the square, where there is one
	HasTile bool
	Labels  []Label // of the squares that the view has, two levels down

	MaxZoom, MaxLevel, Finest, Grid int // of the family: see world
}

// Label is the name of a square.
type Label struct {
	Place
	Network netip.Prefix
}

// labelsBelow is how many levels below a view its labels are: sixteen of them.
const labelsBelow = 2

// Amount is how many addresses of a view have a colour.
type Amount struct {
	Colour
	Counted   bool
	Addresses float64
	Share     float64 // of those that count
}

// Text is the share, and in brackets the addresses of IPv4 or the /48s of IPv6, as the
// legend of a map has them.
func (a Amount) Text(f Family) string {
	switch {
	case !a.Counted:
		return ""
	case f == IPv6:
		return percent(a.Share) + " (" + rounded(a.Addresses/(1<<80)) + ")"
	default:
		return percent(a.Share) + " (" + thousands(uint64(a.Addresses)) + ")"
	}
}

// Stretch is a range of addresses that have one colour.
type Stretch struct {
	Range  netipx.IPRange
	Colour Colour
	size   float64
}

// Network is the range as a prefix if it is one, and else the largest one at its
// beginning.
func (s Stretch) Network() netip.Prefix { return s.Range.Prefixes()[0] }

// Text is the range as a prefix, or as its first and last address.
func (s Stretch) Text() string {
	if network, one := s.Range.Prefix(); one {
		return network.String()
	}
	return s.Range.From().String() + "–" + s.Range.To().String()
}

// Of the largest ranges, how many a view has of one colour, and at all.
const (
	largestOfColour = 4
	largestOfAll    = 24
)

// View describes a square of the map.
func (t *Tiles) View(f Family, by By, at Place) (*View, error) {
	w, err := t.place(f)
	if err != nil {
		return nil, err
	}
	p, err := t.painter(by)
	if err != nil {
		return nil, err
	}
	if !at.holds(w.maxLevel()) {
		return nil, fmt.Errorf("level=%d, x=%d, y=%d: expected a level up to %d, and squares that it has", at.Level, at.X, at.Y, w.maxLevel())
	}
	v := &View{Place: at, MaxZoom: w.maxZoom(), MaxLevel: w.maxLevel(), Finest: w.finest, Grid: w.grid}
	v.Network, _ = w.network(at.Level, at.X, at.Y)
	v.Above, _ = w.network(at.Level-1, at.X/2, at.Y/2)
	if v.HasTile = at.Level <= v.MaxZoom; v.HasTile {
		v.Tile = Tile{f, by, at.Level, at.X, at.Y}
	}
	for i := range 1 << (2 * labelsBelow) {
		below := Place{at.Level + labelsBelow, at.X<<labelsBelow + i%(1<<labelsBelow), at.Y<<labelsBelow + i>>labelsBelow}
		if network, there := w.network(below.Level, below.X, below.Y); there {
			v.Labels = append(v.Labels, Label{below, network})
		}
	}
	amounts, largest := make([]float64, len(p.colours)), make([][]Stretch, len(p.colours))
	for _, within := range w.ranges(at) {
		for r, colour := range joinedIn(p, w.grounds, within) {
			s := Stretch{r, p.colours[colour], amount(r)}
			amounts[colour] += s.size
			if p.counts(colour) {
				largest[colour] = withStretch(largest[colour], s)
			}
		}
	}
	v.Legend = legendOf(p, amounts)
	for _, some := range largest {
		v.Largest = append(v.Largest, some...)
	}
	slices.SortStableFunc(v.Largest, func(a, b Stretch) int { return cmp.Compare(b.size, a.size) })
	v.Largest = v.Largest[:min(len(v.Largest), largestOfAll)]
	return v, nil
}

// joinedIn is colouredIn with neighbours of one colour joined: a painter also tells ranges
// apart that differ in what it does not show.
func joinedIn(p *painter, grounds []grounded, within netipx.IPRange) iter.Seq2[netipx.IPRange, int] {
	return func(yield func(netipx.IPRange, int) bool) {
		var open netipx.IPRange
		var of int
		for r, colour := range colouredIn(p, grounds, within) {
			switch {
			case !open.IsValid():
				open = r
			case colour == of && open.To().Next() == r.From():
				open = netipx.IPRangeFrom(open.From(), r.To())
			case !yield(open, of):
				return
			default:
				open = r
			}
			of = colour
		}
		yield(open, of) // no square is without a range
	}
}

// withStretch keeps the largest ones, of equal ones the first.
func withStretch(list []Stretch, s Stretch) []Stretch {
	if len(list) == largestOfColour && list[len(list)-1].size >= s.size {
		return list
	}
	at, _ := slices.BinarySearchFunc(list, s, func(a, b Stretch) int {
		if a.size >= b.size {
			return -1
		}
		return 1
	})
	list = slices.Insert(list, at, s)
	return list[:min(len(list), largestOfColour)]
}

func legendOf(p *painter, amounts []float64) []Amount {
	total := 0.0
	for colour, amount := range amounts {
		if p.counts(colour) {
			total += amount
		}
	}
	var legend []Amount
	for colour, amount := range amounts {
		if amount > 0 {
			legend = append(legend, Amount{p.colours[colour], p.counts(colour), amount, amount / max(total, 1)})
		}
	}
	slices.SortStableFunc(legend, func(a, b Amount) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(b.Addresses, a.Addresses))
	})
	return legend
}

// ranges are the networks of a square. The whole of IPv6 is all of it, be it on the map
// or not.
func (w *world) ranges(at Place) []netipx.IPRange {
	if network, one := w.network(at.Level, at.X, at.Y); one {
		return []netipx.IPRange{netipx.RangeOfPrefix(network)}
	}
	if at.Level == 0 {
		return []netipx.IPRange{netipx.IPRangeFrom(netip.IPv6Unspecified(), addrnum.IPv6.Last().Addr6())}
	}
	var all []netipx.IPRange
	for i, cell := range w.cells {
		x, y := i&(1<<w.grid-1), i>>w.grid
		if below := w.grid - at.Level; below > 0 && x>>below == at.X && y>>below == at.Y {
			all = append(all, netipx.RangeOfPrefix(netip.PrefixFrom(cell, w.bits)))
		}
	}
	return all
}

// Find is the square that shows a network: the smallest one that holds it whole, or of a
// network that is smaller than any, the one around it.
func (t *Tiles) Find(f Family, network netip.Prefix) (Place, error) {
	w, err := t.place(f)
	if err != nil {
		return Place{}, err
	}
	return w.place(network, w.maxLevel())
}

// Point is what is in one square, which may be smaller than any that a view shows.
type Point struct {
	Network netip.Prefix // the zero Prefix: nothing is there, or several networks
	Colours []Amount
	Special string // the name of the special-purpose block that holds it; empty: none does
}

// mostPointed is how many colours a point has at most.
const mostPointed = 6

// At describes the square under a pointer.
func (t *Tiles) At(f Family, by By, at Place) (Point, error) {
	w, err := t.place(f)
	if err != nil {
		return Point{}, err
	}
	p, err := t.painter(by)
	if err != nil {
		return Point{}, err
	}
	if !at.holds(w.finest) {
		return Point{}, fmt.Errorf("level=%d, x=%d, y=%d: expected a level up to %d, and squares that it has", at.Level, at.X, at.Y, w.finest)
	}
	network, one := w.network(at.Level, at.X, at.Y)
	if !one {
		return Point{}, nil
	}
	amounts := make([]float64, len(p.colours))
	for r, colour := range colouredIn(p, w.grounds, netipx.RangeOfPrefix(network)) {
		amounts[colour] += amount(r)
	}
	point := Point{Network: network, Colours: legendOf(p, amounts)}
	slices.SortStableFunc(point.Colours, func(a, b Amount) int { return cmp.Compare(b.Addresses, a.Addresses) })
	point.Colours = point.Colours[:min(len(point.Colours), mostPointed)]
	for _, s := range specials() {
		if block := netip.MustParsePrefix(s.Network); block.Bits() <= network.Bits() && block.Contains(network.Addr()) {
			point.Special = s.Name
		}
	}
	return point, nil
}

// Mark is the square of a network itself, however small.
func (t *Tiles) Mark(f Family, network netip.Prefix) (Place, error) {
	w, err := t.place(f)
	if err != nil {
		return Place{}, err
	}
	return w.place(network, w.finest)
}
