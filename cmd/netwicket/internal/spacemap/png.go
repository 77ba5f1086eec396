package spacemap

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
)

// PNG writes the sheet as a bitmap.
func (m *Map) PNG(w io.Writer) error {
	sheet, err := m.bitmap()
	if err != nil {
		return err
	}
	return (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(w, sheet)
}

func (m *Map) bitmap() (*image.RGBA, error) {
	faces, err := loadFonts()
	if err != nil {
		return nil, err
	}
	p := &pngPen{sheet: image.NewRGBA(image.Rect(0, 0, sheetWidth, sheetHeight)), fonts: faces}
	m.lay(p)
	return p.sheet, nil
}

// pngPen sets pixels.
type pngPen struct {
	sheet *image.RGBA
	fonts fonts
}

func (p *pngPen) box(area image.Rectangle, fill color.RGBA) {
	colour := color.NRGBA(fill)
	draw.Draw(p.sheet, area, image.NewUniform(colour), image.Point{}, draw.Over)
}

func (p *pngPen) picture(at image.Point, pic *picture) {
	draw.Draw(p.sheet, pic.image.Bounds().Add(at), pic.image, image.Point{}, draw.Src)
}

func (p *pngPen) text(x, y int, text string, look lettering) {
	text = p.fonts.shortened(text, look)
	width := p.fonts.width(text, look)
	if look.toLeft {
		x -= width
	}
	if look.plate {
		area, fill := plate(x, y, width, look.size)
		p.box(area, fill)
	}
	d := font.Drawer{Dst: p.sheet, Src: image.NewUniform(look.paint), Face: p.fonts[look.font()], Dot: fixed.P(x, y)}
	d.DrawString(text)
}

func (p *pngPen) ring(centre image.Point, radius int, paint color.RGBA) {
	p.circle(centre, float64(radius), 6, color.NRGBA(paper))
	p.circle(centre, float64(radius), 3, color.NRGBA(paint))
}

// circle draws a circle with soft edges.
func (p *pngPen) circle(centre image.Point, radius, width float64, paint color.NRGBA) {
	reach := int(radius + width + 1)
	for y := -reach; y <= reach; y++ {
		for x := -reach; x <= reach; x++ {
			inside := width/2 + 0.5 - math.Abs(math.Hypot(float64(x), float64(y))-radius)
			if inside <= 0 {
				continue
			}
			paint.A = uint8(255 * min(inside, 1))
			at := image.Rect(centre.X+x, centre.Y+y, centre.X+x+1, centre.Y+y+1)
			draw.Draw(p.sheet, at, image.NewUniform(paint), image.Point{}, draw.Over)
		}
	}
}
