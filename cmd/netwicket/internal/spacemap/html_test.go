package spacemap_test

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"image/color"
	"image/png"
	"io"
	"math/big"
	"math/rand/v2"
	"net/netip"
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
	"github.com/netwicket/netwicket/zone"
)

// wellFormed reads all of an XML document and gives the text of the elements with
// an id.
func wellFormed(t *testing.T, text []byte) map[string]string {
	t.Helper()
	byID := map[string]string{}
	decoder := xml.NewDecoder(bytes.NewReader(text))
	var open []string
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		switch token := token.(type) {
		case xml.StartElement:
			id := ""
			for _, attribute := range token.Attr {
				if attribute.Name.Local == "id" {
					id = attribute.Value
				}
			}
			open = append(open, id)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 && open[len(open)-1] != "" {
				byID[open[len(open)-1]] += string(token)
			}
		}
	}
	require.Empty(t, open)
	return byID
}

// hostileName would end the element, the attribute or the script it stands in.
const hostileName = "</title></script><script>alert(1)</script>\" ' ]]> {{script}} \x00 \xff \u2028"

func TestSVG(t *testing.T) {
	p, config := policy(t, 7)
	var out bytes.Buffer
	require.NoError(t, spacemap.New(spacemap.Subject{Name: hostileName, Policy: p, Config: config}).SVG(&out))
	wellFormed(t, out.Bytes())
	require.Contains(t, out.String(), p.Info().Fingerprint)
	require.NotContains(t, out.String(), "<script")
	images := regexp.MustCompile(`data:image/png;base64,([^"]*)"`).FindAllStringSubmatch(out.String(), -1)
	require.Len(t, images, 2)
	for i, side := range []int{1024, 512} {
		content, err := base64.StdEncoding.DecodeString(images[i][1])
		require.NoError(t, err)
		picture, err := png.Decode(bytes.NewReader(content))
		require.NoError(t, err)
		require.Equal(t, side, picture.Bounds().Dx())
	}
	for block := range 256 {
		require.Contains(t, out.String(), ">"+big.NewInt(int64(block)).String()+"</text>")
	}
}

// page is an HTML map, decoded independently of how it was encoded.
type page struct {
	Outcomes []struct {
		After, Before, Change, Ground string
		Mixed                         []int
	}
	Countries []string
	Merged    [2]int
	ranges    [2]list // of IPv4 and IPv6
	countries [2]list
}

type list struct {
	first []*big.Int
	what  []uint64
}

func readPage(t *testing.T, text []byte) page {
	t.Helper()
	byID := wellFormed(t, text)
	var p page
	require.NoError(t, json.Unmarshal([]byte(byID["map-data"]), &p))
	packed, err := base64.StdEncoding.DecodeString(byID["map-ranges"])
	require.NoError(t, err)
	data, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	require.NoError(t, err)
	varint := func() *big.Int {
		value := new(big.Int)
		for shift := uint(0); ; shift += 7 {
			octet := data[0]
			data = data[1:]
			value.Or(value, new(big.Int).Lsh(big.NewInt(int64(octet&127)), shift))
			if octet < 128 {
				return value
			}
		}
	}
	for _, l := range []*list{&p.ranges[0], &p.ranges[1], &p.countries[0], &p.countries[1]} {
		count := int(varint().Int64())
		for range count {
			l.what = append(l.what, varint().Uint64())
		}
		shifts := data[:count]
		data = data[count:]
		at := new(big.Int)
		for _, shift := range shifts {
			distance := varint()
			require.True(t, distance.Sign() == 0 || distance.Bit(0) == 1, "a distance is as short as can be")
			at = new(big.Int).Add(at, new(big.Int).Lsh(distance, uint(shift)))
			l.first = append(l.first, at)
		}
	}
	require.Empty(t, data)
	return p
}

func (l *list) at(addr netip.Addr) uint64 {
	n := new(big.Int).SetBytes(addr.AsSlice())
	i, found := slices.BinarySearchFunc(l.first, n, (*big.Int).Cmp)
	if !found {
		i--
	}
	return l.what[i]
}

// The page knows the decision and the country of every address.
func TestHTMLRangesAreExact(t *testing.T) {
	for seed := range uint64(2) {
		p, config := policy(t, seed)
		var out bytes.Buffer
		require.NoError(t, spacemap.New(spacemap.Subject{Name: hostileName, Policy: p, Config: config}).HTML(&out))
		page := readPage(t, out.Bytes())
		for _, l := range []list{page.ranges[0], page.ranges[1], page.countries[0], page.countries[1]} {
			require.Zero(t, l.first[0].Sign(), "the ranges begin with the first address")
			for i := 1; i < len(l.first); i++ {
				if l.first[i].Cmp(l.first[i-1]) <= 0 || l.what[i] == l.what[i-1] {
					t.Fatalf("seed %d: range %d does not begin behind the one before, or is the same", seed, i)
				}
			}
		}
		require.Less(t, page.ranges[0].first[len(page.ranges[0].first)-1].BitLen(), 33)
		random := rand.New(rand.NewPCG(seed, 9))
		var edges []netip.Addr
		for r := range p.Ranges() {
			edges = append(edges, r.From(), r.To())
		}
		for i := range 3000 {
			addr := [2]netip.Addr{address4(random), address6(random)}[i%2]
			if i%3 == 0 {
				addr = edges[random.IntN(len(edges))]
			}
			family := 0
			if addr.Is6() {
				family = 1
			}
			d := p.Decide(addr)
			on := page.Outcomes[page.ranges[family].at(addr)]
			if got := on.After; on.Ground != "mapped" && got != spacemap.Words(d) && !netip.MustParsePrefix("2001::/32").Contains(addr) && !netip.MustParsePrefix("64:ff9b:1::/48").Contains(addr) {
				t.Fatalf("seed %d: %v is %q on the page and decided %q", seed, addr, got, spacemap.Words(d))
			}
			if got, want := page.Countries[page.countries[family].at(addr)], config.Geo.Lookup(addr).Country; got != want && !repeatsIPv4(addr) {
				t.Fatalf("seed %d: %v is in %q on the page and in %q", seed, addr, got, want)
			}
		}
		require.True(t, page.Outcomes[page.ranges[1].at(netip.MustParseAddr("::ffff:1.2.3.4"))].Ground == "mapped")
	}
}

// repeatsIPv4: of 6to4 the page does not tell the country.
func repeatsIPv4(addr netip.Addr) bool { return netip.MustParsePrefix("2002::/16").Contains(addr) }

// A database that repeats IPv4 does not change what lies between and behind. Of 6to4 the
// page says nothing.
func TestHTMLCountriesAroundAliases(t *testing.T) {
	record := func(code string) mmdbtest.Map { return mmdbtest.Map{"country": mmdbtest.Map{"iso_code": code}} }
	for name, networks := range map[string][]mmdbtest.Network{
		"unknown before":    {{Prefix: "2001:1::/32", Record: record("FR")}, {Prefix: "2003::/16", Record: record("US")}, {Prefix: "2a00::/12", Record: record("GB")}},
		"known before":      {{Prefix: "2001:8000::/17", Record: record("FR")}, {Prefix: "2003:8000::/17", Record: record("US")}},
		"what is behind":    {{Prefix: "2001:8000::/17", Record: record("FR")}, {Prefix: "2003::/16", Record: record("FR")}},
		"nothing is behind": {{Prefix: "2001:1::/32", Record: record("GB")}},
	} {
		content, err := mmdbtest.File{Type: "Test-Country", Built: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Aliases: true, Networks: append(networks,
			mmdbtest.Network{Prefix: "0.0.0.0/2", Record: record("DE")}, mmdbtest.Network{Prefix: "192.0.0.0/2", Record: record("FR")})}.Bytes()
		require.NoError(t, err)
		table, err := geo.Load(geo.Source{File: "country.mmdb", Data: content})
		require.NoError(t, err)
		requireCountries(t, name, table)
	}
	// Of a table the last edge of which is in 6to4, what it says goes on behind.
	table, err := geo.Load(geo.Source{File: "x.csv", Data: []byte("network,country,region,asn,anonymizer,services\n2000::/3,DE,,,,\n2002:1::/32,FR,,,,\n")})
	require.NoError(t, err)
	requireCountries(t, "corrections", table)
	_, own, _ := policyAndSource(t, 1)
	requireCountries(t, "any", own.Geo)
}

func requireCountries(t *testing.T, name string, table *geo.Table) {
	t.Helper()
	network, err := zone.ParseSailPoint("network.json", []byte(`{}`))
	require.NoError(t, err)
	config := decide.Config{SailPoint: &network, Geo: table}
	p, err := decide.Compile(config)
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, spacemap.New(spacemap.Subject{Policy: p, Config: config}).HTML(&out))
	page := readPage(t, out.Bytes())
	for _, text := range []string{"64:ff9b::", "1::", "2000::", "2000:ffff::", "2001:1::", "2001:1:ffff::", "2001:2::", "2001:ffff::", "2003::", "2003:7fff::", "2003:8000::", "2003:ffff::", "2004::", "2a00::1", "2a10::", "3fff:ffff::", "4000::", "ffff::"} {
		addr := netip.MustParseAddr(text)
		require.Equal(t, table.Lookup(addr).Country, page.Countries[page.countries[1].at(addr)], "%s: %s", name, text)
	}
	first := new(big.Int).SetBytes(netip.MustParseAddr("2002::").AsSlice())
	behind := new(big.Int).SetBytes(netip.MustParseAddr("2003::").AsSlice())
	begin := 0
	for i, at := range page.countries[1].first {
		if at.Cmp(first) >= 0 && at.Cmp(behind) < 0 {
			begin++
			require.Empty(t, page.Countries[page.countries[1].what[i]], "%s: nothing is said of 6to4", name)
		}
	}
	require.LessOrEqual(t, begin, 1, name)
	seen := slices.Clone(page.Countries)
	slices.Sort(seen)
	require.Equal(t, len(seen), len(slices.Compact(seen)), "%s: each country has one number", name)
	for _, l := range page.countries {
		for i := 1; i < len(l.first); i++ {
			require.NotEqual(t, l.what[i-1], l.what[i], "%s: neighbours differ", name)
		}
	}
}

// Distances of more than half an address are told to the last bit.
func TestHTMLDistances(t *testing.T) {
	config := decide.Config{SailPoint: &zone.NetworkConfig{Range: entriesOf("2600::/128", "2600:0:0:1::2/128", "2600:0:0:3::/64", "2600:1:0:3::7f/128", "2600:8000::/17")}}
	p, err := decide.Compile(config)
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, spacemap.New(spacemap.Subject{Policy: p, Config: config}).HTML(&out))
	page := readPage(t, out.Bytes())
	for r, d := range p.Ranges() {
		if r.From().Is6() && !leftOut(r.From()) && !repeatsIPv4(r.From()) {
			for _, addr := range []netip.Addr{r.From(), r.To()} {
				require.Equal(t, spacemap.Words(d), page.Outcomes[page.ranges[1].at(addr)].After, addr)
			}
		}
	}
}

func TestHTMLIsSelfContained(t *testing.T) {
	before, oldConfig := policy(t, 4)
	p, config := policy(t, 7)
	for name, subject := range map[string]spacemap.Subject{
		"one":  {Name: hostileName, Policy: p, Config: config},
		"two":  {Name: hostileName, OldName: hostileName, Policy: p, Config: config, Compare: true, Old: before, OldConfig: oldConfig},
		"bare": {Name: "bare", Policy: p},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, spacemap.New(subject).HTML(&out))
			text := strings.NewReplacer(`xmlns="http://www.w3.org/1999/xhtml"`, "").Replace(out.String())
			require.NotRegexp(t, `https?:|//[a-z]+\.|src=|url\(|@import`, text)
			require.NotContains(t, text, "alert(1)</script>")
			require.Equal(t, 4, strings.Count(text, "<script"), "data, ranges and the page's own two")
			page := readPage(t, out.Bytes())
			require.Equal(t, subject.Config.Geo == nil, page.Countries == nil)
			require.NotEmpty(t, page.Outcomes)
		})
	}
}

// By day and by night, text has the contrast that WCAG 2 asks for at level AA, and
// so have the edges of fields.
func TestPageContrast(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, spacemap.New(spacemap.Subject{}).HTML(&out))
	themes := regexp.MustCompile(`:root \{ ([^}]*)\}`).FindAllStringSubmatch(out.String(), -1)
	require.Len(t, themes, 2)
	for _, theme := range themes {
		light := map[string]float64{}
		for _, found := range regexp.MustCompile(`--([a-z]+): #([0-9a-f]{6});`).FindAllStringSubmatch(theme[1], -1) {
			n, err := strconv.ParseUint(found[2], 16, 32)
			require.NoError(t, err)
			light[found[1]] = luminance(color.RGBA{R: uint8(n >> 16), G: uint8(n >> 8), B: uint8(n), A: 255})
		}
		for _, pair := range []struct {
			front, ground string
			least         float64
		}{
			{"ink", "paper", 4.5}, {"faint", "paper", 4.5}, {"ink", "field", 4.5}, {"ink", "button", 4.5},
			{"edge", "paper", 3}, {"focus", "paper", 3},
		} {
			a, b := light[pair.front], light[pair.ground]
			require.GreaterOrEqual(t, (max(a, b)+0.05)/(min(a, b)+0.05), pair.least, "%s on %s in %s", pair.front, pair.ground, theme[1])
		}
	}
}
