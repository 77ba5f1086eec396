package decide_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// thousands is a policy of so many zones that their sets are trees of several
// levels. Zone k lists one gateway of its own, zones of ten nest in one another
// around them, and proxies are shared by twenties.
type thousands struct {
	count int
	zones []zone.Zone
}

func newThousands(count int) thousands {
	t := thousands{count: count}
	for k := range count {
		outer := netipx.IPRangeFrom(t.gateway(k-k%10), t.gateway(k))
		t.zones = append(t.zones, zone.Zone{
			Type: zone.IP, ID: fmt.Sprintf("z%d", k), Name: fmt.Sprintf("zone %d", k), Active: true,
			Gateways: []zone.Entry{{Range: netipx.IPRangeFrom(t.gateway(k), t.gateway(k))}, {Range: outer}},
			Proxies:  []zone.Entry{{Range: netipx.IPRangeFrom(t.proxy(k-k%20), t.proxy(k))}},
		})
	}
	return t
}

func (t thousands) gateway(k int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, 1, byte(k >> 8), byte(k)})
}

func (t thousands) proxy(k int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, 2, byte(k >> 8), byte(k)})
}

// rules lists each zone in a rule of its own, in turn to allow and to deny what is
// in it; before them and behind them stand rules about all zones.
func (t thousands) rules() []zone.Rule {
	rules := []zone.Rule{{Name: "outside", Active: true, Network: zone.NetworkCondition{
		Connection: zone.InZones, Exclude: []zone.ZoneID{{ID: zone.AllIPZones}},
	}}}
	for k := range t.count {
		rules = append(rules, zone.Rule{
			Name: fmt.Sprintf("rule %d", k), Active: true, Allow: k%2 == 0, Network: zone.NetworkCondition{
				Connection: zone.InZones, Include: []zone.ZoneID{{ID: fmt.Sprintf("z%d", t.count-1-k)}},
			},
		})
	}
	return append(rules, zone.Rule{Name: "rest", Active: true, Network: zone.NetworkCondition{
		Connection: zone.InZones, Include: []zone.ZoneID{{ID: zone.AllZones}},
	}})
}

// TestZonesByTheThousand holds a policy whose sets are trees of three levels
// against the second evaluator: no zone may get lost at the edge of a leaf or a
// node, nor answer for another.
func TestZonesByTheThousand(t *testing.T) {
	made := newThousands(5000)
	policy, err := decide.Compile(decide.Config{Zones: []zone.Zones{{Zones: made.zones}}, Rules: []zone.RuleSet{{Rules: made.rules()}}})
	require.NoError(t, err)
	require.Equal(t, "outside", policy.Decide(netip.MustParseAddr("192.0.2.1")).Rule)
	random := rand.New(rand.NewPCG(1, 2))
	edges := []int{0, 63, 64, 255, 256, 1023, 4095, 4096, made.count - 1}
	for i := range 60 {
		k := random.IntN(made.count)
		if i < len(edges) {
			k = edges[i]
		}
		chain := []netip.Addr{made.gateway(k)}
		for range random.IntN(3) {
			chain = append([]netip.Addr{made.proxy(random.IntN(made.count)/20*20 + 19)}, chain...)
		}
		require.Equal(t, policy.NaiveDecision(chain...), policy.DecideChain(chain), "%v", chain)
		if len(chain) == 1 {
			require.Equal(t, policy.DecideChain(chain), policy.Decide(chain[0]))
			membership := policy.Match(chain)
			in := 0
			for ref, state := range membership.Zones() {
				if state == decide.Match {
					in++
					var number int
					_, err := fmt.Sscanf(ref.ID, "z%d", &number)
					require.NoError(t, err)
					require.Equal(t, k/10, number/10, "%v in %s", chain, ref.ID)
				}
			}
			require.Positive(t, in)
		}
	}
}

// TestDynamicZonesByTheThousand: the same for zones that go by what is known of an
// address. Each value is named by few zones, and some data are unknown.
func TestDynamicZonesByTheThousand(t *testing.T) {
	const count = 700
	var csv strings.Builder
	var zones []zone.Zone
	var rules []zone.Rule
	countries := []string{"US", "DE", "FR", "JP"}
	for k := range count {
		country, region := countries[k%len(countries)], ""
		asn := fmt.Sprint(1000 + k)
		switch k % 7 {
		case 3:
			country = ""
		case 4:
			asn = ""
		case 5:
			region = country + "-01"
		}
		fmt.Fprintf(&csv, "10.3.%d.%d/32,%s,%s,%s,,\n", k/256, k%256, country, region, asn)
		z := zone.Zone{Type: zone.DynamicV2, ID: fmt.Sprintf("z%d", k), Name: fmt.Sprint(k), Active: true, Blocklist: k%50 == 49}
		z.ASNs.Include = zone.TermsOf(uint32(1000+k), uint32(1000+(k+256)%count))
		if k%3 == 0 {
			z.Locations.Exclude = zone.TermsOf(zone.Place{Country: "FR"}, zone.Place{Country: "US", Region: "US-01"})
		}
		if k%5 == 0 {
			z.ASNs = zone.Terms[uint32]{Exclude: zone.TermsOf(uint32(1000 + k))}
		}
		zones = append(zones, z)
		rules = append(rules, zone.Rule{Name: fmt.Sprintf("rule %d", k), Active: true, Allow: k%4 != 0, Network: zone.NetworkCondition{
			Connection: zone.InZones, Include: []zone.ZoneID{{ID: fmt.Sprintf("z%d", (count-1-k)/5*5+1)}},
		}})
	}
	rules = append(rules, zone.Rule{Name: "rest", Active: true, Network: zone.NetworkCondition{
		Connection: zone.InZones, Exclude: []zone.ZoneID{{ID: zone.AllZones}},
	}})
	config := documents{csv: csv.String(), sailPoint: "{}"}.config(t)
	config.Zones, config.Rules = []zone.Zones{{Zones: zones}}, []zone.RuleSet{{Rules: rules}}
	policy, err := decide.Compile(config)
	require.NoError(t, err)
	seen := map[string]bool{}
	for k := range count + 1 {
		addr := netip.AddrFrom4([4]byte{10, 3, byte(k >> 8), byte(k)})
		want := policy.NaiveDecision(addr)
		require.Equal(t, want, policy.Decide(addr), "%v", addr)
		seen[want.Rule] = true
		if k%100 == 0 {
			states := policy.Match([]netip.Addr{addr})
			for i, trace := range policy.Explain(addr).Zones {
				require.Equal(t, trace.State, states.Zone(trace.Key), "%v in zone %d", addr, i)
			}
		}
	}
	require.Greater(t, len(seen), 20, "rules that decide")
}

// TestNoAllocsByTheThousand: however many zones, rules and words of them.
func TestNoAllocsByTheThousand(t *testing.T) {
	made := newThousands(2000)
	policy, err := decide.Compile(decide.Config{Zones: []zone.Zones{{Zones: made.zones}}, Rules: []zone.RuleSet{{Rules: made.rules()}}})
	require.NoError(t, err)
	chain := []netip.Addr{made.proxy(1999), made.proxy(1019), made.gateway(1015)}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		policy.DecideChain(chain)
		policy.Decide(chain[2])
		membership := policy.Match(chain)
		membership.Zone("z1015")
	}))
}

// TestSetsShareWhatIsEqual: lists that nest in one another make as many different
// sets of zones as there are lists. Written out each would hold all zones; a set
// costs the path to what it changes.
func TestSetsShareWhatIsEqual(t *testing.T) {
	size := func(count int) int {
		var zones []zone.Zone
		low, high := netip.MustParseAddr("10.0.0.0"), netip.MustParseAddr("10.255.255.255")
		for k := range count {
			zones = append(zones, zone.Zone{Type: zone.IP, Name: fmt.Sprint(k), Active: true, Gateways: []zone.Entry{{Range: netipx.IPRangeFrom(low, high)}}})
			low, high = low.Next(), high.Prev()
		}
		policy, err := decide.Compile(decide.Config{Zones: []zone.Zones{{Zones: zones}}})
		require.NoError(t, err)
		return policy.CompiledBytes()
	}
	few, many := size(1000), size(8000)
	require.Less(t, many, 12*few, "what zones take grows with their square")
	require.Less(t, many/8000, 1000, "bytes a zone")
}
