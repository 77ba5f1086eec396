package geo_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/geo"
)

func feed(text string) geo.Source { return geo.Source{File: "geofeed.csv", Data: []byte(text)} }

// TestGeofeed reads the example of RFC 8805, section 2.1.1, and what the RFC allows.
func TestGeofeed(t *testing.T) {
	table := load(t, feed("\ufeff# IP Prefix,Alpha2code,Region,City,Postal\r\n\r\n  # another\n"+
		"192.0.2.0/25,US,US-AL,,\r\n192.0.2.5,US,US-AL,Alabaster,\n192.0.2.128/25,PL,PL-MZ,,\n"+
		"2001:db8::/32,PL,,,\n2001:db8:cafe::/48,PL,PL-MZ,,\n"+
		"198.51.100.0/24,de , de-by,\"München, #1\",80331 # behind\n198.51.100.128/25,,,,\n198.51.100.192/26,,,Berlin,\n198.51.100.64/26,DE\n"+
		"203.0.113.0/24,ZZ,,,\n203.0.113.128/25,,US-CA,,\n198.51.100.0/24,DE,DE-BY,Munich,\n"))
	require.Equal(t, geo.Country|geo.Region, table.Provides())
	dataset := table.Datasets()[0]
	require.Equal(t, "geofeed", dataset.Type)
	require.Equal(t, geo.CSV, dataset.Kind)
	require.Equal(t, 12, dataset.Networks)
	require.Empty(t, table.Warnings())
	for addr, want := range map[string]string{
		"192.0.2.1": "US US-AL", "192.0.2.5": "US US-AL", "192.0.2.200": "PL PL-MZ", "2001:db8::1": "PL unknown", "2001:db8:cafe::1": "PL PL-MZ",
		"198.51.100.1": "DE DE-BY", "198.51.100.129": " unknown", "198.51.100.200": " unknown", "198.51.100.65": "DE unknown",
		"203.0.113.1": " unknown", "203.0.113.129": " unknown", "192.0.3.0": " unknown",
	} {
		location := lookup(t, table, addr)
		require.Equal(t, want, location.Country+" "+location.Regions.String(), addr)
		require.Equal(t, geo.AnonymizerUnknown, location.Anonymizer)
	}
}

// TestGeofeedJoins: a geofeed overrides what comes before it; what it states to be
// nowhere is unknown, and a region that it leaves out stays where its country stays.
func TestGeofeedJoins(t *testing.T) {
	before := corrections("192.0.2.0/24,US,US-CA,64500,,")
	for _, test := range []struct{ feed, want string }{
		{"192.0.2.0/24,US,US-NY,,\n", "US US-NY"},
		{"192.0.2.0/24,US,,,\n", "US US-CA"},
		{"192.0.2.0/24,DE,,,\n", "DE unknown"},
		{"192.0.2.0/24,,,,\n", " unknown"},
		{"192.0.2.0/24,\n", " unknown"},
		{"192.0.2.0/24,US,US-NY,,\n192.0.2.0/25,US,,,\n", "US US-CA"}, // the best matching entry says nothing of the region
	} {
		location := lookup(t, load(t, before, feed(test.feed)), "192.0.2.1")
		require.Equal(t, test.want, location.Country+" "+location.Regions.String(), test.feed)
		require.EqualValues(t, 64500, location.ASN)
		corrected := lookup(t, load(t, feed(test.feed), before), "192.0.2.1")
		require.Equal(t, "US US-CA", corrected.Country+" "+corrected.Regions.String(), "corrections have the last word")
	}
}

// TestGeofeedIsToldByContent: whatever its name is; and what has a header line, or
// another shape, is none.
func TestGeofeedIsToldByContent(t *testing.T) {
	for _, name := range []string{"geofeed.csv", "geofeed.txt", "egress", "a.CSV"} {
		table := load(t, geo.Source{File: name, Data: []byte("172.224.226.0/31,GB,GB-ENG,London,\n")})
		require.Equal(t, "geofeed", table.Datasets()[0].Type, name)
	}
	for name, text := range map[string]string{
		"a mark":            "\ufeff192.0.2.0/24,US,,,\n",
		"quoted":            "\"192.0.2.0/24\",\"US\",,,\n",
		"as long as may be": "192.0.2.0/24,US,," + strings.Repeat("x", 1<<16-17) + "\n",
	} {
		require.Equal(t, "geofeed", load(t, geo.Source{File: "egress", Data: []byte(text)}).Datasets()[0].Type, name)
	}
	for name, text := range map[string]string{
		"no network first":        "x,US,,,\n",
		"a line that is too long": "192.0.2.0/24,US,," + strings.Repeat("x", 1<<16-16) + "\n",
	} {
		_, err := geo.Load(geo.Source{File: "egress", Data: []byte(text)})
		require.Equal(t, "unknown-format", findings(t, err)[0].Code, name)
	}
	for text, code := range map[string]string{
		"192.0.2.0/24,US,,,,\n":               "bad-header", // corrections without their header line
		"192.0.2.0,192.0.2.255,US\n":          "bad-header",
		"192.0.2.0/24\n":                      "bad-header",
		"192.0.2.0/24,USA,,,\n":               "bad-header",
		"prefix,country,region,city,postal\n": "bad-header",
		"# nothing\n":                         "bad-header",
	} {
		_, err := geo.Load(feed(text))
		require.Equal(t, code, findings(t, err)[0].Code, text)
		_, err = geo.Load(geo.Source{File: "list.txt", Data: []byte(text)})
		require.Equal(t, "unknown-format", findings(t, err)[0].Code, text)
	}
}

func TestGeofeedErrors(t *testing.T) {
	const first = "192.0.2.0/24,US,,,\n"
	for text, want := range map[string][]string{
		"x,US,,,\n":                        {`2:1 bad-address "x": not an IP address (unable to parse IP)`},
		"192.0.3.0/24\u00a0,US,,,\n":       {`2:1 bad-cidr "192.0.3.0/24\u00a0": not a prefix such as 192.0.2.0/24 or 2001:db8::/32 (bad bits after slash: "24\u00a0")`},
		"192.0.3.0/33,US,,,\n":             {`2:1 bad-cidr "192.0.3.0/33": not a prefix such as 192.0.2.0/24 or 2001:db8::/32 (prefix length out of range)`},
		"192.0.3.1-192.0.3.9,US,,,\n":      {`2:1 bad-range "192.0.3.1-192.0.3.9": a geofeed has no ranges; expected an address or a prefix`},
		"192.0.3.0/24,USA,US-CA,,\n":       {`2:14 bad-country "USA": not a country; expected two letters such as US, or - for unknown`, `2:18 bad-region "US-CA": not a region of the row's country USA`},
		"192.0.3.0/24,US,CA,,\n":           {`2:17 bad-region "CA": not a region; expected an ISO 3166-2 code such as US-CA, or - for unknown`},
		"192.0.3.0/24,US,DE-BY,,\n":        {`2:17 bad-region "DE-BY": not a region of the row's country US`},
		"192.0.3.0/24,US,,,,\n":            {`2:1 bad-row "192.0.3.0/24,US,,,,": 6 cells; expected 5 of a geofeed (RFC 8805): prefix,country,region,city,postal`},
		"192.0.3.0/24\n":                   {`2:1 bad-row "192.0.3.0/24": 1 cells; expected 5 of a geofeed (RFC 8805): prefix,country,region,city,postal`},
		",US,,,\n":                         {`2:1 bad-address "": not an IP address (unable to parse IP)`},
		"192.0.3.9-192.0.3.1,US,,,\n":      {`2:1 bad-range "192.0.3.9-192.0.3.1": a geofeed has no ranges; expected an address or a prefix`},
		"x,US,,,\ny,DE,,,\n":               {`2:1 bad-address "x": not an IP address (unable to parse IP)`, `3:1 bad-address "y": not an IP address (unable to parse IP)`},
		"192.0.2.7,US\n192.0.2.7,DE\n":     {`3:1 repeated-network "192.0.2.7/32": the same network as in line 2`}, // the first of them repeats what is around it
		"\n192.0.2.0/24,DE,,,\n":           {`3:1 repeated-network "192.0.2.0/24": the same network as in line 1`},
		"192.0.3.0/24,US,,\"x,\n":          {`2:22 bad-csv "": extraneous or missing " in quoted-field`},
		"192.0.3.0/24,US # x,,,\nx,US,,,,": {`3:1 bad-row "x,US,,,,": 6 cells; expected 5 of a geofeed (RFC 8805): prefix,country,region,city,postal`},
	} {
		table, err := geo.Load(feed(first + text))
		require.Nil(t, table, text)
		require.Equal(t, want, positions(findings(t, err)), text)
	}
	table := load(t, feed("192.0.2.1/24,US,,,\n192.0.2.0/24,US,,elsewhere,\n"))
	require.Equal(t, []string{`1:1 host-bits "192.0.2.1/24": the address has bits behind the prefix; the whole network 192.0.2.0-192.0.2.255 is meant`}, positions(table.Warnings()))
}
