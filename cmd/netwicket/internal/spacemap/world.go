package spacemap

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// Family is an address family as the map has it: 4 or 6.
type Family int

// The families.
const (
	IPv4 Family = 4
	IPv6 Family = 6
)

// tileOrder is how many levels are between a tile and its pixels: 256 on each side.
const tileOrder = 8

// finest6 is the network of a pixel of IPv6 at most: what a subnet has.
const finest6 = 64

// shownBelow is how many levels a view is above a pixel at least: it shows a /24 of
// IPv4 whole.
const shownBelow = 4

// world is where the addresses of a family are. Level 0 is one square, and each level
// divides the squares of the one before into four. IPv4 is one Hilbert curve; of IPv6
// there are cells, row by row, each with a curve of its own.
type world struct {
	family addrnum.Family
	cells  []netip.Addr // as panel has them
	bits   int          // of a cell's network
	grid   int          // the level whose squares are the cells
	finest int          // the level whose squares are the smallest pixels
}

func world4() *world {
	return &world{family: addrnum.IPv4, cells: []netip.Addr{netip.IPv4Unspecified()}, finest: 16}
}

// world6 has the cells of the map for what counts.
func world6(notCounted []grounded) *world {
	p := panel6(countedSpace(notCounted))
	w := &world{family: addrnum.IPv6, cells: p.cells, bits: p.bits}
	for 1<<w.grid < p.across {
		w.grid++
	}
	w.finest = w.grid + (finest6-w.bits)/2
	return w
}

// countedSpace is IPv6 cut by nothing but whether it counts.
func countedSpace(notCounted []grounded) *space {
	s := &space{outcomes: []outcome{{}, {ground: unnamed}}, v6: []segment{{netip.IPv6Unspecified(), 0}}}
	begin := func(first netip.Addr, outcome int) {
		if last := &s.v6[len(s.v6)-1]; last.first == first {
			last.outcome = outcome
		} else if last.outcome != outcome {
			s.v6 = append(s.v6, segment{first, outcome})
		}
	}
	for _, g := range notCounted {
		begin(g.addresses.From(), 1)
		if behind := g.addresses.To().Next(); behind.IsValid() {
			begin(behind, 0)
		}
	}
	return s
}

// maxLevel is the level of the smallest network that fills a view.
func (w *world) maxLevel() int { return w.finest - shownBelow }

// maxZoom is the level of the smallest tiles.
func (w *world) maxZoom() int { return w.finest - tileOrder }

// network is what has a square; false if nothing has it, or more than one network.
func (w *world) network(level, x, y int) (netip.Prefix, bool) {
	order := level - w.grid
	if order < 0 {
		return netip.Prefix{}, false
	}
	cell := y>>order<<w.grid | x>>order
	if cell >= len(w.cells) {
		return netip.Prefix{}, false
	}
	bits := w.bits + 2*order
	step := addrnum.Number{Lo: stepAt(order, x, y)}
	first := addrnum.From(w.cells[cell])
	behind := step.ShiftLeft(uint(w.cells[cell].BitLen() - bits))
	return netip.PrefixFrom(w.family.Addr(addrnum.Number{Hi: first.Hi | behind.Hi, Lo: first.Lo | behind.Lo}), bits), true
}

// Place is a square: of the 2^Level by 2^Level ones, the one at X and Y.
type Place struct{ Level, X, Y int }

// place is the smallest square that holds a network whole, at most so deep as level: of
// a network that has half a square, both halves. The error says that nothing shown holds it.
func (w *world) place(network netip.Prefix, deepest int) (Place, error) {
	if network.Bits() < w.bits {
		return Place{}, nil
	}
	first, above := addrnum.From(network.Addr()), network.Addr().BitLen()-w.bits
	cell, found := slices.BinarySearchFunc(w.cells, network.Addr(), netip.Addr.Compare)
	if !found {
		cell--
	}
	if cell < 0 || !netip.PrefixFrom(w.cells[cell], w.bits).Contains(network.Addr()) {
		return Place{}, fmt.Errorf("%s is in no network that the policy names or a source knows", network)
	}
	order := min((network.Bits()-w.bits)/2, deepest-w.grid)
	x, y := pointAt(order, first.ShiftRight(uint(above-2*order)).Lo)
	return Place{w.grid + order, x + cell&(1<<w.grid-1)<<order, y + cell>>w.grid<<order}, nil
}

// holds says that a square is one of its level.
func (p Place) holds(maxLevel int) bool {
	return p.Level >= 0 && p.Level <= maxLevel && p.X >= 0 && p.X < 1<<p.Level && p.Y >= 0 && p.Y < 1<<p.Level
}
