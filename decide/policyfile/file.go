package policyfile

import (
	"path/filepath"

	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// file is one policy file as it was read: what it names and what it sets.
type file struct {
	zones, rules, threatFeeds []reference
	threatInsight             *reference
	networkConfig             *reference
	authProfile               *reference
	overlay                   *reference
	geo                       []reference
	services                  []service
	unknownCountry            setting
	mode                      setting
	edge                      *gate.Config
	edgeAt                    jsondoc.Node
	serve                     *Serve
	serveAt                   jsondoc.Node
}

// setting is one word of a policy file; empty if it is not set.
type setting struct {
	value string
	node  jsondoc.Node
}

// service is one list of networks that offer one IP service.
type service struct {
	name string
	list reference
}

// readFile goes through a policy file, whose paths are relative to it.
func readFile(path string, root jsondoc.Node) (*file, finding.List) {
	v := &values{folder: filepath.Dir(path)}
	f := &file{}
	v.object(root, keys{
		"okta": func(node jsondoc.Node) {
			v.object(node, keys{
				"zones":         v.references(&f.zones),
				"rules":         v.references(&f.rules),
				"threatInsight": v.one(&f.threatInsight),
				"threatFeeds":   v.references(&f.threatFeeds),
			})
		},
		"sailpoint": func(node jsondoc.Node) {
			v.object(node, keys{
				"networkConfig":  v.one(&f.networkConfig),
				"authProfile":    v.one(&f.authProfile),
				"unknownCountry": v.setting(&f.unknownCountry, "deny", "trust"),
			})
		},
		"geo":      v.references(&f.geo),
		"services": func(node jsondoc.Node) { v.services(node, f) },
		"overlay":  v.one(&f.overlay),
		"mode":     v.setting(&f.mode, "enforce", "observe"),
		"edge": func(node jsondoc.Node) {
			f.edge, f.edgeAt = v.edge(node), node
		},
		"serve": func(node jsondoc.Node) {
			f.serve, f.serveAt = v.serve(node), node
		},
	})
	return f, v.findings
}

func (v *values) setting(into *setting, words ...string) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		v.choice(&into.value, words...)(node)
		into.node = node
	}
}

// services reads {"NAME": ["list.txt"]}.
func (v *values) services(node jsondoc.Node, f *file) {
	if !v.is(node, jsondoc.Object) {
		return
	}
	for member := range node.Members() {
		if err := CheckServiceName(member.Name); err != nil {
			found := member.Key.Finding("bad-value", err)
			found.Value = member.Name
			v.findings = append(v.findings, found)
		}
		var lists []reference
		v.references(&lists)(member.Value)
		for _, list := range lists {
			f.services = append(f.services, service{name: member.Name, list: list})
		}
	}
}
