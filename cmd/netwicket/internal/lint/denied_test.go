package lint_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
)

const homeInOnly = "[" + homeAllowed + "]"

// TestDeniedNetworks: a network that is to be let in is told of where one thing denies
// every address of it, with that thing's name.
func TestDeniedNetworks(t *testing.T) {
	office := ipZone("office", "", cidr("198.51.100.0/24"), "")
	tor := dynamicZone("tor", blocklist, `"ipServiceCategories":{"include":["ANONYMIZER_TOR"]}`)
	for _, row := range []struct {
		name string
		documents
		want []string
	}{
		{"a feed", documents{zones: "[" + office + "]", threat: `{"action":"block"}`, feed: "198.51.100.0/24\n"}, []string{`"198.51.100.0/24": this is in zone "office", but a threat feed lists`}},
		{"a feed that has half of it", documents{zones: "[" + office + "]", threat: `{"action":"block"}`, feed: "198.51.100.0/25\n"}, nil},
		{"a feed that has the other half", documents{zones: "[" + office + "]", threat: `{"action":"block"}`, feed: "198.51.100.128/25\n"}, nil},
		{"the last address of a feed's network", documents{zones: "[" + ipZone("office", "", cidr("198.51.100.255/32"), "") + "]", threat: `{"action":"block"}`, feed: "198.51.100.0/24\n"}, []string{`"198.51.100.255/32"`}},
		{"a feed and a blocklist, half each", documents{zones: "[" + office + "," + tor + "]", threat: `{"action":"block"}`, feed: "198.51.100.0/25\n", geo: "198.51.100.128/25,FR,,64497,tor,ANONYMIZER_TOR\n"}, nil},
		{"a dynamic blocklist", documents{zones: "[" + office + "," + tor + "]", geo: someGeo}, []string{`but blocklist zone "tor" denies every address in it`}},
		{"a dynamic blocklist that has half of it", documents{zones: "[" + office + "," + tor + "]", geo: "198.51.100.0/25,FR,,64497,tor,ANONYMIZER_TOR\n"}, nil},
		{"with another finding at the same place", documents{zones: "[" + ipZone("office", "", cidr("198.51.100.7/24"), "") + "," + tor + "]", geo: someGeo}, []string{`"198.51.100.7/24": this is in zone "office", but blocklist zone "tor"`}},
		{"a blocklist of addresses, which has a finding of its own", documents{zones: "[" + office + "," + ipZone("bad", blocklist, cidr("198.51.100.0/24"), "") + "]"}, nil},
		{"a country that is not trusted", documents{zones: "[" + office + "]", network: `{"geolocation":["DE"],"whitelisted":true}`, geo: someGeo}, []string{`but it lies in a country that SailPoint's list does not trust (FR)`}},
		{"a country that nobody knows", documents{network: `{"range":["203.0.113.0/24","192.0.2.0/24"],"geolocation":["DE"],"whitelisted":true}`, geo: someGeo}, []string{`"203.0.113.0/24": this is part of SailPoint's network, but the geo data knows no country`}},
		{"an overlay, which somebody wrote on purpose", documents{zones: "[" + office + "]", overlay: `{"deny":[{"network":"198.51.100.0/24","why":"w"}]}`}, nil},
		{"a network that is another system's", documents{zones: "[" + ipZone("office", "", cidr("198.51.100.0/24")+","+cidr("10.0.0.0/24"), "") + "]", network: `{"range":["192.0.2.0/24"]}`}, nil},
		{"a blocklist, where half is another system's", documents{zones: "[" + office + "," + tor + "]", network: `{"range":["198.51.100.0/25"]}`, geo: someGeo}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := row.subject(t)
			requireCoded(t, s, "allowed-network-denied", row.want...)
			requireCoded(t, s, "network-without-country")
		})
	}
}

// TestPrivateNetworksUnderCountryRules: they are told of where every rule that lets
// somebody in asks for a country.
func TestPrivateNetworksUnderCountryRules(t *testing.T) {
	intranet := ipZone("intranet", "", cidr("10.0.0.0/8"), "")
	zones := "[" + homeZone + "," + intranet + "," + dynamicZone("system", "", `"asns":{"include":["64496"]}`) + "," + ipZone("office", "", cidr("198.51.100.0/24"), "") + "]"
	said := []string{`"10.0.0.0/8": private addresses are in no country, and every ALLOW rule of rules.json asks for one`}
	anywhere := func(access string, priority int, more string) string {
		return `{"name":"any","priority":` + string(rune('0'+priority)) + `,"conditions":{"network":{"connection":"ANYWHERE"}` + more + `},"actions":{"signon":{"access":"` + access + `"}}}`
	}
	for _, row := range []struct {
		name, zones, rules string
		want               []string
	}{
		{"one rule", zones, homeAllowed, said},
		{"no rule denies it, one denies the rest", zones, homeAllowed + "," + anywhere("DENY", 2, ""), said},
		{"a rule that denies others comes first", zones, ruleOver("out", 1, "DENY", "office") + "," + ruleOver("in", 2, "ALLOW", "home"), said},
		{"a rule that lets some people in from anywhere", zones, anywhere("ALLOW", 1, `,"people":{"groups":{"include":["g"]}}`) + "," + ruleOver("in", 2, "ALLOW", "home"), said},
		{"a rule that lets in from anywhere, behind one that denies", zones, ruleOver("out", 1, "DENY", "intranet") + "," + ruleOver("in", 2, "ALLOW", "home") + "," + anywhere("ALLOW", 3, ""), nil},
		{"a rule that lets in by what is excluded", zones, ruleOver("out", 1, "DENY", "intranet") + "," + ruleOver("in", 2, "ALLOW", "home") +
			`,{"name":"ex","priority":3,"conditions":{"network":{"connection":"ZONE","exclude":["home"]}},"actions":{"signon":{"access":"ALLOW"}}}`, nil},
		{"a rule over addresses", zones, ruleOver("in", 1, "ALLOW", "home") + "," + ruleOver("office in", 2, "ALLOW", "office"), nil},
		{"a rule over systems", zones, ruleOver("in", 1, "ALLOW", "home") + "," + ruleOver("system in", 2, "ALLOW", "system"), nil},
		{"a network that is INACTIVE", "[" + ipZone("intranet", `,"status":"INACTIVE"`, cidr("10.0.0.0/8"), "") + "," + homeZone + "]", homeAllowed, nil},
		{"a network that is exempt", `[{"type":"IP","id":"e","name":"DefaultExemptIpZone","system":true,"gateways":[{"type":"CIDR","value":"10.0.0.0/8"}]},` + homeZone + "]", homeAllowed, nil},
		{"a network that is blocked", "[" + ipZone("intranet", blocklist, cidr("10.0.0.0/8"), "") + "," + homeZone + "]", homeAllowed, nil},
		{"a public network", "[" + ipZone("office", "", cidr("198.51.100.0/24"), "") + "," + homeZone + "]", homeAllowed, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			requireCoded(t, documents{zones: row.zones, rules: "[" + row.rules + "]", geo: someGeo}.subject(t), "network-without-country", row.want...)
		})
	}
	requireCoded(t, documents{zones: zones, rules: homeInOnly, geo: someGeo + "10.0.0.0/8,FR,,,,\n"}.subject(t), "network-without-country")
	requireCoded(t, documents{zones: zones, rules: homeInOnly, geo: someGeo, overlay: `{"deny":[{"network":"10.0.0.0/8","why":"w"}]}`}.subject(t), "network-without-country")
	// Once, whichever of two files asks for a country, and also if the other one lets it in.
	s := documents{zones: zones, rules: homeInOnly, geo: someGeo}.subject(t)
	s.Config.Rules = append(s.Config.Rules, s.Config.Rules[0]) // the policy of both is that of one
	requireCoded(t, s, "network-without-country", said...)
	s = documents{zones: zones, rules: "[" + ruleOver("in", 1, "ALLOW", "home", "intranet") + "]", geo: someGeo}.subject(t)
	s.Config.Rules = append(s.Config.Rules, documents{zones: zones, rules: homeInOnly, alone: true}.subject(t).Config.Rules...)
	policy, err := decide.Compile(s.Config)
	require.NoError(t, err)
	s.Policy = policy
	requireCoded(t, s, "network-without-country", said...)
}

// TestNobodyIsAllowed: the reason is told, whatever else there is to say.
func TestNobodyIsAllowed(t *testing.T) {
	requireCoded(t, documents{network: `{"geolocation":["DE","DE"],"whitelisted":true}`}.subject(t), "denies-everybody",
		"(geo_unavailable); SailPoint's lists ask for the country, which no geo source provides")
	requireCoded(t, documents{network: `{"geolocation":["IT"],"whitelisted":true}`, geo: "0.0.0.0/0,DE,,,,\n::/0,DE,,,,\n"}.subject(t), "denies-everybody",
		"(untrusted_geography); netwicket explain ADDRESS shows")
}

// TestGuardedAddresses are told of with what is wrong with each.
func TestGuardedAddresses(t *testing.T) {
	requireCoded(t, documents{network: `{"range":["192.0.2.0/24"]}`, guard: []netip.Addr{netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("192.0.2.1")},
		edge: &gate.Config{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Source: gate.XForwardedFor}}.subject(t), "guard-denied",
		`"10.0.0.9": the address is in serve.guard and inside edge.trusted`, `"198.51.100.1": the address is in serve.guard and the policy denies it (off_network)`)
}

// TestWithoutCountry: of a private address it is said why it has no country, and which
// row gives it one.
func TestWithoutCountry(t *testing.T) {
	for addr, block := range map[string]string{
		"10.1.2.3": "10.0.0.0/8", "172.31.255.255": "172.16.0.0/12", "192.168.0.1": "192.168.0.0/16", "100.127.0.1": "100.64.0.0/10",
		"127.0.0.1": "127.0.0.0/8", "169.254.1.1": "169.254.0.0/16", "::1": "::1/128", "fe80::1": "fe80::/10", "fd00::1": "fc00::/7",
	} {
		require.Equal(t, "private addresses ("+block+") are in no country; give them one in CSV corrections among the geo sources, such as the line "+block+",DE,,,,", lint.WithoutCountry(netip.MustParseAddr(addr)))
	}
	for _, addr := range []string{"192.0.2.1", "11.0.0.0", "172.32.0.0", "2001:db8::1", "::2"} {
		require.Empty(t, lint.WithoutCountry(netip.MustParseAddr(addr)), addr)
	}
	require.Empty(t, lint.WithoutCountry(netip.Addr{}), "a request without a client")
}
