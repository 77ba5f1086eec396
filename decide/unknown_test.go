package decide_test

import (
	"fmt"
	"net/netip"
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
