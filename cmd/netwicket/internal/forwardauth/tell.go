package forwardauth

import (
	"net/netip"
	"strconv"

	"github.com/netwicket/netwicket/decide/gate"
)

// Tell puts what the policy file asks for into the headers of an allow. A header
// that has nothing to say is empty rather than absent, so that a proxy which copies
// the headers that there are cannot leave the client's own in their place.
func (a *Answer) Tell(q *Question, set func(name, value string)) {
	s, client := a.snapshot, a.Decision.Client
	for _, what := range s.serve.AnswerHeaders {
		switch what {
		case "client":
			set("X-Netwicket-Client", addressText(client))
		case "country":
			set("X-Netwicket-Country", s.table.Lookup(client).Country)
		case "asn":
			set("X-Netwicket-Asn", s.asn(client))
		case "zones":
			set("X-Netwicket-Zones", s.zones(q))
		}
	}
}

func addressText(addr netip.Addr) string {
	if !addr.IsValid() {
		return ""
	}
	return addr.String()
}

func (s *Snapshot) asn(client netip.Addr) string {
	location := s.table.Lookup(client)
	if !location.ASNKnown {
		return ""
	}
	return strconv.FormatUint(uint64(location.ASN), 10)
}

// zones are the zones that the request is in for certain. The chain is found once more,
// so that it does not go to the heap where nobody asks.
func (s *Snapshot) zones(q *Question) string {
	chain, _ := s.resolver.Chain(nil, q.Peer, q.Header) // none, where there is an error
	membership := s.policy.Match(chain)
	return gate.ZoneList(&membership)
}
