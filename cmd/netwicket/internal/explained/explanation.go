package explained

import (
	"net/netip"
	"slices"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

// Explanation is one decision with all that led to it, as explain prints it.
type Explanation struct {
	Decision
	Chain    []*netip.Addr `json:"chain"`
	Zones    Object        `json:"zones"`
	Location *Location     `json:"location"` // null: the policy is a snapshot
	Policy   Policy        `json:"policy"`
	Steps    []string      `json:"steps"`

	Provenance Provenance `json:"provenance"`
}

// Location is what is known of the client; null is unknown.
type Location struct {
	Country    *string  `json:"country"`
	Region     *string  `json:"region"`
	ASN        *uint32  `json:"asn"`
	Anonymizer *string  `json:"anonymizer"`
	Services   []string `json:"services"`
}

// New is the explanation of a request that came down to from.
func New(e *decide.Explanation, from admission.Resolution, info decide.Info, provenance Provenance) Explanation {
	out := Explanation{
		Decision:   NewDecision(e.Decision, from),
		Chain:      make([]*netip.Addr, len(e.Hops)),
		Zones:      make(Object, len(e.Zones)),
		Policy:     NewPolicy(info),
		Steps:      e.Steps,
		Provenance: provenance,
	}
	if !info.Snapshot {
		location := newLocation(e.Location)
		out.Location = &location
	}
	for i := range e.Hops {
		out.Chain[i] = AddrOrNull(e.Hops[i].Addr)
	}
	for i := range e.Zones {
		out.Zones[i] = Member{e.Zones[i].Key, e.Zones[i].State}
	}
	return out
}

func newLocation(at geo.Location) Location {
	out := Location{Country: TextOrNull(at.Country), Region: TextOrNull(at.Regions.First()), Services: serviceNames(at.Services)}
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
	return slices.Compact(names) // All has them in order
}
