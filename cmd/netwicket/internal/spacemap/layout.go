package spacemap

import (
	"fmt"
	"image"
	"image/color"
	"time"

	"github.com/netwicket/netwicket/decide"
)

// The sheet, in pixels: the large picture on the left, text and the small one on
// the right.
const (
	margin      = 28
	top         = 92
	gap         = 36
	left6       = margin + side4 + gap
	top6        = top + side4 - side6
	sheetWidth  = left6 + side6 + margin
	sheetHeight = top + side4 + 46
)

// The colours of text, on a light ground.
var (
	paper = color.RGBA{R: 255, G: 255, B: 255, A: 255}
	ink   = color.RGBA{R: 26, G: 26, B: 26, A: 255}
	faint = color.RGBA{R: 89, G: 89, B: 89, A: 255}
)

// pen puts shapes on a sheet: as pixels, or as the elements of an SVG.
type pen interface {
	// box is a filled rectangle; its alpha counts.
	box(area image.Rectangle, fill color.RGBA)
	// text stands on the base line at x, y, or ends there.
	text(x, y int, text string, look lettering)
	// ring is a circle of that colour, with light edges.
	ring(centre image.Point, radius int, paint color.RGBA)
	picture(at image.Point, p *picture)
}

// plate is the ground of text on a picture.
func plate(x, y, width, size int) (image.Rectangle, color.RGBA) {
	return image.Rect(x-3, y-size+1, x+width+3, y+3), color.RGBA{R: 255, G: 255, B: 255, A: 190}
}

// lettering is how text looks.
type lettering struct {
	size   int
	bold   bool
	mono   bool
	paint  color.RGBA
	toLeft bool // the text ends at x
	plate  bool // on a light ground, for text on a picture
	room   int  // what is longer is cut; 0: any
}

// lay puts the whole sheet together.
func (m *Map) lay(p pen) {
	p.box(image.Rect(0, 0, sheetWidth, sheetHeight), paper)
	title := "What " + m.subject.Name + " decides"
	below := "Every IPv4 address on a Hilbert curve: each large square is a /8, each pixel a /20 of 4,096 addresses. Requests of one hop."
	if m.subject.Compare {
		title = "What changes from " + m.subject.OldName + " to " + m.subject.Name
	}
	p.text(margin, 46, title, lettering{size: 24, bold: true, paint: ink, room: sheetWidth - 2*margin})
	p.text(margin, 74, below, lettering{size: 14, paint: faint, room: side4})

	p.picture(image.Pt(margin, top), m.v4)
	m.grid(p, image.Pt(margin, top), m.v4, grid{order: 4, name: func(step int) string { return fmt.Sprint(step) }, label: image.Pt(5, 15)})
	p.text(margin, top+side4+24, "Colours are blended where a pixel holds several decisions. A ring marks a spot that is too small to be seen.", lettering{size: 13, paint: faint, room: side4})

	p.text(left6, top6-14, "IPv6 in use: 2000::/3, each pixel a /21", lettering{size: 14, bold: true, paint: ink})
	p.picture(image.Pt(left6, top6), m.v6)
	// What is in use lies in the corners of these blocks: their names leave them free.
	m.grid(p, image.Pt(left6, top6), m.v6, grid{order: 3, name: func(step int) string { return fmt.Sprintf("%x::", 0x2000+step<<7) }, label: image.Pt(14, 36)})
	p.text(left6, top+side4+24, "Each square is a /9, named by its first address.", lettering{size: 13, paint: faint, room: side6})

	m.legendOn(p, m.facts(p, top+14))
}

// grid is the blocks that a picture is divided into.
type grid struct {
	order int // of the curve through the blocks
	name  func(step int) string
	label image.Point // where in a block its name stands
}

// grid draws the borders of blocks and their names, and rings around small spots.
func (m *Map) grid(p pen, at image.Point, pic *picture, g grid) {
	side, blocks := 1<<pic.order, 1<<g.order
	cell := side / blocks
	line := color.RGBA{R: 0, G: 0, B: 0, A: 70}
	for i := 0; i <= blocks; i++ {
		offset := min(i*cell, side-1)
		p.box(image.Rect(at.X+offset, at.Y, at.X+offset+1, at.Y+side), line)
		p.box(image.Rect(at.X, at.Y+offset, at.X+side, at.Y+offset+1), line)
	}
	for step := range blocks * blocks {
		x, y := pointAt(g.order, uint32(step))
		p.text(at.X+x*cell+g.label.X, at.Y+y*cell+g.label.Y, g.name(step), lettering{size: 12, paint: ink, plate: true})
	}
	for _, spot := range pic.spots() {
		p.ring(spot.centre.Add(at), spot.radius+7, spot.paint)
	}
}

// facts says which policy this is, from the base line y down, and where the next
// text may stand.
func (m *Map) facts(p pen, y int) int {
	label := func(text string) {
		p.text(left6, y, text, lettering{size: 14, bold: true, paint: ink})
		y += 22
	}
	line := func(text string, mono bool) {
		p.text(left6, y, text, lettering{size: 13, mono: mono, paint: faint, room: side6})
		y += 19
	}
	if m.subject.Compare {
		label("Policies")
		line("from "+m.subject.OldName, false)
		line(fingerprint(m.subject.Old), true)
		line("to "+m.subject.Name, false)
	} else {
		label("Policy")
		line(m.subject.Name, false)
	}
	line(fingerprint(m.subject.Policy), true)
	y += 8
	label("Geo data")
	info := m.subject.Policy.Info()
	for i, data := range info.Data {
		if i == mostData && len(info.Data) > mostData+1 {
			line(fmt.Sprintf("and %d more", len(info.Data)-i), false)
			break
		}
		built := "without a date"
		if !data.Built.IsZero() {
			built = "built " + data.Built.UTC().Format(time.DateOnly)
		}
		line(data.Type+", "+built, false)
	}
	if len(info.Data) == 0 {
		line("none", false)
	}
	y += 8
	for _, note := range m.subject.Notes {
		line(note, false)
	}
	return y
}

// mostData is how many geo sources are named.
const mostData = 5

func fingerprint(policy *decide.Policy) string {
	if print := policy.Info().Fingerprint; print != "" {
		return print
	}
	return "no policy: everything is denied"
}

// legendOn explains the colours that occur, with how much of either space has them.
func (m *Map) legendOn(p pen, y int) {
	y += 6
	const columns = 84
	head := lettering{size: 13, paint: faint, toLeft: true}
	p.text(left6, y, "Colours", lettering{size: 14, bold: true, paint: ink})
	p.text(left6+side6-columns, y, "IPv4", head)
	p.text(left6+side6, y, "2000::/3", head)
	y += 10
	for i, c := range m.legend {
		if m.v4.shares[i] == 0 && m.v6.shares[i] == 0 {
			continue
		}
		p.box(image.Rect(left6, y, left6+26, y+16), color.RGBA{R: 120, G: 120, B: 120, A: 255})
		p.box(image.Rect(left6+1, y+1, left6+25, y+15), c.paint)
		p.text(left6+36, y+13, c.name, lettering{size: 14, paint: ink, room: side6 - 36 - 2*columns})
		number := lettering{size: 14, paint: ink, toLeft: true}
		p.text(left6+side6-columns, y+13, amount4(m.v4.shares[i]), number)
		p.text(left6+side6, y+13, percent(m.v6.shares[i]), number)
		y += 22
	}
}

// amount4 is a share of IPv4: in addresses where it is small.
func amount4(share float64) string {
	if addresses := share * (1 << 32); share < 0.001 && addresses > 0 {
		return thousands(uint64(addresses + 0.5))
	}
	return percent(share)
}

func percent(share float64) string {
	switch {
	case share == 0:
		return "-"
	case share < 0.001:
		return "< 0.1 %"
	case share > 0.999 && share < 1:
		return "> 99.9 %"
	default:
		return fmt.Sprintf("%.1f %%", share*100)
	}
}

func thousands(n uint64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
