package console

import (
	"net/netip"
	"net/url"
	"strings"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/explained"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
	"github.com/netwicket/netwicket/decide"
)

// requestAnswer is the answer about one request, with all that led to it.
type requestAnswer struct {
	decide.Decision
	Code   string           // of the resolver's error; empty: none
	Peer   netip.Addr       // the zero Addr: it is no address
	Denied *explained.Layer // the layer that denied first, nil if none did
	Hops   []explained.Hop
	Facts  []explained.Fact
	Zones  []explained.Zone
	Rules  []explained.Rule
	Layers []explained.Layer
	Steps  []string
	Data   [][]string // what is said of the policy
	// Alone is the decision about the client without any other hop, which is that of the
	// request where there are none.
	Alone   decide.Decision
	Around  netipx.IPRange // the range around the client about which Alone is the same
	Located netipx.IPRange // the one that has the same location
	Untold  string         // why sources do not tell what they say; empty: they do
}

// answerRequest decides as explain does.
func answerRequest(on *subject, r request.Request) *requestAnswer {
	var buffer admission.Buffer
	e, from := on.Control.Explain(r, &buffer)
	a := &requestAnswer{
		Decision: e.Decision, Code: from.Code(), Peer: from.Peer, Steps: e.Steps,
		Hops: explained.Hops(&e), Zones: explained.Zones(&e), Rules: explained.Rules(&e), Layers: explained.Layers(&e),
		Data: explained.PolicyRows(on.Control.Policy.Info()),
	}
	for i := range a.Layers {
		if a.Layers[i].Outcome == "deny" {
			a.Denied = &a.Layers[i]
			break
		}
	}
	if client := e.Decision.Client; client.IsValid() {
		a.Alone, a.Located = on.Control.Policy.Decide(client), e.Range
		a.Around = around(on.Control.Policy, client)
		a.tellSources(on, &e)
	}
	return a
}

// tellSources says of each datum of the client where it comes from.
func (a *requestAnswer) tellSources(on *subject, e *decide.Explanation) {
	if on.Control.Policy.Info().Snapshot {
		return
	}
	tracer, err := on.Tracer()
	if err != nil {
		a.Untold = err.Error()
	}
	provenance := explained.NewProvenance(e, tracer.At(e.Decision.Client))
	a.Facts = explained.Facts(e, &provenance)
}

// Differs says that the client alone would have another answer than the request.
func (a *requestAnswer) Differs() bool { return a.Alone.Judgment != a.Decision.Judgment }

// UnknownData are the data of the client that are unknown and on which the decision
// turned.
func (a *requestAnswer) UnknownData() string { return strings.Join(a.Unknown.Names(), ", ") }

// Map is where the client is on the map.
func (a *requestAnswer) Map() string { return mapLink(a.Client) }

// mapLink is the map of what is around an address.
func mapLink(addr netip.Addr) string {
	bits := 24
	if addr.Is6() {
		bits = 48
	}
	return mapPrefixLink(netip.PrefixFrom(addr, bits).Masked())
}

func mapPrefixLink(prefix netip.Prefix) string {
	return "map?" + url.Values{"at": {prefix.String()}, "by": {"decision"}}.Encode()
}

// askLink is the address of a question.
func askLink(question, peer string) string {
	values := url.Values{"q": {question}}
	if peer != "" {
		values.Set("peer", peer)
	}
	return "ask?" + values.Encode()
}
