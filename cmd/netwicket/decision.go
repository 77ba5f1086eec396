package main

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

// decisionJSON is one decision as eval prints it.
type decisionJSON struct {
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

func newDecisionJSON(d decide.Decision, from admission.Resolution) decisionJSON {
	return decisionJSON{
		Decision: d.Verdict, Reason: d.Reason, Reasons: d.Reasons,
		Client: orNull(d.Client), Peer: orNull(from.Peer),
		Zone: d.Zone, Rule: textOrNull(d.Rule), Audit: d.Audit, Error: textOrNull(from.Code()), Unknown: d.Unknown,
	}
}

// decisionLine is one decision for a person, with the resolver's error behind it.
// A terminal gets columns, anything else single spaces.
func decisionLine(d decide.Decision, from admission.Resolution, s style) string {
	verdict, rest, _ := strings.Cut(d.String(), " ")
	client, rest, _ := strings.Cut(rest, " ")
	if code := from.Code(); code != "" {
		rest += " error=" + code
	}
	if s.person {
		verdict = fmt.Sprintf("%-5s", verdict)
		client = fmt.Sprintf("%-15s", client)
	}
	return s.verdict(d.Verdict, verdict) + " " + client + " " + rest + "\n"
}
