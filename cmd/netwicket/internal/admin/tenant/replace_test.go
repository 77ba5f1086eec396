package tenant_test

import (
	"bytes"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// plain is a folder that no API ever served: two files of zones, a list, an overlay.
func plain(t *testing.T) string {
	return folder(t, map[string]string{
		"netwicket.json": `{
  // what a person wrote
  "okta": {"zones": ["zones/a.json", "zones/b.json"], "threatInsight": "threat.json", "threatFeeds": ["feeds/bad.txt"]},
  "serve": {"guard": ["192.0.2.7"]}
}
`,
		"zones/a.json":  `[{"type":"IP","id":"nzoA","name":"A","status":"ACTIVE","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}]`,
		"zones/b.json":  `[{"type":"IP","id":"nzoB","name":"B","status":"ACTIVE","usage":"POLICY","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}]`,
		"threat.json":   `{"action":"block","excludeZones":[]}`,
		"feeds/bad.txt": "198.51.100.1\r\n",
	})
}

func asFound(o *tenant.Options) { o.AsFound, o.Between = true, true }

func replace(store *tenant.Store, name, old, text string) (tenant.Replaced, error) {
	return store.Replace(request("SAVE", name), tenant.Replacement{Name: name, Text: []byte(text), Begun: tenant.HashOf([]byte(old))})
}

// A text becomes that of its file to the letter, whatever the file is; nothing else of
// the folder changes, and the generation before has all that was replaced.
func TestReplace(t *testing.T) {
	dir := plain(t)
	require.NoError(t, os.Chmod(filepath.Join(dir, "feeds/bad.txt"), 0o640))
	start := snapshot(t, dir)
	var audit bytes.Buffer
	store := open(t, dir, asFound, audited(&audit))
	require.Equal(t, start, snapshot(t, dir), "a folder gets nothing by being opened")

	list := "198.51.100.1\r\n198.51.100.2 # é" // no newline at the end
	done, err := replace(store, "feeds/bad.txt", start["feeds/bad.txt"], list)
	require.NoError(t, err)
	require.Equal(t, tenant.Replaced{Generation: 2, Before: 1}, tenant.Replaced{Generation: done.Generation, Before: done.Before})
	want := start
	want["feeds/bad.txt"] = list
	require.Equal(t, want, snapshot(t, dir))
	info, err := os.Stat(filepath.Join(dir, "feeds/bad.txt"))
	require.NoError(t, err)
	require.EqualValues(t, 0o640, info.Mode().Perm())
	require.Contains(t, decision(t, dir, "198.51.100.2"), "threat")
	old, err := store.History().Contents(1)
	require.NoError(t, err)
	require.Equal(t, "198.51.100.1\r\n", string(old["feeds/bad.txt"]))

	zones := strings.Replace(start["zones/b.json"], "POLICY", "BLOCKLIST", 1)
	_, err = replace(store, "zones/b.json", start["zones/b.json"], zones)
	var refused *tenant.Refused
	require.ErrorAs(t, err, &refused)
	require.Contains(t, refused.Causes[0], "192.0.2.7", "the guard")
	// Nor by taking the guard away in the same breath.
	_, err = replace(store, "netwicket.json", start["netwicket.json"],
		strings.NewReplacer(`"guard": ["192.0.2.7"]`, "", "// what a person wrote", `"edge": {"trusted": ["192.0.2.0/24"], "source": "x-forwarded-for"},`).Replace(start["netwicket.json"]))
	require.ErrorAs(t, err, &refused)
	require.Contains(t, refused.Causes[0], "192.0.2.7", "the guard")
	_, err = replace(store, "zones/a.json", start["zones/a.json"], "[")
	require.ErrorAs(t, err, &refused)
	require.Contains(t, refused.Causes[0], "zones/a.json:1:")
	require.Equal(t, want, snapshot(t, dir))
	require.Equal(t, 2, store.Generation())

	all := lines(t, audit.Bytes())
	require.Len(t, all, 4)
	require.EqualValues(t, 2, all[0]["generation"])
	require.EqualValues(t, http.StatusOK, all[0]["status"])
	require.EqualValues(t, 1, all[0]["newlyDenied"])
	require.EqualValues(t, http.StatusBadRequest, all[3]["status"])
}

// Whoever began from another text is told, and nothing is lost.
func TestReplaceOfWhatSomebodyElseChanged(t *testing.T) {
	dir := plain(t)
	store := open(t, dir, asFound)
	began := snapshot(t, dir)["zones/a.json"]
	theirs := strings.Replace(began, "203.0.113.0/24", "203.0.113.0/25", 1)
	put(t, dir, "zones/a.json", theirs)
	_, err := replace(store, "zones/a.json", began, strings.Replace(began, "203.0.113.0/24", "203.0.113.0/26", 1))
	var changed *tenant.Changed
	require.ErrorAs(t, err, &changed)
	require.Equal(t, theirs, string(changed.Text))
	require.Equal(t, theirs, snapshot(t, dir)["zones/a.json"])
}

// No name leads to a file that is not the folder's.
func TestReplaceStaysInTheFolder(t *testing.T) {
	dir, outside := plain(t), folder(t, map[string]string{"secret.txt": "x"})
	require.NoError(t, os.Symlink(filepath.Join(outside, "secret.txt"), filepath.Join(dir, "feeds/link.txt")))
	store := open(t, dir, asFound)
	put(t, dir, "feeds/.hidden", "x")
	const noName = "expected a file of the policy folder"
	for name, want := range map[string]string{
		"../secret.txt": noName, filepath.Join(outside, "secret.txt"): noName, "": noName, ".": noName, "feeds/../../secret.txt": noName,
		".netwicket/lock": noName, "feeds/../.netwicket/lock": noName, "feeds/.hidden": noName, "./feeds/.hidden": noName,
		"feeds": "open feeds: expected a regular file", "feeds/none.txt": "no such file or directory", "feeds/link.txt": "it leads outside of the folder",
	} {
		_, err := replace(store, name, "x", "y")
		var refused *tenant.Refused
		require.ErrorAs(t, err, &refused, name)
		require.ErrorContains(t, err, want, name)
	}
	require.Equal(t, "x", snapshot(t, outside)["secret.txt"])
}

// A server of the APIs goes on with what was saved beside it, and a revert gives back
// what no API has as well.
func TestReplaceBesideAServer(t *testing.T) {
	dir := crowded(t)
	server := open(t, dir)
	require.Equal(t, http.StatusOK, write(t, server, func(d *records.Documents) wire.Answer {
		d.Threat = &records.ThreatInsight{Action: "block"}
		return wire.Answer{Status: http.StatusOK}
	}).Status)
	put(t, dir, "bad.txt", "203.0.113.1\n")
	text := snapshot(t, dir)["netwicket.json"]
	put(t, dir, "netwicket.json", strings.Replace(text, `"okta": {`, `"okta": {"threatFeeds": ["bad.txt"],`, 1))
	between := open(t, dir, asFound)
	done, err := replace(between, "bad.txt", "203.0.113.1\n", "203.0.113.2\n")
	require.NoError(t, err)
	zones := ""
	for name := range snapshot(t, dir) {
		if strings.HasPrefix(name, "okta/zones") {
			zones = name
		}
	}
	old := snapshot(t, dir)[zones]
	_, err = replace(between, zones, old, "[]\n")
	var refused *tenant.Refused
	require.ErrorAs(t, err, &refused, "rules name a zone")
	_, err = replace(between, zones, old, strings.Replace(old, "192.0.2.0/24", "192.0.2.0/25", 1))
	require.NoError(t, err)
	between.Close()

	documents, err := server.Documents()
	require.NoError(t, err)
	z, _ := documents.Zone("nzoOffice000000000001")
	require.Equal(t, "192.0.2.0/25", z.Gateways[0].Value)
	require.Equal(t, http.StatusOK, write(t, server, addZone(blocklist("Bad", "198.51.100.0/24"))).Status)
	require.Contains(t, decision(t, dir, "203.0.113.2"), "threat")
	_, err = server.Revert(request("", ""), done.Before)
	require.NoError(t, err)
	require.Equal(t, "203.0.113.1\n", snapshot(t, dir)["bad.txt"])
	documents, err = server.Documents()
	require.NoError(t, err)
	z, _ = documents.Zone("nzoOffice000000000001")
	require.Equal(t, "192.0.2.0/24", z.Gateways[0].Value)
}

// A save that breaks off anywhere leaves the file as it was or as it was to be, and the
// next start finishes it.
func TestReplaceThatBreaksOff(t *testing.T) {
	for files := range 2 {
		dir := plain(t)
		before := snapshot(t, dir)
		store := open(t, dir, asFound)
		all, err := store.BreakOffReplace("feeds/bad.txt", []byte("198.51.100.9\n"), files)
		require.NoError(t, err)
		require.Equal(t, 1, all)
		require.Contains(t, []string{before["feeds/bad.txt"], "198.51.100.9\n"}, snapshot(t, dir)["feeds/bad.txt"])
		store.Close()
		next := open(t, dir, asFound)
		require.Equal(t, "198.51.100.9\n", snapshot(t, dir)["feeds/bad.txt"])
		require.Empty(t, litter(t, dir))
		contents, err := next.History().Contents(next.Generation() - 1)
		require.NoError(t, err)
		require.Equal(t, before["feeds/bad.txt"], string(contents["feeds/bad.txt"]))
		next.Close()
	}
}

// TestReplaceOfNothing: a text that is there already is nothing to save, and no attempt
// that came to nothing leaves its file in the history.
func TestReplaceOfNothing(t *testing.T) {
	dir := plain(t)
	put(t, dir, "notes.txt", "mine")
	store := open(t, dir, asFound)
	zones := snapshot(t, dir)["zones/a.json"]
	_, err := replace(store, "zones/a.json", zones, zones)
	require.ErrorContains(t, err, "zones/a.json: the text is what the file holds; there is nothing to save")
	_, err = replace(store, "notes.txt", "other", "mine, too")
	require.ErrorAs(t, err, new(*tenant.Changed))
	require.Zero(t, store.Generation())
	_, err = replace(store, "zones/a.json", zones, zones+"\n")
	require.NoError(t, err)
	listed, err := store.History().Names(2)
	require.NoError(t, err)
	require.NotContains(t, listed, "notes.txt")
	_, err = replace(store, "notes.txt", "mine", "mine, too")
	require.NoError(t, err)
	contents, err := store.History().Contents(store.Generation())
	require.NoError(t, err)
	require.Equal(t, "mine, too", string(contents["notes.txt"]))
}

// TestReplaceOfWhatAnAPIServes: where the vendors' APIs have written, or do, a text has to
// be one that they can serve, though no policy is made of it.
func TestReplaceOfWhatAnAPIServes(t *testing.T) {
	const broken = `[{"id":"00p1","name":"x","type":"MFA_ENROLL"}]`
	dir := folder(t, nil)
	server := open(t, dir)
	policies := snapshot(t, dir)["okta/policies.json"]
	_, err := replace(server, "okta/policies.json", policies, broken)
	require.ErrorAs(t, err, new(*tenant.Refused))
	require.ErrorContains(t, err, "okta/policies.json:1:")
	server.Close()
	_, err = replace(open(t, dir, asFound), "okta/policies.json", policies, broken)
	require.ErrorContains(t, err, "okta/policies.json:1:", "an API may be started again")
	require.Equal(t, policies, snapshot(t, dir)["okta/policies.json"])

	dir = plain(t)
	put(t, dir, "okta/policies.json", policies)
	_, err = replace(open(t, dir, asFound), "okta/policies.json", policies, broken)
	require.NoError(t, err, "no API has to read it")
}

// TestReplaceNamesOtherFiles: a new text of the policy file may name documents that lie in
// the folder already, where the vendors' APIs have served it, too. They stay as they are, the
// history has them from then on, and a text that is refused makes nothing of them.
func TestReplaceNamesOtherFiles(t *testing.T) {
	dir := everyVendor(t)
	open(t, dir).Close()
	zones := strings.Replace(snapshot(t, dir)["my/z.json"], "192.0.2.0/24", "203.0.113.0/24", 1)
	put(t, dir, "more/zones.json", zones)
	put(t, dir, "more/threat.json", `{"action":"block"}`)
	start := snapshot(t, dir)
	text := start["netwicket.json"]
	now := strings.Replace(strings.Replace(text, `["my/z.json"]`, `["more/zones.json"]`, 1), `"my/t.json"`, `"more/threat.json"`, 1)

	store := open(t, dir, asFound)
	for _, refused := range []string{`"more/none.json"`, `"more"`, `"../zones.json"`, `".netwicket/zones.json"`} {
		_, err := replace(store, "netwicket.json", text, strings.Replace(now, `"more/zones.json"`, refused, 1))
		require.ErrorAs(t, err, new(*tenant.Refused), refused)
		require.Equal(t, start, snapshot(t, dir))
		_, err = store.Documents()
		require.NoError(t, err, "the folder serves on after %s", refused)
	}
	done, err := replace(store, "netwicket.json", text, now)
	require.NoError(t, err)
	want := maps.Clone(start)
	want["netwicket.json"] = now
	require.Equal(t, want, snapshot(t, dir))
	contents, err := store.History().Contents(store.Generation())
	require.NoError(t, err)
	require.Equal(t, zones, string(contents["more/zones.json"]))
	policy, err := store.History().PolicyContents(store.Generation())
	require.NoError(t, err)
	require.Equal(t, zones, string(policy[filepath.Join(dir, "more", "zones.json")]))
	store.Close()

	server := open(t, dir) // an API serves it again
	documents, err := server.Documents()
	require.NoError(t, err)
	require.Equal(t, "203.0.113.0/24", documents.Zones[0].Gateways[0].Value)
	_, err = server.Revert(request("", ""), done.Before)
	require.NoError(t, err)
	require.Equal(t, zones, snapshot(t, dir)["more/zones.json"], "somebody else's file stays")
}

// TestRevertOfWhatWasSaved: documents become what they were, and so does what no API has;
// the rest of the policy file, somebody else's files that it named, and what the generation
// did not have yet, stay as they are.
func TestRevertOfWhatWasSaved(t *testing.T) {
	dir := everyVendor(t)
	server := open(t, dir)
	first := server.Generation()
	put(t, dir, "bad.txt", "203.0.113.1\n")
	save := func(name, old, new string) tenant.Replaced {
		t.Helper()
		text := snapshot(t, dir)[name]
		require.Contains(t, text, old)
		between := open(t, dir, asFound)
		defer between.Close()
		done, err := replace(between, name, text, strings.Replace(text, old, new, 1))
		require.NoError(t, err)
		return done
	}
	save("netwicket.json", `"okta": {`, `"okta": {"threatFeeds": ["bad.txt"],`)
	second := save("bad.txt", "203.0.113.1", "203.0.113.2").Before
	save("my/z.json", "192.0.2.0/24", "192.0.2.0/25")
	save("my/t.json", `"none"`, `"audit"`)
	saved := snapshot(t, dir)
	put(t, dir, "netwicket.json", strings.Replace(saved["netwicket.json"], "// ours", "// ours, later", 1))
	_, err := server.Documents() // it learns of the others' generations
	require.NoError(t, err)
	_, err = server.Revert(request("", ""), second)
	require.NoError(t, err)
	after := snapshot(t, dir)
	require.Contains(t, after["netwicket.json"], "// ours, later")
	require.Contains(t, after["netwicket.json"], `"threatFeeds": ["bad.txt"]`)
	require.Equal(t, "203.0.113.1\n", after["bad.txt"])
	require.Equal(t, saved["my/z.json"], after["my/z.json"], "it is somebody else's")
	require.Equal(t, saved["my/t.json"], after["my/t.json"])
	documents, err := server.Documents()
	require.NoError(t, err)
	require.Equal(t, "192.0.2.0/24", documents.Zones[0].Gateways[0].Value)
	require.Equal(t, "none", documents.Threat.Action)
	save("bad.txt", "203.0.113.1", "203.0.113.3")
	_, err = server.Revert(request("", ""), first)
	require.NoError(t, err)
	require.Equal(t, "203.0.113.3\n", snapshot(t, dir)["bad.txt"], "the first generation had none")
}

// TestRevertToAnEmptyFile: a file that somebody deleted comes back, though it held nothing.
func TestRevertToAnEmptyFile(t *testing.T) {
	dir := everyVendor(t)
	put(t, dir, "notes.txt", "mine")
	between := open(t, dir, asFound)
	done, err := replace(between, "notes.txt", "mine", "")
	require.NoError(t, err)
	between.Close()
	require.NoError(t, os.Remove(filepath.Join(dir, "notes.txt")))
	_, err = open(t, dir).Revert(request("", ""), done.Generation)
	require.NoError(t, err)
	text, there := snapshot(t, dir)["notes.txt"]
	require.True(t, there)
	require.Empty(t, text)
}
