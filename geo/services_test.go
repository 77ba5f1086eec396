package geo_test

import (
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
