package policyfile

import (
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// edge reads the edge. An empty object is an edge too: one that takes the peer
// for the client.
func (v *values) edge(node jsondoc.Node) *gate.Config {
	config := gate.Config{Source: gate.Peer}
	var trusted []jsondoc.Node // those that could be read
	onMissing, allTrusted := string(gate.Refuse), string(gate.Refuse)
	v.object(node, keys{
		"trusted": v.each(func(element jsondoc.Node) {
			if !v.is(element, jsondoc.String) {
				return
			}
			prefix, err := gate.ParseTrusted(element.String())
			if err != nil {
				v.fail(element, "bad-prefix", "%w", err)
				return
			}
			config.Trusted = append(config.Trusted, prefix)
			trusted = append(trusted, element)
		}),
		"source": func(value jsondoc.Node) {
			if !v.is(value, jsondoc.String) {
				return
			}
			source, err := gate.ParseSource(value.String())
			if err != nil || value.String() == "" {
				v.fail(value, "bad-source", "expected peer, x-forwarded-for, forwarded, header:NAME or hops:N%s", because(err))
				return
			}
			config.Source = source
		},
		"onMissing":     v.choice(&onMissing, string(gate.Refuse), string(gate.UsePeer)),
		"allTrusted":    v.choice(&allTrusted, string(gate.Refuse), string(gate.UseLeftmost)),
		"trustUnix":     v.flag(&config.TrustUnix),
		"allowTrustAll": v.flag(&config.AllowTrustAll),
	})
	config.OnMissing, config.AllTrusted = gate.Fallback(onMissing), gate.Fallback(allTrusted)
	for _, found := range config.Check() {
		at := placeOf(node, trusted, found.Path)
		placed := at.Finding(found.Code, found.Err)
		placed.Warning = found.Warning
		v.findings = append(v.findings, placed)
	}
	return &config
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
// It reads nothing that a policy file names. Options.Paths says what a path may be.
func LoadEdge(paths []string) (*gate.Config, error) {
	l := newLoader(Options{Paths: paths})
	l.edgeOnly = true
	l.loadPaths(paths)
	return l.parts.Edge, l.parts.Err()
}
