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

// linted are all findings of a policy, those of the linter among them.
func linted(s *subject) finding.List {
	if s.Policy == nil {
		return s.Findings
	}
	about := lint.SubjectOf(s.Parts, s.At)
	about.Policy = s.Policy
	return slices.Concat(s.Findings, lint.Check(about))
}

// fresh divides findings into those that another list has not, wherever they stand, and
// those that it has.
func fresh(before, after finding.List) (added, known finding.List) {
	count := make(map[string]int)
	for _, f := range before {
		count[f.File+" "+f.Code+" "+f.Message()]++
	}
	for _, f := range after {
		key := f.File + " " + f.Code + " " + f.Message()
		if count[key]--; count[key] < 0 {
			added = append(added, f)
		} else {
			known = append(known, f)
		}
	}
	return added, known
}

// lockedOut are who of both guards would be denied and are not now, in words.
func lockedOut(before, after *subject) []string {
	guard := slices.Clone(after.Parts.Serve.Guard)
	for _, addr := range before.Parts.Serve.Guard {
		if !slices.Contains(guard, addr) {
			guard = append(guard, addr)
		}
	}
	var causes []string
	for _, addr := range guard {
		if before.Policy != nil && before.Parts.LockedOut(before.Policy, addr, "") != "" {
			continue
		}
		if cause := after.Parts.LockedOut(after.Policy, addr, "which is in serve.guard"); cause != "" {
			causes = append(causes, cause)
		}
	}
	return causes
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
