package admin_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// TestWhoMaySave: the console lets documents be changed by whoever has every scope to
// change them, since a document may be any; one of them too few, and it only shows.
func TestWhoMaySave(t *testing.T) {
	const zones = `[{"type":"IP","id":"nzo1","name":"Bad","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}]`
	dir := t.TempDir()
	for name, text := range map[string]string{
		"netwicket.json": `{"okta": {"zones": ["z.json"]}}`,
		"z.json":         zones,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	pages, err := console.New(console.Options{
		Folder: dir, Policy: policyfile.Options{Paths: []string{dir}},
		Store: func(policyfile.Opened) (*tenant.Store, func(), error) { return nil, nil, fmt.Errorf("nobody saves") },
	})
	require.NoError(t, err)
	v := consoleFront(t, func(o *admin.Options) { o.Console = pages })
	scopes := []string{"okta.networkZones.manage", "okta.threatInsights.manage", "okta.policies.manage", "sp:auth-org:manage", "sp:auth-profile:update"}
	for left := range len(scopes) + 1 {
		has := append([]string{"okta.networkZones.read", "okta.threatInsights.read", "okta.policies.read", "sp:auth-org:read", "sp:auth-profile:read"}, scopes...)
		if left < len(scopes) {
			has[5+left] = has[0]
		}
		v.callers(fmt.Sprintf(`{"tokens":[{"name":"x","sha256":%q,"scopes":["%s"]}],"clients":[]}`, hash("x"), strings.Join(has, `","`)))
		v.cookie = nil
		v.signIn("x", "")
		w := v.ask(http.MethodPost, "/console/change", nil, func(r *http.Request) {
			var body bytes.Buffer
			form := multipart.NewWriter(&body)
			for name, value := range map[string]string{"file": "z.json", "begun": tenant.HashOf([]byte(zones)), "text": strings.Replace(zones, "203.0.113.0/24", "203.0.113.0/25", 1)} {
				require.NoError(t, form.WriteField(name, value))
			}
			require.NoError(t, form.Close())
			r.Body = io.NopCloser(&body)
			r.Header.Set("Content-Type", form.FormDataContentType())
			r.Header.Set("X-Part", "result")
		})
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, left < len(scopes), strings.Contains(w.Body.String(), "you may read this policy, not change it"), "without %v", scopes[min(left, 4)])
	}
}
