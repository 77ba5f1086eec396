package policyfile

import (
	"slices"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/internal/finding"
)

// Checked is what can be said about a policy or a document.
type Checked struct {
	Parts    *Parts
	Policy   *decide.Policy // nil if there are errors, or if a document alone makes no policy
	Findings finding.List   // all errors and warnings
}

// Check loads, compiles and lists all that was found. A single vendor document
// is checked as a document: what it lacks is for a policy to bring along. With
// asPolicy it is a policy all the same.
func Check(options Options, asPolicy bool) Checked {
	parts := Load(options)
	if parts.Err() != nil {
		return Checked{Parts: parts, Findings: parts.Findings}
	}
	known := len(parts.Findings)
	policy, err := parts.Compile()
	found := slices.Clone(parts.Findings)
	if err != nil {
		found = append(found, findingsOf(parts.origin, "bad-policy", err)...)
	}
	if kind := parts.Document(); kind != Unknown && !asPolicy {
		found = append(found[:known:known], slices.DeleteFunc(found[known:], func(f *finding.Finding) bool {
			return kind == AuthProfile || needsPolicy(f.Code)
		})...)
	}
	return Checked{Parts: parts, Policy: policy, Findings: found}
}

// needsPolicy says that the compiler misses what stands in other documents.
func needsPolicy(code string) bool {
	switch code {
	case "no-data", "unknown-zone", "no-system-zone", "no-feed", "unnamed-operator", "empty-policy":
		return true
	}
	return false
}
