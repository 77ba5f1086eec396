package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/explained"
	"github.com/netwicket/netwicket/decide"
)

// writeExplanation shows a person how one decision came about.
func writeExplanation(out io.Writer, e *decide.Explanation, from admission.Resolution, info decide.Info, provenance *explained.Provenance, look style) error {
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
	s.table("Policy", explained.PolicyRows(info))
	s.out.WriteByte('\n')
	_, err := out.Write(s.out.Bytes())
	return err
}

func hopRows(e *decide.Explanation) [][]string {
	var rows [][]string
	for i, hop := range explained.Hops(e) {
		rows = append(rows, []string{strconv.Itoa(i + 1), hop.Addr, strings.Join(append([]string{hop.Role}, hop.Hits...), "; ")})
	}
	return rows
}

func locationRows(e *decide.Explanation, provenance *explained.Provenance) [][]string {
	var rows [][]string
	for _, fact := range explained.Facts(e, provenance) {
		rows = append(rows, []string{fact.Name, fact.Value, fact.Source()})
	}
	if len(rows) > 0 && e.Range.IsValid() {
		rows = append(rows, []string{"the same for", e.Range.String()})
	}
	return rows
}

func zoneRows(e *decide.Explanation) [][]string {
	var rows [][]string
	for _, z := range explained.Zones(e) {
		name, place := z.Key, explained.PlaceText(z.At)
		if z.Name != "" {
			name += " " + strconv.Quote(z.Name)
		}
		if entry := explained.PlaceText(z.Entry); entry != "" {
			place += ", entry " + entry
		}
		rows = append(rows, []string{z.State.String(), name, z.Sort, z.Why, place})
	}
	return rows
}

func ruleRows(e *decide.Explanation) [][]string {
	var rows [][]string
	for _, r := range explained.Rules(e) {
		rows = append(rows, []string{r.Outcome, orWord(explained.PlaceText(r.At), r.Policy), strconv.Quote(r.Name), r.Access, r.Condition.String(), r.Why})
	}
	return rows
}

func layerRows(e *decide.Explanation) [][]string {
	var rows [][]string
	for _, l := range explained.Layers(e) {
		var places []string
		for _, at := range l.Entries {
			places = append(places, explained.PlaceText(at))
		}
		rows = append(rows, []string{l.Outcome, l.Name, l.Why, strings.Join(places, ", ")})
	}
	return rows
}
