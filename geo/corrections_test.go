package geo_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/finding"
)

// position is what a person and a program need of a finding.
func positions(found geo.Findings) []string {
	var texts []string
	for _, f := range found {
		texts = append(texts, fmt.Sprintf("%d:%d %s %q: %v", f.Line, f.Column, f.Code, f.Value, f.Err))
	}
	return texts
}

func findings(t testing.TB, err error) geo.Findings {
	t.Helper()
	var found geo.Findings
	require.ErrorAs(t, err, &found)
	return found
}

// What is wrong with corrections: line, column, code, value and what was expected.
func TestCorrectionsErrors(t *testing.T) {
	for _, test := range []struct {
		name string
		text string
		want []string
	}{
		{"empty", "", []string{`1:1 bad-header "": an empty file; expected the header line network,country,region,asn,anonymizer,services`}},
		{"no header", "192.0.2.1,US,,,,\n", []string{`1:1 bad-header "192.0.2.1,US,,,,": expected the header line network,country,region,asn,anonymizer,services`}},
		{"another order", "network,region,country,asn,anonymizer,services\n", []string{`1:1 bad-header "network,region,country,asn,anonymizer,services": expected the header line network,country,region,asn,anonymizer,services`}},
		{"a space in the header", "network, country,region,asn,anonymizer,services\n", []string{`1:1 bad-header "network, country,region,asn,anonymizer,services": expected the header line network,country,region,asn,anonymizer,services`}},
		{"too few cells", header + "192.0.2.1,US\n", []string{`2:1 bad-row "192.0.2.1,US": 2 cells; expected 6: network,country,region,asn,anonymizer,services`}},
		{"too many cells", header + "192.0.2.1,US,,,,,\n", []string{`2:1 bad-row "192.0.2.1,US,,,,,": 7 cells; expected 6: network,country,region,asn,anonymizer,services`}},
		{"a quote inside a cell", header + "192.0.2.1,U\"S,,,,\n192.0.2.2,USA,,,,\n", []string{
			`2:12 bad-csv "": bare " in non-quoted-field`,
			`3:11 bad-country "USA": not a country; expected two letters such as US, or - for unknown`,
		}},
		{"a quote that does not end", header + "192.0.2.1,\"US,,,,\n", []string{`2:19 bad-csv "": extraneous or missing " in quoted-field`}},
		{"no network", header + ",US,,,,\n", []string{`2:1 bad-address "": not an IP address (unable to parse IP)`}},
		{"bad address", header + "192.0.2.256,US,,,,\n", []string{`2:1 bad-address "192.0.2.256": not an IP address (IPv4 field has value >255)`}},
		{"bad prefix", header + "192.0.2.0/33,US,,,,\n", []string{`2:1 bad-cidr "192.0.2.0/33": not a prefix such as 192.0.2.0/24 or 2001:db8::/32 (prefix length out of range)`}},
		{"bad range", header + "192.0.2.9-192.0.2.1,US,,,,\n", []string{`2:1 bad-range "192.0.2.9-192.0.2.1": the range ends before it starts`}},
		{"zone", header + "fe80::1%eth0,US,,,,\n", []string{`2:1 bad-address "fe80::1%eth0": an address with a zone matches no client; write it without`}},
		{"country", header + "192.0.2.1,USA,,,,\n192.0.2.2,\"  \",,,,\n", []string{
			`2:11 bad-country "USA": not a country; expected two letters such as US, or - for unknown`,
			`3:11 bad-country "  ": not a country; expected two letters such as US, or - for unknown`,
		}},
		{"region", header + "192.0.2.1,US,CA,,,\n192.0.2.2,US,DE-BY,,,\n192.0.2.3,,US-CALI,,,\n", []string{
			`2:14 bad-region "CA": not a region; expected an ISO 3166-2 code such as US-CA, or - for unknown`,
			`3:14 bad-region "DE-BY": not a region of the row's country US`,
			`4:12 bad-region "US-CALI": not a region; expected an ISO 3166-2 code such as US-CA, or - for unknown`,
		}},
		{"ASN", header + "192.0.2.1,,,0,,\n192.0.2.2,,,4294967296,,\n192.0.2.3,,,ASX,,\n192.0.2.4,,,-1,,\n", []string{
			`2:13 bad-asn "0": not an autonomous system; expected 1 to 4294967295 such as 15169 or AS15169, or - for unknown`,
			`3:13 bad-asn "4294967296": not an autonomous system; expected 1 to 4294967295 such as 15169 or AS15169, or - for unknown`,
			`4:13 bad-asn "ASX": not an autonomous system; expected 1 to 4294967295 such as 15169 or AS15169, or - for unknown`,
			`5:13 bad-asn "-1": not an autonomous system; expected 1 to 4294967295 such as 15169 or AS15169, or - for unknown`,
		}},
		{"anonymizer", header + "192.0.2.1,,,,Tor,\n", []string{`2:14 bad-anonymizer "Tor": not an anonymizer; expected none, anonymous or tor, or - for none`}},
		{"services", header + "192.0.2.1,,,,,A|\n192.0.2.2,,,,,NORD_VPN=secret\n192.0.2.3,,,,,Nord VPN\n192.0.2.4,,,,,ALL_ANONYMIZERS\n192.0.2.5,,,,,A_VPN|a_vpn\n", []string{
			`2:15 bad-service "A|": "": a service without a name; expected one such as NORD_VPN`,
			`3:15 bad-service "NORD_VPN=secret": "NORD_VPN=secret": expected anonymous or plain behind =`,
			`4:15 bad-service "Nord VPN": "Nord VPN": not a service: expected letters, digits and _, such as NORD_VPN`,
			`5:15 bad-service "ALL_ANONYMIZERS": "ALL_ANONYMIZERS": this category stands for many services; name the service, or VPN or PROXY if its operator is unknown`,
			`6:15 bad-service "A_VPN|a_vpn": "a_vpn": named twice`,
		}},
		{"services of any length", header + "192.0.2.1,,,,,A=" + strings.Repeat("b", 200) + "\n192.0.2.2,,,,,a" + strings.Repeat("a", 200) + "|a" + strings.Repeat("a", 200) + "\n", []string{
			`2:15 bad-service "A=` + strings.Repeat("b", 118) + `...": "A=` + strings.Repeat("b", 118) + `...": expected anonymous or plain behind =`,
			`3:15 bad-service "` + strings.Repeat("a", 120) + `...": "` + strings.Repeat("a", 120) + `...": named twice`,
		}},
		{"everything in a row", header + "x,USA,CA,0,x,!\n", []string{
			`2:1 bad-address "x": not an IP address (unable to parse IP)`,
			`2:3 bad-country "USA": not a country; expected two letters such as US, or - for unknown`,
			`2:7 bad-region "CA": not a region; expected an ISO 3166-2 code such as US-CA, or - for unknown`,
			`2:10 bad-asn "0": not an autonomous system; expected 1 to 4294967295 such as 15169 or AS15169, or - for unknown`,
			`2:12 bad-anonymizer "x": not an anonymizer; expected none, anonymous or tor, or - for none`,
			`2:14 bad-service "!": "!": not a service: expected letters, digits and _, such as NORD_VPN`,
		}},
		{"a repeated network in any spelling", header + "192.0.2.0/24,US,,,,\n192.0.2.0-192.0.2.255,,,,,\n::ffff:192.0.2.7/120,DE,,,,\n2001:db8::1,,,,,\n2001:0db8::1/128,,,,,\n", []string{
			`3:1 repeated-network "192.0.2.0/24": the same network as in line 2`,
			`4:1 repeated-network "192.0.2.0/24": the same network as in line 2`,
			`6:1 repeated-network "2001:db8::1/128": the same network as in line 5`,
		}},
		{"ranges that overlap", header + "192.0.2.5-192.0.2.9,US,,,,\n192.0.2.0/29,DE,,,,\n", []string{
			`3:1 overlapping-network "192.0.2.0/29": overlaps 192.0.2.5-192.0.2.9 in line 2, and neither is inside the other; split one of them`,
		}},
		{"ranges that overlap, the later line behind", header + "192.0.2.0/29,DE,,,,\n192.0.2.5-192.0.2.9,US,,,,\n", []string{
			`3:1 overlapping-network "192.0.2.5-192.0.2.9": overlaps 192.0.2.0/29 in line 2, and neither is inside the other; split one of them`,
		}},
		{"in the order of lines, each once", header + "192.0.2.0/24,US,,,,\n192.0.2.0/24,DE,,,,\nx,US,,,,\ny,DE,,,,\n", []string{
			`3:1 repeated-network "192.0.2.0/24": the same network as in line 2`,
			`4:1 bad-address "x": not an IP address (unable to parse IP)`,
			`5:1 bad-address "y": not an IP address (unable to parse IP)`,
		}},
		{"a comment, which a geofeed alone has", header + "192.0.2.1,U#,,,,\n", []string{`2:11 bad-country "U#": not a country; expected two letters such as US, or - for unknown`}},
		{"a quote in the header that does not end", "network,\"country\n", []string{`1:18 bad-csv "": extraneous or missing " in quoted-field`}},
		{"a line behind a byte order mark", "\xef\xbb\xbf" + header + "x,US,,,,\n", []string{`2:1 bad-address "x": not an IP address (unable to parse IP)`}},
		{"a long line", header + "192.0.2.1,US,,,," + strings.Repeat("A", 1<<16) + "\n", []string{`2:1 line-too-long "": a line of 65552 bytes; the limit is 65536`}},
		{"a line that is a byte too long", header + "192.0.2.1,US,,,," + strings.Repeat("A", 1<<16-15), []string{`2:1 line-too-long "": a line of 65537 bytes; the limit is 65536`}},
		{"behind a byte order mark", "\xef\xbb\xbf" + "network;country\n", []string{`1:4 bad-header "network;country": expected the header line network,country,region,asn,anonymizer,services`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			table, err := geo.Load(geo.Source{File: "corrections.csv", Data: []byte(test.text)})
			require.Nil(t, table)
			found := findings(t, err)
			require.Equal(t, test.want, positions(found))
			for _, f := range found {
				require.Equal(t, "corrections.csv", f.File)
				require.False(t, f.Warning)
			}
		})
	}
}

// As many lines are told as a reader can want, and a line may have as many bytes as its limit.
func TestCorrectionsLimits(t *testing.T) {
	_, err := geo.Load(corrections(slices.Repeat([]string{"x,,,,,"}, finding.Limit+2)...))
	require.Len(t, findings(t, err), finding.Limit)
	var rows []string
	for i := range finding.Limit + 2 {
		rows = append(rows, fmt.Sprintf("10.%d.%d.1/24,US,,,,", i/250, i%250))
	}
	require.Len(t, load(t, corrections(rows...)).Warnings(), finding.Limit)
	line := "192.0.2.1,US,,,," + strings.Repeat("A", 1<<16-16)
	require.Len(t, names(lookup(t, load(t, corrections(line)), "192.0.2.1")), 1)
}

// A region does not outlive its country: one that an outer row states is gone inside
// of a row with another country, and does not come back further inside.
func TestCorrectionsRegionsGoWithTheirCountry(t *testing.T) {
	table := load(t, corrections("10.0.0.0/8,US,US-CA,,,", "10.1.0.0/16,DE,,,,", "10.1.1.0/24,US,,,,"))
	for addr, want := range map[string]string{"10.0.0.1": "US US-CA", "10.1.0.1": "DE unknown", "10.1.1.1": "US unknown"} {
		location := lookup(t, table, addr)
		require.Equal(t, want, location.Country+" "+location.Regions.String(), addr)
	}
	// Rows that leave the country to the database have its regions.
	table = load(t, database(t, at("10.0.0.0/8", country("US"))), corrections("10.0.0.0/8,,US-CA,,,", "10.1.0.0/16,,,64500,,"))
	require.Equal(t, "US-CA", lookup(t, table, "10.1.0.1").Regions.String())
}

// Of networks inside one another the smaller one wins, field by field.
func TestCorrectionsNesting(t *testing.T) {
	table := load(t, corrections(
		"10.1.2.3,,,,,-",
		"10.0.0.0/8,US,US-CA,64500,none,NORD_VPN",
		"10.1.0.0/16,,,64501,,",
		"10.1.2.0/24,DE,,,tor,",
		"10.1.2.3-10.1.2.9,,DE-BY,,,",
		"10.255.255.255,,,-,,",
		"10.255.0.0/16,,,64502,,",
		"0.0.0.0/0,FR,,,,",
		"255.255.255.0/24,GB,GB-ENG,,,",
		"255.255.255.255,GB,,,,",
		"::/0,AQ,,,,",
		"ffff::/16,,AQ-X,,,",
	))
	for addr, want := range map[string]string{
		"9.255.255.255":   "FR  0 unknown []",
		"10.0.0.0":        "US US-CA 64500 none [NORD_VPN]",
		"10.1.0.0":        "US US-CA 64501 none [NORD_VPN]",
		"10.1.2.0":        "DE  64501 tor [NORD_VPN]",
		"10.1.2.2":        "DE  64501 tor [NORD_VPN]",
		"10.1.2.3":        "DE DE-BY 64501 tor []",
		"10.1.2.4":        "DE DE-BY 64501 tor [NORD_VPN]",
		"10.1.2.9":        "DE DE-BY 64501 tor [NORD_VPN]",
		"10.1.2.10":       "DE  64501 tor [NORD_VPN]",
		"10.1.3.0":        "US US-CA 64501 none [NORD_VPN]",
		"10.2.0.0":        "US US-CA 64500 none [NORD_VPN]",
		"10.255.0.0":      "US US-CA 64502 none [NORD_VPN]",
		"10.255.255.254":  "US US-CA 64502 none [NORD_VPN]",
		"10.255.255.255":  "US US-CA 0 none [NORD_VPN]",
		"11.0.0.0":        "FR  0 unknown []",
		"255.255.255.254": "GB GB-ENG 0 unknown []",
		"255.255.255.255": "GB GB-ENG 0 unknown []",
		"0:1::":           "AQ  0 unknown []",
		"ffff::":          "AQ AQ-X 0 unknown []",
	} {
		at := lookup(t, table, addr)
		got := fmt.Sprint(at.Country, " ", at.Regions.First(), " ", at.ASN, " ", at.Anonymizer, " ", names(at))
		require.Equal(t, want, got, addr)
	}
	consistent(t, table)
	require.Equal(t, 12, table.Datasets()[0].Networks)
}

// What people and spreadsheets write that is right.
func TestCorrectionsSpellings(t *testing.T) {
	rows := []string{
		`192.0.2.1,us,us-ca,as64500,none,nord_vpn`,
		`"192.0.2.2","US","US-CA","AS64500","none","NORD_VPN"`,
		`::ffff:192.0.2.3,US,US-CA,64500,-,NORD_VPN=anonymous`,
		`192.0.2.4 - 192.0.2.5,US,US-CA,AS64500,none,NORD_VPN`,
	}
	want := lookup(t, load(t, corrections(rows[1])), "192.0.2.2")
	for name, text := range map[string]string{
		"plain":            header + strings.Join(rows, "\n") + "\n",
		"no last line end": header + strings.Join(rows, "\n"),
		"CRLF":             strings.ReplaceAll(header+strings.Join(rows, "\n")+"\n", "\n", "\r\n"),
		"byte order mark":  "\xef\xbb\xbf" + header + strings.Join(rows, "\n"),
		"blank lines":      header + "\n" + strings.Join(rows, "\n\n") + "\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			table := load(t, geo.Source{File: "x.csv", Data: []byte(text)})
			for _, addr := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"} {
				got := lookup(t, table, addr)
				require.Equal(t, []string{"NORD_VPN"}, names(got), addr)
				got.Services = want.Services
				require.Equal(t, want, got, addr)
			}
		})
	}
	for _, unknown := range []string{"-", "--", "ZZ", "zz", "XX", "xX"} {
		table := load(t, corrections("192.0.2.0/24,US,US-CA,,,", "192.0.2.1,"+unknown+",,,,"))
		require.Zero(t, lookup(t, table, "192.0.2.1"), unknown)
	}
}

func TestCorrectionsWarnings(t *testing.T) {
	table := load(t, corrections("192.0.2.1/24,US,,,,", "198.51.100.0/24,,,,,", "0.0.0.0/0,FR,,,,"))
	require.Equal(t, []string{
		`2:1 host-bits "192.0.2.1/24": the address has bits behind the prefix; the whole network 192.0.2.0-192.0.2.255 is meant`,
		`3:1 states-nothing "198.51.100.0/24": every cell of the row is empty; it has no effect`,
	}, positions(table.Warnings()))
	require.True(t, table.Warnings()[0].Warning)
	require.Equal(t, "US", lookup(t, table, "192.0.2.255").Country)
}

// A list tags what it names, in any order and overlapping, and nothing else.
func TestNetsets(t *testing.T) {
	table := load(t, list("NORD_VPN",
		"# a list", "192.0.2.7 # one address", "", "\t198.51.100.0/24\r", "198.51.100.128/25", "203.0.113.5-203.0.113.9",
		"203.0.113.10", "203.0.113.6-203.0.113.12", "::ffff:192.0.2.9", "2001:db8::/32", "2001:db8:1::/48", "10.1.2.3/8",
		"255.255.255.255", "0.0.0.0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::/32"))
	for addr, tagged := range map[string]bool{
		"192.0.2.6": false, "192.0.2.7": true, "192.0.2.8": false, "192.0.2.9": true,
		"198.51.99.255": false, "198.51.100.0": true, "198.51.100.128": true, "198.51.100.255": true, "198.51.101.0": false,
		"203.0.113.4": false, "203.0.113.5": true, "203.0.113.12": true, "203.0.113.13": false,
		"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff": false, "2001:db8::": true, "2001:db8:ffff::": true, "2001:db9::": false,
		"9.255.255.255": false, "10.0.0.0": true, "10.255.255.255": true, "11.0.0.0": false,
		"0.0.0.0": true, "0.0.0.1": false, "255.255.255.254": false, "255.255.255.255": true,
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe": false, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff": true, "::": false,
	} {
		require.Equal(t, tagged, len(names(lookup(t, table, addr))) == 1, addr)
	}
	consistent(t, table)
	require.Equal(t, geo.Dataset{File: "NORD_VPN.txt", Kind: geo.Netset, Type: "netset", Networks: 14, Networks4: 10, Provides: geo.ServicesField}, table.Datasets()[0])
}

func TestNetsetErrors(t *testing.T) {
	for _, test := range []struct {
		name   string
		source geo.Source
		want   []string
	}{
		{"every bad line", list("NORD_VPN", "192.0.2.1", "  nonsense # a comment", "192.0.2.0/33", "192.0.2.9-192.0.2.1", "\xff"), []string{
			`2:3 bad-address "nonsense": not an IP address (unable to parse IP)`,
			`3:1 bad-cidr "192.0.2.0/33": not a prefix such as 192.0.2.0/24 or 2001:db8::/32 (prefix length out of range)`,
			`4:1 bad-range "192.0.2.9-192.0.2.1": the range ends before it starts`,
			`5:1 bad-encoding "": the line is not valid UTF-8`,
		}},
		{"a long line", list("NORD_VPN", strings.Repeat("1", 1<<17), "x"), []string{
			`1:1 line-too-long "": the line has 131072 bytes, more than the limit of 4096; expected one network a line`,
			`2:1 bad-address "x": not an IP address (unable to parse IP)`,
		}},
		{"behind a byte order mark", list("NORD_VPN", "\xef\xbb\xbfx"), []string{`1:4 bad-address "x": not an IP address (unable to parse IP)`}},
		{"a service that is none", list("NORD VPN", "192.0.2.1"), []string{`1:1 bad-service "NORD VPN": not a service: expected letters, digits and _, such as NORD_VPN`}},
		{"an aggregate", list("all_anonymizers", "192.0.2.1"), []string{`1:1 bad-service "all_anonymizers": this category stands for many services; name the service, or VPN or PROXY if its operator is unknown`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := geo.Load(test.source)
			require.Equal(t, test.want, positions(findings(t, err)))
		})
	}
	wide := load(t, list("NORD_VPN", "0.0.0.0/0", "192.0.2.1/24"))
	require.Equal(t, []string{
		`1:1 everything "0.0.0.0/0": the network is the whole address space`,
		`2:1 host-bits "192.0.2.1/24": the address has bits behind the prefix; the whole network 192.0.2.0-192.0.2.255 is meant`,
	}, positions(wide.Warnings()))
	empty := load(t, geo.Source{File: "empty.txt", Data: []byte("\n# nobody\n"), Service: "NORD_VPN"})
	require.Equal(t, []string{`1:1 no-networks "": the list has no network; it has no effect`}, positions(empty.Warnings()))
	empty = load(t, geo.Source{File: "empty.csv", Data: []byte("network,country,region,asn,anonymizer,services\n")})
	require.Equal(t, []string{`1:1 no-networks "": the corrections have no row; they have no effect`}, positions(empty.Warnings()))
}
