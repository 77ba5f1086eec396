package explained

import (
	"net/netip"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

// Decision is one decision as eval prints it.
type Decision struct {
	Decision decide.Verdict  `json:"decision"`
	Reason   decide.Reason   `json:"reason"`
	Reasons  decide.Reasons  `json:"reasons"`
	Client   *netip.Addr     `json:"client"`
	Peer     *netip.Addr     `json:"peer"`
	Zone     *decide.ZoneRef `json:"zone"`
	Rule     *string         `json:"rule"`
	Audit    bool            `json:"audit"`
	Error    *string         `json:"error"`
	Unknown  geo.Field       `json:"unknown"`
}

// NewDecision is a decision about a request that came down to from.
func NewDecision(d decide.Decision, from admission.Resolution) Decision {
	return Decision{
		Decision: d.Verdict, Reason: d.Reason, Reasons: d.Reasons,
		Client: AddrOrNull(d.Client), Peer: AddrOrNull(from.Peer),
		Zone: d.Zone, Rule: TextOrNull(d.Rule), Audit: d.Audit, Error: TextOrNull(from.Code()), Unknown: d.Unknown,
	}
}

// AddrOrNull is an address for JSON, null for the zero Addr.
func AddrOrNull(addr netip.Addr) *netip.Addr {
	if !addr.IsValid() {
		return nil
	}
	return &addr
}

// TextOrNull is a text for JSON, null for an empty one.
func TextOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
