package policyfile

import (
	"errors"
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/netset"
	"github.com/netwicket/netwicket/zone"
)

// edgeReading is an edge while its keys are read.
type edgeReading struct {
	config                gate.Config
	trustedAt             []trustedAt // where each of config.Trusted stands
	lists                 []reference // of proxies, which are read last
	onMissing, allTrusted string
}

// trustedAt is where a trusted network stands: in the policy file, or in a list
// that it names.
type trustedAt struct {
	node         jsondoc.Node
	file         string
	line, column int
}

// maxTrusted is how many networks a list of proxies may hold. The longest that a
// provider of a content delivery network publishes has some thousand.
const maxTrusted = 100_000

// trusted reads a network or address, or {"file": PATH}: a list of them.
func (v *values) trusted(e *edgeReading, node jsondoc.Node) {
	if node.Kind() == jsondoc.Object {
		v.Object(node, jsondoc.Key{Name: "file", Read: func(value jsondoc.Node) {
			if ref, ok := v.reference(value); ok {
				e.lists = append(e.lists, ref)
			}
		}})
		if !node.Get("file").Exists() {
			v.Fail(node, "bad-value", `expected {"file": PATH}, a list of networks`)
		}
		return
	}
	if !v.Present(node, jsondoc.String, `a network or address as a string, or {"file": PATH}`) {
		return
	}
	prefix, err := gate.ParseTrusted(node.String())
	if err != nil {
		v.Fail(node, "bad-prefix", "%w", err)
		return
	}
	e.config.Trusted = append(e.config.Trusted, prefix)
	e.trustedAt = append(e.trustedAt, trustedAt{node: node})
}

func (v *values) source(into *gate.ClientSource, node jsondoc.Node) {
	if !v.isText(node) {
		return
	}
	text := node.String()
	source, err := gate.ParseClientSource(text)
	switch {
	case text == "" || err != nil && !strings.Contains(text, ":"):
		v.Fail(node, "bad-source", "%s",
			jsondoc.Expected(text, string(gate.Peer), string(gate.XForwardedFor), string(gate.Forwarded), "header:NAME", "hops:N"))
		return
	case err != nil:
		v.Fail(node, "bad-source", "%w", err)
		return
	}
	*into = source
}

// edge is what a policy file says of the edge, with the lists that it names, and
// with what is wrong or risky about the whole. An empty object is an edge too: one
// that takes the peer for the client.
func (l *loader) edge(e *edgeReading, node jsondoc.Node) *gate.Config {
	config := &e.config
	config.OnMissing, config.AllTrusted = gate.Fallback(e.onMissing), gate.Fallback(e.allTrusted)
	for _, list := range e.lists {
		l.trustedList(e, list)
	}
	shared := make(map[string]bool)
	for _, found := range config.Check() {
		if found.Code == "no-trusted" && len(e.lists) > 0 {
			continue // of a list that is empty or cannot be read, which has been said
		}
		placed := placeOf(node, e.trustedAt, found)
		if about := placed.File + found.Err.Error(); found.Code == "shared-cdn" && placed.File != node.File() {
			if shared[about] {
				continue // a list of a network's addresses says it once
			}
			shared[about] = true
		}
		l.add(placed)
	}
	return config
}

// trustedList adds the networks of a list. One without any is an error: the proxies
// would be taken for the clients.
func (l *loader) trustedList(e *edgeReading, list reference) {
	data, ok := l.read(list)
	if !ok {
		return
	}
	failures, warnings := netset.ReadList(list.path, string(data), netset.Limits{Entries: maxTrusted, Proxies: true}, func(entry netset.Entry) {
		for _, prefix := range entry.Range.Prefixes() {
			e.config.Trusted = append(e.config.Trusted, prefix)
			e.trustedAt = append(e.trustedAt, trustedAt{file: list.path, line: entry.Line, column: entry.Column})
		}
	})
	for _, found := range warnings {
		if found.Code == "no-networks" {
			found.Warning = false
			found.Err = errors.New("the list has no network, so that no proxy of it would be believed" + list.from())
		}
	}
	l.add(failures...)
	l.add(warnings...)
}

// placeOf is where a finding about an edge belongs in its file: at the value, or
// at the edge if the value is left out.
func placeOf(edge jsondoc.Node, trusted []trustedAt, found *gate.Finding) *finding.Finding {
	key, index, _ := strings.Cut(strings.TrimPrefix(found.Path, "/"), "/")
	at := edge
	if value := edge.Get(key); value.Exists() {
		at = value
	}
	if n, err := strconv.Atoi(index); err == nil && key == "trusted" && n < len(trusted) {
		if at = trusted[n].node; !at.Exists() {
			listed := *found
			listed.File, listed.Line, listed.Column, listed.Path = trusted[n].file, trusted[n].line, trusted[n].column, ""
			return &listed
		}
	}
	placed := at.Finding(found.Code, found.Err)
	placed.Warning = found.Warning
	return placed
}

// LoadEdge is the edge of the policies at the paths, nil if they describe none.
// Of what a policy file names it reads the lists of proxies alone; what else the
// Options name is nothing to an edge.
func LoadEdge(options Options) (*gate.Config, error) {
	l := newLoader(options)
	l.edgeOnly = true
	l.loadPaths(options.Paths)
	return l.parts.Edge, l.parts.Err()
}

// EdgeAt is where a key of the edge stands, or the edge if the key is left out; the
// policy as a whole if it has no edge.
func (p *Parts) EdgeAt(key string) zone.Position { return p.keyAt(p.edgeAt, key) }

// ServeAt is where a key of serve stands, or serve if the key is left out.
func (p *Parts) ServeAt(key string) zone.Position { return p.keyAt(p.serveAt, key) }

func (p *Parts) keyAt(at jsondoc.Node, key string) zone.Position {
	if value := at.Get(key); value.Exists() {
		at = value
	}
	if !at.Exists() {
		return zone.Position{File: p.origin, Line: 1, Column: 1}
	}
	line, column := at.Position()
	return zone.Position{File: at.File(), Line: line, Column: column, Path: at.Path()}
}
