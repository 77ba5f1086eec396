package gate_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
)

// TestNoAllocs: from RemoteAddr and header to the decision nothing is
// allocated, whatever a client sends.
func TestNoAllocs(t *testing.T) {
	list, single := sourced(t, gate.XForwardedFor), sourced(t, gate.HeaderNamed("X-Forwarded-For"))
	policy := decidetest.AllowOnly(t, "203.0.113.0/24")
	live, swapped := decidetest.Live(nil), new(gate.Resolver)
	swapped.Swap(list, live, policy)
	for _, row := range []struct {
		name       string
		resolver   *gate.Resolver
		remoteAddr string
		header     http.Header
	}{
		{"nil", nil, trustedPeer, nil},
		{"zero", &gate.Resolver{}, "[2001:db8::7%eth0]:1", nil},
		{"one", list, trustedPeer, xff("203.0.113.7")},
		{"swapped", swapped, trustedPeer, xff("203.0.113.7")},
		{"three", list, trustedPeer, xff("203.0.113.7, 10.0.0.3, 10.0.0.2")},
		{"lines", list, trustedPeer, xff("203.0.113.7", "10.0.0.3", "10.0.0.2")},
		{"v6", list, "[2001:db8:ffff::1]:1", xff("2001:db8::7, [2001:db8:ffff::2]:80")},
		{"mapped and zoned", list, "[::ffff:10.0.0.1]:1", xff("::ffff:203.0.113.7%zone-never-seen-before, 10.0.0.2")},
		{"malformed", list, trustedPeer, xff("203.0.113.7, bad, 10.0.0.2")},
		{"missing", list, trustedPeer, nil},
		{"too long", list, trustedPeer, xff(strings.Repeat("10.0.0.2,", 40))},
		{"bad peer", list, "@", xff("203.0.113.7")},
		{"untrusted", list, "198.51.100.66:1", xff(strings.Repeat("unknown, 6.6.6.6%x,", 40))},
		{"attack", list, trustedPeer, xff(strings.Repeat("6.6.6.6, bad, ", 1000) + "203.0.113.7")},
		{"single", single, trustedPeer, xff("203.0.113.7")},
		{"single malformed", single, trustedPeer, xff("a, b")},
		{"hops", sourced(t, gate.Hops(2)), trustedPeer, xff("6.6.6.6, 203.0.113.7, 10.0.0.2")},
		{"forwarded", sourced(t, gate.Forwarded), trustedPeer, forwarded(`for=6.6.6.6;host="x\"", for="[2001:db8::7]:_p";by=_x, for=10.0.0.2`)},
		{"silent", list, trustedPeer, xff("203.0.113.7,, 10.0.0.2")},
		{"viewer address", sourced(t, viewerAddress), trustedPeer, header(viewerAddress, "2001:db8::7:80")},
		{"forwarded, long", sourced(t, gate.Forwarded), trustedPeer, forwarded(manyParameters(99) + "for=203.0.113.7")},
		{"obfuscated", sourced(t, gate.Forwarded), trustedPeer, forwarded(`for=_hidden`)},
	} {
		t.Run(row.name, func(t *testing.T) {
			var buffer [gate.MaxChain]netip.Addr
			for name, call := range map[string]func(){
				"Client":           func() { _, _ = row.resolver.Client(row.remoteAddr, row.header) },
				"Chain":            func() { _, _ = row.resolver.Chain(buffer[:0], row.remoteAddr, row.header) },
				"ChainWithoutEdge": func() { _, _ = gate.ChainWithoutEdge(buffer[:0], row.remoteAddr, row.header) },
				"Trusts":           func() { _ = row.resolver.Trusts(row.remoteAddr) },
				"Peer":             func() { _, _ = row.resolver.Peer(row.remoteAddr) },
				"Decide": func() {
					var buffer [gate.MaxChain]netip.Addr
					_ = gate.Decide(buffer[:0], policy, row.resolver, row.remoteAddr, row.header)
				},
				"Pair": func() {
					var buffer [gate.MaxChain]netip.Addr
					edge, policy := row.resolver.Pair(live)
					_ = gate.Decide(buffer[:0], policy, edge, row.remoteAddr, row.header)
				},
				"Swap": func() { swapped.Swap(list, live, policy) },
			} {
				if n := testing.AllocsPerRun(100, call); n != 0 {
					t.Errorf("%s allocates %v times", name, n)
				}
			}
		})
	}
}

// discard is a ResponseWriter that keeps nothing.
type discard struct {
	status int
	header http.Header
}

func (d *discard) Header() http.Header             { return d.header }
func (*discard) Write(b []byte) (int, error)       { return len(b), nil }
func (*discard) WriteString(s string) (int, error) { return len(s), nil }
func (d *discard) WriteHeader(status int)          { d.status = status }

// TestRefusalAllocs: a plain refusal costs no memory; a decision that a hook or
// handler may keep costs one context, and the request that carries it.
func TestRefusalAllocs(t *testing.T) {
	live := decidetest.Live(decidetest.AllowOnly(t, "203.0.113.0/24"))
	options := gate.Options{Resolver: sourced(t, gate.XForwardedFor)}
	nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	w := &discard{header: http.Header{}}

	guarded, denied, allowed := gate.Wrap(nothing, live, options), request("6.6.6.6"), request("203.0.113.7")
	if n := testing.AllocsPerRun(100, func() { guarded.ServeHTTP(w, denied) }); n != 0 || w.status != 403 {
		t.Errorf("a refusal allocates %v times, status %d", n, w.status)
	}
	if n := testing.AllocsPerRun(100, func() { guarded.ServeHTTP(w, allowed) }); n > 2 {
		t.Errorf("passing a request on allocates %v times", n)
	}
	options.Observe = func(*http.Request, gate.Result) {}
	guarded = gate.Wrap(nothing, live, options)
	if n := testing.AllocsPerRun(100, func() { guarded.ServeHTTP(w, denied) }); n > 1 {
		t.Errorf("an observed refusal allocates %v times", n)
	}
}
