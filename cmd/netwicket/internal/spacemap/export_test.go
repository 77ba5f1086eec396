package spacemap

import (
	"image/color"
	"net/netip"

	"github.com/netwicket/netwicket/decide"
)

// PointAt and StepAt are the curve.
func PointAt(order int, step uint32) (x, y int) { return pointAt(order, step) }
func StepAt(order, x, y int) uint32             { return stepAt(order, x, y) }

// Pixel is what the picture shows at the place of an address: its colour, the
// colours of both sides, and the address's own category.
type Pixel struct {
	Colour      color.RGBA
	Plain, Out  color.RGBA // zero where nothing is on that side
	Own         color.RGBA
	OwnStandOut bool
	X, Y        int // on the sheet
}

// PixelOf is the pixel of an address of IPv4 or of 2000::/3.
func (m *Map) PixelOf(addr netip.Addr) Pixel {
	pic, at, segments := m.v4, [2]int{margin, top}, m.space.v4
	var step uint32
	if addr.Is4() {
		step = uint32(key4(addr) >> (64 - 2*order4))
	} else {
		pic, at, segments = m.v6, [2]int{left6, top6}, m.space.v6
		step = uint32(high(addr) << 3 >> (64 - 2*order6))
	}
	x, y := pointAt(pic.order, step)
	i := y<<pic.order | x
	own := category{}
	for _, s := range segments {
		if s.first.Compare(addr) > 0 {
			break
		}
		own = m.legend[m.categories[s.outcome]]
	}
	return Pixel{pic.image.RGBAAt(x, y), pic.sides[0][i], pic.sides[1][i], own.paint, own.stands, at[0] + x, at[1] + y}
}

// Shares are the shares of IPv4 and of 2000::/3 by the legend's names.
func (m *Map) Shares() (v4, v6 map[string]float64) {
	v4, v6 = make(map[string]float64), make(map[string]float64)
	for i, c := range m.legend {
		v4[c.name] += m.v4.shares[i]
		v6[c.name] += m.v6.shares[i]
	}
	return v4, v6
}

// Spots are the rings of both pictures.
func (m *Map) Spots() (v4, v6 int) { return len(m.v4.spots()), len(m.v6.spots()) }

// Words is a decision as the page describes it.
func Words(d decide.Decision) string { return words(d) }

// PaintOf is the colour of a decision.
func PaintOf(d decide.Decision) color.RGBA { return paintOf(d) }
