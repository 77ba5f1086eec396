package geo_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

type (
	record  = mmdbtest.Map
	network = mmdbtest.Network
)

func at(prefix string, r any) network { return network{Prefix: prefix, Record: r} }

func country(code string) record { return record{"country": record{"iso_code": code}} }

func city(country, region string) record {
	return record{"country": record{"iso_code": country}, "subdivisions": mmdbtest.Array{record{"iso_code": region}}}
}

// The joining rules: what 192.0.2.1 is after the sources in their order.
func TestJoining(t *testing.T) {
	db := func(r record) geo.Source { return database(t, at("192.0.2.0/24", r)) }
	row := func(cells string) geo.Source { return corrections("192.0.2.0/24," + cells) }
	for _, test := range []struct {
		name    string
		sources []geo.Source
		want    geo.Location
		names   []string
	}{
		{"no source", nil, geo.Location{}, nil},
		{"a database", []geo.Source{db(city("US", "CA"))}, geo.Location{Country: "US", Regions: inRegions("US", "CA")}, nil},
		{"a later one overrides the country", []geo.Source{db(country("US")), db(country("DE"))}, geo.Location{Country: "DE"}, nil},
		{"a later one that is silent does not", []geo.Source{db(country("US")), db(record{"autonomous_system_number": 64500})}, geo.Location{Country: "US", ASN: 64500, ASNKnown: true}, nil},
		{"an empty country is silence", []geo.Source{db(country("US")), db(country(""))}, geo.Location{Country: "US"}, nil},
		{"an unknown country is not silence", []geo.Source{db(country("US")), db(country("ZZ"))}, geo.Location{}, nil},
		{"another country takes the region away", []geo.Source{db(city("US", "CA")), db(country("DE"))}, geo.Location{Country: "DE"}, nil},
		{"the same country leaves the region", []geo.Source{db(city("US", "CA")), db(country("US"))}, geo.Location{Country: "US", Regions: inRegions("US", "CA")}, nil},
		{"a country and its region override both", []geo.Source{db(city("US", "CA")), db(city("DE", "BY"))}, geo.Location{Country: "DE", Regions: inRegions("DE", "BY")}, nil},
		{"a region alone joins its country", []geo.Source{db(country("US")), row(",US-CA,,,")}, geo.Location{Country: "US", Regions: inRegions("US", "CA")}, nil},
		{"a region of another country is not kept", []geo.Source{db(city("US", "CA")), row(",DE-BY,,,")}, geo.Location{Country: "US"}, nil},
		{"a region alone has no country", []geo.Source{row(",US-CA,,,")}, geo.Location{}, nil},
		{"a region of an unknown country", []geo.Source{db(city("ZZ", "CA"))}, geo.Location{}, nil},
		{"none for the country takes the region too", []geo.Source{db(city("US", "CA")), row("-,,,,")}, geo.Location{}, nil},
		{"none for the region", []geo.Source{db(city("US", "CA")), row(",-,,,")}, geo.Location{Country: "US"}, nil},
		{"none for the ASN is unknown", []geo.Source{db(record{"autonomous_system_number": 64500}), row(",,-,,")}, geo.Location{}, nil},
		{"an anonymizer overrides", []geo.Source{db(record{"is_anonymous": true}), row(",,,tor,")}, geo.Location{Anonymizer: geo.Tor}, []string{"PROXY"}},
		{"none for the anonymizer is known", []geo.Source{db(record{"is_anonymous": true}), row(",,,-,")}, geo.Location{Anonymizer: geo.AnonymizerNone}, []string{"PROXY"}},
		{"none for the anonymizer where nothing else says", []geo.Source{row(",,,none,")}, geo.Location{Anonymizer: geo.AnonymizerNone}, nil},
		{
			"services of databases and lists join",
			[]geo.Source{db(record{"is_anonymous_vpn": true}), list("NORD_VPN", "192.0.2.1"), list("GEONODE_PROXY", "192.0.2.0/25")},
			geo.Location{Anonymizer: geo.Anonymous},
			[]string{"GEONODE_PROXY", "NORD_VPN", "VPN"},
		},
		{
			"a cell replaces what came before, not what comes later",
			[]geo.Source{list("NORD_VPN", "192.0.2.1"), row(",,,,EXPRESS_VPN"), list("GEONODE_PROXY", "192.0.2.1")},
			geo.Location{},
			[]string{"EXPRESS_VPN", "GEONODE_PROXY"},
		},
		{"none for services", []geo.Source{list("NORD_VPN", "192.0.2.1"), row(",,,,-")}, geo.Location{}, []string{}},
		{"services do not tell the anonymizer", []geo.Source{list("ANONYMIZER_TOR", "192.0.2.1")}, geo.Location{}, []string{"ANONYMIZER_TOR"}},
		{"the anonymizer does not tell services", []geo.Source{row(",,,tor,")}, geo.Location{Anonymizer: geo.Tor}, nil},
		{
			"plain and anonymous: no source denies what another one states",
			[]geo.Source{row(",,,,NORD_VPN=plain"), list("NORD_VPN", "192.0.2.1")},
			geo.Location{},
			[]string{"NORD_VPN"},
		},
		{"hosting alone says nothing", []geo.Source{db(record{"is_hosting_provider": true})}, geo.Location{}, nil},
		{
			"hosting alone does not override",
			[]geo.Source{db(record{"is_anonymous_vpn": true}), db(record{"is_hosting_provider": true})},
			geo.Location{Anonymizer: geo.Anonymous},
			[]string{"VPN"},
		},
		{
			"a flag that is false does",
			[]geo.Source{row(",,,anonymous,"), db(record{"is_anonymous": false})},
			geo.Location{Anonymizer: geo.AnonymizerNone},
			[]string{},
		},
		{
			"registered and represented countries are those of the country's source",
			[]geo.Source{
				db(record{"country": record{"iso_code": "US"}, "registered_country": record{"iso_code": "FR"}, "represented_country": record{"iso_code": "GB"}}),
				row(",,64500,,"),
			},
			geo.Location{Country: "US", Registered: "FR", Represented: "GB", ASN: 64500, ASNKnown: true},
			nil,
		},
		{
			"another source's country comes without them",
			[]geo.Source{db(record{"country": record{"iso_code": "US"}, "registered_country": record{"iso_code": "FR"}}), row("DE,,,,")},
			geo.Location{Country: "DE"},
			nil,
		},
		{"empty text for an ASN, which says nothing", []geo.Source{db(record{"asn": 64500}), db(record{"country": "US", "asn": ""})}, geo.Location{Country: "US", ASN: 64500, ASNKnown: true}, nil},
		{"a country alone leaves the ASN", []geo.Source{db(record{"asn": 64500}), db(record{"country": "US"})}, geo.Location{Country: "US", ASN: 64500, ASNKnown: true}, nil},
		{"a registered country is not a country", []geo.Source{db(record{"registered_country": record{"iso_code": "FR"}})}, geo.Location{Registered: "FR"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := lookup(t, load(t, test.sources...), "192.0.2.1")
			require.Equal(t, test.names, names(got))
			got.Services, got.AnonymizerSorts = geo.Services{}, 0
			require.Equal(t, test.want, got)
		})
	}
}

// Where no source states the anonymizer or services of an address, it is known
// to be of none of the sorts that the sources tell of in its family, whatever
// else is known of it. Country, region and ASN stay unknown.
func TestUnlistedAddresses(t *testing.T) {
	const notTor = geo.AllSorts &^ geo.TorSort
	anonymous := []network{at("192.0.2.0/24", record{"is_anonymous": true})}
	type told struct{ anonymizer, services geo.Sorts }
	for _, test := range []struct {
		name    string
		sources []geo.Source
		v4, v6  told
	}{
		{"no source of either", []geo.Source{corrections("192.0.2.1,US,,,,")}, told{}, told{}},
		{"a row of Tor", []geo.Source{corrections("192.0.2.1,,,,tor,")}, told{anonymizer: geo.TorSort}, told{}},
		{"a row of another anonymizer", []geo.Source{corrections("192.0.2.1,,,,anonymous,")}, told{anonymizer: notTor}, told{}},
		{"rows of both", []geo.Source{corrections("192.0.2.1,,,,tor,", "192.0.2.2,,,,anonymous,")}, told{anonymizer: geo.AllSorts}, told{}},
		{"rows in both families", []geo.Source{corrections("192.0.2.1,,,,tor,", "2001:db8:1::,,,,anonymous,VPN")}, told{geo.TorSort, 0}, told{notTor, geo.VPNSort}},
		{"a row of none", []geo.Source{corrections("192.0.2.1,,,,-,-")}, told{}, told{}},
		{"a row of services", []geo.Source{corrections("192.0.2.1,,,,,NORD_VPN|GEONODE_PROXY")}, told{services: geo.VPNSort | geo.ProxySorts}, told{}},
		{"a row of a service that hides nobody", []geo.Source{corrections("192.0.2.1,,,,,GLOBALPROTECT_VPN|NORD_VPN=plain")}, told{}, told{}},
		{"rows of proxies that hide nobody, and of who knows what", []geo.Source{corrections("192.0.2.1,,,,,GEONODE_PROXY=plain|ANYTHING")}, told{}, told{}},
		{"a row of an unnamed service", []geo.Source{corrections("192.0.2.1,,,,,VPN")}, told{services: geo.VPNSort}, told{}},
		{"a list of Tor", []geo.Source{list("ANONYMIZER_TOR", "192.0.2.1")}, told{services: geo.TorSort}, told{services: geo.TorSort}},
		{"a list of VPNs", []geo.Source{list("VPN", "192.0.2.1")}, told{services: geo.VPNSort}, told{services: geo.VPNSort}},
		{"a list of proxies", []geo.Source{list("PROXY", "2001:db8:1::")}, told{services: geo.ProxySorts}, told{services: geo.ProxySorts}},
		{"a list of one operator", []geo.Source{list("NORD_VPN", "192.0.2.1")}, told{}, told{}},
		{"an empty list", []geo.Source{list("ANONYMIZER_TOR", "# nobody today")}, told{}, told{}},
		{"an Anonymous-IP database", []geo.Source{database(t, anonymous...)}, told{geo.AllSorts, geo.AllSorts}, told{geo.AllSorts, geo.AllSorts}},
		{"one of IPv4 alone", []geo.Source{database4(t, anonymous...)}, told{geo.AllSorts, geo.AllSorts}, told{}},
		{"one that knows hosting alone", []geo.Source{database(t, at("192.0.2.0/24", record{"is_hosting_provider": true}))}, told{}, told{}},
		{"a list beside a database of IPv4", []geo.Source{database4(t, anonymous...), list("ANONYMIZER_TOR", "192.0.2.1")}, told{geo.AllSorts, geo.AllSorts}, told{services: geo.TorSort}},
	} {
		t.Run(test.name, func(t *testing.T) {
			table := load(t, test.sources...)
			for addr, want := range map[string]told{"198.51.100.1": test.v4, "::ffff:198.51.100.1": test.v4, "2001:db8::1": test.v6} {
				got := lookup(t, table, addr)
				require.Equal(t, want, told{got.AnonymizerSorts, got.Services.Sorts()}, addr)
				require.Equal(t, want.anonymizer == geo.AllSorts, got.Anonymizer == geo.AnonymizerNone, addr)
				require.Equal(t, want.services == geo.AllSorts, got.Services.Known(), addr)
				got.Services, got.AnonymizerSorts, got.Anonymizer = geo.Services{}, 0, 0
				require.Zero(t, got)
			}
			consistent(t, table)
		})
	}
}

// What a source says of an address itself counts there, whatever else is told.
func TestStatedSorts(t *testing.T) {
	for _, test := range []struct {
		name       string
		sources    []geo.Source
		anonymizer geo.Anonymizer
		told       [2]geo.Sorts // by the anonymizer, by services
		known      bool
	}{
		{"none speaks for its own network", []geo.Source{corrections("192.0.2.1,,,,none,-")}, geo.AnonymizerNone, [2]geo.Sorts{geo.AllSorts, geo.AllSorts}, true},
		{"a cell of services lists all of them", []geo.Source{corrections("192.0.2.1,,,,,NORD_VPN")}, geo.AnonymizerUnknown, [2]geo.Sorts{0, geo.AllSorts}, true},
		{"and a list adds to it", []geo.Source{corrections("192.0.2.1,,,,,-"), list("NORD_VPN", "192.0.2.1")}, geo.AnonymizerUnknown, [2]geo.Sorts{0, geo.AllSorts}, true},
		{"a list says nothing of other operators", []geo.Source{list("NORD_VPN", "192.0.2.1")}, geo.AnonymizerUnknown, [2]geo.Sorts{}, true},
		{"an outer row of none", []geo.Source{corrections("192.0.2.0/24,,,,none,-", "192.0.2.1,US,,,,")}, geo.AnonymizerNone, [2]geo.Sorts{geo.AllSorts, geo.AllSorts}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := lookup(t, load(t, test.sources...), "192.0.2.1")
			require.Equal(t, test.anonymizer, got.Anonymizer)
			require.Equal(t, test.told, [2]geo.Sorts{got.AnonymizerSorts, got.Services.Sorts()})
			require.Equal(t, test.known, got.Services.Known())
		})
	}
}

// What sources provide and state, by family, and what is lost from one set of
// sources to another.
func TestProvidedSorts(t *testing.T) {
	anonymous := []network{at("192.0.2.0/24", record{"is_anonymous_vpn": true, "provider_name": "NordVPN"})}
	for _, test := range []struct {
		name                 string
		sources              []geo.Source
		v4, v6               string
		statedIn4, statedIn6 string
	}{
		{"nothing", nil, "", "", "", ""},
		{"countries of IPv4", []geo.Source{database(t, at("192.0.2.0/24", country("US")))}, "country", "", "country", ""},
		{"countries of both", []geo.Source{corrections("192.0.2.1,US,,,,", "2001:db8::,US,US-CA,,,")}, "country", "country, region", "country", "country, region"},
		{
			"an Anonymous-IP database", []geo.Source{database(t, anonymous...)},
			"anonymizer (tor, vpn, public_proxy, residential_proxy), services (tor, vpn, public_proxy, residential_proxy)",
			"anonymizer (tor, vpn, public_proxy, residential_proxy), services (tor, vpn, public_proxy, residential_proxy)",
			"anonymizer (tor, vpn, public_proxy, residential_proxy), services (tor, vpn, public_proxy, residential_proxy)", "",
		},
		{
			"flags that differ by family", []geo.Source{database(t, at("192.0.2.0/24", record{"vpn": false}), at("2001:db8::/32", record{"tor": false}))},
			"anonymizer (tor, vpn), services (tor, vpn)", "anonymizer (tor, vpn), services (tor, vpn)",
			"anonymizer (tor, vpn), services (tor, vpn)", "anonymizer (tor, vpn), services (tor, vpn)",
		},
		{
			"flags of IPv6 alone", []geo.Source{database(t, at("192.0.2.0/24", country("US")), at("2001:db8::/32", record{"tor": false}))},
			"country, anonymizer (tor), services (tor)", "anonymizer (tor), services (tor)", "country", "anonymizer (tor), services (tor)",
		},
		{"a database in which IPv4 appears again", []geo.Source{{Data: bytesOf(t, mmdbtest.File{Type: "Test", Aliases: true, Networks: []network{at("192.0.2.0/24", country("US"))}})}}, "country", "", "country", ""},
		{"the same cells in both families", []geo.Source{corrections("192.0.2.1,US,,,,", "2001:db8::,US,,,,")}, "country", "country", "country", "country"},
		{"rows that name no operator", []geo.Source{corrections("192.0.2.1,,,,,VPN|ANONYMIZER_TOR")}, "services (tor, vpn)", "", "services (tor, vpn)", ""},
		{"lists", []geo.Source{list("WARP_VPN", "192.0.2.1"), list("ANONYMIZER_TOR", "2001:db8::"), list("NORD_VPN", "192.0.2.1")}, "services (tor, NORD_VPN, WARP_VPN)", "services (tor, NORD_VPN, WARP_VPN)", "services (NORD_VPN, WARP_VPN)", "services (tor)"},
		{"rows", []geo.Source{corrections("192.0.2.1,,,,tor,GLOBALPROTECT_VPN")}, "anonymizer (tor), services (GLOBALPROTECT_VPN)", "", "anonymizer (tor), services (GLOBALPROTECT_VPN)", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			table := load(t, test.sources...)
			v4, v6 := table.Provided()
			require.Equal(t, [2]string{test.v4, test.v6}, [2]string{v4.String(), v6.String()})
			require.Equal(t, [2]bool{test.v4 == "", test.v6 == ""}, [2]bool{v4.IsEmpty(), v6.IsEmpty()})
			require.True(t, v4.Without(v4).IsEmpty())
			require.Equal(t, v4.String(), v4.Without(geo.Provided{}).String())
			stated4, stated6 := table.Stated()
			require.Equal(t, [2]string{test.statedIn4, test.statedIn6}, [2]string{stated4.String(), stated6.String()})
		})
	}
	before, _ := load(t, database4(t, anonymous...), list("NORD_VPN", "192.0.2.1")).Provided()
	after, _ := load(t, list("ANONYMIZER_TOR", "192.0.2.1"), list("WARP_VPN", "192.0.2.1")).Provided()
	require.Equal(t, "anonymizer (tor, vpn, public_proxy, residential_proxy), services (vpn, public_proxy, residential_proxy, NORD_VPN)", before.Without(after).String())
	require.True(t, before.TellsOf("nord_vpn"))
	require.False(t, after.TellsOf("NORD_VPN"))
	named, _ := load(t, database4(t, anonymous...)).Provided()
	require.True(t, named.TellsOf("NORD_VPN"), "a database names it")
	require.False(t, named.TellsOf("WARP_VPN"))
	unnamed, _ := load(t, database(t, at("192.0.2.0/24", record{"tor": true}))).Provided()
	require.False(t, unnamed.TellsOf("ANONYMIZER_TOR"), "it names nobody")
	require.False(t, geo.Provided{Operators: []string{"NORD_VPN"}}.IsEmpty())
	twice, _ := load(t, list("NORD_VPN", "192.0.2.1"), list("NORD_VPN", "192.0.2.2")).Provided()
	require.Equal(t, []string{"NORD_VPN"}, twice.Operators)
	v4, v6 := (*geo.Table)(nil).Provided()
	require.True(t, v4.IsEmpty() && v6.IsEmpty())
}

func TestProvides(t *testing.T) {
	for _, test := range []struct {
		name   string
		source geo.Source
		want   []string
	}{
		{"country", database(t, at("192.0.2.0/24", country("US"))), []string{"country"}},
		{"only unknown countries", database(t, at("192.0.2.0/24", country("ZZ"))), nil},
		{"region", database(t, at("192.0.2.0/24", city("US", "CA"))), []string{"country", "region"}},
		{"registered country", database(t, at("192.0.2.0/24", record{"registered_country": record{"iso_code": "US"}})), nil},
		{"ASN", database(t, at("192.0.2.0/24", record{"autonomous_system_number": 64500})), []string{"asn"}},
		{"the reserved ASN", database(t, at("192.0.2.0/24", record{"autonomous_system_number": 0})), nil},
		{"flags", database(t, at("192.0.2.0/24", record{"is_anonymous": true})), []string{"anonymizer", "services"}},
		{"cells", corrections("192.0.2.1,US,US-CA,64500,tor,NORD_VPN"), []string{"country", "region", "asn", "anonymizer", "services"}},
		{"cells that say none", corrections("192.0.2.1,-,-,-,-,-"), nil},
		{"an outer row whose field an inner row hides", corrections("192.0.2.1,DE,,,,", "192.0.2.1/31,US,,64500,,"), []string{"country", "asn"}},
		{"empty cells", corrections("192.0.2.1,,,,,"), nil},
		{"networks one after the other", database(t, at("1.0.0.0/8", country("US")), at("3.0.0.0/8", record{"asn": 64500})), []string{"country", "asn"}},
		{"list", list("NORD_VPN", "192.0.2.1"), []string{"services"}},
		{"empty list", list("NORD_VPN"), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.source.Data == nil {
				test.source.Data = []byte{}
			}
			table := load(t, test.source)
			require.Equal(t, test.want, table.Provides().Names())
			require.Equal(t, table.Provides(), table.Datasets()[0].Provides)
		})
	}
}

// A row about IPv4 addresses says nothing of the IPv6 addresses in which
// MaxMind's databases let them appear again.
func TestAliasesAreTheDatabasesOwn(t *testing.T) {
	content := bytesOf(t, mmdbtest.File{Type: "Test", Aliases: true, Networks: []network{
		at("8.0.0.0/8", country("US")),
		at("2001:db8::/32", country("DE")),
	}})
	db := geo.Source{File: "aliases.mmdb", Data: content}
	const sixToFour, teredo, compatible = "2002:808:808::1", "2001:0:808:808::1", "::8.8.8.8"
	for _, test := range []struct {
		name    string
		sources []geo.Source
		want    map[string]string
	}{
		{"the database alone", []geo.Source{db}, map[string]string{
			"8.8.8.8": "US", "::ffff:8.8.8.8": "US", sixToFour: "US", teredo: "", compatible: "", "2001:db8::": "DE", "2003::": "",
		}},
		{"a row about IPv4", []geo.Source{db, corrections("8.8.0.0/16,FR,,,,")}, map[string]string{
			"8.8.8.8": "FR", "::ffff:8.8.8.8": "FR", sixToFour: "US", teredo: "", compatible: "",
		}},
		{"a row inside 6to4", []geo.Source{db, corrections("2002:808:800::/40,FR,,,,")}, map[string]string{
			"8.8.8.8": "US", sixToFour: "FR", "2002:809::": "US", "2002:808:7ff:ffff::": "US", teredo: "", compatible: "",
		}},
		{"a row inside ::/96", []geo.Source{db, corrections("::808:0/112,FR,,,,")}, map[string]string{
			"8.8.8.8": "US", compatible: "FR", "::8.7.8.8": "", "::8.9.0.0": "", "::9.0.0.0": "", sixToFour: "US", teredo: "", "2001:db8::": "DE",
		}},
		{"a row inside Teredo", []geo.Source{corrections("2001:0:808::/48,FR,,,,"), db}, map[string]string{
			"8.8.8.8": "US", teredo: "FR", "2001:0:809::": "", sixToFour: "US",
		}},
		{"a row around 6to4", []geo.Source{corrections("2002::/15,FR,,,,"), db}, map[string]string{
			"8.8.8.8": "US", sixToFour: "US", "2002:909::": "FR", "2003::": "FR", teredo: "", "2001:0:909::": "",
		}},
		{"a row about all of IPv6", []geo.Source{corrections("::/0,FR,,,,"), db}, map[string]string{
			"9.9.9.9": "", "::ffff:9.9.9.9": "", sixToFour: "US", "2002:909::": "FR", "2001:0:909::": "FR", teredo: "FR", compatible: "FR", "2001:db8::": "DE",
		}},
		{"a database without aliases", []geo.Source{database(t, at("8.8.0.0/16", country("FR"))), db}, map[string]string{
			"8.8.8.8": "US", sixToFour: "US", teredo: "", compatible: "",
		}},
		{"a database without aliases that comes later", []geo.Source{db, database(t, at("8.8.0.0/16", country("FR")))}, map[string]string{
			"8.8.8.8": "FR", sixToFour: "US", teredo: "", compatible: "",
		}},
		{"one that has networks in 6to4 of its own", []geo.Source{db, database(t, at("2002:808::/32", country("FR")), at("8.9.0.0/16", country("IT")))}, map[string]string{
			"8.8.8.8": "US", sixToFour: "FR", "2002:809::": "US", "8.9.0.0": "IT", "::8.9.0.0": "", teredo: "",
		}},
		{"one that has networks in Teredo of its own", []geo.Source{db, database(t, at("2001:0:808::/48", country("FR")), at("2000::/8", country("IT")))}, map[string]string{
			"8.8.8.8": "US", teredo: "", "2001::": "", "2001:0:ffff::": "", "2001:1::": "IT", "2000:ffff::": "IT",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			table := load(t, test.sources...)
			for addr, want := range test.want {
				require.Equal(t, want, lookup(t, table, addr).Country, addr)
			}
			consistent(t, table)
		})
	}
}

// Of an address that its client chose no database says that it is no anonymizer,
// nor a list that it has no service; what is listed is.
func TestNothingIsKnownOfWhatClientsChoose(t *testing.T) {
	content := bytesOf(t, mmdbtest.File{Type: "Test", Aliases: true, Networks: []network{
		at("8.0.0.0/8", record{"country": record{"iso_code": "US"}, "autonomous_system_number": 15169, "is_anonymous_vpn": false}),
	}})
	table := load(t, geo.Source{File: "all.mmdb", Data: content}, list("NORD_VPN", "2001:0:909::1", "::9.9.9.9"), corrections("2001:0:909::2,,,64500,,", "::9.9.9.8,,,,none,"))
	for _, addr := range []string{"2001:0:808:808::1", "2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "::", "::1", "::8.8.8.8", "::255.255.255.255"} {
		require.Equal(t, geo.Location{}, lookup(t, table, addr), addr)
	}
	inside := load(t, database(t, at("2001:0:909::/48", country("US"))))
	require.Equal(t, geo.Location{}, lookup(t, inside, "2001:0:909::1"))
	for _, addr := range []string{"2001:0:909::1", "::9.9.9.9"} {
		require.Equal(t, []string{"NORD_VPN"}, names(lookup(t, table, addr)), addr)
	}
	require.Equal(t, geo.Location{ASN: 64500, ASNKnown: true}, lookup(t, table, "2001:0:909::2"))
	require.Equal(t, geo.Location{Anonymizer: geo.AnonymizerNone, AnonymizerSorts: geo.AllSorts}, lookup(t, table, "::9.9.9.8"))
	for _, addr := range []string{"9.9.9.9", "2001:1::", "2000:ffff::", "::1:0:0", "2002:909:909::"} {
		at := lookup(t, table, addr)
		require.Equal(t, geo.AnonymizerNone, at.Anonymizer, addr)
		require.Equal(t, []string{}, names(at), addr)
	}
	require.Equal(t, "US", lookup(t, table, "2002:808:808::").Country, "a database's own 6to4 still answers")
	consistent(t, table)
}
