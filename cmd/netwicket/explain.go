package main

import (
	"io"
	"net/netip"
	"slices"

	"github.com/spf13/cobra"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/request"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

func (c *commandLine) explainCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "explain [ADDR...]",
		Short: "Decide, and show everything that led to the decision",
		Long: `Decides like eval, and shows for each request every hop, zone, rule and layer:
hit or miss, and why; at the end the policy's fingerprint and the dates of its
data.

--from-log takes the request from a line of an access log, read as replay reads
it.`,
		Example: `  netwicket explain 203.0.113.9
  netwicket explain --json --remote 10.0.0.1:4711 -H 'X-Forwarded-For: 203.0.113.9'
  netwicket explain --from-log "$(grep -m1 ' 403 ' access.log)"`,
	}
	input := newRequests(command)
	input.line = newLogLine(command)
	command.RunE = func(_ *cobra.Command, args []string) error {
		look := c.style()
		return c.decideEach(input, args, func(by *deciding, r request.Request, out io.Writer) (decide.Decision, error) {
			e, from := by.Explain(r, &by.buffer)
			provenance := newProvenanceJSON(&e, by.said(e.Decision.Client))
			if c.json {
				return e.Decision, writeJSON(out, newExplanationJSON(&e, from, by.Policy.Info(), provenance))
			}
			return e.Decision, writeExplanation(out, &e, from, by.Policy.Info(), &provenance, look)
		})
	}
	return command
}

// explanationJSON is one decision with all that led to it.
type explanationJSON struct {
	decisionJSON
	Chain    []*netip.Addr `json:"chain"`
	Zones    ordered       `json:"zones"`
	Location *locationJSON `json:"location"` // null: the policy is a snapshot
	Policy   policyJSON    `json:"policy"`
	Steps    []string      `json:"steps"`

	Provenance provenanceJSON `json:"provenance"`
}

// locationJSON is what is known of the client; null is unknown.
type locationJSON struct {
	Country    *string  `json:"country"`
	Region     *string  `json:"region"`
	ASN        *uint32  `json:"asn"`
	Anonymizer *string  `json:"anonymizer"`
	Services   []string `json:"services"`
}

func newExplanationJSON(e *decide.Explanation, from admission.Resolution, info decide.Info, provenance provenanceJSON) explanationJSON {
	out := explanationJSON{
		decisionJSON: newDecisionJSON(e.Decision, from),
		Chain:        make([]*netip.Addr, len(e.Hops)),
		Zones:        make(ordered, len(e.Zones)),
		Policy:       newPolicyJSON(info),
		Steps:        e.Steps,
		Provenance:   provenance,
	}
	if !info.Snapshot {
		location := newLocationJSON(e.Location)
		out.Location = &location
	}
	for i := range e.Hops {
		out.Chain[i] = orNull(e.Hops[i].Addr)
	}
	for i := range e.Zones {
		out.Zones[i] = member{e.Zones[i].Key, e.Zones[i].State}
	}
	return out
}

func newLocationJSON(at geo.Location) locationJSON {
	out := locationJSON{Country: textOrNull(at.Country), Region: textOrNull(at.Regions.First()), Services: serviceNames(at.Services)}
	if at.ASNKnown {
		out.ASN = &at.ASN
	}
	if at.Anonymizer != geo.AnonymizerUnknown {
		name := at.Anonymizer.String()
		out.Anonymizer = &name
	}
	return out
}

// serviceNames are the services in ascending order, an unnamed one as its type;
// nil if they are unknown.
func serviceNames(services geo.Services) []string {
	if !services.Known() {
		return nil
	}
	names := []string{}
	for service := range services.All() {
		names = append(names, service.String())
	}
	slices.Sort(names)
	return slices.Compact(names)
}
