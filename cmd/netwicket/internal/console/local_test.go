package console_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// door is a local door with somebody before it.
type door struct {
	t       *testing.T
	local   *console.Local
	links   []string
	base    string // of the links
	now     time.Time
	cookies []*http.Cookie
}

func newDoor(t *testing.T, at *net.TCPAddr) *door {
	t.Helper()
	d := &door{t: t, now: time.Date(2026, 2, 18, 8, 28, 53, 0, time.UTC)}
	site, err := console.New(console.Options{Policy: policyfile.Options{Paths: []string{t.TempDir()}}, Now: func() time.Time { return d.now }})
	require.NoError(t, err)
	d.local = console.NewLocal(site, at, console.Visitor{Name: "somebody"}, func(link string) error {
		d.links = append(d.links, link)
		return nil
	})
	require.NoError(t, d.local.Invite())
	d.base, _, _ = strings.Cut(d.links[0], "?")
	return d
}

func (d *door) ask(method, target string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	d.t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for _, cookie := range d.cookies {
		r.AddCookie(cookie)
	}
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	d.local.Handler().ServeHTTP(w, r)
	return w
}

// enter follows the newest link.
func (d *door) enter() {
	d.t.Helper()
	w := d.ask(http.MethodGet, d.links[len(d.links)-1])
	require.Equal(d.t, http.StatusOK, w.Code)
	d.cookies = w.Result().Cookies()
	require.Len(d.t, d.cookies, 1)
}

func with(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

var loopback = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}

// A link is for the person who opens it: what asks ahead of them does not use it up.
func TestLinkWaitsForThePerson(t *testing.T) {
	d := newDoor(t, loopback)
	for _, header := range []string{"Sec-Purpose", "Purpose", "X-Moz"} {
		for _, value := range []string{"prefetch", "prefetch;prerender", "prefetch;anonymous-client-ip"} {
			require.Equal(t, http.StatusForbidden, d.ask(http.MethodGet, d.links[0], with(header, value)).Code)
		}
	}
	require.Equal(t, http.StatusForbidden, d.ask(http.MethodHead, d.links[0]).Code)
	require.Equal(t, http.StatusForbidden, d.ask(http.MethodPost, d.links[0]).Code)
	d.enter()
	require.True(t, d.cookies[0].HttpOnly && d.cookies[0].SameSite == http.SameSiteStrictMode, "%v", d.cookies[0])
	require.Equal(t, http.StatusOK, d.ask(http.MethodGet, d.base+"ask").Code)
}

// Whoever is not let in sees a page with its look, of which there is nothing to learn.
func TestLockedPage(t *testing.T) {
	d := newDoor(t, loopback)
	w := d.ask(http.MethodGet, d.base+"ask")
	require.Equal(t, http.StatusForbidden, w.Code)
	require.NotContains(t, w.Body.String(), "<nav")
	require.NotContains(t, w.Body.String(), t.TempDir()[:8])
	require.Equal(t, http.StatusOK, d.ask(http.MethodGet, d.base+"assets/console.css").Code)
	w = d.ask(http.MethodGet, d.base+"ask", with("X-Part", "answer"))
	require.Equal(t, http.StatusForbidden, w.Code)
	require.NotContains(t, w.Body.String(), "<")
}

// Links that were used before, or guessed, get nobody in, and another link is told; not
// so often that a terminal fills.
func TestWrongLinks(t *testing.T) {
	d := newDoor(t, loopback)
	d.enter()
	d.cookies = nil
	for _, token := range []string{"x", d.links[0][len(d.links[0])-43:], strings.Repeat("a", 10_000), "%00", "<script>"} {
		w := d.ask(http.MethodGet, d.base+"?token="+token)
		require.Equal(t, http.StatusForbidden, w.Code)
		require.Empty(t, w.Result().Cookies())
		require.NotContains(t, w.Body.String(), token[:min(len(token), 10)]+"<")
	}
	require.Len(t, d.links, 1, "one was told just before")
	d.now = d.now.Add(5 * time.Second)
	for range 5 {
		d.ask(http.MethodGet, d.links[0])
	}
	require.Len(t, d.links, 2)
	d.enter()
	require.Equal(t, http.StatusOK, d.ask(http.MethodGet, d.base+"ask").Code)
}

// The oldest browser is out when there is one too many.
func TestSessionsAreBounded(t *testing.T) {
	d := newDoor(t, loopback)
	d.enter()
	all := [][]*http.Cookie{d.cookies}
	for range 32 {
		d.cookies = nil
		require.NoError(t, d.local.Invite())
		d.enter()
		require.Equal(t, http.StatusOK, d.ask(http.MethodGet, d.base+"ask").Code)
		all = append(all, d.cookies)
	}
	for i, cookies := range all {
		d.cookies = cookies
		require.Equal(t, i == 0, d.ask(http.MethodGet, d.base+"ask").Code == http.StatusForbidden, i)
	}
}

// The site answers for where it is, however browsers write that, and for no other name.
func TestHostsOfLocal(t *testing.T) {
	for _, row := range []struct {
		at   *net.TCPAddr
		base string
		good []string
		bad  []string
	}{
		{loopback, "http://127.0.0.1:9/", []string{"localhost:9"}, []string{"127.0.0.1", "127.0.0.1:80", "localhost", "rebound.example:9", "localhost.:9", "LOCALHOST:9", "127.0.0.1.:9", "127.1:9", "0x7f000001:9", "[::1]:9", ""}},
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, "http://127.0.0.1/", []string{"localhost", "localhost:80", "127.0.0.1:80"}, []string{"localhost:8080", "rebound.example"}},
		{&net.TCPAddr{IP: net.IPv6loopback, Port: 9}, "http://[::1]:9/", []string{"localhost:9"}, []string{"[::1]", "::1:9", "127.0.0.1:9", "[::ffff:127.0.0.1]:9", "[0::1]:9"}},
		{&net.TCPAddr{IP: net.IPv6loopback, Port: 80}, "http://[::1]/", []string{"localhost", "[::1]:80"}, []string{"::1"}},
	} {
		d := newDoor(t, row.at)
		require.Equal(t, row.base, d.base)
		d.enter()
		require.Equal(t, http.StatusOK, d.ask(http.MethodGet, d.base+"ask").Code)
		host := func(host string) func(*http.Request) { return func(r *http.Request) { r.Host = host } }
		for _, good := range row.good {
			require.Equal(t, http.StatusOK, d.ask(http.MethodGet, d.base+"ask", host(good)).Code, good)
		}
		for _, bad := range row.bad {
			require.Equal(t, http.StatusMisdirectedRequest, d.ask(http.MethodGet, d.base+"ask", host(bad)).Code, bad)
			require.Equal(t, http.StatusMisdirectedRequest, d.ask(http.MethodGet, d.base+"assets/console.css", host(bad)).Code, bad)
		}
	}
}

// What a page of another site, or of another port of this machine, has a browser ask is
// not answered, cookie or not.
func TestOtherSites(t *testing.T) {
	d := newDoor(t, loopback)
	d.enter()
	foreign := [][]func(*http.Request){
		{with("Sec-Fetch-Site", "cross-site")}, {with("Sec-Fetch-Site", "same-site")}, {with("Sec-Fetch-Site", "SAME-ORIGIN")},
		{with("Origin", "http://evil.example")}, {with("Origin", "null")}, {with("Origin", "http://127.0.0.1:8080")}, {with("Origin", "http://localhost:9")}, {with("Origin", "https://127.0.0.1:9")},
		{with("Sec-Fetch-Site", "none"), with("Origin", "http://evil.example")}, {with("Sec-Fetch-Site", "same-origin"), with("Origin", "null")},
	}
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodOptions} {
		for i, headers := range foreign {
			w := d.ask(method, d.base+"ask", headers...)
			require.Equal(t, http.StatusForbidden, w.Code, "%s %d", method, i)
			require.Empty(t, w.Header().Get("Access-Control-Allow-Origin"))
		}
	}
	require.Equal(t, http.StatusForbidden, d.ask(http.MethodPost, d.base+"ask").Code, "a post says where it comes from")
	require.Equal(t, http.StatusOK, d.ask(http.MethodGet, d.base+"ask", with("Sec-Fetch-Site", "same-origin"), with("Origin", "http://127.0.0.1:9")).Code)
}

// A path leads to a page as the site writes it, or nowhere.
func TestPathTricks(t *testing.T) {
	d := newDoor(t, loopback)
	d.enter()
	for _, path := range []string{
		"/../api", "/%2e%2e/api", "/ask/..", "/./ask", "//ask", "/ask//", "/ask/", "/assets/../console.go", "/assets/..%2fenglish.txt", "/assets/%2e%2e/english.txt",
		"/assets%2fconsole.css", "/assets/", "/assets", "/ask%00", "/%00", "/\\ask", "/%5cask", "/..%5cask", "/%61sk", "/pages/ask.html", "/english.txt", "/" + strings.Repeat("a/", 30_000), "/" + strings.Repeat("a", 60_000),
	} {
		w := d.ask(http.MethodGet, d.base+"ask", func(r *http.Request) {
			at, err := url.ParseRequestURI(path)
			require.NoError(t, err, path)
			r.URL.Path, r.URL.RawPath = at.Path, at.RawPath
		})
		require.Equal(t, http.StatusNotFound, w.Code, path[:min(len(path), 60)])
		require.Empty(t, w.Header().Get("Location"), path[:min(len(path), 60)])
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodTrace, "PROPFIND", "get"} {
		require.GreaterOrEqual(t, d.ask(method, d.base+"ask", with("Origin", strings.TrimSuffix(d.base, "/"))).Code, 400, method)
	}
}

// Every answer, a refusal as well, keeps the browser from more.
func TestHeadersOfEveryAnswer(t *testing.T) {
	d := newDoor(t, loopback)
	d.enter()
	for _, target := range []string{"", "ask", "ask?q=192.0.2.1", "nothing", "assets/console.css", "assets/live.js", "assets/icon.svg", "assets/nothing", "?token=x", "a//b"} {
		for _, cookies := range [][]*http.Cookie{nil, d.cookies} {
			d.cookies = cookies
			header := d.ask(http.MethodGet, d.base+target).Header()
			policy := header.Get("Content-Security-Policy")
			for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'", "require-trusted-types-for 'script'"} {
				require.Contains(t, policy, part, target)
			}
			require.NotContains(t, policy, "unsafe", target)
			require.NotContains(t, policy, "http", target)
			require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), target)
			require.Equal(t, "DENY", header.Get("X-Frame-Options"), target)
			require.Equal(t, "same-origin", header.Get("Referrer-Policy"), target)
			require.Equal(t, "same-origin", header.Get("Cross-Origin-Resource-Policy"), target)
			require.Equal(t, "same-origin", header.Get("Cross-Origin-Opener-Policy"), target)
			require.Equal(t, "no-store", header.Get("Cache-Control"), target)
		}
	}
}
