package spacemap

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/addrnum"
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
	v4, v6 := m.pictures()
	p.box(image.Rect(0, 0, sheetWidth, sheetHeight), paper)
	p.text(margin, 46, m.title(), lettering{size: 24, bold: true, paint: ink, room: sheetWidth - 2*margin})
	below := "Every IPv4 address on a Hilbert curve: each large square is a /8, each pixel a /20 of 4,096 addresses. Requests of one hop."
	p.text(margin, 74, below, lettering{size: 14, paint: faint, room: side4})

	p.picture(image.Pt(margin, top), v4)
	m.grid(p, image.Pt(margin, top), v4)
	p.text(margin, top+side4+24, "Colours are blended where a pixel holds several decisions. A ring marks a spot that is too small to be seen.", lettering{size: 13, paint: faint, room: side4})

	head, detail := m.about6()
	p.text(left6, top6-14, head, lettering{size: 14, bold: true, paint: ink, room: side6})
	p.picture(image.Pt(left6, top6), v6)
	m.grid(p, image.Pt(left6, top6), v6)
	p.text(left6, top+side4+24, detail, lettering{size: 13, paint: faint, room: side6})

	m.legendOn(p, m.facts(p, top+14))
}

// title says what the sheet shows.
func (m *Map) title() string {
	if m.subject.Compare {
		return "What changes from " + m.subject.OldName + " to " + m.subject.Name
	}
	return "What " + m.subject.Name + " decides"
}

// about6 says what the panel of IPv6 shows, and what of the rest.
func (m *Map) about6() (head, detail string) {
	pixel := m.panel6.bits + 2*m.panel6.order
	switch len(m.panel6.cells) {
	case 0:
		head = "IPv6: no zone, list or source names any of it"
	case 1:
		head = fmt.Sprintf("IPv6 that a zone, list or source names: one /%d, each pixel a /%d", m.panel6.bits, pixel)
	default:
		head = fmt.Sprintf("IPv6 that a zone, list or source names: %d /%d, each pixel a /%d", len(m.panel6.cells), m.panel6.bits, pixel)
	}
	if len(m.elsewhere) > 0 {
		detail = "Everywhere else in " + globalUnicast + ": " + strings.Join(m.elsewhere, "; ")
	}
	return head, detail
}

// grid draws the borders of blocks and their names, and rings around small spots:
// the /8 of IPv4, the cells of IPv6.
func (m *Map) grid(p pen, at image.Point, pic *picture) {
	side, blocks := pic.side(), 16
	if pic.panel.family == addrnum.IPv6 {
		blocks = pic.panel.across
	}
	cell := side / blocks
	line := color.RGBA{R: 0, G: 0, B: 0, A: 70}
	name := lettering{size: 12, paint: ink, plate: true, room: cell - 8}
	for step := range blocks * blocks {
		x, y, text := step%blocks, step/blocks, ""
		if pic.panel.family == addrnum.IPv4 {
			x, y = pointAt(4, uint64(step))
			text = strconv.Itoa(step)
		} else if step < len(pic.panel.cells) {
			text = pic.panel.cells[step].String()
		} else {
			break
		}
		left, above := at.X+x*cell, at.Y+y*cell
		p.box(image.Rect(left, above, left+cell, above+1), line)
		p.box(image.Rect(left, above, left+1, above+cell), line)
		if right := at.X + side - 1; left+cell > right || pic.panel.family == addrnum.IPv6 {
			p.box(image.Rect(min(left+cell, right), above, min(left+cell, right)+1, above+cell), line)
		}
		if bottom := at.Y + side - 1; above+cell > bottom || pic.panel.family == addrnum.IPv6 {
			p.box(image.Rect(left, min(above+cell, bottom), left+cell, min(above+cell, bottom)+1), line)
		}
		p.text(left+5, above+15, text, name)
	}
	for _, spot := range pic.spots() {
		p.ring(spot.centre.Add(at), spot.radius+7, spot.paint)
	}
}

// fact is one heading and what stands below it.
type fact struct {
	Label string   `json:"label"`
	Lines []string `json:"lines"`
	Print string   `json:"print,omitempty"` // a fingerprint, for the last line
}

// factsOf says which policies and data the map is of.
func (m *Map) factsOf() []fact {
	var facts []fact
	if m.subject.Compare {
		facts = append(facts,
			fact{Label: "Policy before", Lines: []string{m.subject.OldName}, Print: fingerprint(m.subject.Old)},
			fact{Label: "Policy after", Lines: []string{m.subject.Name}, Print: fingerprint(m.subject.Policy)})
	} else {
		facts = append(facts, fact{Label: "Policy", Lines: []string{m.subject.Name}, Print: fingerprint(m.subject.Policy)})
	}
	geoData := fact{Label: "Geo data"}
	info := m.subject.Policy.Info()
	for i, data := range info.Data {
		if i == mostData && len(info.Data) > mostData+1 {
			geoData.Lines = append(geoData.Lines, fmt.Sprintf("and %d more", len(info.Data)-i))
			break
		}
		built := "without a date"
		if !data.Built.IsZero() {
			built = "built " + data.Built.UTC().Format(time.DateOnly)
		}
		geoData.Lines = append(geoData.Lines, data.Type+", "+built)
	}
	if len(info.Data) == 0 {
		geoData.Lines = append(geoData.Lines, "none")
	}
	facts = append(facts, geoData)
	if len(m.subject.Notes) > 0 {
		facts = append(facts, fact{Label: "Note", Lines: m.subject.Notes})
	}
	return facts
}

// facts writes them, from the base line y down, and says where the next text may
// stand.
func (m *Map) facts(p pen, y int) int {
	for _, f := range m.factsOf() {
		p.text(left6, y, f.Label, lettering{size: 14, bold: true, paint: ink})
		y += 20
		for _, line := range f.Lines {
			for _, part := range wrapped(line, lineLetters) {
				p.text(left6, y, part, lettering{size: 13, paint: faint, room: side6})
				y += 17
			}
		}
		if f.Print != "" {
			p.text(left6, y, f.Print, lettering{size: 13, mono: true, paint: faint, room: side6})
			y += 17
		}
		y += 8
	}
	return y
}

// mostData is how many geo sources are named, lineLetters how long a line may be.
const (
	mostData    = 5
	lineLetters = 78
)

// wrapped is a text in lines of so many letters, unless a word is longer.
func wrapped(text string, letters int) []string {
	var lines []string
	for word := range strings.FieldsSeq(text) {
		if last := len(lines) - 1; last >= 0 && len(lines[last])+1+len(word) <= letters {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

func fingerprint(policy *decide.Policy) string {
	if print := policy.Info().Fingerprint; print != "" {
		return print
	}
	return "no policy: everything is denied"
}

// legendOn explains the colours that occur, with how much of either space has them.
func (m *Map) legendOn(p pen, y int) {
	y += 6
	const columns = 158
	head := lettering{size: 13, paint: faint, toLeft: true}
	p.text(left6, y, "Colours", lettering{size: 14, bold: true, paint: ink})
	p.text(left6+side6-columns, y, head4, head)
	p.text(left6+side6, y, head6, head)
	y += 10
	for i, c := range m.legend {
		if c.ground == unnamed || c.ground == reserved && m.amounts[0][i] == 0 {
			continue
		}
		p.box(image.Rect(left6, y, left6+26, y+16), color.RGBA{R: 120, G: 120, B: 120, A: 255})
		p.box(image.Rect(left6+1, y+1, left6+25, y+15), c.paint)
		p.text(left6+36, y+13, c.name, lettering{size: 14, paint: ink, room: side6 - 36 - 2*columns + 24})
		if c.ground == counted {
			number := lettering{size: 13, paint: ink, toLeft: true}
			p.text(left6+side6-columns, y+13, m.amountText(0, i), number)
			p.text(left6+side6, y+13, m.amountText(1, i), number)
		}
		y += 22
	}
}

// What the legend counts: one unit, and the other in brackets.
const (
	head4 = "IPv4: % (addresses)"
	head6 = "IPv6: % (networks /48)"
)

// amountText is how much of what counts has a category: the share, and in brackets
// addresses of IPv4, networks /48 of IPv6.
func (m *Map) amountText(family, category int) string {
	amount, total := m.amounts[family][category], m.total(family)
	switch {
	case amount == 0 || m.legend[category].ground != counted:
		return "-"
	case family == 1:
		return percent(amount/total) + " (" + rounded(amount/(1<<80)) + ")"
	default:
		return percent(amount/total) + " (" + thousands(uint64(amount)) + ")"
	}
}

func percent(share float64) string {
	switch {
	case share < 0.001:
		return "< 0.1 %"
	case share > 0.999 && share < 1:
		return "> 99.9 %"
	default:
		return fmt.Sprintf("%.1f %%", share*100)
	}
}

// rounded is a number that need not be whole, and may be large.
func rounded(n float64) string {
	switch {
	case n < 0.1:
		return "< 0.1"
	case n < 10 && n != math.Trunc(n):
		return fmt.Sprintf("%.1f", n)
	case n < 1e9:
		return thousands(uint64(n + 0.5))
	case n < 1e12:
		return fmt.Sprintf("%.1f billion", n/1e9)
	default:
		return thousands(uint64(n/1e12+0.5)) + " trillion"
	}
}

func thousands(n uint64) string {
	if n < 1000 {
		return strconv.FormatUint(n, 10)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
