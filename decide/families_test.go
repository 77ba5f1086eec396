package decide_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// TestFamilies: the warnings about data of one family alone; see
// docs/semantics.md, policy-8.
func TestFamilies(t *testing.T) {
	database := func(version int, prefix string, record mmdbtest.Map) geo.Source {
		content, err := mmdbtest.File{Type: "Test", IPVersion: version, Networks: []mmdbtest.Network{{Prefix: prefix, Record: record}}}.Bytes()
		require.NoError(t, err)
		return geo.Source{File: "test.mmdb", Data: content}
	}
	list := func(service, text string) geo.Source {
		return geo.Source{File: service + ".txt", Data: []byte(text), Service: service}
	}
	zone := func(kind, terms string) string {
		return `{"id":"z","name":"z","type":"` + kind + `","status":"ACTIVE","usage":"POLICY",` + terms + `}`
	}
	const (
		unknown = ", so that it is unknown for every "
		none    = " address is taken for known to be none"
		sorts   = "tor, vpn, public_proxy, residential_proxy"
	)
	country, flags := mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "US"}}, mmdbtest.Map{"is_anonymous": true}
	germany := zone("DYNAMIC", `"locations":[{"country":"DE"}]`)
	tor, nord := zone("DYNAMIC_V2", `"ipServiceCategories":{"include":["ANONYMIZER_TOR"]}`), zone("DYNAMIC_V2", `"ipServiceCategories":{"include":["NORD_VPN"]}`)
	all, anyProxy := zone("DYNAMIC_V2", `"ipServiceCategories":{"include":["ALL_ANONYMIZERS"]}`), zone("DYNAMIC", `"proxyType":"Any"`)
	named := database(4, "192.0.2.0/24", mmdbtest.Map{"provider_name": "NordVPN"})
	unnamed := database(4, "192.0.2.0/24", mmdbtest.Map{"provider_name": "!!!"})
	rows := []struct {
		name      string
		documents decidetest.Documents
		sources   []geo.Source
		assume    geo.Sorts
		want      [][2]string // value, and a part of the text
	}{
		{"countries of IPv4", decidetest.Documents{Zones: germany}, []geo.Source{database(4, "192.0.2.0/24", country)}, 0, [][2]string{{"country", unknown + "IPv6"}}},
		{"countries of IPv4 in a database of both", decidetest.Documents{Zones: germany}, []geo.Source{database(6, "192.0.2.0/24", country)}, 0, [][2]string{{"country", unknown + "IPv6"}}},
		{"countries of IPv6", decidetest.Documents{Zones: germany}, []geo.Source{database(6, "2001:db8::/32", country)}, 0, [][2]string{{"country", unknown + "IPv4"}}},
		{"two databases of a family each", decidetest.Documents{Zones: germany}, []geo.Source{database(4, "192.0.2.0/24", country), database(6, "2001:db8::/32", country)}, 0, nil},
		{"nobody asks for the country", decidetest.Documents{Zones: tor}, []geo.Source{database(4, "192.0.2.0/24", country), list("ANONYMIZER_TOR", "192.0.2.1\n2001:db8::1")}, 0, nil},
		{"SailPoint asks for the country", decidetest.Documents{SailPoint: `{"geolocation":["US"]}`}, []geo.Source{database(4, "192.0.2.0/24", country)}, 0, [][2]string{{"country", unknown + "IPv6"}}},
		{"SailPoint has no country", decidetest.Documents{SailPoint: `{}`}, []geo.Source{database(4, "192.0.2.0/24", country)}, 0, nil},
		{"a list without IPv6", decidetest.Documents{Zones: tor}, []geo.Source{list("ANONYMIZER_TOR", "192.0.2.1")}, 0, [][2]string{{"services (tor)", "IPv6" + none}}},
		{"a list without IPv4", decidetest.Documents{Zones: tor}, []geo.Source{list("ANONYMIZER_TOR", "2001:db8::1")}, 0, [][2]string{{"services (tor)", "IPv4" + none}}},
		{"a list of an operator", decidetest.Documents{Zones: nord}, []geo.Source{list("NORD_VPN", "192.0.2.1")}, 0, [][2]string{{"services (NORD_VPN)", "IPv6" + none}}},
		{"a list with both", decidetest.Documents{Zones: nord}, []geo.Source{list("NORD_VPN", "192.0.2.1\n2001:db8::1")}, 0, nil},
		{"a database of IPv4", decidetest.Documents{Zones: all}, []geo.Source{database(4, "192.0.2.0/24", flags)}, 0, [][2]string{{"services (" + sorts + ")", unknown + "IPv6"}}},
		{"the anonymizer of IPv4", decidetest.Documents{Zones: anyProxy}, []geo.Source{database(4, "192.0.2.0/24", flags)}, 0, [][2]string{{"anonymizer (" + sorts + ")", unknown + "IPv6"}}},
		{"two zones that ask for one datum", decidetest.Documents{Zones: "[" + germany + "," + strings.ReplaceAll(germany, `"z"`, `"y"`) + "]"}, []geo.Source{database(4, "192.0.2.0/24", country)}, 0, [][2]string{{"country", unknown + "IPv6"}}},
		{"an INACTIVE zone asks for nothing", decidetest.Documents{Zones: "[" + strings.Replace(germany, "ACTIVE", "INACTIVE", 1) + "," + strings.ReplaceAll(tor, `"z"`, `"y"`) + "]"}, []geo.Source{database(4, "192.0.2.0/24", country), list("ANONYMIZER_TOR", "192.0.2.1\n2001:db8::1")}, 0, nil},
		{"SailPoint enforces no country", decidetest.Documents{SailPoint: `{"geolocation":["US"]}`, AuthProfile: `{"offNetwork":false,"untrustedGeography":false}`}, []geo.Source{database(4, "192.0.2.0/24", country)}, 0, nil},
		{"an operator of which a database of both tells", decidetest.Documents{Zones: nord}, []geo.Source{database(4, "192.0.2.0/24", flags), database(6, "2001:db8::/32", flags), list("NORD_VPN", "192.0.2.1")}, 0, nil},
		{"an operator of which nobody tells", decidetest.Documents{Zones: nord}, []geo.Source{database(4, "192.0.2.0/24", flags)}, 0, [][2]string{{"services (vpn)", unknown + "IPv6"}}},
		{"an operator of whose family there is a list, and of the other a database", decidetest.Documents{Zones: nord}, []geo.Source{database(4, "192.0.2.0/24", flags), list("NORD_VPN", "2001:db8::1")}, 0, nil},
		{"an operator that a database of one family names", decidetest.Documents{Zones: nord}, []geo.Source{named}, 0, [][2]string{{"services (NORD_VPN)", unknown + "IPv6"}}},
		{"an operator that a database of one family names, and its sort is assumed", decidetest.Documents{Zones: nord}, []geo.Source{named}, geo.VPNSort, [][2]string{{"services (NORD_VPN)", "IPv6" + none}}},
		{"an operator that a database of one family names, and another sort is assumed", decidetest.Documents{Zones: nord}, []geo.Source{named}, geo.TorSort, [][2]string{{"services (NORD_VPN)", unknown + "IPv6"}}},
		{"a database with an operator of no letters", decidetest.Documents{Zones: tor}, []geo.Source{unnamed, database(4, "192.0.2.0/24", flags)}, 0, [][2]string{{"services (tor)", unknown + "IPv6"}}},
		{"Tor alone of two sorts", decidetest.Documents{Zones: tor}, []geo.Source{database(4, "192.0.2.0/24", flags)}, 0, [][2]string{{"services (tor)", unknown + "IPv6"}}},
		{
			"some sorts of IPv6 assumed", decidetest.Documents{Zones: anyProxy}, []geo.Source{database(4, "192.0.2.0/24", flags)}, geo.VPNSort,
			[][2]string{{"anonymizer (tor, public_proxy, residential_proxy)", unknown + "IPv6"}, {"anonymizer (vpn)", "IPv6" + none}},
		},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			config := row.documents.Config(t)
			var err error
			config.Geo, err = geo.Load(row.sources...)
			require.NoError(t, err)
			config.AssumeNone = row.assume
			policy, err := decide.Compile(config)
			require.NoError(t, err)
			var values []string
			for _, f := range policy.Info().Warnings {
				if f.Code != "family-without-data" {
					continue
				}
				require.Less(t, len(values), len(row.want), f.Error())
				require.Contains(t, f.Error(), row.want[len(values)][1])
				values = append(values, f.Value)
			}
			require.Len(t, values, len(row.want))
			for i, value := range values {
				require.Equal(t, row.want[i][0], value)
			}
		})
	}
}
