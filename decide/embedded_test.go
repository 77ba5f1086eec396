package decide_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// The IPv4 address 203.0.113.9 inside NAT64, 6to4 and Teredo, layer by layer:
// what denies by list looks at it, what admits looks at the IPv6 address alone.
func TestEmbeddedIPv4InEachLayer(t *testing.T) {
	const embedded = "203.0.113.9"
	blocked := "[" + ipZoneJSON("bad", "BLOCKLIST", embedded, "") + "]"
	germany := `[{"type":"DYNAMIC","id":"de","name":"de","status":"ACTIVE","usage":"BLOCKLIST","locations":[{"country":"DE"}]}]`
	office := "[" + ipZoneJSON("office", "POLICY", embedded, "") + "]"
	located := "203.0.113.0/24,DE,,,,\n64:ff9b::/96,FR,,,,\n2001::/16,FR,,,,\n2002::/16,FR,,,,\n"
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
				"NAT64": "64:ff9b::" + embedded, "6to4": "2002:cb00:7109::1", "6to4 of another host": "2002:cb00:7109:ffff::2",
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
	// Addresses beside the three blocks embed nothing.
	nobody := documents{zones: blocked}.compile(t)
	for _, addr := range []string{"64:ff9b:1::cb00:7109", "64:ff9b::1:cb00:7109", "2003:cb00:7109::1", "2001:1:1234:5678:0:ffff:34ff:8ef6", "2001:0:1234:5678:0:ffff:cb00:7109"} {
		require.True(t, nobody.Decide(netip.MustParseAddr(addr)).Allowed(), addr)
	}
}
