package tenant_test

import (
	"encoding/json"
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
)

// TestWhatNobodyNamesStays: a file that lies where a document usually does, while the policy
// file names another one, is somebody else's, whatever is written.
func TestWhatNobodyNamesStays(t *testing.T) {
	dir := everyVendor(t)
	const mine = `{"action":"audit",  "excludeZones":[]}`
	for _, name := range []string{"okta/threat-insight.json", "okta/zones.json", "sailpoint/network-config.json", "sailpoint/auth-profile.json"} {
		put(t, dir, name, mine)
	}
	store := open(t, dir)
	for _, change := range []func(*records.Documents){turnThreat, func(d *records.Documents) { addOffice(d); turnNetwork(d); turnProfile(d) }, noThreat} {
		require.Equal(t, http.StatusOK, write(t, store, changed(change)).Status)
		for _, name := range []string{"okta/threat-insight.json", "okta/zones.json", "sailpoint/network-config.json", "sailpoint/auth-profile.json"} {
			require.Equal(t, mine, snapshot(t, dir)[name], name)
		}
	}
}

// TestOneFileOfRulesNamedTwice is one policy.
func TestOneFileOfRulesNamedTwice(t *testing.T) {
	rules := `[{"name":"R","type":"SIGN_ON","actions":{"signon":{"access":"ALLOW"}}}]`
	dir := folder(t, map[string]string{"netwicket.json": `{"okta": {"rules": ["r.json", "r.json"]}}`, "r.json": rules})
	documents, err := open(t, dir, asFound).Documents()
	require.NoError(t, err)
	require.Equal(t, []string{"Rules of r.json"}, names(documents.Policies, func(p *records.Policy) string { return p.Name }))
}

// TestServedFolderThatDoesNotCompile: documents that can be read are not enough to serve; the
// policy has to load, also where the folder lacks nothing.
func TestServedFolderThatDoesNotCompile(t *testing.T) {
	dir := folder(t, nil)
	open(t, dir).Close()
	good := snapshot(t, dir)["netwicket.json"]
	var file map[string]any
	require.NoError(t, json.Unmarshal([]byte(good), &file))
	file["geo"] = []string{"gone.csv"}
	text, err := json.Marshal(file)
	require.NoError(t, err)
	put(t, dir, "netwicket.json", string(text))
	before := snapshot(t, dir)
	_, err = tenant.Open(tenant.Options{Folder: dir})
	require.ErrorContains(t, err, "gone.csv")
	require.Equal(t, before, snapshot(t, dir))
	put(t, dir, "netwicket.json", good)
	open(t, dir)
}

// TestServerTakesNoTextThatItCannotServe, also where no history says that it ever served.
func TestServerTakesNoTextThatItCannotServe(t *testing.T) {
	dir := folder(t, nil)
	open(t, dir).Close()
	require.NoError(t, os.RemoveAll(own(dir)))
	server := open(t, dir)
	require.Empty(t, history(t, dir))
	before := snapshot(t, dir)
	_, err := replace(server, "okta/policies.json", before["okta/policies.json"], `[{"id":"00p1","name":"x","type":"MFA_ENROLL"}]`)
	require.ErrorContains(t, err, "okta/policies.json:1:")
	require.Equal(t, before, snapshot(t, dir))
}

// TestNoWayBackToAPolicyFileThatDidNotLoad: what it named then is not known.
func TestNoWayBackToAPolicyFileThatDidNotLoad(t *testing.T) {
	dir := everyVendor(t)
	good := snapshot(t, dir)["netwicket.json"]
	put(t, dir, "netwicket.json", "{")
	between := open(t, dir, asFound)
	done, err := replace(between, "netwicket.json", "{", good)
	require.NoError(t, err)
	between.Close()
	server := open(t, dir)
	before := snapshot(t, dir)
	_, err = server.Revert(request("", ""), done.Before)
	require.ErrorContains(t, err, "netwicket.json:1:")
	require.Equal(t, before, snapshot(t, dir))
}

// TestLineThatCannotGo: the line of a write that did not come about stays known as long as it
// cannot be taken away.
func TestLineThatCannotGo(t *testing.T) {
	dir := folder(t, nil)
	store := open(t, dir)
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("A", "203.0.113.0/24"))).Status)
	h, err := tenant.OpenHistory(dir)
	require.NoError(t, err)
	lines := linesFile(dir)
	require.NoError(t, os.Rename(lines, lines+".aside"))
	require.NoError(t, os.Mkdir(lines, 0o700))
	require.ErrorContains(t, tenant.DropLast(h), "generations.jsonl")
	require.Len(t, h.Generations(), 2)
	require.NoError(t, os.Remove(lines))
	require.NoError(t, os.Rename(lines+".aside", lines))
	require.NoError(t, tenant.DropLast(h))
	require.Len(t, h.Generations(), 1)
	require.Equal(t, h.Generations(), history(t, dir))
}

// TestTextLikeAPolicyFile: only the policy file names documents; what another text names is
// no part of the folder.
func TestTextLikeAPolicyFile(t *testing.T) {
	dir := plain(t)
	put(t, dir, "notes.txt", "mine")
	put(t, dir, "more/z.json", "[]")
	store := open(t, dir, asFound)
	_, err := replace(store, "notes.txt", "mine", `{"okta": {"zones": ["more/z.json"]}}`)
	require.NoError(t, err)
	listed, err := store.History().Names(store.Generation())
	require.NoError(t, err)
	require.Contains(t, listed, "notes.txt")
	require.NotContains(t, listed, "more/z.json")
}
