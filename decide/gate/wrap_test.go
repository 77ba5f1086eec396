package gate_test

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
)

// request is a request from a trusted proxy on behalf of client.
func request(client string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = trustedPeer
	if client != "" {
		r.Header.Set("X-Forwarded-For", client)
	}
	return r
}

// app answers with the client that the gate found.
var app = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	text := "undecided"
	if result, ok := gate.FromContext(r.Context()); ok {
		text = result.Decision.String()
	}
	_, _ = io.WriteString(w, text)
})

func serve(h http.Handler, r *http.Request) (status int, body string) {
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, r)
	return recorder.Code, recorder.Body.String()
}

func TestWrap(t *testing.T) {
	live := decidetest.Live(decidetest.AllowOnly(t, "203.0.113.0/24"))
	guarded := gate.Wrap(app, live, gate.Options{Resolver: sourced(t, gate.XForwardedFor)})
	for _, row := range []struct {
		name, client, body string
		status             int
	}{
		{"allowed", "6.6.6.6, 203.0.113.7", "allow 203.0.113.7 permitted", 200},
		{"denied", "203.0.113.7, 6.6.6.6", "Forbidden\n", 403},
		{"missing", "", "Forbidden\n", 403},
		{"malformed", "203.0.113.7, bad", "Forbidden\n", 403},
	} {
		t.Run(row.name, func(t *testing.T) {
			status, body := serve(guarded, request(row.client))
			require.Equal(t, row.status, status)
			require.Equal(t, row.body, body)
		})
	}
}

// TestWrapDenies: whatever is missing, the answer is no.
func TestWrapDenies(t *testing.T) {
	resolver := sourced(t, gate.XForwardedFor)
	allowing := decidetest.Live(decidetest.AllowOnly(t, "0.0.0.0/0"))
	for name, guarded := range map[string]http.Handler{
		"nil live":         gate.Wrap(app, nil, gate.Options{Resolver: resolver}),
		"zero live":        gate.Wrap(app, new(decide.Live), gate.Options{Resolver: resolver}),
		"nil policy":       gate.Wrap(app, decidetest.Live(nil), gate.Options{Resolver: resolver}),
		"zero policy":      gate.Wrap(app, decidetest.Live(new(decide.Policy)), gate.Options{Resolver: resolver}),
		"nil resolver":     gate.Wrap(app, allowing, gate.Options{}),
		"nothing":          gate.Wrap(app, nil, gate.Options{}),
		"unresolved":       gate.Wrap(app, allowing, gate.Options{Resolver: mustResolver(t, gate.Config{Trusted: edge(), Source: gate.Forwarded})}),
		"unknown mode":     gate.Wrap(app, nil, gate.Options{Resolver: resolver, Mode: 77}),
		"observer is mute": gate.Wrap(app, nil, gate.Options{Resolver: resolver, Observe: func(*http.Request, gate.Result) {}}),
	} {
		t.Run(name, func(t *testing.T) {
			status, _ := serve(guarded, request("203.0.113.7"))
			require.Equal(t, 403, status)
		})
	}
	status, _ := serve(gate.Wrap(app, allowing, gate.Options{Resolver: resolver}), request("203.0.113.7"))
	require.Equal(t, 200, status, "the same with everything in place")
}

func TestWrapHooks(t *testing.T) {
	policy := decidetest.AllowOnly(t, "203.0.113.0/24")
	var observed []string
	options := gate.Options{
		Resolver: sourced(t, gate.XForwardedFor),
		Observe: func(r *http.Request, result gate.Result) {
			text := r.URL.Path + " " + result.Decision.String()
			if result.Err != 0 {
				text += " " + result.Err.Code()
			}
			observed = append(observed, text)
			require.Same(t, policy, result.Policy())
		},
		Denied: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			result, ok := gate.FromContext(r.Context())
			require.True(t, ok)
			http.Error(w, result.Decision.Reason.String(), http.StatusTeapot)
		}),
	}
	guarded := gate.Wrap(app, decidetest.Live(policy), options)

	status, body := serve(guarded, request("203.0.113.7"))
	require.Equal(t, 200, status)
	require.Equal(t, "allow 203.0.113.7 permitted", body)
	status, body = serve(guarded, request("6.6.6.6"))
	require.Equal(t, http.StatusTeapot, status)
	require.Equal(t, "off_network\n", body)
	_, _ = serve(guarded, request("bad"))

	options.Mode = gate.Observe
	status, body = serve(gate.Wrap(app, decidetest.Live(policy), options), request("6.6.6.6"))
	require.Equal(t, 200, status, "observing lets pass")
	require.Equal(t, "deny 6.6.6.6 off_network", body)
	require.Equal(t, []string{
		"/ allow 203.0.113.7 permitted", "/ deny 6.6.6.6 off_network", "/ deny - client_unresolved malformed", "/ deny 6.6.6.6 off_network",
	}, observed)
}

func TestModeString(t *testing.T) {
	for mode, want := range map[gate.Mode]string{gate.Enforce: "enforce", gate.Observe: "observe", gate.Observe + 1: "enforce"} {
		require.Equal(t, want, mode.String())
	}
}

func TestWrapSkip(t *testing.T) {
	guarded := gate.Wrap(app, nil, gate.Options{Skip: func(r *http.Request) bool { return r.URL.Path == "/healthz" }})
	r := request("203.0.113.7")
	r.URL.Path = "/healthz"
	status, body := serve(guarded, r)
	require.Equal(t, 200, status)
	require.Equal(t, "undecided", body)
	status, _ = serve(guarded, request("203.0.113.7"))
	require.Equal(t, 403, status)
}

// TestEarlyData: nothing is decided before the handshake has proved the address.
func TestEarlyData(t *testing.T) {
	decisions := 0
	for _, mode := range []gate.Mode{gate.Enforce, gate.Observe} {
		guarded := gate.Wrap(app, decidetest.Live(decidetest.AllowOnly(t, "203.0.113.0/24")), gate.Options{
			Resolver: sourced(t, gate.XForwardedFor), Mode: mode, Observe: func(*http.Request, gate.Result) { decisions++ },
		})
		r := request("203.0.113.7")
		r.TLS = &tls.ConnectionState{}
		status, body := serve(guarded, r)
		require.Equal(t, http.StatusTooEarly, status)
		require.Equal(t, "Too Early\n", body)
		require.Zero(t, decisions)

		r.TLS.HandshakeComplete = true
		status, _ = serve(guarded, r)
		require.Equal(t, 200, status)
		require.Equal(t, 1, decisions)
		decisions = 0
	}
}

// TestWrapLeavesRequest: what the handler behind sees is what came in.
func TestWrapLeavesRequest(t *testing.T) {
	r := request("203.0.113.7")
	r.Header["X_Forwarded_For"] = []string{"6.6.6.6"}
	before := r.Header.Clone()
	type key struct{}
	r = r.WithContext(context.WithValue(r.Context(), key{}, "kept"))
	reached := false
	guarded := gate.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		reached = true
		require.Equal(t, trustedPeer, r.RemoteAddr)
		require.Equal(t, before, r.Header)
		require.Equal(t, "kept", r.Context().Value(key{}))
	}), decidetest.Live(decidetest.AllowOnly(t, "203.0.113.0/24")), gate.Options{Resolver: sourced(t, gate.XForwardedFor)})
	_, _ = serve(guarded, r)
	require.True(t, reached)
}

func TestResult(t *testing.T) {
	policy := decidetest.Documents{
		Zones:     `[{"type":"IP","id":"office","name":"Office","status":"ACTIVE","usage":"POLICY","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}]`,
		SailPoint: `{"range":["203.0.113.0/24"]}`,
	}.Compile(t)
	guarded := gate.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		result, ok := gate.FromContext(r.Context())
		require.True(t, ok)
		require.True(t, result.Allowed())
		require.Equal(t, "203.0.113.7 - 1.1.1.1 2.2.2.2 3.3.3.3", chainText(result.Chain(), nil))
		membership := result.Membership()
		require.Equal(t, netip.MustParseAddr("203.0.113.7"), membership.Client())
		require.Equal(t, decide.Match, membership.Zone("office"))
		require.Equal(t, decide.Match, membership.OnNetwork())
	}), decidetest.Live(policy), gate.Options{Resolver: sourced(t, gate.XForwardedFor)})
	status, _ := serve(guarded, request("3.3.3.3, 2.2.2.2, 1.1.1.1, bad, 203.0.113.7"))
	require.Equal(t, 200, status)

	result, ok := gate.FromContext(context.Background())
	require.False(t, ok)
	require.False(t, result.Allowed())
	require.Empty(t, result.Chain())
	require.Nil(t, result.Policy())
	membership := result.Membership()
	require.False(t, membership.Client().IsValid())
}

// TestDecideBuffer: what the buffer held stays, and is no part of the chain.
func TestDecideBuffer(t *testing.T) {
	policy := decidetest.AllowOnly(t, "203.0.113.0/24")
	buffer := []netip.Addr{netip.MustParseAddr("203.0.113.9")}
	result := gate.Decide(buffer, policy, sourced(t, gate.XForwardedFor), trustedPeer, xff("6.6.6.6"))
	require.Equal(t, "6.6.6.6", chainText(result.Chain(), nil))
	require.Equal(t, decide.OffNetwork, result.Decision.Reason)
	result = gate.Decide(buffer, policy, sourced(t, gate.XForwardedFor), trustedPeer, xff("bad"))
	require.Empty(t, result.Chain())
	require.Equal(t, gate.ErrMalformed, result.Err)
	require.Equal(t, decide.ClientUnresolved, result.Decision.Reason)
}

// FuzzDecide: a request that the resolver refuses is never allowed, and a
// prefix that the client adds never turns a denial into an allow.
func FuzzDecide(f *testing.F) {
	for i, value := range seedValues(f) {
		f.Add(trustedPeer, "203.0.113.7", value, uint8(i)) // a prefix of the allowed network
		f.Add("203.0.113.7:1", value, value, uint8(i))     // a client without a proxy
		f.Add("@", value, "203.0.113.7", uint8(i))         // no peer
	}
	allowing := decidetest.Documents{
		Zones: `[{"type":"IP","id":"b","name":"b","status":"ACTIVE","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"6.0.0.0/8"}]},
			{"type":"IP","id":"p","name":"p","status":"ACTIVE","usage":"POLICY","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}],"proxies":[{"type":"CIDR","value":"192.0.2.0/24"}]}]`,
		SailPoint: `{"range":["203.0.113.0/24","2001:db8::/32"]}`,
	}.Compile(f)
	resolvers := sourcedAll(f)
	f.Fuzz(func(t *testing.T, remoteAddr, prefix, suffix string, choice uint8) {
		source := sources[int(choice)%len(sources)]
		r := resolvers[int(choice)%len(sources)]
		var buffer [gate.MaxChain]netip.Addr
		plain := gate.Decide(buffer[:0], allowing, r, remoteAddr, header(source, suffix))
		if plain.Err != 0 && plain.Allowed() {
			t.Fatalf("allowed with %v: %q from %q", plain.Err, suffix, remoteAddr)
		}
		if plain.Err != 0 || plain.Allowed() || strings.HasPrefix(source.String(), "header:") {
			return
		}
		// The nearest hop decides here unless it is a zone's proxy, behind which the header is believed.
		if netip.MustParsePrefix("192.0.2.0/24").Contains(plain.Chain()[0]) {
			return
		}
		forged := gate.Decide(buffer[:0], allowing, r, remoteAddr, header(source, prefix+", "+suffix))
		if forged.Allowed() {
			t.Fatalf("%s from %q: %q is denied, with %q before it allowed", source, remoteAddr, suffix, prefix)
		}
	})
}

// TestWrapUnderSwap: every answer is that of one policy, hooks included.
func TestWrapUnderSwap(t *testing.T) {
	policies := []*decide.Policy{decidetest.AllowOnly(t, "203.0.113.7"), decidetest.AllowOnly(t, "203.0.113.8")}
	live := decidetest.Live(policies[0])
	guarded := gate.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		result, _ := gate.FromContext(r.Context())
		membership := result.Membership()
		if want := result.Policy().DecideChain(result.Chain()); want != result.Decision || membership.OnNetwork() != decide.Match {
			t.Errorf("decision %v, policy says %v", result.Decision, want)
		}
	}), live, gate.Options{Resolver: sourced(t, gate.XForwardedFor)})

	var readers sync.WaitGroup
	for range 2 {
		readers.Add(1)
		go func() {
			defer readers.Done()
			r := request("203.0.113.7")
			for range 2000 {
				_, _ = serve(guarded, r)
			}
		}()
	}
	for i := range 2000 {
		live.Swap(policies[i%2])
	}
	readers.Wait()
}

func TestDeleteForwarding(t *testing.T) {
	h := http.Header{}
	for _, name := range []string{
		"Forwarded", "forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X_forwarded_for", "X.Forwarded.For", "x-Forwarded_Proto",
		"X-Real-Ip", "X_Real.IP", "X-FORWARDED-", "X-Forwarded-Client-Cert",
	} {
		h[name] = []string{"6.6.6.6"}
	}
	kept := http.Header{"X-Forwardedfor": {"a"}, "Via": {"b"}, "Forwarded-For": {"c"}, "Authorization": {"d"}}
	for name, lines := range kept {
		h[name] = lines
	}
	gate.DeleteForwarding(h)
	require.Equal(t, kept, h)
	gate.DeleteForwarding(nil)
}
