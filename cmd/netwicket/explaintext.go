package main

import (
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

// writeExplanation shows a person how one decision came about.
func writeExplanation(out io.Writer, e *decide.Explanation, from admission.Resolution, info decide.Info, provenance *provenanceJSON, look style) error {
	s := &sheet{look: look}
	s.out.WriteString(decisionLine(e.Decision, from, style{colour: look.colour}))
	if code := from.Code(); code != "" {
		peer := "no address"
		if from.Peer.IsValid() {
			peer = from.Peer.String()
		}
		fmt.Fprintf(&s.out, "  the resolver found no client: %s, peer %s\n", code, peer)
	}
	s.table("Hops, nearest first", hopRows(e))
	if !info.Snapshot {
		s.table("Location of the client", locationRows(e, provenance))
	} else if e.Range.IsValid() {
		s.table("Location of the client", [][]string{{"not in a snapshot", ""}, {"the same for", e.Range.String()}})
	}
	s.table("Zones", zoneRows(e))
	s.table("Rules, in the order of evaluation", ruleRows(e))
	s.table("Layers, in order", layerRows(e))
	s.table("Policy", policyRows(info))
	s.out.WriteByte('\n')
	_, err := out.Write(s.out.Bytes())
	return err
}

func hopRows(e *decide.Explanation) [][]string {
	var rows [][]string
	for i, hop := range e.Hops {
		row := []string{strconv.Itoa(i + 1), addressText(hop.Addr), hopRole(e, i)}
		for _, hit := range hop.Hits {
			text := "in"
			if hit.Unknown {
				text = "may be in"
			}
			text += fmt.Sprintf(" blocklist zone %q", hit.Zone.Name)
			if hit.Exempt {
				text += " but exempt"
			}
			row[2] += "; " + text
		}
		rows = append(rows, row)
	}
	return rows
}

func addressText(addr netip.Addr) string {
	if !addr.IsValid() {
		return "?"
	}
	return addr.String()
}

// hopRole is what a hop is to the search for the client.
func hopRole(e *decide.Explanation, i int) string {
	hop := e.Hops[i]
	switch {
	case !hop.Addr.IsValid() && e.ClientIndex < 0:
		return "cannot be read: the client is not known"
	case !hop.Addr.IsValid():
		return "cannot be read, behind the client"
	case hop.Client && len(hop.TrustedBy) > 0:
		return fmt.Sprintf("the client: proxy of zone %q, and the last hop", hop.TrustedBy[0].Name)
	case hop.Client:
		return "the client"
	case e.ClientIndex >= 0 && i > e.ClientIndex:
		return "behind the client"
	case len(hop.TrustedBy) > 0:
		return fmt.Sprintf("proxy of zone %q", hop.TrustedBy[0].Name)
	default:
		return "not reached"
	}
}

func locationRows(e *decide.Explanation, provenance *provenanceJSON) [][]string {
	if e.ClientIndex < 0 {
		return nil
	}
	at := e.Location
	asn, services := "unknown", "unknown"
	if at.ASNKnown {
		asn = "AS" + strconv.FormatUint(uint64(at.ASN), 10)
	}
	if at.Services.Known() {
		services = orWord(strings.Join(serviceNames(at.Services), ", "), "none")
	}
	country := provenance.Country.sourceText()
	if at.Country == "" {
		country = strings.TrimPrefix(country+"; "+lint.WithoutCountry(e.Decision.Client), "; ")
		country = strings.TrimSuffix(country, "; ")
	}
	rows := [][]string{
		{"country", orWord(at.Country, "unknown") + otherCountries(at), country},
		{"region", at.Regions.String(), provenance.Region.sourceText()},
		{"ASN", asn, provenance.ASN.sourceText()},
		{"anonymizer", at.Anonymizer.String(), provenance.Anonymizer.sourceText()},
		{"services", services, provenance.Services.sourceText()},
	}
	if e.Range.IsValid() {
		rows = append(rows, []string{"the same for", e.Range.String()})
	}
	return rows
}

// otherCountries are those that a database gives beside the country, and that
// never decide: people compare them with what other tools say.
func otherCountries(at geo.Location) string {
	var others []string
	if at.Registered != "" && at.Registered != at.Country {
		others = append(others, "registered in "+at.Registered)
	}
	if at.Represented != "" {
		others = append(others, "representing "+at.Represented)
	}
	if len(others) == 0 {
		return ""
	}
	return " (" + strings.Join(others, ", ") + ", which does not decide)"
}

func zoneRows(e *decide.Explanation) [][]string {
	var rows [][]string
	for _, z := range e.Zones {
		name := z.Key
		if z.Zone.Name != z.Key {
			name += " " + strconv.Quote(z.Zone.Name)
		}
		place := placeText(z.Position)
		if entry := placeText(z.Entry); entry != "" && entry != place {
			place += ", entry " + entry
		}
		rows = append(rows, []string{z.State.String(), name, string(z.Type) + " " + z.Use, z.Why, place})
	}
	return rows
}

func ruleRows(e *decide.Explanation) [][]string {
	var rows [][]string
	for _, r := range e.Rules {
		outcome, access := "-", "deny"
		switch {
		case r.Applied:
			outcome = "applies"
		case !r.Active:
			outcome = "inactive"
		}
		if r.Allow {
			access = "allow"
		}
		rows = append(rows, []string{outcome, orWord(placeText(r.Position), r.Policy), strconv.Quote(r.Rule), access, r.Condition.String(), r.Why})
	}
	return rows
}

func layerRows(e *decide.Explanation) [][]string {
	var rows [][]string
	for _, l := range e.Layers {
		outcome := "pass"
		switch {
		case l.Denied:
			outcome = "deny"
		case !l.Consulted:
			outcome = "-"
		}
		rows = append(rows, []string{outcome, l.Layer, l.Why, strings.Join(placesOf(&l), ", ")})
	}
	return rows
}
