package tenant_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
)

// linesFile is the list of a folder's generations.
func linesFile(dir string) string {
	return filepath.Join(dir, ".netwicket", "history", "generations.jsonl")
}

// A line that a crash cut off is no generation, and the next one takes its place.
func TestHalfALine(t *testing.T) {
	dir := folder(t, nil)
	store := open(t, dir)
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("A", "203.0.113.0/24"))).Status)
	store.Close()
	text, err := os.ReadFile(linesFile(dir))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(linesFile(dir), append(text, `{"generation":3,"ti`...), 0o600))
	store = open(t, dir)
	require.Len(t, store.History().Generations(), 2)
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("B", "198.51.100.0/24"))).Status)
	store.Close()
	history, err := tenant.OpenHistory(dir)
	require.NoError(t, err)
	require.Len(t, history.Generations(), 3)

	text, err = os.ReadFile(linesFile(dir))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(linesFile(dir), []byte(strings.Replace(string(text), `{"generation":2`, `{"generation":5`, 1)), 0o600))
	_, err = tenant.OpenHistory(dir)
	require.ErrorContains(t, err, "generations.jsonl:2: is no line of a history; move the folder")
	_, err = tenant.Open(tenant.Options{Folder: dir})
	require.ErrorContains(t, err, "is no line of a history")
	require.NoError(t, os.WriteFile(linesFile(dir), []byte(strings.Replace(string(text), `"time":"`, `"time":7,"x":"`, 1)), 0o600))
	_, err = tenant.OpenHistory(dir)
	require.ErrorContains(t, err, "generations.jsonl:1: is no line of a history")
	require.NoError(t, os.RemoveAll(filepath.Dir(linesFile(dir))))
	require.Len(t, open(t, dir).History().Generations(), 0)
}

// Contents that somebody changed are no contents of the history.
func TestChangedHistory(t *testing.T) {
	dir := folder(t, nil)
	store := open(t, dir)
	objects, err := filepath.Glob(filepath.Join(dir, ".netwicket", "history", "objects", "*", "*.gz"))
	require.NoError(t, err)
	require.Greater(t, len(objects), 2)
	first, err := os.ReadFile(objects[0])
	require.NoError(t, err)
	for _, name := range objects[1:] {
		require.NoError(t, os.WriteFile(name, first, 0o600))
	}
	_, err = store.History().Contents(1)
	require.ErrorContains(t, err, "its content is not what was written")
	_, err = store.Revert(request("", ""), 1)
	require.ErrorContains(t, err, "its content is not what was written")
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("A", "203.0.113.0/24"))).Status)
	require.NoError(t, os.Remove(objects[0]))
	_, err = store.History().Contents(1)
	require.Error(t, err)
}

// A write keeps what is in its way: a file that nobody named, and what lies in the
// folder of rules without being a policy's.
func TestFilesInTheWay(t *testing.T) {
	dir := folder(t, map[string]string{"netwicket.json": "{}", "okta/zones.json": "[ ]", "okta/rules/notes.json": `[{"name":"R","actions":{"signon":{"access":"DENY"}}}]`})
	store := open(t, dir)
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("A", "203.0.113.0/24"))).Status)
	require.Contains(t, snapshot(t, dir)["okta/rules/notes.json"], `"R"`)
	require.Contains(t, decision(t, dir, "192.0.2.1"), "allow")
	contents, err := store.History().Contents(1)
	require.NoError(t, err)
	require.Equal(t, "[ ]", string(contents["okta/zones.json"]))
	require.Equal(t, "found", store.History().Generations()[0].Action)
}

// A generation has what it changed and nothing else, and what somebody else took away or
// changed in front of it is a generation before.
func TestWhatGenerationsChange(t *testing.T) {
	dir := folder(t, nil)
	store := open(t, dir)
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) { d.SessionConfig = json.RawMessage(`{"maxIdleTime":15}`) })).Status)
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("A", "203.0.113.0/24"))).Status)
	require.NoError(t, os.Remove(filepath.Join(dir, "sailpoint/session-config.json")))
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("B", "198.51.100.0/24"))).Status)
	put(t, dir, "sailpoint/lockout-config.json", `{"maximumAttempts":5}`)
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) { d.SessionConfig = json.RawMessage(`{"maxIdleTime":16}`) })).Status)
	hash := func(name string) string { return tenant.HashOf([]byte(snapshot(t, dir)[name])) }
	want := []struct {
		action  string
		changed map[string]string
	}{
		{"first start", nil}, {"POST /api/v1/zones", map[string]string{"sailpoint/session-config.json": tenant.HashOf([]byte("{\n  \"maxIdleTime\": 15\n}\n"))}},
		{"POST /api/v1/zones", nil}, {"found", map[string]string{"sailpoint/session-config.json": ""}},
		{"POST /api/v1/zones", map[string]string{"okta/zones.json": hash("okta/zones.json")}},
		{"found", map[string]string{"sailpoint/lockout-config.json": hash("sailpoint/lockout-config.json")}},
		{"POST /api/v1/zones", map[string]string{"sailpoint/session-config.json": hash("sailpoint/session-config.json")}},
	}
	generations := store.History().Generations()
	require.Len(t, generations, len(want))
	for i, g := range generations {
		require.Equal(t, i+1, g.Number)
		require.Equal(t, want[i].action, g.Action)
		if want[i].changed != nil {
			require.Equal(t, want[i].changed, g.Changed, "generation %d", g.Number)
		}
		if g.Action != "found" {
			require.Equal(t, "ci", cmp.Or(g.Caller, "ci"))
			require.NotEmpty(t, g.Fingerprint)
		}
	}
	require.Len(t, generations[2].Changed, 1)
	other := open(t, dir, func(o *tenant.Options) { o.Between = true })
	require.Equal(t, generations, other.History().Generations(), "another program reads the same")
}

// TestContentsThatAreNone: whatever is wrong with a content is told, with the generation
// and the file; and the next write that needs it keeps it anew.
func TestContentsThatAreNone(t *testing.T) {
	dir := folder(t, nil)
	store := open(t, dir)
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("A", "203.0.113.0/24"))).Status)
	hash := store.History().Generations()[1].Changed["okta/zones.json"]
	object := own(dir, "objects", hash[:2], hash+".gz")
	good, err := os.ReadFile(object)
	require.NoError(t, err)
	other := func(text string) []byte {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, err := w.Write([]byte(text))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return packed.Bytes()
	}
	zones := snapshot(t, dir)["okta/zones.json"]
	for want, text := range map[string][]byte{
		"gzip: invalid header":                []byte(zones),
		"unexpected EOF":                      good[:len(good)-1],
		"its content is not what was written": other("[]"),
		"EOF":                                 {},
		"gzip: invalid checksum":              append(bytes.Clone(good[:len(good)-8]), 0, 0, 0, 0, good[len(good)-4], good[len(good)-3], good[len(good)-2], good[len(good)-1]),
		"no such file or directory":           nil,
		"it is a folder; expected a regular":  []byte("a folder"),
	} {
		require.NoError(t, os.RemoveAll(object))
		switch {
		case strings.Contains(want, "folder"):
			require.NoError(t, os.Mkdir(object, 0o700))
		case text != nil:
			require.NoError(t, os.WriteFile(object, text, 0o600))
		}
		_, err := store.History().Contents(2)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "generation 2, okta/zones.json: ")
		_, err = store.History().PolicyContents(2)
		require.ErrorContains(t, err, want)
		_, err = store.Revert(request("", ""), 2)
		require.ErrorContains(t, err, want)
	}
	require.NoError(t, os.RemoveAll(object)) // the last of them may have been none
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) { d.Zones = d.Zones[:4:4] })).Status)
	put(t, dir, "okta/zones.json", zones)
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) { d.SessionConfig = json.RawMessage(`{"maxIdleTime":15}`) })).Status)
	contents, err := store.History().Contents(2)
	require.NoError(t, err)
	require.Equal(t, zones, string(contents["okta/zones.json"]))
	info, err := os.Stat(own(dir))
	require.NoError(t, err)
	require.EqualValues(t, 0o700, info.Mode().Perm(), "it is nobody else's business")
}

// TestContentsAreKeptOnce: a content that is there already is not written again.
func TestContentsAreKeptOnce(t *testing.T) {
	dir := folder(t, nil)
	store := open(t, dir)
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("A", "203.0.113.0/24"))).Status)
	hash := store.History().Generations()[1].Changed["okta/zones.json"]
	first, err := os.Stat(own(dir, "objects", hash[:2], hash+".gz"))
	require.NoError(t, err)
	_, err = store.Revert(request("", ""), 1)
	require.NoError(t, err)
	_, err = store.Revert(request("", ""), 2)
	require.NoError(t, err)
	require.Equal(t, hash, store.History().Generations()[3].Changed["okta/zones.json"])
	again, err := os.Stat(own(dir, "objects", hash[:2], hash+".gz"))
	require.NoError(t, err)
	require.True(t, os.SameFile(first, again))
}

// TestHistoryThatIsNeeded: who lists zones goes on behind one that somebody else deleted
// (G3), so that without the generation before nothing of what changed is served.
func TestHistoryThatIsNeeded(t *testing.T) {
	dir := folder(t, nil)
	store := open(t, dir)
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("A", "203.0.113.0/24"))).Status)
	require.NoError(t, os.Rename(own(dir, "objects"), own(dir, "aside")))
	_, err := store.Documents()
	require.NoError(t, err, "nothing has changed")
	put(t, dir, "okta/zones.json", strings.Replace(snapshot(t, dir)["okta/zones.json"], `"A"`, `"B"`, 1))
	_, err = store.Documents()
	require.ErrorAs(t, err, new(*tenant.Unavailable))
	require.ErrorContains(t, err, "generation 2, ")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, os.Rename(own(dir, "aside"), own(dir, "objects")))
	put(t, dir, "okta/zones.json", strings.Replace(snapshot(t, dir)["okta/zones.json"], `"B"`, `"CC"`, 1))
	require.Equal(t, []string{"CC"}, zonesFrom(t, store, 4))
}

// TestHistoryInCircles: a history that somebody has edited so that two zones stood behind
// one another tells of no place, and of that at once.
func TestHistoryInCircles(t *testing.T) {
	dir := folder(t, nil)
	now := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	open(t, dir, func(o *tenant.Options) { o.Now = func() time.Time { return now } }).Close()
	text, err := os.ReadFile(linesFile(dir))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(linesFile(dir), []byte(strings.Replace(string(text), `"changed":`, `"gone":[{"id":"nzoA","after":"nzoB"},{"id":"nzoB","after":"nzoA"}],"changed":`, 1)), 0o600))
	store := open(t, dir)
	documents, err := store.Documents()
	require.NoError(t, err)
	_, known := store.Behind(documents.ZonePlace, "nzoA")
	require.False(t, known)
	require.Equal(t, now, store.Since())
	store.Close()
	require.NoError(t, os.RemoveAll(own(dir)))
	require.Equal(t, now.Add(time.Hour), open(t, dir, func(o *tenant.Options) { o.Now = func() time.Time { return now.Add(time.Hour) } }).Since(), "without a history it begins now")
}
