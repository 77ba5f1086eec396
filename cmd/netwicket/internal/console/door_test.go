package console_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// Each request before the door has one answer, and nothing but a person who opens the link
// at the site's root uses it up.
func TestOneAnswerAtTheDoor(t *testing.T) {
	d := newDoor(t, loopback)
	link := d.links[0]
	token := "token=" + strings.Split(link, "token=")[1]
	host := func(r *http.Request) { r.Host = "rebound.example:9" }
	style, err := os.ReadFile("assets/console.css")
	require.NoError(t, err)
	w := d.ask(http.MethodGet, link, host)
	require.Equal(t, http.StatusMisdirectedRequest, w.Code)
	require.Equal(t, "this console is at http://127.0.0.1:9/; it does not answer for another host\n", w.Body.String())
	w = d.ask(http.MethodGet, link, with("Purpose", "prefetch"))
	require.Equal(t, http.StatusForbidden, w.Code)
	require.Equal(t, "the link is for whoever opens it\n", w.Body.String())
	require.Equal(t, w.Body.String(), d.ask(http.MethodGet, d.base+"ask", with("Purpose", "prefetch")).Body.String())
	for _, path := range []string{"ask", "welcome", "//", "assets/none.css"} {
		w := d.ask(http.MethodGet, d.base+path+"?"+token)
		require.Empty(t, w.Result().Cookies(), path)
		require.GreaterOrEqual(t, w.Code, 400, path)
	}
	require.Equal(t, string(style), d.ask(http.MethodGet, d.base+"assets/console.css?"+token).Body.String(), "once, and not for a visitor")

	w = d.ask(http.MethodGet, link)
	require.Equal(t, http.StatusOK, w.Code)
	require.Len(t, w.Result().Cookies(), 1, "the link was good until now")
	require.Equal(t, 1, strings.Count(w.Body.String(), "</html>"))
	require.Contains(t, w.Body.String(), `href="ask"`)

	d.now = d.now.Add(time.Hour)
	outside := d.ask(http.MethodGet, d.base+"ask")
	require.Equal(t, http.StatusForbidden, outside.Code)
	require.NotContains(t, text(outside.Body.String()), "The terminal that runs it shows a new one")
	require.Len(t, d.links, 1, "who comes without a link is told of none")
	require.Contains(t, text(d.ask(http.MethodGet, link).Body.String()), "The terminal that runs it shows a new one")
	require.Len(t, d.links, 2)
	d.cookies = w.Result().Cookies()
	require.Equal(t, http.StatusForbidden, d.ask(http.MethodGet, d.base+"ask", with("Sec-Purpose", "prefetch")).Code, "nobody looks at that page yet")
	require.Equal(t, http.StatusSeeOther, d.ask(http.MethodGet, d.base+"?token=x").Code, "who is in needs no link")
	for _, path := range []string{"/\\ask", "/ask\\", "/ask\x00", "/assets/..\\console.go"} {
		w := d.ask(http.MethodGet, d.base+"ask", func(r *http.Request) { r.URL.Path = path })
		require.Equal(t, "404 there is no such page", strings.TrimSpace(text2(w)), "%q", path)
	}
}

// The policy is read before somebody comes.
func TestPolicyIsReadAtTheDoor(t *testing.T) {
	folder := folderOf(t, small)
	site, err := console.New(console.Options{Policy: policyfile.Options{Paths: []string{folder}}})
	require.NoError(t, err)
	d := &door{t: t}
	d.local = console.NewLocal(site, loopback, console.Visitor{Name: "somebody"}, func(link string) error {
		d.links = append(d.links, link)
		return nil
	})
	require.NoError(t, os.WriteFile(filepath.Join(folder, "zones.json"), []byte("["), 0o600))
	require.NoError(t, d.local.Invite())
	d.enter()
	require.Contains(t, text2(d.ask(http.MethodGet, "http://127.0.0.1:9/ask?q=192.0.2.7")), "What is shown is the policy from before")
}
