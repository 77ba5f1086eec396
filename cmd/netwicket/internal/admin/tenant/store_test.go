package tenant_test

import (
	"bytes"
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

func TestFirstStart(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"nothing at all":          {},
		"a policy file, no zones": {"netwicket.json": "{\n  // ours\n  \"serve\": {\"listen\": \"127.0.0.1:1\"},\n}\n"},
		"an empty list of zones":  {"netwicket.json": `{"okta": {"zones": ["okta/zones.json"]}}`, "okta/zones.json": "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, files)
			documents, err := open(t, dir).Documents()
			require.NoError(t, err)
			require.Equal(t, []string{"LegacyIpZone", "BlockedIpZone", "DefaultExemptIpZone", "DefaultEnhancedDynamicZone"},
				names(documents.Zones, func(z *records.Zone) string { return z.Name }))
			require.Equal(t, []string{"OKTA_SIGN_ON", "ACCESS_POLICY"}, names(documents.Policies, func(p *records.Policy) string { return p.Type }))
			require.Contains(t, decision(t, dir, "198.51.100.1"), "permitted")
			if text := files["netwicket.json"]; strings.Contains(text, "ours") {
				require.Contains(t, snapshot(t, dir)["netwicket.json"], "// ours")
			}
		})
	}
}

// Documents that came from elsewhere get no zones, and a second start changes
// nothing.
func TestDocumentsFromElsewhere(t *testing.T) {
	zones := `[{"type":"IP","name":"Ours","status":"ACTIVE","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}],"_links":{"self":{"href":"https://x"}}}]`
	rules := `[{"name":"Not here","status":"ACTIVE","type":"ACCESS_POLICY","actions":{"appSignOn":{"access":"ALLOW"}},"conditions":{"network":{"connection":"ANYWHERE"}}}]`
	dir := folder(t, map[string]string{"netwicket.json": `{"okta": {"zones": ["z.json"], "rules": ["r.json"]}}`, "z.json": zones, "r.json": rules})
	store := open(t, dir)
	documents, err := store.Documents()
	require.NoError(t, err)
	require.Len(t, documents.Zones, 1)
	adopted := documents.Policies[len(documents.Policies)-1]
	for _, p := range documents.Policies {
		if !p.System {
			adopted = p
		}
	}
	require.Equal(t, records.Access, adopted.Type)
	require.Equal(t, "Not here", adopted.Rules[0].Name)
	id, zone := adopted.ID, documents.Zones[0].ID
	require.Equal(t, rules, snapshot(t, dir)["r.json"], "left in place")
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("More", "198.51.100.0/24"))).Status)
	before := snapshot(t, dir)
	require.Equal(t, rules, before["r.json"], "no request changed it")
	require.NotContains(t, before["z.json"], "_links")
	store.Close()

	again, err := open(t, dir).Documents()
	require.NoError(t, err)
	require.Equal(t, before, snapshot(t, dir))
	kept, _ := again.Policy(id)
	require.NotNil(t, kept)
	require.Equal(t, "Not here", kept.Rules[0].Name)
	same, _ := again.Zone(zone)
	require.Equal(t, "Ours", same.Name)
}

func TestWrite(t *testing.T) {
	dir := folder(t, nil)
	var audit bytes.Buffer
	store := open(t, dir, audited(&audit))
	answer := write(t, store, addZone(blocklist("Bad", "203.0.113.0/24")))
	require.Equal(t, http.StatusOK, answer.Status)
	require.Contains(t, decision(t, dir, "203.0.113.9"), "blocklisted")

	before := snapshot(t, dir)
	answer = write(t, store, addZone(blocklist("Worse", "203.0.113.0/99")))
	require.Equal(t, http.StatusBadRequest, answer.Status)
	require.Regexp(t, `zones\.json:\d+:\d+.*203\.0\.113\.0/99`, string(answer.Body))
	require.Equal(t, before, snapshot(t, dir))
	answer = write(t, store, func(d *records.Documents) wire.Answer {
		d.Zones = nil
		return wire.Answer{Status: http.StatusNotFound}
	})
	require.Equal(t, http.StatusNotFound, answer.Status)
	require.Equal(t, before, snapshot(t, dir))

	log := lines(t, audit.Bytes())
	require.Len(t, log, 3)
	require.EqualValues(t, 256, log[0]["newlyDenied"])
	require.EqualValues(t, 0, log[0]["newlyAllowed"])
	require.NotEqual(t, log[0]["before"], log[0]["after"])
	require.Regexp(t, `^okta/zones\.json:\d+:\d+.*203\.0\.113\.0/99`, log[1]["causes"].([]any)[0], "named within the folder")
	require.EqualValues(t, http.StatusNotFound, log[2]["status"])
	require.NotContains(t, log[2], "generation")

	generations := store.History().Generations()
	require.Equal(t, []string{"first start", "POST /api/v1/zones"}, names(generations, func(g tenant.Generation) string { return g.Action }))
	contents, err := store.History().Contents(generations[1].Number)
	require.NoError(t, err)
	for name, text := range contents {
		require.Equal(t, before[name], string(text), name)
	}
}

// A file that somebody else changed is read before anything is served or written.
func TestChangedByOthers(t *testing.T) {
	dir := folder(t, nil)
	store := open(t, dir)
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("Bad", "203.0.113.0/24"))).Status)
	text := snapshot(t, dir)["okta/zones.json"]
	put(t, dir, "okta/zones.json", strings.Replace(text, `"Bad"`, `"Worse"`, 1))
	documents, err := store.Documents()
	require.NoError(t, err)
	require.Equal(t, "Worse", documents.Zones[4].Name)
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("More", "198.51.100.0/24"))).Status)
	documents, err = store.Documents()
	require.NoError(t, err)
	require.Equal(t, []string{"Worse", "More"}, names(documents.Zones[4:], func(z *records.Zone) string { return z.Name }))
	require.Equal(t, []string{"first start", "POST /api/v1/zones", "found", "POST /api/v1/zones"},
		names(store.History().Generations(), func(g tenant.Generation) string { return g.Action }))

	put(t, dir, "okta/zones.json", `[{"type":"IP","name":"Half`)
	_, err = store.Documents()
	var unavailable *tenant.Unavailable
	require.ErrorAs(t, err, &unavailable)
	require.ErrorContains(t, err, "zones.json:1:")
	require.Equal(t, http.StatusConflict, write(t, store, addZone(blocklist("X", "192.0.2.0/24"))).Status)
	require.Equal(t, `[{"type":"IP","name":"Half`, snapshot(t, dir)["okta/zones.json"])
	put(t, dir, "okta/zones.json", text)
	_, err = store.Documents()
	require.NoError(t, err)
}

func TestGuard(t *testing.T) {
	dir := folder(t, map[string]string{"netwicket.json": `{"okta": {"zones": ["okta/zones.json"]}, "serve": {"guard": ["203.0.113.9"]}}`, "okta/zones.json": "[]"})
	store := open(t, dir, func(o *tenant.Options) { o.GuardCaller = true })
	before := snapshot(t, dir)
	answer := write(t, store, addZone(blocklist("Oops", "203.0.113.0/24")))
	require.Equal(t, http.StatusBadRequest, answer.Status)
	require.Contains(t, string(answer.Body), `it denies 203.0.113.9, which is in serve.guard`)
	require.Contains(t, string(answer.Body), `Oops`)
	answer = write(t, store, addZone(blocklist("Me", "192.0.2.0/24")))
	require.Equal(t, http.StatusBadRequest, answer.Status)
	require.Contains(t, string(answer.Body), `it denies 192.0.2.1, from which this request comes`)
	require.Equal(t, before, snapshot(t, dir))
}

// A disk on which nothing can be written leaves the folder as it was, and is
// nobody's request.
func TestFolderThatCannotBeWritten(t *testing.T) {
	dir := folder(t, nil)
	store := open(t, dir)
	// A folder in the way of the new file, since root may write anything.
	before := snapshot(t, dir)
	require.NoError(t, os.Rename(filepath.Join(dir, "okta/zones.json"), filepath.Join(dir, "kept")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "okta/zones.json"), 0o755))
	answer := write(t, store, addZone(blocklist("Bad", "203.0.113.0/24")))
	require.Equal(t, http.StatusConflict, answer.Status)
	require.NoError(t, os.Remove(filepath.Join(dir, "okta/zones.json")))
	require.NoError(t, os.Rename(filepath.Join(dir, "kept"), filepath.Join(dir, "okta/zones.json")))
	require.Equal(t, before, snapshot(t, dir))
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("Bad", "203.0.113.0/24"))).Status)
}

func TestLocked(t *testing.T) {
	dir := folder(t, nil)
	open(t, dir)
	_, err := tenant.Open(tenant.Options{Folder: dir, Holder: "another"})
	require.ErrorContains(t, err, "test is writing to this folder")
}
