package main

import (
	"fmt"
	"math/big"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/docdiff"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/explained"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/impact"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// maxShares is of how many differences the share is worked out: each takes a
// compilation.
const maxShares = 50

// documents shows what differs between the documents, with the first parts of each
// difference.
func (s *sheet) documents(pair [2]policyfile.Opened, top int) {
	differences := docdiff.Between(pair[0].Parts, pair[1].Parts)
	var rows [][]string
	for i := range differences {
		d := &differences[i]
		row := []string{string(d.Way), d.Kind + nameOf(d)}
		if size, known := shareOf(d, i, pair[1]); known {
			row = append(row, sizeColumns(size)...)
		}
		rows = append(rows, row)
		for j, part := range d.Parts {
			if j == top {
				rows = append(rows, []string{"", fmt.Sprintf("  and %d more", len(d.Parts)-j)})
				break
			}
			rows = append(rows, []string{"", "  " + sign(part.Way) + " " + part.What + " " + part.Value})
		}
	}
	s.table("Documents, with what each difference decides alone", rows)
}

func shareOf(d *docdiff.Difference, index int, now policyfile.Opened) (impact.Size, bool) {
	if index >= maxShares {
		return impact.Size{}, false
	}
	return d.Share(now.Parts.Config, now.Policy)
}

func nameOf(d *docdiff.Difference) string {
	text := ""
	if d.Name != "" {
		text = fmt.Sprintf(" %q", d.Name)
	}
	if d.ID != "" {
		text += " (" + d.ID + ")"
	}
	return text
}

func sign(way docdiff.Way) string {
	if way == docdiff.Removed {
		return "-"
	}
	return "+"
}

// diffSummaryJSON is the summary as diff --summary --json prints it.
type diffSummaryJSON struct {
	Ranges       int              `json:"ranges"`
	NewlyDenied  sizeJSON         `json:"newlyDenied"`
	NewlyAllowed sizeJSON         `json:"newlyAllowed"`
	OtherReason  sizeJSON         `json:"otherReason"`
	Documents    []differenceJSON `json:"documents"`
	Log          *replayChanges   `json:"log,omitempty"` // with --log
}

type sizeJSON struct {
	IPv4     uint64   `json:"ipv4"`
	Networks *big.Int `json:"ipv6Networks"` // of /64
}

type differenceJSON struct {
	Kind   string      `json:"kind"`
	ID     *string     `json:"id"`
	Name   *string     `json:"name"`
	Change docdiff.Way `json:"change"`
	Parts  []partJSON  `json:"parts"`
	Alone  *sizeJSON   `json:"alone"` // null: not known
}

type partJSON struct {
	Change docdiff.Way `json:"change"`
	What   string      `json:"what"`
	Value  string      `json:"value"`
}

func newSizeJSON(size impact.Size) sizeJSON { return sizeJSON{size.IPv4, size.Networks6()} }

func (r *diffReport) summaryJSON(pair [2]policyfile.Opened) diffSummaryJSON {
	total := &r.counter.Total
	out := diffSummaryJSON{
		Ranges: r.counter.Changes, NewlyDenied: newSizeJSON(total[impact.NewlyDenied]), NewlyAllowed: newSizeJSON(total[impact.NewlyAllowed]),
		OtherReason: newSizeJSON(total[impact.OtherReason]), Documents: []differenceJSON{},
	}
	if w := r.weights; w != nil {
		out.Log = &replayChanges{w.Changes.ToDeny, w.Changes.ToAllow, w.Changes.Clients}
	}
	for i, d := range docdiff.Between(pair[0].Parts, pair[1].Parts) {
		one := differenceJSON{Kind: d.Kind, ID: explained.TextOrNull(d.ID), Name: explained.TextOrNull(d.Name), Change: d.Way, Parts: []partJSON{}}
		for _, part := range d.Parts {
			one.Parts = append(one.Parts, partJSON{part.Way, part.What, part.Value})
		}
		if size, known := shareOf(&d, i, pair[1]); known {
			alone := newSizeJSON(size)
			one.Alone = &alone
		}
		out.Documents = append(out.Documents, one)
	}
	return out
}
