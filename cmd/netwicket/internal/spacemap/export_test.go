package spacemap

import (
	"image/color"
	"io"
	"net/netip"
	"testing"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/addrnum"
)

// PointAt and StepAt are the curve.
func PointAt(order int, step uint64) (x, y int) { return pointAt(order, step) }
func StepAt(order, x, y int) uint64             { return stepAt(order, x, y) }

// Pixel is what the picture shows at the place of an address: its colour, the
// colours of both sides, and the address's own category.
type Pixel struct {
	Colour      color.RGBA
	Plain, Out  color.RGBA // zero where nothing is on that side
	Own         color.RGBA
	OwnStandOut bool
	X, Y        int // on the sheet
}

// PixelOf is the pixel of an address, if the map shows it: all of IPv4, and of IPv6
// what is named.
func (m *Map) PixelOf(addr netip.Addr) (Pixel, bool) {
	pic, at, segments := m.v4, [2]int{margin, top}, m.space.v4
	if addr.Is6() {
		pic, at, segments = m.v6, [2]int{left6, top6}, m.space.v6
	}
	o := m.space.outcomes[segments[holding(segments, addr)].outcome]
	if o.ground != counted {
		return Pixel{}, false
	}
	p := pic.panel
	for i, cell := range p.cells {
		if network := netip.PrefixFrom(cell, p.bits); !network.Contains(addr) {
			continue
		}
		x, y := pointAt(p.order, aligned(addr).ShiftLeft(uint(p.bits)).Hi>>(64-2*p.order))
		x, y = x+i%p.across<<p.order, y+i/p.across<<p.order
		j := y*pic.side() + x
		own := categoryOf(o, m.subject.Compare)
		return Pixel{pic.image.RGBAAt(x, y), pic.sides[0][j], pic.sides[1][j], own.paint, own.stands, at[0] + x, at[1] + y}, true
	}
	panic("an address that counts lies in no cell")
}

// Ground is why an address does not count; empty: it does.
func (m *Map) Ground(addr netip.Addr) string {
	segments := m.space.v4
	if addr.Is6() {
		segments = m.space.v6
	}
	return m.space.outcomes[segments[holding(segments, addr)].outcome].ground.text()
}

// EndOf is the last address of the range of one outcome that holds an IPv4 address.
func (m *Map) EndOf(addr netip.Addr) netip.Addr { return lastOf(m.space.v4, holding(m.space.v4, addr)) }

// At is a pixel of IPv4 (0) or of a cell of IPv6, counted from 1.
func (m *Map) At(square, x, y int) color.RGBA {
	if square == 0 {
		return m.v4.image.RGBAAt(x, y)
	}
	p := m.v6.panel
	return m.v6.image.RGBAAt((square-1)%p.across<<p.order+x, (square-1)/p.across<<p.order+y)
}

// Order6 is the order of the curve through a cell.
func (m *Map) Order6() int { return m.v6.panel.order }

// AmountTexts are the legend's texts by its names, of what counts.
func (m *Map) AmountTexts(family int) map[string]string {
	texts := make(map[string]string)
	for i, c := range m.legend {
		if c.ground == counted {
			texts[c.name] = m.amountText(family, i)
		}
	}
	return texts
}

// ColourOf is the picture's colour at the place of an IPv4 address.
func (m *Map) ColourOf(addr netip.Addr) color.RGBA {
	x, y := pointAt(order4, aligned(addr).Hi>>(64-2*order4))
	return m.v4.image.RGBAAt(x, y)
}

// Cells are the networks that the panel of IPv6 shows.
func (m *Map) Cells() []netip.Prefix {
	var cells []netip.Prefix
	for _, cell := range m.v6.panel.cells {
		cells = append(cells, netip.PrefixFrom(cell, m.v6.panel.bits))
	}
	return cells
}

// Amounts are how many addresses of IPv4 and IPv6 count, by the legend's names.
func (m *Map) Amounts() (v4, v6 map[string]float64) {
	v4, v6 = make(map[string]float64), make(map[string]float64)
	for i, c := range m.legend {
		if c.ground == counted {
			v4[c.name] += m.amounts[0][i]
			v6[c.name] += m.amounts[1][i]
		}
	}
	return v4, v6
}

// About6 is what the sheet says of IPv6.
func (m *Map) About6() (head, detail string) { return m.about6() }

// HTMLOf writes a page with at most so many runs of a family.
func (m *Map) HTMLOf(w io.Writer, most int) error { return m.html(w, most) }

// Spots are the rings of both pictures.
func (m *Map) Spots() (v4, v6 int) { return len(m.v4.spots()), len(m.v6.spots()) }

// Words is a decision as the page describes it.
func Words(d decide.Decision) string { return words(d) }

// PaintOf is the colour of a decision.
func PaintOf(d decide.Decision) color.RGBA { return paintOf(d) }

// Run is a run of addresses of IPv4: where it begins, and what it is.
type Run struct {
	First uint32
	What  int
}

// Coarse merges runs of IPv4.
func Coarse(runs []Run, most int, join func([]int) int) ([]Run, int) {
	var list []run
	for _, r := range runs {
		list = append(list, run{addrnum.Number{Lo: uint64(r.First)}, r.What})
	}
	merged, bits := coarse(addrnum.IPv4, list, most, join)
	var out []Run
	for _, r := range merged {
		out = append(out, Run{uint32(r.first.Lo), r.what})
	}
	return out, bits
}

// Draw draws a tile, be it kept or not, and says how large it is.
func (t *Tiles) Draw(tb testing.TB, tile Tile) int {
	t.mutex.Lock()
	clear(t.kept)
	t.order = nil
	t.mutex.Unlock()
	drawn, err := t.PNG(tile)
	if err != nil {
		tb.Fatal(err)
	}
	return len(drawn)
}

// Keep has no more tiles kept than so many, in place of those that are otherwise.
func (t *Tiles) Keep(most int) (otherwise int) {
	otherwise, t.most = t.most, most
	return otherwise
}

// Kept is how many tiles are kept.
func (t *Tiles) Kept() int { return len(t.kept) }
