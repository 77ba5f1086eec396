package console

import (
	"context"
	"iter"
	"slices"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/finding"
)

// candidate compiles the policy as it would be with a draft. Geo data, and what the
// draft does not touch, are those of the policy that is shown.
func (c *Console) candidate(on *subject, d *draft) *subject {
	options := c.options.Policy
	options.Contents = map[string][]byte{d.Of.Path: d.Text}
	return openSubject(options, c.options.Now(), on)
}

// linted are all findings of a candidate, those of the linter among them.
func linted(s *subject) finding.List {
	return slices.Concat(s.Findings, lint.Of(policyfile.Checked{Parts: s.Parts, Policy: s.Policy}, s.At, true))
}

// changesOf are the differences of two policies until the context ends.
func changesOf(ctx context.Context, before, after *decide.Policy) iter.Seq[decide.Change] {
	return func(yield func(decide.Change) bool) {
		seen := 0
		for change := range decide.Diff(before, after) {
			if seen++; seen%1024 == 0 && ctx.Err() != nil || !yield(change) {
				return
			}
		}
	}
}

// opened is a subject as other packages take it.
func (s *subject) opened() policyfile.Opened {
	return policyfile.Opened{Parts: s.Parts, Policy: s.Policy}
}
