package tenant

import (
	"net/netip"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/shown"
)

// refusal says why a policy must not follow another: it locks out somebody of the
// guard whom the other does not (D4), or has warnings where none are wanted (D5).
func (s *Store) refusal(before, candidate *inForce, caller netip.Addr, warnings finding.List) error {
	var causes []string
	hold := func(addr netip.Addr, who string) {
		if before.parts.LockedOut(before.policy, addr, who) == "" {
			if cause := candidate.parts.LockedOut(candidate.policy, addr, who); cause != "" {
				causes = append(causes, cause)
			}
		}
	}
	for _, addr := range candidate.parts.Serve.Guard {
		hold(addr, "which is in serve.guard")
	}
	if s.options.GuardCaller && caller.IsValid() {
		hold(caller, "from which this request comes")
	}
	if s.options.Strict {
		for _, warning := range warnings {
			causes = append(causes, shown.Text(warning.Error()))
		}
	}
	if len(causes) == 0 {
		return nil
	}
	return &Refused{Causes: causes}
}

// warnings are what is odd about a policy. Every tenant has system zones that are
// empty, of which nothing is said (D5).
func (f *inForce) warnings(now time.Time) finding.List {
	subject := lint.SubjectOf(f.parts, now)
	subject.Policy = f.policy
	var list finding.List
	for _, found := range append(f.parts.Warnings(), lint.Check(subject)...) {
		if found.Code != "empty-zone" || !f.ofSystemZone(found) {
			list = append(list, found)
		}
	}
	return list
}

// ofSystemZone says that a finding is about one of the system's zones.
func (f *inForce) ofSystemZone(found *finding.Finding) bool {
	for _, document := range f.parts.Config.Zones {
		for i := range document.Zones {
			z := &document.Zones[i]
			if z.System && z.Position.File == found.File && z.Position.Path == found.Path {
				return true
			}
		}
	}
	return false
}
