package spacemap

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/netip"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/parallel"
)

// tileSide is the pixels of a tile's side.
const tileSide = 1 << tileOrder

// tileCurve are the pixels of a tile in the order of its addresses, where the curve begins
// upper left and ends upper right.
func tileCurve() []uint16 {
	curve := make([]uint16, tileSide*tileSide)
	for step := range curve {
		x, y := pointAt(tileOrder, uint64(step))
		curve[step] = uint16(y<<tileOrder | x)
	}
	return curve
}

// canvas is a tile in work.
type canvas struct {
	painter *painter
	grounds []grounded
	pixels  [tileSide * tileSide]color.RGBA
}

// brush draws on a canvas, pixel by pixel: the one that the addresses have come to.
type brush struct {
	*canvas
	current uint64
	weights []float64 // by colour, of those of touched
	touched []int
	ground  int // the colour of what does not count, and 1
}

func (c *canvas) brush() *brush {
	return &brush{canvas: c, weights: make([]float64, len(c.painter.colours))}
}

// tile draws one: a part of a curve, or the cells that lie in it.
func (c *canvas) tile(w *world, curve []uint16, tile Tile) {
	if tile.Zoom >= w.grid {
		network, there := w.network(tile.Zoom, tile.X, tile.Y)
		if there {
			c.brush().square(network, tileOrder, turnedCurve(w, curve, tile))
		}
		return
	}
	parallel.Do(func() { c.cells(w, tile, 0) }, func() { c.cells(w, tile, 1) })
}

// cells draws every other one of the cells in a tile, from the first or the second on.
func (c *canvas) cells(w *world, tile Tile, from int) {
	above := w.grid - tile.Zoom // the tile has 2^above by 2^above cells
	order, p := tileOrder-above, c.brush()
	for cell := from; cell < 1<<(2*above); cell += 2 {
		x, y := cell&(1<<above-1), cell>>above
		network, there := w.network(w.grid, tile.X<<above+x, tile.Y<<above+y)
		if !there {
			continue
		}
		p.square(network, order, func(step uint64) int {
			px, py := pointAt(order, step)
			return (y<<order+py)<<tileOrder | x<<order + px
		})
	}
}

// turnedCurve is where the pixels of a tile are: the curve, turned and mirrored as it runs
// through this square, which its first and its last pixel tell.
func turnedCurve(w *world, curve []uint16, tile Tile) func(step uint64) int {
	order := tile.Zoom - w.grid
	block := stepAt(order, tile.X, tile.Y)
	firstX, _ := pointAt(order+tileOrder, block<<(2*tileOrder))
	lastX, _ := pointAt(order+tileOrder, (block+1)<<(2*tileOrder)-1)
	transposed := firstX == lastX
	var flip uint16
	if firstX&(tileSide-1) != 0 { // it begins at the lower right, or else at the upper left
		flip = tileSide*tileSide - 1
	}
	return func(step uint64) int {
		at := curve[step]
		if transposed {
			at = at>>tileOrder | at<<tileOrder
		}
		return int(at ^ flip)
	}
}

// square draws a network on a curve of 2^order by 2^order pixels.
func (p *brush) square(network netip.Prefix, order int, place func(step uint64) int) {
	bits, shift := uint(network.Bits()), uint(64-2*order)
	for r, colour := range colouredIn(p.painter, p.grounds, netipx.RangeOfPrefix(network)) {
		from, to := aligned(r.From()), aligned(r.To())
		if r.From().Is4() {
			to.Hi |= 1<<32 - 1
			to.Lo = 1<<64 - 1
		}
		first, last := from.ShiftLeft(bits).Hi, to.ShiftLeft(bits).Hi
		step, end := first>>shift, last>>shift
		if step != p.current {
			p.finish(place)
			p.current = step
		}
		for ; step < end; step++ {
			p.add(colour, float64(step<<shift|(1<<shift-1)-first)+1)
			p.finish(place)
			p.current, first = step+1, (step+1)<<shift
		}
		p.add(colour, float64(last-first)+1)
	}
	p.finish(place)
}

func (p *brush) add(colour int, weight float64) {
	if !p.painter.counts(colour) {
		if p.ground == 0 || p.painter.colours[colour].Key == "reserved" {
			p.ground = colour + 1
		}
		return
	}
	if p.weights[colour] == 0 {
		p.touched = append(p.touched, colour)
	}
	p.weights[colour] += weight
}

// finish paints the current pixel.
func (p *brush) finish(place func(step uint64) int) {
	switch {
	case len(p.touched) > 0:
		p.pixels[place(p.current)] = p.mixed()
		for _, colour := range p.touched {
			p.weights[colour] = 0
		}
		p.touched = p.touched[:0]
	case p.ground > 0:
		p.pixels[place(p.current)] = p.painter.colours[p.ground-1].Paint
	}
	p.ground = 0
}

// mixed is the colour of a pixel of which something counts.
func (p *brush) mixed() color.RGBA {
	if len(p.touched) == 1 {
		return p.painter.colours[p.touched[0]].Paint
	}
	if p.painter.blends {
		var b blend
		for _, colour := range p.touched {
			of := &p.painter.colours[colour]
			b.add(category{paint: of.Paint, stands: of.stands}, p.weights[colour])
		}
		return b.colour()
	}
	best := p.touched[0] // what stands out comes before what does not, and then the largest
	for _, colour := range p.touched[1:] {
		of, most := &p.painter.colours[colour], &p.painter.colours[best]
		heavier := p.weights[colour] > p.weights[best] || p.weights[colour] == p.weights[best] && colour < best
		if of.stands && !most.stands || of.stands == most.stands && heavier {
			best = colour
		}
	}
	return p.painter.colours[best].Paint
}

// png is the picture, with a palette if it has so few colours as palettes have.
func (c *canvas) png() []byte {
	numbers := make(map[color.RGBA]uint8)
	small := image.NewPaletted(image.Rect(0, 0, tileSide, tileSide), nil)
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	last, lastNumber, begun := color.RGBA{}, uint8(0), false
	for i, pixel := range c.pixels {
		if !begun || pixel != last {
			number, known := numbers[pixel]
			if !known {
				if len(numbers) == 256 {
					_ = encoder.Encode(&out, c.rgba()) // to a buffer: it cannot fail
					return out.Bytes()
				}
				number = uint8(len(numbers))
				numbers[pixel] = number
				small.Palette = append(small.Palette, pixel)
			}
			last, lastNumber, begun = pixel, number, true
		}
		small.Pix[i] = lastNumber
	}
	_ = encoder.Encode(&out, small)
	return out.Bytes()
}

func (c *canvas) rgba() *image.RGBA {
	whole := image.NewRGBA(image.Rect(0, 0, tileSide, tileSide))
	for i, pixel := range c.pixels {
		copy(whole.Pix[4*i:], []uint8{pixel.R, pixel.G, pixel.B, pixel.A})
	}
	return whole
}

// distance is from one number to a later one.
func distance(from, to addrnum.Number) float64 {
	high := to.Hi - from.Hi
	if to.Lo < from.Lo {
		high--
	}
	return float64(high)*(1<<64) + float64(to.Lo-from.Lo)
}
