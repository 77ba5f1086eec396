package policyfile

import (
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// edgeReading is an edge while its keys are read.
type edgeReading struct {
	config                gate.Config
	trustedAt             []jsondoc.Node // where each of config.Trusted stands
	onMissing, allTrusted string
}

func (v *values) trusted(e *edgeReading, node jsondoc.Node) {
	if !v.isText(node) {
		return
	}
	prefix, err := gate.ParseTrusted(node.String())
	if err != nil {
		v.Fail(node, "bad-prefix", "%w", err)
		return
	}
	e.config.Trusted = append(e.config.Trusted, prefix)
	e.trustedAt = append(e.trustedAt, node)
}

func (v *values) source(into *gate.ClientSource, node jsondoc.Node) {
	if !v.isText(node) {
		return
	}
	source, err := gate.ParseClientSource(node.String())
	if err != nil || node.String() == "" {
		v.Fail(node, "bad-source", "%s%s",
			jsondoc.Expected(node.String(), string(gate.Peer), string(gate.XForwardedFor), string(gate.Forwarded), "header:NAME", "hops:N"), because(err))
		return
	}
	*into = source
}

// checkedEdge is what was read, with what is wrong or risky about the whole. An
// empty object is an edge too: one that takes the peer for the client.
func (v *values) checkedEdge(e *edgeReading, node jsondoc.Node) *gate.Config {
	config := &e.config
	config.OnMissing, config.AllTrusted = gate.Fallback(e.onMissing), gate.Fallback(e.allTrusted)
	for _, found := range config.Check() {
		at := placeOf(node, e.trustedAt, found.Path)
		placed := at.Finding(found.Code, found.Err)
		placed.Warning = found.Warning
		v.Found.Add(placed)
	}
	return config
}

func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

// placeOf is where a finding about an edge belongs in its file: at the value, or
// at the edge if the value is left out.
func placeOf(edge jsondoc.Node, trusted []jsondoc.Node, path string) jsondoc.Node {
	key, index, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if n, err := strconv.Atoi(index); err == nil && key == "trusted" && n < len(trusted) {
		return trusted[n]
	}
	if value := edge.Get(key); value.Exists() {
		return value
	}
	return edge
}

// LoadEdge is the edge of the policies at the paths, nil if they describe none.
// It reads nothing that a policy file names; what else the Options name is nothing
// to an edge.
func LoadEdge(options Options) (*gate.Config, error) {
	l := newLoader(options)
	l.edgeOnly = true
	l.loadPaths(options.Paths)
	return l.parts.Edge, l.parts.Err()
}
