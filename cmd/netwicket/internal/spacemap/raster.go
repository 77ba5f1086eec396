package spacemap

import (
	"image"
	"image/color"
	"net/netip"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// The orders of the two curves, and how many bits of an address a pixel fixes:
// of IPv4 the first 20, of IPv6 the 18 behind the first 3, which are 001.
const (
	order4, order6 = 10, 9
	side4, side6   = 1 << order4, 1 << order6
)

// picture is one square of pixels.
type picture struct {
	order  int
	image  *image.RGBA
	sides  [2][]color.RGBA // by pixel, row by row: the colour of what does not stand out, see category, and of what does; zero where nothing is
	shares []float64       // by category
}

// span is a segment as a part of the square: keys of 64 bits whose first
// 2*order bits are the pixel. Both ends are inside.
type span struct {
	first, last uint64
	category    int
}

// spans4 are the segments of IPv4.
func (m *Map) spans4(yield func(span) bool) {
	for i, s := range m.space.v4 {
		last := uint64(1<<64 - 1)
		if i+1 < len(m.space.v4) {
			last = key4(m.space.v4[i+1].first) - 1
		}
		if !yield(span{key4(s.first), last, m.categories[s.outcome]}) {
			return
		}
	}
}

func key4(addr netip.Addr) uint64 { return uint64(addrnum.From4(addr)) << 32 }

// spans6 are the segments of 2000::/3.
func (m *Map) spans6(yield func(span) bool) {
	for i, s := range m.space.v6 {
		first := high(s.first)
		last := uint64(1<<64 - 1)
		if i+1 < len(m.space.v6) {
			last = high(m.space.v6[i+1].first.Prev())
		}
		first, last = max(first, 0x2000<<48), min(last, 0x3fff_ffff_ffff_ffff)
		if first <= last && !yield(span{first << 3, last<<3 | 7, m.categories[s.outcome]}) {
			return
		}
	}
}

// high is the first half of an IPv6 address.
func high(addr netip.Addr) uint64 { return addrnum.From6(addr).Hi }

// blend adds up what a pixel holds.
type blend struct {
	weight, red, green, blue [2]float64 // of what does not stand out, and of what does
}

func (b *blend) add(c category, weight float64) {
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

// draw colours the pixels of a square. Spans come in order and without gaps, so
// that there is one pixel at a time to add up. Two spans inside of one /64 share
// a key; so each has some weight.
func (m *Map) draw(order int, spans func(func(span) bool)) *picture {
	p := &picture{
		order: order, image: image.NewRGBA(image.Rect(0, 0, 1<<order, 1<<order)),
		shares: make([]float64, len(m.legend)),
	}
	for side := range p.sides {
		p.sides[side] = make([]color.RGBA, 1<<(2*order))
	}
	shift := 64 - 2*order
	var pixel blend
	current := uint64(0)
	finish := func() {
		x, y := pointAt(order, uint32(current))
		p.image.SetRGBA(x, y, pixel.colour())
		for side := range p.sides {
			p.sides[side][y<<order|x] = pixel.side(side)
		}
		pixel = blend{}
	}
	spans(func(s span) bool {
		share := float64(s.last-s.first) + 1
		p.shares[s.category] += share / (1 << 64)
		for step := s.first >> shift; step <= s.last>>shift; step++ {
			if step != current {
				finish()
				current = step
			}
			begin, end := step<<shift, step<<shift|(1<<shift-1)
			pixel.add(m.legend[s.category], float64(min(end, s.last)-max(begin, s.first))+1)
		}
		return true
	})
	finish()
	return p
}
