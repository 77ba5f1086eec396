package lint

import (
	"time"

	"github.com/netwicket/netwicket/decide/policyfile"
)

// SubjectOf is a policy for the linter, as yet without what it compiles to.
func SubjectOf(parts *policyfile.Parts, at time.Time) Subject {
	subject := Subject{
		Config: parts.Config, Name: parts.Name(), Snapshot: parts.SnapshotFile, At: at,
		Guard: parts.Serve.Guard, Edge: parts.Edge, SourceAt: parts.EdgeAt("source"), Observe: parts.Observe,
		ReasonHeader: parts.Serve.ReasonHeader, ReasonHeaderAt: parts.ServeAt("reasonHeader"),
	}
	if len(parts.Files) > 0 {
		subject.Name = parts.Files[0] // the policy file of a folder
	}
	return subject
}
