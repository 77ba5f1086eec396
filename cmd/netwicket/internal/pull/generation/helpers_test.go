package generation_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/generation"
	"github.com/netwicket/netwicket/decide/policyfile"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// newFolder is a policy folder with files.
func newFolder(t *testing.T, texts map[string]string) generation.Folder {
	t.Helper()
	f := generation.Folder{Path: t.TempDir()}
	for name, text := range texts {
		write(t, f, name, text)
	}
	return f
}

func write(t *testing.T, f generation.Folder, name, text string) {
	t.Helper()
	path := filepath.Join(f.Path, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

func read(t *testing.T, f generation.Folder, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(f.Path, name))
	require.NoError(t, err)
	return string(text)
}

// tree is all that lies in a folder: the texts of files, "/" for folders.
func tree(t *testing.T, f generation.Folder) map[string]string {
	t.Helper()
	all := make(map[string]string)
	require.NoError(t, filepath.WalkDir(f.Path, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(f.Path, path)
		switch {
		case err != nil || name == ".":
			return err
		case entry.IsDir():
			all[name] = "/"
		default:
			all[name] = read(t, f, name)
		}
		return nil
	}))
	return all
}

// okta are documents of Okta's: zones by their ids, a rule for the first of them.
func okta(ids ...string) *generation.Okta {
	zones := "["
	for i, id := range ids {
		if i > 0 {
			zones += ","
		}
		zones += `{"type":"IP","id":"` + id + `","name":"` + id + `","status":"ACTIVE","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}`
	}
	return &generation.Okta{
		Zones: []byte(zones + "]\n"), Policies: []byte("[]\n"), Threat: []byte(`{"action":"block"}` + "\n"),
		Rules: []generation.Rules{
			{Policy: "00p1", Enforced: true, Text: []byte(rules("1"))},
			{Policy: "00p2", Text: []byte(rules("2"))},
			{Policy: "00p3", Enforced: true, Text: []byte(rules("3"))},
		},
	}
}

func rules(id string) string {
	return `[{"id":"` + id + `","name":"` + id + `","status":"ACTIVE","priority":1,"conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"ALLOW"}}}]` + "\n"
}

func sailPoint(countries string) *generation.SailPoint {
	return &generation.SailPoint{Network: []byte(`{"whitelisted":true,"geolocation":` + countries + `,"range":["192.0.2.0/24"]}` + "\n")}
}

// prepared is what a folder would be.
func prepared(t *testing.T, f generation.Folder, d generation.Documents) *generation.Candidate {
	t.Helper()
	in, err := f.InForce()
	require.NoError(t, err)
	require.False(t, f.Same(in, d))
	c, err := f.Candidate(in, d)
	require.NoError(t, err)
	return c
}

// pulled puts documents in force, and gives the name of their generation.
func pulled(t *testing.T, f generation.Folder, d generation.Documents, now time.Time) string {
	t.Helper()
	c := prepared(t, f, d)
	require.NoError(t, f.Switch(c, now))
	in, err := f.InForce()
	require.NoError(t, err)
	require.True(t, f.Same(in, d), "what was pulled is in force")
	require.True(t, in.Names(d))
	return c.Name
}

// decides is the policy of a path, by its fingerprint.
func decides(t *testing.T, options policyfile.Options) string {
	t.Helper()
	opened := policyfile.Load(options)
	require.NoError(t, opened.Err())
	policy, err := opened.Compile()
	require.NoError(t, err)
	return policy.Info().Fingerprint
}
