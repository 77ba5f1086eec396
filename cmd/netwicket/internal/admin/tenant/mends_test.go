package tenant_test

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
)

// A text may mend a folder that does not load.
func TestReplaceMends(t *testing.T) {
	for name, broken := range map[string]string{"zones/a.json": "[{]", "netwicket.json": "{", "threat.json": `{"action":"bloc"}`} {
		dir := plain(t)
		good := snapshot(t, dir)[name]
		put(t, dir, name, broken)
		var audit bytes.Buffer
		store := open(t, dir, asFound, audited(&audit))
		_, err := replace(store, name, broken, good)
		require.NoError(t, err, name)
		require.EqualValues(t, 0, lines(t, audit.Bytes())[0]["newlyDenied"], "nothing was in force before")
		require.Empty(t, lines(t, audit.Bytes())[0]["before"])
		require.Contains(t, decision(t, dir, "203.0.113.9"), "blocklisted")
		contents, err := store.History().Contents(1)
		require.NoError(t, err)
		require.Equal(t, broken, string(contents[name]))
	}
}

// What mends a folder is held against nothing: neither against warnings, since what was
// before has none, nor for a caller from no network.
func TestReplaceMendsWhatIsGuarded(t *testing.T) {
	dir := plain(t)
	good := snapshot(t, dir)["zones/a.json"]
	odd := strings.Replace(good, "203.0.113.0/24", "203.0.113.7/24", 1)
	put(t, dir, "zones/a.json", "[{]")
	store := open(t, dir, asFound, func(o *tenant.Options) { o.Strict, o.GuardCaller = true, true })
	r := request("SAVE", "zones/a.json")
	r.Peer = netip.Addr{}
	_, err := store.Replace(r, tenant.Replacement{Name: "zones/a.json", Text: []byte(strings.Replace(good, "203.0.113.0/24", "192.0.2.0/24", 1)), Begun: tenant.HashOf([]byte("[{]"))})
	require.ErrorContains(t, err, "it denies 192.0.2.7, which is in serve.guard", "the guard holds all the same")
	var done tenant.Replaced
	done, err = store.Replace(r, tenant.Replacement{Name: "zones/a.json", Text: []byte(odd), Begun: tenant.HashOf([]byte("[{]"))})
	require.NoError(t, err)
	require.NotEmpty(t, done.Warnings)
	_, err = store.Replace(r, tenant.Replacement{Name: "zones/a.json", Text: []byte(strings.Replace(odd, "}]}]", `},{"type":"CIDR","value":"198.51.100.7/24"}]}]`, 1)), Begun: tenant.HashOf([]byte(odd))})
	require.ErrorAs(t, err, new(*tenant.Refused), "one more than before")
}

// A folder that an API has written to, and that did not load since the start, is mended
// as any.
func TestReplaceMendsWhatWasServed(t *testing.T) {
	dir := crowded(t)
	files := snapshot(t, dir)
	for _, name := range []string{namesIn(t, dir)["zones"], "okta/policies.json", "netwicket.json"} {
		put(t, dir, name, "[{")
		store := open(t, dir, asFound)
		_, err := store.Documents()
		require.ErrorAs(t, err, new(*tenant.Unavailable))
		require.Empty(t, store.Fingerprint())
		_, err = replace(store, name, "[{", files[name])
		require.NoError(t, err, name)
		require.Equal(t, files, snapshot(t, dir))
		require.Equal(t, fingerprint(t, dir), store.Fingerprint())
		store.Close()
	}
}

// What breaks while it is served is mended against the policy of before: who was out then
// may stay out, and nobody else.
func TestReplaceMendsAgainstWhatWas(t *testing.T) {
	dir := plain(t)
	good := strings.Replace(snapshot(t, dir)["zones/a.json"], "203.0.113.0/24", "192.0.2.7/32", 1)
	put(t, dir, "zones/a.json", good)
	put(t, dir, "netwicket.json", strings.Replace(snapshot(t, dir)["netwicket.json"], `["192.0.2.7"]`, `["192.0.2.7", "198.51.100.7"]`, 1))
	store := open(t, dir, asFound)
	before := store.Fingerprint()
	require.NotEmpty(t, before)
	put(t, dir, "zones/a.json", "[{")
	_, err := replace(store, "zones/a.json", "[{", strings.Replace(good, "192.0.2.7/32", "198.51.100.0/24", 1))
	require.ErrorContains(t, err, "it denies 198.51.100.7, which is in serve.guard")
	require.NotContains(t, err.Error(), "192.0.2.7")
	_, err = replace(store, "zones/a.json", "[{", good)
	require.NoError(t, err)
	require.Equal(t, before, store.Fingerprint())
}

// TestReplaceInAFolderThatCannotBeRead says what cannot be read.
func TestReplaceInAFolderThatCannotBeRead(t *testing.T) {
	dir := plain(t)
	zones := snapshot(t, dir)["zones/a.json"]
	require.NoError(t, os.Remove(filepath.Join(dir, "netwicket.json")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "netwicket.json"), 0o700))
	store := open(t, dir, asFound, func(o *tenant.Options) { o.Patience = time.Millisecond })
	_, err := replace(store, "zones/a.json", zones, zones+"\n")
	require.ErrorAs(t, err, new(*tenant.Unavailable))
	require.ErrorContains(t, err, "netwicket.json")
	require.Equal(t, zones, snapshot(t, dir)["zones/a.json"])
}

// Documents that an API could serve are there for whoever replaces texts, too.
func TestDocumentsAsFound(t *testing.T) {
	store := open(t, everyVendor(t), asFound)
	documents, err := store.Documents()
	require.NoError(t, err)
	require.Len(t, documents.Zones, 1)
	require.Len(t, documents.Policies, 2)
}

// A generation that could not be served is not to be had again, and no part of it.
func TestNoWayBackToWhatDidNotLoad(t *testing.T) {
	dir := everyVendor(t)
	files := snapshot(t, dir)
	for name, want := range map[string]string{"my/z.json": "my/z.json:1:", "my/p.json": "my/p.json:1:", "my/r.json": "my/r.json:1:", "my/t.json": "my/t.json:1:"} {
		put(t, dir, name, "[{")
		store := open(t, dir, asFound)
		done, err := replace(store, name, "[{", files[name])
		require.NoError(t, err)
		store.Close()
		server := open(t, dir)
		before := snapshot(t, dir)
		_, err = server.Revert(request("", ""), done.Before)
		require.ErrorContains(t, err, want)
		require.Equal(t, before, snapshot(t, dir))
		server.Close()
		files = before
	}
}

// A policy file that names what is not there is mended by another one.
func TestReplaceMendsWhatIsMissing(t *testing.T) {
	dir := plain(t)
	require.NoError(t, os.Remove(filepath.Join(dir, "threat.json")))
	text := snapshot(t, dir)["netwicket.json"]
	_, err := replace(open(t, dir, asFound), "netwicket.json", text, strings.Replace(text, `"threatInsight": "threat.json", "threatFeeds": ["feeds/bad.txt"]`, `"rules": []`, 1))
	require.NoError(t, err)
	require.Contains(t, decision(t, dir, "203.0.113.9"), "blocklisted")
}
