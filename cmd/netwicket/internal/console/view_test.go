package console_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// Each asset is what the file is, with its type; nobody has to be known for it.
func TestAssets(t *testing.T) {
	site, err := console.New(console.Options{Policy: policyfile.Options{Paths: []string{t.TempDir()}}})
	require.NoError(t, err)
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		site.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+path, nil))
		return w
	}
	names, err := filepath.Glob("assets/*")
	require.NoError(t, err)
	require.Greater(t, len(names), 8)
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		w := get("/" + filepath.ToSlash(name))
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, string(text), w.Body.String())
		require.Equal(t, map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}[filepath.Ext(name)], w.Header().Get("Content-Type"))
	}
	require.Equal(t, http.StatusNotFound, get("/assets/none.css").Code)
	page := get("/ask")
	require.Equal(t, http.StatusForbidden, page.Code, "a page is for visitors")
}

// A page is another one for a script that asks for a part, and what it may do is said.
func TestHeadersOfPages(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	header := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/ask", nil)).Header()
	require.Equal(t, "X-Part", header.Get("Vary"))
	require.Equal(t, "text/html; charset=utf-8", header.Get("Content-Type"))
	require.Contains(t, header.Get("Permissions-Policy"), "geolocation=()")
	patch := r.draft("zones.json", small["zones.json"], "[ ]")
	patch.Set("do", "patch")
	w := r.send("change", "", patch)
	require.Equal(t, "text/x-diff; charset=utf-8", w.Header().Get("Content-Type"))
	require.Equal(t, fmt.Sprint(w.Body.Len()), w.Header().Get("Content-Length"))
}

// A name that a header does not take is written otherwise.
func TestNameOfAPatch(t *testing.T) {
	for name, want := range map[string]string{"zönes \x7f\"*.json": "z-nes ---.patch", "a~ b!.json": "a~ b!.patch", "none": "none.patch", "two.dots.json": "two.dots.patch"} {
		r := readAt(t, folderOf(t, map[string]string{"netwicket.json": fmt.Sprintf(`{"okta":{"zones":[%s]}}`, quoted(name)), name: ownZones}))
		patch := r.draft(name, ownZones, "[]")
		patch.Set("do", "patch")
		require.Equal(t, `attachment; filename="`+want+`"`, r.send("change", "", patch).Header().Get("Content-Disposition"))
	}
}

// The origin of a request is the site's own, wherever the site says that it stands.
func TestSameOrigin(t *testing.T) {
	for _, row := range []struct {
		method, fetch, origin, site string
		tls, want                   bool
	}{
		{"GET", "", "", "", false, true},
		{"HEAD", "", "", "", false, true},
		{"POST", "", "", "", false, false},
		{"POST", "same-origin", "", "", false, false},
		{"POST", "", "http://door.example", "", false, true},
		{"POST", "", "https://door.example", "", false, false},
		{"POST", "", "https://door.example", "", true, true},
		{"POST", "", "http://door.example", "", true, false},
		{"POST", "none", "https://outside.example", "https://outside.example", false, true},
		{"POST", "none", "http://door.example", "https://outside.example", false, false},
		{"GET", "cross-site", "http://door.example", "", false, false},
		{"GET", "same-site", "", "", false, false},
		{"GET", "", "http://other.example", "", false, false},
	} {
		r := httptest.NewRequest(row.method, "http://door.example/ask", nil)
		r.TLS = nil
		if row.tls {
			r.TLS = new(tls.ConnectionState)
		}
		if row.fetch != "" {
			r.Header.Set("Sec-Fetch-Site", row.fetch)
		}
		if row.origin != "" {
			r.Header.Set("Origin", row.origin)
		}
		require.Equal(t, row.want, console.SameOrigin(r, row.site), "%+v", row)
	}
}

// A link that cannot be told is noted, and the one before it stands.
func TestLinkThatCannotBeTold(t *testing.T) {
	var noted bytes.Buffer
	now := time.Date(2026, 2, 18, 8, 28, 53, 0, time.UTC)
	site, err := console.New(console.Options{Policy: policyfile.Options{Paths: []string{t.TempDir()}}, Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(&noted, nil))})
	require.NoError(t, err)
	door := console.NewLocal(site, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}, console.Visitor{Name: "somebody"}, func(string) error { return errors.New("no terminal") })
	require.ErrorContains(t, door.Invite(), "no terminal")
	ask := func() string {
		w := httptest.NewRecorder()
		door.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1:9/?token=old", nil))
		require.Equal(t, http.StatusForbidden, w.Code)
		return text(w.Body.String())
	}
	require.Contains(t, ask(), "The terminal that runs it shows a new one")
	require.Empty(t, noted.String(), "one was told just before")
	now = now.Add(5 * time.Second)
	ask()
	require.Contains(t, noted.String(), "a new link could not be told")
	require.Contains(t, noted.String(), "no terminal")
}

// Files of the policy's one folder have short names; those of several have names that tell
// them apart.
func TestNamesOfFolders(t *testing.T) {
	one, two := folderOf(t, map[string]string{"netwicket.json": ownPolicy, "zones.json": ownZones, "expect.json": blockedWant}), folderOf(t, map[string]string{"rules.json": small["rules.json"]})
	alone := readAt(t, one, func(o *console.Options) { o.Policy.Paths = []string{one} })
	page := alone.page("documents")
	require.Contains(t, page, "zones.json Okta zones")
	require.NotContains(t, page, filepath.Join(one, "zones.json"))
	require.Contains(t, page, "Policy "+one, "the policy is called by its path")
	require.Contains(t, alone.page("tests"), "Expectations of expect.json")
	for _, name := range []string{"zones.json", filepath.Join(one, "zones.json"), "netwicket.json", filepath.Join(one, "netwicket.json"), one} {
		require.Contains(t, alone.page("documents?file="+url.QueryEscape(name)), "Change Text", name)
	}
	require.Contains(t, readAt(t, one, func(o *console.Options) { o.Policy.Paths = []string{"netwicket.json"} }).page("documents?file=netwicket.json"), "Change Text")
	both := readAt(t, one, func(o *console.Options) { o.Policy.Paths = []string{one, filepath.Join(two, "rules.json")} })
	page = both.page("documents")
	require.Contains(t, page, filepath.Join(one, "zones.json"))
	require.Contains(t, page, filepath.Join(two, "rules.json"))
	require.Equal(t, http.StatusBadRequest, both.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/map?against=1", nil)).Code, "it has no history")
	require.Contains(t, text(both.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/map?against=1", nil)).Body.String()), "against=1: the policy is not one folder with a history")
}

func quoted(text string) string {
	all := ""
	for _, r := range text {
		all += fmt.Sprintf(`\u%04x`, r)
	}
	return `"` + all + `"`
}
