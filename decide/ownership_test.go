package decide_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

// change spoils the zones of a Config in place.
func change(config *decide.Config) {
	for i := range config.Zones[0].Zones {
		z := &config.Zones[0].Zones[i]
		z.Name, z.Active, z.Blocklist = "changed", true, true
		for g := range z.Gateways {
			z.Gateways[g].Range = z.Gateways[0].Range
		}
		for c := range z.Categories.Include {
			z.Categories.Include[c].Value = "ALL_IP_SERVICES"
		}
	}
}

// Compile does not change what it is given, and what it compiled shares nothing
// with that: documents that are changed afterwards change no decision, no
// membership and no description. What cannot be explained any more is not.
func TestCompileSharesNothing(t *testing.T) {
	r := newRandomPolicy(11)
	config := r.config(t)
	before, err := decide.Compile(config)
	require.NoError(t, err)
	policy, err := decide.Compile(config)
	require.NoError(t, err)
	require.Equal(t, before.Info(), policy.Info(), "compiling twice is compiling the same")
	pristine, err := decide.Compile(newRandomPolicy(11).config(t))
	require.NoError(t, err)
	explained := before.Explain(r.pool[0])
	change(&config)
	require.Equal(t, pristine.Info(), policy.Info())
	for range decide.Diff(pristine, policy) {
		t.Fatal("a decision changed with the documents")
	}
	for _, addr := range r.pool {
		chain := []netip.Addr{addr, r.pool[0]}
		require.Equal(t, pristine.Decide(addr).String(), policy.Decide(addr).String())
		require.Equal(t, pristine.DecideChain(chain).String(), policy.DecideChain(chain).String())
		want, got := pristine.Match(chain), policy.Match(chain)
		require.Equal(t, statesOf(&want), statesOf(&got))

		explanation := policy.Explain(addr)
		require.Equal(t, decide.Decision{}, explanation.Decision, "the zero Decision denies")
		require.Equal(t, -1, explanation.ClientIndex)
		require.Len(t, explanation.Steps, 1)
		require.Contains(t, explanation.Steps[0], "documents were changed after the policy was compiled")

		require.Equal(t, before.Decide(addr), before.Explain(addr).Decision, "asked before the change, it knows")
	}
	require.Equal(t, explained.Decision, before.Explain(r.pool[0]).Decision)
}

func statesOf(m *decide.Membership) []string {
	var states []string
	for ref, state := range m.Zones() {
		states = append(states, ref.ID+" "+ref.Name+" "+state.String())
	}
	return states
}

// A Config that was changed and put back is the one that was compiled.
func TestExplainAfterDocumentsWerePutBack(t *testing.T) {
	config := newRandomPolicy(11).config(t)
	policy, err := decide.Compile(config)
	require.NoError(t, err)
	z := &config.Zones[0].Zones[0]
	z.Blocklist = !z.Blocklist
	z.Blocklist = !z.Blocklist
	addr := netip.MustParseAddr("10.0.0.1")
	require.Equal(t, policy.Decide(addr), policy.Explain(addr).Decision)
}

// The second evaluator is made once, whoever asks first.
func TestConcurrentFirstExplanations(t *testing.T) {
	for seed := range uint64(5) {
		r := newRandomPolicy(seed)
		policy, err := decide.Compile(r.config(t))
		require.NoError(t, err)
		var asking sync.WaitGroup
		for range 8 {
			asking.Go(func() {
				for _, addr := range r.pool[:4] {
					if got, want := policy.Explain(addr).Decision, policy.Decide(addr); got != want {
						t.Errorf("seed %d, %v: explained %v, decided %v", seed, addr, got, want)
					}
				}
			})
		}
		asking.Wait()
	}
}

// threatFeed is a feed of single addresses, no two of them neighbours.
func threatFeed(t *testing.T, count int) zone.Feed {
	random := rand.New(rand.NewPCG(1, 2))
	var text []byte
	addr := netip.MustParseAddr("1.0.0.0")
	for range count {
		for range 2 + random.IntN(30) {
			addr = addr.Next()
		}
		text = append(addr.AppendTo(text), '\n')
	}
	feed, err := zone.ParseFeed("feed.txt", text)
	require.NoError(t, err)
	return feed
}

// A policy that nobody asks to explain keeps the compiled tables and little
// else: the documents are the caller's.
func TestPolicyKeepsNoDocuments(t *testing.T) {
	config := decide.Config{
		ThreatInsight: &zone.ThreatInsight{Action: zone.ThreatBlock},
		ThreatFeeds:   []zone.Feed{threatFeed(t, 100_000)},
		Zones:         []zone.Zones{{Zones: apartZones(10)}},
	}
	_, err := decide.Compile(decide.Config{Zones: config.Zones}) // what is made once for all policies
	require.NoError(t, err)
	before := heapInUse()
	policy, err := decide.Compile(config)
	require.NoError(t, err)
	retained := heapInUse() - before
	compiled := policy.CompiledBytes()
	t.Logf("the policy retains %d bytes, of which %d are compiled", retained, compiled)
	require.LessOrEqual(t, float64(retained), 1.2*float64(compiled))

	addr := config.ThreatFeeds[0].Entries[777].Range.From()
	require.Equal(t, decide.Threat, policy.Decide(addr).Reason)
	require.Equal(t, policy.Decide(addr), policy.Explain(addr).Decision)
	require.Greater(t, heapInUse()-before, retained, "explaining costs memory, which shows that it is counted")
	runtime.KeepAlive(config)
	runtime.KeepAlive(policy)
}

// heapInUse is what objects take after two collections, of which the second
// frees what the first one's finalizers let go.
func heapInUse() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// Two policies can be explained side by side although they share documents.
func TestPoliciesShareDocuments(t *testing.T) {
	r := newRandomPolicy(4)
	config := r.config(t)
	first, err := decide.Compile(config)
	require.NoError(t, err)
	config.UnknownCountry = decide.TrustUnknownCountry
	config.Zones = slices.Clone(config.Zones)
	second, err := decide.Compile(config)
	require.NoError(t, err)
	for _, addr := range r.pool {
		require.Equal(t, first.Decide(addr), first.Explain(addr).Decision)
		require.Equal(t, second.Decide(addr), second.Explain(addr).Decision)
	}
}

// What Info hands out is the caller's own.
func TestInfoGivesNothingAway(t *testing.T) {
	config := newRandomPolicy(11).config(t)
	config.Now = time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	config.Overlay = &zone.Overlay{Deny: []zone.OverlayEntry{{
		Entry: zone.Entry{Range: netipx.IPRangeFrom(netip.IPv6Unspecified(), netip.IPv6Unspecified())}, Until: config.Now.Add(-time.Hour),
	}}}
	policy, err := decide.Compile(config)
	require.NoError(t, err)
	before, after := fmt.Sprint(policy.Info()), policy.Info() // a text, which nobody can change
	require.NotEmpty(t, after.Warnings)
	require.NotEmpty(t, after.Data)
	clear(after.Warnings)
	clear(after.Data)
	require.Equal(t, before, fmt.Sprint(policy.Info()))
}
