package spacemap

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"

	"github.com/netwicket/netwicket/internal/shown"
)

// SVG writes the sheet as one SVG file: text and lines as such, the pictures as
// embedded bitmaps.
func (m *Map) SVG(w io.Writer) error {
	sheet, err := m.svg()
	if err != nil {
		return err
	}
	_, err = w.Write(append([]byte(xmlHead), sheet...))
	return err
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

func (m *Map) svg() ([]byte, error) {
	faces, err := loadFonts()
	if err != nil {
		return nil, err
	}
	p := &svgPen{fonts: faces}
	fmt.Fprintf(&p.out, `<svg xmlns="http://www.w3.org/2000/svg" id="sheet" viewBox="0 0 %d %d" width="%d" height="%d" font-family="%s" role="img">`+"\n",
		sheetWidth, sheetHeight, sheetWidth, sheetHeight, "Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif")
	fmt.Fprintf(&p.out, "<title>%s</title>\n", escaped("netwicket map of "+m.subject.Name))
	m.lay(p)
	p.out.WriteString("</svg>\n")
	return p.out.Bytes(), nil
}

// svgPen writes shapes as elements.
type svgPen struct {
	out   bytes.Buffer
	fonts fonts
}

func (p *svgPen) box(area image.Rectangle, fill color.RGBA) {
	fmt.Fprintf(&p.out, `<rect x="%d" y="%d" width="%d" height="%d" %s/>`+"\n", area.Min.X, area.Min.Y, area.Dx(), area.Dy(), filled("fill", fill))
}

func filled(attribute string, c color.RGBA) string {
	text := fmt.Sprintf(`%s="#%02x%02x%02x"`, attribute, c.R, c.G, c.B)
	if c.A < 255 {
		text += fmt.Sprintf(` %s-opacity="%.3g"`, attribute, float64(c.A)/255)
	}
	return text
}

func (p *svgPen) text(x, y int, text string, look lettering) {
	text = p.fonts.shortened(text, look)
	if look.plate {
		area, fill := plate(x, y, p.fonts.width(text, look), look.size)
		p.box(area, fill)
	}
	fmt.Fprintf(&p.out, `<text x="%d" y="%d" font-size="%d" %s`, x, y, look.size, filled("fill", look.paint))
	if look.bold {
		p.out.WriteString(` font-weight="bold"`)
	}
	if look.mono {
		p.out.WriteString(` font-family="Menlo, Consolas, Liberation Mono, monospace"`)
	}
	if look.toLeft {
		p.out.WriteString(` text-anchor="end"`)
	}
	fmt.Fprintf(&p.out, ">%s</text>\n", escaped(text))
}

func (p *svgPen) ring(centre image.Point, radius int, paint color.RGBA) {
	for _, stroke := range []string{filled("stroke", paper) + ` stroke-width="6"`, filled("stroke", paint) + ` stroke-width="3"`} {
		fmt.Fprintf(&p.out, `<circle cx="%d" cy="%d" r="%d" fill="none" %s/>`+"\n", centre.X, centre.Y, radius, stroke)
	}
}

func (p *svgPen) picture(at image.Point, pic *picture) {
	side := pic.side()
	fmt.Fprintf(&p.out, `<image x="%d" y="%d" width="%d" height="%d" style="image-rendering:pixelated" href="data:image/png;base64,`, at.X, at.Y, side, side)
	encoder := base64.NewEncoder(base64.StdEncoding, &p.out)
	// Neither an opaque image of this size nor a buffer makes an encoder fail.
	_ = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(encoder, pic.image)
	_ = encoder.Close()
	p.out.WriteString(`"/>` + "\n")
}

// escaped is text between tags or quotes, on one line. What XML cannot hold is
// escaped as package shown does.
func escaped(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace(shown.Text(text))
}
