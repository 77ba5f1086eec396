package lint_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/gate"
)

const (
	blocklist  = `,"usage":"BLOCKLIST"`
	exemptZone = `{"type":"IP","id":"e","name":"DefaultExemptIpZone","system":true,"gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}`
)

// TestAllowedNetworksThatAreBlocked: each is told of, with the zone that blocks it,
// and nothing else is.
func TestAllowedNetworksThatAreBlocked(t *testing.T) {
	block := ipZone("bad", blocklist, cidr("192.0.2.0/24"), "")
	office := ipZone("office", "", cidr("192.0.2.0/25"), "")
	for _, row := range []struct {
		name string
		documents
		want []string
	}{
		{"the blocklist comes first", documents{zones: "[" + block + ",\n" + office + "]"}, []string{`zones.json:2:79 "192.0.2.0/25": this is in zone "office", but blocklist zone "bad" ("192.0.2.0/24", 1:94)`}},
		{"a network before it that is not", documents{zones: "[" + ipZone("free", "", cidr("198.51.100.0/24"), "") + "," + ipZone("office", "", cidr("203.0.113.0/24")+",\n"+cidr("192.0.2.0/25"), "") + "," + block + "]"}, []string{`zones.json:2:24 "192.0.2.0/25": this is in zone "office"`}},
		{"a zone before it that is a dynamic one", documents{zones: "[" + homeZone + "," + office + "," + block + "]", alone: true}, []string{`this is in zone "office"`}},
		{"an exempt zone before it", documents{zones: "[" + exemptZone + "," + ipZone("office", "", cidr("198.51.100.0/24"), "") + "," + ipZone("bad", blocklist, cidr("198.51.100.0/24"), "") + "]"}, []string{`this is in zone "office"`}},
		{"what is blocked is exempt", documents{zones: "[" + block + "," + office + "," + exemptZone + "]"}, nil},
		{"some of what is blocked is exempt", documents{zones: "[" + ipZone("bad", blocklist, cidr("192.0.0.0/22"), "") + "," + ipZone("office", "", cidr("192.0.2.0/25")+","+cidr("192.0.3.0/25"), "") + "," + exemptZone + "]"}, []string{`"192.0.3.0/25": this`}},
		{"no rule allows the zone", documents{zones: "[" + block + "," + office + "," + homeZone + "]", rules: "[" + homeAllowed + "]", alone: true}, nil},
		{"a rule does", documents{zones: "[" + block + "," + office + "]", rules: "[" + ruleOver("in", 1, "ALLOW", "office") + "]"}, []string{`rule "in" allows zone "office", but blocklist zone "bad"`}},
		{"the first of two rules does", documents{zones: "[" + block + "," + office + "]", rules: "[" + ruleOver("out", 1, "DENY", "bad") + "," + ruleOver("in", 2, "ALLOW", "office") + "," + ruleOver("in too", 3, "ALLOW", "office") + "]", alone: true}, []string{`rule "in" allows zone "office"`}},
		{"a rule for some people does", documents{zones: "[" + block + "," + office + "]", rules: `[{"name":"r","conditions":{"network":{"connection":"ZONE","include":["office"]},"people":{"groups":{"include":["g"]}}},"actions":{"signon":{"access":"ALLOW"}}}]`, alone: true}, nil},
		{"a rule for all others does", documents{zones: "[" + block + "," + office + "]", rules: "[" + ruleOn("r", 1, "ALLOW", excluding("office"), "") + "," + ruleOn("s", 2, "ALLOW", anywhere, "") + "]", alone: true}, nil},
		{"SailPoint's network", documents{zones: "[" + block + "]", network: `{"range":["192.0.2.7"]}`}, []string{`this is part of SailPoint's network, but blocklist zone "bad"`}},
		{"nothing is blocked", documents{zones: "[" + office + "]"}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			requireCoded(t, row.subject(t), "allowed-network-blocked", row.want...)
		})
	}
	requireCoded(t, documents{zones: "[" + block + "," + exemptZone + "]"}.subject(t), "exempted-block", `zones.json:1:94 "192.0.2.0/24": the exempt zone lists all of this`)
}

// TestTrustedNetworksThatAreAllowed: the exempt zone lets nobody in, and one finding
// for each proxy is enough.
func TestTrustedNetworksThatAreAllowed(t *testing.T) {
	edge := func(prefixes ...string) *gate.Config {
		config := &gate.Config{Source: gate.XForwardedFor}
		for _, prefix := range prefixes {
			config.Trusted = append(config.Trusted, netip.MustParsePrefix(prefix))
		}
		return config
	}
	office := ipZone("office", "", cidr("10.0.0.0/24")+","+cidr("10.1.0.0/24"), "")
	requireCoded(t, documents{zones: "[" + office + "]", edge: edge("198.51.100.0/24", "10.0.0.0/8", "10.0.0.9/32")}.subject(t), "trusted-allowed",
		`"10.0.0.0/8": edge.trusted holds addresses that are allowed to sign in ("10.0.0.0/24", zones.json:1:`, `"10.0.0.9/32": edge.trusted`)
	requireCoded(t, documents{zones: "[" + ipZone("office", "", cidr("10.1.0.0/24")+","+cidr("10.0.0.0/24"), "") + "]", edge: edge("10.0.0.7/32")}.subject(t), "trusted-allowed", `("10.0.0.0/24", `)
	requireCoded(t, documents{zones: "[" + exemptZone + "]", edge: edge("192.0.2.0/24")}.subject(t), "trusted-allowed")
}

// TestAllowedCountriesThatAreBlocked: only where a blocklist denies every address of a
// place, which is told with what denies it.
func TestAllowedCountriesThatAreBlocked(t *testing.T) {
	const geoOfUS = "192.0.2.0/25,US,US-CA,64496,none,-\n192.0.2.128/25,US,US-AK,,,\n198.51.100.0/24,DE,,64497,tor,ANONYMIZER_TOR\n203.0.113.0/24,IT,IT-25,,,\n"
	home := func(place string) string { return dynamicZone("home", "", `"locations":{"include":[`+place+`]}`) }
	const us, california, alaska, germany = `{"country":"US"}`, `{"country":"US","region":"US-CA"}`, `{"country":"US","region":"US-AK"}`, `{"country":"DE"}`
	const lombardy = `{"country":"IT","region":"IT-25"}`
	bad := func(properties string) string { return dynamicZone("bad", blocklist, properties) }
	blocked := `blocklist zone "bad" denies every address there`
	for _, row := range []struct {
		name  string
		zones []string
		want  bool
	}{
		{"a country", []string{home(us), bad(`"locations":{"include":[` + germany + "," + us + `]}`)}, true},
		{"a region of a country", []string{home(california), bad(`"locations":{"include":[` + us + `]}`)}, true},
		{"a region", []string{home(california), bad(`"locations":{"include":[` + california + `]}`)}, true},
		{"another region", []string{home(california), bad(`"locations":{"include":[` + alaska + `]}`)}, false},
		{"a country of which a region is blocked", []string{home(us), bad(`"locations":{"include":[` + alaska + `]}`)}, false},
		{"all but another country", []string{home(us), bad(`"locations":{"exclude":[` + germany + `]}`)}, true},
		{"a country, but for another one", []string{home(us), bad(`"locations":{"include":[` + us + `],"exclude":[` + germany + `]}`)}, true},
		{"all but this country", []string{home(us), bad(`"locations":{"exclude":[` + us + `]}`)}, false},
		{"a region of all but this country", []string{home(california), bad(`"locations":{"exclude":[` + us + `]}`)}, false},
		{"a country but for a region", []string{home(us), bad(`"locations":{"include":[` + us + `],"exclude":[` + california + `]}`)}, false},
		{"a region that is left out", []string{home(california), bad(`"locations":{"include":[` + us + `],"exclude":[` + california + `]}`)}, false},
		{"a region that the data does not know and is left out", []string{home(lombardy), bad(`"locations":{"include":[{"country":"IT"}],"exclude":[` + lombardy + `]}`)}, false},
		{"a region beside one that is left out", []string{home(alaska), bad(`"locations":{"include":[` + us + `],"exclude":[` + california + `]}`)}, true},
		{"in one system", []string{home(us), bad(`"locations":{"include":[` + us + `]},"asns":{"include":["64496"]}`)}, false},
		{"through services", []string{home(us), bad(`"locations":{"include":[` + us + `]},"ipServiceCategories":{"include":["ANONYMIZER_TOR"]}`)}, false},
		{"services everywhere", []string{home(us), bad(`"ipServiceCategories":{"include":["ANONYMIZER_TOR"]}`)}, false},
		{"by a zone of addresses", []string{home(us), ipZone("bad", blocklist, cidr("192.0.2.0/24"), "")}, false},
		{"by a zone that is INACTIVE", []string{home(us), dynamicZone("bad", blocklist+`,"status":"INACTIVE"`, `"locations":{"include":[`+us+`]}`)}, false},
		{"in a zone that is INACTIVE", []string{dynamicZone("home", `,"status":"INACTIVE"`, `"locations":{"include":[`+us+`]}`), bad(`"locations":{"include":[` + us + `]}`)}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := documents{zones: "[" + row.zones[0] + ",\n" + row.zones[1] + "]", geo: geoOfUS}
			if row.name == "a region that the data does not know and is left out" {
				d.geo = "192.0.2.0/25,US,US-CA,,,\n"
			}
			want := []string{}
			if row.want {
				want = []string{blocked}
			}
			requireCoded(t, d.subject(t), "allowed-country-blocked", want...)
		})
	}
	// Without geo data nobody knows whether two regions share an address.
	requireCoded(t, documents{zones: "[" + home(alaska) + "," + bad(`"locations":{"include":[`+us+`],"exclude":[`+california+`]}`) + "]", alone: true}.subject(t), "allowed-country-blocked")
	// A zone that no rule allows is none to let in, and those behind it are looked at.
	two := "[" + dynamicZone("other", "", `"locations":{"include":[`+us+`]}`) + "," + home(us) + "," + bad(`"locations":{"include":[`+us+`]}`) + "]"
	requireCoded(t, documents{zones: two, rules: "[" + ruleOver("in", 1, "ALLOW", "home") + "]", geo: geoOfUS}.subject(t), "allowed-country-blocked", `rule "in" allows zone "home", but`)
}

// TestAllowedCountriesUnderSailPoint: its list is named as what it is, and its own
// countries meet Okta's blocklists where the list lets them in.
func TestAllowedCountriesUnderSailPoint(t *testing.T) {
	const data = "192.0.2.0/24,DE,,,,\n198.51.100.0/24,FR,,,,\n"
	blocks := dynamicZone("bad", blocklist, `"locations":{"include":[{"country":"DE"}]}`)
	for _, row := range []struct {
		name string
		documents
		want []string
	}{
		{"an allow list that lacks it", documents{zones: "[" + homeZone + "]", network: `{"geolocation":["FR"],"whitelisted":true}`}, []string{"but SailPoint's allow list, which lacks it, denies"}},
		{"a block list that has it", documents{zones: "[" + homeZone + "]", network: `{"geolocation":["DE"],"whitelisted":false}`}, []string{"but SailPoint's block list denies"}},
		{"a block list that has another", documents{zones: "[" + homeZone + "]", network: `{"geolocation":["FR"],"whitelisted":false}`}, nil},
		{"an allow list that has it", documents{zones: "[" + homeZone + "]", network: `{"geolocation":["DE"],"whitelisted":true}`}, nil},
		{"an allow list of none", documents{zones: "[" + homeZone + "]", network: `{"range":["192.0.2.0/24"],"whitelisted":true}`, profile: `{"untrustedGeography":true}`}, nil},
		{"an allow list that a blocklist contradicts", documents{zones: "[" + blocks + "]", network: `{"geolocation":["FR",` + "\n" + `"DE"],"whitelisted":true}`}, []string{`network.json:2:1 "DE": SailPoint's allow list trusts this country, but blocklist zone "bad" denies`}},
		{"a block list that a blocklist repeats", documents{zones: "[" + blocks + "]", network: `{"geolocation":["FR","DE"],"whitelisted":false}`}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := row.documents
			d.geo = data
			requireCoded(t, d.subject(t), "allowed-country-blocked", row.want...)
		})
	}
}

// TestDeniedAllowEntries of an overlay name the denial that holds them.
func TestDeniedAllowEntries(t *testing.T) {
	overlay := `{"deny":[{"network":"198.51.100.0/24","why":"w"},{"network":"192.0.2.0/24","why":"w"}],` + "\n" +
		`"allow":[{"network":"192.0.2.1","why":"w"},{"network":"203.0.113.1","why":"w"},{"network":"192.0.2.0/23","why":"w"}]}`
	requireCoded(t, documents{network: `{}`, overlay: overlay}.subject(t), "denied-allow", `overlay.json:2:21 "192.0.2.1": deny is looked at first and holds all of this network ("192.0.2.0/24", 1:`)
	pseudo := `{"deny":[{"network":"240.0.0.1","why":"w"}],"allow":[{"network":"241.0.0.1","why":"w"}]}`
	require.Len(t, coded(t, documents{network: `{}`, overlay: pseudo}.subject(t), "pseudo-ipv4"), 2)
}
