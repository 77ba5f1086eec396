package geo_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
	"github.com/netwicket/netwicket/internal/realdata"
)

// Each source says what it says, and where.
func TestTracer(t *testing.T) {
	feed := geo.Source{File: "feed.csv", Data: []byte("# ours\n192.0.2.0/24,FR,FR-IDF,Paris,\n192.0.2.128/25,,,,\n")}
	rows := geo.Source{File: "rows.csv", Kind: geo.CSV, Data: []byte("network,country,region,asn,anonymizer,services\n" +
		"192.0.2.0/24,DE,,64500,,\n192.0.2.0/26,,DE-BE,,none,\n\n192.0.2.7,-,,,tor,NORD_VPN\n2001:db8::/32,US,,,,\n")}
	list := geo.Source{File: "list.txt", Kind: geo.Netset, Service: "NORD_VPN", Data: []byte("; nord\n192.0.2.0/28\n192.0.2.4/30\n")}
	tracer, err := geo.NewTracer(feed, rows, list)
	require.NoError(t, err)
	for addr, want := range map[string][]struct {
		states  []string
		lines   [5]int
		network string
		country string
		region  string
		asn     uint32
	}{
		"192.0.2.7": {
			{[]string{"country", "region"}, [5]int{2, 2}, "192.0.2.0-192.0.2.127", "FR", "FR-IDF", 0},
			{[]string{"country", "region", "asn", "anonymizer", "services"}, [5]int{5, 3, 2, 5, 5}, "192.0.2.7-192.0.2.7", "", "", 64500},
			{[]string{"services"}, [5]int{0, 0, 0, 0, 3}, "192.0.2.0-192.0.2.15", "", "", 0},
		},
		"::ffff:192.0.2.40": {
			{[]string{"country", "region"}, [5]int{2, 2}, "192.0.2.0-192.0.2.127", "FR", "FR-IDF", 0},
			{[]string{"country", "region", "asn", "anonymizer"}, [5]int{2, 3, 2, 3, 0}, "192.0.2.8-192.0.2.63", "DE", "DE-BE", 64500},
			{nil, [5]int{}, "192.0.2.16-255.255.255.255", "", "", 0},
		},
		"2001:db8::7": {
			{nil, [5]int{}, "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", "", 0},
			{[]string{"country"}, [5]int{6}, "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "US", "", 0},
			{nil, [5]int{}, "2001:1::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", "", 0}, // behind Teredo
		},
	} {
		said := tracer.At(netip.MustParseAddr(addr))
		require.Len(t, said, len(want))
		for i, w := range want {
			s := said[i]
			require.Equal(t, []string{"feed.csv", "rows.csv", "list.txt"}[i], s.File)
			require.Equal(t, w.states, s.States.Names(), "%s %s", addr, s.File)
			for datum, line := range w.lines {
				require.Equal(t, line, s.Line(1<<datum), "%s %s %d", addr, s.File, datum)
			}
			require.Equal(t, w.network, s.Range.String(), "%s %s", addr, s.File)
			require.Equal(t, w.country, s.Location.Country)
			require.Equal(t, w.region, s.Location.Regions.First())
			require.Equal(t, w.asn, s.Location.ASN)
		}
	}
	// Of a geofeed the smallest network is the whole answer, and a table of two data has no line.
	said := tracer.At(netip.MustParseAddr("192.0.2.200"))
	require.Equal(t, []string{"country"}, said[0].States.Names())
	require.Equal(t, [4]int{3, 0, 0, 0}, [4]int{said[0].Line(geo.Country), said[0].Line(geo.Region), said[0].Line(0), said[0].Line(geo.Country | geo.Region)})
	require.Empty(t, tracer.At(netip.Addr{}))
	var none *geo.Tracer
	require.Empty(t, none.At(netip.MustParseAddr("192.0.2.7")))
	_, err = geo.NewTracer(feed, geo.Source{File: "bad.csv", Kind: geo.CSV, Data: []byte("x")})
	require.ErrorContains(t, err, "bad.csv")
}

// The line is that of the smallest network, in whichever order they stand, and of the
// address's own family; a database has none.
func TestTracedLines(t *testing.T) {
	db := geo.Source{File: "geo.mmdb", Data: bytesOf(t, mmdbtest.File{Type: "Test", Aliases: true, Networks: []network{
		at("8.0.0.0/8", country("US")), at("9.0.0.0/8", record{"asn": 7, "proxy_type": "EPN"}), at("10.0.0.0/8", record{"is_anonymous": false}), at("2001:db8::/32", country("DE")),
	}})}
	tracer, err := geo.NewTracer(db, corrections(
		"10.0.0.0/25,FR,,,,", "10.0.0.0/24,DE,,,,", "10.0.0.128/25,IT,,,,", "10.0.0.0/26,ES,,,,", "10.0.0.0/8,,,7,,", "::a00:0/112,AQ,,,,", "10.1.1.0/24,GB,,,,", "::a01:100/125,NL,,,,"))
	require.NoError(t, err)
	for addr, want := range map[string]int{
		"10.0.0.1": 5, "10.0.0.64": 2, "10.0.0.127": 2, "10.0.0.128": 4, "10.0.0.255": 4, "10.0.1.0": 0, "10.1.1.1": 8, "::a01:101": 9, "::a00:1": 7,
	} {
		require.Equal(t, want, tracer.At(netip.MustParseAddr(addr))[1].Line(geo.Country), addr)
	}
	for addr, want := range map[string]geo.Field{
		"8.8.8.8": geo.Country, "9.9.9.9": geo.ASN | geo.ServicesField, "10.1.1.1": geo.AnonymizerField | geo.ServicesField, "7.255.255.255": 0,
		"2002:808:808::1": geo.Country, "2001:ffff::": 0, "2003:808:808::": 0, "2001:db8::1": geo.Country, "2002:b00::": 0,
	} {
		said := tracer.At(netip.MustParseAddr(addr))[0]
		require.Equal(t, want, said.States, addr)
		require.Zero(t, said.Line(geo.Country), addr)
	}
}

// What the last source that states a datum says is what the table says, for the
// data that override each other.
func TestTracerAgreesWithTheTable(t *testing.T) {
	sources := []geo.Source{{File: realdata.Path(t, "mmdb/GeoLite2-Country-20180206.mmdb")}, {File: realdata.Path(t, "mmdb/country-2025.mmdb")}, {File: realdata.Path(t, "mmdb/asn-2024.mmdb")}}
	rows := filepath.Join(t.TempDir(), "rows.csv")
	require.NoError(t, os.WriteFile(rows, []byte("network,country,region,asn,anonymizer,services\n8.8.0.0/16,DE,,,,\n2002:808::/32,FR,,7,,\n"), 0o600))
	sources = append(sources, geo.Source{File: rows})
	table, err := geo.Load(sources...)
	require.NoError(t, err)
	tracer, err := geo.NewTracer(sources...)
	require.NoError(t, err)
	check := func(addr netip.Addr) {
		want, country, asn := table.Lookup(addr), "", uint32(0)
		for _, s := range tracer.At(addr) {
			if s.States.Has(geo.Country) {
				country = s.Location.Country
			}
			if s.States.Has(geo.ASN) {
				asn = s.Location.ASN
			}
			if s.States == 0 && s.Location.Country != "" || !s.Range.Contains(addr) {
				t.Fatalf("%s: %+v", addr, s)
			}
		}
		if country != want.Country || asn != want.ASN {
			t.Fatalf("%s: %s AS%d, the table says %s AS%d", addr, country, asn, want.Country, want.ASN)
		}
	}
	i := 0
	for r := range table.All() {
		if i++; i%37 == 0 {
			check(r.From())
			check(r.To())
		}
	}
	for _, addr := range []string{"8.8.8.8", "2002:808:808::1", "2001:0:808:808::1", "::8.8.8.8", "64:ff9b::808:808"} {
		check(netip.MustParseAddr(addr))
	}
}
