package console

import (
	"slices"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/finding"
)

// reviewed are all findings about the files as they are now, as netwicket check lists
// them, the linter's among them. They are worked out once for each subject.
func (c *Console) reviewed(on *subject) finding.List {
	on.reviewing.Do(func() {
		if on.Policy == nil || len(on.Stale) > 0 {
			checked := policyfile.Check(c.options.Policy, true)
			on.review = append(checked.Findings, lint.Of(checked, on.At, true)...)
			lint.Arrange(on.review, checked.Parts.Files)
			return
		}
		checked := policyfile.Checked{Parts: on.Parts, Policy: on.Policy, Findings: on.Findings}
		on.review = append(slices.Clone(on.Findings), lint.Of(checked, on.At, true)...)
		lint.Arrange(on.review, on.Parts.Files)
	})
	return on.review
}

// findingsIn are those findings that are about a file.
func findingsIn(all finding.List, file string) finding.List {
	return slices.DeleteFunc(slices.Clone(all), func(f *finding.Finding) bool { return f.File != file })
}

// countFindings is how many findings are errors, and how many warnings.
func countFindings(all finding.List) (failures, warnings int) {
	for _, f := range all {
		if f.Warning {
			warnings++
		} else {
			failures++
		}
	}
	return failures, warnings
}
