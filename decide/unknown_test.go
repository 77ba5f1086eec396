package decide_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/decidetest"
)

// Each decision names what is unknown of the client and decided, and nothing else.
func TestUnknownData(t *testing.T) {
	const (
		places = `{"type":"DYNAMIC_V2","id":"p","name":"p","locations":{"include":[{"country":"US","region":"US-CA"}]}%s}`
		wide   = `{"type":"DYNAMIC_V2","id":"w","name":"w","locations":{"include":[{"country":"US","region":"US-CA"}]},"asns":{"include":["64500"]},"ipServiceCategories":{"include":["ALL_ANONYMIZERS"]}%s}`
		geo    = "192.0.2.1,US,US-CA,64500,none,-\n192.0.2.2,US,,64500,none,-\n192.0.2.3,US,US-CA,,none,-\n192.0.2.4,,,,none,-\n192.0.2.5,DE,,,none,-\n192.0.2.6,US,US-NY,,none,NORD_VPN|ANONYMIZER_TOR|X_PROXY\n192.0.2.9,,,,tor,ANONYMIZER_TOR|NORD_VPN|X_PROXY\n"
		block  = `,"usage":"BLOCKLIST"`
		rules  = `[{"name":"%s","priority":1,"conditions":{"network":{"connection":"ZONE","%s":["%s"]}},"actions":{"signon":{"access":"%s"}}},` +
			`{"name":"rest","priority":2,"actions":{"signon":{"access":"%s"}}}]`
	)
	with := func(zone, more string) string { return "[" + fmt.Sprintf(zone, more) + "]" }
	rule := func(list, id, access, rest string) []string {
		return []string{fmt.Sprintf(rules, "r", list, id, access, rest)}
	}
	ip := `,{"type":"IP","id":"i","name":"i","usage":"BLOCKLIST","gateways":[{"type":"RANGE","value":"192.0.2.4"}]}]`
	for _, test := range []struct {
		name   string
		policy decidetest.Documents
		chain  string
		want   []string
	}{
		{"a blocklist that holds the client", decidetest.Documents{Zones: with(places, block)}, "192.0.2.1", nil},
		{"a region", decidetest.Documents{Zones: with(places, block)}, "192.0.2.2", []string{"region"}},
		{"a country", decidetest.Documents{Zones: with(places, block)}, "192.0.2.4", []string{"country"}},
		{"a blocklist that does not hold the client", decidetest.Documents{Zones: with(places, block)}, "192.0.2.5", nil},
		{"an IP blocklist comes later and holds the client", decidetest.Documents{Zones: fmt.Sprintf("["+places, block) + ip}, "192.0.2.4", []string{"country"}},
		{"all that is missing", decidetest.Documents{Zones: with(wide, block)}, "192.0.2.9", []string{"country", "asn"}},
		{"what is missing where the rest fits", decidetest.Documents{Zones: with(wide, block)}, "192.0.2.3", nil},
		{"an ALLOW rule that may hold", decidetest.Documents{Zones: with(places, ""), Rules: rule("include", "p", "ALLOW", "DENY")}, "192.0.2.2", []string{"region"}},
		{"an ALLOW rule behind which another allows", decidetest.Documents{Zones: with(places, ""), Rules: rule("include", "p", "ALLOW", "ALLOW")}, "192.0.2.2", nil},
		{"a DENY rule that may hold", decidetest.Documents{Zones: with(places, ""), Rules: rule("exclude", "p", "DENY", "ALLOW")}, "192.0.2.4", []string{"country"}},
		{"a DENY rule that does not", decidetest.Documents{Zones: with(places, ""), Rules: rule("include", "p", "DENY", "ALLOW")}, "192.0.2.5", nil},
		{"no rule", decidetest.Documents{Zones: with(places, ""), Rules: []string{`[{"name":"r","conditions":{"network":{"connection":"ZONE","include":["p"]}},"actions":{"signon":{"access":"ALLOW"}}}]`}}, "192.0.2.4", []string{"country"}},
		{"SailPoint", decidetest.Documents{SailPoint: `{"geolocation":["US"],"whitelisted":true}`}, "192.0.2.4", []string{"country"}},
		{"SailPoint, of which nothing is enforced", decidetest.Documents{SailPoint: `{"geolocation":["US"],"whitelisted":true}`, AuthProfile: `{"offNetwork":false,"untrustedGeography":false}`}, "192.0.2.4", nil},
		{"SailPoint off its network", decidetest.Documents{SailPoint: `{"range":["10.0.0.0/8"]}`}, "192.0.2.4", nil},
		{"another layer denied before", decidetest.Documents{Zones: with(places, block), Overlay: `{"deny":[{"network":"192.0.2.4","why":"x"}]}`}, "192.0.2.4", nil},
		{"the client alone counts", decidetest.Documents{Zones: with(places, block)}, "192.0.2.5 192.0.2.4", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.policy.Geo = geo
			p := test.policy.Compile(t)
			chain := chainOf(test.chain)
			require.Equal(t, test.want, p.DecideChain(chain).Unknown.Names())
			require.Equal(t, p.DecideChain(chain), p.Explain(chain...).Decision)
			if len(chain) == 1 {
				require.Equal(t, p.DecideChain(chain), p.Decide(chain[0]))
			}
		})
	}
	require.Zero(t, decidetest.Documents{Zones: with(places, block), Geo: geo}.Compile(t).Decide(netip.Addr{}).Unknown, "nobody is known")
}

// Of rules in any order, as many as one word holds and more, a decision names what the documents
// name: what is unknown of the client so that rules up to the one that decides may hold, and no
// more of rules behind it.
func TestUnknownOfRules(t *testing.T) {
	zones := []string{`"locations":{"include":[{"country":"US"}]}`, `"locations":{"include":[{"country":"US","region":"US-CA"}]}`, `"asns":{"include":["1"]}`, `"ipServiceCategories":{"include":["ALL_ANONYMIZERS"]}`, `"locations":{"exclude":[{"country":"FR"}]},"asns":{"exclude":["2"]}`}
	var texts []string
	for i, terms := range zones {
		texts = append(texts, fmt.Sprintf(`{"type":"DYNAMIC_V2","id":"z%d","name":"z%d","status":"ACTIVE","usage":"POLICY",%s}`, i, i, terms))
	}
	texts = append(texts, ipZoneJSON("never", "POLICY", "203.0.113.1", ""), ipZoneJSON("some", "POLICY", "192.0.2.0-192.0.2.7", ""))
	var csv string
	count := 0
	for _, place := range []string{"US,US-CA", "US,", "FR,", ","} {
		for _, asn := range []string{"1", "2", ""} {
			for _, services := range []string{"-", ""} {
				csv += fmt.Sprintf("192.0.2.%d,%s,%s,,%s\n", count, place, asn, services)
				count++
			}
		}
	}
	csv += "192.0.2.99,US,US-NY,3,tor,NORD_VPN|ANONYMIZER_TOR|X_PROXY\n" // so that the corrections tell of every sort
	random := rand.New(rand.NewPCG(1, 6))
	for policy := range 80 {
		var rules []string
		filler := []int{0, 0, 61, 62, 63, 64, 126}[policy%7]
		add := func(list, id, access string) {
			rules = append(rules, fmt.Sprintf(`{"name":"r%d","conditions":{"network":{"connection":"ZONE",%q:[%q]}},"actions":{"signon":{"access":%q}}}`, len(rules), list, id, access))
		}
		for range 2 + random.IntN(4) {
			if random.IntN(3) == 0 {
				for ; filler > 0; filler-- {
					add("include", "never", []string{"ALLOW", "DENY"}[filler%2])
				}
			}
			add([]string{"include", "exclude"}[random.IntN(2)], []string{"z0", "z1", "z2", "z3", "z4", "some"}[random.IntN(6)], []string{"ALLOW", "ALLOW", "DENY"}[random.IntN(3)])
		}
		last := fmt.Sprintf(`{"name":"last","actions":{"signon":{"access":%q}}}`, []string{"ALLOW", "DENY"}[random.IntN(2)])
		files := []string{"[" + strings.Join(append(rules, last), ",") + "]"}
		if policy%3 == 0 { // another policy in front, which lets everybody on
			files = append([]string{allowAll}, files...)
		}
		p := documents{zones: "[" + strings.Join(texts, ",") + "]", rules: files, csv: csv}.compile(t)
		for i := range count + 1 {
			addr := netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})
			if got, want := p.Decide(addr), p.NaiveDecision(addr); got != want {
				t.Fatalf("policy %d: %v, and by the documents %v", policy, got, want)
			}
		}
	}
}
