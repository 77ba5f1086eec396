package decide_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
)

const (
	allowAll  = `[{"name":"all","actions":{"signon":{"access":"ALLOW"}}}]`
	denyAll   = `[{"name":"nobody","actions":{"signon":{"access":"DENY"}}}]`
	allowCorp = `[{"name":"corp only","conditions":{"network":{"connection":"ZONE","include":["corp"]}},"actions":{"signon":{"access":"ALLOW"}}}]`
)

// Every row: one policy, one chain, one decision as its text.
func TestLayers(t *testing.T) {
	corp := ipZoneJSON("corp", "POLICY", "10.0.0.0/24", "10.9.0.0/24")
	blocked := ipZoneJSON("bad", "BLOCKLIST", "203.0.113.0/24", "")
	tor := `{"type":"DYNAMIC","id":"tor","name":"tor","status":"ACTIVE","usage":"BLOCKLIST","proxyType":"TorAnonymizer"}`
	germany := `{"type":"DYNAMIC","id":"de","name":"de","status":"ACTIVE","usage":"BLOCKLIST","locations":[{"country":"DE"}]}`
	rows := []struct {
		name   string
		policy documents
		chain  string
		want   string
	}{
		{"empty chain", documents{sailPoint: "{}"}, "", "deny - client_unresolved"},
		{"unreadable client denies an unrestricted policy", documents{sailPoint: "{}"}, "?", "deny - client_unresolved"},
		{
			"nothing stands behind a chain of proxies, not even the first address", documents{zones: "[" + ipZoneJSON("corp", "POLICY", "0.0.0.0", "10.9.0.0/24") + "]", rules: []string{allowCorp}},
			"10.9.0.1", "deny 10.9.0.1 no_rule",
		},
		{"unreadable hop behind a proxy", documents{zones: "[" + corp + "]"}, "10.9.0.1 ? 10.0.0.1", "deny - client_unresolved"},
		{"unreadable hop behind the client is harmless", documents{zones: "[" + corp + "]"}, "10.0.0.1 ?", "allow 10.0.0.1 unrestricted"},
		{"all hops trusted: the last one", documents{zones: "[" + corp + "]"}, "10.9.0.1 10.9.0.2", "allow 10.9.0.2 unrestricted"},
		{"mapped and zoned spellings", documents{zones: "[" + blocked + "]"}, "::ffff:203.0.113.7", `deny 203.0.113.7 blocklisted zone="bad"`},
		{"blocklist passes", documents{zones: "[" + blocked + "]"}, "10.0.0.1", "allow 10.0.0.1 permitted"},
		{"blocklist looks behind the client", documents{zones: "[" + blocked + "]"}, "10.0.0.1 203.0.113.9", `deny 10.0.0.1 blocklisted zone="bad"`},
		{"blocklist looks at proxies", documents{zones: "[" + corp + "," + ipZoneJSON("px", "BLOCKLIST", "10.9.0.1", "") + "]"}, "10.9.0.1 10.0.0.1", `deny 10.0.0.1 blocklisted zone="px"`},
		{"blocklist behind an unreadable hop", documents{zones: "[" + blocked + "]"}, "10.0.0.1 ? 203.0.113.9", `deny 10.0.0.1 blocklisted zone="bad"`},
		{"nearest blocked hop names the zone", documents{zones: "[" + blocked + "," + ipZoneJSON("near", "BLOCKLIST", "192.0.2.1", "") + "]"}, "192.0.2.1 203.0.113.9", `deny 192.0.2.1 blocklisted zone="near"`},
		{"first zone in the document", documents{zones: "[" + ipZoneJSON("wide", "BLOCKLIST", "203.0.0.0/8", "") + "," + blocked + "]"}, "203.0.113.9", `deny 203.0.113.9 blocklisted zone="wide"`},
		{"exempt", documents{zones: "[" + blocked + "," + exemptZoneJSON("203.0.113.9") + "]"}, "203.0.113.9", "allow 203.0.113.9 permitted"},
		{"exempt lists not every blocked hop", documents{zones: "[" + blocked + "," + exemptZoneJSON("203.0.113.9") + "]"}, "203.0.113.9 203.0.113.8", `deny 203.0.113.9 blocklisted zone="bad"`},
		{"unknown country of the client blocks", documents{zones: "[" + germany + "]", csv: "192.0.2.1,FR,,,,\n"}, "192.0.2.2", `deny 192.0.2.2 blocklisted zone="de" unknown=country`},
		{"unknown country behind the client does not", documents{zones: "[" + germany + "]", csv: "192.0.2.1,FR,,,,\n"}, "192.0.2.1 192.0.2.2", "allow 192.0.2.1 permitted"},
		{"exempt saves an unknown client", documents{zones: "[" + germany + "," + exemptZoneJSON("192.0.2.2") + "]", csv: "192.0.2.1,FR,,,,\n"}, "192.0.2.2", "allow 192.0.2.2 permitted"},
		{"no record means no anonymizer", documents{zones: "[" + tor + "]", csv: "192.0.2.1,,,,tor,\n"}, "192.0.2.2", "allow 192.0.2.2 permitted"},
		{"tor behind the client", documents{zones: "[" + tor + "]", csv: "192.0.2.1,,,,tor,\n"}, "192.0.2.2 192.0.2.1", `deny 192.0.2.2 blocklisted zone="tor"`},
		{"threat blocks", documents{threat: `{"action":"block"}`, feeds: []string{"192.0.2.1\n"}}, "192.0.2.1", "deny 192.0.2.1 threat"},
		{"threat marks", documents{threat: `{"action":"audit"}`, feeds: []string{"192.0.2.1\n"}}, "192.0.2.1", "allow 192.0.2.1 permitted audit"},
		{"threat none", documents{threat: `{"action":"none"}`, feeds: []string{"192.0.2.1\n"}}, "192.0.2.1", "allow 192.0.2.1 unrestricted"},
		{"audit marks a denial too", documents{zones: "[" + blocked + "]", threat: `{"action":"audit"}`, feeds: []string{"203.0.113.9"}}, "203.0.113.9", `deny 203.0.113.9 blocklisted zone="bad" audit`},
		{"threat looks at the client alone", documents{threat: `{"action":"block"}`, feeds: []string{"192.0.2.1\n"}}, "192.0.2.2 192.0.2.1", "allow 192.0.2.2 permitted"},
		{"threat leaves the exempt zone", documents{zones: "[" + exemptZoneJSON("192.0.2.1") + "]", threat: `{"action":"block"}`, feeds: []string{"192.0.2.1\n"}}, "192.0.2.1", "allow 192.0.2.1 permitted"},
		{"threat leaves excluded zones", documents{zones: "[" + corp + "]", threat: `{"action":"block","excludeZones":["corp"]}`, feeds: []string{"10.0.0.1\n"}}, "10.9.0.1 10.0.0.1", "allow 10.0.0.1 permitted"},
		{"rule allows", documents{zones: "[" + corp + "]", rules: []string{allowCorp}}, "10.0.0.1", `allow 10.0.0.1 rule rule="corp only"`},
		{"no rule applies", documents{zones: "[" + corp + "]", rules: []string{allowCorp}}, "192.0.2.1", "deny 192.0.2.1 no_rule"},
		{"a file without rules", documents{rules: []string{"[]"}}, "192.0.2.1", "deny 192.0.2.1 no_rule"},
		{"every policy must allow", documents{rules: []string{allowAll, denyAll}}, "192.0.2.1", `deny 192.0.2.1 rule rule="nobody"`},
		{"the last policy's rule is named", documents{zones: "[" + corp + "]", rules: []string{allowAll, allowCorp}}, "10.0.0.1", `allow 10.0.0.1 rule rule="corp only"`},
		{"the first policy denies", documents{zones: "[" + corp + "]", rules: []string{allowCorp, denyAll}}, "192.0.2.1", "deny 192.0.2.1 no_rule"},
		{"blocklist before rules", documents{zones: "[" + blocked + "]", rules: []string{allowAll}}, "203.0.113.9", `deny 203.0.113.9 blocklisted zone="bad"`},
		{"sailpoint after rules", documents{rules: []string{allowAll}, sailPoint: `{"range":["10.0.0.0/8"]}`}, "192.0.2.1", "deny 192.0.2.1 off_network"},
		{"permitted before rule", documents{rules: []string{allowAll}, sailPoint: `{"range":["10.0.0.0/8"]}`}, "10.0.0.1", `allow 10.0.0.1 permitted rule="all"`},
		{"rule before permitted by a blocklist", documents{zones: "[" + blocked + "]", rules: []string{allowAll}}, "10.0.0.1", `allow 10.0.0.1 rule rule="all"`},
		{"profile alone", documents{profile: `{"offNetwork":false}`}, "192.0.2.1", "allow 192.0.2.1 not_enforced"},
		{"profile without a network", documents{profile: `{"offNetwork":true}`}, "192.0.2.1", "deny 192.0.2.1 network_undefined"},
		{"profile with an empty network", documents{sailPoint: `{"range":[]}`, profile: `{"offNetwork":true}`}, "192.0.2.1", "deny 192.0.2.1 network_undefined"},
		{"enforced empty block list", documents{sailPoint: "{}", profile: `{"untrustedGeography":true}`}, "192.0.2.1", "allow 192.0.2.1 permitted"},
		{"enforced empty allow list", documents{sailPoint: `{"whitelisted":true}`, profile: `{"untrustedGeography":true}`}, "192.0.2.1", "deny 192.0.2.1 empty_allow_list"},
		{"no database", documents{sailPoint: `{"geolocation":["US"]}`, unknown: decide.TrustUnknownCountry}, "192.0.2.1", "deny 192.0.2.1 geo_unavailable"},
		{"a database without countries", documents{sailPoint: `{"geolocation":["US"]}`, csv: "192.0.2.1,,,7,,\n"}, "192.0.2.1", "deny 192.0.2.1 geo_unavailable"},
		{"allow list and unknown country", documents{sailPoint: `{"geolocation":["US"],"whitelisted":true}`, csv: "192.0.2.2,US,,,,\n", unknown: decide.TrustUnknownCountry}, "192.0.2.1", "deny 192.0.2.1 geo_unknown unknown=country"},
		{"block list and unknown country", documents{sailPoint: `{"geolocation":["US"]}`, csv: "192.0.2.2,US,,,,\n"}, "192.0.2.1", "deny 192.0.2.1 geo_unknown unknown=country"},
		{"all failing checks, network first", documents{sailPoint: `{"range":["10.0.0.0/8"],"geolocation":["US"]}`, csv: "192.0.2.2,US,,,,\n"}, "192.0.2.2", "deny 192.0.2.2 off_network,untrusted_geography"},
		{"overlay denies before all", documents{sailPoint: "{}", overlay: `{"deny":[{"network":"192.0.2.0/24","why":"attack"}],"allow":[{"network":"192.0.2.1","why":"us"}]}`}, "192.0.2.1", "deny 192.0.2.1 overlay"},
		{"overlay denies any hop", documents{sailPoint: "{}", overlay: `{"deny":[{"network":"192.0.2.0/24","why":"attack"}]}`}, "10.0.0.1 192.0.2.1", "deny 10.0.0.1 overlay"},
		{"overlay allows past every layer", documents{zones: "[" + blocked + "]", rules: []string{denyAll}, sailPoint: `{"range":["10.0.0.0/8"]}`, overlay: `{"allow":[{"network":"203.0.113.9","why":"break glass"}]}`}, "203.0.113.9", "allow 203.0.113.9 overlay"},
		{"overlay allows the client alone", documents{zones: "[" + blocked + "]", overlay: `{"allow":[{"network":"203.0.113.9","why":"break glass"}]}`}, "10.0.0.1 203.0.113.9", `deny 10.0.0.1 blocklisted zone="bad"`},
		{"an expired entry does nothing", documents{sailPoint: "{}", overlay: `{"deny":[{"network":"192.0.2.0/24","until":"2026-01-02T03:04:05Z","why":"over"}]}`}, "192.0.2.1", "allow 192.0.2.1 unrestricted"},
		{"an entry in force", documents{sailPoint: "{}", overlay: `{"deny":[{"network":"192.0.2.0/24","until":"2026-01-02T03:04:06Z","why":"now"}]}`}, "192.0.2.1", "deny 192.0.2.1 overlay"},
		{"NAT64 of a blocked address", documents{zones: "[" + blocked + "]"}, "64:ff9b::203.0.113.9", `deny 64:ff9b::cb00:7109 blocklisted zone="bad"`},
		{"6to4 of a blocked address", documents{zones: "[" + blocked + "]"}, "2002:cb00:7109::1", `deny 2002:cb00:7109::1 blocklisted zone="bad"`},
		{"Teredo of a blocked address", documents{zones: "[" + blocked + "]"}, "2001:0:1:2:3:4:34ff:8ef6", `deny 2001:0:1:2:3:4:34ff:8ef6 blocklisted zone="bad"`},
		{"embedded behind the client is not tested", documents{zones: "[" + blocked + "]"}, "10.0.0.1 2002:cb00:7109::1", "allow 10.0.0.1 permitted"},
		{"exempting the IPv6 address does not exempt the embedded", documents{zones: "[" + blocked + "," + exemptZoneJSON("2002:cb00:7109::1") + "]"}, "2002:cb00:7109::1", `deny 2002:cb00:7109::1 blocklisted zone="bad"`},
		{"exempting the embedded address", documents{zones: "[" + blocked + "," + exemptZoneJSON("203.0.113.9") + "]"}, "2002:cb00:7109::1", "allow 2002:cb00:7109::1 permitted"},
		{"an unknown country of the embedded address does not block", documents{zones: "[" + germany + "]", csv: "2002::/16,FR,,,,\n192.0.2.0/24,DE,,,,\n"}, "2002:cb00:7109::1", "allow 2002:cb00:7109::1 permitted"},
		{"a known country of the embedded address blocks", documents{zones: "[" + germany + "]", csv: "2002::/16,FR,,,,\n192.0.2.0/24,DE,,,,\n"}, "2002:c000:0201::1", `deny 2002:c000:201::1 blocklisted zone="de"`},
		{"embedded threat", documents{threat: `{"action":"block"}`, feeds: []string{"203.0.113.9\n"}}, "64:ff9b::203.0.113.9", "deny 64:ff9b::cb00:7109 threat"},
		{"sailpoint looks at the IPv6 address alone", documents{sailPoint: `{"range":["203.0.113.0/24"]}`}, "2002:cb00:7109::1", "deny 2002:cb00:7109::1 off_network"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			policy, chain := row.policy.compile(t), chainOf(row.chain)
			require.Equal(t, row.want, policy.DecideChain(chain).String())
			require.Equal(t, policy.DecideChain(chain), policy.Explain(chain...).Decision)
			if len(chain) == 1 {
				require.Equal(t, policy.DecideChain(chain), policy.Decide(chain[0]))
			}
		})
	}
}
