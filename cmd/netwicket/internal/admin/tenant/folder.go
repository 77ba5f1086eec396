package tenant

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/zone"
)

// reading is a folder as it was read: the texts, by name, and how the files looked
// before. It is not changed.
type reading struct {
	texts folderFiles
	names named // that the policy file has
	seen
	unnamed bool // there are zones that have no id of their own in their file
}

// emptyPolicyFile stands for that of a folder without one.
const emptyPolicyFile = "{\n  \"okta\": {}\n}\n"

// policyFile is the policy file's text, as others are written into it.
func (f folderFiles) policyFile() []byte {
	if text, there := f[policyfile.FileName]; there {
		return text
	}
	return []byte(emptyPolicyFile)
}

// readFolder reads the policy file and all documents that are managed. The reading
// is never nil, so that it can be watched.
func (s *Store) readFolder() (*records.Documents, *reading, error) {
	r := &reading{}
	r.set = s.always()
	r.set.Files = []string{at(s.options.Folder, policyfile.FileName)}
	r.look = r.set.Look()
	texts, err := s.readTexts(r)
	if err != nil {
		return nil, r, err
	}
	r.texts = texts
	documents, err := s.documentsOf(texts)
	if err != nil {
		return nil, r, err
	}
	r.unnamed = anyUnnamed(documents)
	return documents, r, nil
}

// always is what is watched of every folder, whatever its policy file names.
func (s *Store) always() files.Set {
	return files.Set{Folders: []string{at(s.options.Folder, rulesFolder)}, Reads: isDocument}
}

// readTexts reads the files, and notes which they are, what the policy file calls them
// and how they looked before.
func (s *Store) readTexts(r *reading) (folderFiles, error) {
	policy, _ := s.readFile(policyfile.FileName) // it is read again with the others: then an error is one
	n, err := readNamed(at(s.options.Folder, policyfile.FileName), orEmpty(policy))
	if err != nil && !s.options.AsFound {
		return nil, err
	}
	own, err := s.rulesInPlace()
	if err != nil {
		return nil, err
	}
	r.set = s.always()
	var names []string // each file by the name that the policy file has for it, if it has one
	for _, name := range slices.Concat([]string{policyfile.FileName}, n.deciding(), usualFiles(), own, s.history.saved(), s.beside) {
		if file := at(s.options.Folder, name); !slices.Contains(r.set.Files, file) {
			names, r.set.Files = append(names, name), append(r.set.Files, file)
		}
	}
	r.look = r.set.Look() // before anything of it is read: what is written meanwhile is noticed
	texts := make(folderFiles, len(names))
	for _, name := range names {
		text, err := s.readFile(name)
		if errors.Is(err, fs.ErrNotExist) && (s.options.AsFound || !slices.Contains(n.deciding(), name)) {
			continue
		}
		if err != nil {
			return nil, err
		}
		texts[name] = text
	}
	if !bytes.Equal(texts[policyfile.FileName], policy) {
		return nil, errChanging
	}
	r.names = n
	return texts, nil
}

func orEmpty(policyFile []byte) []byte {
	if policyFile == nil {
		return []byte(emptyPolicyFile)
	}
	return policyFile
}

// errChanging says that somebody is writing at this moment.
var errChanging = errors.New("the policy folder is being changed")

func (s *Store) readFile(name string) ([]byte, error) {
	return files.File{Path: at(s.options.Folder, name), Within: s.options.Within}.Read(files.DocumentLimit)
}

// rulesInPlace are the files in the folder of rules, of policies that are enforced
// or not.
func (s *Store) rulesInPlace() ([]string, error) {
	entries, err := files.File{Path: at(s.options.Folder, rulesFolder), Within: s.options.Within}.ReadDir()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if isDocument(entry.Name()) {
			names = append(names, path.Join(rulesFolder, entry.Name()))
		}
	}
	return names, nil
}

func isDocument(name string) bool {
	return strings.HasSuffix(name, ".json") && !strings.HasPrefix(name, ".")
}

// documentsOf are what the files of a folder hold. The error is a finding.List.
func (s *Store) documentsOf(texts folderFiles) (*records.Documents, error) {
	label := func(name string) string { return at(s.options.Folder, name) }
	n, err := readNamed(label(policyfile.FileName), texts.policyFile())
	if err != nil {
		return nil, err
	}
	d := new(records.Documents)
	if n.zones != "" {
		if d.Zones, err = records.ReadZones(label(n.zones), texts[n.zones]); err != nil {
			return nil, err
		}
	}
	if n.threat != "" {
		if d.Threat, err = records.ReadThreat(label(n.threat), texts[n.threat]); err != nil {
			return nil, err
		}
	}
	return d, s.readRest(d, n, texts)
}

// readable says why files could not be read again that the compiler of the policy
// does not read, or not all of: policies, rules that do not decide, SailPoint's
// documents. The error is a finding.List.
func (s *Store) readable(texts folderFiles) error {
	n, _ := readNamed(policyfile.FileName, texts.policyFile()) // its names were read or written before
	return s.readRest(new(records.Documents), n, texts)
}

// readRest reads all but zones and the ThreatInsight configuration.
func (s *Store) readRest(d *records.Documents, n named, texts folderFiles) error {
	label := func(name string) string { return at(s.options.Folder, name) }
	var err error
	if text, there := texts[policiesFile]; there {
		if d.Policies, err = records.ReadPolicies(label(policiesFile), text); err != nil {
			return err
		}
	}
	if err := s.rules(d, n, texts); err != nil {
		return err
	}
	for name, into := range map[string]*[]byte{
		n.network: (*[]byte)(&d.NetworkConfig), n.profile: (*[]byte)(&d.AuthProfile),
		lockoutFile: (*[]byte)(&d.LockoutConfig), sessionFile: (*[]byte)(&d.SessionConfig), providerFile: (*[]byte)(&d.ServiceProviderConfig),
	} {
		text, there := texts[name]
		if !there {
			continue
		}
		root, reader := jsondoc.Read(label(name), text)
		if root.Exists() && reader.Is(root, jsondoc.Object, "an object") {
			*into = records.Compact(root.Raw())
		}
		if err := reader.Found.Err(); err != nil {
			return err
		}
	}
	return nil
}

// rules gives the policies their rules, and a policy to rules that have none (D1).
func (s *Store) rules(d *records.Documents, n named, texts folderFiles) error {
	taken := make(map[string]bool)
	for _, p := range d.Policies {
		name := n.rulesOf(p.ID)
		taken[name] = true
		text, there := texts[name]
		if !there {
			continue
		}
		var err error
		if p.Rules, err = s.readRules(n, name, text); err != nil {
			return err
		}
	}
	for _, name := range n.rules {
		if taken[name] {
			continue
		}
		taken[name] = true
		rules, err := s.readRules(n, name, texts[name])
		if err != nil {
			return err
		}
		d.Policies = append(d.Policies, adopt(d.Policies, name, rules))
	}
	return nil
}

// readRules reads a file of rules. Those that the policy does not read are looked
// at as if it did: they are in force as soon as somebody activates their policy.
func (s *Store) readRules(n named, name string, text []byte) ([]*records.Rule, error) {
	label := at(s.options.Folder, name)
	if !slices.Contains(n.rules, name) {
		if _, err := zone.ParseOktaRules(label, text); err != nil {
			return nil, err
		}
	}
	return records.ReadRules(label, text)
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

func anyUnnamed(d *records.Documents) bool {
	return slices.ContainsFunc(d.Zones, func(z *records.Zone) bool { return z.Unnamed })
}
