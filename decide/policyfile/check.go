package policyfile

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/decide"
)

// Checked is what can be said about a policy or a document. The zero Checked says
// nothing.
type Checked struct {
	Parts    *Parts
	Policy   *decide.Policy // nil if there are errors, or if a document alone, or a channel of releases, makes no policy
	Findings Findings       // all errors and warnings
}

// Check loads, compiles and lists all that was found. A single vendor document
// is checked as a document: what it lacks is for a policy to bring along. With
// asPolicy it is a policy all the same.
func Check(options Options, asPolicy bool) Checked {
	if len(options.Paths) == 1 && isGeo(options.Paths[0]) {
		return checkGeo(options)
	}
	parts := Load(options)
	if parts.Err() != nil {
		return Checked{Parts: parts, Findings: append(slices.Clone(parts.Findings), parts.furtherErrors()...)}
	}
	if parts.From != nil { // whose policy is that of a release
		return Checked{Parts: parts, Findings: slices.Clone(parts.Findings)}
	}
	known := len(parts.Findings)
	policy, err := parts.Compile()
	found := slices.Clone(parts.Findings)
	if err != nil {
		found = append(found, findingsOf(parts.origin, "bad-policy", err)...)
	}
	if kind := parts.Document(); kind != Unknown && !asPolicy {
		found = append(found[:known:known], slices.DeleteFunc(found[known:], func(f *Finding) bool {
			return kind == AuthProfile || needsPolicy(f.Code)
		})...)
	}
	return Checked{Parts: parts, Policy: policy, Findings: found}
}

// isGeo says that a path is a geo source by its ending, as -g takes it.
func isGeo(path string) bool {
	ending := strings.ToLower(filepath.Ext(path))
	return ending == ".mmdb" || ending == ".csv"
}

// checkGeo checks a geo source alone.
func checkGeo(options Options) Checked {
	l := newLoader(options)
	l.geo = []reference{{path: options.Paths[0], named: true}}
	l.findGeo()
	l.loadGeo()
	return Checked{Parts: l.parts, Findings: l.parts.Findings}
}

// furtherErrors are what the compiler has against documents that hold errors
// already, so that a person need not mend and run and mend again. What a broken
// or missing document may be the cause of is left out.
func (p *Parts) furtherErrors() Findings {
	if p.SnapshotFile != "" || p.From != nil {
		return nil
	}
	_, err := decide.Compile(p.Config)
	if err != nil {
		return slices.DeleteFunc(p.placed(findingsOf(p.origin, "bad-policy", err)), func(f *Finding) bool {
			return slices.ContainsFunc(p.Findings, func(known *Finding) bool {
				return !known.Warning && (known.Path == "" || p.isOrigin(known.File)) && needsPolicy(f.Code) ||
					known.File == f.File && sameItem(known.Path, f.Path)
			})
		})
	}
	return nil
}

// isOrigin says that a file is the policy file that was given, itself or by its folder.
func (p *Parts) isOrigin(file string) bool {
	return file == p.origin || file == filepath.Join(p.origin, FileName)
}

// sameItem says that two JSON pointers lead into the same element of a document
// that is a list, or that one of them is the document itself.
func sameItem(a, b string) bool {
	if a == "" || b == "" {
		return true
	}
	first, _, _ := strings.Cut(a[1:], "/")
	second, _, _ := strings.Cut(b[1:], "/")
	return first == second
}

// needsPolicy says that the compiler misses what stands in other documents.
func needsPolicy(code string) bool {
	switch code {
	case "no-data", "unknown-zone", "no-system-zone", "no-feed", "unnamed-operator", "empty-policy", "feed-without-action":
		return true
	}
	return false
}
