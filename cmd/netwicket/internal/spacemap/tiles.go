package spacemap

import (
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"sync"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/addrnum"
)

// Sources are the geo sources of a policy, and which of them says where addresses are.
type Sources struct {
	Names   []string
	Stating *geo.Stating
}

// Tiles is the map of a policy, or of the change from one to another, drawn square by
// square as somebody looks at it: nothing is worked out before it is asked for. It is
// safe for concurrent use.
type Tiles struct {
	subject Subject
	sources func() (Sources, error)

	four, six func() place
	curve     func() []uint16

	mutex    sync.Mutex
	painters map[By]*painter
	kept     map[Tile][]byte
	order    []Tile // of kept, the oldest first
	most     int    // that are kept
}

// Tile is a square of 256 by 256 pixels: of 2^Zoom by 2^Zoom ones, the one at X and Y.
type Tile struct {
	Family     Family
	By         By
	Zoom, X, Y int
}

// tilesKept is how many tiles are not drawn again: some megabytes.
const tilesKept = 1024

// NewTiles is the map of a subject. The sources are asked for when tiles are coloured by
// them.
func NewTiles(subject Subject, sources func() (Sources, error)) *Tiles {
	t := &Tiles{subject: subject, sources: sources, painters: make(map[By]*painter), kept: make(map[Tile][]byte), most: tilesKept}
	t.four = sync.OnceValue(func() place { return place{world4(), groundsOf(&t.subject, addrnum.IPv4)} })
	t.six = sync.OnceValue(func() place {
		grounds := groundsOf(&t.subject, addrnum.IPv6)
		return place{world6(grounds), grounds}
	})
	t.curve = sync.OnceValue(tileCurve)
	return t
}

// Ways are those by which this map can be coloured: one that compares also by change.
func (t *Tiles) Ways() []By {
	if t.subject.Compare {
		return append(Ways(), ByChange)
	}
	return Ways()
}

// place is where the addresses of a family are, and which of them do not count.
type place struct {
	*world
	grounds []grounded
}

func (t *Tiles) place(f Family) (place, error) {
	switch f {
	case IPv4:
		return t.four(), nil
	case IPv6:
		return t.six(), nil
	default:
		return place{}, fmt.Errorf("family=%d: expected 4 or 6", int(f))
	}
}

// painter is the one of a way; made once.
func (t *Tiles) painter(by By) (*painter, error) {
	if !slices.Contains(t.Ways(), by) {
		return nil, fmt.Errorf("by=%.40q: expected one of %v", string(by), t.Ways())
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if p := t.painters[by]; p != nil {
		return p, nil
	}
	var p *painter
	switch by {
	case ByDecision, ByReason:
		p = byDecision(t.subject.Policy, by == ByReason)
	case ByZone:
		p = byZone(t.subject.Policy)
	case ByCountry:
		p = byCountry(&t.subject.Config)
	case BySource:
		sources, err := t.sources()
		if err != nil {
			return nil, err
		}
		p = bySource(sources)
	case ByChange:
		p = byChange(t.subject.Old, t.subject.Policy)
	}
	t.painters[by] = p
	return p, nil
}

// PNG is a tile as a bitmap. The same tile of the same policies is the same bytes. The
// error says what was expected of a tile that is none.
func (t *Tiles) PNG(tile Tile) ([]byte, error) {
	t.mutex.Lock()
	known := t.kept[tile]
	t.mutex.Unlock()
	if known != nil {
		return known, nil
	}
	w, err := t.place(tile.Family)
	if err != nil {
		return nil, err
	}
	p, err := t.painter(tile.By)
	if err != nil {
		return nil, err
	}
	if tile.Zoom < 0 || tile.Zoom > w.maxZoom() {
		return nil, fmt.Errorf("z=%d: expected 0 to %d", tile.Zoom, w.maxZoom())
	}
	if side := 1 << tile.Zoom; tile.X < 0 || tile.Y < 0 || tile.X >= side || tile.Y >= side {
		return nil, fmt.Errorf("x=%d, y=%d: expected 0 to %d each", tile.X, tile.Y, side-1)
	}
	c := &canvas{painter: p, grounds: w.grounds}
	c.tile(w.world, t.curve(), tile)
	drawn := c.png()
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.kept[tile] == nil {
		if len(t.order) == t.most {
			delete(t.kept, t.order[0])
			t.order = t.order[1:]
		}
		t.kept[tile] = drawn
		t.order = append(t.order, tile)
	}
	return drawn, nil
}

// groundsOf are what does not count for a subject: nothing, if a snapshot does not tell
// what is named.
func groundsOf(s *Subject, family addrnum.Family) []grounded {
	if s.Policy.Info().Snapshot || s.Old.Info().Snapshot {
		return nil
	}
	configs := []decide.Config{s.Config}
	if s.Compare {
		configs = append(configs, s.OldConfig)
	}
	return groundsIn(family, configs...)
}

// amount is how many addresses a range has: exact in IPv4, and to 53 bits in IPv6.
func amount(r netipx.IPRange) float64 {
	return distance(addrnum.From(r.From()), addrnum.From(r.To())) + 1
}

// colouredIn are the ranges of a painter inside of one, cut by what does not count. What
// is wide of that, such as 6to4, which holds all of IPv4 once more, is not even asked about.
func colouredIn(p *painter, grounds []grounded, within netipx.IPRange) iter.Seq2[netipx.IPRange, int] {
	return func(yield func(netipx.IPRange, int) bool) {
		at, _ := slices.BinarySearchFunc(grounds, within.From(), func(g grounded, a netip.Addr) int { return g.addresses.To().Compare(a) })
		grounds, wide := grounds[at:], amount(within)/wideShare
		from := within.From()
		for i := 0; i < len(grounds) && !within.To().Less(grounds[i].addresses.From()); i++ {
			g := &grounds[i]
			if amount(g.addresses) < wide {
				continue
			}
			begin, end := g.addresses.From(), g.addresses.To()
			if begin.Less(from) {
				begin = from
			}
			if from.Less(begin) && !cutByGrounds(p, grounds, netipx.IPRangeFrom(from, begin.Prev()), yield) {
				return
			}
			if within.To().Less(end) {
				end = within.To()
			}
			if !yield(netipx.IPRangeFrom(begin, end), p.ground(g.ground)) || end == within.To() {
				return
			}
			from, grounds, i = end.Next(), grounds[i+1:], -1
		}
		cutByGrounds(p, grounds, netipx.IPRangeFrom(from, within.To()), yield)
	}
}

// wideShare is the part of a range from which what does not count is wide.
const wideShare = 1 << 10

// cutByGrounds are the ranges of a painter inside of one, cut by what does not count: of
// grounds, those behind the range's beginning. It is false when no more is wanted.
func cutByGrounds(p *painter, grounds []grounded, within netipx.IPRange, yield func(netipx.IPRange, int) bool) bool {
	for r, colour := range p.in(within) {
		for len(grounds) > 0 && grounds[0].addresses.To().Less(r.From()) {
			grounds = grounds[1:]
		}
		from, to := r.From(), r.To()
		done := false
		for i := 0; i < len(grounds) && !to.Less(grounds[i].addresses.From()); i++ {
			g := &grounds[i]
			if from.Less(g.addresses.From()) {
				if !yield(netipx.IPRangeFrom(from, g.addresses.From().Prev()), colour) {
					return false
				}
				from = g.addresses.From()
			}
			end := g.addresses.To()
			if to.Less(end) {
				end = to
			}
			if !yield(netipx.IPRangeFrom(from, end), p.ground(g.ground)) {
				return false
			}
			done, from = end == to, end.Next()
		}
		if !done && !yield(netipx.IPRangeFrom(from, to), colour) {
			return false
		}
	}
	return true
}
