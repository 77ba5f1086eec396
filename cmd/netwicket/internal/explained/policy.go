package explained

import (
	"fmt"
	"strconv"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

// Policy is what is said of the policy that decided.
type Policy struct {
	Snapshot    bool   `json:"snapshot,omitempty"`
	Fingerprint string `json:"fingerprint"`
	Data        []Data `json:"data"`
}

// Data is one geo source of it.
type Data struct {
	Type  string  `json:"type"`
	Built *string `json:"built"` // null for a list, which has no date
}

// NewPolicy says which policy it is.
func NewPolicy(info decide.Info) Policy {
	out := Policy{Snapshot: info.Snapshot, Fingerprint: info.Fingerprint, Data: make([]Data, len(info.Data))}
	for i, dataset := range info.Data {
		out.Data[i] = Data{Type: dataset.Type, Built: built(dataset)}
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

// PolicyRows are the policy for a person: its fingerprint, its data and how many
// warnings it has.
func PolicyRows(info decide.Info) [][]string {
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
