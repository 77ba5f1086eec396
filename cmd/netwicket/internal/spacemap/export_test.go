package spacemap

import (
	"image"
	"image/color"
	"io"
	"iter"
	"net/netip"
	"testing"

	"go4.org/netipx"

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
	v4, v6 := m.pictures()
	pic, at, segments := v4, [2]int{margin, top}, m.space.v4
	if addr.Is6() {
		pic, at, segments = v6, [2]int{left6, top6}, m.space.v6
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
	v4, v6 := m.pictures()
	if square == 0 {
		return v4.image.RGBAAt(x, y)
	}
	p := m.panel6
	return v6.image.RGBAAt((square-1)%p.across<<p.order+x, (square-1)/p.across<<p.order+y)
}

// OnSheet is a pixel of the picture of IPv4 (0) or of all cells of IPv6 (1).
func (m *Map) OnSheet(square, x, y int) color.RGBA {
	v4, v6 := m.pictures()
	return [...]*picture{v4, v6}[square].image.RGBAAt(x, y)
}

// Order6 is the order of the curve through a cell.
func (m *Map) Order6() int { return m.panel6.order }

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
	v4, _ := m.pictures()
	return v4.image.RGBAAt(x, y)
}

// Cells are the networks that the panel of IPv6 shows.
func (m *Map) Cells() []netip.Prefix {
	var cells []netip.Prefix
	for _, cell := range m.panel6.cells {
		cells = append(cells, netip.PrefixFrom(cell, m.panel6.bits))
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
func (m *Map) Spots() (v4, v6 int) {
	pictures4, pictures6 := m.pictures()
	return len(pictures4.spots()), len(pictures6.spots())
}

// Words is a decision as the page describes it.
func Words(d decide.Decision) string { return words(d) }

// PaintOf is the colour of a decision.
func PaintOf(d decide.Decision) color.RGBA { return paintOf(d) }

// Run is a run of addresses: where it begins, and what it is. Of IPv6 it is the first half
// of an address.
type Run struct {
	First uint64
	What  int
}

// Coarse merges runs.
func Coarse(family addrnum.Family, runs []Run, most int, join func([]int) int) ([]Run, int) {
	var list []run
	for _, r := range runs {
		first := addrnum.Number{Lo: r.First}
		if family == addrnum.IPv6 {
			first = addrnum.Number{Hi: r.First}
		}
		list = append(list, run{first, r.What})
	}
	merged, bits := coarse(family, list, most, join)
	var out []Run
	for _, r := range merged {
		out = append(out, Run{r.first.Lo + r.first.Hi, r.what})
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

// Small is the picture of IPv4 (0) or of the cells of IPv6 (1) with so many pixels only:
// 2^order on each side of a cell. It gives a pixel's network and its colours.
func (m *Map) Small(family, order int, visit func(network netip.Prefix, colour, plain, out color.RGBA)) {
	p, segments := panel4(), m.space.v4
	if family == 1 {
		p, segments = m.panel6, m.space.v6
	}
	p.order = order
	pic := m.draw(segments, p)
	for i, cell := range p.cells {
		for step := range uint64(1) << (2 * order) {
			b, from := cell.As16(), p.bits
			if cell.Is4() {
				from += 96
			}
			for bit := range 2 * order {
				b[(from+bit)/8] |= byte(step>>(2*order-1-bit)&1) << (7 - (from+bit)%8)
			}
			x, y := pointAt(order, step)
			x, y = x+i%p.across*(1<<order), y+i/p.across*(1<<order)
			at := y*(p.across<<order) + x
			addr := netip.AddrFrom16(b)
			if cell.Is4() {
				addr = addr.Unmap()
			}
			visit(netip.PrefixFrom(addr, p.bits+2*order), pic.image.RGBAAt(x, y), pic.sides[0][at], pic.sides[1][at])
		}
	}
}

// Blank leaves the pictures empty, for who looks at the rest of a sheet.
func (m *Map) Blank() {
	blank := func(p panel) *picture {
		side := p.across << p.order
		return &picture{panel: p, image: image.NewRGBA(image.Rect(0, 0, side, side)), sides: [2][]color.RGBA{make([]color.RGBA, side*side), make([]color.RGBA, side*side)}}
	}
	m.pictures = func() (v4, v6 *picture) { return blank(panel4()), blank(m.panel6) }
}

// Sheet is what PNG writes, as it is drawn.
func (m *Map) Sheet(tb testing.TB) *image.RGBA {
	sheet, err := m.bitmap()
	if err != nil {
		tb.Fatal(err)
	}
	return sheet
}

// Ring is a spot: where it is, how far it reaches, and what colour it has.
type Ring struct {
	Centre image.Point
	Radius int
	Paint  color.RGBA
}

// SpotsOf are the rings of a picture of 2^order pixels on each side, by what stands out.
func SpotsOf(order int, out func(x, y int) bool, plain, stands color.RGBA) (rings []Ring) {
	side := 1 << order
	p := &picture{panel: panel{across: 1, order: order}}
	for i := range p.sides {
		p.sides[i] = make([]color.RGBA, side*side)
	}
	for at := range side * side {
		if out(at%side, at/side) {
			p.sides[1][at] = stands
		} else {
			p.sides[0][at] = plain
		}
	}
	for _, s := range p.spots() {
		rings = append(rings, Ring{s.centre, s.radius, s.paint})
	}
	return rings
}

// The texts of amounts.
func Percent(share float64) string              { return percent(share) }
func Rounded(n float64) string                  { return rounded(n) }
func Thousands(n uint64) string                 { return thousands(n) }
func Wrapped(text string, letters int) []string { return wrapped(text, letters) }

// Shortened is a text as it stands in so much room, and how much it takes.
func Shortened(tb testing.TB, text string, size int, bold bool, room int) (shown string, width int) {
	faces, err := loadFonts()
	if err != nil {
		tb.Fatal(err)
	}
	look := lettering{size: size, bold: bold, room: room}
	shown = faces.shortened(text, look)
	return shown, faces.width(shown, look)
}

// PaintOfCountry is the colour of a country.
func PaintOfCountry(code string) color.RGBA { return paintOfCountry(code) }

// Coloured are the ranges of a painter that says of each range what cuts say, cut by grounds,
// and what it was asked about.
func Coloured(within netipx.IPRange, cuts func(netipx.IPRange) []netipx.IPRange, grounds []netipx.IPRange, visit func(netipx.IPRange, int) bool) (asked []netipx.IPRange, notCounted int) {
	p := &painter{colours: make([]Colour, 2)}
	p.in = func(r netipx.IPRange) iter.Seq2[netipx.IPRange, int] {
		asked = append(asked, r)
		return func(yield func(netipx.IPRange, int) bool) {
			for i, part := range cuts(r) {
				if !yield(part, i%2) {
					return
				}
			}
		}
	}
	p.close()
	var list []grounded
	for _, g := range grounds {
		list = append(list, grounded{g, reserved})
	}
	for r, colour := range colouredIn(p, list, within) {
		if !visit(r, colour) {
			break
		}
	}
	return asked, p.ground(reserved)
}

// RangesIn are the ranges of a square's network by colour, as a view goes through them.
func (t *Tiles) RangesIn(f Family, by By, within netipx.IPRange) (iter.Seq2[netipx.IPRange, int], error) {
	w, err := t.place(f)
	if err != nil {
		return nil, err
	}
	p, err := t.painter(by)
	if err != nil {
		return nil, err
	}
	return joinedIn(p, w.grounds, within), nil
}

// PNGOf is a tile of these pixels.
func PNGOf(pixels func(x, y int) color.RGBA) []byte {
	c := new(canvas)
	for at := range c.pixels {
		c.pixels[at] = pixels(at%tileSide, at/tileSide)
	}
	return c.png()
}

// Width is what a text takes.
func Width(tb testing.TB, text string, size int, mono bool) int {
	faces, err := loadFonts()
	if err != nil {
		tb.Fatal(err)
	}
	return faces.width(text, lettering{size: size, mono: mono})
}

// Lettered is a text on the sheet, as far as there is room for it, and how much it takes.
type Lettered struct {
	X, Y, Width int
	Text        string
	ToLeft      bool
}

// writer is a pen that writes and draws nothing.
type writer struct {
	fonts fonts
	texts []Lettered
}

func (*writer) box(image.Rectangle, color.RGBA)   {}
func (*writer) ring(image.Point, int, color.RGBA) {}
func (*writer) picture(image.Point, *picture)     {}
func (w *writer) text(x, y int, text string, look lettering) {
	text = w.fonts.shortened(text, look)
	w.texts = append(w.texts, Lettered{x, y, w.fonts.width(text, look), text, look.toLeft})
}

// Texts are those of a sheet.
func (m *Map) Texts(tb testing.TB) []Lettered {
	faces, err := loadFonts()
	if err != nil {
		tb.Fatal(err)
	}
	w := &writer{fonts: faces}
	m.lay(w)
	return w.texts
}
