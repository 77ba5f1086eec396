package decide_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
)

// A sender that nobody trusts writes whatever it likes into its headers: before
// what the proxies append, in lines of its own, and in every other header. A
// request that is denied when the sender writes nothing is never allowed, and
// the client is never another one.
func TestForgeryNeverAllows(t *testing.T) {
	seeds, requests := uint64(25), 400
	if proving() {
		seeds, requests = 250, 4000
	}
	var asked, denied, outcomesDiffer atomic.Int64
	eachSeed(seeds, func(seed uint64) {
		r := newRandomPolicy(seed)
		policy, err := decide.Compile(r.config(t))
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
			return
		}
		f := newForger(t, r, policy)
		for range requests {
			route := f.route()
			honest := f.decide(route, nil)
			forged, header := f.forge(route)
			asked.Add(1)
			if !honest.Allowed() {
				denied.Add(1)
			}
			if forged.Decision.Verdict != honest.Decision.Verdict {
				outcomesDiffer.Add(1)
			}
			switch {
			case forged.Allowed() && !honest.Allowed():
				t.Errorf("seed %d, %s: %v without forged headers, %v with %q", seed, route, honest.Decision, forged.Decision, header)
			case forged.Err == 0 && honest.Err == 0 && forged.Decision.Client != honest.Decision.Client:
				t.Errorf("seed %d, %s: the client is %v, with %q it is %v", seed, route, honest.Decision.Client, header, forged.Decision.Client)
			}
		}
	})
	figure(t, "%d requests of %d random policies with forged headers, %d of them denied without; %d that forgery kept out; none that it let in",
		asked.Load(), seeds, denied.Load(), outcomesDiffer.Load())
	require.Positive(t, denied.Load())
	require.Positive(t, outcomesDiffer.Load(), "the forged hops are not looked at")
}

// forger makes requests for one policy behind edges of every sort.
type forger struct {
	*randomPolicy
	policy  *decide.Policy
	edges   []*gate.Resolver
	sources []gate.ClientSource
	proxies []netip.Addr // zone proxies among the addresses in use
	senders []netip.Addr // neither zone proxies nor ours

	spelt, odd []string // elements of forged headers
}

// ours are the addresses of the edge.
var ours = []netip.Addr{netip.MustParseAddr("172.16.0.1"), netip.MustParseAddr("172.16.0.255"), netip.MustParseAddr("fd00::1")}

func newForger(t *testing.T, r *randomPolicy, policy *decide.Policy) *forger {
	f := &forger{randomPolicy: r, policy: policy}
	for _, source := range []gate.ClientSource{gate.XForwardedFor, gate.Forwarded, gate.HeaderNamed("X-Real-IP"), gate.Hops(1), gate.Hops(2), gate.Peer} {
		resolver, err := gate.NewResolver(gate.Config{
			Trusted: []netip.Prefix{netip.MustParsePrefix("172.16.0.0/24"), netip.MustParsePrefix("fd00::/64")}, Source: source,
		})
		if err != nil {
			t.Fatal(err)
		}
		f.edges = append(f.edges, resolver)
		f.sources = append(f.sources, source)
	}
	resolver := f.edges[0]
	for _, addr := range r.pool {
		if _, err := resolver.Peer(addr.String()); err != nil {
			continue // no host
		}
		hop := policy.Explain(addr).Hops[0]
		if len(hop.TrustedBy) > 0 {
			f.proxies = append(f.proxies, addr)
		} else {
			f.senders = append(f.senders, addr)
		}
	}
	f.spellings()
	return f
}

// route is how an honest request comes: from a sender, through proxies that the
// policy knows, through ours. Each tells whom it has it from.
type route struct {
	edge   int
	sender netip.Addr
	hops   []netip.Addr // behind the sender
}

func (r route) String() string {
	return fmt.Sprintf("edge %d, sender %s, hops %s", r.edge, r.sender, r.hops)
}

func (f *forger) route() route {
	r := route{edge: f.IntN(len(f.edges)), sender: pick(f.randomPolicy, f.senders...)}
	source := f.sources[r.edge]
	if len(f.proxies) > 0 && source != gate.Hops(1) && source != gate.Hops(2) {
		for range f.IntN(3) {
			r.hops = append(r.hops, pick(f.randomPolicy, f.proxies...))
		}
	}
	switch source {
	case gate.Hops(1):
		r.hops = append(r.hops, pick(f.randomPolicy, ours...))
	case gate.Hops(2):
		r.hops = append(r.hops, pick(f.randomPolicy, ours...), pick(f.randomPolicy, ours...))
	default:
		for range f.IntN(3) {
			r.hops = append(r.hops, pick(f.randomPolicy, ours...))
		}
	}
	return r
}

// decide sends the sender's header along the route.
func (f *forger) decide(r route, header http.Header) gate.Result {
	source := f.sources[r.edge]
	header = header.Clone()
	if header == nil {
		header = http.Header{}
	}
	from := r.sender
	for _, hop := range r.hops {
		switch source {
		case gate.Forwarded:
			appendElement(header, "Forwarded", `for="`+bracketed(from)+`"`, f.IntN(2) == 0)
		case gate.HeaderNamed("X-Real-IP"):
			header["X-Real-Ip"] = []string{from.String()}
		default:
			appendElement(header, "X-Forwarded-For", from.String(), f.IntN(2) == 0)
		}
		from = hop
	}
	return gate.Decide(nil, f.policy, f.edges[r.edge], bracketed(from)+":4711", header)
}

func bracketed(addr netip.Addr) string {
	if addr.Is4() {
		return addr.String()
	}
	return "[" + addr.String() + "]"
}

// appendElement appends as proxies do: to the last line, or as a line.
func appendElement(h http.Header, name, element string, ownLine bool) {
	lines := h[name]
	if ownLine || len(lines) == 0 {
		h[name] = append(lines, element)
		return
	}
	lines[len(lines)-1] += ", " + element
}

// forge sends the same request with headers full of what may hurt.
func (f *forger) forge(r route) (gate.Result, http.Header) {
	header := http.Header{}
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "X_Forwarded_For", "X-Forwarded", "True-Client-Ip", "Cf-Connecting-Ip", "X-Client-Ip", "Via"} {
		for range f.IntN(3) {
			header[name] = append(header[name], f.value())
		}
	}
	if f.IntN(3) == 0 {
		header["Connection"] = []string{"X-Forwarded-For"}
	}
	return f.decide(r, header), header
}

// value is a header value that a sender may hope for: half of them are lists
// that any parser reads.
func (f *forger) value() string {
	var b strings.Builder
	tidy := f.IntN(2) == 0
	for i := range 1 + f.IntN(5) {
		switch {
		case i > 0 && tidy:
			b.WriteString(", ")
		case i > 0:
			b.WriteString(pick(f.randomPolicy, ", ", ",", " ", ";", "\t,", ""))
		}
		if tidy {
			b.WriteString(pick(f.randomPolicy, f.spelt...))
		} else {
			b.WriteString(pick(f.randomPolicy, f.odd...))
		}
	}
	return b.String()
}

// spellings fills what values are made of.
func (f *forger) spellings() {
	for _, addr := range slices.Concat(ours, f.pool) {
		f.spelt = append(f.spelt, addr.String(), bracketed(addr)+":80", addr.String(), `for="`+bracketed(addr)+`"`)
		f.odd = append(f.odd, addr.String()+"%eth0", "::ffff:"+addr.String(), `for=`+addr.String(), `for="`+addr.String(),
			`host="a, for=`+addr.String()+`;x="`, "\u00a0"+addr.String())
	}
	f.odd = append(f.odd, "unknown", "_hidden", "010.0.0.1", "\x00", "\xff\xfe", `"`, `\`, `";`, `for="\"`, "")
	for _, unit := range []string{",", " ", "x", `\`} {
		for n := 1; n < 2000; n = 3*n + 1 {
			f.odd = append(f.odd, strings.Repeat(unit, n))
		}
	}
}
