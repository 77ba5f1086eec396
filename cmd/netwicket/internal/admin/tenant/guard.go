package tenant

import (
	"net/netip"
	"slices"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/finding"
)

// refusal says why a policy must not follow another: it locks out somebody of the
// guard whom the other does not (D4), or has warnings that the other has not where
// none are wanted (D5): what was odd before must not keep anybody from mending it.
func (s *Store) refusal(before, candidate *inForce, caller netip.Addr, warnings finding.List, now time.Time) error {
	old, next := before.opened(), candidate.opened()
	causes := LockedOut(old, next)
	if s.options.GuardCaller && caller.IsValid() {
		causes = append(causes, lockedOut(old, next, caller, "from which this request comes")...)
	}
	if s.options.Strict && old.Policy != nil {
		added, _ := lint.Added(before.warnings(now), warnings)
		causes = append(causes, s.texts(added)...)
	}
	if len(causes) == 0 {
		return nil
	}
	return &Refused{Causes: causes}
}

// LockedOut are the addresses of both guards that the policy which is to follow denies
// and the one before does not, each with why: a write that takes somebody out of the
// guard must not lock them out, too. A policy of nil before denies nobody yet (D4).
func LockedOut(before, after policyfile.Opened) []string {
	guard := slices.Clone(after.Parts.Serve.Guard)
	if before.Parts != nil {
		for _, addr := range before.Parts.Serve.Guard {
			if !slices.Contains(guard, addr) {
				guard = append(guard, addr)
			}
		}
	}
	var causes []string
	for _, addr := range guard {
		causes = append(causes, lockedOut(before, after, addr, "which is in serve.guard")...)
	}
	return causes
}

// lockedOut says why an address is denied that was not before, once or not at all.
func lockedOut(before, after policyfile.Opened, addr netip.Addr, who string) []string {
	if before.Policy != nil && before.Parts.LockedOut(before.Policy, addr, who) != "" {
		return nil
	}
	if cause := after.Parts.LockedOut(after.Policy, addr, who); cause != "" {
		return []string{cause}
	}
	return nil
}

// opened is a policy as others take it; the zero Opened for none.
func (f *inForce) opened() policyfile.Opened {
	if f == nil {
		return policyfile.Opened{}
	}
	return policyfile.Opened{Parts: f.parts, Policy: f.policy}
}

// warnings are what is odd about a policy. Every tenant has system zones that are
// empty, of which nothing is said (D5).
func (f *inForce) warnings(now time.Time) finding.List {
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
