package tenant_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// everyVendor is a folder whose policy file names documents of every kind, all of them
// under names that somebody else gave them.
func everyVendor(t *testing.T) string {
	t.Helper()
	return folder(t, map[string]string{
		"netwicket.json": `{
  "okta": {"zones": ["my/z.json"], "rules": ["my/r.json", "my/a.json"], "threatInsight": "my/t.json"}, // ours
  "sailpoint": {"networkConfig": "my/n.json", "authProfile": "my/p.json"}
}
`,
		"my/z.json": `[ {"type":"IP","id":"nzoOffice000000000001","name":"Office","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]} ]`,
		"my/r.json": `[ {"name":"R","type":"SIGN_ON","conditions":{"network":{"connection":"ZONE","include":["nzoOffice000000000001"]}},"actions":{"signon":{"access":"ALLOW"}}} ]`,
		"my/a.json": `[ {"name":"A","type":"ACCESS_POLICY","conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"appSignOn":{"access":"ALLOW"}}} ]`,
		"my/t.json": `{"action":"none",  "excludeZones":[]}`,
		"my/n.json": `{"range":["192.0.2.0/24"],  "geolocation":null,"whitelisted":true}`,
		"my/p.json": `{"offNetwork":false,  "untrustedGeography":false}`,
	})
}

// namesIn are those of the documents in a folder's policy file.
func namesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	var file struct {
		Okta struct {
			Zones, Rules  []string
			ThreatInsight string
		}
		SailPoint struct{ NetworkConfig, AuthProfile string }
	}
	text := snapshot(t, dir)["netwicket.json"]
	root, err := jsondoc.ParseCommented("netwicket.json", []byte(text))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(root.Raw(), &file))
	require.Len(t, file.Okta.Zones, 1)
	all := map[string]string{"zones": file.Okta.Zones[0], "threat": file.Okta.ThreatInsight, "network": file.SailPoint.NetworkConfig, "profile": file.SailPoint.AuthProfile}
	for i, name := range file.Okta.Rules {
		all["rules "+string(rune('1'+i))] = name
	}
	maps.DeleteFunc(all, func(_, name string) bool { return name == "" })
	return all
}

var (
	addOffice = func(d *records.Documents) {
		d.Zones = append(d.Zones, office(records.NewID(records.ZoneID), "198.51.100.0/24"))
	}
	turnThreat  = func(d *records.Documents) { d.Threat = &records.ThreatInsight{Action: "audit"} }
	turnNetwork = func(d *records.Documents) {
		d.NetworkConfig = json.RawMessage(`{"range":["192.0.2.0/25"],"geolocation":null,"whitelisted":true}`)
	}
	turnProfile = func(d *records.Documents) {
		d.AuthProfile = json.RawMessage(`{"offNetwork":false,"untrustedGeography":false,"name":"P"}`)
	}
	turnRules = func(d *records.Documents) {
		for i, p := range d.Policies {
			if p.Name == "Rules of my/r.json" {
				d.Policies[i] = p.Changed()
				d.Policies[i].Rules = []*records.Rule{inZone("ALL_ZONES")}
			}
		}
	}
	noThreat = func(d *records.Documents) { d.Threat = nil }
	noVendor = func(d *records.Documents) { d.NetworkConfig, d.AuthProfile = nil, nil }
)

// TestNamesThatDecide: a document that decides gets its new content under the name that
// it has if the policy file stays as it is. Where several change at once, or the policy
// file does, those that change get new names, under which nobody reads them yet, and the
// policy file is the switch. What somebody else named stays where it lies, to the letter.
func TestNamesThatDecide(t *testing.T) {
	start := map[string]string{"zones": "my/z.json", "rules 1": "my/r.json", "rules 2": "my/a.json", "threat": "my/t.json", "network": "my/n.json", "profile": "my/p.json"}
	tests := map[string]struct {
		changes []func(*records.Documents)
		want    map[string]string // what is named otherwise; empty: no more
	}{
		"one":                    {[]func(*records.Documents){addOffice}, nil},
		"another":                {[]func(*records.Documents){turnProfile}, nil},
		"zones and threat":       {[]func(*records.Documents){addOffice, turnThreat}, map[string]string{"zones": "okta/zones-3.json", "threat": "okta/threat-insight-3.json"}},
		"SailPoint's":            {[]func(*records.Documents){turnNetwork, turnProfile}, map[string]string{"network": "sailpoint/network-config-3.json", "profile": "sailpoint/auth-profile-3.json"}},
		"zones and rules":        {[]func(*records.Documents){addOffice, turnRules}, map[string]string{"zones": "okta/zones-3.json", "rules 1": "okta/rules-3/ID.json"}},
		"one goes":               {[]func(*records.Documents){noThreat}, map[string]string{"threat": ""}},
		"some go":                {[]func(*records.Documents){noVendor}, map[string]string{"network": "", "profile": ""}},
		"one goes, one changes":  {[]func(*records.Documents){noThreat, turnNetwork}, map[string]string{"threat": "", "network": "sailpoint/network-config-3.json"}},
		"all of them":            {[]func(*records.Documents){addOffice, turnThreat, turnRules, turnNetwork, turnProfile}, map[string]string{"zones": "okta/zones-3.json", "threat": "okta/threat-insight-3.json", "rules 1": "okta/rules-3/ID.json", "network": "sailpoint/network-config-3.json", "profile": "sailpoint/auth-profile-3.json"}},
		"what decides by nobody": {[]func(*records.Documents){func(d *records.Documents) { d.SessionConfig = json.RawMessage(`{"maxIdleTime":15}`) }}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := everyVendor(t)
			found := snapshot(t, dir)
			store := open(t, dir)
			before := snapshot(t, dir)
			require.Equal(t, start, namesIn(t, dir))
			for name, text := range found {
				require.Equal(t, text, before[name], "what nobody changed stays as somebody wrote it")
			}
			require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) {
				for _, change := range test.changes {
					change(d)
				}
			})).Status)
			want := maps.Clone(start)
			maps.Copy(want, test.want)
			maps.DeleteFunc(want, func(_, name string) bool { return name == "" })
			got := namesIn(t, dir)
			if want["rules 1"] == "okta/rules-3/ID.json" {
				require.Regexp(t, `^okta/rules-3/00p\w{17}\.json$`, got["rules 1"])
				want["rules 1"] = got["rules 1"]
			}
			require.Equal(t, want, got)
			after := snapshot(t, dir)
			for what, name := range start {
				if want[what] != name {
					require.Equal(t, before[name], after[name], "somebody else's stays where it lies")
				}
			}
			for what, name := range want {
				require.Contains(t, after, name, what)
			}
			if test.want == nil {
				require.Equal(t, before["netwicket.json"], after["netwicket.json"])
			} else {
				require.Contains(t, after["netwicket.json"], "// ours")
			}
			is := documentsOf(t, store)
			store.Close()
			store = open(t, dir)
			require.Equal(t, is, documentsOf(t, store))
			_, err := store.Revert(request("", ""), 2)
			require.NoError(t, err)
			require.Equal(t, len(start), len(namesIn(t, dir)))
		})
	}
}

// TestNamesAreTaken: files that lie where a write would put its own are nobody's to
// replace; and the files of the write before go, as they were its own.
func TestNamesAreTaken(t *testing.T) {
	dir := everyVendor(t)
	store := open(t, dir)
	put(t, dir, "okta/zones-3.json", "mine")
	put(t, dir, "okta/threat-insight-4.json", "mine, too")
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) { addOffice(d); turnThreat(d) })).Status)
	names := namesIn(t, dir)
	require.Equal(t, "okta/zones-5.json", names["zones"])
	require.Equal(t, "okta/threat-insight-5.json", names["threat"])
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) {
		addOffice(d)
		d.Threat = &records.ThreatInsight{Action: "none"}
	})).Status)
	names = namesIn(t, dir)
	files := snapshot(t, dir)
	require.NotContains(t, files, "okta/zones-5.json")
	require.NotContains(t, files, "okta/threat-insight-5.json")
	require.Contains(t, files, names["zones"])
	require.Equal(t, "mine", files["okta/zones-3.json"])
	require.Equal(t, "mine, too", files["okta/threat-insight-4.json"])
	require.Contains(t, files, "my/z.json")
}

// TestWhatIsNoDocument: what lies in the folder of rules and has no document's name is
// not read, and nobody's history has it.
func TestWhatIsNoDocument(t *testing.T) {
	dir := folder(t, map[string]string{"okta/rules/notes.txt": "{", "okta/rules/.hidden.json": "{", "okta/rules/x.json~": "{", "okta/rules/old.json": "[]"})
	before := snapshot(t, dir)
	store := open(t, dir)
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("A", "203.0.113.0/24"))).Status)
	after := snapshot(t, dir)
	for name, text := range before {
		require.Equal(t, text, after[name], name)
	}
	listed, err := store.History().Names(3)
	require.NoError(t, err)
	require.Equal(t, []string{"netwicket.json", "okta/policies.json", "okta/rules/old.json"}, slices.DeleteFunc(slices.Clone(listed), func(name string) bool {
		return name == "okta/zones.json" || strings.HasPrefix(name, "okta/rules/00p") || strings.HasPrefix(name, "okta/rules/rst")
	}))
}

// TestUnfitPolicyFile is said before a folder gets anything.
func TestUnfitPolicyFile(t *testing.T) {
	for text, want := range map[string]string{
		`{"okta": 7}`:                                   `netwicket.json:1:10`,
		`[]`:                                            `netwicket.json:1:1`,
		`{"okta": {}, "okta": {}}`:                      `netwicket.json:1:14`,
		`{"okta": {"zones": "z.json"}}`:                 `netwicket.json:1:20 /okta/zones: "z.json": expected an array of the paths of files`,
		`{"okta": {"zones": null}}`:                     `netwicket.json:1:20`,
		`{"okta": {"zones": [""]}}`:                     `netwicket.json:1:20`,
		`{"okta": {"zones": ["a.json", "b.json"]}}`:     `okta.zones names 2 files`,
		`{"okta": {"zones": ["gone.json"]}}`:            `gone.json: no such file`,
		`{"okta": {"rules": ["gone.json"]}}`:            `gone.json: no such file`,
		`{"okta": {"threatInsight": "gone.json"}}`:      `gone.json: no such file`,
		`{"sailpoint": {"networkConfig": "gone.json"}}`: `gone.json: no such file`,
		`{"sailpoint": {"authProfile": "gone.json"}}`:   `gone.json: no such file`,
		`{"okta": {"zones": [7]}}`:                      `7: no such file`,
		`{"okta": {"threatInsight": 7}}`:                `netwicket.json:1:28`,
		`{"okta": {"rules": "r.json"}}`:                 `netwicket.json:1:20`,
		`{"sailpoint": {"authProfile": ["p.json"]}}`:    `netwicket.json:1:31`,
	} {
		dir := folder(t, map[string]string{"netwicket.json": text})
		_, err := tenant.Open(tenant.Options{Folder: dir})
		require.ErrorContains(t, err, want, text)
		require.Equal(t, map[string]string{"netwicket.json": text}, snapshot(t, dir))
	}
}

// TestZonesWithoutIDs get theirs into their file as soon as another document may name
// them, and nothing else makes the file another one.
func TestZonesWithoutIDs(t *testing.T) {
	zones := `[ {"type":"IP","name":"Office","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]} ]`
	dir := folder(t, map[string]string{"netwicket.json": `{"okta": {"zones": ["z.json"]}}`, "z.json": zones})
	open(t, dir).Close() // it gets policies, which might name one
	raw := func() {
		require.Contains(t, snapshot(t, dir)["z.json"], `"id": "nzo`)
		put(t, dir, "z.json", zones)
	}
	raw()
	store := open(t, dir)
	documents, err := store.Documents()
	require.NoError(t, err)
	id := documents.Zones[0].ID
	require.Equal(t, zones, snapshot(t, dir)["z.json"], "nothing was written")
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) { d.SessionConfig = json.RawMessage(`{"maxIdleTime":15}`) })).Status)
	raw()
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) {
		d.Policies = append(d.Policies, policyOf("00pStaff0000000000001", 1, inZone(id)))
	})).Status)
	require.Contains(t, decision(t, dir, "192.0.2.1"), "allow")
	require.Contains(t, decision(t, dir, "203.0.113.1"), "no_rule")
	name := namesIn(t, dir)["zones"]
	named := snapshot(t, dir)[name]
	require.Contains(t, named, id)
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) { d.SessionConfig = nil })).Status)
	require.Equal(t, named, snapshot(t, dir)[name])
}

// TestOtherWaysToNameAFile: an absolute path is as good as one within the folder, and
// what a policy file has for nothing stays.
func TestOtherWaysToNameAFile(t *testing.T) {
	outside := folder(t, map[string]string{"z.json": `[{"type":"IP","id":"nzoOffice000000000001","name":"Office","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}]`})
	file := outside + "/z.json"
	policy := `{"okta": {"zones": ["` + file + `"], "rules": []}}`
	dir := folder(t, map[string]string{"netwicket.json": policy})
	zones := snapshot(t, outside)["z.json"]
	store := open(t, dir)
	require.Equal(t, zones, snapshot(t, outside)["z.json"], "it has all its ids")
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) { d.SessionConfig = json.RawMessage(`{"maxIdleTime":15}`) })).Status)
	require.Equal(t, zones, snapshot(t, outside)["z.json"], "nobody changed it")
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("Bad", "203.0.113.0/24"))).Status)
	require.Equal(t, policy, snapshot(t, dir)["netwicket.json"])
	require.Contains(t, snapshot(t, outside)["z.json"], "203.0.113.0/24")
	require.Contains(t, decision(t, dir, "203.0.113.9"), "blocklisted")
	contents, err := store.History().PolicyContents(store.Generation())
	require.NoError(t, err)
	require.Equal(t, snapshot(t, outside)["z.json"], string(contents[file]))
}

// TestNoZonesAnyMore: a file of zones of which none is left is an empty one.
func TestNoZonesAnyMore(t *testing.T) {
	dir := everyVendor(t)
	store := open(t, dir)
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) {
		turnRules(d)
		d.Zones = nil
	})).Status)
	require.Equal(t, "[]\n", snapshot(t, dir)[namesIn(t, dir)["zones"]])
}

// TestUnfitPolicyFileOfPolicies: the first thing that is wrong with it is what is said.
func TestUnfitPolicyFileOfPolicies(t *testing.T) {
	dir := folder(t, map[string]string{
		"netwicket.json": `{"okta": 7}`, "okta/policies.json": `[{"id":"00p1","name":"x","type":"OKTA_SIGN_ON"}]`,
		"okta/rules/00p1.json": `[{"name":"R","actions":{"signon":{"access":"DENY"}}}]`,
	})
	before := snapshot(t, dir)
	_, err := tenant.Open(tenant.Options{Folder: dir})
	require.ErrorContains(t, err, "netwicket.json:1:10")
	require.Equal(t, before, snapshot(t, dir))
}

// TestWhoseFilesAre: what a write names no more goes if it has a name that a write gives,
// whatever the number; every other file is somebody else's.
func TestWhoseFilesAre(t *testing.T) {
	const zones = `[{"type":"IP","id":"nzoOffice000000000001","name":"Office","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}]`
	for name, ours := range map[string]bool{
		"okta/zones.json": true, "okta/zones-3.json": true, "okta/zones-1234567890.json": true, "./okta/zones-3.json": true, "okta/../okta/zones-3.json": true,
		"okta/zones-.json": false, "okta/zones-x.json": false, "okta/zones-3x.json": false, "okta/zones-x3.json": false, "okta/zones-3-4.json": false, "okta/zones3.json": false,
		"123/zones.json": false, "123.json": false, "zones.json": false, "x/okta/zones.json": false, "okta/zones.json.json": false, "okta/zones.jsonc": false, "okta/zones": false, "okta/zones-3": false, "okta/rules/mine.json": false, "okta/rules-3/mine.json": false,
		"okta/rules/00pMine.json": true, "okta/rules-3/rstMine.json": true, "okta/rules-x/00pMine.json": false, "rules/00pMine.json": false,
	} {
		require.Equal(t, ours, tenant.IsOwn(name), name)
		if !slices.Contains([]string{"okta/zones.json", "./okta/zones-3.json", "okta/zones-x.json", "zones.json", "okta/rules/mine.json"}, name) {
			continue
		}
		dir := folder(t, map[string]string{"netwicket.json": `{"okta": {"zones": ["` + name + `"], "threatInsight": "t.json"}}`, name: zones, "t.json": `{"action":"none","excludeZones":[]}`})
		store := open(t, dir)
		text := snapshot(t, dir)[path.Clean(name)]
		require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) { addOffice(d); turnThreat(d) })).Status)
		files := snapshot(t, dir)
		require.Equal(t, "okta/zones-3.json", strings.ReplaceAll(namesIn(t, dir)["zones"], "zones-4", "zones-3"), name)
		require.NotContains(t, files["netwicket.json"], `"rules"`)
		if ours {
			if namesIn(t, dir)["zones"] != path.Clean(name) {
				require.NotContains(t, files, path.Clean(name))
			}
		} else {
			require.Equal(t, text, files[path.Clean(name)], name)
		}
		require.Contains(t, files, "t.json")
	}
}

// TestOneFileOfTwoNames is one file, that nobody else changes by a write.
func TestOneFileOfTwoNames(t *testing.T) {
	dir := folder(t, map[string]string{"netwicket.json": `{"okta": {"zones": ["./okta/zones.json"]}}`, "okta/zones.json": "[]"})
	store := open(t, dir)
	for range 3 {
		require.Equal(t, http.StatusOK, write(t, store, changed(addOffice)).Status)
	}
	require.Equal(t, []string{"found", "first start", "POST /api/v1/zones", "POST /api/v1/zones", "POST /api/v1/zones"}, names(history(t, dir), func(g tenant.Generation) string { return g.Action }))
}
