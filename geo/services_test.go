package geo_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/geo"
)

// serviceOf is the one service of an address that a source gives one.
func serviceOf(t *testing.T, source geo.Source) geo.Service {
	t.Helper()
	services := slices.Collect(lookup(t, load(t, source), "192.0.2.1").Services.All())
	require.Len(t, services, 1)
	return services[0]
}

// The type of a named service is that of its name's ending. It counts as
// anonymizing unless it is a corporate VPN, or the cell says otherwise.
func TestNamedServices(t *testing.T) {
	for cell, want := range map[string]geo.Service{
		"NORD_VPN":                 {Name: "NORD_VPN", Type: geo.VPN, Anonymous: true},
		"geonode_proxy":            {Name: "GEONODE_PROXY", Type: geo.Proxy, Anonymous: true},
		"APPLE_ICLOUD_RELAY_PROXY": {Name: "APPLE_ICLOUD_RELAY_PROXY", Type: geo.Proxy, Anonymous: true},
		"ANONYMIZER_TOR":           {Name: "ANONYMIZER_TOR", Type: geo.TorService, Anonymous: true},
		"GLOBALPROTECT_VPN":        {Name: "GLOBALPROTECT_VPN", Type: geo.VPN},
		"PERIMETER81_VPN":          {Name: "PERIMETER81_VPN", Type: geo.VPN},
		"VIGOR_SSL_VPN":            {Name: "VIGOR_SSL_VPN", Type: geo.VPN},
		"VIGOR_SSL_VPN=anonymous":  {Name: "VIGOR_SSL_VPN", Type: geo.VPN, Anonymous: true},
		"NORD_VPN=plain":           {Name: "NORD_VPN", Type: geo.VPN},
		"FUTURE_CATEGORY":          {Name: "FUTURE_CATEGORY", Anonymous: true},
		"VPN":                      {Type: geo.VPN, Anonymous: true},
		"proxy":                    {Type: geo.Proxy, Anonymous: true},
		"VPN=plain":                {Type: geo.VPN},
	} {
		t.Run(cell, func(t *testing.T) {
			require.Equal(t, want, serviceOf(t, corrections("192.0.2.1,,,,,"+cell)))
			if !slices.Contains([]string{"VIGOR_SSL_VPN=anonymous", "NORD_VPN=plain", "VPN=plain"}, cell) {
				require.Equal(t, want, serviceOf(t, list(cell, "192.0.2.1")))
			}
		})
	}
}

// A category is compared with a list's name as it is, and with a database's
// operator by letters and digits, with its ending or without.
func TestServiceIs(t *testing.T) {
	listed := func(name string) geo.Service { return serviceOf(t, list(name, "192.0.2.1")) }
	provided := func(flag, provider string) geo.Service {
		return serviceOf(t, database(t, at("192.0.2.0/24", record{flag: true, "provider_name": provider})))
	}
	const vpn, proxy = "is_anonymous_vpn", "is_residential_proxy"
	for _, test := range []struct {
		name     string
		service  geo.Service
		category string
		want     bool
	}{
		{"listed", listed("NORD_VPN"), "NORD_VPN", true},
		{"listed, any case", listed("Nord_VPN"), "nord_vpn", true},
		{"listed, another operator", listed("NORD_VPN"), "EXPRESS_VPN", false},
		{"listed, without the underscore", listed("NORDVPN"), "NORD_VPN", false},
		{"provider with the ending", provided(vpn, "NordVPN"), "NORD_VPN", true},
		{"provider without the ending", provided(vpn, "Mullvad"), "MULLVAD_VPN", true},
		{"provider with a space", provided(vpn, "Surfshark VPN"), "SURFSHARK_VPN", true},
		{"provider of more words", provided(proxy, "Apple iCloud Relay"), "APPLE_ICLOUD_RELAY_PROXY", true},
		{"provider whose name ends like a type", provided(proxy, "abcproxy"), "ABCPROXY_PROXY", true},
		{"provider in other letters", provided(vpn, "NORDVPN"), "nord_vpn", true},
		{"another provider", provided(vpn, "foo"), "NORD_VPN", false},
		{"a longer provider", provided(vpn, "NordVPN Teams"), "NORD_VPN", false},
		{"a provider that begins alike", provided(vpn, "Nor"), "NORD_VPN", false},
		{"an unnamed VPN", provided(vpn, ""), "NORD_VPN", false},
		{"Tor", listed("ANONYMIZER_TOR"), "ANONYMIZER_TOR", true},
		{"Tor by type", serviceOf(t, database(t, at("192.0.2.0/24", record{"is_tor_exit_node": true}))), "ANONYMIZER_TOR", true},
		{"no Tor", listed("NORD_VPN"), "ANONYMIZER_TOR", false},
		{"Tor is no VPN", listed("ANONYMIZER_TOR"), "NORD_VPN", false},
		{"a category of no type", listed("FUTURE_CATEGORY"), "FUTURE_CATEGORY", true},
		{"nothing", geo.Service{}, "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, test.service.Is(test.category))
		})
	}
}

// An unnamed service goes by its type; a set is in ascending order.
func TestServiceNames(t *testing.T) {
	require.Equal(t, "VPN", geo.Service{Type: geo.VPN}.String())
	require.Equal(t, "PROXY", geo.Service{Type: geo.Proxy}.String())
	require.Equal(t, "ANONYMIZER_TOR", geo.Service{Type: geo.TorService}.String())
	require.Equal(t, "OTHER", geo.Service{}.String())
	require.True(t, geo.Service{Type: geo.VPN}.Unnamed())
	table := load(t, corrections("192.0.2.1,,,,,ZZZ|VPN|A_VPN|PROXY|NORD_VPN"))
	require.Equal(t, []string{"A_VPN", "NORD_VPN", "PROXY", "VPN", "ZZZ"}, names(lookup(t, table, "192.0.2.1")))
}

func TestNamesOfFieldsAndAnonymizers(t *testing.T) {
	require.Equal(t, []string{"country", "services"}, (geo.Country | geo.ServicesField).Names())
	require.Empty(t, geo.Field(0).Names())
	require.True(t, (geo.Country | geo.ASN).Has(geo.ASN))
	require.False(t, geo.Country.Has(geo.Country|geo.ASN))
	var texts []string
	for _, a := range []geo.Anonymizer{geo.AnonymizerUnknown, geo.AnonymizerNone, geo.Anonymous, geo.Tor} {
		texts = append(texts, a.String())
	}
	require.Equal(t, []string{"unknown", "none", "anonymous", "tor"}, texts)
}

// TestSortNames: every sort by its name, all of them by "all", and nothing else.
func TestSortNames(t *testing.T) {
	require.Equal(t, []string{"tor", "vpn", "public_proxy", "residential_proxy"}, geo.SortNames())
	require.Equal(t, 4, cap(geo.SortNames()), "whoever adds to it has a list of their own")
	for i, name := range geo.SortNames() {
		sort, is := geo.SortsOf(name)
		require.True(t, is)
		require.Equal(t, geo.Sorts(1<<i), sort)
		require.Equal(t, []string{name}, sort.Names())
	}
	all, is := geo.SortsOf("all")
	require.True(t, is)
	require.Equal(t, geo.AllSorts, all)
	for _, name := range []string{"", "ALL", "proxy", "tor, vpn"} {
		sort, is := geo.SortsOf(name)
		require.False(t, is, name)
		require.Zero(t, sort)
	}
}

// TestAssuming: what no source states is taken for none, and what one states stays.
func TestAssuming(t *testing.T) {
	unknown := geo.Location{}
	require.Equal(t, unknown, unknown.Assuming(0))
	noTor := unknown.Assuming(geo.TorSort)
	require.Equal(t, geo.AnonymizerUnknown, noTor.Anonymizer, "it may be a VPN")
	require.Equal(t, geo.TorSort, noTor.AnonymizerSorts)
	require.Equal(t, geo.TorSort, noTor.Services.Sorts())
	require.False(t, noTor.Services.Known())
	rest := noTor.Assuming(geo.AllSorts &^ geo.TorSort)
	for _, none := range []geo.Location{rest, unknown.Assuming(geo.AllSorts)} {
		require.Equal(t, geo.AnonymizerNone, none.Anonymizer)
		require.Equal(t, geo.AllSorts, none.AnonymizerSorts)
		require.Equal(t, geo.AllSorts, none.Services.Sorts())
		require.True(t, none.Services.Known())
	}
	require.Equal(t, geo.TorSort, noTor.Services.Sorts(), "it is as it was")
	require.Equal(t, geo.Anonymous, geo.Location{Anonymizer: geo.Anonymous}.Assuming(geo.AllSorts).Anonymizer)

	listed := lookup(t, load(t, list("NORD_VPN", "192.0.2.1")), "192.0.2.1")
	require.Equal(t, []string{"NORD_VPN"}, names(listed.Assuming(geo.AllSorts)))
	require.Equal(t, geo.AllSorts, listed.Assuming(geo.AllSorts).Services.Sorts())
	require.Zero(t, listed.Services.Sorts())
}

// TestTellsOf: beside a list of an operator an address is known not to be of it, and
// of no other.
func TestTellsOf(t *testing.T) {
	elsewhere := lookup(t, load(t, list("NORD_VPN", "192.0.2.1")), "192.0.2.2").Services
	require.True(t, elsewhere.TellsOf("NORD_VPN"))
	require.True(t, elsewhere.TellsOf("nord_vpn"))
	require.False(t, elsewhere.TellsOf("MULLVAD_VPN"))
	require.False(t, geo.Services{}.TellsOf("NORD_VPN"))
	// Rows speak for their family alone, and so does a database of one.
	rows := load(t, corrections("192.0.2.1,,,,,ANYTHING"))
	named := load(t, database4(t, at("192.0.2.0/24", record{"proxy_type": "VPN", "provider": "NordVPN"})), database(t, at("2001:db8::/32", record{"vpn": true})))
	for addr, want := range map[string]bool{"198.51.100.1": true, "2003::": false} {
		require.Equal(t, want, lookup(t, rows, addr).Services.TellsOf("ANYTHING"), addr)
		require.Equal(t, want, lookup(t, named, addr).Services.TellsOf("NORD_VPN"), addr)
	}
	require.False(t, geo.Location{}.Assuming(geo.AllSorts).Services.TellsOf("NORD_VPN"))
}

// TestServicesJoin: two operators that one category could mean stay two, whoever hides
// somebody by any source does, and a name of nothing names nobody.
func TestServicesJoin(t *testing.T) {
	vpn := func(operator string) record { return record{"is_anonymous_vpn": true, "provider_name": operator} }
	of := func(table *geo.Table, addr string) []geo.Service {
		return slices.Collect(lookup(t, table, addr).Services.All())
	}
	operator := func(name string) geo.Service {
		return geo.Service{Name: "NORD_VPN", Operator: name, Type: geo.VPN, Anonymous: true}
	}
	one := database(t, at("192.0.2.1/32", vpn("NordVPN")), at("192.0.2.2/32", vpn("Nord")), at("192.0.2.3/32", vpn("--")), at("192.0.2.4/32", record{"is_public_proxy": true}))
	other := database(t, at("192.0.2.1/32", vpn("Nord")))
	for _, sources := range [][]geo.Source{{one, other}, {other, one}} {
		table := load(t, sources...)
		require.Equal(t, []geo.Service{operator("Nord"), operator("NordVPN")}, of(table, "192.0.2.1"))
		require.Equal(t, []geo.Service{operator("Nord")}, of(table, "192.0.2.2"))
		require.Equal(t, []geo.Service{{Type: geo.VPN, Anonymous: true}}, of(table, "192.0.2.3"))
		require.Equal(t, []geo.Service{{Type: geo.Proxy, Anonymous: true}}, of(table, "192.0.2.4"))
	}
	plain := load(t, corrections("192.0.2.1,,,,,NORD_VPN=plain"), list("NORD_VPN", "192.0.2.1"))
	require.Equal(t, []geo.Service{{Name: "NORD_VPN", Type: geo.VPN, Anonymous: true}}, of(plain, "192.0.2.1"))
	company := database(t, at("192.0.2.1/32", record{"proxy_type": "EPN"}))
	for _, sources := range [][]geo.Source{{list("VPN", "192.0.2.1"), company}, {company, list("VPN", "192.0.2.1")}} {
		require.Equal(t, []geo.Service{{Type: geo.VPN, Anonymous: true}}, of(load(t, sources...), "192.0.2.1"))
	}
	alike := load(t, list("A_VPNA_VPN", "192.0.2.1"), database(t, at("192.0.2.2/32", vpn("A_VPN")))) // a name that is another's name and operator
	require.Equal(t, []string{"A_VPNA_VPN"}, names(lookup(t, alike, "192.0.2.1")))
	require.Equal(t, []string{"A_VPN"}, names(lookup(t, alike, "192.0.2.2")))
	exits := of(load(t, list("FOO_TOR", "192.0.2.1")), "192.0.2.1")
	require.True(t, exits[0].Is("anonymizer_tor"))
	digits := geo.Service{Name: "911_S5_PROXY", Operator: "911 S5", Type: geo.Proxy}
	require.True(t, digits.Is("911S5_PROXY"))
	require.False(t, digits.Is("912S5_PROXY"))
}

// TestLettersOfServiceNames: which names a service may have.
func TestLettersOfServiceNames(t *testing.T) {
	for name, want := range map[string]bool{
		"A_VPN": true, "Z_VPN": true, "a_vpn": true, "z0_VPN": true, "Z9_VPN": true,
		"@_VPN": false, "[_VPN": false, "`_VPN": false, "{_VPN": false, "/_VPN": false, ":_VPN": false, "A-VPN": false, "Ä_VPN": false, "ALL_VPN": false,
	} {
		_, err := geo.Load(list(name, "192.0.2.1"))
		require.Equal(t, want, err == nil, "%s: %v", name, err)
	}
}

// TestFieldNames: fields as JSON has them.
func TestFieldNames(t *testing.T) {
	for field, want := range map[geo.Field]string{0: `[]`, geo.Country: `["country"]`, geo.Country | geo.ASN: `["country","asn"]`} {
		text, err := json.Marshal(field)
		require.NoError(t, err)
		require.Equal(t, want, string(text))
	}
}
