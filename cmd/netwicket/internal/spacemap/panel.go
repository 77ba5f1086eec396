package spacemap

import (
	"net/netip"
	"slices"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// panel is how a square of pixels is divided: into cells, networks of one length
// each, row by row. Inside a cell addresses follow a Hilbert curve. IPv4 is one
// cell, 0.0.0.0/0.
type panel struct {
	family addrnum.Family
	bits   int          // of a cell's network
	cells  []netip.Addr // their first addresses, in order
	across int          // cells in a row: a power of two
	order  int          // of the curve through a cell: 2^order pixels on each side
}

// The orders of both squares: 1024 and 512 pixels on each side.
const (
	order4, order6 = 10, 9
	side4, side6   = 1 << order4, 1 << order6
)

// mostCells is how many cells of IPv6 are told apart, and longestCell the
// network of a cell at most: what is given to one organisation.
const (
	mostCells   = 64
	longestCell = 32
)

func panel4() panel {
	return panel{family: addrnum.IPv4, cells: []netip.Addr{netip.IPv4Unspecified()}, across: 1, order: order4}
}

// panel6 has a cell for every network that holds something that counts: networks
// as long as possible, of whole hexadecimal digits.
func panel6(s *space) panel {
	p := panel{family: addrnum.IPv6, across: 1, order: order6}
	for p.bits = longestCell; p.bits > 0; p.bits -= 4 {
		var fits bool
		if p.cells, fits = cellsOf(s, p.bits); fits {
			break
		}
	}
	for p.across*p.across < len(p.cells) {
		p.across *= 2
		p.order--
	}
	return p
}

// cellsOf are the networks of a length that hold something that counts, unless
// they are too many.
func cellsOf(s *space, bits int) ([]netip.Addr, bool) {
	var cells []netip.Addr
	above := uint(128 - bits)
	for i, part := range s.v6 {
		if s.outcomes[part.outcome].ground != counted {
			continue
		}
		cell := addrnum.From6(part.first).ShiftRight(above)
		last := addrnum.From6(lastOf(s.v6, i)).ShiftRight(above)
		if n := len(cells); n > 0 && addrnum.From6(cells[n-1]).ShiftRight(above) == cell {
			if cell == last {
				continue
			}
			cell = cell.Next()
		}
		for ; !last.Less(cell); cell = cell.Next() {
			if len(cells) == mostCells {
				return nil, false
			}
			cells = append(cells, cell.ShiftLeft(above).Addr6())
		}
	}
	return cells, true
}

// aligned is an address as a number whose highest bit is the address's first.
func aligned(addr netip.Addr) addrnum.Number {
	if addr.Is4() {
		return addrnum.Number{Hi: uint64(addrnum.From4(addr)) << 32}
	}
	return addrnum.From6(addr)
}

// span is the part of a segment inside of a cell: keys of 64 bits whose first
// 2*order bits are the pixel. Both ends are inside.
type span struct {
	first, last uint64
	category    int
}

// spans are the segments of a cell, in order and without gaps. Two segments may
// share a key, which stands for many addresses.
func (p *panel) spans(segments []segment, categories []int, cell int, yield func(span)) {
	bits := uint(p.bits)
	begin := aligned(p.cells[cell])
	end := begin
	ones := addrnum.IPv6.Last().ShiftRight(bits)
	end.Hi, end.Lo = end.Hi|ones.Hi, end.Lo|ones.Lo
	for i := holding(segments, p.cells[cell]); i < len(segments); i++ {
		from, to := aligned(segments[i].first), aligned(lastOf(segments, i))
		if p.family == addrnum.IPv4 {
			to.Hi, to.Lo = to.Hi|(1<<32-1), 1<<64-1
		}
		if end.Less(from) {
			return
		}
		if from.Less(begin) {
			from = begin
		}
		if end.Less(to) {
			to = end
		}
		yield(span{from.ShiftLeft(bits).Hi, to.ShiftLeft(bits).Hi, categories[segments[i].outcome]})
	}
}

// holding is the index of the segment that holds an address.
func holding(segments []segment, addr netip.Addr) int {
	i, found := slices.BinarySearchFunc(segments, addr, func(s segment, a netip.Addr) int { return s.first.Compare(a) })
	if !found {
		i--
	}
	return i
}
