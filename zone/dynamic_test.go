package zone_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/zone"
)

const (
	dynamic   = `"type":"DYNAMIC","name":"a",` + "\n"
	dynamicV2 = `"type":"DYNAMIC_V2","name":"a",` + "\n"
)

func TestDynamicErrors(t *testing.T) {
	for _, row := range []struct {
		name, body string
		want       string // position, code and path
	}{
		{"nothing", dynamic + `"locations":null`, "1:1 empty-zone"},
		{"all empty", dynamic + `"locations":[],"asns":[],"proxyType":""`, "1:1 empty-zone"},
		{"all empty, other spellings", dynamic + `"locations":{},"asns":"","proxyType":"null"`, "1:1 empty-zone"},
		{"V2 locations", dynamic + `"locations":{"include":[{"country":"US"}]}`, "3:13 wrong-shape /locations"},
		{"V2 exclude", dynamic + `"asns":["1"],"locations":{"include":[],"exclude":[{"country":"US"}]}`, "3:26 wrong-shape /locations"},
		{"V2 asns", dynamic + `"asns":{"include":["1"]}`, "3:8 wrong-shape /asns"},
		{"V2 categories", dynamic + `"asns":["1"],"ipServiceCategories":{"include":["NORD_VPN"]}`, "3:36 wrong-shape /ipServiceCategories"},
		{"gateways", dynamic + `"asns":["1"],"gateways":[{"type":"CIDR","value":"1.2.3.4/8"}]`, "3:25 wrong-shape /gateways"},
		{"proxies", dynamic + `"asns":["1"],"proxies":[{"type":"CIDR","value":"1.2.3.4/8"}]`, "3:24 wrong-shape /proxies"},
		{"number as locations", dynamic + `"locations":7`, "3:13 bad-type /locations"},
		{"string as asns", dynamic + `"asns":"15169"`, "3:8 bad-type /asns"},
		{"false as asns", dynamic + `"asns":false`, "3:8 bad-type /asns"},
		{"string as location", dynamic + `"locations":["US"]`, "3:14 bad-type /locations/0"},
		{"location without country", dynamic + `"locations":[{"region":"US-CA"}]`, "3:14 missing-country /locations/0"},
		{"null country", dynamic + `"locations":[{"country":null}]`, "3:25 missing-country /locations/0/country"},
		{"number as country", dynamic + `"locations":[{"country":1}]`, "3:25 bad-type /locations/0/country"},
		{"empty country", dynamic + `"locations":[{"country":""}]`, "3:25 bad-country /locations/0/country"},
		{"country in lower case", dynamic + `"locations":[{"country":"us"}]`, "3:25 bad-country /locations/0/country"},
		{"long country", dynamic + `"locations":[{"country":"USA"}]`, "3:25 bad-country /locations/0/country"},
		{"digit in country", dynamic + `"locations":[{"country":"A1"}]`, "3:25 bad-country /locations/0/country"},
		{"letters outside of ASCII", dynamic + `"locations":[{"country":"É"}]`, "3:25 bad-country /locations/0/country"},
		{"region in lower case", dynamic + `"locations":[{"country":"US","region":"US-ca"}]`, "3:39 bad-region /locations/0/region"},
		{"bare region in lower case", dynamic + `"locations":[{"country":"US","region":"ca"}]`, "3:39 bad-region /locations/0/region"},
		{"region of another country", dynamic + `"locations":[{"country":"US","region":"CA-ON"}]`, "3:39 bad-region /locations/0/region"},
		{"long region", dynamic + `"locations":[{"country":"US","region":"US-CALI"}]`, "3:39 bad-region /locations/0/region"},
		{"region without code", dynamic + `"locations":[{"country":"US","region":"US-"}]`, "3:39 bad-region /locations/0/region"},
		{"region with two codes", dynamic + `"locations":[{"country":"US","region":"US-C-A"}]`, "3:39 bad-region /locations/0/region"},
		{"region by name", dynamic + `"locations":[{"country":"US","region":"California"}]`, "3:39 bad-region /locations/0/region"},
		{"number as region", dynamic + `"locations":[{"country":"US","region":5}]`, "3:39 bad-type /locations/0/region"},
		{"unknown member in location", dynamic + `"locations":[{"country":"US","city":"LA"}]`, "3:30 unknown-key /locations/0/city"},
		{"country and its region", dynamic + `"locations":[{"country":"US"},` + "\n" + `{"country":"US","region":"US-CA"}]`, "4:1 overlapping-locations /locations/1"},
		{"region and its country", dynamic + `"locations":[{"country":"US","region":"CA"},` + "\n" + `{"country":"US","region":null}]`, "4:1 overlapping-locations /locations/1"},
		{"AS prefix", dynamic + `"asns":["AS15169"]`, "3:9 bad-asn /asns/0"},
		{"negative AS number", dynamic + `"asns":[-1]`, "3:9 bad-asn /asns/0"},
		{"AS number too large", dynamic + `"asns":[4294967296]`, "3:9 bad-asn /asns/0"},
		{"fraction as AS number", dynamic + `"asns":[1.0]`, "3:9 bad-asn /asns/0"},
		{"exponent in AS number", dynamic + `"asns":[1e3]`, "3:9 bad-asn /asns/0"},
		{"AS number with sign", dynamic + `"asns":["+1"]`, "3:9 bad-asn /asns/0"},
		{"AS number with zero first", dynamic + `"asns":["01"]`, "3:9 bad-asn /asns/0"},
		{"AS number with space", dynamic + `"asns":[" 1"]`, "3:9 bad-asn /asns/0"},
		{"empty AS number", dynamic + `"asns":[""]`, "3:9 bad-asn /asns/0"},
		{"null as AS number", dynamic + `"asns":[null]`, "3:9 bad-type /asns/0"},
		{"unknown proxyType", dynamic + `"proxyType":"any"`, "3:13 unknown-proxy-type /proxyType"},
		{"number as proxyType", dynamic + `"proxyType":1`, "3:13 bad-type /proxyType"},

		{"V2 nothing", dynamicV2 + `"locations":null`, "1:1 empty-zone"},
		{"V2 all empty", dynamicV2 + `"locations":{"include":[],"exclude":[]},"asns":{},"ipServiceCategories":{"include":null}`, "1:1 empty-zone"},
		{"V2 array as locations", dynamicV2 + `"locations":[{"country":"US"}]`, "3:13 wrong-shape /locations"},
		{"V2 array as asns", dynamicV2 + `"asns":["1"]`, "3:8 wrong-shape /asns"},
		{"V2 array as categories", dynamicV2 + `"ipServiceCategories":["NORD_VPN"]`, "3:23 wrong-shape /ipServiceCategories"},
		{"V2 with proxyType", dynamicV2 + `"asns":{"include":["1"]},"proxyType":"Any"`, "3:38 wrong-shape /proxyType"},
		{"V2 with gateways", dynamicV2 + `"asns":{"include":["1"]},"gateways":[{"type":"CIDR","value":"1.2.3.4/8"}]`, "3:37 wrong-shape /gateways"},
		{"V2 misspelt exclude", dynamicV2 + `"asns":{"include":["1"],"exclue":["2"]}`, "3:25 unknown-key /asns/exclue"},
		{"V2 string as include", dynamicV2 + `"asns":{"include":"1"}`, "3:19 bad-type /asns/include"},
		{"V2 string as asns", dynamicV2 + `"asns":"1"`, "3:8 bad-type /asns"},
		{"V2 bad AS number", dynamicV2 + `"asns":{"exclude":["x"]}`, "3:20 bad-asn /asns/exclude/0"},
		{"V2 number as category", dynamicV2 + `"ipServiceCategories":{"include":[1]}`, "3:35 bad-type /ipServiceCategories/include/0"},
		{"V2 overlap in exclude", dynamicV2 + `"locations":{"exclude":[{"country":"US"},` + "\n" + `{"country":"US","region":"CA"}]}`, "4:1 overlapping-locations /locations/exclude/1"},
	} {
		t.Run(row.name, func(t *testing.T) { bothStatuses(t, row.body, row.want) })
	}
}

func TestDynamicWarnings(t *testing.T) {
	for _, row := range []struct {
		name, body string
		want       []string
	}{
		{"other shapes, empty", dynamic + `"asns":["1"],"locations":{"include":[],"exclude":[]},"ipServiceCategories":{},"gateways":null,"proxies":[]`, nil},
		{"V2 other shapes, empty", dynamicV2 + `"asns":{"include":["1"]},"locations":[],"ipServiceCategories":"","proxyType":"","gateways":null`, nil},
		{"V2 proxyType null as a string", dynamicV2 + `"asns":{"include":["1"]},"proxyType":"null"`, nil},
		{"V2 misspelt and empty", dynamicV2 + `"asns":{"include":["1"],"exclue":[]}`, []string{"3:25 warning unknown-key /asns/exclue"}},
		{"V2 unknown and empty object", dynamicV2 + `"asns":{"include":["1"]},"locations":{"x":{}}`, []string{"3:39 warning unknown-key /locations/x"}},
		{"unknown and empty in location", dynamic + `"locations":[{"country":"US","city":""}]`, []string{"3:30 warning unknown-key /locations/0/city"}},
		{"same country twice", dynamic + `"locations":[{"country":"US"},` + "\n" + `{"country":"US"}]`, []string{"4:1 warning duplicate-location /locations/1"}},
		{"same region twice", dynamic + `"locations":[{"country":"US","region":"CA"},` + "\n" + `{"country":"US","region":"US-CA"}]`, []string{"4:1 warning duplicate-location /locations/1"}},
		{"two regions of a country", dynamic + `"locations":[{"country":"US","region":"CA"},{"country":"US","region":"NY"}]`, nil},
		{"included country, excluded region", dynamicV2 + `"locations":{"include":[{"country":"US"}],"exclude":[{"country":"US","region":"CA"}]}`, nil},
		{"codes outside of ISO that databases have", dynamic + `"locations":[{"country":"EU"},{"country":"AP"},{"country":"XK"}]`, nil},
		{"UK", dynamic + `"locations":[{"country":"UK"}]`, []string{"3:25 warning not-iso-country /locations/0/country"}},
		{"unknown category", dynamicV2 + `"ipServiceCategories":{"include":["FUTURE_CATEGORY"],"exclude":["NORDVPN"]}`, []string{
			"3:35 warning unknown-category /ipServiceCategories/include/0", "3:65 warning unknown-category /ipServiceCategories/exclude/0"}},
		{"category in lower case", dynamicV2 + `"ipServiceCategories":{"include":["all_anonymizers"],"exclude":["Nord_Vpn"]}`, nil},
		{"aggregate that nobody knows", dynamicV2 + `"ipServiceCategories":{"include":["ALL_ANONYMISERS"]}`, []string{"3:35 warning unknown-category /ipServiceCategories/include/0"}},
		{"categories added since", dynamicV2 + `"ipServiceCategories":{"include":["PERIMETER81_VPN","PROXYLINE_PROXY","VIGOR_SSL_VPN"]}`, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			zones, err := okta("ACTIVE", row.body)
			require.Equal(t, row.want, report(zones.Warnings, err))
		})
	}
	zones, err := okta("INACTIVE", dynamicV2+`"ipServiceCategories":{"include":["FUTURE_CATEGORY"]}`)
	require.Equal(t, []string{"3:35 warning unknown-category /ipServiceCategories/include/0"}, report(zones.Warnings, err))
	lower := active(t, dynamicV2+`"ipServiceCategories":{"include":["all_anonymizers"]}`)
	require.Equal(t, []string{"ALL_ANONYMIZERS"}, zone.ValuesOf(lower.Categories.Include), "letter case means nothing")
	require.Equal(t, []string{"FUTURE_CATEGORY"}, zone.ValuesOf(zones.Zones[0].Categories.Include), "an unknown category still counts")
}

func TestDynamicZone(t *testing.T) {
	z := active(t, dynamic+
		`"locations":[{"country":"US","region":"US-CA"},{"country":"US","region":"NY"},{"country":"FR","region":null},
{"country":"DE","region":""},{"country":"GB","region":"ENG"},{"country":"CH","region":"CH-7"}],"asns":["0","4294967295",64496]`)
	require.Equal(t, zone.Dynamic, z.Type)
	require.Equal(t, []zone.Place{{"US", "US-CA"}, {"US", "US-NY"}, {"FR", ""}, {"DE", ""}, {"GB", "GB-ENG"}, {"CH", "CH-7"}}, zone.ValuesOf(z.Locations.Include))
	require.Equal(t, []uint32{0, 4294967295, 64496}, zone.ValuesOf(z.ASNs.Include))
	require.Equal(t, zone.Position{File: "z.json", Line: 4, Column: 103, Path: "/asns"}, z.ASNs.Position)
	require.Equal(t, zone.Position{File: "z.json", Line: 4, Column: 1, Path: "/locations/3"}, z.Locations.Include[3].Position)
	require.True(t, z.ASNs.Defined())
	require.Zero(t, z.Categories.Position, "it has none")
	require.False(t, z.Categories.Defined())
	require.Equal(t, zone.ProxyUnset, z.Proxy)
}

func TestDynamicV2Zone(t *testing.T) {
	z := active(t, dynamicV2+`"locations":{"include":[{"country":"US"}],"exclude":[{"country":"US","region":"CA"}]},
"asns":{"exclude":["64496"]},"ipServiceCategories":{"include":["ALL_IP_SERVICES"],"exclude":["SURFSHARK_VPN"]}`)
	require.Equal(t, zone.DynamicV2, z.Type)
	require.Equal(t, []zone.Place{zone.Place{"US", ""}}, zone.ValuesOf(z.Locations.Include))
	require.Equal(t, []zone.Place{zone.Place{"US", "US-CA"}}, zone.ValuesOf(z.Locations.Exclude))
	require.Equal(t, []uint32{64496}, zone.ValuesOf(z.ASNs.Exclude))
	require.Empty(t, z.ASNs.Include)
	require.Equal(t, zone.Position{File: "z.json", Line: 4, Column: 8, Path: "/asns"}, z.ASNs.Position)
	require.Equal(t, zone.Position{File: "z.json", Line: 4, Column: 20, Path: "/asns/exclude/0"}, z.ASNs.Exclude[0].Position)
	require.True(t, z.ASNs.Defined(), "an exclude alone constrains")
	require.Equal(t, []string{"ALL_IP_SERVICES"}, zone.ValuesOf(z.Categories.Include))
	require.Equal(t, []string{"SURFSHARK_VPN"}, zone.ValuesOf(z.Categories.Exclude))
}

// TestProxyTypes are the spellings of Okta's API, of its documentation and of
// its OpenAPI document.
func TestProxyTypes(t *testing.T) {
	for text, want := range map[string]zone.ProxyType{
		`null`: zone.ProxyUnset, `""`: zone.ProxyUnset, `"null"`: zone.ProxyUnset,
		`"Any"`: zone.AnyAnonymizer, `"ANY"`: zone.AnyAnonymizer,
		`"Tor"`: zone.TorAnonymizer, `"TorAnonymizer"`: zone.TorAnonymizer,
		`"NotTorAnonymizer"`: zone.NotTorAnonymizer,
	} {
		z := active(t, dynamic+`"asns":["1"],"proxyType":`+text)
		require.Equal(t, want, z.Proxy, text)
		require.Contains(t, string(z.Text), text, "the spelling is kept")
	}
	require.Equal(t, zone.TorAnonymizer, active(t, dynamic+`"proxyType":"Tor"`).Proxy, "enough to define a zone")
}

// TestUntypedInactiveZone: what an INACTIVE zone of a type that we do not know
// holds is kept in whatever shape it has.
func TestUntypedInactiveZone(t *testing.T) {
	zones, err := okta("INACTIVE", `"type":"DYNAMIC_V3","name":"a","locations":{"exclude":[{"country":"US"}]},"asns":["1"],"gateways":[{"type":"RANGE","value":"::1"}]`)
	require.Equal(t, []string{"2:8 warning unknown-type /type"}, report(zones.Warnings, err))
	z := zones.Zones[0]
	require.Equal(t, zone.Type("DYNAMIC_V3"), z.Type)
	require.Equal(t, []zone.Place{{"US", ""}}, zone.ValuesOf(z.Locations.Exclude))
	require.Equal(t, []uint32{1}, zone.ValuesOf(z.ASNs.Include))
	require.Len(t, z.Gateways, 1)
}

// TestLimits: each documented limit is a warning, and only beyond it.
func TestLimits(t *testing.T) {
	list := func(n int, entry string) string {
		return "[" + strings.TrimSuffix(strings.Repeat(entry+",", n), ",") + "]"
	}
	entry := `{"type":"RANGE","value":"1.2.3.4"}`
	for _, row := range []struct {
		name  string
		limit int
		body  func(n int) string
		want  string
	}{
		{"gateways", 150, func(n int) string { return `"type":"IP","name":"a",` + "\n" + `"gateways":` + list(n, entry) }, "3:12 warning over-limit /gateways"},
		{"proxies", 150, func(n int) string { return `"type":"IP","name":"a",` + "\n" + `"proxies":` + list(n, entry) }, "3:11 warning over-limit /proxies"},
		{"blocklist gateways", 1_000, func(n int) string {
			return `"usage":"BLOCKLIST","type":"IP","name":"a",` + "\n" + `"gateways":` + list(n, entry)
		}, "3:12 warning over-limit /gateways"},
		{"system gateways", 5_000, func(n int) string {
			return `"system":true,"type":"IP","name":"a",` + "\n" + `"gateways":` + list(n, entry)
		}, "3:12 warning over-limit /gateways"},
		{"system proxies", 5_000, func(n int) string {
			return `"system":true,"type":"IP","name":"a",` + "\n" + `"proxies":` + list(n, entry)
		}, "3:11 warning over-limit /proxies"},
		{"asns", 75, func(n int) string { return dynamic + `"asns":` + list(n, `"1"`) }, "3:8 warning over-limit /asns"},
		{"V2 asns", 75, func(n int) string { return dynamicV2 + `"asns":{"exclude":` + list(n, `"1"`) + `}` }, "3:19 warning over-limit /asns/exclude"},
		{"categories", 75, func(n int) string {
			return dynamicV2 + `"ipServiceCategories":{"include":` + list(n, `"NORD_VPN"`) + `}`
		}, "3:34 warning over-limit /ipServiceCategories/include"},
		{"locations", 75, func(n int) string { return dynamic + `"locations":[` + strings.Join(countries(n), ",") + `]` }, "3:13 warning over-limit /locations"},
		{"name", 128, func(n int) string {
			return `"gateways":[` + entry + `],"type":"IP",` + "\n" + `"name":"` + strings.Repeat("é", n) + `"`
		}, "3:8 warning over-limit /name"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, status := range []string{"ACTIVE", "INACTIVE"} {
				zones, err := okta(status, row.body(row.limit))
				require.NotContains(t, report(zones.Warnings, err), row.want)
				zones, err = okta(status, row.body(row.limit+1))
				require.Contains(t, report(zones.Warnings, err), row.want)
			}
		})
	}
}

// many is a document of n zones with as many entries each.
func many(n, entries int, more string) []byte {
	var zones []string
	for i := range n {
		list := strings.TrimSuffix(strings.Repeat(`{"type":"RANGE","value":"::1"},`, entries), ",")
		zones = append(zones, fmt.Sprintf(`{"type":"IP","name":"z%d"%s,"gateways":[%s]}`, i, more, list))
	}
	return []byte("[" + strings.Join(zones, ",") + "]")
}

func TestDocumentLimits(t *testing.T) {
	for _, row := range []struct {
		name string
		text []byte
		want []string
	}{
		{"100 zones", many(100, 1, ""), nil},
		{"101 zones", many(101, 1, ""), []string{"1:1 warning over-limit"}},
		{"25,000 entries", many(5, 5_000, `,"system":true`), nil},
		{"19 zones", many(19, 1, ""), nil},
		{"20 zones", many(20, 1, ""), []string{"1:1 warning first-page"}},
		{"21 zones", many(21, 1, ""), nil},
		{"20 zones with system zones", many(20, 1, `,"system":true`), nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			zones, err := zone.ParseOkta("", row.text)
			require.Equal(t, row.want, report(zones.Warnings, err))
		})
	}
	zones, err := zone.ParseOkta("", many(26, 1_000, `,"usage":"BLOCKLIST"`))
	require.Equal(t, []string{"1:1 warning over-limit"}, report(zones.Warnings, err))
	require.Regexp(t, "26000 gateways and proxies over all IP zones; Okta allows 25000$", message(t, "over-limit", zones.Warnings, err))
	zones, err = okta("ACTIVE", `"type":"IP","gateways":[{"type":"RANGE","value":"::1"}],"name":"`+strings.Repeat("é", 129)+`"`)
	require.Regexp(t, "the name has 129 characters; Okta allows 128$", message(t, "over-limit", zones.Warnings, err))

	zones, err = zone.ParseOkta("", many(20, 1, ""))
	require.Contains(t, message(t, "first-page", zones.Warnings, err), `rel="next"`)
	zones, err = zone.ParseOkta("", []byte(`[]`))
	require.NoError(t, err)
	require.Empty(t, zones.Zones)
	require.Empty(t, zones.Warnings)
}
