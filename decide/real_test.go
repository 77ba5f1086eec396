package decide_test

import (
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/decide"
)

// A hundred zones at Okta's limits on databases of the whole internet: the
// compiled decision is the naive one at both ends of every sixteenth interval of
// the table, or of every one for the proofs, which is every address for chains of
// one; and on random chains.
func TestWholeInternetMatchesExplain(t *testing.T) {
	if testing.Short() {
		t.Skip("takes many seconds of processor time; run without -short")
	}
	var suite workload.Suite
	t.Logf("data: %s", workload.Origin())
	policy := suite.Policy(t, 100)
	stride := 16
	switch {
	case proving():
		stride = 1
	case raceEnabled:
		stride = 64 // the race detector makes the naive evaluator ten times slower
	}
	ends := make(chan []netip.Addr, 64)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for batch := range ends {
				for _, addr := range batch {
					compareWithExplain(t, policy, []netip.Addr{addr})
				}
			}
		})
	}
	intervals := 0
	var batch []netip.Addr
	for first, last := range policy.Intervals() {
		intervals++
		if intervals%stride == 0 {
			batch = append(batch, first, last)
		}
		if first.Is4() && intervals%(8*stride) == 0 {
			batch = append(batch, insideIPv6(first)...)
			batch = append(batch, insideIPv6(last)...)
		}
		if len(batch) >= 512 {
			ends <- batch
			batch = nil
		}
	}
	ends <- batch
	close(ends)
	workers.Wait()
	t.Logf("%d intervals, every %d. compared at both ends", intervals, stride)

	clients := append(suite.Addresses(t, workload.IPv4), suite.Addresses(t, workload.IPv6)...)
	proxies := suite.Chains(t, 3)
	random := rand.New(rand.NewPCG(1, 2))
	for range 100_000 / stride {
		chain := make([]netip.Addr, 0, 6)
		for range 1 + random.IntN(6) {
			switch random.IntN(8) {
			case 0:
				chain = append(chain, netip.Addr{})
			case 1, 2:
				chain = append(chain, clients[random.IntN(len(clients))])
			default:
				chain = append(chain, proxies[random.IntN(len(proxies))])
			}
		}
		compareWithExplain(t, policy, chain)
	}
}

// insideIPv6 are addresses whose decision depends on an IPv4 address: of NAT64,
// local NAT64, 6to4 and Teredo, and those where databases repeat IPv4.
func insideIPv6(addr netip.Addr) []netip.Addr {
	b := addr.As4()
	return []netip.Addr{
		netip.AddrFrom16([16]byte{0, 0x64, 0xff, 0x9b, 12: b[0], b[1], b[2], b[3]}),
		netip.AddrFrom16([16]byte{0x20, 0x02, b[0], b[1], b[2], b[3], 15: 1}),
		netip.AddrFrom16([16]byte{0x20, 0x01, 12: ^b[0], ^b[1], ^b[2], ^b[3]}),
		netip.AddrFrom16([16]byte{0, 0x64, 0xff, 0x9b, 0, 1, 7, 12: b[0], b[1], b[2], b[3]}),
		netip.AddrFrom16([16]byte{0x20, 0x01, 0, 0, b[0], b[1], b[2], b[3], 15: 1}),
		netip.AddrFrom16([16]byte{12: b[0], b[1], b[2], b[3]}),
	}
}

func compareWithExplain(t *testing.T, policy *decide.Policy, chain []netip.Addr) {
	got, want := policy.DecideChain(chain), policy.NaiveDecision(chain...)
	if got != want {
		t.Errorf("chain %v: compiled %v, naive %v", chain, got, want)
	}
	if len(chain) == 1 {
		for _, difference := range differences(policy, chain[0], want) {
			t.Error(difference)
		}
	}
}
