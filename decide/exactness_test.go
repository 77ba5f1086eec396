package decide_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/bench/workload"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/zone"
)

// proving makes the proofs as large as docs/guarantees.md says. Without it they
// are samples of themselves, for every day.
func proving() bool { return os.Getenv("NETWICKET_PROVE") != "" }

// figure prints a line that make prove collects.
func figure(t *testing.T, format string, args ...any) {
	t.Helper()
	t.Logf("figure: "+format, args...)
}

// eachSeed spreads seeds over two workers.
func eachSeed(seeds uint64, do func(seed uint64)) {
	var next atomic.Uint64
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for seed := next.Add(1) - 1; seed < seeds; seed = next.Add(1) - 1 {
				do(seed)
			}
		})
	}
	workers.Wait()
}

// Random policies of all layers: the compiled decision about a chain of one is
// the naive one at an end of every interval in which neither can change, for
// IPv4 and IPv6, so for every address there is. The choice between the ends is
// random, since that is where ranges go wrong.
func TestEveryAddressMatchesExplain(t *testing.T) {
	seeds := uint64(60)
	switch {
	case proving():
		seeds = 2000
	case raceEnabled:
		seeds = 20
	}
	var intervals4, intervals6, behind atomic.Int64
	census := newCensus()
	eachSeed(seeds, func(seed uint64) {
		r := newRandomPolicy(seed)
		if seed%4 == 1 {
			r.widen()
		}
		r.large = seed%20 == 19
		config := r.config(t)
		if seed%4 == 3 {
			config.Zones = append(config.Zones, zone.Zones{Zones: []zone.Zone{r.crowd()}})
		}
		policy, err := decide.Compile(config)
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
			return
		}
		census.count(config)
		cut := elementaryOf(config, policy)
		random := rand.New(rand.NewPCG(seed, 7))
		cut.visit(func(first, last netip.Addr) {
			if random.IntN(2) == 0 {
				first = last
			}
			sameAsExplain(t, policy, seed, first)
		})
		v4, v6 := cut.count()
		intervals4.Add(int64(v4))
		intervals6.Add(int64(v6))
		cut.scattered(func(addr netip.Addr) {
			behind.Add(1)
			sameAsExplain(t, policy, seed, addr)
		})
	})
	figure(t, "%d random policies, %d IPv4 and %d IPv6 intervals, and %d IPv4 intervals inside Teredo and local NAT64: every address", seeds, intervals4.Load(), intervals6.Load(), behind.Load())
	census.report(t, proving())
}

// widen adds addresses from all over to the universe, so that tables have more
// than a few branches.
func (r *randomPolicy) widen() {
	for range 60 {
		addr := addrnum.Addr4(r.Uint32())
		if r.IntN(3) == 0 {
			addr = addrnum.Number{Hi: 0x2000<<48 | r.Uint64()>>3, Lo: r.Uint64()}.Addr6()
		}
		r.pool = append(r.pool, addr)
	}
}

// crowd is a zone that fills the /16 which Teredo is in, or the one of NAT64 and mapped
// addresses, so that it becomes a page of the table, with borders at every depth, also
// inside a /48.
func (r *randomPolicy) crowd() zone.Zone {
	z := zone.Zone{Type: zone.IP, ID: "crowd", Name: "Crowd", Active: true, Blocklist: r.IntN(2) == 0}
	block := pick(r, uint64(0x2001)<<48, 0)
	for range 100 {
		n, bits := addrnum.Number{Hi: block | uint64(r.IntN(40))<<32}, 32
		for _, deeper := range []int{40, 48, 64, 128} {
			if r.IntN(3) == 0 {
				break
			}
			bits = deeper
			if deeper == 128 {
				n.Lo = uint64(r.IntN(2))
			} else {
				n.Hi |= uint64(r.IntN(3)) << (64 - deeper)
			}
		}
		z.Gateways = append(z.Gateways, zone.Entry{Range: netipx.RangeOfPrefix(netip.PrefixFrom(n.Addr6(), bits))})
	}
	return z
}

// sameAsExplain holds both calls against the naive evaluation of one address.
func sameAsExplain(t *testing.T, policy *decide.Policy, seed uint64, addr netip.Addr) {
	for _, difference := range differences(policy, addr, policy.NaiveDecision(addr)) {
		t.Errorf("seed %d: %s", seed, difference)
	}
}

// differences are between what is wanted of an address and what the calls say
// that decide about one.
func differences(policy *decide.Policy, addr netip.Addr, want decide.Decision) (found []string) {
	all := [...]decide.Decision{dirty()}
	policy.DecideAll(all[:], []netip.Addr{addr})
	written := dirty()
	policy.DecideInto(&written, []netip.Addr{addr})
	var live decide.Live
	live.Swap(policy)
	for call, got := range map[string]decide.Decision{
		"Decide": policy.Decide(addr), "DecideChain": policy.DecideChain([]netip.Addr{addr}), "DecideAll": all[0], "DecideInto": written, "Live.Decide": live.Decide(addr),
	} {
		if got != want {
			found = append(found, fmt.Sprintf("%s(%v) is %v, naive %v", call, addr, got, want))
		}
	}
	if policy.Allows(addr) != want.Allowed() {
		found = append(found, fmt.Sprintf("Allows(%v) is %v, naive %v", addr, !want.Allowed(), want))
	}
	return found
}

// Random chains whose hops are ends of ranges and the policies' own proxies.
func TestRandomChainsMatchExplain(t *testing.T) {
	seeds, chains := uint64(40), 500
	switch {
	case proving():
		seeds, chains = 500, 10_400
	case raceEnabled:
		chains = 50
	}
	var compared, allowed atomic.Int64
	eachSeed(seeds, func(seed uint64) {
		r := newRandomPolicy(seed)
		r.large = seed%20 == 19
		config := r.config(t)
		policy, err := decide.Compile(config)
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
			return
		}
		hops := newHopSource(r, config)
		for range chains {
			chain := hops.chain()
			got, want := policy.DecideChain(chain), policy.NaiveDecision(chain...)
			if got != want {
				t.Errorf("seed %d, chain %v: compiled %v, naive %v", seed, chain, got, want)
			}
			if got.Allowed() {
				allowed.Add(1)
				if !got.Client.IsValid() {
					t.Errorf("seed %d, chain %v: %v without a client", seed, chain, got)
				}
			}
			compared.Add(1)
		}
	})
	figure(t, "%d random chains of %d random policies, %d of them allowed", compared.Load(), seeds, allowed.Load())
	require.Positive(t, allowed.Load())
}

// hopSource makes chains of a policy's own edges.
type hopSource struct {
	*randomPolicy
	edges, proxies []netip.Addr
}

func newHopSource(r *randomPolicy, config decide.Config) *hopSource {
	h := &hopSource{randomPolicy: r, edges: r.pool, proxies: r.pool}
	for _, list := range listsOf(config) {
		for _, entry := range list {
			from, to := entry.Range.From(), entry.Range.To()
			h.edges = append(h.edges, from, to, from.Prev(), to.Next())
		}
	}
	for r := range config.Geo.All() {
		h.edges = append(h.edges, r.From(), r.To())
	}
	var own []netip.Addr
	for _, document := range config.Zones {
		for _, z := range document.Zones {
			for _, entry := range z.Proxies {
				own = append(own, entry.Range.From(), entry.Range.To())
			}
		}
	}
	if len(own) > 0 {
		h.proxies = own
	}
	return h
}

// chain has up to eight hops, seldom up to forty; a third are proxies.
func (h *hopSource) chain() []netip.Addr {
	length := h.IntN(9)
	if h.IntN(50) == 0 {
		length = h.IntN(41)
	}
	chain := make([]netip.Addr, 0, length)
	for range length {
		var addr netip.Addr // the zero Addr where a range ends with its family, too
		switch choice := h.IntN(24); {
		case choice < 8:
			addr = h.proxies[h.IntN(len(h.proxies))]
		case choice < 22:
			addr = h.edges[h.IntN(len(h.edges))]
		}
		switch {
		case h.IntN(12) != 0 || !addr.IsValid():
		case addr.Is4():
			addr = netip.AddrFrom16(addr.As16())
		default:
			addr = addr.WithZone("eth0")
		}
		chain = append(chain, addr)
	}
	return chain
}

// The policy of a hundred zones at Okta's limits on databases of the whole
// internet: an end of every interval, as above, is every address of both
// families but for the embedded addresses of Teredo and local NAT64, of which one
// for each IPv4 interval is tried; and chains.
func TestEveryAddressOfTheInternetMatchesExplain(t *testing.T) {
	if !proving() {
		t.Skip("takes minutes of processor time; NETWICKET_PROVE=1 asks for it")
	}
	config := internet.Config(t, 100)
	policy, err := decide.Compile(config)
	require.NoError(t, err)
	cut := elementaryOf(config, policy)
	random := rand.New(rand.NewPCG(1, 3))
	compare, wait := comparing(t, policy)
	cut.visit(func(first, last netip.Addr) {
		if random.IntN(2) == 0 {
			first = last
		}
		compare(first)
	})
	for _, v4 := range cut.v4 {
		server := addrnum.Number{Hi: 0x2001_0000<<32 | uint64(random.Uint32()), Lo: random.Uint64()<<32 | uint64(^v4)}
		compare(server.Addr6())
		local := addrnum.Number{Hi: 0x0064_ff9b_0001_0000 | uint64(random.Uint32N(1<<16)), Lo: random.Uint64()<<32 | uint64(v4)}
		compare(local.Addr6())
	}
	wait()
	v4, v6 := cut.count()
	figure(t, "100 zones, %s: %d IPv4 and %d IPv6 intervals: every address; %d addresses of Teredo and as many of local NAT64", workload.Origin(), v4, v6, len(cut.v4))

	compare, wait = comparing(t, policy)
	hops := &hopSource{randomPolicy: newRandomPolicy(1), proxies: internet.Chains(t, 3)}
	for _, v4 := range cut.v4 {
		hops.edges = append(hops.edges, addrnum.Addr4(v4), addrnum.Addr4(v4-1))
	}
	for _, v6 := range cut.v6 {
		hops.edges = append(hops.edges, v6.Addr6(), v6.Prev().Addr6())
	}
	const chains = 300_000
	for range chains {
		compare(hops.chain()...)
	}
	wait()
	figure(t, "%d random chains of the same policy", chains)
}

// comparing compares chains in the background.
func comparing(t *testing.T, policy *decide.Policy) (compare func(chain ...netip.Addr), wait func()) {
	batches := make(chan [][]netip.Addr, 16)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for batch := range batches {
				for _, chain := range batch {
					compareWithExplain(t, policy, chain)
				}
			}
		})
	}
	var batch [][]netip.Addr
	compare = func(chain ...netip.Addr) {
		if batch = append(batch, chain); len(batch) == 1024 {
			batches <- batch
			batch = nil
		}
	}
	return compare, func() {
		batches <- batch
		close(batches)
		workers.Wait()
	}
}
