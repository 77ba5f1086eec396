package decide_test

import (
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/realdata"
	"github.com/netwicket/netwicket/zone"
)

// internet is what all tests here share: it takes seconds to open, and so does a policy on it.
var internet workload.Suite

// A hundred zones at Okta's limits on databases of the whole internet: the
// compiled decision is the naive one at both ends of every sixteenth interval of
// the table, or of every one for the proofs, which is every address for chains of
// one; and on random chains.
func TestWholeInternetMatchesExplain(t *testing.T) {
	if testing.Short() {
		t.Skip("takes many seconds of processor time; run without -short")
	}
	t.Logf("data: %s", workload.Origin())
	policy := internet.Policy(t, 100)
	stride := 16
	switch {
	case proving():
		stride = 1
	case raceEnabled:
		stride = 512 // the race detector makes the naive evaluator ten times slower
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

	clients := append(internet.Addresses(t, workload.IPv4), internet.Addresses(t, workload.IPv6)...)
	proxies := internet.Chains(t, 3)
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

// On databases of the whole internet a policy that follows another one is, table by
// table, what compiling it from nothing makes.
func TestRecompileOnTheWholeInternet(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of processor time; run without -short")
	}
	t.Logf("data: %s", workload.Origin())
	config := internet.Config(t, 100)
	previous, err := decide.Compile(config)
	require.NoError(t, err)
	ipZone := func(c *decide.Config, number int) *zone.Zone {
		for d := range c.Zones {
			for i := range c.Zones[d].Zones {
				if z := &c.Zones[d].Zones[i]; z.Active && len(z.Gateways) > 10 {
					if number == 0 {
						return z
					}
					number--
				}
			}
		}
		t.Fatal("the policy has no such zone")
		return nil
	}
	random := rand.New(rand.NewPCG(3, 9))
	for i, change := range []struct {
		name string
		do   func(c *decide.Config)
	}{
		{"fewer ranges of a zone", func(c *decide.Config) { z := ipZone(c, 3); z.Gateways = z.Gateways[5:] }},
		{"a few of another zone's", func(c *decide.Config) { copy(ipZone(c, 0).Gateways, ipZone(c, 7).Gateways[:4]) }},
		{"a network in use", func(c *decide.Config) {
			ipZone(c, 11).Gateways[2].Range = netipx.RangeOfPrefix(netip.MustParsePrefix("8.0.0.0/7"))
		}},
		{"an IPv6 network in use", func(c *decide.Config) {
			ipZone(c, 11).Gateways[3].Range = netipx.RangeOfPrefix(netip.MustParsePrefix("2a02:26f0::/29"))
		}},
		{"a rule", func(c *decide.Config) {
			rule := &c.Rules[0].Rules[random.IntN(len(c.Rules[0].Rules))]
			rule.Allow = !rule.Allow
		}},
		{"a rule less", func(c *decide.Config) { c.Rules[0].Rules = c.Rules[0].Rules[1:] }},
		{"a zone that blocks", func(c *decide.Config) { z := ipZone(c, 5); z.Blocklist = !z.Blocklist }},
		{"no zone there any more", func(c *decide.Config) { z := ipZone(c, 0); z.Gateways = z.Gateways[:1] }},
	} {
		if raceEnabled && i%3 != 0 {
			continue // each takes as long as all of them without the detector
		}
		config = cloned(config)
		change.do(&config)
		want, err := decide.Compile(config)
		require.NoError(t, err, change.name)
		got, err := decide.Recompile(previous, config)
		require.NoError(t, err, change.name)
		require.Empty(t, decide.Same(want, got), change.name)
		previous = got
	}
}

// On databases of the whole internet a policy that was read from its snapshot is, table by
// table, the one that was written.
func TestSnapshotOnTheWholeInternet(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of processor time; run without -short")
	}
	t.Logf("data: %s", workload.Origin())
	if raceEnabled {
		t.Skip("takes minutes under the race detector, of one goroutine")
	}
	for _, zones := range []int{100, 1000} {
		if _, err := realdata.Folder(); err != nil && zones > 100 {
			continue // seconds of a stranger's first tests
		}
		compiled, err := decide.Compile(internet.Config(t, zones))
		require.NoError(t, err)
		file := snapshotOf(t, compiled)
		read := readSnapshot(t, file)
		require.Empty(t, decide.SameAsRead(compiled, read), "%d zones", zones)
		require.Equal(t, file, snapshotOf(t, read), "%d zones", zones)
		for change := range decide.Diff(compiled, read) {
			require.Fail(t, "they differ", "%d zones: %v", zones, change)
		}
	}
}
