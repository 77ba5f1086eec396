package policyfile

import (
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// ReadSettings reads a policy file and none of the files that it names.
func ReadSettings(root jsondoc.Node) (*gate.Config, *Serve, finding.List) {
	f, findings := readFile("netwicket.json", root)
	if f.edge == nil {
		return nil, f.serve, findings
	}
	l := newLoader(Options{})
	return l.edge(f.edge, f.edgeAt), f.serve, append(findings, l.parts.Findings...)
}

// SameItem says that two findings are about one element of a document.
func SameItem(a, b string) bool { return sameItem(a, b) }

// Sources are the geo sources of a policy, in their order.
func Sources(parts *Parts) []geo.Source { return parts.sources }
