package decide_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// TestDecideAll: many addresses get what each gets alone, in lists of every length
// around the batches, with the families and the odd ones mixed anyhow.
func TestDecideAll(t *testing.T) {
	untouched := decide.Decision{Judgment: decide.Judgment{Rule: "untouched"}}
	for seed := range seeds(60) {
		r := newRandomPolicy(seed)
		config := r.config(t)
		config.Zones = append(config.Zones, zone.Zones{Zones: []zone.Zone{r.crowd()}})
		policy, err := decide.Compile(config)
		require.NoError(t, err)
		pool := append([]netip.Addr{{}, netip.MustParseAddr("fe80::1%eth0"), netip.MustParseAddr("::1")}, r.pool...)
		for _, addr := range r.pool {
			pool = append(pool, netip.AddrFrom16(addr.As16()).WithZone("eth0"))
		}
		for count := range 50 {
			addrs := make([]netip.Addr, count)
			for i := range addrs {
				addrs[i] = pool[r.IntN(len(pool))]
			}
			decisions := make([]decide.Decision, count+1)
			for i := range decisions {
				decisions[i] = untouched
			}
			policy.DecideAll(decisions, addrs)
			for i, addr := range addrs {
				if want := policy.Decide(addr); decisions[i] != want {
					t.Fatalf("seed %d, %d addresses, %d is %v: %v, want %v", seed, count, i, addr, decisions[i], want)
				}
			}
			require.Equal(t, untouched, decisions[count])
		}
	}
}

// As many addresses as there are of one family in a list, and of one that looks again.
func TestDecideAllOfOneFamily(t *testing.T) {
	policy := documents{zones: `[{"type":"IP","id":"z","name":"Z","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"192.0.2.0/24"},{"type":"CIDR","value":"2001:db8::/32"}]}]`}.compile(t)
	for _, text := range []string{"192.0.2.1", "198.51.100.1", "2001:db8::1", "2001:db9::1", "64:ff9b::192.0.2.1", "::1"} {
		addrs := slices.Repeat([]netip.Addr{netip.MustParseAddr(text)}, 100)
		decisions := make([]decide.Decision, len(addrs))
		policy.DecideAll(decisions, addrs)
		for i := range decisions {
			require.Equal(t, policy.Decide(addrs[i]), decisions[i], "%d is %s", i, text)
		}
	}
}

// Whoever passes too few places is told before anything is decided.
func TestDecideAllNeedsPlaces(t *testing.T) {
	policy := documents{sailPoint: "{}"}.compile(t)
	decisions := make([]decide.Decision, 1)
	require.Panics(t, func() { policy.DecideAll(decisions, make([]netip.Addr, 2)) })
	require.Zero(t, decisions[0])
	// More than are looked up together, the first of whom have their places.
	decisions = make([]decide.Decision, 20)
	require.Panics(t, func() { policy.DecideAll(decisions, make([]netip.Addr, 21)) })
	require.Zero(t, decisions[0])
}
