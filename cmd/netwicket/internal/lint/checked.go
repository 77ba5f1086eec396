package lint

import (
	"cmp"
	"slices"
	"time"

	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/finding"
)

// Of is what the linter has to say of what was checked. Broken documents are mended
// first; a single document is looked at without a policy around it, unless it is asked
// to be one.
func Of(checked policyfile.Checked, at time.Time, asPolicy bool) finding.List {
	parts := checked.Parts
	if parts.Err() != nil {
		return nil
	}
	subject := SubjectOf(parts, at)
	if parts.Document() == policyfile.Unknown || asPolicy {
		subject.Policy = checked.Policy
	}
	return Check(subject)
}

// Arrange brings findings into the order of a reader: file by file as the policy names
// them, from top to bottom.
func Arrange(findings finding.List, files []string) {
	order := make(map[string]int, len(files))
	for i, file := range slices.Backward(files) {
		order[file] = i - len(files) // others come last
	}
	slices.SortStableFunc(findings, func(a, b *finding.Finding) int {
		return cmp.Or(cmp.Compare(order[a.File], order[b.File]), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// Added divides findings into those that another list has not, wherever they stand, and
// those that it has.
func Added(before, after finding.List) (added, known finding.List) {
	count := make(map[string]int)
	for _, f := range before {
		count[f.Code+" "+f.Message()]++
	}
	for _, f := range after {
		key := f.Code + " " + f.Message()
		if count[key]--; count[key] < 0 {
			added = append(added, f)
		} else {
			known = append(known, f)
		}
	}
	return added, known
}
