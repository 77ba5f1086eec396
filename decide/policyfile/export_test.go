package policyfile

import (
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// ReadSettings reads a policy file and none of the files that it names.
func ReadSettings(root jsondoc.Node) (*gate.Config, *Serve, finding.List) {
	f, findings := readFile("netwicket.json", root)
	return f.edge, f.serve, findings
}
