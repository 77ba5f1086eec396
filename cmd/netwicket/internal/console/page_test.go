package console_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// Of a page that fails nothing is sent but why, which is noted as well.
func TestPageThatFails(t *testing.T) {
	var noted bytes.Buffer
	r := readAt(t, folderOf(t, small), func(o *console.Options) { o.Log = slog.New(slog.NewTextHandler(&noted, nil)) })
	r.site.BreakPage("ask")
	w := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/ask", nil))
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Regexp(t, "^the page could not be made: .*None.*\n$", w.Body.String())
	require.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
	require.Regexp(t, `level=ERROR msg="a page could not be made" page=ask error=.*None`, noted.String())
}

// The navigation leads to each page once, and to nothing that is none.
func TestNavigation(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	page := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/ask", nil)).Body.String()
	_, nav, _ := strings.Cut(page, "<nav")
	nav, _, _ = strings.Cut(nav, "</nav>")
	require.Equal(t, []string{"ask", "map", "documents", "change", "log", "tests"}, regexpAll(`href="([^"]*)"`, nav))
}

// What ends while the files do not load ends alone: nobody else is turned away.
func TestOverlayEntryExpiresAlone(t *testing.T) {
	now := today
	r := readAt(t, folderOf(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"]},"overlay":"overlay.json"}`, "zones.json": ownZones,
		"overlay.json": `{"allow":[{"network":"203.0.113.7/32","why":"on call","until":"2026-11-26T13:00:00Z"}]}`,
	}), func(o *console.Options) { o.Now = func() time.Time { return now } })
	answers := func() (all []string) {
		for _, who := range []string{"203.0.113.7", "203.0.113.8", "192.0.2.7"} {
			page := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/ask?q="+who, nil)).Body.String()
			all = append(all, verdictIn.FindStringSubmatch(page)[1])
		}
		return all
	}
	require.Equal(t, []string{"allow", "deny", "allow"}, answers())
	putAll(t, ".", map[string]string{"zones.json": "["})
	require.Equal(t, []string{"allow", "deny", "allow"}, answers())
	now = now.Add(time.Hour)
	require.Equal(t, []string{"deny", "deny", "allow"}, answers())
	require.Contains(t, r.page("ask"), "What is shown is the policy from before")
}

// A client is its address, or the network that it was counted by where there are too many.
func TestClientName(t *testing.T) {
	for network, want := range map[string]string{"192.0.2.7/32": "192.0.2.7", "192.0.2.0/24": "192.0.2.0/24", "2001:db8::1/128": "2001:db8::1", "2001:db8::/64": "2001:db8::/64"} {
		require.Equal(t, want, console.ClientName(netip.MustParsePrefix(network)))
	}
}

// A site that compares with a policy that does not load is none: nobody would know what the
// map shows.
func TestSiteNeedsThePolicyItComparesWith(t *testing.T) {
	folder := folderOf(t, small)
	_, err := console.New(console.Options{Policy: policyfile.Options{Paths: []string{folder}}, Against: policyfile.Options{Paths: []string{folder + "/none"}}, AgainstName: "none"})
	require.ErrorContains(t, err, "none")
	_, err = console.New(console.Options{Policy: policyfile.Options{Paths: []string{folder}}, Against: policyfile.Options{Paths: []string{folder + "/none"}}})
	require.NoError(t, err, "without a name there is none")
}
