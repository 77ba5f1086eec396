package tenant_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
)

// own is the path of something of the history of a folder.
func own(dir string, parts ...string) string {
	return filepath.Join(append([]string{dir, ".netwicket", "history"}, parts...)...)
}

// TestHistoryInTheWay: a history that cannot be written, or read, refuses a write before
// any document is touched, says what is in the way, and forgets nothing; once it is
// mended the next write is the next generation.
func TestHistoryInTheWay(t *testing.T) {
	aside := func(t *testing.T, path string) (back func()) {
		t.Helper()
		require.NoError(t, os.Rename(path, path+".aside"))
		return func() {
			require.NoError(t, os.RemoveAll(path))
			require.NoError(t, os.Rename(path+".aside", path))
		}
	}
	tests := map[string]struct {
		want  string
		block func(t *testing.T, dir string) (mend func())
	}{
		"contents cannot be kept": {"objects", func(t *testing.T, dir string) func() {
			mend := aside(t, own(dir, "objects"))
			require.NoError(t, os.WriteFile(own(dir, "objects"), nil, 0o600))
			return mend
		}},
		"the note of a write is a folder": {"pending.json", func(t *testing.T, dir string) func() {
			require.NoError(t, os.MkdirAll(own(dir, "pending.json", "x"), 0o700))
			return func() { require.NoError(t, os.RemoveAll(own(dir, "pending.json"))) }
		}},
		"the lines are a folder": {"generations.jsonl", func(t *testing.T, dir string) func() {
			mend := aside(t, own(dir, "generations.jsonl"))
			require.NoError(t, os.Mkdir(own(dir, "generations.jsonl"), 0o700))
			return mend
		}},
		"the lines are gone": {"generations.jsonl", func(t *testing.T, dir string) func() {
			return aside(t, own(dir, "generations.jsonl"))
		}},
		"the lines are another's": {"generations.jsonl:3: is no line of a history", func(t *testing.T, dir string) func() {
			text, err := os.ReadFile(own(dir, "generations.jsonl"))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(own(dir, "generations.jsonl"), append(bytes.Clone(text), "{}\n"...), 0o600))
			return func() { require.NoError(t, os.WriteFile(own(dir, "generations.jsonl"), text, 0o600)) }
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, nil)
			store := open(t, dir)
			require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("First", "203.0.113.0/24"))).Status)
			mend := test.block(t, dir)
			before := snapshot(t, dir)
			answer := write(t, store, addZone(blocklist("Second", "198.51.100.0/24")))
			require.Equal(t, http.StatusConflict, answer.Status)
			require.Contains(t, string(answer.Body), test.want)
			require.Equal(t, before, snapshot(t, dir))
			require.Equal(t, 2, store.Generation())
			documents, err := store.Documents()
			require.NoError(t, err, "what was is still served")
			require.Len(t, documents.Zones, 5)
			mend()
			before = snapshot(t, dir)
			require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("Third", "192.0.2.0/24"))).Status)
			require.Equal(t, []string{"First", "Third"}, zonesFrom(t, store, 4))
			history, err := tenant.OpenHistory(dir)
			require.NoError(t, err)
			require.Len(t, history.Generations(), 3)
			contents, err := history.Contents(2)
			require.NoError(t, err)
			require.Len(t, contents, len(before))
			for name, text := range before {
				require.Equal(t, text, string(contents[name]))
			}
		})
	}
}

// zonesFrom are the names of a store's zones from one on.
func zonesFrom(t *testing.T, store *tenant.Store, first int) []string {
	t.Helper()
	documents, err := store.Documents()
	require.NoError(t, err)
	return names(documents.Zones[first:], func(z *records.Zone) string { return z.Name })
}

// stopped is a folder whose second write, which makes, changes and takes away files, was
// noted, and nothing more done of it. The history has the write's line if lined. before
// and after are what the folder held and is to hold.
func stopped(t *testing.T, lined bool) (dir string, before, after map[string]string) {
	t.Helper()
	dir = folder(t, nil)
	store := open(t, dir)
	require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("First", "203.0.113.0/24"))).Status)
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) {
		d.SessionConfig = json.RawMessage(`{"maxIdleTime":15}`)
		d.LockoutConfig = json.RawMessage(`{"maximumAttempts":5}`)
	})).Status)
	before = snapshot(t, dir)
	lines, err := os.ReadFile(linesFile(dir))
	require.NoError(t, err)
	note := filepath.Join(t.TempDir(), "note")
	require.NoError(t, os.Symlink(note, own(dir, "pending.json"))) // the link goes when all is done, and leaves what was noted
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) {
		d.SessionConfig = nil
		d.LockoutConfig = json.RawMessage(`{"maximumAttempts":7}`)
		d.Zones = append(d.Zones, blocklist("Second", "198.51.100.0/24"))
		d.Threat = &records.ThreatInsight{Action: "audit"}
	})).Status)
	after = snapshot(t, dir)
	store.Close()
	for name := range after {
		require.NoError(t, os.Remove(filepath.Join(dir, filepath.FromSlash(name))))
	}
	for name, text := range before {
		put(t, dir, name, text)
	}
	if !lined {
		require.NoError(t, os.WriteFile(linesFile(dir), lines, 0o600))
	}
	require.NoFileExists(t, own(dir, "pending.json"))
	require.NoError(t, os.Rename(note, own(dir, "pending.json")))
	return dir, before, after
}

// copied is a copy of a folder, with its history.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	require.NoError(t, os.CopyFS(to, os.DirFS(dir)))
	return to
}

func history(t *testing.T, dir string) []tenant.Generation {
	t.Helper()
	h, err := tenant.OpenHistory(dir)
	require.NoError(t, err)
	return h.Generations()
}

// TestNotedWriteIsFinished by the next start from what was noted alone, however much of
// it was done; the history has it once.
func TestNotedWriteIsFinished(t *testing.T) {
	for _, lined := range []bool{false, true} {
		start, before, after := stopped(t, lined)
		for _, done := range map[bool][]int{false: {0}, true: {0, 1, 3, 4, 6}}[lined] { // the line is there before the first file
			dir := copied(t, start)
			for i, name := range []string{"okta/zones-4.json", "okta/threat-insight.json", "sailpoint/lockout-config.json", "netwicket.json", "okta/zones.json", "sailpoint/session-config.json"} {
				text, stays := after[name]
				switch {
				case i >= done:
				case stays:
					put(t, dir, name, text)
				default:
					require.NoError(t, os.Remove(filepath.Join(dir, name)))
				}
			}
			put(t, dir, "okta/.zones-4.json.0123abcd", "half a fi") // of a name that it never got
			var log bytes.Buffer
			store := open(t, dir, func(o *tenant.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
			require.Equal(t, after, snapshot(t, dir), "after %d files", done)
			require.NotEqual(t, before, after)
			require.Contains(t, log.String(), `msg="finished a write that was stopped half-way" generation=4 action="POST /api/v1/zones"`)
			require.NoFileExists(t, own(dir, "pending.json"))
			require.Equal(t, []string{"First", "Second"}, zonesFrom(t, store, 4))
			require.Equal(t, http.StatusOK, write(t, store, addZone(blocklist("Third", "192.0.2.0/24"))).Status)
			require.Len(t, history(t, dir), 5)
			contents, err := store.History().Contents(4)
			require.NoError(t, err)
			require.Len(t, contents, len(after))
			store.Close()
		}
	}
}

// TestNotedWriteOfOthers stays undone where somebody has changed one of its files since:
// all of theirs are left as they are.
func TestNotedWriteOfOthers(t *testing.T) {
	start, _, _ := stopped(t, false)
	for _, name := range []string{"sailpoint/lockout-config.json", "sailpoint/session-config.json", "okta/threat-insight.json"} {
		dir := copied(t, start)
		put(t, dir, name, "{\"action\": \"none\"}\n")
		before := snapshot(t, dir)
		var log bytes.Buffer
		open(t, dir, func(o *tenant.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		require.Equal(t, before, snapshot(t, dir), name)
		require.Contains(t, log.String(), "a write was stopped half-way, and its files have been changed since; they stay as they are")
		require.Contains(t, log.String(), "file="+filepath.Join(dir, filepath.FromSlash(name)))
		require.NoFileExists(t, own(dir, "pending.json"))
		require.Len(t, history(t, dir), 3)
	}
}

// TestNotedWriteThatCannotBeFinished is said, and stays noted: the start after it was
// mended finishes it.
func TestNotedWriteThatCannotBeFinished(t *testing.T) {
	tests := map[string]struct {
		want  string
		block func(t *testing.T, dir string) (mend func())
	}{
		"half a note": {"pending.json: unexpected end of JSON input", func(t *testing.T, dir string) func() {
			text, err := os.ReadFile(own(dir, "pending.json"))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(own(dir, "pending.json"), text[:len(text)/2], 0o600))
			return func() { require.NoError(t, os.WriteFile(own(dir, "pending.json"), text, 0o600)) }
		}},
		"a note that cannot be read": {"pending.json", func(t *testing.T, dir string) func() {
			require.NoError(t, os.Rename(own(dir, "pending.json"), own(dir, "aside")))
			require.NoError(t, os.Mkdir(own(dir, "pending.json"), 0o700))
			return func() {
				require.NoError(t, os.Remove(own(dir, "pending.json")))
				require.NoError(t, os.Rename(own(dir, "aside"), own(dir, "pending.json")))
			}
		}},
		"a folder where a file was": {"session-config.json", func(t *testing.T, dir string) func() {
			file := filepath.Join(dir, "sailpoint", "session-config.json")
			require.NoError(t, os.Rename(file, file+".aside"))
			require.NoError(t, os.Mkdir(file, 0o700))
			return func() {
				require.NoError(t, os.Remove(file))
				require.NoError(t, os.Rename(file+".aside", file))
			}
		}},
		"contents that are gone": {"no such file", func(t *testing.T, dir string) func() {
			require.NoError(t, os.Rename(own(dir, "objects"), own(dir, "aside")))
			return func() { require.NoError(t, os.Rename(own(dir, "aside"), own(dir, "objects"))) }
		}},
		"lines that cannot be written": {"generations.jsonl", func(t *testing.T, dir string) func() {
			text, err := os.ReadFile(linesFile(dir))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(linesFile(dir), append(bytes.Clone(text), "{}\n"...), 0o600))
			return func() { require.NoError(t, os.WriteFile(linesFile(dir), text, 0o600)) }
		}},
	}
	starts, ends := map[bool]string{}, map[bool]map[string]string{}
	for _, lined := range []bool{false, true} {
		starts[lined], _, ends[lined] = stopped(t, lined)
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			lined := name != "contents that are gone" // else the history is missed at once
			dir, after := copied(t, starts[lined]), ends[lined]
			mend := test.block(t, dir)
			edited := snapshot(t, dir)
			_, err := tenant.Open(tenant.Options{Folder: dir})
			require.ErrorContains(t, err, test.want)
			require.Equal(t, edited, snapshot(t, dir))
			mend()
			open(t, dir)
			require.Equal(t, after, snapshot(t, dir))
			require.Len(t, history(t, dir), 4)
		})
	}
}

// TestMendedWhileServing: whatever of a folder does not load, and whatever is to be read
// of it, the store serves again as soon as that is mended.
func TestMendedWhileServing(t *testing.T) {
	dir := crowded(t)
	store := open(t, dir)
	require.Equal(t, http.StatusOK, write(t, store, changed(func(d *records.Documents) {
		d.NetworkConfig = json.RawMessage(`{"range":["192.0.2.0/24"],"geolocation":null,"whitelisted":true}`)
		d.SessionConfig = json.RawMessage(`{"maxIdleTime":15}`)
		d.Threat = &records.ThreatInsight{Action: "none"}
	})).Status)
	want := documentsOf(t, store)
	store.Close()
	require.NoError(t, os.RemoveAll(own(dir))) // as if it came from elsewhere
	var log bytes.Buffer
	store = open(t, dir, func(o *tenant.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	require.Empty(t, history(t, dir))
	require.Empty(t, log.String())
	for name, good := range snapshot(t, dir) {
		file := filepath.Join(dir, filepath.FromSlash(name))
		for _, broken := range []string{"{", "", "7", "a folder"} {
			require.NoError(t, os.Remove(file))
			if broken == "a folder" {
				require.NoError(t, os.Mkdir(file, 0o700))
			} else {
				put(t, dir, name, broken)
			}
			_, err := store.Documents()
			require.ErrorContains(t, err, filepath.Base(name), "%s %q", name, broken)
			require.NotContains(t, err.Error(), "\n", "said once")
			require.Empty(t, store.Fingerprint())
			require.Contains(t, log.String(), "the documents do not load; requests are refused until they do")
			require.Contains(t, log.String(), filepath.Base(name))
			log.Reset()
			if strings.HasSuffix(broken, "folder") {
				require.NoError(t, os.Remove(file))
			}
			put(t, dir, name, good)
			require.Equal(t, want, documentsOf(t, store), "%s %q", name, broken)
			require.Equal(t, fingerprint(t, dir), store.Fingerprint())
		}
	}
}

// TestFolderOfRulesInTheWay: rules that cannot be listed are not taken for none.
func TestFolderOfRulesInTheWay(t *testing.T) {
	dir := folder(t, nil)
	store := open(t, dir)
	want := documentsOf(t, store)
	rules := filepath.Join(dir, "okta", "rules")
	require.NoError(t, os.Rename(rules, rules+".aside"))
	require.NoError(t, os.WriteFile(rules, nil, 0o600))
	_, err := store.Documents()
	require.ErrorAs(t, err, new(*tenant.Unavailable))
	require.ErrorContains(t, err, filepath.Join("okta", "rules")+":")
	require.Equal(t, http.StatusConflict, write(t, store, addZone(blocklist("A", "203.0.113.0/24"))).Status)
	require.NoError(t, os.Remove(rules))
	require.NoError(t, os.Rename(rules+".aside", rules))
	require.Equal(t, want, documentsOf(t, store))
}
