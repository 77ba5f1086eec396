package geo_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
	"github.com/netwicket/netwicket/internal/realdata"
)

// What the layouts of other suppliers say of an address behind something, and the
// sorts that a database of this one record tells of; see docs/semantics.md, geo-12.
func TestHidingLayouts(t *testing.T) {
	const flags = geo.TorSort | geo.VPNSort | geo.PublicProxySort
	ipinfo := func(set, service string) record {
		r := record{"service": service}
		for _, key := range []string{"hosting", "proxy", "relay", "tor", "vpn"} {
			r[key] = ""
			if key == set {
				r[key] = "true"
			}
		}
		return r
	}
	type list = []string
	for _, test := range []struct {
		name       string
		record     record
		anonymizer geo.Anonymizer
		services   []string
		told       geo.Sorts
	}{
		{"Residential-Proxy", record{"provider_name": "netnut", "anonymizer_confidence": 90}, geo.Anonymous, list{"NETNUT_PROXY"}, geo.ResidentialProxySort},
		{"Residential-Proxy without a name", record{"provider_name": "", "anonymizer_confidence": 90}, geo.AnonymizerUnknown, nil, 0},
		{"IPinfo Residential Proxy", record{"service": "ipfoxy", "last_seen": "2026-06-24", "percent_days_seen": "14"}, geo.Anonymous, list{"IPFOXY_PROXY"}, geo.ResidentialProxySort},
		{"a service of who knows what", record{"service": "broadband"}, geo.AnonymizerUnknown, nil, 0},
		{"IPinfo, a VPN", ipinfo("vpn", "NordVPN"), geo.Anonymous, list{"NORD_VPN"}, flags},
		{"IPinfo, a proxy", ipinfo("proxy", ""), geo.Anonymous, list{"PROXY"}, flags},
		{"IPinfo, Tor", ipinfo("tor", ""), geo.Tor, list{"ANONYMIZER_TOR"}, flags},
		{"IPinfo, a relay", ipinfo("relay", "Apple Private Relay"), geo.Anonymous, list{"PROXY"}, flags},
		{"IPinfo, hosting", ipinfo("hosting", ""), geo.AnonymizerUnknown, nil, flags},
		{"booleans", record{"vpn": true, "proxy": false, "tor": false}, geo.Anonymous, list{"VPN"}, flags},
		{"flags as text", record{"vpn": "true", "proxy": "false", "tor": "no"}, geo.Anonymous, list{"VPN"}, flags},
		{"numbers", record{"is_vpn": uint32(0), "is_proxy": uint32(1)}, geo.Anonymous, list{"PROXY"}, geo.VPNSort | geo.PublicProxySort},
		{"IPLocate", record{"is_anonymous": true, "is_vpn": true, "is_tor": false}, geo.Anonymous, list{"VPN"}, geo.VPNSort | geo.TorSort},
		{"a relay alone tells of no sort", record{"is_icloud_relay": false}, geo.AnonymizerUnknown, nil, 0},
		{"other databases' fields of these names", record{"proxy": record{"url": "x"}, "vpn": mmdbtest.Array{}, "service": record{}, "proxy_type": true}, geo.AnonymizerUnknown, nil, 0},
		{"IP2Proxy VPN", record{"proxy_type": "VPN", "provider": "NordVPN"}, geo.Anonymous, list{"NORD_VPN"}, geo.VPNSort},
		{"IP2Proxy TOR", record{"proxy_type": "TOR", "provider": "-"}, geo.Tor, list{"ANONYMIZER_TOR"}, geo.TorSort},
		{"IP2Proxy PUB", record{"proxy_type": "PUB"}, geo.Anonymous, list{"PROXY"}, geo.PublicProxySort},
		{"IP2Proxy WEB", record{"proxy_type": "web", "is_proxy": uint32(1)}, geo.Anonymous, list{"PROXY"}, geo.PublicProxySort},
		{"IP2Proxy RES", record{"proxy_type": "RES", "provider": "NetNut"}, geo.Anonymous, list{"NETNUT_PROXY"}, geo.ResidentialProxySort},
		{"IP2Proxy CPN", record{"proxy_type": "CPN"}, geo.Anonymous, list{"PROXY"}, 0},
		{"IP2Proxy EPN", record{"proxy_type": "EPN"}, geo.AnonymizerUnknown, list{"VPN=plain"}, 0},
		{"IP2Proxy DCH", record{"proxy_type": "DCH"}, geo.AnonymizerUnknown, nil, 0},
		{"IP2Proxy SES", record{"proxy_type": "SES"}, geo.AnonymizerUnknown, nil, 0},
		{"IP2Proxy -", record{"proxy_type": "-"}, geo.AnonymizerUnknown, nil, 0},
		{"IP2Proxy VPN that is flagged", record{"proxy_type": "VPN", "is_proxy": uint32(1)}, geo.Anonymous, list{"VPN"}, geo.VPNSort | geo.PublicProxySort},
		{"an operator of digits", record{"is_residential_proxy": true, "provider_name": "911 S5"}, geo.Anonymous, list{"911_S5_PROXY"}, geo.AllSorts},
		{"Residential-Proxy with a dash for a name", record{"provider_name": "-"}, geo.AnonymizerUnknown, nil, 0},
		{"days seen, and a flag", record{"service": "ipfoxy", "percent_days_seen": "14", "vpn": false}, geo.AnonymizerUnknown, nil, geo.VPNSort},
		{"days seen, and the name of somebody", record{"provider": "ipfoxy", "percent_days_seen": "14"}, geo.AnonymizerUnknown, nil, 0},
		{"one flag by two names", record{"is_vpn": true, "vpn": false}, geo.Anonymous, list{"VPN"}, geo.VPNSort},
		{"one flag by two suppliers' names", record{"is_proxy": true, "is_public_proxy": false}, geo.Anonymous, list{"PROXY"}, geo.AllSorts},
		{"flags of two suppliers", record{"is_anonymous_vpn": true, "is_vpn": false}, geo.Anonymous, list{"VPN"}, geo.AllSorts},
		{"a type that is new", record{"proxy_type": "NEW"}, geo.Anonymous, list{"PROXY"}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			table := load(t, database(t, at("192.0.2.0/24", test.record)))
			got := lookup(t, table, "192.0.2.1")
			require.Equal(t, test.anonymizer, got.Anonymizer)
			require.Equal(t, test.services, names(got))
			v4, v6 := table.Provided()
			require.Equal(t, test.told, v4.Services)
			require.Equal(t, [3]geo.Sorts{test.told, test.told, test.told}, [3]geo.Sorts{v4.Anonymizer, v6.Anonymizer, v6.Services})
			require.Equal(t, test.told, got.AnonymizerSorts)
		})
	}
	_, err := geo.Load(database(t, at("192.0.2.0/24", record{"vpn": "perhaps"})))
	require.ErrorContains(t, err, `vpn: "perhaps" where a flag belongs; expected true, false or nothing`)
	_, err = geo.Load(database(t, at("192.0.2.0/24", record{"vpn": strings.Repeat("perhaps ", 10)})))
	require.ErrorContains(t, err, `vpn: "`+strings.Repeat("perhaps ", 5)+`" where a flag belongs`)

	// Of the names of one record the provider's goes last, wherever it stands.
	var entries []byte
	for _, text := range []string{"proxy_type", "VPN", "provider_name", "One", "provider", "Two"} {
		value, err := mmdbtest.Value(text)
		require.NoError(t, err)
		entries = append(entries, value...)
	}
	content, err := mmdbtest.Raw{Nodes: [][2]uint32{{1 + 16, 1}}, Data: append([]byte{0xe3}, entries...)}.Bytes()
	require.NoError(t, err)
	require.Equal(t, list{"ONE_VPN"}, names(lookup(t, load(t, geo.Source{File: "raw.mmdb", Data: content}), "192.0.2.1")))
}

// A source that tells of some sorts leaves what others say of the rest.
func TestSortsJoin(t *testing.T) {
	full := func(r record) geo.Source { return database(t, at("192.0.2.0/24", r)) }
	residential := full(record{"provider_name": "netnut"})
	for _, test := range []struct {
		name       string
		sources    []geo.Source
		anonymizer geo.Anonymizer
		services   []string
	}{
		{"a residential proxy is still a Tor exit", []geo.Source{full(record{"is_tor_exit_node": true}), residential}, geo.Tor, []string{"ANONYMIZER_TOR", "NETNUT_PROXY"}},
		{"who is no anonymizer becomes one", []geo.Source{full(record{"is_anonymous": false}), residential}, geo.Anonymous, []string{"NETNUT_PROXY"}},
		{"one that tells of all overrides", []geo.Source{residential, full(record{"is_anonymous": false})}, geo.AnonymizerNone, []string{"NETNUT_PROXY"}},
		{"no VPN, and still a residential proxy", []geo.Source{residential, full(record{"vpn": false, "proxy": false, "tor": false})}, geo.Anonymous, []string{"NETNUT_PROXY"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := lookup(t, load(t, test.sources...), "192.0.2.1")
			require.Equal(t, test.anonymizer, got.Anonymizer)
			require.Equal(t, test.services, names(got))
		})
	}
}

// CIRCL's Geo Open has the ASN inside of the country.
func TestASNInsideTheCountry(t *testing.T) {
	for _, asn := range []any{"AS64500", "64500", uint32(64500)} {
		r := record{"country": record{"iso_code": "LU", "AutonomousSystemNumber": asn, "AutonomousSystemOrganization": "x"}}
		got := lookup(t, load(t, database(t, at("192.0.2.0/24", r))), "192.0.2.1")
		require.Equal(t, geo.Location{Country: "LU", ASN: 64500, ASNKnown: true}, got)
		r["autonomous_system_number"] = uint32(64501)
		require.EqualValues(t, 64501, lookup(t, load(t, database(t, at("192.0.2.0/24", r))), "192.0.2.1").ASN, "the record's own")
	}
}

// MaxMind's own file names an operator of residential proxies.
func TestResidentialProxyDatabase(t *testing.T) {
	table := load(t, geo.Source{File: realdata.Path(t, "maxmind/test-data/GeoIP-Residential-Proxy-Test.mmdb")})
	require.Equal(t, []string{"NETNUT_PROXY"}, names(lookup(t, table, "7.13.219.50")))
	v4, v6 := table.Provided()
	require.Equal(t, [2]geo.Sorts{geo.ResidentialProxySort, geo.ResidentialProxySort}, [2]geo.Sorts{v4.Services, v6.Anonymizer})
	require.True(t, v4.TellsOf("NETNUT_PROXY"))
}
