package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

type policyJSON struct {
	Snapshot    bool       `json:"snapshot,omitempty"`
	Fingerprint string     `json:"fingerprint"`
	Data        []dataJSON `json:"data"`
}

type dataJSON struct {
	Type  string  `json:"type"`
	Built *string `json:"built"` // null for a list, which has no date
}

func newPolicyJSON(info decide.Info) policyJSON {
	out := policyJSON{Snapshot: info.Snapshot, Fingerprint: info.Fingerprint, Data: make([]dataJSON, len(info.Data))}
	for i, dataset := range info.Data {
		out.Data[i] = dataJSON{Type: dataset.Type, Built: built(dataset)}
	}
	return out
}

// built is when a database was built, or nil.
func built(dataset geo.Dataset) *string {
	if dataset.Built.IsZero() {
		return nil
	}
	text := dataset.Built.UTC().Format(time.RFC3339)
	return &text
}

func policyRows(info decide.Info) [][]string {
	rows := [][]string{{"fingerprint", info.Fingerprint}}
	if info.Snapshot {
		rows = append(rows, []string{"snapshot", "the documents and databases are not in it"})
	}
	for _, dataset := range info.Data {
		rows = append(rows, []string{dataset.Type, datasetText(dataset)})
	}
	if n := len(info.Warnings); n > 0 {
		rows = append(rows, []string{"warnings", strconv.Itoa(n) + "; netwicket check lists them"})
	}
	return rows
}

// datasetText is a geo source on one line.
func datasetText(dataset geo.Dataset) string {
	text := fmt.Sprintf("%d networks", dataset.Networks)
	if dataset.File != "" { // as one that was compiled into a snapshot has none
		text = dataset.File + ", " + text
	}
	if !dataset.Built.IsZero() {
		text += ", built " + dataset.Built.UTC().Format("2006-01-02")
	}
	return text
}
