package keeper

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/geo"
)

// Refusal says why a good policy must not replace the one in force.
type Refusal struct{ Causes []string }

// Error is the causes on one line.
func (r *Refusal) Error() string { return strings.Join(r.Causes, "; ") }

// refusal is nil without causes.
func refusal(causes []string) error {
	if len(causes) == 0 {
		return nil
	}
	return &Refusal{Causes: causes}
}

// setBack lists the databases that are older or much smaller than those in
// force. Lists are left out: people edit them, and an empty one may be meant.
func setBack(before, after []geo.Dataset) []string {
	var causes []string
	for _, now := range after {
		was, found := counterpart(before, after, now)
		if !found || now.Kind != geo.MMDB {
			continue
		}
		name := fmt.Sprintf("%s (%s)", now.File, now.Type)
		if now.Built.Before(was.Built) {
			causes = append(causes, fmt.Sprintf("%s was built %s, before the one in force of %s; force accepts it (serve --force)",
				name, date(now.Built), date(was.Built)))
		}
		if now.Networks < was.Networks-now.Networks {
			causes = append(causes, fmt.Sprintf("%s has %d networks, less than half of the %d of the one in force; force accepts it (serve --force)",
				name, now.Networks, was.Networks))
		}
	}
	return causes
}

func date(t time.Time) string {
	if t.IsZero() {
		return "at an unknown time"
	}
	return t.Format(time.RFC3339)
}

// counterpart is the database in force that a new one takes the place of: the
// one from the same file, or, where the file was renamed, the only one of its
// type.
func counterpart(before, after []geo.Dataset, of geo.Dataset) (geo.Dataset, bool) {
	for _, d := range before {
		if d.File == of.File {
			return d, d.Kind == geo.MMDB
		}
	}
	var found []geo.Dataset
	for _, d := range before {
		if d.Type == of.Type && !contains(after, d.File) {
			found = append(found, d)
		}
	}
	if len(found) != 1 {
		return geo.Dataset{}, false
	}
	return found[0], true
}

func contains(data []geo.Dataset, file string) bool {
	for _, d := range data {
		if filepath.Clean(d.File) == filepath.Clean(file) {
			return true
		}
	}
	return false
}

// lockedOut lists the guard's addresses that a policy denies, as the edge resolves
// them (docs/semantics.md, edge-30).
func lockedOut(parts *policyfile.Parts, policy *decide.Policy) []string {
	var causes []string
	decides := parts.Edge.DecideNamed(policy)
	for _, addr := range parts.Serve.Guard {
		d, err := decides(addr)
		switch {
		case errors.Is(err, gate.ErrAllTrusted):
			causes = append(causes, fmt.Sprintf("%s, which is in serve.guard, is inside edge.trusted: it would be taken for a proxy, and denied", addr))
		case !d.Allowed():
			causes = append(causes, fmt.Sprintf("it denies %s, which is in serve.guard: %s", addr, d))
		}
	}
	return causes
}
