package decide_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
	"github.com/netwicket/netwicket/zone"
)

// TestSorts: what a category or proxy type is of an address, by the sorts of
// anonymizers that the sources tell of; see docs/semantics.md, geo-11, dynamic-14
// and policy-7.
func TestSorts(t *testing.T) {
	csv := func(rows string) geo.Source {
		return geo.Source{File: "geo.csv", Data: []byte("network,country,region,asn,anonymizer,services\n" + rows), Kind: geo.CSV}
	}
	list := func(service, text string) geo.Source {
		return geo.Source{File: service + ".txt", Data: []byte(text), Service: service}
	}
	database := func(version int, record mmdbtest.Map) geo.Source {
		content, err := mmdbtest.File{Type: "Test", IPVersion: version, Networks: []mmdbtest.Network{{Prefix: "203.0.113.0/24", Record: record}}}.Bytes()
		require.NoError(t, err)
		return geo.Source{File: "anonymous.mmdb", Data: content}
	}
	const (
		notTor = geo.AllSorts &^ geo.TorSort
		all    = `"ipServiceCategories":{"include":["ALL_ANONYMIZERS"]}`
		butTor = `"ipServiceCategories":{"include":["ALL_ANONYMIZERS_EXCEPT_TOR"]}`
		nord   = `"ipServiceCategories":{"include":["NORD_VPN"]}`
		proxy  = `"ipServiceCategories":{"include":["GEONODE_PROXY"]}`
		tor    = `"ipServiceCategories":{"include":["ANONYMIZER_TOR"]}`
	)
	tors, nords := list("ANONYMIZER_TOR", "192.0.2.1"), list("NORD_VPN", "192.0.2.2")
	rows := []struct {
		name    string
		terms   string
		sources []geo.Source
		assume  geo.Sorts
		want    map[string]string
	}{
		{"a list of Tor, and the rest assumed", all, []geo.Source{tors}, notTor, map[string]string{"192.0.2.1": "match", "192.0.2.9": "no", "2001:db8::1": "no"}},
		{"Tor alone is asked for", tor, []geo.Source{tors}, 0, map[string]string{"192.0.2.1": "match", "192.0.2.9": "no", "2001:db8::1": "no"}},
		{"a list of the operator", nord, []geo.Source{nords}, 0, map[string]string{"192.0.2.2": "match", "192.0.2.9": "no", "2001:db8::1": "no"}},
		{"a list of another operator", nord, []geo.Source{list("WARP_VPN", "192.0.2.3"), nords}, 0, map[string]string{"192.0.2.3": "no"}},
		{"a service that is known, whatever is not", all, []geo.Source{nords, database(4, mmdbtest.Map{"is_anonymous": false})}, 0, map[string]string{"192.0.2.2": "match", "192.0.2.9": "no", "2001:db8::1": "unknown"}},
		{"a database of IPv4", all, []geo.Source{database(4, mmdbtest.Map{"is_anonymous_vpn": true})}, 0, map[string]string{"203.0.113.1": "match", "192.0.2.9": "no", "2001:db8::1": "unknown"}},
		{"a database of IPv4, and all assumed", all, []geo.Source{database(4, mmdbtest.Map{"is_anonymous_vpn": true})}, geo.AllSorts, map[string]string{"203.0.113.1": "match", "192.0.2.9": "no", "2001:db8::1": "no"}},
		{"a database of both families", all, []geo.Source{database(6, mmdbtest.Map{"is_anonymous_vpn": true})}, 0, map[string]string{"203.0.113.1": "match", "192.0.2.9": "no", "2001:db8::1": "no"}},
		{"one of IPv4 beside a list of Tor", butTor, []geo.Source{database(4, mmdbtest.Map{"is_tor_exit_node": true}), list("ANONYMIZER_TOR", "2001:db8::1")}, 0, map[string]string{"203.0.113.1": "no", "2001:db8::1": "unknown"}},
		{"a row of none where nothing else is told", all, []geo.Source{database(4, mmdbtest.Map{"is_anonymous_vpn": true}), csv("2001:db8::/32,,,,,-\n")}, 0, map[string]string{"2001:db8::1": "no", "2001:db9::1": "unknown"}},
		{"a row that names one service names all", all, []geo.Source{database(4, mmdbtest.Map{"is_anonymous_vpn": true}), csv("2001:db8::/32,,,,,GLOBALPROTECT_VPN\n")}, 0, map[string]string{"2001:db8::1": "no"}},
		{"a row lists its sort in its family", nord, []geo.Source{csv("2001:db8::1,,,,,EXPRESS_VPN\n")}, 0, map[string]string{"2001:db8::1": "no", "2001:db8::2": "no", "192.0.2.1": "unknown"}},
		{"VPNs say nothing of proxies", proxy, []geo.Source{csv("192.0.2.1,,,,,VPN\n2001:db8::1,,,,,PROXY\n")}, 0, map[string]string{"192.0.2.1": "no", "192.0.2.2": "unknown", "2001:db8::2": "no"}},
		{"Any", `"proxyType":"Any"`, []geo.Source{csv("192.0.2.1,,,,tor,\n2001:db8::1,,,,anonymous,\n")}, 0, map[string]string{"192.0.2.1": "match", "192.0.2.2": "unknown", "2001:db8::1": "match", "2001:db8::2": "unknown"}},
		{"Tor", `"proxyType":"Tor"`, []geo.Source{csv("192.0.2.1,,,,tor,\n2001:db8::1,,,,anonymous,\n")}, 0, map[string]string{"192.0.2.1": "match", "192.0.2.2": "no", "2001:db8::1": "no", "2001:db8::2": "unknown"}},
		{"NotTorAnonymizer", `"proxyType":"NotTorAnonymizer"`, []geo.Source{csv("192.0.2.1,,,,tor,\n2001:db8::1,,,,anonymous,\n")}, 0, map[string]string{"192.0.2.1": "no", "192.0.2.2": "unknown", "2001:db8::1": "match", "2001:db8::2": "no"}},
		{"NotTorAnonymizer, and VPNs alone assumed", `"proxyType":"NotTorAnonymizer"`, []geo.Source{csv("192.0.2.1,,,,anonymous,\n")}, geo.VPNSort, map[string]string{"192.0.2.2": "no", "2001:db8::2": "unknown"}},
		{"NotTorAnonymizer, and Tor assumed", `"proxyType":"NotTorAnonymizer"`, []geo.Source{csv("192.0.2.1,,,,anonymous,\n")}, geo.TorSort, map[string]string{"192.0.2.1": "match", "192.0.2.2": "no", "2001:db8::2": "unknown"}},
		{"all assumed without a source", `"proxyType":"Any"`, nil, geo.AllSorts, map[string]string{"192.0.2.1": "no", "2001:db8::1": "no"}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			for _, usage := range []string{"POLICY", "BLOCKLIST"} {
				kind := "DYNAMIC_V2"
				if row.terms[1] == 'p' {
					kind = "DYNAMIC"
				}
				config := decidetest.Documents{Zones: `{"id":"z","name":"z","type":"` + kind + `","status":"ACTIVE","usage":"` + usage + `",` + row.terms + `}`}.Config(t)
				var err error
				config.Geo, err = geo.Load(row.sources...)
				require.NoError(t, err)
				config.AssumeNone = row.assume
				policy, err := decide.Compile(config)
				require.NoError(t, err)
				for addr, want := range row.want {
					chain := chainOf(addr)
					membership := policy.Match(chain)
					require.Equal(t, want, membership.Zone("z").String(), "%s %s", usage, addr)
					explained := policy.Explain(chain...)
					require.Equal(t, want, explained.Zones[0].State.String(), "%s %s", usage, addr)
					require.Equal(t, policy.DecideChain(chain), explained.Decision)
					require.Equal(t, usage == "BLOCKLIST" && want != "no", !policy.DecideChain(chain).Allowed(), addr)
				}
			}
		})
	}
}

// What hides behind a VPN may be Tor first of all, where nobody tells of Tor: it is
// not for sure what a NotTorAnonymizer zone asks for.
func TestAnonymousMayBeTor(t *testing.T) {
	vpn, err := mmdbtest.File{Type: "Test", IPVersion: 6, Networks: []mmdbtest.Network{{Prefix: "203.0.113.0/24", Record: mmdbtest.Map{"vpn": true}}}}.Bytes()
	require.NoError(t, err)
	table, err := geo.Load(geo.Source{File: "vpn.mmdb", Data: vpn})
	require.NoError(t, err)
	for assumed, want := range map[geo.Sorts]decide.Verdict{geo.AllSorts: decide.Allow, geo.AllSorts &^ geo.TorSort: decide.Deny} {
		p, err := decide.Compile(decide.Config{
			Zones: []zone.Zones{{Zones: []zone.Zone{{ID: "z", Name: "z", Type: zone.Dynamic, Active: true, Proxy: zone.NotTorAnonymizer}}}},
			Rules: []zone.RuleSet{{Rules: []zone.Rule{{
				Name: "r", Active: true, Allow: true, Network: zone.NetworkCondition{Connection: zone.InZones, Include: []zone.ZoneID{{ID: "z"}}},
			}}}},
			Geo: table, AssumeNone: assumed,
		})
		require.NoError(t, err)
		client := netip.MustParseAddr("203.0.113.7")
		require.Equal(t, want, p.Decide(client).Verdict)
		require.Equal(t, p.Decide(client), p.Explain(client).Decision)
	}
}

// A model made in code may name a category in any letter case.
func TestCategoriesOfModelsHaveNoCase(t *testing.T) {
	table, err := geo.Load(geo.Source{File: "nord.txt", Data: []byte("203.0.113.0/24\n"), Service: "NORD_VPN"})
	require.NoError(t, err)
	p, err := decide.Compile(decide.Config{
		Zones: []zone.Zones{{Zones: []zone.Zone{{
			ID: "z", Name: "z", Type: zone.DynamicV2, Active: true, Blocklist: true, Categories: zone.Terms[string]{Include: zone.TermsOf("all_anonymizers")},
		}}}},
		Geo: table, AssumeNone: geo.AllSorts,
	})
	require.NoError(t, err)
	blocked := netip.MustParseAddr("203.0.113.7")
	require.Equal(t, decide.Blocklisted, p.Decide(blocked).Reason)
	require.Equal(t, p.Decide(blocked), p.Explain(blocked).Decision)
	require.True(t, p.Decide(netip.MustParseAddr("192.0.2.1")).Allowed())
}
