package zone_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/zone"
)

// networks parses a range list with one element, which stands in line 2.
func networks(text string) (zone.NetworkConfig, error) {
	quoted, _ := json.Marshal(text)
	return zone.ParseSailPoint("s.json", []byte("{\"geolocation\":[\"US\"],\"range\":[\n"+string(quoted)+"]}"))
}

// TestSailPointRange: what is an address or a network, and what is refused
// because it has no documented meaning.
// SailPoint: https://documentation.sailpoint.com/saas/help/access/restrict_access.html
func TestSailPointRange(t *testing.T) {
	for _, row := range []struct{ text, want, warning string }{
		{"1.3.7.2", "1.3.7.2-1.3.7.2", ""},
		{"255.255.255.252/30", "255.255.255.252-255.255.255.255", ""},
		{"10.0.0.0/8", "10.0.0.0-10.255.255.255", ""},
		{"10.1.2.3/8", "10.0.0.0-10.255.255.255", "host-bits"},
		{"0.0.0.0/0", "0.0.0.0-255.255.255.255", "everything"},
		{"::/0", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "everything"},
		{"255.255.255.0", "255.255.255.0-255.255.255.0", "bare-mask"},
		{"255.0.0.0", "255.0.0.0-255.0.0.0", "bare-mask"},
		{"255.255.255.252", "255.255.255.252-255.255.255.252", "bare-mask"},
		{"255.255.255.255", "255.255.255.255-255.255.255.255", "bare-mask"},
		{"255.0.255.0", "255.0.255.0-255.0.255.0", ""},
		{"254.0.0.0", "254.0.0.0-254.0.0.0", ""},
		{"255.255.255.0/32", "255.255.255.0-255.255.255.0", ""},
		{"2001:db8::1", "2001:db8::1-2001:db8::1", ""},
		{"2001:db8::/32", "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", ""},
		{"2001:db8::1/32", "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "host-bits"},
		{"::ffff:1.2.3.0/120", "1.2.3.0-1.2.3.255", ""},
		{"::ffff:1.2.3.4", "1.2.3.4-1.2.3.4", ""},
	} {
		t.Run(row.text, func(t *testing.T) {
			config, err := networks(row.text)
			require.NoError(t, err)
			require.Equal(t, []string{row.text + "=" + row.want}, ranges(config.Range))
			require.Equal(t, zone.Position{File: "s.json", Line: 2, Column: 1, Path: "/range/0"}, config.Range[0].Position)
			var want []string
			if row.warning != "" {
				want = []string{"2:1 warning " + row.warning + " /range/0"}
			}
			require.Equal(t, want, report(config.Warnings, nil))
		})
	}
	for _, text := range []string{
		"10.0.0.0/255.0.0.0", "10.0.0.1-10.0.0.9", "10.0.0.*", "*", "example.com", "::ffff:1.2.3.0/95", "::ffff:0:0/64",
		"fe80::1%eth0", "fe80::/10%eth0", "[::1]", "1.2.3.4:80", "010.0.0.1", "1.2.3", "127.1", "0x7f.0.0.1", "10.0.0.1/08",
		"10.0.0.1/+8", "10.0.0.1/33", "10.0.0.1/", "", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4\n", "１.2.3.4", "1.2.3.4,1.2.3.5", "/8",
	} {
		t.Run("refused "+text, func(t *testing.T) {
			config, err := networks(text)
			code := "bad-address"
			if strings.Contains(text, "/") {
				code = "bad-cidr"
			}
			require.Equal(t, []string{"2:1 error " + code + " /range/0"}, report(config.Warnings, err))
			require.ErrorContains(t, err, "s.json:2:1 /range/0: ")
		})
	}
}

func TestSailPointGeolocation(t *testing.T) {
	for _, code := range []string{"CA", "HT", "XK", "EU", "AP", "PR", "AX"} {
		config, err := zone.ParseSailPoint("", []byte(`{"geolocation":["`+code+`"]}`))
		require.NoError(t, err, code)
		require.Empty(t, config.Warnings, code)
		require.Equal(t, []string{code}, zone.ValuesOf(config.Geolocation))
	}
	for _, code := range []string{"XX", "ZZ", "UK", "AN", "SU"} {
		config, err := zone.ParseSailPoint("", []byte(`{"geolocation":["`+code+`"]}`))
		require.Equal(t, []string{"1:17 warning not-iso-country /geolocation/0"}, report(config.Warnings, err), code)
		require.Equal(t, []string{code}, zone.ValuesOf(config.Geolocation))
	}
	config, err := zone.ParseSailPoint("", []byte(`{"geolocation":["UK"]}`))
	require.Contains(t, message(t, "not-iso-country", config.Warnings, err), "GB")
	for _, code := range []string{"ca", "Ca", "CAN", "C", "C1", "A1", "", " CA", "ÉÉ", "É"} {
		config, err := zone.ParseSailPoint("", []byte(`{"geolocation":["`+code+`"]}`))
		require.Equal(t, []string{"1:17 error bad-country /geolocation/0"}, report(config.Warnings, err), code)
	}
}

func TestSailPointDocuments(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       []string
	}{
		{"empty object", `{}`, nil},
		{"null lists", `{"range":null,"geolocation":null,"whitelisted":false}`, nil},
		{"vendor example", `{"range":["1.3.7.2","255.255.255.252/30"],"whitelisted":true,"geolocation":["CA","FR","HT"]}`, nil},
		{"nothing", "", []string{"1:1 error bad-json"}},
		{"space", " \n ", []string{"1:1 error bad-json"}},
		{"trailing data", "{}\n{}", []string{"2:1 error bad-json"}},
		{"array", `[]`, []string{"1:1 error bad-type"}},
		{"null", `null`, []string{"1:1 error bad-type"}},
		{"patch operations", `[{"op":"replace","path":"/whitelisted","value":"false,"}]`, []string{"1:1 error bad-type"}},
		{"null whitelisted", `{"whitelisted":null}`, []string{"1:16 error bad-type /whitelisted"}},
		{"string whitelisted", `{"whitelisted":"true,"}`, []string{"1:16 error bad-type /whitelisted"}},
		{"number whitelisted", `{"whitelisted":1}`, []string{"1:16 error bad-type /whitelisted"}},
		{"misspelt member", `{"whitlisted":true}`, []string{"1:2 error unknown-key /whitlisted"}},
		{"miscased member", `{"Whitelisted":true}`, []string{"1:2 error unknown-key /Whitelisted"}},
		{"both spellings", `{"whitelisted":true,"WHITELISTED":false}`, []string{"1:21 error unknown-key /WHITELISTED", "1:16 warning empty-allow-list /whitelisted"}},
		{"foreign member", `{"description":"x"}`, []string{"1:2 error unknown-key /description"}},
		{"duplicate member", `{"whitelisted":true,"whitelisted":false}`, []string{"1:21 error duplicate-key /whitelisted", "1:16 warning empty-allow-list /whitelisted"}},
		{"string as range", `{"range":"1.2.3.4"}`, []string{"1:10 error bad-type /range", "1:10 warning range-not-blocked /range"}},
		{"object as geolocation", `{"geolocation":{"CA":true}}`, []string{"1:16 error bad-type /geolocation"}},
		{"null in range", `{"geolocation":["CA"],"range":[null]}`, []string{"1:32 error bad-type /range/0"}},
		{"number in geolocation", `{"geolocation":[1,true]}`, []string{"1:17 error bad-type /geolocation/0", "1:19 error bad-type /geolocation/1"}},
		{"range alone, not whitelisted", `{"range":["1.2.3.4"]}`, []string{"1:10 warning range-not-blocked /range"}},
		{"range alone, empty countries", `{"range":["1.2.3.4"],"geolocation":[],"whitelisted":false}`, []string{"1:10 warning range-not-blocked /range"}},
		{"range alone, whitelisted", `{"range":["1.2.3.4"],"whitelisted":true}`, nil},
		{"range and countries, not whitelisted", `{"range":["1.2.3.4"],"geolocation":["CA"]}`, nil},
		{"whitelisted, nothing listed", `{"whitelisted":true}`, []string{"1:16 warning empty-allow-list /whitelisted"}},
		{"whitelisted, empty lists", `{"range":[],"geolocation":[],"whitelisted":true}`, []string{"1:44 warning empty-allow-list /whitelisted"}},
		{"countries alone, whitelisted", `{"geolocation":["CA"],"whitelisted":true}`, nil},
		{"all errors", `{"range":["x"],"geolocation":["x"],"whitelisted":"x","x":1}`, []string{"1:11 error bad-address /range/0",
			"1:31 error bad-country /geolocation/0", "1:50 error bad-type /whitelisted", "1:54 error unknown-key /x"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			config, err := zone.ParseSailPoint("s.json", []byte(row.text))
			require.Equal(t, row.want, report(config.Warnings, err))
		})
	}
	config, err := zone.ParseSailPoint("", []byte(`{"whitlisted":true}`))
	require.Contains(t, message(t, "unknown-key", config.Warnings, err), `did you mean "whitelisted"?`)
	config, err = zone.ParseSailPoint("", []byte(`{"RANGE":[]}`))
	require.Contains(t, message(t, "unknown-key", config.Warnings, err), `did you mean "range"?`)
	config, err = zone.ParseSailPoint("", []byte(`{"description":1}`))
	require.Contains(t, message(t, "unknown-key", config.Warnings, err), `expected range, geolocation or whitelisted`)
}

// TestSailPointLists: null and an empty list are told apart, and lists keep
// their order and spelling.
func TestSailPointLists(t *testing.T) {
	config, err := zone.ParseSailPoint("", []byte(`{"range":null}`))
	require.NoError(t, err)
	require.Nil(t, config.Range)
	require.Nil(t, config.Geolocation)
	require.False(t, config.Allowlist)

	config, err = zone.ParseSailPoint("", []byte(`{"range":[],"geolocation":[],"whitelisted":true}`))
	require.NoError(t, err)
	require.NotNil(t, config.Range)
	require.Empty(t, config.Range)
	require.NotNil(t, config.Geolocation)
	require.Empty(t, config.Geolocation)
	require.True(t, config.Allowlist)

	config, err = zone.ParseSailPoint("", []byte(`{"range":["10.1.2.3/8","2001:DB8::1","10.1.2.3/8"],"geolocation":["HT","CA","HT"]}`))
	require.NoError(t, err)
	require.Equal(t, []string{"HT", "CA", "HT"}, zone.ValuesOf(config.Geolocation))
	require.Equal(t, "2001:DB8::1", config.Range[1].Text)
	require.Len(t, config.Range, 3)
}

func TestSailPointSizes(t *testing.T) {
	list := func(element string, n int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(element+",", n), ",") + "]"
	}
	for _, row := range []struct {
		name, text string
		want       []string
	}{
		{"10,000 networks", `{"geolocation":["CA"],"range":` + list(`"1.2.3.4"`, 10_000) + `}`, nil},
		{"10,001 networks", `{"geolocation":["CA"],"range":` + list(`"1.2.3.4"`, 10_001) + `}`, []string{"1:31 error too-many-entries /range"}},
		{"10,001 countries", `{"geolocation":` + list(`"CA"`, 10_001) + `}`, []string{"1:16 error too-many-entries /geolocation"}},
		{"1 MiB", `{}` + strings.Repeat(" ", 1<<20-2), nil},
		{"more than 1 MiB", `{}` + strings.Repeat(" ", 1<<20-1), []string{"1:1 error too-large"}},
	} {
		config, err := zone.ParseSailPoint("", []byte(row.text))
		require.Equal(t, row.want, report(config.Warnings, err), row.name)
	}
	config, err := zone.ParseSailPoint("", []byte(`{"range":`+list(`"1.2.3.4"`, 10_001)+`}`))
	require.Regexp(t, "10001 entries, more than the limit of 10000$", message(t, "too-many-entries", config.Warnings, err))
	_, err = zone.ParseSailPoint("network.json", []byte(strings.Repeat(" ", 1<<20+1)))
	require.EqualError(t, err, "network.json:1:1: the document has 1048577 bytes, more than the limit of 1048576")
}

func TestAuthProfile(t *testing.T) {
	profile, err := zone.ParseAuthProfile("p.json", []byte(`{"name":"x","offNetwork":true,"untrustedGeography":false,"applicationId":null,
"applicationName":"y","type":"BLOCK","strongAuthLogin":true,"id":"1","tenant":"t"}`))
	require.NoError(t, err)
	require.Empty(t, profile.Warnings)
	require.True(t, profile.OffNetwork)
	require.False(t, profile.UntrustedGeography)
	require.Equal(t, zone.Position{File: "p.json", Line: 1, Column: 1}, profile.Position)

	profile, err = zone.ParseAuthProfile("", []byte(`{"untrustedGeography":true}`))
	require.NoError(t, err)
	require.False(t, profile.OffNetwork, "absent is false")
	require.True(t, profile.UntrustedGeography)

	for text, want := range map[string][]string{
		``:                                       {"1:1 error bad-json"},
		`[]`:                                     {"1:1 error bad-type"},
		`{"offNetwork":null}`:                    {"1:15 error bad-type /offNetwork"},
		`{"offNetwork":"true"}`:                  {"1:15 error bad-type /offNetwork"},
		`{"untrustedGeography":1}`:               {"1:23 error bad-type /untrustedGeography"},
		`{"strongAuthLogin":null}`:               {"1:20 error bad-type /strongAuthLogin"},
		`{"offnetwork":true}`:                    {"1:2 error unknown-key /offnetwork"},
		`{"offNetwork":true,"x":1}`:              {"1:20 error unknown-key /x"},
		`{"offNetwork":true,"offNetwork":false}`: {"1:20 error duplicate-key /offNetwork"},
		`{"name":"` + strings.Repeat("x", 1<<20) + `"}`: {"1:1 error too-large"},
	} {
		profile, err := zone.ParseAuthProfile("", []byte(text))
		require.Equal(t, want, report(profile.Warnings, err), fmt.Sprintf("%.60s", text))
	}
}
