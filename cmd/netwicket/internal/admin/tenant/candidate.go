package tenant

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/lint"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/finding"
)

// inForce is a policy that compiled, with what it was made of.
type inForce struct {
	parts  *policyfile.Parts
	policy *decide.Policy
}

// compile makes the policy that the folder would be with contents in place of
// files; nil contents: the policy that it is. Geo data are those of before as
// long as their files are the same.
func (s *Store) compile(contents folderFiles, before *inForce) (*inForce, error) {
	options := policyfile.Options{Paths: []string{s.options.Folder}, Within: s.options.Within, Now: s.options.Now()}
	if before != nil {
		options.Before = before.parts
	}
	if contents != nil {
		options.Contents = make(map[string][]byte, len(contents))
		for name, text := range contents {
			options.Contents[at(s.options.Folder, name)] = text
		}
	}
	parts, policy, err := policyfile.Open(options)
	if err != nil {
		return nil, err
	}
	return &inForce{parts, policy}, nil
}

// refusal says why a policy must not follow another: it locks out somebody of the
// guard (D4), or has warnings where none are wanted (D5).
func (s *Store) refusal(before, candidate *inForce, caller netip.Addr, warnings finding.List) error {
	guard := candidate.parts.Serve.Guard
	causes := lockedOut(before, candidate, guard, "which is in serve.guard")
	if s.options.GuardCaller && caller.IsValid() {
		causes = append(causes, lockedOut(before, candidate, []netip.Addr{caller}, "from which this request comes")...)
	}
	if s.options.Strict {
		for _, warning := range warnings {
			causes = append(causes, warning.Error())
		}
	}
	if len(causes) == 0 {
		return nil
	}
	return &Refused{Causes: causes}
}

// lockedOut are the addresses that a policy denies and the one before does not.
func lockedOut(before, candidate *inForce, addresses []netip.Addr, who string) []string {
	var causes []string
	for _, addr := range addresses {
		if why := candidate.denial(addr); why != "" && before.denial(addr) == "" {
			causes = append(causes, fmt.Sprintf("%s, %s, would be denied: %s", addr, who, why))
		}
	}
	return causes
}

// denial says why the edge and the policy deny an address; empty: they do not.
func (f *inForce) denial(addr netip.Addr) string {
	decision, err := f.parts.Edge.DecideNamed(f.policy)(addr)
	switch {
	case errors.Is(err, gate.ErrAllTrusted):
		return "it is inside edge.trusted, and would be taken for a proxy"
	case !decision.Allowed():
		return decision.String()
	default:
		return ""
	}
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
		for _, z := range document.Zones {
			if z.System && z.Position.File == found.File && z.Position.Line == found.Line {
				return true
			}
		}
	}
	return false
}
