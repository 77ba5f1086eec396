package generation

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// Folder is a policy folder.
type Folder struct {
	Path   string
	Within string // that no file may leave; empty: files may lie anywhere
}

// pulled is where generations are.
const pulled = "pulled"

// InForce is what a policy file names.
type InForce struct {
	text  []byte // as it was read
	there bool   // else the folder has none yet
	named
}

// named are the documents that a policy file names.
type named struct {
	zones, rules             []place
	threat, network, profile place // the zero place: there is none
}

// place is where a document lies.
type place struct {
	name string // as the policy file writes it
	own  bool   // in the generation that is being made, by its name there
}

func (f Folder) policyFile() string { return filepath.Join(f.Path, policyfile.FileName) }

// at is where a path of the policy file leads.
func (f Folder) at(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(f.Path, filepath.FromSlash(name))
}

// InForce reads the policy file. A folder without one names nothing.
func (f Folder) InForce() (*InForce, error) {
	in := &InForce{there: true}
	var err error
	in.text, err = f.read(f.policyFile())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if info, err := (files.File{Path: f.Path, Named: true, Within: f.Within}).Stat(); err != nil || !info.IsDir() {
			return nil, fmt.Errorf("%s: expected a folder, which is to hold the policy file and what is pulled", f.Path)
		}
		in.text, in.there = []byte("{}\n"), false
	case err != nil:
		return nil, fmt.Errorf("%s: cannot be read: %w", f.policyFile(), files.Cause(err))
	}
	root, err := jsondoc.ParseCommented(f.policyFile(), in.text)
	if err != nil {
		return nil, err
	}
	okta, sailpoint := root.Get("okta"), root.Get("sailpoint")
	in.zones, in.rules = texts(okta.Get("zones")), texts(okta.Get("rules"))
	in.threat, in.network, in.profile = text(okta.Get("threatInsight")), text(sailpoint.Get("networkConfig")), text(sailpoint.Get("authProfile"))
	return in, nil
}

func (f Folder) read(path string) ([]byte, error) {
	return files.File{Path: path, Within: f.Within}.Read(files.DocumentLimit)
}

func texts(node jsondoc.Node) []place {
	var all []place
	for _, element := range node.Elements() {
		all = append(all, text(element))
	}
	return all
}

func text(node jsondoc.Node) place {
	if node.Kind() != jsondoc.String {
		return place{}
	}
	return place{name: node.String()}
}

// Names says that the policy file names documents of a vendor that was asked.
func (in *InForce) Names(d Documents) bool {
	return d.Okta != nil && (len(in.zones) > 0 || len(in.rules) > 0 || in.threat.name != "") ||
		d.SailPoint != nil && (in.network.name != "" || in.profile.name != "")
}

// HasProfile says that an authentication profile is in force.
func (in *InForce) HasProfile() bool { return in.profile.name != "" }

// alone is the place in a list of its own; the zero place is in none.
func (p place) alone() []place {
	if p.name == "" {
		return nil
	}
	return []place{p}
}

// places are where all of them lie, to be read and changed; zero places among them.
func (n *named) places() []*place {
	var all []*place
	for _, list := range [][]place{n.zones, n.rules} {
		for i := range list {
			all = append(all, &list[i])
		}
	}
	return append(all, &n.threat, &n.network, &n.profile)
}

// Same says that the documents in force say what was pulled, wherever they lie (U10).
func (f Folder) Same(in *InForce, d Documents) bool {
	if o := d.Okta; o != nil {
		var enforced [][]byte
		for _, r := range o.Rules {
			if r.Enforced {
				enforced = append(enforced, r.Text)
			}
		}
		if !f.sameZones(in.zones, o.Zones) || len(enforced) != len(in.rules) || !f.same(in.threat, o.Threat) {
			return false
		}
		for i, name := range in.rules {
			if !f.same(name, enforced[i]) {
				return false
			}
		}
	}
	s := d.SailPoint
	return s == nil || f.same(in.network, s.Network) && (!s.Profiled || f.same(in.profile, s.Profile))
}

// same compares a document that may be none.
func (f Folder) same(at place, text []byte) bool {
	if text == nil {
		return at.name == ""
	}
	there, _ := f.read(f.at(at.name)) // what cannot be read says nothing
	return Same(there, text)
}

// sameZones compares zones, which may lie in several files.
func (f Folder) sameZones(places []place, zones []byte) bool {
	var all []jsondoc.Node
	for _, at := range places {
		text, _ := f.read(f.at(at.name)) // what cannot be read is no list
		root, _ := jsondoc.Parse(at.name, text)
		if root.Kind() != jsondoc.Array { // what else is wrong Same sees
			return false
		}
		for _, zone := range root.Elements() {
			all = append(all, zone)
		}
	}
	if len(places) == 0 {
		return false
	}
	joined, _ := List(all) // they were parsed
	return Same(joined, zones)
}

// generationName is what folders of generations are called: a fingerprint, and a
// number where one of that name had been tampered with.
var generationName = regexp.MustCompile(`^[0-9a-f]{32}(-[0-9]+)?$`)

// inGeneration divides a path of the policy file that leads into a generation: its
// name, and the file in it.
func (f Folder) inGeneration(name string) (generation, file string, ok bool) {
	base, err := filepath.Abs(filepath.Join(f.Path, pulled))
	if err != nil {
		return "", "", false
	}
	full, err := filepath.Abs(f.at(name))
	if err != nil {
		return "", "", false
	}
	rest, err := filepath.Rel(base, full)
	if err != nil {
		return "", "", false
	}
	generation, file, ok = strings.Cut(filepath.ToSlash(rest), "/")
	return generation, file, ok && generationName.MatchString(generation)
}
