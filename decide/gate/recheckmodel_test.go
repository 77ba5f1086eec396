package gate_test

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
)

// scene is a random world of a Recheck, and the naive model of it: everything that is
// open, asked one by one.
type scene struct {
	t       *testing.T
	random  *rand.Rand
	recheck *gate.Recheck
	edge    *gate.Resolver // in force, as pair has it
	pair    pair
	live    decide.Live
	inner   *queue
	door    net.Listener
	guarded http.Handler
	open    []*opened
	closing map[net.Conn]string // by Closing; nil: requests without a connection
	counts  map[string]int
}

// opened is a connection, with a request on it or not, or a request alone.
type opened struct {
	remote     string
	connection net.Conn // nil: a request alone
	ours       *caller
	header     http.Header     // nil: no request; when it has begun, what the edge of then read of it
	request    context.Context //nolint:containedctx // what the test looks at
	leave      chan struct{}
	left       chan struct{}
}

var (
	modelPeers   = []string{"10.0.0.1:1", "127.0.0.1:1", "203.0.113.7:1", "203.0.113.8:1", "[2001:db8::7]:1"}
	modelClients = []string{"203.0.113.7", "203.0.113.8", "198.51.100.66", "2001:db8::7", "bad"}
)

// lets says whether the pair in force would let this in now.
func (s *scene) lets(o *opened) bool {
	result := gate.Decide(nil, s.pair.policy, s.pair.edge, o.remote, nil)
	named := s.pair.edge.Trusts(o.remote) && s.pair.edge.Source() != gate.Peer && s.pair.policy != nil
	if o.connection != nil && !result.Allowed() && !named {
		return false
	}
	if o.header == nil {
		return true
	}
	result = gate.Decide(nil, s.pair.policy, s.pair.edge, o.remote, o.header)
	return result.Allowed()
}

// ended says whether it was closed by the Recheck: of a connection with a request both.
func (o *opened) ended() bool {
	if o.connection == nil {
		return o.request.Err() != nil
	}
	return o.ours.closed.Load()
}

func (s *scene) connect() *opened {
	o := &opened{remote: modelPeers[s.random.IntN(len(modelPeers))]}
	o.ours, _ = called(s.t, tcpAddr(o.remote))
	s.inner.coming <- o.ours
	o.connection = accept(s.t, s.door)
	// Nothing is written: an empty Write makes it be decided.
	admitted := make(chan error, 1)
	go func() {
		_, err := o.connection.Write(nil)
		admitted <- err
	}()
	if s.lets(o) {
		require.NoError(s.t, <-admitted)
		return o
	}
	require.Error(s.t, <-admitted)
	s.counts["refused"]++
	return nil
}

// ask begins a request, which lasts until leave.
func (s *scene) ask(o *opened, major int) bool {
	o.header, o.leave, o.left = xff(modelClients[s.random.IntN(len(modelClients))]), make(chan struct{}), make(chan struct{})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr, r.Header, r.ProtoMajor = o.remote, o.header.Clone(), major
	if o.connection != nil {
		r = r.WithContext(s.recheck.ConnContext(r.Context(), o.connection))
	}
	began := make(chan context.Context, 1)
	go func() {
		defer close(o.left)
		s.guarded.ServeHTTP(httptest.NewRecorder(), r.WithContext(context.WithValue(r.Context(), beganKey{}, begins{began, o.leave})))
	}()
	select {
	case o.request = <-began:
		require.True(s.t, s.lets(o), "%s %v", o.remote, o.header)
		if s.pair.edge.Source() != gate.XForwardedFor {
			o.header = http.Header{}
		}
		return true
	case <-o.left:
		require.False(s.t, s.lets(o), "%s %v", o.remote, o.header)
		s.counts["refused"]++
		o.header = nil
		return false
	}
}

type beganKey struct{}

type begins struct {
	began chan context.Context
	leave chan struct{}
}

// close ends one, the request before its connection.
func (s *scene) close(o *opened) {
	if o.header != nil {
		close(o.leave)
		<-o.left
	}
	if o.connection != nil {
		_ = o.connection.Close()
	}
}

// TestRecheckModel: after each swap, what is open is what the pair in force would let
// in, and nothing was closed that it would.
func TestRecheckModel(t *testing.T) {
	const seed = 5
	s := &scene{t: t, random: rand.New(rand.NewPCG(seed, seed)), inner: newQueue(), closing: map[net.Conn]string{}, counts: map[string]int{}}
	s.recheck = &gate.Recheck{Closing: func(connection net.Conn, result gate.Result) {
		require.False(t, result.Allowed())
		s.closing[connection] = result.Decision.String()
	}}
	var policies []*decide.Policy
	for _, networks := range [][]string{{"203.0.113.0/24"}, {"203.0.113.7", "10.0.0.0/8"}, {"203.0.113.8", "2001:db8::/64"}, {"0.0.0.0/0", "::/0"}, {"192.0.2.1"}} {
		policies = append(policies, decidetest.AllowOnly(t, networks...))
	}
	policies = append(policies, nil)
	edges := []*gate.Resolver{
		sourced(t, gate.XForwardedFor), sourced(t, gate.XForwardedFor), sourced(t, gate.Forwarded), sourced(t, gate.Peer),
		mustResolver(t, gate.Config{Source: gate.XForwardedFor, Trusted: prefixes("10.0.0.0/8")}),
	}
	resolver := new(gate.Resolver)
	swap := func() {
		s.pair = pair{edges[s.random.IntN(len(edges))], policies[s.random.IntN(len(policies))]}
		resolver.Swap(s.pair.edge, &s.live, s.pair.policy)
	}
	swap()
	s.door = gate.Listen(s.inner, &s.live, gate.ListenOptions{Resolver: resolver, Proxies: true, Recheck: s.recheck})
	s.guarded = gate.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		begins := r.Context().Value(beganKey{}).(begins)
		begins.began <- r.Context()
		<-begins.leave
	}), &s.live, gate.Options{Resolver: resolver, Recheck: s.recheck})

	for range 20_000 {
		switch draw := s.random.IntN(12); {
		case draw < 3:
			if o := s.connect(); o != nil {
				s.open = append(s.open, o)
			}
		case draw < 5:
			if o := s.connect(); o != nil {
				s.ask(o, 1)
				s.open = append(s.open, o)
			}
		case draw < 7: // as in HTTP/2, or without ConnContext
			o := &opened{remote: modelPeers[s.random.IntN(len(modelPeers))]}
			if s.ask(o, 1+s.random.IntN(2)) {
				s.open = append(s.open, o)
			}
		case draw < 10 && len(s.open) > 0:
			i := s.random.IntN(len(s.open))
			s.close(s.open[i])
			s.open[i] = s.open[len(s.open)-1]
			s.open = s.open[:len(s.open)-1]
		default:
			swap()
			clear(s.closing)
			s.recheck.Look()
			s.settled()
		}
	}
	for _, o := range s.open {
		s.close(o)
	}
	held, _ := s.recheck.Open()
	require.Zero(t, held)
	t.Logf("figure: %v", s.counts)
	for _, what := range []string{"refused", "kept connection", "kept connection and request", "kept request", "ended connection", "ended connection and request", "ended request"} {
		require.Greater(t, s.counts[what], 50, "seed %d: %s", seed, what)
	}
}

// settled holds everything that is open against the model, and forgets what was closed.
func (s *scene) settled() {
	kept := s.open[:0]
	for _, o := range s.open {
		what := "request"
		if o.connection != nil {
			what = "connection"
			if o.header != nil {
				what = "connection and request"
			}
		}
		require.Equal(s.t, !s.lets(o), o.ended(), "%s from %s %v", what, o.remote, o.header)
		if !o.ended() {
			s.counts["kept "+what]++
			kept = append(kept, o)
			continue
		}
		s.counts["ended "+what]++
		if o.connection != nil {
			require.Contains(s.t, s.closing, net.Conn(o.ours), "Closing learns of it")
		}
		if o.request != nil {
			require.Error(s.t, o.request.Err())
		}
		s.close(o)
	}
	s.open = kept
	held, _ := s.recheck.Open()
	require.Len(s.t, kept, held)
}
