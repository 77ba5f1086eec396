package console_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
)

var verdictIn = regexp.MustCompile(`class="verdict (allow|deny)"`)

// An overlay entry that lets somebody in ends when it says, though no file changes, and
// also while the files do not load.
func TestOverlayEntryExpires(t *testing.T) {
	for _, broken := range []bool{false, true} {
		folder := t.TempDir()
		write := func(name, text string) {
			require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
		}
		write("zones.json", `[{"type":"IP","id":"nzo1","name":"Blocked","status":"ACTIVE","usage":"BLOCKLIST","system":false,"gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}]`)
		write("overlay.json", `{"allow":[{"network":"192.0.2.7/32","why":"on call","until":"2026-11-26T12:00:00Z"}]}`)
		write("netwicket.json", `{"okta":{"zones":["zones.json"]},"overlay":"overlay.json"}`)
		now := time.Date(2026, 11, 26, 11, 59, 59, 0, time.UTC)
		site, err := console.New(console.Options{Policy: policyfile.Options{Paths: []string{folder}}, Now: func() time.Time { return now }})
		require.NoError(t, err)
		get := func(target string) string {
			r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/"+target, nil)
			w := httptest.NewRecorder()
			site.Handler().ServeHTTP(w, r.WithContext(console.WithVisitor(r.Context(), console.Visitor{Name: "somebody"})))
			require.Equal(t, http.StatusOK, w.Code)
			return w.Body.String()
		}
		verdict := func() string {
			page := get("ask?q=192.0.2.7")
			found := verdictIn.FindStringSubmatch(page)
			require.NotNil(t, found, page)
			return found[1]
		}
		const ended = "<time>2026-11-26 12:00 UTC</time>, expired"
		require.Equal(t, "allow", verdict())
		if broken {
			write("zones.json", `[`)
			require.Equal(t, "allow", verdict(), "the policy from before")
		}
		require.NotContains(t, get("documents"), ended)
		now = now.Add(time.Second)
		require.Equal(t, "deny", verdict(), "broken files: %v", broken)
		require.Contains(t, get("documents"), ended)
	}
}
