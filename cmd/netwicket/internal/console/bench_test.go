package console_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/realdata"
)

// BenchmarkChange is a change of one zone from the last key to its difference, with
// databases of the whole internet: its findings, and then what it decides otherwise.
func BenchmarkChange(b *testing.B) {
	dir := b.TempDir()
	example := filepath.Join("..", "..", "..", "..", "examples", "acme")
	require.NoError(b, os.CopyFS(dir, os.DirFS(example)))
	zones := filepath.Join(dir, "okta", "zones.json")
	text, err := os.ReadFile(zones)
	require.NoError(b, err)
	plain := strings.Replace(string(text), `"CA-ON"`, "null", 1) // these databases have no regions
	require.NoError(b, os.WriteFile(zones, []byte(plain), 0o600))
	policy, err := os.ReadFile(filepath.Join(dir, "netwicket.json"))
	require.NoError(b, err)
	world := string(policy)
	for name, real := range map[string]string{"geo/country.mmdb": "country-2025.mmdb", "geo/asn.mmdb": "asn-2024.mmdb", "geo/anonymous.mmdb": "anonymous-2026.mmdb"} {
		world = strings.Replace(world, `"`+name+`"`, `"`+filepath.ToSlash(realdata.Path(b, "mmdb/"+real))+`"`, 1)
	}
	world = strings.Replace(world, `"mode"`, `"assumeNone": ["tor", "vpn", "public_proxy", "residential_proxy"], "mode"`, 1)
	require.NoError(b, os.WriteFile(filepath.Join(dir, "netwicket.json"), []byte(world), 0o600))
	site, err := console.New(console.Options{Policy: policyfile.Options{Paths: []string{dir}}, Folder: dir})
	require.NoError(b, err)
	c := &changer{t: b, dir: dir, site: site, visitor: console.Visitor{Name: "ann", MayChange: true}}
	draft := c.draft("okta/zones.json", blocked(plain))
	for b.Loop() {
		for _, part := range []string{"check", "result"} {
			page := c.post(part, draft)
			require.Equal(b, http.StatusOK, page.Code)
			if part == "result" {
				require.Contains(b, page.Body.String(), "newly denied")
			}
		}
	}
}
