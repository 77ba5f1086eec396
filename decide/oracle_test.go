package decide_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
)

// The compiled decision and the naive one must be the same for every request.
func TestDecideMatchesExplain(t *testing.T) {
	for seed := range seeds(400) {
		r := newRandomPolicy(seed)
		policy, err := decide.Compile(r.config(t))
		require.NoError(t, err, "seed %d", seed)
		for _, addr := range r.pool {
			for _, near := range []netip.Addr{addr.Prev(), addr, addr.Next()} {
				checkAgainstExplain(t, policy, seed, []netip.Addr{near})
				if got, want := policy.Decide(near), policy.DecideChain([]netip.Addr{near}); got != want {
					t.Fatalf("seed %d: Decide(%v) = %v, DecideChain = %v", seed, near, got, want)
				}
			}
		}
		for range 300 {
			checkAgainstExplain(t, policy, seed, r.chain())
		}
	}
}

// dirty is a decision of which nothing may stay.
func dirty() decide.Decision {
	return decide.Decision{
		Judgment: decide.Judgment{Verdict: decide.Allow, Reason: decide.Overlay, Audit: true, Unknown: 1, Reasons: 1, Zone: &decide.ZoneRef{}, Rule: "x"},
		Client:   netip.IPv6LinkLocalAllNodes(),
	}
}

func checkAgainstExplain(t *testing.T, policy *decide.Policy, seed uint64, chain []netip.Addr) {
	t.Helper()
	explanation := policy.Explain(chain...)
	if got := policy.DecideChain(chain); got != explanation.Decision {
		t.Fatalf("seed %d, chain %v:\n DecideChain %v\n Explain     %v\n%q", seed, chain, got, explanation.Decision, explanation.Steps)
	}
	if client := explanation.Decision.Client; client.IsValid() && !explanation.Range.Contains(client) {
		t.Fatalf("seed %d, chain %v: %v is not in its range %v", seed, chain, client, explanation.Range)
	}
	written := dirty()
	if policy.DecideInto(&written, chain); written != explanation.Decision {
		t.Fatalf("seed %d, chain %v:\n DecideInto  %v\n Explain     %v", seed, chain, written, explanation.Decision)
	}
	membership := policy.Match(chain)
	if membership.Client() != explanation.Decision.Client {
		t.Fatalf("seed %d, chain %v: client %v, explained %v", seed, chain, membership.Client(), explanation.Decision.Client)
	}
	i := 0
	for ref, state := range membership.Zones() {
		if want := explanation.Zones[i]; ref != want.Zone || state != want.State {
			t.Fatalf("seed %d, chain %v: zone %v is %v, explained %v", seed, chain, ref, state, want)
		}
		i++
	}
}
