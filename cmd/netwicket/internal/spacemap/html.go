package spacemap

import (
	_ "embed" // the page and its scripts
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image/color"
	"io"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/shown"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed space.js
	spaceScript string
	//go:embed page.js
	pageScript string
)

// pageData is what the scripts need besides the runs.
type pageData struct {
	Compare   bool           `json:"compare"`
	Legend    []pageCategory `json:"legend"`
	Totals    [2]float64     `json:"totals"` // addresses of IPv4 and IPv6 that count
	Panel6    pagePanel      `json:"panel6"`
	Elsewhere string         `json:"elsewhere"` // about IPv6 that the panel leaves out
	Outcomes  []pageOutcome  `json:"outcomes"`
	Special   []special      `json:"special"`
	Countries []string       `json:"countries"` // empty: there is no geo data
	Merged    [2]int         `json:"merged"`    // bits of the networks that are drawn as one, see coarse; 0: none
	Facts     []fact         `json:"facts"`
}

// pageCategory is one row of the legend. The amounts are texts, as on the sheet.
type pageCategory struct {
	Name    string    `json:"name"`
	Colour  string    `json:"colour"`
	Counts  bool      `json:"counts"`
	Blank   bool      `json:"blank"`
	Stands  bool      `json:"stands"`
	Amounts [2]string `json:"amounts"`
}

// pagePanel are the cells of IPv6: their networks' length and first addresses.
type pagePanel struct {
	Bits   int      `json:"bits"`
	Across int      `json:"across"`
	Cells  []string `json:"cells"`
}

// pageOutcome is one outcome in words, or several that the page does not tell
// apart.
type pageOutcome struct {
	Category int    `json:"category"`
	After    string `json:"after,omitempty"`
	Allowed  bool   `json:"allowed,omitempty"`
	Before   string `json:"before,omitempty"`
	Change   string `json:"change,omitempty"`
	Ground   string `json:"ground,omitempty"` // why it does not count; empty: it does
	Zone     string `json:"zone,omitempty"`   // id, or name if there is none, of the zone that blocks
	ZoneName string `json:"zoneName,omitempty"`
	Rule     string `json:"rule,omitempty"`
	Mixed    []int  `json:"mixed,omitempty"` // categories that are drawn as one
}

// several is what a country is called where the page does not tell which of several.
const several = "several"

// HTML writes the map as one page to zoom into, to search and to filter, that tells
// the exact range, the decision and its reason and the country under the pointer.
// It is well-formed XML too, and asks for nothing from anywhere. Its size is bounded:
// of a policy with more than 400,000 ranges of a family, those within one network
// of some length are drawn as one, which the page says.
func (m *Map) HTML(w io.Writer) error { return m.html(w, mostRuns) }

func (m *Map) html(w io.Writer, most int) error {
	where := m.countries()
	data, packed := m.page(where, most)
	// Marshalled, < and & are escapes: nothing ends the element it stands in.
	words, err := json.Marshal(data)
	if err != nil {
		return err
	}
	page := strings.NewReplacer(
		"{{title}}", escaped("netwicket map of "+m.subject.Name),
		"{{heading}}", escaped(m.title()),
		"{{data}}", string(shown.JSON(words)),
		"{{ranges}}", base64.StdEncoding.EncodeToString(packed),
		"{{space}}", spaceScript,
		"{{script}}", pageScript,
	).Replace(pageHTML)
	_, err = io.WriteString(w, page)
	return err
}

// page is the data of the page and its runs: the outcomes of IPv4 and IPv6, and the
// countries of both.
func (m *Map) page(where *countries, most int) (*pageData, []byte) {
	_, elsewhere := m.about6()
	data := &pageData{
		Compare: m.subject.Compare, Totals: [2]float64{m.total(0), m.total(1)}, Elsewhere: elsewhere,
		Special: specials(), Facts: m.factsOf(),
		Panel6: pagePanel{Bits: m.panel6.bits, Across: m.panel6.across, Cells: []string{}},
	}
	for _, cell := range m.panel6.cells {
		data.Panel6.Cells = append(data.Panel6.Cells, cell.String())
	}
	for i, c := range m.legend {
		data.Legend = append(data.Legend, pageCategory{
			Name: c.name, Colour: hex(c.paint), Counts: c.ground == counted, Blank: c.ground == unnamed, Stands: c.stands,
			Amounts: [2]string{m.amountText(0, i), m.amountText(1, i)},
		})
	}
	for i, o := range m.space.outcomes {
		data.Outcomes = append(data.Outcomes, m.describe(o, m.categories[i]))
	}
	mixed := mixtures{data: data, ids: map[string]int{}}
	var packed []byte
	for family, segments := range [][]segment{m.space.v4, m.space.v6} {
		var list []run
		list, data.Merged[family] = coarse(addrnum.Family(family), runs(segments), most, mixed.of)
		packed = appendRuns(packed, list)
	}
	names := where.names
	joinCountries := func([]int) int {
		if i := slices.Index(names, several); i >= 0 {
			return i
		}
		names = append(names, several)
		return len(names) - 1
	}
	for family, list := range [][]run{where.v4, where.v6} {
		list, _ = coarse(addrnum.Family(family), list, most, joinCountries)
		packed = appendRuns(packed, list)
	}
	if m.subject.Config.Geo != nil {
		data.Countries = names
	}
	return data, deflated(packed)
}

// mixtures are the outcomes of networks that are drawn as one.
type mixtures struct {
	data *pageData
	ids  map[string]int
}

func (x *mixtures) of(whats []int) int {
	var categories []int
	for _, what := range whats {
		if category := x.data.Outcomes[what].Category; !slices.Contains(categories, category) {
			categories = append(categories, category)
		}
	}
	slices.Sort(categories)
	key := fmt.Sprint(categories)
	id, found := x.ids[key]
	if !found {
		id = len(x.data.Outcomes)
		x.ids[key] = id
		x.data.Outcomes = append(x.data.Outcomes, pageOutcome{Category: categories[0], Mixed: categories})
	}
	return id
}

func (m *Map) describe(o outcome, category int) pageOutcome {
	out := pageOutcome{Category: category, Ground: o.ground.text()}
	if o.ground == unmapped {
		return out
	}
	out.After, out.Allowed, out.Rule = words(o.after), o.after.Allowed(), o.after.Rule
	if z := o.after.Zone; z != nil {
		out.Zone, out.ZoneName = z.ID, z.Name
		if z.ID == "" {
			out.Zone = z.Name
		}
	}
	if m.subject.Compare {
		o.ground = counted
		out.Before, out.Change = words(o.before), categoryOf(o, true).name
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
