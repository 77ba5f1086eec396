package gate_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
)

// TestRecheckWithoutConnections: where the server does not say on which connection a
// request came, its context ends all the same.
func TestRecheckWithoutConnections(t *testing.T) {
	live := decidetest.Live(decidetest.AllowOnly(t, "203.0.113.0/24"))
	var told []string
	denies := decidetest.AllowOnly(t, alice)
	recheck := &gate.Recheck{Closing: func(connection net.Conn, result gate.Result) {
		require.Nil(t, connection)
		require.Same(t, denies, result.Policy())
		require.Equal(t, result.Decision, result.Policy().DecideChain(result.Chain()), "it can be explained later")
		told = append(told, result.Decision.String())
	}}
	// Of another Recheck's connection, or nobody's, it knows nothing.
	other := accept(t, gate.Listen(newQueue(&caller{}), live, gate.ListenOptions{Recheck: new(gate.Recheck)}))
	for _, connection := range []net.Conn{other, &caller{}, tls.Server(other, nil)} {
		require.Equal(t, context.Background(), recheck.ConnContext(context.Background(), connection))
		recheck.ConnState(connection, http.StateIdle)
	}
	guarded := gate.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		recheck.Look()
		require.NoError(t, r.Context().Err())
		live.Swap(denies)
		recheck.Look()
		require.ErrorIs(t, r.Context().Err(), context.Canceled)
		result, ok := gate.FromContext(r.Context())
		require.True(t, ok && result.Allowed())
	}), live, gate.Options{Resolver: sourced(t, gate.XForwardedFor), Recheck: recheck})
	serve(guarded, request(bob))
	require.Equal(t, []string{"deny 203.0.113.8 off_network"}, told)
	held, _ := recheck.Open()
	require.Zero(t, held)
}

// TestRecheckReadsWithTheEdgeInForce: whom an edge that reads another header does not
// find is not let in any more, and Closing learns why.
func TestRecheckReadsWithTheEdgeInForce(t *testing.T) {
	policy := decidetest.AllowOnly(t, "203.0.113.0/24")
	live := decidetest.Live(policy)
	var told []gate.Error
	recheck := &gate.Recheck{Closing: func(_ net.Conn, result gate.Result) {
		require.Empty(t, result.Chain())
		told = append(told, result.Err)
	}}
	resolver := sourced(t, gate.XForwardedFor)
	guarded := gate.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		resolver.Swap(sourced(t, gate.Forwarded), live, policy)
		recheck.Look()
		require.ErrorIs(t, r.Context().Err(), context.Canceled)
	}), live, gate.Options{Resolver: resolver, Recheck: recheck})
	serve(guarded, request(bob))
	require.Equal(t, []gate.Error{gate.ErrMissing}, told)
}

// TestRecheckAsksForThePeerToo: a connection whose peer is not let in any more ends, whomever
// its request is from.
func TestRecheckAsksForThePeerToo(t *testing.T) {
	live := decidetest.Live(decidetest.AllowOnly(t, "192.0.2.1", "203.0.113.0/24"))
	var told []string
	recheck := &gate.Recheck{Closing: func(_ net.Conn, result gate.Result) { told = append(told, result.Decision.String()) }}
	peer, other := called(t, tcpAddr("192.0.2.1:4711"))
	connection := accept(t, gate.Listen(newQueue(peer), live, gate.ListenOptions{Resolver: new(gate.Resolver), Recheck: recheck}))
	go func() { _, _ = other.Write([]byte("G")) }()
	_, err := connection.Read(make([]byte, 1)) // what it says has begun
	require.NoError(t, err)
	guarded := gate.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		recheck.Look()
		require.NoError(t, r.Context().Err())
		require.False(t, peer.closed.Load())
		live.Swap(decidetest.AllowOnly(t, "203.0.113.0/24"))
		recheck.Look()
		require.ErrorIs(t, r.Context().Err(), context.Canceled)
		require.True(t, peer.closed.Load())
	}), live, gate.Options{Resolver: sourced(t, gate.XForwardedFor), Recheck: recheck})
	r := request(alice)
	serve(guarded, r.WithContext(recheck.ConnContext(r.Context(), connection)))
	require.Equal(t, []string{"deny 192.0.2.1 off_network"}, told)
	requireAllLeave(t, recheck)
}

// TestSwappedWhileARequestBegins: between the decision and the first look at a request
// another pair of edge and policy may come into force. Where that denies it, it is refused
// then, and its connection closed; where it lets it in, it passes.
func TestSwappedWhileARequestBegins(t *testing.T) {
	everybody, alone := decidetest.AllowOnly(t, "203.0.113.0/24"), decidetest.AllowOnly(t, alice)
	names, asksPeer := sourced(t, gate.XForwardedFor), sourced(t, gate.Peer)
	for _, row := range []struct {
		name   string
		edge   *gate.Resolver
		policy *decide.Policy
		want   int
	}{
		{"the same", names, everybody, 200},
		{"a policy that denies", names, alone, 403},
		{"a policy that allows", names, decidetest.AllowOnly(t, "203.0.113.0/28"), 200},
		{"an edge that names another", asksPeer, everybody, 403},
		{"an edge that names the same", sourced(t, gate.XForwardedFor), everybody, 200},
		{"nothing", nil, nil, 403},
	} {
		for _, connected := range []bool{false, true} {
			live, resolver, told := new(decide.Live), new(gate.Resolver), 0
			resolver.Swap(names, live, everybody)
			recheck := &gate.Recheck{Closing: func(net.Conn, gate.Result) { told++ }}
			r := request(bob)
			ours, _ := called(t, tcpAddr(r.RemoteAddr))
			if connected {
				connection := accept(t, gate.Listen(newQueue(ours), live, gate.ListenOptions{Resolver: resolver, Proxies: true, Recheck: recheck}))
				_, err := connection.Write(nil)
				require.NoError(t, err)
				r = r.WithContext(recheck.ConnContext(r.Context(), connection))
			}
			var seen context.Context
			guarded := gate.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				seen = r.Context()
				require.NoError(t, seen.Err())
			}), live, gate.Options{
				Resolver: resolver, Recheck: recheck,
				Observe: func(*http.Request, gate.Result) { resolver.Swap(row.edge, live, row.policy) },
			})
			status, _ := serve(guarded, request("198.51.100.66"))
			require.Equal(t, 403, status, "who is denied is not even looked at again")
			require.Zero(t, told)
			resolver.Swap(names, live, everybody)
			status, body := serve(guarded, r)
			require.Equal(t, row.want, status, row.name)
			require.Equal(t, connected && row.want == 403, ours.closed.Load(), row.name)
			if row.want == 403 {
				require.Equal(t, "Forbidden\n", body)
				require.Equal(t, 1, told)
				require.Nil(t, seen)
				continue
			}
			require.Zero(t, told)
			require.ErrorIs(t, seen.Err(), context.Canceled, "it is over")
		}
	}
}
