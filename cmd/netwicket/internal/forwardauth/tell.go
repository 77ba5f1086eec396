package forwardauth

import (
	"net/http"
	"net/netip"
	"strconv"

	"github.com/netwicket/netwicket/decide/gate"
)

// tell puts what the policy file asks for into the headers of an allow. A header
// that has nothing to say is empty rather than absent, so that a proxy which copies
// the headers that there are cannot leave the client's own in their place.
func (s *Snapshot) tell(header http.Header, r *http.Request, client netip.Addr) {
	for _, what := range s.serve.AnswerHeaders {
		switch what {
		case "client":
			header.Set("X-Netwicket-Client", addressText(client))
		case "country":
			header.Set("X-Netwicket-Country", s.table.Lookup(client).Country)
		case "asn":
			header.Set("X-Netwicket-Asn", s.asn(client))
		case "zones":
			header.Set("X-Netwicket-Zones", s.zones(r))
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
func (s *Snapshot) zones(r *http.Request) string {
	chain, _ := s.resolver.Chain(nil, r.RemoteAddr, r.Header) // none, where there is an error
	membership := s.policy.Match(chain)
	return gate.ZoneList(&membership)
}
