package geo_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// The layouts of the suppliers, by their fields, whatever the file is called.
func TestRecordLayouts(t *testing.T) {
	type array = mmdbtest.Array
	for _, test := range []struct {
		name string
		said any
		want geo.Location
	}{
		{"MaxMind and DB-IP country", record{"country": record{"iso_code": "US", "names": record{"en": "United States"}}}, geo.Location{Country: "US"}},
		{"registered and represented", record{
			"country": record{"iso_code": "DE"}, "registered_country": record{"iso_code": "US"}, "represented_country": record{"iso_code": "GB", "type": "military"},
		}, geo.Location{Country: "DE", Registered: "US", Represented: "GB"}},
		{"every subdivision, the outermost first", record{
			"country": record{"iso_code": "GB"}, "subdivisions": array{record{"iso_code": "ENG"}, record{"iso_code": "wbk"}},
		}, geo.Location{Country: "GB", Regions: inRegions("GB", "ENG", "WBK")}},
		{"a subdivision without a code beside one with a code", record{
			"country": record{"iso_code": "IT"}, "subdivisions": array{record{"names": record{"en": "Lombardy"}}, record{"iso_code": "MI"}},
		}, geo.Location{Country: "IT", Regions: inRegions("IT", "MI")}},
		{"a subdivision twice", record{
			"country": record{"iso_code": "IT"}, "subdivisions": array{record{"iso_code": "25"}, record{"iso_code": "25"}},
		}, geo.Location{Country: "IT", Regions: inRegions("IT", "25")}},
		{"a subdivision that is a name beside one with a code", record{
			"country": record{"iso_code": "IT"}, "subdivisions": array{record{"iso_code": "25"}, record{"iso_code": "Milano"}},
		}, geo.Location{Country: "IT"}},
		{"subdivision in lower case", city("us", "ca"), geo.Location{Country: "US", Regions: inRegions("US", "CA")}},
		{"subdivision of digits", city("CZ", "10"), geo.Location{Country: "CZ", Regions: inRegions("CZ", "10")}},
		{"subdivision without a code", record{"country": record{"iso_code": "US"}, "subdivisions": array{record{"names": record{"en": "California"}}}}, geo.Location{Country: "US"}},
		{"no subdivision", record{"country": record{"iso_code": "US"}, "subdivisions": array{}}, geo.Location{Country: "US"}},
		{"subdivision code that is a name", city("US", "California"), geo.Location{Country: "US"}},
		{"subdivision code with a hyphen", city("US", "C-A"), geo.Location{Country: "US"}},
		{"subdivision without a country", record{"subdivisions": array{record{"iso_code": "CA"}}}, geo.Location{}},
		{"country without a code", record{"country": record{"names": record{"en": "Nowhere"}}}, geo.Location{}},
		{"MaxMind ASN and ISP, ip-location-db", record{"autonomous_system_number": 15169, "autonomous_system_organization": "GOOGLE"}, geo.Location{ASN: 15169, ASNKnown: true}},
		{"MaxMind Enterprise", record{"country": record{"iso_code": "US"}, "traits": record{"autonomous_system_number": uint32(7922), "isp": "Comcast"}}, geo.Location{Country: "US", ASN: 7922, ASNKnown: true}},
		{"the record's own ASN goes before that of traits", record{"autonomous_system_number": 1, "traits": record{"autonomous_system_number": 2}}, geo.Location{ASN: 1, ASNKnown: true}},
		{"IPinfo country and ASN", record{"country": "US", "country_name": "United States", "asn": "AS15169", "as_name": "Google LLC"}, geo.Location{Country: "US", ASN: 15169, ASNKnown: true}},
		{"IPinfo Lite", record{"country": "United States", "country_code": "US", "asn": "AS15169"}, geo.Location{Country: "US", ASN: 15169, ASNKnown: true}},
		{"IPinfo without an ASN", record{"country": "US", "asn": ""}, geo.Location{Country: "US"}},
		{"IPLocate country", record{"country_code": "US"}, geo.Location{Country: "US"}},
		{"IPLocate ASN", record{"asn": 15169, "country_code": "us"}, geo.Location{Country: "US", ASN: 15169, ASNKnown: true}},
		{"ip-location-db country", record{"country_code": "DE"}, geo.Location{Country: "DE"}},
		{"ASN of 16 bits", record{"autonomous_system_number": uint16(1)}, geo.Location{ASN: 1, ASNKnown: true}},
		{"ASN of 64 bits", record{"autonomous_system_number": uint64(4294967295)}, geo.Location{ASN: 4294967295, ASNKnown: true}},
		{"ASN that is none", record{"autonomous_system_number": uint64(1<<32 + 15169)}, geo.Location{}},
		{"the reserved ASN (RFC 7607)", record{"asn": 0}, geo.Location{}},
		{"ASN in lower case", record{"asn": "as1"}, geo.Location{ASN: 1, ASNKnown: true}},
		{"ASN without letters", record{"asn": "1"}, geo.Location{ASN: 1, ASNKnown: true}},
		{"ASN that is text", record{"asn": "AS"}, geo.Location{}},
		{"other traits", record{"traits": record{"a": "AS64500", "isp": "AS64501"}}, geo.Location{}},
		{"as many subdivisions as may be", record{"country": record{"iso_code": "IT"}, "subdivisions": slices.Repeat(array{record{"iso_code": "MI"}}, 16)}, geo.Location{Country: "IT", Regions: inRegions("IT", "MI")}},
		{"country in lower case", country("de"), geo.Location{Country: "DE"}},
		{"EU", country("EU"), geo.Location{Country: "EU"}},
		{"AP", country("AP"), geo.Location{Country: "AP"}},
		{"XK", country("XK"), geo.Location{Country: "XK"}},
		{"ZZ", country("ZZ"), geo.Location{}},
		{"zz", country("zz"), geo.Location{}},
		{"XX", country("XX"), geo.Location{}},
		{"--", country("--"), geo.Location{}},
		{"three letters", country("USA"), geo.Location{}},
		{"one letter", country("U"), geo.Location{}},
		{"a digit", country("A1"), geo.Location{}},
		{"two characters of more bytes", country("ÄÖ"), geo.Location{}},
		{"two bytes of one character", country("Ä"), geo.Location{}},
		{"beside the letters", country("@["), geo.Location{}},
		{"beside the lower letters", country("`{"), geo.Location{}},
		{"not a map", "a string", geo.Location{}},
		{"an array", array{country("US")}, geo.Location{}},
		{"an empty map", record{}, geo.Location{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, lookup(t, load(t, database(t, at("192.0.2.0/24", test.said))), "192.0.2.1"))
		})
	}
}

// An Anonymous-IP or Anonymous-Plus record supplies the anonymizer and services.
func TestAnonymousRecords(t *testing.T) {
	for _, test := range []struct {
		name       string
		said       record
		anonymizer geo.Anonymizer
		services   []string
	}{
		{"anonymous", record{"is_anonymous": true}, geo.Anonymous, []string{"PROXY"}},
		{"VPN", record{"is_anonymous": true, "is_anonymous_vpn": true}, geo.Anonymous, []string{"VPN"}},
		{"VPN flag alone", record{"is_anonymous_vpn": true}, geo.Anonymous, []string{"VPN"}},
		{"public proxy", record{"is_anonymous": true, "is_public_proxy": true}, geo.Anonymous, []string{"PROXY"}},
		{"residential proxy", record{"is_residential_proxy": true}, geo.Anonymous, []string{"PROXY"}},
		{"both proxies", record{"is_public_proxy": true, "is_residential_proxy": true}, geo.Anonymous, []string{"PROXY"}},
		{"Tor", record{"is_anonymous": true, "is_tor_exit_node": true}, geo.Tor, []string{"ANONYMIZER_TOR", "PROXY"}},
		{"Tor and VPN", record{"is_anonymous": true, "is_tor_exit_node": true, "is_anonymous_vpn": true}, geo.Tor, []string{"ANONYMIZER_TOR", "VPN"}},
		{"everything", record{
			"is_anonymous": true, "is_anonymous_vpn": true, "is_hosting_provider": true, "is_public_proxy": true, "is_residential_proxy": true, "is_tor_exit_node": true,
		}, geo.Tor, []string{"ANONYMIZER_TOR", "PROXY", "VPN"}},
		{"hosting", record{"is_anonymous": true, "is_hosting_provider": true}, geo.Anonymous, []string{"PROXY"}},
		{"named VPN", record{"is_anonymous": true, "is_anonymous_vpn": true, "provider_name": "NordVPN"}, geo.Anonymous, []string{"NORD_VPN"}},
		{"named proxy", record{"is_anonymous": true, "is_residential_proxy": true, "provider_name": "Bright Data"}, geo.Anonymous, []string{"BRIGHT_DATA_PROXY"}},
		{"named, and nothing but anonymous", record{"is_anonymous": true, "provider_name": "foo"}, geo.Anonymous, []string{"FOO_PROXY"}},
		{"named VPN that is a proxy too", record{"is_anonymous_vpn": true, "is_public_proxy": true, "provider_name": "foo"}, geo.Anonymous, []string{"FOO_VPN", "PROXY"}},
		{"named after nothing", record{"is_anonymous_vpn": true, "provider_name": "--"}, geo.Anonymous, []string{"VPN"}},
		{"named after its type", record{"is_anonymous_vpn": true, "provider_name": "vpn"}, geo.Anonymous, []string{"VPN"}},
		{"no flag is set", record{"is_anonymous": false, "is_anonymous_vpn": false, "is_tor_exit_node": false}, geo.AnonymizerNone, []string{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := lookup(t, load(t, database(t, at("192.0.2.0/24", test.said))), "192.0.2.1")
			require.Equal(t, test.anonymizer, got.Anonymizer)
			require.Equal(t, test.services, names(got))
		})
	}
	// The name of a hosting provider does not say that it hides anyone.
	table := load(t, database(t, at("192.0.2.0/24", record{"provider_name": "foo", "is_hosting_provider": true})))
	require.Zero(t, lookup(t, table, "192.0.2.1"))
	require.Zero(t, table.Provides())
}

// Every record size, IP version and shape of tree gives the same answers.
func TestDatabaseForms(t *testing.T) {
	networks := []network{at("1.0.0.0/8", city("AU", "NSW")), at("1.2.3.4/32", country("US")), at("128.0.0.0/1", country("FR"))}
	for _, size := range []int{24, 28, 32} {
		for _, version := range []int{4, 6} {
			t.Run(fmt.Sprintf("%d bits, IPv%d", size, version), func(t *testing.T) {
				content := bytesOf(t, mmdbtest.File{Type: "Test", RecordSize: size, IPVersion: version, Networks: networks})
				table := load(t, geo.Source{File: "x", Data: content})
				consistent(t, table)
				agreesEverywhere(t, table, content)
				require.Equal(t, geo.Location{Country: "AU", Regions: inRegions("AU", "NSW")}, lookup(t, table, "1.2.3.5"))
				require.Equal(t, geo.Location{Country: "US"}, lookup(t, table, "::ffff:1.2.3.4"))
				require.Equal(t, geo.Location{}, lookup(t, table, "::1.2.3.4"), "where IPv4 lies in a tree of IPv6")
				require.Equal(t, geo.Location{}, lookup(t, table, "2002:102:304::"))
			})
		}
	}
}

// Trees that a careful writer does not write, but a reader must read.
func TestUnusualTrees(t *testing.T) {
	us, err := mmdbtest.Value(country("US"))
	require.NoError(t, err)
	de, err := mmdbtest.Value(country("DE"))
	require.NoError(t, err)
	data := append(us, de...)
	toDE := uint32(len(us))
	for _, test := range []struct {
		name string
		raw  mmdbtest.Raw
		want map[string]string
	}{
		{"IPv4 ends above ::/96", mmdbtest.Raw{Nodes: [][2]uint32{{17, 1}}}, map[string]string{"1.2.3.4": "US", "::1": "", "0:1::": "US", "8000::": ""}},
		{"IPv4 has no data", mmdbtest.Raw{Nodes: [][2]uint32{{1, 17}}}, map[string]string{"1.2.3.4": "", "::1": "", "8000::": "US", "::ffff:1.2.3.4": ""}},
		{"two halves are one node", mmdbtest.Raw{Nodes: [][2]uint32{{1, 1}, {2 + 16, 2 + 16 + toDE}}}, map[string]string{"::": "", "0:1::": "US", "4000::": "DE", "8000::": "US", "c000::": "DE", "9.9.9.9": "US"}},
		{"an IPv4 tree of one node", mmdbtest.Raw{IPVersion: 4, Nodes: [][2]uint32{{1 + 16, 1 + 16 + toDE}}}, map[string]string{"127.255.255.255": "US", "128.0.0.0": "DE", "::1": ""}},
		{"unreachable nodes", mmdbtest.Raw{Nodes: [][2]uint32{{3 + 16, 3}, {1, 1}, {9, 9}}}, map[string]string{"::": "", "0:1::": "US", "8000::": ""}},
		{"the IPv4 tree once more, where it has no room", twiceTree(), map[string]string{"1.2.3.4": "US", "129.2.3.4": "", "::1": "", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fe00": "US", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fe80": ""}},
		{"the block of mapped addresses has data of its own", mappedTree(), map[string]string{"1.2.3.4": "", "::ffff:1.2.3.4": "", "::fffe:1.2.3.4": ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.raw.Data = data
			content, err := test.raw.Bytes()
			require.NoError(t, err)
			table := load(t, geo.Source{File: "raw.mmdb", Data: content})
			for addr, want := range test.want {
				require.Equal(t, want, lookup(t, table, addr).Country, addr)
			}
			agreesEverywhere(t, table, content)
			consistent(t, table)
		})
	}
}

// Records whose upper bits are not zero: 28-bit ones keep theirs in a byte that
// both records of a node share.
func TestLargeRecords(t *testing.T) {
	us, err := mmdbtest.Value(country("US"))
	require.NoError(t, err)
	de, err := mmdbtest.Value(country("DE"))
	require.NoError(t, err)
	long := append(us, make([]byte, 1<<24+1<<21+3<<12)...)
	for _, size := range []int{24, 28, 32} {
		data := slices.Clone(long)
		if size == 24 {
			data = data[:len(us)+1<<23+1<<12]
		}
		far := uint32(len(data))
		data = append(data, de...)
		for name, node := range map[string][2]uint32{"left": {1 + 16 + far, 1 + 16}, "right": {1 + 16, 1 + 16 + far}} {
			t.Run(fmt.Sprintf("%d bits, %s", size, name), func(t *testing.T) {
				content, err := mmdbtest.Raw{RecordSize: size, IPVersion: 4, Nodes: [][2]uint32{node}, Data: data}.Bytes()
				require.NoError(t, err)
				table := load(t, geo.Source{File: "large.mmdb", Data: content})
				want := map[string]string{"1.2.3.4": "US", "200.2.3.4": "DE"}
				if name == "left" {
					want = map[string]string{"1.2.3.4": "DE", "200.2.3.4": "US"}
				}
				for addr, code := range want {
					require.Equal(t, code, lookup(t, table, addr).Country, addr)
				}
				agreesEverywhere(t, table, content)
			})
		}
	}
}

// twiceTree has a node at ::/96 that is at the end of a long path as well, 120 bits deep.
func twiceTree() mmdbtest.Raw {
	const nodes, four = 96 + 1 + 119, 96
	raw := mmdbtest.Raw{Nodes: [][2]uint32{{1, four + 1}}}
	for node := uint32(1); node < four; node++ {
		raw.Nodes = append(raw.Nodes, [2]uint32{node + 1, nodes})
	}
	raw.Nodes = append(raw.Nodes, [2]uint32{nodes + 16, nodes})
	for node := uint32(four + 1); node < nodes-1; node++ {
		raw.Nodes = append(raw.Nodes, [2]uint32{nodes, node + 1})
	}
	raw.Nodes = append(raw.Nodes, [2]uint32{four, nodes})
	return raw
}

// mappedTree has data at ::ffff:0:0/96 alone.
func mappedTree() mmdbtest.Raw {
	const nodes = 96
	raw := mmdbtest.Raw{}
	for depth := range uint32(nodes) {
		bit, following := 0, depth+1
		if depth >= 80 {
			bit = 1
		}
		if depth == nodes-1 {
			following = nodes + 16
		}
		node := [2]uint32{nodes, nodes}
		node[bit] = following
		raw.Nodes = append(raw.Nodes, node)
	}
	return raw
}

// The metadata of a database are told; a build date that is none is left out.
func TestDatasets(t *testing.T) {
	built := time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC)
	content := bytesOf(t, mmdbtest.File{Type: "GeoLite2-Country", Built: built, Aliases: true, Networks: []network{
		at("1.0.0.0/8", country("AU")), at("2.0.0.0/8", country("FR")), at("2001:db8::/32", country("DE")),
	}})
	table := load(t, geo.Source{File: "geo/country.mmdb", Data: content}, corrections("192.0.2.1,US,,,,"))
	require.Equal(t, []geo.Dataset{
		{File: "geo/country.mmdb", Kind: geo.MMDB, Type: "GeoLite2-Country", Built: built, Networks: 3, Networks4: 2, Provides: geo.Country},
		{File: "corrections.csv", Kind: geo.CSV, Type: "csv", Networks: 1, Networks4: 1, Provides: geo.Country},
	}, table.Datasets())
	require.Empty(t, table.Warnings())

	named := bytesOf(t, mmdbtest.File{Type: "csv", Networks: []network{at("1.0.0.0/8", country("AU"))}})
	table = load(t, geo.Source{File: "named.mmdb", Data: named})
	require.Equal(t, geo.MMDB, table.Datasets()[0].Kind, "a database may call itself what it likes")

	table = load(t, corrections("192.0.2.1,US,,,,", "2001:db8::,US,,,,"))
	require.Equal(t, [2]int{2, 1}, [2]int{table.Datasets()[0].Networks, table.Datasets()[0].Networks4})

	last := time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC)
	for built, want := range map[time.Time]time.Time{last: last, last.Add(time.Second): {}} {
		content := bytesOf(t, mmdbtest.File{Type: "Test", Built: built, Networks: []network{at("1.0.0.0/8", country("AU"))}})
		if strconv.IntSize == 64 {
			require.Equal(t, want, load(t, geo.Source{File: "x", Data: content}).Datasets()[0].Built)
		}
	}

	raw, err := mmdbtest.Raw{Nodes: [][2]uint32{{1, 1}}, Metadata: record{"build_epoch": ^uint64(0), "database_type": "Odd"}}.Bytes()
	require.NoError(t, err)
	if strconv.IntSize == 32 { // maxminddb reads the date into a uint
		_, err = geo.Load(geo.Source{File: "odd.mmdb", Data: raw})
		require.ErrorContains(t, err, "odd.mmdb:1:1: not a readable MMDB file: at offset 0, path /build_epoch")
		return
	}
	table = load(t, geo.Source{File: "odd.mmdb", Data: raw})
	require.True(t, table.Datasets()[0].Built.IsZero())
	require.Equal(t, []string{
		`1:1 provides-nothing "": a database of type "Odd" provides none of country, region, asn, anonymizer, services; it has no effect`,
		`1:1 bad-build-date "": the build_epoch of the metadata is no date`,
	}, positions(table.Warnings()))
}
