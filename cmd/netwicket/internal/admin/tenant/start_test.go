package tenant_test

import (
	"bytes"
	"log/slog"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
)

// TestFirstStartIsSaid in the log, once; and what a crash left of a note goes.
func TestFirstStartIsSaid(t *testing.T) {
	dir := folder(t, nil)
	var log bytes.Buffer
	logged := func(o *tenant.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) }
	open(t, dir, logged).Close()
	require.Contains(t, log.String(), "the folder gets what every tenant has")
	log.Reset()
	left := own(dir, ".pending.json.0123abcd")
	require.NoError(t, os.WriteFile(left, []byte("half a no"), 0o600))
	open(t, dir, logged).Close()
	require.NotContains(t, log.String(), "the folder gets what every tenant has")
	require.NoFileExists(t, left)
	require.Len(t, history(t, dir), 1)
}

// TestStartThatFails says why, and neither starts nor writes.
func TestStartThatFails(t *testing.T) {
	tests := map[string]struct {
		want  string
		spoil func(t *testing.T, dir string)
	}{
		"nothing can be kept": {"objects", func(t *testing.T, dir string) {
			require.NoError(t, os.MkdirAll(own(dir), 0o700))
			require.NoError(t, os.WriteFile(own(dir, "objects"), nil, 0o600))
		}},
		"nothing of it can be kept": {"objects", func(t *testing.T, dir string) {
			put(t, dir, "netwicket.json", "{}")
			require.NoError(t, os.MkdirAll(own(dir), 0o700))
			require.NoError(t, os.WriteFile(own(dir, "objects"), nil, 0o600))
		}},
		"rules name no zone": {"nzoNone", func(t *testing.T, dir string) {
			open(t, dir).Close()
			put(t, dir, "okta/rules/00p1.json", `[{"name":"R","conditions":{"network":{"connection":"ZONE","include":["nzoNone"]}},"actions":{"signon":{"access":"ALLOW"}}}]`)
			put(t, dir, "netwicket.json", `{"okta": {"zones": ["okta/zones.json"], "rules": ["okta/rules/00p1.json"]}}`)
		}},
		"rules name no zone, at the first": {"nzoNone", func(t *testing.T, dir string) {
			put(t, dir, "r.json", `[{"name":"R","conditions":{"network":{"connection":"ZONE","include":["nzoNone"]}},"actions":{"signon":{"access":"ALLOW"}}}]`)
			put(t, dir, "netwicket.json", `{"okta": {"rules": ["r.json"]}}`)
		}},
		"the generation before is gone": {"generation 2, ", func(t *testing.T, dir string) {
			for name, text := range snapshot(t, everyVendor(t)) {
				put(t, dir, name, text)
			}
			store := open(t, dir, asFound)
			text := snapshot(t, dir)["my/p.json"]
			_, err := replace(store, "my/p.json", text, text+"\n")
			require.NoError(t, err)
			store.Close()
			require.NoError(t, os.RemoveAll(own(dir, "objects")))
			put(t, dir, "my/p.json", text)
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, nil)
			test.spoil(t, dir)
			before, generations := snapshot(t, dir), len(history(t, dir))
			for range 2 {
				_, err := tenant.Open(tenant.Options{Folder: dir, Holder: "one that fails"})
				require.ErrorContains(t, err, test.want)
				require.Equal(t, before, snapshot(t, dir))
				require.Len(t, history(t, dir), generations)
			}
		})
	}
}

// TestWhatIsMissingComes at any start: zones, where there are none, and a default policy
// of each type; nothing that is there is touched.
func TestWhatIsMissingComes(t *testing.T) {
	dir := folder(t, nil)
	open(t, dir).Close()
	first := snapshot(t, dir)
	put(t, dir, "okta/zones.json", "[]")
	require.Len(t, zonesFrom(t, open(t, dir), 0), 4)
	require.Equal(t, first["okta/policies.json"], snapshot(t, dir)["okta/policies.json"])

	dir = folder(t, first)
	put(t, dir, "okta/policies.json", "[]")
	documents, err := open(t, dir).Documents()
	require.NoError(t, err)
	require.Len(t, documents.Policies, 2)
	require.Equal(t, first["okta/zones.json"], snapshot(t, dir)["okta/zones.json"])
}
