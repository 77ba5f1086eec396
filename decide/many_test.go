package decide_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// Sets of zones and rules are kept 64 to a word, the first words of a request in
// a cache. With 300 zones, each the only reason for its own answer, none of them
// may get lost behind a word's end, and none may answer for another.
func TestManyZonesAndRules(t *testing.T) {
	const count = 300
	var zones []zone.Zone
	var rules []zone.Rule
	gateway := func(k int) netip.Addr { return netip.AddrFrom4([4]byte{198, 18, byte(k >> 8), byte(k)}) }
	proxy := func(k int) netip.Addr { return netip.AddrFrom4([4]byte{198, 19, byte(k >> 8), byte(k)}) }
	single := func(addr netip.Addr) []zone.Entry { return []zone.Entry{{Range: netipx.IPRangeFrom(addr, addr)}} }
	for k := range count {
		zones = append(zones, zone.Zone{
			Type: zone.IP, ID: fmt.Sprintf("z%d", k), Name: fmt.Sprintf("zone %d", k), Active: true,
			Gateways: single(gateway(k)), Proxies: single(proxy(k)),
		})
		rules = append(rules, zone.Rule{
			Name: fmt.Sprintf("rule %d", k), Active: true, Allow: true, Network: zone.NetworkCondition{
				Connection: zone.InZones, Include: []zone.ZoneID{{ID: fmt.Sprintf("z%d", k)}},
			},
		})
	}
	feed := zone.Feed{Entries: []zone.Entry{{Range: netipx.IPRangeFrom(gateway(0), gateway(count-1))}}}
	compile := func(config decide.Config) *decide.Policy {
		config.Zones = []zone.Zones{{Zones: zones}}
		policy, err := decide.Compile(config)
		require.NoError(t, err)
		return policy
	}
	policy := compile(decide.Config{Rules: []zone.RuleSet{{Rules: rules}}})
	twice := compile(decide.Config{Rules: []zone.RuleSet{{Rules: []zone.Rule{{Name: "any", Active: true, Allow: true}}}, {Rules: rules}}})
	for k := range count {
		if raceEnabled && k%64 != 63 && k%64 != 0 { // the ends of words
			continue
		}
		for _, chain := range [][]netip.Addr{{gateway(k)}, {proxy(k), gateway(k)}} {
			d := policy.DecideChain(chain)
			require.Equal(t, fmt.Sprintf("rule %d", k), d.Rule)
			require.True(t, d.Allowed())
			require.Equal(t, policy.Explain(chain...).Decision, d)
			require.Equal(t, d, twice.DecideChain(chain))
			membership := policy.Match(chain)
			for other := range count {
				if in := membership.Zone(fmt.Sprintf("z%d", other)) == decide.Match; in != (other == k) {
					t.Fatalf("%v in zone %d: %v", chain, other, in)
				}
			}
		}
		// Behind the proxy of one zone, the gateway of the next is no way in.
		chain := []netip.Addr{proxy(k), gateway((k + 1) % count)}
		require.Equal(t, decide.NoRule, policy.DecideChain(chain).Reason)
		require.Equal(t, policy.Explain(chain...).Decision, policy.DecideChain(chain))

		excluding := zone.ThreatInsight{Action: zone.ThreatBlock, ExcludeZones: []zone.ZoneID{{ID: fmt.Sprintf("z%d", k)}}}
		if k%60 == 59 || k == count-1 {
			guarded := compile(decide.Config{ThreatInsight: &excluding, ThreatFeeds: []zone.Feed{feed}})
			for other := range count {
				require.Equal(t, other == k, guarded.Decide(gateway(other)).Allowed(), "zone %d of excluded zone %d", other, k)
			}
		}
	}
}
