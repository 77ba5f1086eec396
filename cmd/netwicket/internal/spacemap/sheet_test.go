package spacemap_test

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

var update = flag.Bool("update", false, "write the sheets in testdata, which then have to be looked at") //nolint:gochecknoglobals // flags are registered before tests run

// sheets are subjects of which every part of a sheet is different.
func sheets(t testing.TB) map[string]spacemap.Subject {
	t.Helper()
	one, _ := crowded(t, 5)
	one.Name, one.Notes = "a policy "+strings.Repeat("with a very long name ", 9), []string{"a note that is so long that it takes more than one line of the sheet, which is wrapped", "another"}
	two, _ := crowded(t, 6)
	two.Name, two.OldName, two.Compare = "after", "before", true
	before, _ := crowded(t, 106)
	two.Old, two.OldConfig = before.Policy, before.Config
	dated := func(n int) decide.Config {
		var sources []geo.Source
		for i := range n {
			content, err := mmdbtest.File{Type: fmt.Sprintf("Test-Country-%d", i), Built: time.Date(2026, 1, 1+i, 23, 0, 0, 0, time.UTC), Networks: []mmdbtest.Network{
				{Prefix: fmt.Sprintf("%d.0.0.0/8", 20+i), Record: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "DE"}}},
			}}.Bytes()
			require.NoError(t, err)
			sources = append(sources, geo.Source{File: fmt.Sprintf("%d.mmdb", i), Data: content})
		}
		table, err := geo.Load(sources...)
		require.NoError(t, err)
		return decide.Config{Geo: table, SailPoint: one.Config.SailPoint}
	}
	all := map[string]spacemap.Subject{"one": one, "two": two, "none": {Name: "nothing"}}
	for _, n := range []int{6, 7} {
		config := dated(n)
		policy, err := decide.Compile(config)
		require.NoError(t, err)
		all[fmt.Sprintf("%d-databases", n)] = spacemap.Subject{Name: "databases", Policy: policy, Config: config}
	}
	return all
}

// Sheets are as they were when somebody looked at them last: testdata has them without
// their pictures, and all but one without the names and lines of blocks.
func TestSheets(t *testing.T) {
	pictures, prints := regexp.MustCompile(`base64,[^"]*`), regexp.MustCompile(`>[0-9a-f]{32}<`)
	for name, subject := range sheets(t) {
		m := spacemap.New(subject)
		if name != "one" {
			m.Blank()
		}
		var out bytes.Buffer
		require.NoError(t, m.SVG(&out))
		wellFormed(t, out.Bytes())
		text := prints.ReplaceAllString(pictures.ReplaceAllString(out.String(), "base64,"), ">FINGERPRINT<")
		if name != "one" {
			var kept []string
			for line := range strings.Lines(text) {
				if !strings.Contains(line, "-opacity=") && !strings.Contains(line, `font-size="12"`) && !strings.Contains(line, "<circle") {
					kept = append(kept, line)
				}
			}
			text = strings.Join(kept, "")
		}
		for _, one := range m.Texts(t) {
			cut := strings.HasSuffix(one.Text, "...")
			network := strings.Contains(one.Text, ":") && !strings.Contains(one.Text, " ")
			require.False(t, cut && !network && one.Y != 46, "%q is cut, which is a text of ours", one.Text)
		}
		file := filepath.Join("testdata", name+".svg")
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, strings.Split(string(want), "\n"), strings.Split(text, "\n"), name)
	}
}

// element is one of an SVG.
type element struct {
	kind string
	is   map[string]string
	text string
}

func (e *element) number(t *testing.T, name string) int {
	t.Helper()
	n, err := strconv.Atoi(e.is[name])
	require.NoError(t, err, "%s of %v", name, e)
	return n
}

// paint is a colour of an element.
func (e *element) paint(t *testing.T, name string) (c color.RGBA, share float64) {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(e.is[name], "#"), 16, 32)
	require.NoError(t, err)
	share = 1
	if opacity, is := e.is[name+"-opacity"]; is {
		share, err = strconv.ParseFloat(opacity, 64)
		require.NoError(t, err)
	}
	return color.RGBA{R: uint8(n >> 16), G: uint8(n >> 8), B: uint8(n), A: 255}, share
}

func elements(t *testing.T, svg []byte) (list []element) {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := decoder.Token()
		if err != nil {
			return list
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := element{kind: token.Name.Local, is: make(map[string]string)}
			for _, a := range token.Attr {
				e.is[a.Name.Local] = a.Value
			}
			list = append(list, e)
		case xml.CharData:
			if len(list) > 0 {
				list[len(list)-1].text += string(token)
			}
		}
	}
}

// The bitmap has what the SVG says, element by element: the same boxes and rings, and
// letters where a text stands and nowhere else.
func TestBitmapIsTheSVG(t *testing.T) {
	subject := sheets(t)["one"]
	m := spacemap.New(subject)
	var out bytes.Buffer
	require.NoError(t, m.SVG(&out))
	sheet := m.Sheet(t)
	bounds := sheet.Bounds()
	var want [][3]float64
	lettered := make([]bool, bounds.Dx()*bounds.Dy())
	want = make([][3]float64, len(lettered))
	over := func(x, y int, c color.RGBA, share float64) {
		if !image.Pt(x, y).In(bounds) {
			return
		}
		pixel := &want[y*bounds.Dx()+x]
		for i, v := range [3]uint8{c.R, c.G, c.B} {
			pixel[i] += share * (float64(v) - pixel[i])
		}
	}
	type place struct {
		x, y, size, width int
		left              bool
		text              string
	}
	drawn := m.Texts(t)
	var texts []place
	for _, e := range elements(t, out.Bytes()) {
		switch e.kind {
		case "svg":
			require.Equal(t, []int{bounds.Dx(), bounds.Dy()}, []int{e.number(t, "width"), e.number(t, "height")})
			require.Equal(t, fmt.Sprintf("0 0 %d %d", bounds.Dx(), bounds.Dy()), e.is["viewBox"])
		case "rect":
			c, share := e.paint(t, "fill")
			x, y := e.number(t, "x"), e.number(t, "y")
			width, height := e.number(t, "width"), e.number(t, "height")
			for dy := range height {
				for dx := range width {
					over(x+dx, y+dy, c, share)
				}
			}
		case "image":
			square := map[string]int{"1024": 0, "512": 1}[e.is["width"]]
			require.Equal(t, e.is["width"], e.is["height"])
			left, above, side := e.number(t, "x"), e.number(t, "y"), e.number(t, "width")
			for y := range side {
				for x := range side {
					over(left+x, above+y, m.OnSheet(square, x, y), 1)
				}
			}
		case "circle":
			c, _ := e.paint(t, "stroke")
			cx, cy := e.number(t, "cx"), e.number(t, "cy")
			r, wide := float64(e.number(t, "r")), float64(e.number(t, "stroke-width"))
			for y := -int(r + wide); y <= int(r+wide); y++ {
				for x := -int(r + wide); x <= int(r+wide); x++ {
					inside := 0
					for part := range 64 { // of a pixel
						dx, dy := float64(x)+(float64(part%8)-3.5)/8, float64(y)+(float64(part/8)-3.5)/8
						if math.Abs(math.Hypot(dx, dy)-r) <= wide/2 {
							inside++
						}
					}
					over(cx+x, cy+y, c, float64(inside)/64)
				}
			}
		case "text":
			one := drawn[len(texts)]
			require.Equal(t, []any{one.X, one.Y, one.Text}, []any{e.number(t, "x"), e.number(t, "y"), strings.TrimRight(e.text, "\n")})
			texts = append(texts, place{one.X, one.Y, e.number(t, "font-size"), one.Width, e.is["text-anchor"] == "end", one.Text})
		}
	}
	differs := func(x, y int) bool {
		if !image.Pt(x, y).In(bounds) {
			return false
		}
		got := sheet.RGBAAt(x, y)
		for i, v := range [3]uint8{got.R, got.G, got.B} {
			if math.Abs(float64(v)-want[y*bounds.Dx()+x][i]) > 45 {
				return true
			}
		}
		return false
	}
	for _, p := range texts {
		if p.text == "" || p.text == "-" {
			continue
		}
		from, to, first, behind := p.x-1, p.x+p.width+1, p.x+p.size, p.x-4
		if p.left {
			from, to, first, behind = p.x-p.width-1, p.x+1, p.x-p.size, p.x+4
		}
		inked := 0
		for y := p.y - p.size; y <= p.y+p.size/3; y++ {
			for x := min(p.x, first); x <= max(p.x, first); x++ {
				if differs(x, y) {
					inked++
				}
			}
			if !slices.ContainsFunc(texts, func(o place) bool {
				return o != p && o.y == p.y && (o.left != p.left || o.x != p.x) && abs(o.x-p.x) < 200
			}) {
				require.False(t, differs(behind, y), "%v begins or ends too early", p)
			}
			for x := from; x <= to; x++ {
				if image.Pt(x, y).In(bounds) {
					lettered[y*bounds.Dx()+x] = true
				}
			}
		}
		require.Greater(t, inked, 2, "%v is not there", p)
	}
	wrong := 0
	for at := range lettered {
		if !lettered[at] && differs(at%bounds.Dx(), at/bounds.Dx()) {
			wrong++
		}
	}
	require.Zero(t, wrong)
}
