package policyfile

import (
	"path/filepath"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// file is one policy file as it was read: what it names and what it sets.
type file struct {
	paths                     []reference // all that it names, under whatever key
	snapshot                  *reference
	from                      *From
	fromAt                    jsondoc.Node
	parts                     []jsondoc.Node // what a policy with a snapshot has no place for
	zones, rules, threatFeeds []reference
	threatInsight             *reference
	networkConfig             *reference
	authProfile               *reference
	overlay                   *reference
	geo                       []reference
	services                  []service
	assumeNone                geo.Sorts
	assumeNoneAt              jsondoc.Node
	unknownCountry            setting
	mode                      setting
	edge                      *edgeReading
	edgeAt                    jsondoc.Node
	serve                     *Serve
	serveAt                   jsondoc.Node
	pull                      *Pull
	pullAt                    jsondoc.Node
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
	v.object(root, v.keys(f))
	f.paths = v.paths
	if f.snapshot != nil || f.from != nil {
		f = f.withoutParts(&v.Found)
	}
	v.Found.Sort()
	return f, v.Found
}

func (v *values) setting(into *setting, words ...string) func(jsondoc.Node) {
	return func(node jsondoc.Node) {
		v.choice(&into.value, words...)(node)
		into.node = node
	}
}

// services reads {"NAME": ["list.txt"]}.
func (v *values) services(node jsondoc.Node, f *file) {
	if !v.Present(node, jsondoc.Object, "an object") {
		return
	}
	for member := range node.Members() {
		if err := CheckServiceName(member.Name); err != nil {
			v.Found.Add(member.Key.Finding("bad-value", err))
		}
		var lists []reference
		v.references(&lists)(member.Value)
		for _, list := range lists {
			f.services = append(f.services, service{name: member.Name, list: list})
		}
	}
}

// sorts reads ["vpn", "public_proxy"].
func (v *values) sorts(node jsondoc.Node, f *file) {
	f.assumeNoneAt = node
	v.each(func(node jsondoc.Node) {
		var name string
		v.choice(&name, geo.SortNames()...)(node)
		sort, _ := geo.SortsOf(name)
		f.assumeNone |= sort
	})(node)
}
