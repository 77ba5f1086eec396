package decide_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

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

// However deep the table says an address's answer, also where that is to look again, every
// way to ask has the one that the documents give, about the one form of the address.
func TestDecideAllOfEveryDepth(t *testing.T) {
	for _, block := range []string{"2a00", "2002", "2001"} {
		deep := netip.MustParseAddr(block + ":db8:5a5a:a5a5:5a5a:a5a5:5a5a:a5a5")
		var many []string // so that the /16 becomes a page of the table
		for i := range 40 {
			many = append(many, fmt.Sprintf("%s:%x::/32", block, 2*i))
		}
		addrs := []netip.Addr{}
		for _, end := range []string{"::1", ":1::1", ":4e::1", ":4f::1", ":a00:1::", ":a00:2::", ":ffff::1", "::f5ff:fffe", "::f5ff:fffd"} { // the last are 10.0.0.1 and 10.0.0.2 to Teredo
			addrs = append(addrs, netip.MustParseAddr(block+end))
		}
		for bits := 1; bits <= 128; bits++ {
			inside := netipx.RangeOfPrefix(netip.PrefixFrom(deep, bits).Masked())
			addrs = append(addrs, inside.From(), inside.From().Prev(), inside.To(), inside.To().Next())
		}
		for _, addr := range slices.Clone(addrs) {
			addrs = append(addrs, addr.WithZone("eth0"))
		}
		for i, v4 := range []string{"172.16.0.1", "198.51.100.1"} { // among those of the other family, whose numbers are not theirs
			for at := i; at < len(addrs); at += 5 {
				addrs = slices.Insert(addrs, at, netip.MustParseAddr(v4))
			}
		}
		for _, lengths := range [][]int{{16}, {20, 31}, {33, 40}, {41, 47, 48}, {49, 64, 65, 128}} {
			zones := "[" + ipZoneJSON("many", "BLOCKLIST", strings.Join(many, " ")+" 10.0.0.1 172.16.0.0/12", "")
			for i, bits := range lengths {
				zones += "," + ipZoneJSON(fmt.Sprint("z", i), "BLOCKLIST", netip.PrefixFrom(deep, bits).Masked().String(), "")
			}
			policy := documents{zones: zones + "]"}.compile(t)
			decisions := make([]decide.Decision, len(addrs))
			policy.DecideAll(decisions, addrs)
			for i, addr := range addrs {
				want := policy.NaiveDecision(addr)
				if got := policy.Decide(addr); got != want || decisions[i] != want || policy.Allows(addr) != want.Allowed() {
					t.Fatalf("%v: %v, among others %v, allowed %v, and by the documents %v", addr, got, decisions[i], policy.Allows(addr), want)
				}
			}
		}
	}
}
