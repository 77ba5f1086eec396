package gate_test

import (
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
)

// pair is an edge with its policy.
type pair struct {
	edge   *gate.Resolver
	policy *decide.Policy
}

// crossed are two pairs that both deny the request of a trusted proxy on behalf
// of 203.0.113.7. The edge of one with the policy of the other would allow it.
func crossed(t *testing.T) [2]pair {
	t.Helper()
	pairs := [2]pair{
		{sourced(t, gate.XForwardedFor), decidetest.AllowOnly(t, "10.0.0.0/8")},
		{&gate.Resolver{}, decidetest.AllowOnly(t, "203.0.113.0/24")},
	}
	for i, p := range pairs {
		denied := gate.Decide(nil, p.policy, p.edge, trustedPeer, xff("203.0.113.7"))
		require.False(t, denied.Allowed())
		mixed := gate.Decide(nil, p.policy, pairs[1-i].edge, trustedPeer, xff("203.0.113.7"))
		require.True(t, mixed.Allowed(), "a mixture allows")
	}
	return pairs
}

// TestEdgeAndPolicyAreOne: while edges and policies are swapped, no request is
// decided by the policy of one pair with the client that the other's edge finds.
func TestEdgeAndPolicyAreOne(t *testing.T) {
	pairs := crossed(t)
	var live decide.Live
	var resolver gate.Resolver
	resolver.Swap(pairs[0].edge, &live, pairs[0].policy)
	guarded := gate.Wrap(app, &live, gate.Options{Resolver: &resolver})

	var stop atomic.Bool
	var answers atomic.Int64
	var group sync.WaitGroup
	read := func(mixed func() bool) {
		for !stop.Load() {
			if mixed() {
				t.Error("a mixture of two edges and policies decided")
				return
			}
			answers.Add(1)
		}
	}
	group.Go(func() {
		read(func() bool {
			w := &discard{header: http.Header{}}
			guarded.ServeHTTP(w, request("203.0.113.7"))
			return w.status != http.StatusForbidden
		})
	})
	group.Go(func() {
		// The two are compared, not asked: the faster it reads, the more it sees.
		read(func() bool {
			edge, policy := resolver.Pair(&live)
			return pair{edge, policy} != pairs[0] && pair{edge, policy} != pairs[1]
		})
	})
	swaps := 0
	for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); swaps++ {
		next := pairs[swaps%2]
		resolver.Swap(next.edge, &live, next.policy)
	}
	stop.Store(true)
	group.Wait()
	require.Positive(t, answers.Load())
	t.Logf("figure: %d answers during %d swaps, none of them a mixture", answers.Load(), swaps)
}

// TestSwapUnderWay: who asks while a swap is half done gets what it makes, and never
// the new edge with the policy of before.
func TestSwapUnderWay(t *testing.T) {
	pairs := crossed(t)
	var live decide.Live
	var resolver gate.Resolver
	resolver.Swap(pairs[0].edge, &live, pairs[0].policy)
	end := resolver.BeginSwap(pairs[1].edge)
	asks, answer := make(chan bool), make(chan pair, 1)
	go func() {
		close(asks)
		edge, policy := resolver.Pair(&live)
		answer <- pair{edge, policy}
	}()
	<-asks
	for range 1000 {
		runtime.Gosched() // it may ask before the end, but need not
	}
	end(&live, pairs[1].policy)
	require.True(t, pairs[1] == <-answer, "both of after")
}

// TestSwapFollows: whoever holds the Resolver goes on with the new edge, in every
// method, and the edge that was given stays as it was.
func TestSwapFollows(t *testing.T) {
	var live decide.Live
	resolver, first := sourced(t, gate.XForwardedFor), sourced(t, gate.XForwardedFor)
	require.True(t, resolver.Trusts(trustedPeer))

	unix := mustResolver(t, gate.Config{Source: gate.Forwarded, TrustUnix: true})
	resolver.Swap(unix, &live, nil)
	require.False(t, resolver.Trusts(trustedPeer), "an edge that was narrowed is not in force any more")
	require.True(t, resolver.Trusts("@"))
	require.Equal(t, gate.Forwarded, resolver.Source())
	client, err := resolver.Client(trustedPeer, xff("203.0.113.7"))
	require.NoError(t, err)
	require.Equal(t, "10.0.0.1", client.String())
	chain, err := resolver.Chain(nil, "@", forwarded("for=203.0.113.7"))
	require.NoError(t, err)
	require.Equal(t, "203.0.113.7", chain[0].String())
	peer, err := resolver.Peer("@")
	require.NoError(t, err)
	require.False(t, peer.IsValid())

	// What a swapped Resolver hands on is the edge that it has at the time.
	other := new(gate.Resolver)
	other.Swap(resolver, &live, nil)
	resolver.Swap(first, &live, nil)
	require.True(t, resolver.Trusts(trustedPeer))
	require.False(t, other.Trusts(trustedPeer))
	require.True(t, unix.Trusts("@"))
}

// TestSwapToNothingDenies: no edge, no policy and no Live let anybody in.
func TestSwapToNothingDenies(t *testing.T) {
	allowing, edge := decidetest.AllowOnly(t, "0.0.0.0/0"), sourced(t, gate.XForwardedFor)
	var live decide.Live
	var resolver gate.Resolver
	guarded := gate.Wrap(app, &live, gate.Options{Resolver: &resolver})
	for _, row := range []struct {
		name   string
		edge   *gate.Resolver
		policy *decide.Policy
		want   int
	}{
		{"both", edge, allowing, 200},
		{"no edge", nil, allowing, 403},
		{"both again", edge, allowing, 200},
		{"no policy", edge, nil, 403},
	} {
		resolver.Swap(row.edge, &live, row.policy)
		status, _ := serve(guarded, request("203.0.113.7"))
		require.Equal(t, row.want, status, row.name)
	}
	var none *gate.Resolver
	taken, policy := none.Pair(decidetest.Live(allowing))
	result := gate.Decide(nil, policy, taken, trustedPeer, nil)
	require.False(t, result.Allowed())
	taken, policy = edge.Pair(nil)
	result = gate.Decide(nil, policy, taken, trustedPeer, xff("203.0.113.7"))
	require.False(t, result.Allowed())
}
