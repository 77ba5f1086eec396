package decide_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// The IPv4 address 203.0.113.9 inside NAT64, its local part, 6to4 and Teredo, layer by layer:
// what denies by list looks at it, what admits looks at the IPv6 address alone.
func TestEmbeddedIPv4InEachLayer(t *testing.T) {
	const embedded = "203.0.113.9"
	blocked := "[" + ipZoneJSON("bad", "BLOCKLIST", embedded, "") + "]"
	germany := `[{"type":"DYNAMIC","id":"de","name":"de","status":"ACTIVE","usage":"BLOCKLIST","locations":[{"country":"DE"}]}]`
	office := "[" + ipZoneJSON("office", "POLICY", embedded, "") + "]"
	located := "203.0.113.0/24,DE,,,,\n64:ff9b::/96,FR,,,,\n64:ff9b:1::/48,FR,,,,\n2001::/16,FR,,,,\n2002::/16,FR,,,,\n"
	inOffice := `[{"name":"in","conditions":{"network":{"connection":"ZONE","include":["office"]}},"actions":{"signon":{"access":"ALLOW"}}}]`
	outOfOffice := `[{"name":"out","conditions":{"network":{"connection":"ZONE","include":["office"]}},"actions":{"signon":{"access":"DENY"}}},
		{"name":"rest","actions":{"signon":{"access":"ALLOW"}}}]`
	for _, layer := range []struct {
		name   string
		policy documents
		v4, v6 string // the decision about the IPv4 address, and about one that embeds it
	}{
		{"overlay denies", documents{sailPoint: "{}", overlay: `{"deny":[{"network":"203.0.113.9","why":"w"}]}`}, "deny overlay", "deny overlay"},
		{"overlay allows", documents{sailPoint: `{"range":["192.0.2.1"]}`, overlay: `{"allow":[{"network":"203.0.113.9","why":"w"}]}`}, "allow overlay", "deny off_network"},
		{"blocklist of addresses", documents{zones: blocked}, "deny blocklisted", "deny blocklisted"},
		{"blocklist of countries", documents{zones: germany, csv: located}, "deny blocklisted", "deny blocklisted"},
		{"exempt zone", documents{zones: "[" + blocked[1:len(blocked)-1] + "," + exemptZoneJSON(embedded) + "]"}, "allow permitted", "allow permitted"},
		{"ThreatInsight blocks", documents{threat: `{"action":"block"}`, feeds: []string{embedded + "\n"}}, "deny threat", "deny threat"},
		{"rule lets an IPv4 zone in", documents{zones: office, rules: []string{inOffice}}, "allow rule", "deny no_rule"},
		{"rule keeps an IPv4 zone out", documents{zones: office, rules: []string{outOfOffice}}, "deny rule", "allow rule"},
		{"SailPoint's network", documents{sailPoint: `{"range":["203.0.113.0/24"]}`}, "allow permitted", "deny off_network"},
		{"SailPoint's countries", documents{sailPoint: `{"geolocation":["DE"],"whitelisted":true}`, csv: located}, "allow permitted", "deny untrusted_geography"},
	} {
		t.Run(layer.name, func(t *testing.T) {
			policy := layer.policy.compile(t)
			for name, addr := range map[string]string{
				"IPv4": embedded, "mapped": "::ffff:" + embedded,
				"NAT64": "64:ff9b::" + embedded, "local NAT64": "64:ff9b:1::" + embedded, "local NAT64 of another prefix": "64:ff9b:1:2:3:4:cb00:7109", "6to4": "2002:cb00:7109::1", "6to4 of another host": "2002:cb00:7109:ffff::2",
				"Teredo": "2001:0:1234:5678:0:ffff:34ff:8ef6", "Teredo of another server": "2001:0:1:2:3:4:34ff:8ef6",
			} {
				want := layer.v6
				if name == "IPv4" || name == "mapped" {
					want = layer.v4
				}
				at := netip.MustParseAddr(addr)
				d := policy.Decide(at)
				require.Equal(t, want, d.Verdict.String()+" "+d.Reason.String(), name)
				require.Equal(t, d, policy.Explain(at).Decision, name)
				require.Equal(t, d, policy.DecideChain([]netip.Addr{at}), name)
			}
		})
	}
	// Addresses beside the blocks embed nothing.
	nobody := documents{zones: blocked}.compile(t)
	for _, addr := range []string{"64:ff9b:2::cb00:7109", "64:ff9b:0:1::cb00:7109", "64:ff9b:1:cb00:71:900::", "64:ff9b::1:cb00:7109", "2003:cb00:7109::1", "2001:1:1234:5678:0:ffff:34ff:8ef6", "2001:0:1234:5678:0:ffff:cb00:7109"} {
		require.True(t, nobody.Decide(netip.MustParseAddr(addr)).Allowed(), addr)
	}
}

// A client chooses the IPv4 address by which databases answer for Teredo and
// ::/96, so that none of their data counts there; those about 6to4 do.
func TestNobodyKnowsWhereTeredoIs(t *testing.T) {
	record := mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "US"}, "autonomous_system_number": 64500, "is_anonymous_vpn": false}
	content, err := mmdbtest.File{Type: "Test", Aliases: true, Networks: []mmdbtest.Network{{Prefix: "198.51.100.0/24", Record: record}}}.Bytes()
	require.NoError(t, err)
	rules := func(list, access, rest string) string {
		return `[{"name":"in","conditions":{"network":{"connection":"ZONE","` + list + `":["z"]}},"actions":{"signon":{"access":"` + access + `"}}},
			{"name":"rest","actions":{"signon":{"access":"` + rest + `"}}}]`
	}
	zoneOf := func(usage, terms string) string {
		return `[{"type":"DYNAMIC_V2","id":"z","name":"z","usage":"` + usage + `",` + terms + `}]`
	}
	const us, germany, vpn = `"locations":{"include":[{"country":"US"}]}`, `"locations":{"include":[{"country":"DE"}]}`, `"ipServiceCategories":{"include":["ALL_ANONYMIZERS"]}`
	for _, row := range []struct {
		name             string
		policy           documents
		known, unlocated string // of an address in the database, and of one that is in it by choice
	}{
		{"a rule lets a country in", documents{zones: zoneOf("POLICY", us), rules: []string{rules("include", "ALLOW", "DENY")}}, "allow rule", "deny rule"},
		{"a rule keeps another country out", documents{zones: zoneOf("POLICY", germany), rules: []string{rules("include", "DENY", "ALLOW")}}, "allow rule", "deny rule"},
		{"a rule keeps out whoever is not in the country", documents{zones: zoneOf("POLICY", us), rules: []string{rules("exclude", "DENY", "ALLOW")}}, "allow rule", "deny rule"},
		{"a blocklist of another country", documents{zones: zoneOf("BLOCKLIST", germany)}, "allow permitted", "deny blocklisted"},
		{"a blocklist of anonymizers", documents{zones: zoneOf("BLOCKLIST", vpn)}, "allow permitted", "deny blocklisted"},
		{"SailPoint's allow list", documents{sailPoint: `{"geolocation":["US"],"whitelisted":true}`}, "allow permitted", "deny geo_unknown"},
		{"SailPoint's block list", documents{sailPoint: `{"geolocation":["DE"],"whitelisted":false}`}, "allow permitted", "deny geo_unknown"},
	} {
		t.Run(row.name, func(t *testing.T) {
			config := row.policy.config(t)
			config.Geo, err = geo.Load(geo.Source{File: "us.mmdb", Data: content})
			require.NoError(t, err)
			policy, err := decide.Compile(config)
			require.NoError(t, err)
			for addr, want := range map[string]string{
				"198.51.100.1": row.known, "::ffff:198.51.100.1": row.known, "2002:c633:6401::1": row.known,
				"2001:0:c633:6401::1": row.unlocated, "2001:0:c633:6401:ffff:ffff:39cc:9bfe": row.unlocated, "::198.51.100.1": row.unlocated,
			} {
				at := netip.MustParseAddr(addr)
				d := policy.Decide(at)
				require.Equal(t, want, d.Verdict.String()+" "+d.Reason.String(), addr)
				require.Equal(t, d, policy.Explain(at).Decision, addr)
				for r, ranged := range policy.Ranges() {
					if r.Contains(at) {
						require.Equal(t, d.Reason, ranged.Reason, addr)
					}
				}
			}
		})
	}
}
