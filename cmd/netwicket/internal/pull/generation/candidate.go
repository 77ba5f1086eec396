package generation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/policyedit"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// Candidate is what a folder would be with documents that were pulled.
type Candidate struct {
	Name     string            // of the generation
	files    map[string][]byte // of the generation, its policy file not among them
	own      []byte            // its policy file
	text     []byte            // of the folder's policy file
	in       *InForce
	complete bool // it lies there already, whole
}

// Contents are the files as they would be, for policyfile.Options.
func (f Folder) Contents(c *Candidate) map[string][]byte {
	contents := map[string][]byte{f.policyFile(): c.text}
	for name, text := range c.files {
		contents[filepath.Join(f.Path, pulled, c.Name, filepath.FromSlash(name))] = text
	}
	return contents
}

// Current are the contents of what is in force: the policy file as it was read, which
// a folder may not have yet.
func (f Folder) Current(in *InForce) map[string][]byte {
	return map[string][]byte{f.policyFile(): in.text}
}

// Candidate puts what was pulled in place of what is in force. What a vendor that
// was not asked has in another generation is taken along, so that each is whole.
func (f Folder) Candidate(in *InForce, d Documents) (*Candidate, error) {
	next, all, err := f.next(in, d)
	if err != nil {
		return nil, err
	}
	c := &Candidate{files: all, in: in}
	if c.Name, c.complete, err = f.name(in, all); err != nil {
		return nil, err
	}
	if c.text, err = next.write(f.policyFile(), in, path.Join(pulled, c.Name)); err != nil {
		return nil, err
	}
	c.own, err = ownPolicyFile(c.text, path.Join(pulled, c.Name))
	return c, err
}

// next is what the policy file will name, and the files of the generation.
func (f Folder) next(in *InForce, d Documents) (*named, map[string][]byte, error) {
	next := in.named
	next.zones, next.rules = slices.Clone(next.zones), slices.Clone(next.rules)
	all := make(map[string][]byte)
	put := func(name string, text []byte) place {
		if text == nil {
			return place{}
		}
		all[name] = text
		return place{name, true}
	}
	if o := d.Okta; o != nil {
		next.zones, next.rules = []place{put(zonesFile, o.Zones)}, nil
		put(policiesFile, o.Policies)
		for _, r := range o.Rules {
			if at := put(rulesFile(r.Policy), r.Text); r.Enforced {
				next.rules = append(next.rules, at)
			}
		}
		next.threat = put(threatFile, o.Threat)
	}
	if s := d.SailPoint; s != nil {
		next.network = put(networkFile, s.Network)
		if s.Profiled {
			next.profile = put(profileFile, s.Profile)
		}
	}
	for _, at := range next.places() {
		_, file, ours := f.inGeneration(at.name)
		if !ours {
			continue
		}
		text, err := f.read(f.at(at.name))
		if err != nil {
			return nil, nil, fmt.Errorf("%s: cannot be read: %w", f.at(at.name), files.Cause(err))
		}
		*at = put(file, text)
	}
	return &next, all, nil
}

// write is the folder's policy file with the names in it, and everything else as it
// stands there. What names nothing new is not touched.
func (n *named) write(file string, in *InForce, folder string) ([]byte, error) {
	policyFile := in.text
	full := func(at place) string {
		if at.own {
			return path.Join(folder, at.name)
		}
		return at.name
	}
	var err error
	set := func(value any, was, now []place, where ...string) {
		if err != nil || slices.Equal(was, now) {
			return
		}
		var text []byte
		if len(now) > 0 {
			if text, err = json.Marshal(value); err != nil {
				return
			}
		}
		policyFile, err = policyedit.Set(file, policyFile, text, where...)
	}
	list := func(was, now []place, where ...string) {
		var names []string
		for _, at := range now {
			names = append(names, full(at))
		}
		set(names, was, now, where...)
	}
	one := func(was, now place, where ...string) { set(full(now), was.alone(), now.alone(), where...) }
	list(in.zones, n.zones, "okta", "zones")
	list(in.rules, n.rules, "okta", "rules")
	one(in.threat, n.threat, "okta", "threatInsight")
	one(in.network, n.network, "sailpoint", "networkConfig")
	one(in.profile, n.profile, "sailpoint", "authProfile")
	return policyFile, err
}

// name is what a generation of these files is called, and whether it lies there
// whole. One that has been tampered with makes room, unless it is in force.
func (f Folder) name(in *InForce, all map[string][]byte) (name string, complete bool, err error) {
	base := fingerprint(all)
	for n := 1; ; n++ {
		if name = base; n > 1 {
			name = fmt.Sprintf("%s-%d", base, n)
		}
		_, err := os.Lstat(filepath.Join(f.Path, pulled, name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return name, false, nil
		case err != nil:
			return "", false, fmt.Errorf("%s: cannot be read: %w", filepath.Join(f.Path, pulled, name), files.Cause(err))
		case f.whole(name, all):
			return name, true, nil
		case !f.inForce(in)[name]:
			return name, false, nil
		}
	}
}

// whole says that a generation holds exactly these files, as they are.
func (f Folder) whole(name string, all map[string][]byte) bool {
	for file, text := range all {
		there, err := f.read(filepath.Join(f.Path, pulled, name, filepath.FromSlash(file)))
		if err != nil || !bytes.Equal(there, text) {
			return false
		}
	}
	return true
}

// inForce are the generations that the policy file names.
func (f Folder) inForce(in *InForce) map[string]bool {
	names := make(map[string]bool)
	for _, at := range in.places() {
		if name, _, ours := f.inGeneration(at.name); ours {
			names[name] = true
		}
	}
	return names
}

// ownPolicyFile is the policy file of a generation alone: what decides, as in the
// folder's, with paths from where it lies.
func ownPolicyFile(policyFile []byte, folder string) ([]byte, error) {
	root, err := jsondoc.ParseCommented(policyfile.FileName, policyFile)
	if err != nil {
		return nil, err
	}
	all := []byte{'{'}
	for member := range root.Members() {
		switch member.Name {
		case "okta", "sailpoint", "geo", "services", "overlay", "assumeNone":
			if len(all) > 1 {
				all = append(all, ',')
			}
			all = append(append(all, quote(member.Name)...), ':')
			all = appendRebased(all, member.Value, folder, member.Name == "assumeNone")
		}
	}
	return Pretty(append(all, '}'))
}

// appendRebased writes a value of the policy file whose strings are paths, but for
// words.
func appendRebased(to []byte, node jsondoc.Node, folder string, words bool) []byte {
	separator := func(i int) {
		if i > 0 {
			to = append(to, ',')
		}
	}
	switch node.Kind() {
	case jsondoc.String:
		name := node.String()
		if !words && !filepath.IsAbs(name) {
			name = rebase(name, folder)
		}
		return append(to, quote(name)...)
	case jsondoc.Array:
		to = append(to, '[')
		for i, element := range node.Elements() {
			separator(i)
			to = appendRebased(to, element, folder, words)
		}
		return append(to, ']')
	case jsondoc.Object:
		to = append(to, '{')
		i := 0
		for member := range node.Members() {
			separator(i)
			i++
			to = append(append(to, quote(member.Name)...), ':')
			to = appendRebased(to, member.Value, folder, member.Name == "unknownCountry")
		}
		return append(to, '}')
	default:
		return append(to, node.Raw()...)
	}
}

// rebase is a path of the folder's policy file as one of the generation's, which
// lies two folders below.
func rebase(name, folder string) string {
	name = path.Clean(filepath.ToSlash(name))
	if inside, found := strings.CutPrefix(name, folder+"/"); found {
		return inside
	}
	if sibling, found := strings.CutPrefix(name, pulled+"/"); found {
		return "../" + sibling
	}
	return path.Join("../..", name)
}

func quote(text string) []byte {
	quoted, _ := json.Marshal(text) // no string fails
	return quoted
}
