package spacemap

import (
	_ "embed" // the page and its script
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image/color"
	"io"
	"strings"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/shown"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.js
	pageScript string
)

// pageData is what the script needs besides the ranges.
type pageData struct {
	Compare   bool          `json:"compare"`
	Squares   [2]pageSquare `json:"squares"` // of IPv4 and IPv6
	Outcomes  []pageOutcome `json:"outcomes"`
	Countries []string      `json:"countries"` // empty: there is no geo data
}

// pageSquare is where a picture stands on the sheet.
type pageSquare struct {
	X     int `json:"x"`
	Y     int `json:"y"`
	Order int `json:"order"`
}

// pageOutcome is one outcome in words.
type pageOutcome struct {
	Colour string `json:"colour"`
	After  string `json:"after"`
	Before string `json:"before,omitempty"`
	Change string `json:"change,omitempty"`
	None   bool   `json:"none,omitempty"`
}

// HTML writes the sheet as one page that tells the exact range, the decision and
// its reason and the country under the pointer. It is well-formed XML too, and
// asks for nothing from anywhere.
func (m *Map) HTML(w io.Writer) error {
	where := m.countries()
	data := pageData{
		Compare: m.subject.Compare,
		Squares: [2]pageSquare{{margin, top, order4}, {left6, top6, order6}},
	}
	if m.subject.Geo != nil {
		data.Countries = where.names
	}
	for i, o := range m.space.outcomes {
		data.Outcomes = append(data.Outcomes, m.describe(o, m.legend[m.categories[i]]))
	}
	// Marshalled, < and & are escapes: nothing ends the element it stands in.
	words, err := json.Marshal(data)
	if err != nil {
		return err
	}
	sheet, err := m.svg()
	if err != nil {
		return err
	}
	page := strings.NewReplacer(
		"{{title}}", escaped("netwicket map of "+m.subject.Name),
		"{{sheet}}", string(sheet),
		"{{data}}", string(shown.JSON(words)),
		"{{ranges}}", base64.StdEncoding.EncodeToString(m.rangeData(where)),
		"{{script}}", pageScript,
	).Replace(pageHTML)
	_, err = io.WriteString(w, page)
	return err
}

func (m *Map) describe(o outcome, c category) pageOutcome {
	out := pageOutcome{Colour: hex(c.paint), None: o.none}
	if o.none {
		return out
	}
	out.After = words(o.after)
	if m.subject.Compare {
		out.Before, out.Change = words(o.before), c.name
	}
	return out
}

func hex(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// words is a decision without its client: "deny: blocklisted by zone "x"".
func words(d decide.Decision) string {
	var reasons []string
	for r := range d.Reasons.All() {
		reasons = append(reasons, r.String())
	}
	text := d.Verdict.String() + ": " + strings.Join(reasons, ", ")
	if d.Zone != nil {
		text += fmt.Sprintf(", zone %q", d.Zone.Name)
	}
	if d.Rule != "" {
		text += fmt.Sprintf(", rule %q", d.Rule)
	}
	if d.Audit {
		text += " (ThreatInsight audits it)"
	}
	return text
}
