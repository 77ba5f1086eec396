package tenant_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

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
