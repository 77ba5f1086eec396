package decide_test

import (
	"net/netip"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
)

func TestNothingDenies(t *testing.T) {
	addr := netip.MustParseAddr("192.0.2.1")
	var nobody *decide.Policy
	for name, policy := range map[string]*decide.Policy{"nil": nobody, "zero": {}} {
		t.Run(name, func(t *testing.T) {
			chain := []netip.Addr{addr}
			require.False(t, policy.Decide(addr).Allowed())
			require.False(t, policy.Allows(addr))
			all := []decide.Decision{{Judgment: decide.Judgment{Verdict: decide.Allow}}}
			policy.DecideAll(all, chain)
			require.Equal(t, policy.Decide(addr), all[0])
			for _, chain := range [][]netip.Addr{nil, chain, append(chain, addr)} {
				written := dirty()
				policy.DecideInto(&written, chain)
				require.Equal(t, policy.DecideChain(chain), written)
				require.False(t, written.Allowed())
			}
			require.Equal(t, decide.NoPolicy, policy.DecideChain(chain).Reason)
			require.Equal(t, policy.DecideChain(chain), policy.Explain(chain...).Decision)
			require.Equal(t, -1, policy.Explain(chain...).ClientIndex)
			membership := policy.Match(chain)
			require.Equal(t, decide.No, membership.Zone("corp"))
			require.Equal(t, decide.Unknown, membership.OnNetwork())
			require.Equal(t, decide.Unknown, membership.TrustedCountry())
			require.Zero(t, policy.Info().Zones)
			ranges := 0
			for _, d := range policy.Ranges() {
				require.False(t, d.Allowed())
				ranges++
			}
			require.Equal(t, 3, ranges, "IPv4 and both sides of the mapped addresses")
		})
	}
	var live decide.Live
	require.False(t, live.Decide(addr).Allowed())
	require.False(t, live.DecideChain([]netip.Addr{addr}).Allowed())
	require.False(t, live.Allows(addr))
	require.False(t, (*decide.Live)(nil).Decide(addr).Allowed())
	require.False(t, (*decide.Live)(nil).Allows(addr))
	require.False(t, decide.Decision{}.Allowed())
	require.Equal(t, "deny", decide.Verdict(7).String())

	policy := documents{sailPoint: "{}"}.compile(t)
	require.False(t, policy.Decide(netip.Addr{}).Allowed())
	require.False(t, policy.Allows(netip.Addr{}))
	require.False(t, policy.DecideChain(nil).Allowed())
	require.Nil(t, live.Swap(policy))
	require.True(t, live.Decide(addr).Allowed())
	require.True(t, live.Allows(addr))
	require.Same(t, policy, live.Swap(nil))
	require.False(t, live.Decide(addr).Allowed())
}

// TestSwapped: whoever waits for a swap learns of the next one, once, whatever it puts in
// force, and of a nil Live of none.
func TestSwapped(t *testing.T) {
	var live decide.Live
	policy := documents{sailPoint: "{}"}.compile(t)
	for _, next := range []*decide.Policy{policy, policy, nil} {
		swapped := live.Swapped()
		require.Equal(t, swapped, live.Swapped(), "for everybody who waits")
		select {
		case <-swapped:
			t.Fatal("nothing was swapped")
		default:
		}
		live.Swap(next)
		<-swapped
		require.Equal(t, next, live.Policy())
	}
	require.Nil(t, (*decide.Live)(nil).Swapped())
}

// One address has one answer, however it is written.
func TestSpellingsAreOneAddress(t *testing.T) {
	for seed := range seeds(40) {
		r := newRandomPolicy(seed)
		policy, err := decide.Compile(r.config(t))
		require.NoError(t, err)
		for _, addr := range r.pool {
			want := policy.Decide(addr)
			require.Equal(t, want, policy.DecideChain([]netip.Addr{addr}))
			if addr.Is4() {
				require.Equal(t, want, policy.Decide(netip.AddrFrom16(addr.As16())), "mapped %v, seed %d", addr, seed)
			} else {
				require.Equal(t, want, policy.Decide(addr.WithZone("eth0")), "zoned %v, seed %d", addr, seed)
			}
		}
	}
}

func TestCompileIsDeterministic(t *testing.T) {
	for seed := range seeds(20) {
		first, err := decide.Compile(newRandomPolicy(seed).config(t))
		require.NoError(t, err)
		second, err := decide.Compile(newRandomPolicy(seed).config(t))
		require.NoError(t, err)
		require.Equal(t, first.Info(), second.Info())
		for range decide.Diff(first, second) {
			t.Fatalf("seed %d: two compilations of one Config differ", seed)
		}
	}
}

func TestNoAllocs(t *testing.T) {
	config := newRandomPolicy(3).config(t)
	policy, err := decide.Compile(config)
	require.NoError(t, err)
	var live decide.Live
	live.Swap(policy)
	v4, v6 := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("2001:db8::1")
	mapped, zoned := netip.MustParseAddr("::ffff:10.0.0.1"), netip.MustParseAddr("fe80::1%eth0")
	nat64 := netip.MustParseAddr("64:ff9b::10.0.0.1")
	chain := chainOf("10.0.0.1 10.0.0.2 ? 2001:db8::1 10.0.0.3 203.0.113.7")
	addrs := [...]netip.Addr{v4, v6, mapped, zoned, nat64, {}}
	var decisions [len(addrs)]decide.Decision
	var d decide.Decision
	var m decide.Membership
	calls := map[string]func(){
		"Decide IPv4":        func() { d = policy.Decide(v4) },
		"Decide IPv6":        func() { d = policy.Decide(v6) },
		"Decide mapped":      func() { d = policy.Decide(mapped) },
		"Decide zoned":       func() { d = policy.Decide(zoned) },
		"Decide NAT64":       func() { d = policy.Decide(nat64) },
		"Decide invalid":     func() { d = policy.Decide(netip.Addr{}) },
		"DecideChain":        func() { d = policy.DecideChain(chain) },
		"DecideChain of one": func() { d = policy.DecideChain(chain[:1]) },
		"Live.DecideChain":   func() { d = live.DecideChain(chain) },
		"Live.Decide":        func() { d = live.Decide(v6) },
		"Allows":             func() { policy.Allows(nat64) },
		"DecideAll":          func() { policy.DecideAll(decisions[:], addrs[:]) },
		"Match":              func() { m = policy.Match(chain) },
		"Membership.Zone":    func() { m.Zone("nzo1") },
		"Membership.Zones": func() {
			for range m.Zones() {
				continue
			}
		},
		"Membership's facts":  func() { m.OnNetwork(); m.TrustedCountry() },
		"Decision.Allowed":    func() { _ = d.Allowed() },
		"a nil policy denies": func() { d = (*decide.Policy)(nil).Decide(v4) },
	}
	for name, call := range calls {
		if allocs := testing.AllocsPerRun(1000, call); allocs != 0 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}

// Nor does a decision that needs a second look, whatever the policy.
func TestNoAllocsAfterSecondLook(t *testing.T) {
	for seed := range seeds(60) {
		r := newRandomPolicy(seed)
		policy, err := decide.Compile(r.config(t))
		require.NoError(t, err)
		for _, addr := range r.pool {
			if allocs := testing.AllocsPerRun(5, func() { policy.Decide(addr); policy.Allows(addr) }); allocs != 0 {
				t.Errorf("seed %d, %v: %v allocations", seed, addr, allocs)
			}
		}
	}
}

// Decide has to stay small enough for the compiler to put it into its caller:
// otherwise every decision is copied, which costs more than it takes to make.
func TestDecideIsInlined(t *testing.T) {
	out, err := exec.Command("go", "build", "-gcflags=-m", "github.com/netwicket/netwicket/decide").CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "can inline (*Policy).Decide\n")
}
