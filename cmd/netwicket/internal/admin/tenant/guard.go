package tenant

import (
	"net/netip"
	"slices"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/internal/finding"
)

// refusal says why a policy must not follow another: it locks out somebody of the
// guard whom the other does not (D4), or has warnings that the other has not where
// none are wanted (D5): what was odd before must not keep anybody from mending it.
func (s *Store) refusal(before, candidate *inForce, caller netip.Addr, warnings finding.List, now time.Time) error {
	var causes []string
	hold := func(addr netip.Addr, who string) {
		if before == nil || before.policy == nil || before.parts.LockedOut(before.policy, addr, who) == "" {
			if cause := candidate.parts.LockedOut(candidate.policy, addr, who); cause != "" {
				causes = append(causes, cause)
			}
		}
	}
	for _, addr := range guarded(before, candidate) {
		hold(addr, "which is in serve.guard")
	}
	if s.options.GuardCaller && caller.IsValid() {
		hold(caller, "from which this request comes")
	}
	if s.options.Strict && before != nil && before.policy != nil {
		causes = append(causes, s.texts(more(before.warnings(now), warnings))...)
	}
	if len(causes) == 0 {
		return nil
	}
	return &Refused{Causes: causes}
}

// guarded are the addresses of both guards: a write that takes somebody out of it must
// not lock them out, too.
func guarded(before, candidate *inForce) []netip.Addr {
	list := slices.Clone(candidate.parts.Serve.Guard)
	if before == nil {
		return list
	}
	for _, addr := range before.parts.Serve.Guard {
		if !slices.Contains(list, addr) {
			list = append(list, addr)
		}
	}
	return list
}

// more are the findings of a list that another has not, wherever they stand.
func more(before, after finding.List) finding.List {
	known := make(map[string]int)
	for _, f := range before {
		known[f.Code+" "+f.Message()]++
	}
	var list finding.List
	for _, f := range after {
		key := f.Code + " " + f.Message()
		if known[key]--; known[key] < 0 {
			list = append(list, f)
		}
	}
	return list
}

// warnings are what is odd about a policy. Every tenant has system zones that are
// empty, of which nothing is said (D5).
func (f *inForce) warnings(now time.Time) finding.List {
	if f == nil || f.policy == nil {
		return nil
	}
	subject := lint.SubjectOf(f.parts, now)
	subject.Policy = f.policy
	var list finding.List
	for _, found := range append(f.parts.Warnings(), lint.Check(subject)...) {
		if found.Code != "empty-zone" || !f.parts.AboutSystemZone(found) {
			list = append(list, found)
		}
	}
	return list
}
