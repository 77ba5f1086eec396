package geo_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
	"github.com/netwicket/netwicket/internal/netset"
)

// Whatever the bytes are, they give an error, or a table that answers as
// maxminddb does.
func FuzzLoadMMDB(f *testing.F) {
	networks := []network{at("1.0.0.0/8", city("AU", "NSW")), at("1.2.3.4/32", record{"country_code": "US", "asn": "AS15169"})}
	for _, file := range []mmdbtest.File{
		{Type: "four", IPVersion: 4, Networks: networks},
		{Type: "six", Networks: networks, RecordSize: 28},
		{Type: "aliases", Networks: networks, RecordSize: 32, Aliases: true},
		{Type: "anonymous", IPVersion: 4, Networks: []network{
			at("1.0.0.0/8", record{"is_anonymous": true, "is_anonymous_vpn": true, "provider_name": "foo"}),
			at("2.0.0.0/8", record{"is_tor_exit_node": true, "is_hosting_provider": true}),
		}},
		{Type: "enterprise", IPVersion: 4, Networks: []network{at("1.0.0.0/8", record{
			"traits": record{"autonomous_system_number": 1}, "registered_country": record{"iso_code": "DE"}, "double": 1.5, "represented_country": record{"iso_code": "GB"},
		})}},
	} {
		f.Add(bytesOf(f, file))
	}
	for _, raw := range []mmdbtest.Raw{
		{Nodes: [][2]uint32{{0, 1}}},                                              // a cycle
		{Nodes: [][2]uint32{{17, 1}}, Data: []byte{0xe1, 0x47}},                   // a record that ends early
		{Nodes: [][2]uint32{{17, 1}}, Data: []byte{0x20, 0x00}},                   // a pointer to itself
		{Nodes: [][2]uint32{{1, 1}, {2, 2}, {3, 3}, {4, 20}}, Data: []byte{0xe0}}, // shared subtrees
	} {
		content, err := raw.Bytes()
		require.NoError(f, err)
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		table, err := geo.Load(geo.Source{File: "fuzz.mmdb", Data: content, Kind: geo.MMDB})
		if err != nil {
			if table != nil || len(findings(t, err)) != 1 {
				t.Fatal("a table beside an error, or not one finding", err)
			}
			return
		}
		agreesEverywhere(t, table, content)
		consistent(t, table)
	})
}

// Whatever the text is, each finding has a position, and a table that loads is
// whole.
func FuzzLoadCSV(f *testing.F) {
	for _, rows := range []string{
		"", "192.0.2.1,US,US-CA,64500,tor,NORD_VPN|VPN=plain\n", "10.0.0.0/8,US,,,,\n10.1.0.0/16,,US-CA,,,-\n10.1.2.3-10.2.3.4,DE,,,,\n",
		"::/0,-,-,-,-,-\nffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,FR,,,,\n", "\"192.0.2.1\",\"US\",,,,\n", "192.0.2.1,USA,CA,0,x,!\nx\n,,,,,\n",
		"0.0.0.0-255.255.255.255,US,,,,\n255.255.255.255,DE,,,,\n0.0.0.0,FR,,,,\n", "2002::/16,US,,,,\n::/96,DE,,,,\n::ffff:0:0/96,FR,,,,\n",
		"# a geofeed\n192.0.2.0/24,US,US-CA,\"x # y\", # z\n192.0.2.0/25,,,,\n::1,DE\n", "0.0.0.0/0,US,,,\n10.0.0.0/8,DE,DE-BY,,\n10.0.0.0/8,DE,DE-BY,x,\n",
	} {
		f.Add(rows)
	}
	f.Fuzz(func(t *testing.T, rows string) {
		for _, text := range []string{header + rows, rows} { // corrections, or a geofeed
			table, err := geo.Load(geo.Source{File: "fuzz.csv", Data: []byte(text), Kind: geo.CSV})
			if err != nil {
				positioned(t, findings(t, err))
				continue
			}
			positioned(t, table.Warnings())
			consistent(t, table)
		}
	})
}

// A list tags exactly the addresses of its networks.
func FuzzLoadNetset(f *testing.F) {
	for _, text := range []string{
		"", "# nothing", "192.0.2.1\n192.0.2.0/24 # around\n192.0.2.255-192.0.3.1", "::/0\n0.0.0.0/0", "255.255.255.255\n255.255.255.254\n::1\n",
		"\xef\xbb\xbf10.0.0.0/8\r\n", "nonsense\n1.2.3.4/33\n9.9.9.9-1.1.1.1", "::ffff:1.2.3.4\n::fffe:ffff:ffff-::1:0:0:0",
	} {
		f.Add(text, "192.0.2.1")
	}
	f.Fuzz(func(t *testing.T, text, probe string) {
		table, err := geo.Load(geo.Source{File: "fuzz.txt", Data: []byte(text), Service: "NORD_VPN"})
		if err != nil {
			positioned(t, findings(t, err))
			return
		}
		consistent(t, table)
		networks, plain := networksOf(text)
		if !plain {
			return
		}
		if len(networks) != table.Datasets()[0].Networks {
			t.Fatalf("%d networks, the list has %d", table.Datasets()[0].Networks, len(networks))
		}
		addrs := []netip.Addr{}
		if addr, err := netip.ParseAddr(probe); err == nil {
			addrs = append(addrs, addr)
		}
		for _, n := range networks {
			addrs = append(addrs, n.From(), n.To(), n.From().Prev(), n.To().Next())
		}
		for _, addr := range addrs {
			if !addr.IsValid() {
				continue
			}
			addr = addr.Unmap().WithZone("")
			want := 0
			for _, n := range networks {
				if n.Contains(addr) {
					want = 1
				}
			}
			if got := len(names(table.Lookup(addr))); got != want {
				t.Fatalf("%s has %d services, want %d", addr, got, want)
			}
		}
	})
}

// networksOf reads a list that has loaded the plain way.
func networksOf(text string) (networks []netipx.IPRange, plain bool) {
	for line := range strings.SplitSeq(strings.TrimPrefix(text, "\xef\xbb\xbf"), "\n") {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.Trim(line, " \t\r"); line != "" {
			network, _, err := netset.Parse(line)
			if err != nil {
				return nil, false
			}
			networks = append(networks, network)
		}
	}
	return networks, true
}

func positioned(t *testing.T, found geo.Findings) {
	t.Helper()
	for _, f := range found {
		if f.Line < 1 || f.Column < 1 || f.Code == "" || f.Err == nil {
			t.Fatalf("a finding without position, code or cause: %+v", f)
		}
	}
}
