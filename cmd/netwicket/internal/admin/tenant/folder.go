package tenant

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// reading is a folder as it was read: the texts, by name, and how the files looked
// before.
type reading struct {
	texts folderFiles
	look  files.State
	set   files.Set
}

// readFolder reads the policy file and all documents that are managed.
func (s *Store) readFolder() (*records.Documents, *reading, error) {
	r := &reading{texts: make(folderFiles)}
	policyPath := at(s.options.Folder, policyfile.FileName)
	r.set = files.Set{Files: []string{policyPath}}
	policy, err := s.readFile(policyfile.FileName)
	if err != nil {
		return nil, r, err
	}
	n, err := readNamed(policyPath, policy)
	if err != nil {
		return nil, r, err
	}
	own, err := s.ownRules()
	if err != nil {
		return nil, r, err
	}
	all := append([]string{policyfile.FileName, policiesFile, lockoutFile, sessionFile, providerFile}, n.rules...)
	for _, name := range []string{n.zones, n.threat, n.network, n.profile} {
		if name != "" {
			all = append(all, name)
		}
	}
	all = append(all, own...)
	r.set = files.Set{Folders: []string{at(s.options.Folder, rulesFolder)}, Reads: func(name string) bool { return strings.HasSuffix(name, ".json") }}
	for _, name := range all {
		r.set.Files = append(r.set.Files, at(s.options.Folder, name))
	}
	r.look = r.set.Look() // before anything of it is read: what is written meanwhile is noticed
	for _, name := range all {
		text, err := s.readFile(name)
		if errors.Is(err, fs.ErrNotExist) && name != policyfile.FileName && !slices.Contains(n.deciding(), name) {
			continue
		}
		if err != nil {
			return nil, r, err
		}
		r.texts[name] = text
	}
	if again, err := readNamed(policyPath, r.texts[policyfile.FileName]); err != nil || !sameNames(again, n) {
		return nil, r, errors.Join(err, errChanging)
	}
	d, err := s.documents(n, r.texts)
	return d, r, err
}

// errChanging says that somebody is writing at this moment.
var errChanging = errors.New("the policy folder is being changed")

func sameNames(a, b named) bool {
	return a.zones == b.zones && a.threat == b.threat && a.network == b.network && a.profile == b.profile && strings.Join(a.rules, "\x00") == strings.Join(b.rules, "\x00")
}

func (s *Store) readFile(name string) ([]byte, error) {
	return files.File{Path: at(s.options.Folder, name), Within: s.options.Within}.Read(files.DocumentLimit)
}

// ownRules are the files of rules that were written here, of policies that are
// enforced or not.
func (s *Store) ownRules() ([]string, error) {
	entries, err := files.File{Path: at(s.options.Folder, rulesFolder), Within: s.options.Within}.ReadDir()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".json") && !strings.HasPrefix(entry.Name(), ".") {
			names = append(names, path.Join(rulesFolder, entry.Name()))
		}
	}
	return names, nil
}

// documents are what the files hold. Texts are those of readFolder.
func (s *Store) documents(n named, texts folderFiles) (*records.Documents, error) {
	d := new(records.Documents)
	var err error
	label := func(name string) string { return at(s.options.Folder, name) }
	if text, there := texts[n.zones]; there && n.zones != "" {
		if d.Zones, err = records.ReadZones(label(n.zones), text); err != nil {
			return nil, err
		}
	}
	if text, there := texts[n.threat]; there && n.threat != "" {
		if d.Threat, err = records.ReadThreat(label(n.threat), text); err != nil {
			return nil, err
		}
	}
	if text, there := texts[policiesFile]; there {
		if d.Policies, err = records.ReadPolicies(label(policiesFile), text); err != nil {
			return nil, err
		}
	}
	if err := s.rules(d, n, texts); err != nil {
		return nil, err
	}
	for name, into := range map[string]*[]byte{
		n.network: (*[]byte)(&d.NetworkConfig), n.profile: (*[]byte)(&d.AuthProfile),
		lockoutFile: (*[]byte)(&d.LockoutConfig), sessionFile: (*[]byte)(&d.SessionConfig), providerFile: (*[]byte)(&d.ServiceProviderConfig),
	} {
		if text, there := texts[name]; there && name != "" {
			root, err := jsondoc.Parse(label(name), text)
			if err != nil {
				return nil, err
			}
			*into = records.Compact(root.Raw())
		}
	}
	return d, nil
}

// rules gives the policies their rules, and a policy to rules that have none (D1).
func (s *Store) rules(d *records.Documents, n named, texts folderFiles) error {
	taken := make(map[string]bool)
	for _, p := range d.Policies {
		file := n.rulesOf(p.ID)
		taken[file] = true
		text, there := texts[file]
		if !there {
			continue
		}
		var err error
		if p.Rules, err = records.ReadRules(at(s.options.Folder, file), text); err != nil {
			return err
		}
	}
	for _, file := range n.rules {
		if taken[file] {
			continue
		}
		rules, err := records.ReadRules(at(s.options.Folder, file), texts[file])
		if err != nil {
			return err
		}
		d.Policies = append(d.Policies, adopt(d.Policies, file, rules))
	}
	return nil
}

// adopt makes a policy of rules that were found in a file of no policy: it is of
// the type of their actions, and comes behind those that there are (D1).
func adopt(others []*records.Policy, file string, rules []*records.Rule) *records.Policy {
	kind := records.SignOn
	if len(rules) > 0 && rules[0].Type == records.Access {
		kind = records.Access
	}
	p := &records.Policy{ID: adoptedID(kind, file), Status: records.Active, Name: "Rules of " + file, Type: kind, Priority: 1, Rules: rules}
	for _, other := range others {
		if other.Type == kind && !other.System {
			p.Priority = max(p.Priority, other.Priority+1)
		}
	}
	return p
}
