package zone_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/zone"
)

// TestNothingHalfRead: what is wrong with one entry neither hides what is wrong with
// the next, nor leaves a half of it behind: an entry without its network or its
// end would be one of nobody, or one for good.
func TestNothingHalfRead(t *testing.T) {
	const good = `{"network":"192.0.2.0/24","why":"x"}`
	for _, bad := range []string{
		`"192.0.2.1"`, `7`, `null`, `{"why":"x"}`, `{"network":7,"why":"x"}`, `{"network":"192.0.2","why":"x"}`,
		`{"network":"::1","why":"x","until":""}`, `{"network":"::1","why":"x","until":null}`, `{"network":"::1","why":"x","until":"1969-12-31T23:59:59Z"}`,
		`{"network":"::1","why":"x","until":"tomorrow"}`, `{"network":"192.0.2","why":"x","until":"2030-01-02T15:04:05Z"}`,
	} {
		overlay, err := zone.ParseOverlay("o.json", []byte(`{"deny":[`+bad+`,`+good+`,`+bad+`],"allow":[`+bad+`]}`))
		require.Len(t, report(nil, err), 3, bad)
		require.Equal(t, []string{"192.0.2.0/24"}, texts(overlay.Deny), bad)
		require.Empty(t, overlay.Allow, bad)
	}
	for _, row := range []struct{ list, bad, good string }{
		{"range", `7`, `"192.0.2.0/24"`}, {"range", `"192.0.2"`, `"192.0.2.0/24"`}, {"range", `"192.0.2.0/33"`, `"192.0.2.0/24"`},
		{"geolocation", `7`, `"CA"`}, {"geolocation", `"ca"`, `"CA"`},
	} {
		config, err := zone.ParseSailPoint("s.json", []byte(`{"`+row.list+`":[`+row.bad+`,`+row.good+`,`+row.bad+`]}`))
		require.Len(t, report(nil, err), 2, row)
		require.Equal(t, 1, len(config.Range)+len(config.Geolocation), row)
	}
	_, err := zone.ParseOktaRules("r.json", []byte(`[1,{"name":"r"},"x"]`))
	require.Equal(t, []string{"1:2 error bad-type /0", "1:4 error not-access-rule /1", "1:17 error bad-type /2"}, report(nil, err))
}

func texts(entries []zone.OverlayEntry) []string {
	var all []string
	for i := range entries {
		all = append(all, entries[i].Text)
	}
	return all
}

// TestOverlayIsNoOther: a document with a list of an overlay is one, whatever else it
// holds, so that what else it holds is named.
func TestOverlayIsNoOther(t *testing.T) {
	const other = ` {"errorCode":"E1","errorSummary":"x"}`
	for _, list := range []string{"deny", "allow"} {
		_, err := zone.ParseOverlay("o.json", []byte(`{"`+list+`":[],`+other[2:]))
		require.ErrorContains(t, err, "errorCode")
		require.NotContains(t, strings.Join(report(nil, err), " "), "wrong-document")
	}
	_, err := zone.ParseOverlay("o.json", []byte(other[1:]))
	require.Equal(t, []string{"1:1 error wrong-document"}, report(nil, err))
}

// TestHints: a finding says what helps with this mistake, and not what helps with another.
func TestHints(t *testing.T) {
	categories := func(name string) (zone.Findings, error) {
		zones, err := okta("ACTIVE", dynamicV2+`"ipServiceCategories":{"include":["`+name+`"]}`)
		return zones.Warnings, err
	}
	overlay := func(until string) (zone.Findings, error) {
		read, err := zone.ParseOverlay("o.json", []byte(`{"allow":[{"network":"::1","why":"x","until":"`+until+`"}]}`))
		return read.Warnings, err
	}
	countries := func(name string) (zone.Findings, error) {
		read, err := zone.ParseSailPoint("s.json", []byte(`{"geolocation":["`+name+`"]}`))
		return read.Warnings, err
	}
	networks := func(text string) (zone.Findings, error) {
		read, err := zone.ParseSailPoint("s.json", []byte(`{"range":["`+text+`"]}`))
		return read.Warnings, err
	}
	status := func(text string) (zone.Findings, error) {
		read, err := zone.ParseOkta("z.json", []byte(`{"status":`+text+`,`+filled+`}`))
		return read.Warnings, err
	}
	for _, row := range []struct {
		parse       func(string) (zone.Findings, error)
		text, code  string
		says, never string
	}{
		{categories, "NORDVPN", "unknown-category", `it matches only services of this name; did you mean "NORD_VPN"?`, "denies"},
		{categories, "QWERTZUIOP", "unknown-category", `it matches only services of this name`, "did you mean"},
		{categories, "NORD_VPN ", "unknown-category", `it matches only services of this name`, "denies"},
		{categories, "NORD_VPN SURFSHARK_VPN", "unknown-category", `it matches only services of this name`, "denies"},
		{categories, "NORD_VPN OCULUS_PROXY", "unknown-category", `it matches only services of this name`, "denies"},
		{categories, "ALL_QWERTZUIOP", "unknown-category", "it is unknown for every address, which denies wherever it matters", "matches only"},
		{overlay, "", "bad-time", "found an empty string; leave the key out for an entry that never expires", "since 1970"},
		{overlay, "tomorrow", "bad-time", "expected a time such as 2030-01-02T15:04:05Z", "leave the key out"},
		{overlay, "2030-01-02T15:04:05+23:60", "bad-time", "expected a time such as 2030-01-02T15:04:05Z", "since 1970"},
		{overlay, "0001-01-01T00:00:00Z", "bad-time", "expected a time since 1970", "leave the key out"},
		{countries, "UK", "not-iso-country", "the code of the United Kingdom is GB", "ISO 3166-1"},
		{countries, "ZZ", "not-iso-country", "ZZ is not assigned in ISO 3166-1", "GB"},
		{networks, "192.0.2.1-192.0.2.9", "bad-address", "a range of addresses is not documented for this list", "xx"},
		{networks, "192.0.2", "bad-address", "too short", "a range of addresses"},
		{status, "7", "unknown-status", "expected the string ACTIVE or INACTIVE, found a number", "did you mean"},
		{status, `"ACTIV"`, "unknown-status", `did you mean "ACTIVE"?`, "found"},
	} {
		warnings, err := row.parse(row.text)
		text := message(t, row.code, warnings, err)
		require.Contains(t, text, row.says, row.text)
		require.NotContains(t, text, row.never, row.text)
	}
}

// TestPriorities: numbers of a rule's place, at the edge of what a place may be.
func TestPriorities(t *testing.T) {
	rule := func(status, priority string) string {
		return `{"name":"r","status":"` + status + `","system":true,"priority":` + priority + `,"actions":{"signon":{"access":"ALLOW"}},"conditions":{"network":{"connection":"ANYWHERE"}}}`
	}
	for text, want := range map[string]int{"10": 10, "2147483647": 2147483647, "-2147483648": -2147483648, "0": 0} {
		set, err := zone.ParseOktaRules("r.json", []byte(rule("ACTIVE", text)))
		require.NoError(t, err, text)
		require.True(t, set.Rules[0].HasPriority)
		require.Equal(t, want, set.Rules[0].Priority)
		require.True(t, set.Rules[0].BuiltIn)
		require.Equal(t, "/conditions/network", set.Rules[0].Network.Position.Path)
	}
	for _, text := range []string{"2147483648", "-2147483649", `"1"`, "1.0", "1e1"} {
		_, err := zone.ParseOktaRules("r.json", []byte(rule("ACTIVE", text)))
		require.Contains(t, strings.Join(report(nil, err), " "), "error bad-priority /priority", text)
		set, err := zone.ParseOktaRules("r.json", []byte(rule("INACTIVE", text)))
		require.NoError(t, err, text)
		require.False(t, set.Rules[0].HasPriority, text)
		require.Zero(t, set.Rules[0].Priority, text)
	}
	for _, row := range []struct {
		first, second string
		same          bool
	}{{"ACTIVE", "ACTIVE", true}, {"INACTIVE", "ACTIVE", false}, {"ACTIVE", "INACTIVE", false}, {"INACTIVE", "INACTIVE", false}} {
		set, err := zone.ParseOktaRules("r.json", []byte("["+rule(row.first, "1")+","+rule(row.second, "1")+"]"))
		require.NoError(t, err)
		require.Equal(t, row.same, strings.Contains(strings.Join(report(set.Warnings, nil), " "), "same-priority"), row)
	}
	set, err := zone.ParseOktaRules("r.json", []byte(`{"name":"r","actions":{"signon":{"access":"ALLOW"}}}`))
	require.NoError(t, err)
	require.Zero(t, set.Rules[0].Priority)
	require.False(t, set.Rules[0].HasPriority)
}

// TestAccessOfOneForm: what is in the place of an access is no access.
func TestAccessOfOneForm(t *testing.T) {
	for _, access := range []string{`["ALLOW"]`, `{"a":"ALLOW"}`, `true`, `7`, `"ALLOW "`, `"allow"`, `""`} {
		_, err := zone.ParseOktaRules("r.json", []byte(`{"name":"r","actions":{"signon":{"access":`+access+`}}}`))
		require.Equal(t, []string{"1:43 error bad-access /actions/signon/access"}, report(nil, err), access)
	}
	set, err := zone.ParseOktaRules("r.json", []byte(`{"name":"r","actions":{"signon":null,"appSignOn":{"access":"ALLOW"}}}`))
	require.NoError(t, err)
	require.True(t, set.Rules[0].Allow)
	_, err = zone.ParseOktaRules("r.json", []byte(`{"name":"r","actions":{"signon":7,"appSignOn":{}}}`))
	require.Equal(t, []string{"1:33 error bad-type /actions/signon"}, report(nil, err), "that it is no access rule is not known")
}

// TestConfigurationLimitsAreNamed: with the number that is the limit.
func TestConfigurationLimitsAreNamed(t *testing.T) {
	_, err := zone.ParseSailPoint("s.json", []byte(`{"range":[`+strings.Repeat(`"::1",`, 10_000)+`"::1"]}`))
	require.ErrorContains(t, err, "10001 entries, more than the limit of 10000")
	_, err = zone.ParseSailPoint("s.json", []byte(strings.Repeat(" ", 1<<20+1)))
	require.ErrorContains(t, err, "the document has 1048577 bytes, more than the limit of 1048576")
	config, err := zone.ParseSailPoint("s.json", []byte("\n {}"))
	require.NoError(t, err)
	require.Equal(t, zone.Position{File: "s.json", Line: 2, Column: 2}, config.Position)
	require.Zero(t, config.AllowlistPosition)
}

// TestMadeConfigurationsHaveNoText: each of its members alone keeps a configuration
// that was not read from being written as an empty one.
func TestMadeConfigurationsHaveNoText(t *testing.T) {
	for _, made := range []zone.NetworkConfig{{Range: []zone.Entry{}}, {Geolocation: []zone.Term[string]{}}, {Allowlist: true}} {
		_, err := made.MarshalJSON()
		require.Error(t, err)
	}
}

// TestBesideWhatIsWrong: an INACTIVE zone keeps what could be read of it.
func TestBesideWhatIsWrong(t *testing.T) {
	inactive := func(body string) zone.Zone {
		t.Helper()
		zones, err := okta("INACTIVE", body)
		require.NoError(t, err)
		return zones.Zones[0]
	}
	const us = `{"country":"US"}`
	for _, bad := range []string{`7`, `{}`, `{"country":7}`, `{"country":"us"}`, `{"country":"CA","region":"x"}`, `{"country":"us","region":"US-CA"}`, `{"country":"CA","region":7}`} {
		z := inactive(dynamic + `"locations":[` + bad + "," + us + `]`)
		require.Equal(t, []zone.Place{{Country: "US"}}, zone.ValuesOf(z.Locations.Include), bad)
		require.Nil(t, z.Locations.Exclude)
	}
	for _, bad := range []string{`true`, `"x"`, `"01"`, `"+1"`, `"-1"`, `""`, `4294967296`} {
		z := inactive(dynamicV2 + `"asns":{"include":[` + bad + `,"0",64496,4294967295]}`)
		require.Equal(t, []uint32{0, 64496, 4294967295}, zone.ValuesOf(z.ASNs.Include), bad)
		require.Nil(t, z.ASNs.Exclude, "there is none")
	}
	z := inactive(dynamicV2 + `"ipServiceCategories":{"include":[7,"NORD_VPN"]}`)
	require.Equal(t, []string{"NORD_VPN"}, zone.ValuesOf(z.Categories.Include))
	z = inactive(`"type":"X","name":"a","ipServiceCategories":{"include":["NORD_VPN"]}`)
	require.Equal(t, []string{"NORD_VPN"}, zone.ValuesOf(z.Categories.Include))
}

// TestRegions: the edges of what a region may be, and what is said where its country cannot be read.
func TestRegions(t *testing.T) {
	for _, code := range []string{"A", "Z", "0", "9", "AZ", "09", "0Z9"} {
		z := active(t, dynamic+`"locations":[{"country":"US","region":"`+code+`"}]`)
		require.Equal(t, "US-"+code, z.Locations.Include[0].Value.Region)
		require.True(t, z.Locations.Include[0].Value.Valid())
	}
	for _, row := range []struct{ country, region, want string }{
		{`7`, "CA", "3:25 error bad-type /locations/0/country"},
		{`7`, "US-CA", "3:25 error bad-type /locations/0/country"},
		{`7`, "us-CA", "3:25 error bad-type /locations/0/country, 3:36 error bad-region /locations/0/region"},
		{`"US"`, "us-CA", "3:28 error bad-region /locations/0/region"},
	} {
		_, err := okta("ACTIVE", dynamic+`"locations":[{"country":`+row.country+`,"region":"`+row.region+`"}]`)
		got := report(nil, err)
		require.Len(t, got, strings.Count(row.want, ",")+1, row)
		for i, want := range strings.Split(row.want, ", ") {
			require.Equal(t, want[strings.Index(want, " "):], got[i][strings.Index(got[i], " "):], row)
		}
	}
}

// TestValid: what code that makes models may get wrong.
func TestValid(t *testing.T) {
	address := netip.MustParseAddr
	for want, ranges := range map[bool][]netipx.IPRange{
		true: {netipx.IPRangeFrom(address("192.0.2.1"), address("192.0.2.9")), netipx.IPRangeFrom(address("::1"), address("::1"))},
		false: {
			{}, netipx.IPRangeFrom(address("192.0.2.9"), address("192.0.2.1")), netipx.IPRangeFrom(address("192.0.2.9"), address("::1")),
			netipx.IPRangeFrom(address("::ffff:192.0.2.1"), address("::ffff:192.0.2.9")),
		},
	} {
		for _, r := range ranges {
			require.Equal(t, want, (&zone.Entry{Range: r}).Valid(), r)
		}
	}
	for want, places := range map[bool][]zone.Place{
		true:  {{Country: "AA"}, {Country: "ZZ"}, {Country: "AZ"}, {Country: "US", Region: "US-C"}, {Country: "US", Region: "US-CA1"}},
		false: {{}, {Country: "us"}, {Country: "U"}, {Country: "USA"}, {Country: "[A"}, {Country: "A["}, {Country: "@A"}, {Country: "A@"}, {Country: "aA"}, {Country: "Aa"}, {Country: "1A"}, {Country: "us", Region: "us-CA"}, {Region: "US-CA"}, {Country: "US", Region: "CA"}, {Country: "US", Region: "US-"}, {Country: "US", Region: "US"}, {Country: "US", Region: "CA-US"}, {Country: "US", Region: "US-ca"}, {Country: "US", Region: "US-CALI"}, {Country: "US", Region: "US_CA"}},
	} {
		for _, place := range places {
			require.Equal(t, want, place.Valid(), place)
		}
	}
}

// TestLimitsAreNamed: a warning about a limit has the number that is Okta's, and is
// about what the limit is of.
func TestLimitsAreNamed(t *testing.T) {
	zones, err := okta("ACTIVE", dynamicV2+`"asns":{"include":[`+strings.Repeat(`"1",`, 75)+`"1"]}`)
	require.Contains(t, message(t, "over-limit", zones.Warnings, err), "asns: 76 found; Okta allows 75 in one list")
	many := strings.Repeat(`{"type":"CIDR","value":"::/128"},`, 200) + `{"type":"CIDR","value":"::/128"}`
	zones, err = okta("INACTIVE", dynamic+`"asns":["1"],"gateways":[`+many+`]`)
	require.NoError(t, err)
	require.NotContains(t, strings.Join(report(zones.Warnings, nil), " "), "over-limit", "a dynamic zone has no gateways")
	members := ""
	for i := range 200 {
		members += fmt.Sprintf(`"k%d":1,`, i)
	}
	zones, err = okta("ACTIVE", `"type":"IP","name":"a","gateways":{`+strings.TrimSuffix(members, ",")+`}`)
	require.Equal(t, []string{"2:35 error bad-type /gateways"}, report(zones.Warnings, err))
	zones, err = okta("ACTIVE", `"type":"IP","name":"a","gateways":[{"type":"CIDR","value":"0.0.0.0/0"}]`)
	require.NoError(t, err)
	require.NotContains(t, strings.Join(report(zones.Warnings, nil), " "), "open-proxies", "gateways are no proxies")
	page := strings.TrimSuffix(strings.Repeat(`{`+filled+`},`, 20), ",")
	read, err := zone.ParseOkta("z.json", []byte("["+page+"]"))
	require.Contains(t, message(t, "first-page", read.Warnings, err), "exactly 20 zones")
	read, err = zone.ParseOkta("z.json", []byte("["+strings.TrimSuffix(strings.Repeat(`{`+filled+`},`, 101), ",")+"]"))
	require.Contains(t, message(t, "over-limit", read.Warnings, err), "101 zones; Okta allows 100 in one organisation")
}
