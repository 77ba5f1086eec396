package spacemap

import (
	"image"
	"image/color"
	"image/draw"
)

// picture is one square of pixels.
type picture struct {
	panel panel
	image *image.RGBA
	sides [2][]color.RGBA // by pixel, row by row: the colour of what does not stand out, see category, and of what does; zero where nothing is
}

// blend adds up what a pixel holds.
type blend struct {
	weight, red, green, blue [2]float64 // of what does not stand out, and of what does
	ground                   color.RGBA // of what does not count; zero: everything does
}

func (b *blend) add(c category, weight float64) {
	if c.ground != counted {
		if c.ground == reserved || b.ground.A == 0 {
			b.ground = c.paint
		}
		return
	}
	side := 0
	if c.stands {
		side = 1
	}
	b.weight[side] += weight
	b.red[side] += weight * float64(c.paint.R)
	b.green[side] += weight * float64(c.paint.G)
	b.blue[side] += weight * float64(c.paint.B)
}

// leastShare is how much of a pixel's colour the smaller side has at least: one
// address that is allowed among 4,095 that are not must not vanish.
const leastShare = 0.4

// side is the colour of one side alone, zero if there is nothing on it.
func (b *blend) side(side int) color.RGBA {
	weight := b.weight[side]
	if weight == 0 {
		return color.RGBA{}
	}
	return color.RGBA{R: uint8(b.red[side]/weight + 0.5), G: uint8(b.green[side]/weight + 0.5), B: uint8(b.blue[side]/weight + 0.5), A: 255}
}

func (b *blend) colour() color.RGBA {
	plain, out := b.side(0), b.side(1)
	switch {
	case out.A == 0 && plain.A == 0:
		return b.ground
	case out.A == 0:
		return plain
	case plain.A == 0:
		return out
	}
	share := b.weight[1] / (b.weight[0] + b.weight[1])
	share = min(max(share, leastShare), 1-leastShare)
	mix := func(a, b uint8) uint8 { return uint8((1-share)*float64(a) + share*float64(b) + 0.5) }
	return color.RGBA{R: mix(plain.R, out.R), G: mix(plain.G, out.G), B: mix(plain.B, out.B), A: 255}
}

// draw colours the pixels of a square, cell by cell. Spans come in order and
// without gaps, so that there is one pixel at a time to add up.
func (m *Map) draw(segments []segment, p panel) *picture {
	side := p.across << p.order
	pic := &picture{panel: p, image: image.NewRGBA(image.Rect(0, 0, side, side))}
	draw.Draw(pic.image, pic.image.Bounds(), image.NewUniform(color.NRGBA(paper)), image.Point{}, draw.Src)
	for i := range pic.sides {
		pic.sides[i] = make([]color.RGBA, side*side)
	}
	shift := 64 - 2*p.order
	for cell := range p.cells {
		var pixel blend
		current := uint64(0)
		finish := func() {
			x, y := pointAt(p.order, current)
			x, y = x+cell%p.across<<p.order, y+cell/p.across<<p.order
			pic.image.SetRGBA(x, y, pixel.colour())
			for i := range pic.sides {
				pic.sides[i][y*side+x] = pixel.side(i)
			}
			pixel = blend{}
		}
		p.spans(segments, m.categories, cell, func(s span) {
			for step := s.first >> shift; step <= s.last>>shift; step++ {
				if step != current {
					finish()
					current = step
				}
				begin, end := step<<shift, step<<shift|(1<<shift-1)
				pixel.add(m.legend[s.category], float64(min(end, s.last)-max(begin, s.first))+1)
			}
		})
		finish()
	}
	return pic
}
