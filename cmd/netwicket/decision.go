package main

import (
	"fmt"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/decide"
)

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
