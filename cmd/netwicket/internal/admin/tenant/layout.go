package tenant

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/policyedit"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// Where documents stand that no policy file names (D1), relative to the folder and
// with slashes, as a policy file writes them.
const (
	zonesFile    = "okta/zones.json"
	policiesFile = "okta/policies.json"
	rulesFolder  = "okta/rules"
	threatFile   = "okta/threat-insight.json"
	networkFile  = "sailpoint/network-config.json"
	profileFile  = "sailpoint/auth-profile.json"
	lockoutFile  = "sailpoint/lockout-config.json"
	sessionFile  = "sailpoint/session-config.json"
	providerFile = "sailpoint/service-provider-config.json"
)

// usualFiles are the places of documents that no policy file has to name, or names
// as soon as there are any.
func usualFiles() []string {
	return []string{zonesFile, policiesFile, threatFile, networkFile, profileFile, lockoutFile, sessionFile, providerFile}
}

// named is what a policy file says about where documents stand; empty: nothing.
type named struct {
	zones                    string
	more                     []string // zones that no API can serve beside those
	rules                    []string
	threat, network, profile string
}

// readNamed reads the names out of a policy file. Names of zones that are none are an
// error here, since a new folder's policy file gets others in their place.
func readNamed(file string, text []byte) (named, error) {
	var n named
	root, err := jsondoc.ParseCommented(file, text)
	if err != nil {
		return n, err
	}
	okta, sailpoint := root.Get("okta"), root.Get("sailpoint")
	zones := paths(okta.Get("zones"))
	if node := okta.Get("zones"); node.Exists() && (node.Kind() != jsondoc.Array || slices.Contains(zones, "")) {
		return n, node.Finding("bad-type", errors.New("expected an array of the paths of files"))
	}
	if len(zones) > 0 {
		n.zones, n.more = zones[0], zones[1:]
	}
	n.rules = paths(okta.Get("rules"))
	for into, node := range map[*string]jsondoc.Node{
		&n.threat: okta.Get("threatInsight"), &n.network: sailpoint.Get("networkConfig"), &n.profile: sailpoint.Get("authProfile"),
	} {
		if node.Kind() == jsondoc.String {
			*into = node.String()
		}
	}
	if len(n.more) > 0 {
		return n, okta.Get("zones").Finding("bad-value", fmt.Errorf("okta.zones names %d files; a server of the vendors' APIs needs one, which it writes", len(zones)))
	}
	return n, nil
}

func paths(node jsondoc.Node) []string {
	var all []string
	for _, element := range node.Elements() {
		all = append(all, element.String())
	}
	return all
}

// rulesOf is the file of a policy's rules: the one that the policy file names, be it
// named after the policy or the one that the policy was made from, else one of its
// own.
func (n named) rulesOf(id string) string {
	for _, file := range n.rules {
		if path.Base(filepath.ToSlash(file)) == id+".json" || adoptedID(records.SignOn, file) == id || adoptedID(records.Access, file) == id {
			return file
		}
	}
	return rulesName(id)
}

// adoptedID is the id of a policy whose rules were found in a file that no policy
// has (D1): always the same for the same path.
func adoptedID(kind, file string) string {
	prefix := records.SignOnID
	if kind == records.Access {
		prefix = records.AccessID
	}
	return records.HashID(prefix, filepath.ToSlash(file))
}

// folderFiles are the files of a folder by name, as a policy file writes it.
type folderFiles map[string][]byte

// at is where a file of the folder lies.
func at(folder, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(folder, filepath.FromSlash(name))
}

// render gives the files that documents make, the policy file included, whose
// other members stay as they are. Files that would be empty, of documents that
// there are none of, are left out. denies are files of rules that are named though
// they hold none, which denies everybody: they stay. zones is the text of d's zones.
func render(d *records.Documents, n named, policyFile []byte, denies map[string]bool, zones func() []byte) (folderFiles, error) {
	out := make(folderFiles)
	policy := edited{text: policyFile}
	place := func(known, usual string, text []byte, path ...string) {
		if text == nil {
			if known != "" { // else what stands there is no name, and an error
				policy.set(nil, path...)
			}
			return
		}
		if known == "" {
			known = usual
			policy.set(known, path...)
		}
		out[known] = text
	}
	if len(d.Zones) > 0 || n.zones != "" {
		if n.zones == "" {
			n.zones = zonesFile
			policy.set([]string{zonesFile}, "okta", "zones")
		}
		out[n.zones] = zones()
	}
	out[policiesFile] = records.WritePolicies(d.Policies) // there are those that every tenant has
	var enforced []string
	for _, p := range ordered(d.Policies) {
		file := rulesName(p.ID) // where they are found without a policy file that names them
		if named := n.rulesOf(p.ID); isEnforced(p) || denies[named] && p.Status == records.Active && len(p.Rules) == 0 {
			file = named
			enforced = append(enforced, file)
		}
		if len(p.Rules) > 0 { // a file of none that stays is there
			out[file] = records.WriteRules(p.Rules)
		}
	}
	if !slices.Equal(enforced, n.rules) {
		if enforced == nil {
			policy.set(nil, "okta", "rules")
		} else {
			policy.set(enforced, "okta", "rules")
		}
	}
	var threat []byte
	if d.Threat != nil {
		threat = records.WriteThreat(d.Threat)
	}
	place(n.threat, threatFile, threat, "okta", "threatInsight")
	place(n.network, networkFile, indented(d.NetworkConfig), "sailpoint", "networkConfig")
	place(n.profile, profileFile, indented(d.AuthProfile), "sailpoint", "authProfile")
	for name, text := range map[string]json.RawMessage{lockoutFile: d.LockoutConfig, sessionFile: d.SessionConfig, providerFile: d.ServiceProviderConfig} {
		if text != nil {
			out[name] = indented(text)
		}
	}
	out[policyfile.FileName] = policy.text
	return out, policy.err
}

// edited is a policy file with other values for some of its members.
type edited struct {
	text []byte
	err  error // the first
}

// set gives a member, to which a path leads, a name or names for its value; nil takes
// it out.
func (e *edited) set(value any, path ...string) {
	var text []byte
	if value != nil {
		text, _ = json.Marshal(value) // names can always be written
	}
	if e.err == nil {
		e.text, e.err = policyedit.Set(policyfile.FileName, e.text, text, path...)
	}
}

// renderChange gives the files of documents that were made from others. Those that
// nothing changed stay as somebody wrote them. What is named no more goes if it is
// this package's; other files stay where they lie (D1).
func renderChange(before, after *records.Documents, found *reading) (folderFiles, error) {
	n := found.names
	denies := n.withoutRules(before.Policies)
	// There may be thousands of zones: their text is written once, if it has changed.
	unwritten := func() []byte { return nil }
	zones := func() []byte { return records.WriteZones(after.Zones) }
	if slices.Equal(before.Zones, after.Zones) {
		zones = unwritten
	}
	was, err := render(before, n, found.texts.policyFile(), denies, unwritten)
	out, failed := render(after, n, found.texts.policyFile(), denies, zones)
	if err = cmpError(err, failed); err != nil {
		return nil, err
	}
	refers := false // a file changes that may name a zone by the id that its file lacks
	for name := range out {
		refers = refers || found.unnamed && name != n.zones && !bytes.Equal(out[name], was[name])
	}
	if refers {
		out[n.zones] = records.WriteZones(after.Zones)
	}
	for name, text := range found.texts {
		switch {
		case bytes.Equal(out[name], was[name]) && !(refers && name == n.zones):
			out[name] = text
		case !out.has(name) && !(was.has(name) && isOwn(name)):
			out[name] = text
		}
	}
	return out, nil
}

// withoutRules are the files that a policy file names though they hold no rule.
func (n named) withoutRules(policies []*records.Policy) map[string]bool {
	files := make(map[string]bool)
	for _, p := range policies {
		if name := n.rulesOf(p.ID); len(p.Rules) == 0 && slices.Contains(n.rules, name) {
			files[name] = true
		}
	}
	return files
}

func indented(text json.RawMessage) []byte {
	if text == nil {
		return nil
	}
	return records.Indent(text)
}

// ordered are policies in the order in which a policy file names them: those of
// sign-on first, then by priority, the system's last (D1, P5).
func ordered(policies []*records.Policy) []*records.Policy {
	return slices.SortedStableFunc(slices.Values(policies), records.ComparePolicies)
}

// isEnforced says that a policy decides (D1): it is ACTIVE and has a rule, and if
// it is the system's, more than the rule it came with, which allows everybody.
func isEnforced(p *records.Policy) bool {
	if p.Status != records.Active || len(p.Rules) == 0 {
		return false
	}
	return !p.System || len(p.Rules) > 1 || !p.Rules[0].AllowsEverybody()
}
