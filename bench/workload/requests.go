package workload

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/netwicket/netwicket/decide/gate"
)

// Request is what a resolver reads of a request, and the client that it must find.
type Request struct {
	RemoteAddr string
	Header     http.Header
	Client     netip.Addr
}

// TrustedProxies are the edge of all requests here.
const TrustedProxies = "10.0.0.0/8"

const (
	peerText     = "10.0.0.3:51234"
	proxiesText  = ", 10.0.0.2, 10.0.0.1"
	resolveCount = 16
	forgedCount  = 100_000
	requestCount = 1 << 12
)

// Resolver trusts [TrustedProxies] and reads the header of the source.
func Resolver(tb testing.TB, source gate.ClientSource) *gate.Resolver {
	tb.Helper()
	resolver, err := gate.NewResolver(gate.Config{Trusted: []netip.Prefix{netip.MustParsePrefix(TrustedProxies)}, Source: source})
	if err != nil {
		tb.Fatal(err)
	}
	return resolver
}

// XFF3 are requests with X-Forwarded-For of three elements: the client and two
// trusted proxies.
func (s *Suite) XFF3(tb testing.TB) []Request {
	tb.Helper()
	return s.requests(tb, func(client netip.Addr) http.Header {
		return http.Header{"X-Forwarded-For": {client.String() + proxiesText}}
	})
}

// Forwarded3 are the same with Forwarded (RFC 7239).
func (s *Suite) Forwarded3(tb testing.TB) []Request {
	tb.Helper()
	return s.requests(tb, func(client netip.Addr) http.Header {
		return http.Header{"Forwarded": {"for=" + client.String() + ";proto=https;host=example.com, for=10.0.0.2;proto=https, for=10.0.0.1"}}
	})
}

// Attack100K are those of XFF3 with 100,000 elements in front that the client made up.
func (s *Suite) Attack100K(tb testing.TB) []Request {
	tb.Helper()
	var forged strings.Builder
	for i := range forgedCount {
		fmt.Fprintf(&forged, "%d.%d.%d.%d, ", 11+i%100, i>>16, i>>8&0xff, i&0xff)
	}
	return s.requests(tb, func(client netip.Addr) http.Header {
		return http.Header{"X-Forwarded-For": {forged.String() + client.String() + proxiesText}}
	})
}

func (s *Suite) requests(tb testing.TB, header func(client netip.Addr) http.Header) []Request {
	tb.Helper()
	requests := make([]Request, resolveCount)
	for i, client := range s.Addresses(tb, IPv4)[:resolveCount] {
		requests[i] = Request{RemoteAddr: peerText, Header: header(client), Client: client}
	}
	return requests
}

// Requests arrive through one trusted proxy and have chains of that many hops for
// the policy, those of [Suite.Chains]: zone proxies, then the client.
func (s *Suite) Requests(tb testing.TB, hops int) []Request {
	tb.Helper()
	chains := s.Chains(tb, hops)
	requests := make([]Request, requestCount)
	for i := range requests {
		chain := chains[i*hops : (i+1)*hops]
		elements := make([]string, hops)
		for j, hop := range chain {
			elements[hops-1-j] = hop.String() // the header's order is from the client to us
		}
		requests[i] = Request{
			RemoteAddr: peerText,
			Header:     http.Header{"X-Forwarded-For": {strings.Join(elements, ", ")}},
			Client:     chain[hops-1],
		}
	}
	return requests
}
