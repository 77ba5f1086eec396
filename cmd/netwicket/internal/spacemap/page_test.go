package spacemap_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// pageWords are what a page says besides its ranges.
type pageWords struct {
	Compare bool
	Legend  []struct {
		Name, Colour          string
		Counts, Blank, Stands bool
		Amounts               [2]string
	}
	Totals [2]float64
	Panel6 struct {
		Bits, Across int
		Cells        []string
	}
	Elsewhere string
	Outcomes  []struct {
		Category                      int
		After, Before, Change, Ground string
		Zone, ZoneName, Rule          string
		Allowed                       bool
		Mixed                         []int
	}
	Special []struct{ Network, Name string }
	Facts   []struct {
		Label, Print string
		Lines        []string
	}
}

func wordsOf(t *testing.T, subject spacemap.Subject, most int) (*spacemap.Map, page, pageWords) {
	t.Helper()
	m, text := pageOf(t, subject, most)
	var words pageWords
	require.NoError(t, json.Unmarshal([]byte(wellFormed(t, text)["map-data"]), &words))
	return m, readPage(t, text), words
}

// The page says of every colour and of every outcome what the sheet and the policy say.
func TestPageSaysWhatTheSheetSays(t *testing.T) {
	for _, compare := range []bool{false, true} {
		subject, _ := crowded(t, 9)
		subject.Notes = []string{"a note"}
		if compare {
			old, _ := crowded(t, 109)
			subject.Compare, subject.Old, subject.OldConfig, subject.OldName = true, old.Policy, old.Config, "before"
		}
		m, read, words := wordsOf(t, subject, noLimit)
		require.Equal(t, compare, words.Compare)
		var cells []string
		for _, cell := range m.Cells() {
			require.Equal(t, cell.Bits(), words.Panel6.Bits)
			cells = append(cells, cell.Addr().String())
		}
		require.Equal(t, cells, words.Panel6.Cells)
		require.Equal(t, 8, words.Panel6.Across)
		counted := make(map[string]bool)
		for family := range 2 {
			texts := m.AmountTexts(family)
			for _, c := range words.Legend {
				if c.Counts {
					require.Equal(t, texts[c.Name], c.Amounts[family], c.Name)
					counted[c.Name] = true
				} else {
					require.Equal(t, "-", c.Amounts[family], c.Name)
				}
				require.Equal(t, c.Name == "not named anywhere", c.Blank)
				require.Equal(t, strings.HasPrefix(c.Name, "allow") || strings.HasPrefix(c.Name, "newly") || strings.HasSuffix(c.Name, "another reason"), c.Stands, c.Name)
			}
			require.Len(t, counted, len(texts))
			var sum float64
			v4, v6 := m.Amounts()
			for _, n := range []map[string]float64{v4, v6}[family] {
				sum += n
			}
			require.Equal(t, sum, words.Totals[family])
		}
		_, detail := m.About6()
		require.Equal(t, detail, words.Elsewhere)
		require.Equal(t, []string{"a note"}, words.Facts[len(words.Facts)-1].Lines)
		mapped := words.Outcomes[read.ranges[1].at(netip.MustParseAddr("::ffff:8.0.0.1"))]
		require.Equal(t, "mapped", mapped.Ground)
		require.Empty(t, mapped.After+mapped.Before+mapped.Change, "of these the IPv4 address says it")
		var outcomes []string
		for _, o := range words.Outcomes {
			outcomes = append(outcomes, fmt.Sprintf("%+v", o))
		}
		slices.Sort(outcomes)
		require.Equal(t, len(outcomes), len(slices.Compact(outcomes)), "what is the same has one number")
		for r, d := range subject.Policy.Ranges() {
			addr, family := r.From(), 0
			if addr.Is6() {
				family = 1
			}
			o := words.Outcomes[read.ranges[family].at(addr)]
			if leftOut(addr) {
				continue
			}
			require.Equal(t, d.Allowed(), o.Allowed)
			require.Equal(t, m.Ground(addr), o.Ground)
			category := words.Legend[o.Category]
			require.Equal(t, o.Ground == "", category.Counts)
			switch {
			case compare:
				was := subject.Old.Decide(addr)
				require.True(t, strings.HasPrefix(o.Before, was.Verdict.String()+": "+was.Reason.String()), o.Before)
				require.True(t, strings.HasPrefix(o.After, d.Verdict.String()+": "+d.Reason.String()), o.After)
				key := strings.TrimSpace(changeOf(was, d))
				require.Equal(t, map[string]string{
					"newlyAllowed": "newly allowed", "newlyDenied": "newly denied", "otherReason": d.Verdict.String() + " for another reason",
					"stillAllowed": "unchanged: allow", "stillDenied": "unchanged: deny",
				}[key], o.Change)
				if category.Counts {
					require.Equal(t, o.Change, category.Name)
				}
			default:
				require.Equal(t, spacemap.Words(d), o.After)
				require.Empty(t, o.Before+o.Change)
				if d.Zone != nil {
					require.Equal(t, []string{cmp.Or(d.Zone.ID, d.Zone.Name), d.Zone.Name}, []string{o.Zone, o.ZoneName})
				} else {
					require.Empty(t, o.Zone+o.ZoneName)
				}
				if category.Counts {
					require.Equal(t, d.Verdict.String()+": "+d.Reason.String(), category.Name)
					c := spacemap.PaintOf(d)
					require.Equal(t, fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B), category.Colour)
				}
			}
		}
	}
	_, _, words := wordsOf(t, spacemap.Subject{}, noLimit)
	require.NotNil(t, words.Panel6.Cells, "a list, if of nothing")
	require.Empty(t, words.Panel6.Cells)
	require.Equal(t, "Everywhere else in 2000::/3: deny: no_policy", words.Elsewhere)
}

// Where networks are drawn as one, the page names all that is in them, each once, and no
// country but the one that all of it is in.
func TestPageMergesNetworks(t *testing.T) {
	subject, sources := crowded(t, 10)
	m, read, words := wordsOf(t, subject, 30)
	truth := oracle(t, subject, sources)
	random := rand.New(rand.NewPCG(10, 53))
	seen := make(map[string]bool)
	for _, o := range words.Outcomes {
		if len(o.Mixed) > 0 {
			key := fmt.Sprint(o.Mixed)
			require.False(t, seen[key], "%s is there twice", key)
			seen[key] = true
			require.True(t, slices.IsSorted(o.Mixed))
			require.Equal(t, o.Mixed[0], o.Category)
			require.Len(t, slices.Compact(slices.Clone(o.Mixed)), len(o.Mixed))
		}
	}
	require.NotEmpty(t, seen)
	named := slices.Sorted(slices.Values(read.Countries))
	require.Equal(t, named, slices.Compact(slices.Clone(named)))
	merged, several := 0, 0
	for range 400 {
		addr := truth.edges[random.IntN(len(truth.edges))]
		family := 0
		if addr.Is6() {
			family = 1
		}
		require.NotZero(t, read.Merged[family])
		require.LessOrEqual(t, len(read.ranges[family].first), 30)
		if leftOut(addr) || repeatsIPv4(addr) || read.Merged[family] >= addr.BitLen() {
			continue
		}
		network, err := addr.Prefix(read.Merged[family])
		require.NoError(t, err)
		names := make(map[string]bool)
		countries := make(map[string]bool)
		for _, p := range truth.piecesBy(netipx.RangeOfPrefix(network), func(netip.Addr) string { return "" }) {
			d := subject.Policy.Decide(p.From())
			switch m.Ground(p.From()) {
			case "":
				names[d.Verdict.String()+": "+d.Reason.String()] = true
			case "reserved":
				names["reserved: not counted"] = true
			default:
				names["not named anywhere"] = true
			}
			countries[subject.Config.Geo.Lookup(p.From()).Country] = true
		}
		o := words.Outcomes[read.ranges[family].at(addr)]
		if len(o.Mixed) > 0 {
			merged++
			got := make(map[string]bool)
			for _, category := range o.Mixed {
				got[words.Legend[category].Name] = true
			}
			require.Equal(t, names, got, network)
		} else {
			require.Len(t, names, 1, network)
		}
		country := read.Countries[read.countries[family].at(addr)]
		if country == "several" {
			several++
		} else {
			require.Equal(t, subject.Config.Geo.Lookup(addr).Country, country, addr)
		}
	}
	require.Greater(t, merged, 20)
	require.Greater(t, several, 20)
}

// A decision in words has its reasons, its zone, its rule, and that it is but audited.
func TestDecisionsInWords(t *testing.T) {
	zones, err := zone.ParseOkta("zones.json", []byte(`[
		{"type":"IP","id":"a","name":"Blocked","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"8.0.0.0/16"}]},
		{"type":"IP","id":"b","name":"Office","gateways":[{"type":"CIDR","value":"9.0.0.0/24"}]}]`))
	require.NoError(t, err)
	rules, err := zone.ParseOktaRules("rules.json", []byte(`[
		{"name":"Office in","priority":1,"conditions":{"network":{"connection":"ZONE","include":["b"]}},"actions":{"signon":{"access":"ALLOW"}}},
		{"name":"All out","priority":2,"conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"DENY"}}}]`))
	require.NoError(t, err)
	threat, err := zone.ParseThreatInsight("threat.json", []byte(`{"action":"audit","excludeZones":[]}`))
	require.NoError(t, err)
	feed, err := zone.ParseFeed("feed.txt", []byte("9.0.0.66\n"))
	require.NoError(t, err)
	p, err := decide.Compile(decide.Config{Zones: []zone.Zones{zones}, Rules: []zone.RuleSet{rules}, ThreatInsight: &threat, ThreatFeeds: []zone.Feed{feed}})
	require.NoError(t, err)
	for addr, want := range map[string]string{
		"8.0.0.1":  `deny: blocklisted, zone "Blocked"`,
		"9.0.0.1":  `allow: rule, rule "Office in"`,
		"9.0.0.66": `allow: rule, rule "Office in" (ThreatInsight audits it)`,
		"1.2.3.4":  `deny: rule, rule "All out"`,
	} {
		require.Equal(t, want, spacemap.Words(p.Decide(netip.MustParseAddr(addr))), addr)
	}
}

// full is a disk that is.
type full struct{}

var errFull = errors.New("no space left on device")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestMapsThatCannotBeWritten(t *testing.T) {
	m := spacemap.New(spacemap.Subject{})
	m.Blank()
	for _, write := range []func(io.Writer) error{m.PNG, m.SVG, m.HTML} {
		require.ErrorIs(t, write(full{}), errFull)
	}
}

// A tile of what no network has is seen through.
func TestTilesOfNothing(t *testing.T) {
	subject, sources := crowded(t, 1)
	tiles := tilesOf(t, subject, sources...)
	whole, err := tiles.View(spacemap.IPv6, spacemap.ByZone, spacemap.Place{})
	require.NoError(t, err)
	require.Greater(t, whole.Grid, 1)
	for _, by := range spacemap.Ways() {
		for zoom := whole.Grid - 1; zoom <= whole.Grid+1; zoom++ {
			last := 1<<zoom - 1
			picture := pictureOf(t, tiles, spacemap.Tile{Family: spacemap.IPv6, By: by, Zoom: zoom, X: last, Y: last})
			painted := 0
			for at := range 256 * 256 {
				if _, _, _, share := picture.At(at%256, at/256).RGBA(); share > 0 {
					painted++
				}
			}
			require.Zero(t, painted, by)
		}
	}
}
