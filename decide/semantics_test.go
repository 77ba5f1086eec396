package decide_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// ruleJSON is one rule; more holds further members, each with a comma in front.
func ruleJSON(name, access, network, more string) string {
	return `{"name":"` + name + `","conditions":{"network":` + network + `},"actions":{"signon":{"access":"` + access + `"}}` + more + `}`
}

// TestRules: what a rule's network condition means, and which rule decides; see
// docs/semantics.md, "Policy rules".
func TestRules(t *testing.T) {
	zones := "[" + strings.Join([]string{
		ipZoneJSON("corp", "POLICY", "10.0.0.0/24", "10.9.0.0/24"),
		strings.Replace(ipZoneJSON("legacy", "POLICY", "10.1.0.0/24", ""), `"system":false`, `"system":true`, 1),
		strings.Replace(ipZoneJSON("off", "POLICY", "10.2.0.0/24", "10.8.0.0/24"), `"ACTIVE"`, `"INACTIVE"`, 1),
		ipZoneJSON("bad", "BLOCKLIST", "203.0.113.0/24", ""),
		`{"type":"DYNAMIC","id":"de","name":"de","status":"ACTIVE","usage":"POLICY","locations":[{"country":"DE"}]}`,
		exemptZoneJSON("10.3.0.1"),
	}, ",") + "]"
	const (
		csv      = "10.0.0.0/8,FR,,,,\n192.0.2.1,DE,,,,\n192.0.2.2,FR,,,,\n"
		anywhere = `{"connection":"ANYWHERE"}`
	)
	in := func(ids string) string { return `{"connection":"ZONE","include":[` + ids + `]}` }
	notIn := func(ids string) string { return `{"connection":"ZONE","exclude":[` + ids + `]}` }
	allow := func(network string) []string { return []string{ruleJSON("a", "ALLOW", network, "")} }
	denyElseAllow := func(network string) []string {
		return []string{ruleJSON("d", "DENY", network, ""), ruleJSON("a", "ALLOW", anywhere, "")}
	}
	const narrowed = `{"connection":"ANYWHERE"},"people":{"groups":{"include":["00g1"]}}`
	rows := []struct {
		name        string
		rules       []string
		chain, want string
	}{
		{"priority before document order", []string{ruleJSON("late", "ALLOW", anywhere, `,"priority":2`), ruleJSON("early", "DENY", anywhere, `,"priority":1`)}, "10.0.0.1", `deny 10.0.0.1 rule rule="early"`},
		{"a tie goes by document order", []string{ruleJSON("first", "ALLOW", anywhere, `,"priority":1`), ruleJSON("second", "DENY", anywhere, `,"priority":1`)}, "10.0.0.1", `allow 10.0.0.1 rule rule="first"`},
		{"no priority comes last", []string{ruleJSON("none", "DENY", anywhere, ""), ruleJSON("some", "ALLOW", anywhere, `,"priority":99`)}, "10.0.0.1", `allow 10.0.0.1 rule rule="some"`},
		{"an INACTIVE rule never applies", []string{ruleJSON("off", "DENY", anywhere, `,"status":"INACTIVE"`), ruleJSON("on", "ALLOW", anywhere, "")}, "10.0.0.1", `allow 10.0.0.1 rule rule="on"`},
		{"a file of INACTIVE rules", []string{ruleJSON("off", "ALLOW", anywhere, `,"status":"INACTIVE"`)}, "10.0.0.1", "deny 10.0.0.1 no_rule"},
		{"no condition", []string{`{"name":"a","actions":{"appSignOn":{"access":"ALLOW"}}}`}, "10.0.0.1", `allow 10.0.0.1 rule rule="a"`},

		{"in one of the zones", allow(in(`"corp","de"`)), "192.0.2.1", `allow 192.0.2.1 rule rule="a"`},
		{"in none of the zones", allow(in(`"corp","de"`)), "192.0.2.2", "deny 192.0.2.2 no_rule"},
		{"outside of all excluded zones", allow(notIn(`"corp","de"`)), "192.0.2.2", `allow 192.0.2.2 rule rule="a"`},
		{"in an excluded zone", allow(notIn(`"corp","de"`)), "192.0.2.1", "deny 192.0.2.1 no_rule"},
		{"in a zone through its proxy", allow(in(`"corp"`)), "10.9.0.1 10.0.0.1", `allow 10.0.0.1 rule rule="a"`},
		{"five hops are looked at", allow(in(`"corp"`)), "10.9.0.1 10.9.0.1 10.9.0.1 10.9.0.1 10.0.0.1", `allow 10.0.0.1 rule rule="a"`},
		{"the sixth hop is the client, yet in no zone", allow(in(`"corp"`)), "10.9.0.1 10.9.0.1 10.9.0.1 10.9.0.1 10.9.0.1 10.0.0.1", "deny 10.0.0.1 no_rule"},

		{"unknown does not allow, include", allow(in(`"de"`)), "198.51.100.1", "deny 198.51.100.1 no_rule unknown=country"},
		{"unknown does not allow, exclude", allow(notIn(`"de"`)), "198.51.100.1", "deny 198.51.100.1 no_rule unknown=country"},
		{"unknown denies, include", denyElseAllow(in(`"de"`)), "198.51.100.1", `deny 198.51.100.1 rule rule="d" unknown=country`},
		{"unknown denies, exclude", denyElseAllow(notIn(`"de"`)), "198.51.100.1", `deny 198.51.100.1 rule rule="d" unknown=country`},
		{"known does not deny", denyElseAllow(in(`"de"`)), "192.0.2.2", `allow 192.0.2.2 rule rule="a"`},

		{"ALL_ZONES holds dynamic zones", allow(in(`"ALL_ZONES"`)), "192.0.2.1", `allow 192.0.2.1 rule rule="a"`},
		{"ALL_ZONES holds no INACTIVE zone", allow(notIn(`"ALL_ZONES"`)), "10.2.0.1", `allow 10.2.0.1 rule rule="a"`},
		{"ALL_ZONES holds no exempt zone", allow(notIn(`"ALL_ZONES"`)), "10.3.0.1", `allow 10.3.0.1 rule rule="a"`},
		{"ALL_IP_ZONES holds no dynamic zone", allow(notIn(`"ALL_IP_ZONES"`)), "192.0.2.1", `allow 192.0.2.1 rule rule="a"`},
		{"ALL_IP_ZONES holds IP zones", allow(in(`"ALL_IP_ZONES"`)), "10.1.0.1", `allow 10.1.0.1 rule rule="a"`},
		{"the exempt zone by its id", allow(in(`"DefaultExemptIpZone"`)), "10.3.0.1", `allow 10.3.0.1 rule rule="a"`},

		{"an INACTIVE zone in include is no", allow(in(`"off"`)), "10.2.0.1", "deny 10.2.0.1 no_rule"},
		{"an INACTIVE zone in include does not deny", denyElseAllow(in(`"off"`)), "10.2.0.1", `allow 10.2.0.1 rule rule="a"`},
		{"an INACTIVE zone in exclude does not allow", allow(notIn(`"off"`)), "192.0.2.2", "deny 192.0.2.2 no_rule"},
		{"an INACTIVE zone in exclude denies", denyElseAllow(notIn(`"off"`)), "192.0.2.2", `deny 192.0.2.2 rule rule="d"`},
		{"a blocklist in include is no", allow(in(`"bad"`)), "192.0.2.2", "deny 192.0.2.2 no_rule"},
		{"a blocklist in exclude does not allow", allow(notIn(`"bad"`)), "192.0.2.2", "deny 192.0.2.2 no_rule"},
		{"a blocklist in exclude denies", denyElseAllow(notIn(`"bad"`)), "192.0.2.2", `deny 192.0.2.2 rule rule="d"`},

		{"ON_NETWORK, in the legacy zone", allow(`{"connection":"ON_NETWORK"}`), "10.1.0.1", `allow 10.1.0.1 rule rule="a"`},
		{"ON_NETWORK, elsewhere", allow(`{"connection":"ON_NETWORK"}`), "10.0.0.1", "deny 10.0.0.1 no_rule"},
		{"OFF_NETWORK, in the legacy zone", allow(`{"connection":"OFF_NETWORK"}`), "10.1.0.1", "deny 10.1.0.1 no_rule"},
		{"OFF_NETWORK, elsewhere", allow(`{"connection":"OFF_NETWORK"}`), "10.0.0.1", `allow 10.0.0.1 rule rule="a"`},
		{"DISABLED does not allow", allow(`{"connection":"DISABLED"}`), "10.0.0.1", "deny 10.0.0.1 no_rule"},
		{"DISABLED does not deny", denyElseAllow(`{"connection":"DISABLED"}`), "10.0.0.1", `allow 10.0.0.1 rule rule="a"`},

		{"a narrowed ALLOW never applies", allow(narrowed), "10.0.0.1", "deny 10.0.0.1 no_rule"},
		{"a narrowed DENY applies", denyElseAllow(narrowed), "10.0.0.1", `deny 10.0.0.1 rule rule="d"`},
		{"a narrowed DENY in another zone", denyElseAllow(in(`"corp"`) + `,"people":{"groups":{"include":["00g1"]}}`), "192.0.2.2", `allow 192.0.2.2 rule rule="a"`},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			policy := documents{zones: zones, csv: csv, rules: []string{"[" + strings.Join(row.rules, ",") + "]"}}.compile(t)
			chain := chainOf(row.chain)
			require.Equal(t, row.want, policy.DecideChain(chain).String())
			require.Equal(t, policy.DecideChain(chain), policy.Explain(chain...).Decision)
		})
	}
}

// TestDynamicZones: when a client is in a dynamic zone, by what is known of its
// address; see docs/semantics.md, "Dynamic zones".
func TestDynamicZones(t *testing.T) {
	const (
		us      = `"locations":[{"country":"US"}]`
		usca    = `"locations":[{"country":"US","region":"US-CA"}]`
		notInCA = `"locations":{"include":[{"country":"US"}],"exclude":[{"country":"US","region":"CA"}]}`
		asn     = `"asns":["64500"]`
		nord    = `"ipServiceCategories":{"include":["NORD_VPN"]}`
		notNord = `"ipServiceCategories":{"exclude":["NORD_VPN"]}`
		// every field is provided, and every sort of anonymizer
		provided = "192.0.2.250,US,US-CA,7,tor,ANONYMIZER_TOR|VPN|PROXY|NORD_VPN\n192.0.2.251,,,,anonymous,\n"
	)
	category := func(name string) string { return `"ipServiceCategories":{"include":["` + name + `"]}` }
	rows := []struct{ name, kind, terms, cells, policy, blocklist string }{
		{"country", "DYNAMIC", us, "US,,,,", "match", "match"},
		{"another country", "DYNAMIC", us, "DE,,,,", "no", "no"},
		{"unknown country", "DYNAMIC", us, ",,,,", "unknown", "unknown"},
		{"region", "DYNAMIC", usca, "US,US-CA,,,", "match", "match"},
		{"another region", "DYNAMIC", usca, "US,US-NY,,,", "no", "no"},
		{"another country, whatever the region", "DYNAMIC", usca, "DE,,,,", "no", "no"},
		{"the country without a region", "DYNAMIC", usca, "US,,,,", "unknown", "unknown"},
		{"an excluded region that is unknown", "DYNAMIC_V2", notInCA, "US,,,,", "unknown", "unknown"},
		{"an excluded region", "DYNAMIC_V2", notInCA, "US,US-CA,,,", "no", "no"},
		{"beside the excluded region", "DYNAMIC_V2", notInCA, "US,US-NY,,,", "match", "match"},
		{"EU is not its members", "DYNAMIC", `"locations":[{"country":"EU"}]`, "DE,,,,", "no", "no"},
		{"ASN", "DYNAMIC", asn, ",,64500,,", "match", "match"},
		{"another ASN", "DYNAMIC", asn, ",,64501,,", "no", "no"},
		{"unknown ASN", "DYNAMIC", asn, ",,,,", "unknown", "unknown"},
		{"excluded ASN that is unknown", "DYNAMIC_V2", `"asns":{"exclude":["64500"]}`, ",,,,", "unknown", "unknown"},
		{"all properties must match", "DYNAMIC", us + "," + asn, "US,,64500,,", "match", "match"},
		{"match and no", "DYNAMIC", us + "," + asn, "US,,64501,,", "no", "no"},
		{"match and unknown", "DYNAMIC", us + "," + asn, "US,,,,", "unknown", "unknown"},
		{"no and unknown", "DYNAMIC", us + "," + asn, "DE,,,,", "no", "no"},
		{"Any and Tor", "DYNAMIC", `"proxyType":"Any"`, ",,,tor,", "match", "match"},
		{"Any and another anonymizer", "DYNAMIC", `"proxyType":"Any"`, ",,,anonymous,", "match", "match"},
		{"Any and none", "DYNAMIC", `"proxyType":"Any"`, ",,,none,", "no", "no"},
		{"Any and a service", "DYNAMIC", `"proxyType":"Any"`, ",,,none,NORD_VPN", "no", "no"},
		{"Tor and another anonymizer", "DYNAMIC", `"proxyType":"Tor"`, ",,,anonymous,", "no", "no"},
		{"NotTorAnonymizer and Tor", "DYNAMIC", `"proxyType":"NotTorAnonymizer"`, ",,,tor,", "no", "no"},
		{"category", "DYNAMIC_V2", nord, ",,,,NORD_VPN", "match", "match"},
		{"no service", "DYNAMIC_V2", nord, ",,,,-", "no", "no"},
		{"the anonymizer is no service", "DYNAMIC_V2", category("ANONYMIZER_TOR"), ",,,tor,", "no", "no"},
		{"an unnamed service of the type", "DYNAMIC_V2", nord, ",,,,VPN", "unknown", "unknown"},
		{"an unnamed service of another type", "DYNAMIC_V2", nord, ",,,,PROXY", "no", "no"},
		{"an unnamed service and a category of no type", "DYNAMIC_V2", category("FUTURE_CATEGORY"), ",,,,PROXY", "unknown", "unknown"},
		{"all services except, none", "DYNAMIC_V2", notNord, ",,,,-", "no", "no"},
		{"all services except, another", "DYNAMIC_V2", notNord, ",,,,EXPRESS_VPN", "match", "match"},
		{"all services except, that one", "DYNAMIC_V2", notNord, ",,,,NORD_VPN", "no", "no"},
		{"all services except, that one and another", "DYNAMIC_V2", notNord, ",,,,NORD_VPN|EXPRESS_VPN", "no", "match"},
		{"ALL_IP_SERVICES and none", "DYNAMIC_V2", category("ALL_IP_SERVICES"), ",,,,-", "no", "no"},
		{"ALL_IP_SERVICES and a plain one", "DYNAMIC_V2", category("ALL_IP_SERVICES"), ",,,,ODD=plain", "match", "match"},
		{"ALL_PROXIES_VPNS and Tor", "DYNAMIC_V2", category("ALL_PROXIES_VPNS"), ",,,,ANONYMIZER_TOR", "no", "no"},
		{"ALL_PROXIES_VPNS and a plain VPN", "DYNAMIC_V2", category("ALL_PROXIES_VPNS"), ",,,,NORD_VPN=plain", "match", "match"},
		{"ALL_ANONYMIZERS and Tor", "DYNAMIC_V2", category("ALL_ANONYMIZERS"), ",,,,ANONYMIZER_TOR", "match", "match"},
		{"ALL_ANONYMIZERS and Tor, plain by corrections", "DYNAMIC_V2", category("ALL_ANONYMIZERS"), ",,,,ANONYMIZER_TOR=plain", "match", "match"},
		{"ALL_ANONYMIZERS and a corporate VPN", "DYNAMIC_V2", category("ALL_ANONYMIZERS"), ",,,,GLOBALPROTECT_VPN", "no", "no"},
		{"ALL_ANONYMIZERS_EXCEPT_TOR and Tor", "DYNAMIC_V2", category("ALL_ANONYMIZERS_EXCEPT_TOR"), ",,,,ANONYMIZER_TOR", "no", "no"},
		{"an aggregate that we do not know", "DYNAMIC_V2", category("ALL_NEW_THINGS"), ",,,,NORD_VPN", "unknown", "unknown"},
		{"an aggregate that we do not know and no service", "DYNAMIC_V2", category("ALL_NEW_THINGS"), ",,,,-", "unknown", "unknown"},
		{"except an aggregate that we do not know", "DYNAMIC_V2", `"ipServiceCategories":{"include":["ALL_IP_SERVICES"],"exclude":["ALL_NEW_THINGS"]}`, ",,,,NORD_VPN", "unknown", "unknown"},
		{"except an aggregate that we do not know, no service", "DYNAMIC_V2", `"ipServiceCategories":{"include":["ALL_IP_SERVICES"],"exclude":["ALL_NEW_THINGS"]}`, ",,,,-", "no", "no"},
		{"a category in lower case", "DYNAMIC_V2", category("all_anonymizers"), ",,,,NORD_VPN", "match", "match"},
		{"an operator in lower case", "DYNAMIC_V2", category("nord_vpn"), ",,,,NORD_VPN", "match", "match"},
		{"except a category in mixed case", "DYNAMIC_V2", `"ipServiceCategories":{"include":["All_Ip_Services"],"exclude":["Anonymizer_Tor"]}`, ",,,,ANONYMIZER_TOR", "no", "no"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			for usage, want := range map[string]string{"POLICY": row.policy, "BLOCKLIST": row.blocklist} {
				zones := `{"id":"z","name":"z","type":"` + row.kind + `","status":"ACTIVE","usage":"` + usage + `",` + row.terms + `}`
				policy := documents{zones: zones, csv: provided + "192.0.2.1," + row.cells + "\n"}.compile(t)
				membership := policy.Match(chainOf("192.0.2.1"))
				require.Equal(t, want, membership.Zone("z").String(), usage)
				require.Equal(t, want, policy.Explain(chainOf("192.0.2.1")...).Zones[0].State.String(), usage)
			}
		})
	}
}

// TestOverlayAndExclusions: what the overlay and ThreatInsight's excluded zones
// look at; see docs/semantics.md, overlay-1 to overlay-5 and threat-3.
func TestOverlayAndExclusions(t *testing.T) {
	corp := ipZoneJSON("corp", "POLICY", "10.0.0.0/24", "10.9.0.0/24")
	blocked := ipZoneJSON("bad", "BLOCKLIST", "203.0.113.0/24", "")
	off := strings.Replace(ipZoneJSON("off", "POLICY", "10.0.0.0/24", ""), `"ACTIVE"`, `"INACTIVE"`, 1)
	dynamic := `{"type":"DYNAMIC","id":"de","name":"de","status":"ACTIVE","usage":"POLICY","locations":[{"country":"DE"}]}`
	deny := func(network string) string { return `{"deny":[{"network":"` + network + `","why":"attack"}]}` }
	allow := func(network string) string { return `{"allow":[{"network":"` + network + `","why":"on call"}]}` }
	excluding := func(zones, id string) documents {
		return documents{zones: zones, csv: "10.0.0.1,DE,,,,\n", threat: `{"action":"block","excludeZones":["` + id + `"]}`, feeds: []string{"10.0.0.0/24"}}
	}
	feed := []string{"203.0.113.9"}
	rows := []struct {
		name        string
		policy      documents
		chain, want string
	}{
		{"deny tests the embedded client", documents{sailPoint: "{}", overlay: deny("203.0.113.9")}, "64:ff9b::203.0.113.9", "deny 64:ff9b::cb00:7109 overlay"},
		{"deny does not test what is embedded behind the client", documents{sailPoint: "{}", overlay: deny("203.0.113.9")}, "10.0.0.1 64:ff9b::203.0.113.9", "allow 10.0.0.1 unrestricted"},
		{"allow does not test the embedded client", documents{zones: "[" + blocked + "]", overlay: allow("203.0.113.9")}, "64:ff9b::203.0.113.9", `deny 64:ff9b::cb00:7109 blocklisted zone="bad"`},
		{"allow does not look at proxies", documents{zones: "[" + corp + "," + blocked + "]", overlay: allow("10.9.0.1")}, "10.9.0.1 203.0.113.9", `deny 203.0.113.9 blocklisted zone="bad"`},
		{"no allow without a client", documents{sailPoint: "{}", overlay: allow("0.0.0.0/0")}, "? 192.0.2.1", "deny - client_unresolved"},
		{"unresolved before deny", documents{sailPoint: "{}", overlay: deny("192.0.2.1")}, "? 192.0.2.1", "deny - client_unresolved"},
		{"audit marks what the overlay allows", documents{threat: `{"action":"audit"}`, feeds: feed, overlay: allow("203.0.113.9")}, "203.0.113.9", "allow 203.0.113.9 overlay audit"},
		{"audit marks what the overlay denies", documents{threat: `{"action":"audit"}`, feeds: feed, overlay: deny("203.0.113.9")}, "203.0.113.9", "deny 203.0.113.9 overlay audit"},
		{"audit marks what a rule denies", documents{threat: `{"action":"audit"}`, feeds: feed, rules: []string{denyAll}}, "203.0.113.9", `deny 203.0.113.9 rule rule="nobody" audit`},
		{"audit does not mark the unresolved", documents{threat: `{"action":"audit"}`, feeds: []string{"0.0.0.0/0"}}, "?", "deny - client_unresolved"},

		{"an excluded zone exempts", excluding("["+corp+"]", "corp"), "10.0.0.1", "allow 10.0.0.1 permitted"},
		{"an INACTIVE one does not", excluding("["+off+"]", "off"), "10.0.0.1", "deny 10.0.0.1 threat"},
		{"a dynamic one does not", excluding("["+dynamic+"]", "de"), "10.0.0.1", "deny 10.0.0.1 threat"},
		{"an unknown one does not", excluding("["+corp+"]", "nzo9"), "10.0.0.1", "deny 10.0.0.1 threat"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			policy, chain := row.policy.compile(t), chainOf(row.chain)
			require.Equal(t, row.want, policy.DecideChain(chain).String())
			require.Equal(t, policy.DecideChain(chain), policy.Explain(chain...).Decision)
		})
	}
}

// TestSailPointFacts: the two facts do not depend on what is enforced; see
// docs/semantics.md, sailpoint-2.
func TestSailPointFacts(t *testing.T) {
	const csv, off = "192.0.2.1,US,,,,\n192.0.2.2,DE,,,,\n", `{"offNetwork":false,"untrustedGeography":false}`
	rows := []struct{ name, document, csv, client, onNetwork, trusted string }{
		{"inside, on the allow list", `{"range":["192.0.2.1"],"geolocation":["US"],"whitelisted":true}`, csv, "192.0.2.1", "match", "match"},
		{"outside, not on the allow list", `{"range":["192.0.2.1"],"geolocation":["US"],"whitelisted":true}`, csv, "192.0.2.2", "no", "no"},
		{"on the block list", `{"geolocation":["US"]}`, csv, "192.0.2.1", "no", "no"},
		{"not on the block list", `{"geolocation":["US"]}`, csv, "192.0.2.2", "no", "match"},
		{"unknown country", `{"geolocation":["US"]}`, csv, "192.0.2.3", "no", "unknown"},
		{"no database", `{"geolocation":["US"]}`, "", "192.0.2.1", "no", "unknown"},
		{"an empty block list", `{}`, "", "192.0.2.1", "no", "match"},
		{"an empty allow list", `{"whitelisted":true}`, "", "192.0.2.1", "no", "no"},
		{"no client", `{"range":["192.0.2.1"]}`, csv, "?", "unknown", "unknown"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			for _, profile := range []string{"", off} {
				membership := documents{sailPoint: row.document, profile: profile, csv: row.csv}.compile(t).Match(chainOf(row.client))
				require.Equal(t, row.onNetwork, membership.OnNetwork().String())
				require.Equal(t, row.trusted, membership.TrustedCountry().String())
			}
		})
	}
}
