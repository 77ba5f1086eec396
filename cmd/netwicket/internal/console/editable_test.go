package console_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
)

// Each document of the policy is offered to be edited once, and nothing else that the policy
// is made of; those of the folder can be saved, others cannot.
func TestWhatIsEdited(t *testing.T) {
	top := t.TempDir()
	putAll(t, top, map[string]string{
		"outside.json": `[{"type":"IP","id":"o","name":"Outside","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"198.51.100.0/24"}]}]`,
		"policy/netwicket.json": `{"okta":{"zones":["zones.json","./zones.json","../outside.json",".netwicket/kept.json","pulled/z.json"],"threatInsight":"threat.json","threatFeeds":["feed.txt","feed.csv","tls.key","link.txt"]},
 "geo":["rows.txt"],"services":{"NORD_VPN":["nord.txt"]},"serve":{"tlsCert":"tls.pem","tlsKey":"tls.key"}}`,
		"policy/zones.json": ownZones, "policy/.netwicket/kept.json": strings.Replace(ownZones, `"b"`, `"k"`, 1), "policy/pulled/z.json": strings.Replace(ownZones, `"b"`, `"p"`, 1),
		"policy/threat.json": `{"action":"block"}`, "policy/feed.txt": "192.0.2.1\n", "policy/feed.csv": "192.0.2.2\n", "policy/tls.key": "192.0.2.3\n", "policy/rows.txt": small["rows.csv"], "policy/nord.txt": "192.0.2.4\n",
	})
	folder := filepath.Join(top, "policy")
	require.NoError(t, os.Symlink(filepath.Join(top, "outside.json"), filepath.Join(folder, "link.txt")))
	r := readAt(t, folder, saves)
	page := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/change", nil)).Body.String()
	require.Equal(t, []string{"netwicket.json", "zones.json", "..%2foutside.json", ".netwicket%2fkept.json", "pulled%2fz.json", "threat.json", "feed.txt"}, regexpAll(`href="change\?file=([^"]*)"`, page))
	for name, want := range map[string]string{
		"zones.json": "With errors there is nothing to save", "../outside.json": "the document is not in the policy folder", ".netwicket/kept.json": "the document is not in the policy folder", "pulled/z.json": "netwicket pull",
	} {
		text, err := os.ReadFile(filepath.FromSlash(name))
		require.NoError(t, err)
		draft := r.draft(name, string(text), "[{")
		require.Contains(t, text2(r.send("change", "result", draft)), want, name)
		draft.Set("do", "save")
		require.GreaterOrEqual(t, r.send("change", "", draft).Code, 400)
		now, err := os.ReadFile(filepath.FromSlash(name))
		require.NoError(t, err)
		require.Equal(t, tenant.HashOf(text), tenant.HashOf(now))
	}
	require.Contains(t, text2(r.send("change", "result", r.draft("link.txt", "", ""))), "404")
	require.Contains(t, text2(r.send("change", "result", r.draft("tls.key", "", ""))), "404")
}
