package annotate

import (
	"maps"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/internal/finding"
)

// Log is a log of the Static Analysis Results Interchange Format, version 2.1.0, to
// be marshalled: https://docs.oasis-open.org/sarif/sarif/v2.1.0. The zero value is
// none.
type Log struct {
	Schema  string `json:"$schema"`
	Version string `json:"version"`
	Runs    []run  `json:"runs"`
}

type (
	run struct {
		Tool       tool                        `json:"tool"`
		ColumnKind string                      `json:"columnKind"`
		Bases      map[string]artifactLocation `json:"originalUriBaseIds"`
		Results    []result                    `json:"results"`
	}
	tool struct {
		Driver driver `json:"driver"`
	}
	driver struct {
		Name           string                `json:"name"`
		Version        string                `json:"version"`
		InformationURI string                `json:"informationUri"`
		Rules          []reportingDescriptor `json:"rules"`
	}
	reportingDescriptor struct {
		ID      string   `json:"id"`
		Short   *message `json:"shortDescription,omitempty"`
		Full    *message `json:"fullDescription,omitempty"`
		Help    *message `json:"help,omitempty"`
		HelpURI string   `json:"helpUri,omitempty"`
	}
	message struct {
		Text string `json:"text"`
	}
	result struct {
		RuleID    string     `json:"ruleId"`
		RuleIndex int        `json:"ruleIndex"`
		Level     string     `json:"level"`
		Message   message    `json:"message"`
		Locations []location `json:"locations,omitempty"`
	}
	location struct {
		Physical physicalLocation  `json:"physicalLocation"`
		Logical  []logicalLocation `json:"logicalLocations,omitempty"`
	}
	physicalLocation struct {
		Artifact artifactLocation `json:"artifactLocation"`
		Region   region           `json:"region"`
	}
	artifactLocation struct {
		URI         string   `json:"uri,omitempty"`
		Base        string   `json:"uriBaseId,omitempty"`
		Description *message `json:"description,omitempty"`
	}
	region struct {
		Line   int `json:"startLine"`
		Column int `json:"startColumn"`
	}
	logicalLocation struct {
		Name string `json:"fullyQualifiedName"`
	}
)

// SARIF is the findings in their order, as a log of one run of this version of the
// program in a folder. What no file within the folder given may leave is read again,
// to count columns: each file as often as findings about it follow others.
func SARIF(findings finding.List, version, folder, within string) Log {
	used := map[string]bool{}
	for _, f := range findings {
		used[f.Code] = true
	}
	ids := slices.Sorted(maps.Keys(used))
	rules := make([]reportingDescriptor, len(ids))
	for i, id := range ids {
		rules[i] = rule(id)
	}
	results := make([]result, len(findings))
	read := lines{within: within}
	for i, f := range findings {
		index, _ := slices.BinarySearch(ids, f.Code)
		results[i] = result{RuleID: f.Code, RuleIndex: index, Level: Level(f), Message: plain(f.Message())}
		if f.File != "" {
			results[i].Locations = []location{place(f, folder, &read)}
		}
	}
	return Log{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0",
		Runs: []run{{
			Tool:       tool{driver{Name: "netwicket", Version: version, InformationURI: strings.TrimSuffix(docs, "blob/main/docs/"), Rules: rules}},
			ColumnKind: "utf16CodeUnits",
			Bases:      map[string]artifactLocation{sourceRoot: {Description: &message{"The folder that netwicket ran in."}}},
			Results:    results,
		}},
	}
}

func place(f *finding.Finding, folder string, read *lines) location {
	at := location{Physical: physicalLocation{
		Artifact: artifact(folder, f.File),
		Region:   region{max(f.Line, 1), read.column(f)},
	}}
	if f.Path != "" {
		at.Logical = []logicalLocation{{finding.Inline(f.Path)}}
	}
	return at
}

// plain is a message without links: [text](target) would be one, and the text may be
// that of whoever wrote the document (section 3.11.6 of the standard).
func plain(text string) message { return message{strings.ReplaceAll(text, "](", "] (")} }
