package zone_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/zone"
)

// okta parses one zone whose status stands alone in line 1, so that positions
// in body do not depend on it. body begins in line 2, column 1.
func okta(status, body string) (zone.Zones, error) {
	return zone.ParseOkta("z.json", []byte(`{"status":"`+status+"\",\n"+body+"}"))
}

// active is okta for an ACTIVE zone that must parse.
func active(t *testing.T, body string) zone.Zone {
	t.Helper()
	zones, err := okta("ACTIVE", body)
	require.NoError(t, err)
	require.Len(t, zones.Zones, 1)
	return zones.Zones[0]
}

const filled = `"type":"IP","name":"a","gateways":[{"type":"RANGE","value":"1.2.3.4"}]`

// TestZoneErrors: what is wrong with a zone is an error while it is ACTIVE and
// the same finding as a warning while it is INACTIVE.
// Okta, Zones API: https://developer.okta.com/docs/api/openapi/okta-management/management/tag/NetworkZone/
func TestZoneErrors(t *testing.T) {
	for _, row := range []struct {
		name, body string
		want       string // position, code and path
	}{
		{"no type", `"name":"a","gateways":[]`, "1:1 missing-type"},
		{"null type", `"type":null,"name":"a"`, "2:8 missing-type /type"},
		{"empty type", `"type":"","name":"a"`, "2:8 missing-type /type"},
		{"unknown type", `"type":"GEO","name":"a"`, "2:8 unknown-type /type"},
		{"type in lower case", `"type":"ip","name":"a"`, "2:8 unknown-type /type"},
		{"number as type", `"type":1,"name":"a"`, "2:8 bad-type /type"},
		{"no name", `"type":"IP","gateways":[{"type":"RANGE","value":"1.2.3.4"}]`, "1:1 missing-name"},
		{"null name", filled[:11] + `,"name":null,"gateways":[{"type":"RANGE","value":"1.2.3.4"}]`, "2:20 missing-name /name"},
		{"empty name", filled[:11] + `,"name":"","gateways":[{"type":"RANGE","value":"1.2.3.4"}]`, "2:20 missing-name /name"},
		{"number as name", filled[:11] + `,"name":7,"gateways":[{"type":"RANGE","value":"1.2.3.4"}]`, "2:20 bad-type /name"},
		{"number as id", filled + `,"id":7`, "2:77 bad-type /id"},
		{"string as system", filled + `,"system":"true"`, "2:81 bad-type /system"},
		{"string as useAsExemptList", filled + `,"useAsExemptList":"true"`, "2:90 bad-type /useAsExemptList"},
		{"object as gateways", `"type":"IP","name":"a","gateways":{"type":"RANGE","value":"1.2.3.4"}`, "2:35 bad-type /gateways"},
		{"empty string as gateways", `"type":"IP","name":"a","proxies":"",` + "\n" + `"gateways":[{"type":"RANGE","value":"1.2.3.4"}]`, "2:34 bad-type /proxies"},
		{"string as entry", gateway(`"1.2.3.4"`), "3:1 bad-type /gateways/0"},
		{"null as entry", gateway(`null`), "3:1 bad-type /gateways/0"},
		{"entry without type", gateway(`{"value":"1.2.3.4"}`), "3:1 missing-entry-type /gateways/0"},
		{"entry with null type", gateway(`{"type":null,"value":"1.2.3.4"}`), "3:9 missing-entry-type /gateways/0/type"},
		{"entry of unknown type", gateway(`{"type":"cidr","value":"1.2.3.4/8"}`), "3:9 unknown-entry-type /gateways/0/type"},
		{"number as entry type", gateway(`{"type":1,"value":"1.2.3.4/8"}`), "3:9 bad-type /gateways/0/type"},
		{"entry without value", gateway(`{"type":"CIDR"}`), "3:1 missing-value /gateways/0"},
		{"number as value", gateway(`{"type":"CIDR","value":1}`), "3:24 bad-type /gateways/0/value"},
		{"unknown member in entry", gateway(`{"type":"RANGE","value":"1.2.3.4","vaule":"1.2.3.5"}`), "3:35 unknown-key /gateways/0/vaule"},

		{"locations in IP zone", filled + ",\n" + `"locations":[{"country":"US"}]`, "3:13 wrong-shape /locations"},
		{"asns in IP zone", filled + ",\n" + `"asns":["1"]`, "3:8 wrong-shape /asns"},
		{"categories in IP zone", filled + ",\n" + `"ipServiceCategories":{"include":["NORD_VPN"]}`, "3:23 wrong-shape /ipServiceCategories"},
		{"proxyType in IP zone", filled + ",\n" + `"proxyType":"Any"`, "3:13 wrong-shape /proxyType"},
	} {
		t.Run(row.name, func(t *testing.T) { bothStatuses(t, row.body, row.want) })
	}
}

func gateway(entry string) string {
	return `"type":"IP","name":"a","gateways":[` + "\n" + entry + "]"
}

// bothStatuses checks that a zone has one finding, an error if ACTIVE, a
// warning if INACTIVE, and that the INACTIVE zone stays in the list.
func bothStatuses(t *testing.T, body, want string) {
	t.Helper()
	position, rest, _ := strings.Cut(want, " ")
	zones, err := okta("ACTIVE", body)
	require.Contains(t, report(zones.Warnings, err), position+" error "+rest)
	require.Len(t, report(nil, err), 1, "exactly one error")

	zones, err = okta("INACTIVE", body)
	require.NoError(t, err)
	require.Contains(t, report(zones.Warnings, nil), position+" warning "+rest)
	require.Len(t, zones.Zones, 1)
	require.False(t, zones.Zones[0].Active)
}

// TestAlwaysErrors are errors on an INACTIVE zone as well.
func TestAlwaysErrors(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       []string
	}{
		{"unknown status", `{"status":"PENDING",` + filled + `}`, []string{"1:11 error unknown-status /status"}},
		{"empty status", `{"status":"",` + filled + `}`, []string{"1:11 error unknown-status /status"}},
		{"boolean as status", `{"status":true,` + filled + `}`, []string{"1:11 error unknown-status /status"}},
		{"unknown usage", `{"status":"INACTIVE","usage":"BLACKLIST",` + filled + `}`, []string{"1:30 error unknown-usage /usage"}},
		{"usage in lower case", `{"status":"INACTIVE","usage":"policy",` + filled + `}`, []string{"1:30 error unknown-usage /usage"}},
		{"empty usage", `{"status":"INACTIVE","usage":"",` + filled + `}`, []string{"1:30 error unknown-usage /usage"}},
		{"duplicate key", `{"status":"INACTIVE","status":"ACTIVE",` + filled + `}`, []string{"1:22 error duplicate-key /status"}},
		{"duplicate id", `[{"id":"x","status":"INACTIVE",` + filled + `},` + "\n" + `{"id":"x","status":"INACTIVE","type":"IP","name":"b","gateways":[{"type":"RANGE","value":"1.2.3.4"}]}]`,
			[]string{"2:7 error duplicate-id /1/id"}},
		{"string among zones", "[\n" + `"zone",` + "\n" + `null]`, []string{"2:1 error bad-type /0", "3:1 error bad-type /1"}},
		{"string as document", `"zones"`, []string{"1:1 error bad-type"}},
		{"number as document", ` 7`, []string{"1:2 error bad-type"}},
		{"null as document", `null`, []string{"1:1 error bad-type"}},
		{"no document", "", []string{"1:1 error bad-json"}},
		{"cut document", `[{"type":"IP"`, []string{"1:14 error bad-json"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			zones, err := zone.ParseOkta("z.json", []byte(row.text))
			require.Equal(t, row.want, report(zones.Warnings, err))
		})
	}
}

// TestAllErrorsAtOnce: one run reports what is wrong anywhere, in order, also
// what a Go error would not show for length.
func TestAllErrorsAtOnce(t *testing.T) {
	zones, err := zone.ParseOkta("z.json", []byte(`[
{"type":"IP","name":"a","status":"ON","gateways":[{"type":"CIDR","value":"1.2.3.4"},{"type":"RANGE","value":"x"}]},
7,
{"type":"DYNAMIC","name":"b","asns":["AS1"],"name":"c"},
{"name":"d","gateways":[{"type":"CIDR","value":"1.2.3.4/99"}],"locations":[{"country":"us"}],"asns":{"include":["x"]},"proxyType":"X"},
{"type":"IP","status":"INACTIVE","name":"e","gateways":[{"type":"CIDR","value":"1.2.3.4/99"},{"type":"CIDR","value":"1.2.3.4/32"}]}]`))
	require.Equal(t, []string{
		"2:34 error unknown-status /0/status",
		"2:74 error bad-cidr /0/gateways/0/value",
		"2:109 error bad-range /0/gateways/1/value",
		"3:1 error bad-type /1",
		"4:38 error bad-asn /2/asns/0",
		"4:45 error duplicate-key /2/name",
		"5:1 error missing-type /3",
		"5:48 error bad-cidr /3/gateways/0/value",
		"5:87 error bad-country /3/locations/0/country",
		"5:113 error bad-asn /3/asns/include/0",
		"5:131 error unknown-proxy-type /3/proxyType",
		"6:80 warning bad-cidr /4/gateways/0/value",
	}, report(zones.Warnings, err))
	last := zones.Zones[len(zones.Zones)-1]
	require.Equal(t, []string{"1.2.3.4/32=1.2.3.4-1.2.3.4"}, ranges(last.Gateways), "what could be read of an INACTIVE zone stays")

	many := `{"type":"IP","name":"a","gateways":[` + strings.Repeat(`{"type":"CIDR","value":"x"},`, 49) + `{}]}`
	zones, err = zone.ParseOkta("", []byte(many))
	require.Len(t, report(nil, err), 51)
	require.Contains(t, err.Error(), "and 31 more")
	require.Empty(t, zones.Warnings)
}

func TestZoneFields(t *testing.T) {
	z := active(t, `"type":"IP","id":"nzo1","name":"HQ","usage":"POLICY","system":true,"created":"x","_links":{"self":{}},"new":[1],
"gateways":[{"type":"CIDR","value":"1.2.3.4/24"},{"type":"RANGE","value":"1.2.3.4"}],
"proxies":[{"value":"2001:db8::1 - 2001:db8::ff","type":"RANGE"}]`)
	require.Equal(t, "nzo1", z.ID)
	require.Equal(t, "nzo1", z.Key())
	require.Equal(t, "HQ", z.Name)
	require.Equal(t, zone.IP, z.Type)
	require.True(t, z.Active)
	require.True(t, z.System)
	require.False(t, z.Blocklist)
	require.False(t, z.Exempt)
	require.Equal(t, zone.Position{File: "z.json", Line: 1, Column: 1}, z.Position)
	require.Equal(t, []string{"1.2.3.4/24=1.2.3.0-1.2.3.255", "1.2.3.4=1.2.3.4-1.2.3.4"}, ranges(z.Gateways))
	require.Equal(t, []string{"2001:db8::1 - 2001:db8::ff=2001:db8::1-2001:db8::ff"}, ranges(z.Proxies))
	require.Equal(t, zone.Position{File: "z.json", Line: 3, Column: 36, Path: "/gateways/0/value"}, z.Gateways[0].Position)
	require.Equal(t, zone.Position{File: "z.json", Line: 4, Column: 21, Path: "/proxies/0/value"}, z.Proxies[0].Position)
}

// TestDefaults: absent and null are the same (recorded requests send both).
func TestDefaults(t *testing.T) {
	for name, text := range map[string]string{
		"absent": `{` + filled + `}`,
		"null":   `{"id":null,"status":null,"usage":null,"system":null,"useAsExemptList":null,"useAsBlackList":null,"proxies":null,"locations":null,` + filled + `}`,
	} {
		zones, err := zone.ParseOkta("", []byte(text))
		require.NoError(t, err, name)
		require.Empty(t, zones.Warnings, name)
		z := zones.Zones[0]
		require.Equal(t, "", z.ID)
		require.Equal(t, "a", z.Key(), "a zone without an id is known by its name")
		require.True(t, z.Active)
		require.False(t, z.Blocklist)
		require.False(t, z.System)
	}
	two, err := zone.ParseOkta("", []byte(`[{"id":"",`+filled+`},{"id":"","type":"IP","name":"b","gateways":[{"type":"RANGE","value":"::1"}]}]`))
	require.NoError(t, err, "zones without an id are no duplicates")
	require.Empty(t, two.Warnings)
}

// TestUsage: data from before October 2020 has no usage; the system's
// blocklist is recognised all the same.
func TestUsage(t *testing.T) {
	for _, row := range []struct {
		name, body string
		want       bool
	}{
		{"blocklist", `"usage":"BLOCKLIST",` + filled, true},
		{"policy", `"usage":"POLICY",` + filled, false},
		{"old system blocklist", `"system":true,"type":"IP","name":"BlockedIpZone"`, true},
		{"old system blocklist, null", `"usage":null,"system":true,"type":"IP","name":"BlockedIpZone"`, true},
		{"named like it, not the system's", `"system":false,"type":"IP","name":"BlockedIpZone"`, false},
		{"old legacy zone", `"system":true,"type":"IP","name":"LegacyIpZone"`, false},
		{"says policy", `"usage":"POLICY","system":true,"type":"IP","name":"BlockedIpZone"`, false},
	} {
		t.Run(row.name, func(t *testing.T) { require.Equal(t, row.want, active(t, row.body).Blocklist) })
	}
}

// TestExempt: the exempt zone is the system's; a name alone never suffices.
func TestExempt(t *testing.T) {
	const entry = `,"gateways":[{"type":"RANGE","value":"1.2.3.4"}]`
	for _, row := range []struct {
		name, status, body string
		want               bool
	}{
		{"by flag", "ACTIVE", `"type":"IP","name":"x","system":true,"useAsExemptList":true` + entry, true},
		{"by name", "ACTIVE", `"type":"IP","name":"DefaultExemptIpZone","system":true,"usage":"POLICY"` + entry, true},
		{"by name, flag false", "ACTIVE", `"type":"IP","name":"DefaultExemptIpZone","system":true,"useAsExemptList":false` + entry, true},
		{"inactive", "INACTIVE", `"type":"IP","name":"DefaultExemptIpZone","system":true,"useAsExemptList":true` + entry, false},
		{"not the system's, by name", "ACTIVE", `"type":"IP","name":"DefaultExemptIpZone","system":false` + entry, false},
		{"not the system's, by flag", "ACTIVE", `"type":"IP","name":"x","useAsExemptList":true` + entry, false},
		{"blocklist", "ACTIVE", `"type":"IP","name":"DefaultExemptIpZone","system":true,"usage":"BLOCKLIST","useAsExemptList":true` + entry, false},
		{"dynamic", "ACTIVE", `"type":"DYNAMIC","name":"DefaultExemptIpZone","system":true,"useAsExemptList":true,"asns":["1"]`, false},
		{"neither name nor flag", "ACTIVE", `"type":"IP","name":"LegacyIpZone","system":true` + entry, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			zones, err := okta(row.status, row.body)
			require.NoError(t, err)
			require.Equal(t, row.want, zones.Zones[0].Exempt)
		})
	}
	zones, err := zone.ParseOkta("", []byte(`[{"type":"IP","name":"x","system":true,"useAsExemptList":true`+entry+`},
{"type":"IP","name":"DefaultExemptIpZone","system":true`+entry+`}]`))
	require.Equal(t, []string{"2:1 error second-exempt-zone /1"}, report(zones.Warnings, err))
}

func TestZoneWarnings(t *testing.T) {
	const proxies = `,` + "\n" + `"proxies":[{"type":"CIDR","value":"5.6.7.8/32"}]`
	for _, row := range []struct {
		name, body string
		want       []string
	}{
		{"nothing to say", filled + proxies, nil},
		{"useAsBlackList false", `"useAsBlackList":false,` + filled, nil},
		{"IP zone with nothing", `"type":"IP","name":"a"`, []string{"1:1 warning empty-zone"}},
		{"IP zone with empty lists", `"type":"IP","name":"a","gateways":[],"proxies":null`, []string{"1:1 warning empty-zone"}},
		{"proxies only", `"type":"IP","name":"a"` + proxies, nil},
		{"blocklist with proxies", `"usage":"BLOCKLIST",` + filled + proxies, []string{"3:11 warning ignored-proxies /proxies"}},
		{"exempt with proxies", `"useAsExemptList":true,"system":true,` + filled + proxies, []string{"3:11 warning ignored-proxies /proxies"}},
		{"exempt flag without effect", `"useAsExemptList":true,` + filled, []string{"2:19 warning ignored-member /useAsExemptList"}},
		{"blacklist flag without effect", `"useAsBlackList":true,` + filled, []string{"2:18 warning ignored-member /useAsBlackList"}},
		{"unknown constraint", filled + ",\n" + `"connectionTypes":{"include":["CORPORATE"]}`, []string{"3:1 warning unknown-constraint /connectionTypes"}},
		{"unknown list", filled + ",\n" + `"devices":[[],[{"a":0}]]`, []string{"3:1 warning unknown-constraint /devices"}},
		{"unknown constraint, blank", filled + `,"connectionTypes":{"include":[],"exclude":[null,{"a":""}]},"devices":[""],"more":null`, nil},
		{"unknown text", filled + `,"note":"x","level":3`, nil},
		{"open IPv4 proxies", filled + ",\n" + `"proxies":[{"type":"CIDR","value":"0.0.0.0/0"}]`, []string{"3:35 warning open-proxies /proxies/0/value"}},
		{"open IPv6 proxies", filled + ",\n" + `"proxies":[{"type":"CIDR","value":"::/0"}]`, []string{"3:35 warning open-proxies /proxies/0/value"}},
		{"open proxies as a range", filled + ",\n" + `"proxies":[{"type":"RANGE","value":"0.0.0.0-255.255.255.255"}]`, []string{"3:36 warning open-proxies /proxies/0/value"}},
		{"nearly open proxies", filled + ",\n" + `"proxies":[{"type":"CIDR","value":"0.0.0.0/1"}]`, nil},
		{"empty unknown member in entry", gateway(`{"type":"RANGE","value":"1.2.3.4","note":null}`), []string{"3:35 warning unknown-key /gateways/0/note"}},
		{"other types' members, empty", filled + `,"locations":null,"asns":[],"proxyType":"","ipServiceCategories":{"include":[],"exclude":[]}`, nil},
		{"proxyType null as a string", filled + `,"proxyType":"null"`, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			zones, err := okta("ACTIVE", row.body)
			require.Equal(t, row.want, report(zones.Warnings, err))
		})
	}
	zones, err := zone.ParseOkta("", []byte(`[{`+filled+`},`+"\n"+`{`+filled+`}]`))
	require.Equal(t, []string{"2:21 warning duplicate-name /1/name"}, report(zones.Warnings, err))

	zones, err = okta("INACTIVE", filled+`,"connectionTypes":{"include":["CORPORATE"]}`)
	require.Empty(t, report(zones.Warnings, err), "nobody is in an INACTIVE zone")

	zones, err = okta("ACTIVE", `"usage":"BLOCKLIST",`+filled+proxies)
	require.NoError(t, err)
	require.Len(t, zones.Zones[0].Proxies, 1, "ignored proxies stay in the model")
}
