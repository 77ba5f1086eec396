package tenant

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// spread gives files that decide new names if a write changes several of them, so
// that the policy file's change is the one switch between before and after (D3):
// whoever reads the folder meanwhile finds one or the other, never a mixture.
// documents are those of after.
func (s *Store) spread(documents *records.Documents, found *reading, after folderFiles) (folderFiles, error) {
	now, err := readNamed(policyfile.FileName, after.policyFile())
	if err != nil {
		return nil, err
	}
	before, then, later := found.texts, found.names.deciding(), now.deciding()
	var changed []string
	switches := false
	for _, name := range changes(before, after) {
		switch {
		case name == policyfile.FileName:
			switches = true
		case slices.Contains(then, name) && slices.Contains(later, name):
			changed = append(changed, name)
		}
	}
	if len(changed) == 0 || len(changed) == 1 && !switches {
		return after, nil
	}
	renamed := s.newNames(now, documents, changed, before)
	out := maps.Clone(after)
	for old, name := range renamed {
		out[name] = out[old]
		delete(out, old)
		if !isOwn(old) {
			out[old] = before[old] // it is somebody else's, and stays
		}
	}
	out[policyfile.FileName], err = now.renamed(after.policyFile(), renamed)
	return out, err
}

// newNames are names that no file has, by the old ones: those of a generation.
func (s *Store) newNames(n named, documents *records.Documents, names []string, taken folderFiles) map[string]string {
	number, _ := s.history.last()
	for {
		number++
		renamed := make(map[string]string, len(names))
		free := true
		for _, name := range names {
			next := nameFor(number, n.usualName(documents, name))
			_, err := os.Stat(at(s.options.Folder, next))
			free = free && err != nil && !taken.has(next)
			renamed[name] = next
		}
		if free {
			return renamed
		}
	}
}

// usualName is the name that this package gives a file that decides.
func (n named) usualName(documents *records.Documents, name string) string {
	switch name {
	case n.zones:
		return zonesFile
	case n.threat:
		return threatFile
	case n.network:
		return networkFile
	case n.profile:
		return profileFile
	}
	for _, p := range documents.Policies {
		if n.rulesOf(p.ID) == name {
			return rulesName(p.ID)
		}
	}
	return name // no policy has such a file
}

// rulesName is the usual name of a policy's rules.
func rulesName(id string) string { return path.Join(rulesFolder, id+".json") }

// deciding are the files on which decisions depend.
func (n named) deciding() []string {
	all := slices.Concat(n.rules, n.more)
	for _, name := range []string{n.zones, n.threat, n.network, n.profile} {
		if name != "" {
			all = append(all, name)
		}
	}
	return all
}

// nameFor is a usual name for one generation. Rules keep the name of their policy.
func nameFor(number int, name string) string {
	folder, base := path.Split(filepath.ToSlash(name))
	if strings.HasPrefix(folder, rulesFolder) {
		return fmt.Sprintf("%s-%d/%s", rulesFolder, number, base)
	}
	extension := path.Ext(base)
	return fmt.Sprintf("%s%s-%d%s", folder, strings.TrimSuffix(base, extension), number, extension)
}

// isOwn says that a file has a name that this package gives: nobody else's files
// are taken away.
func isOwn(name string) bool {
	folder, base := path.Split(path.Clean(filepath.ToSlash(name)))
	if numberless(strings.TrimSuffix(folder, "/")) == rulesFolder {
		return strings.HasPrefix(base, records.SignOnID) || strings.HasPrefix(base, records.AccessID)
	}
	plain, isDocument := strings.CutSuffix(base, ".json")
	return isDocument && slices.Contains(usualFiles(), folder+numberless(plain)+".json")
}

// numberless is a name without the number of a generation.
func numberless(name string) string {
	if i := strings.LastIndexByte(name, '-'); i >= 0 && i+1 < len(name) && strings.Trim(name[i+1:], "0123456789") == "" {
		return name[:i]
	}
	return name
}

// renamed is a policy file that names files by other names.
func (n named) renamed(policyFile []byte, names map[string]string) ([]byte, error) {
	to := func(name string) string {
		if other, renamed := names[name]; renamed {
			return other
		}
		return name
	}
	rules := make([]string, len(n.rules))
	for i, name := range n.rules {
		rules[i] = to(name)
	}
	policy := edited{text: policyFile}
	if n.zones != "" {
		policy.set([]string{to(n.zones)}, "okta", "zones")
	}
	if len(rules) > 0 {
		policy.set(rules, "okta", "rules")
	}
	for _, one := range []struct{ name, vendor, member string }{
		{n.threat, "okta", "threatInsight"}, {n.network, "sailpoint", "networkConfig"}, {n.profile, "sailpoint", "authProfile"},
	} {
		if one.name != "" {
			policy.set(to(one.name), one.vendor, one.member)
		}
	}
	return policy.text, policy.err
}
