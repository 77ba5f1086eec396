package admin_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/callers"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// lookers are the callers of the tests of the console: one who may do all, one who may
// look, one who may read zones alone, and one of another network.
const lookers = `{"tokens":[
	{"name":"all","sha256":%q,"scopes":["okta.networkZones.manage","okta.threatInsights.manage","okta.policies.manage","sp:auth-org:manage","sp:auth-profile:update"]},
	{"name":"look","sha256":%q,"scopes":["okta.networkZones.read","okta.threatInsights.read","okta.policies.read","sp:auth-org:read","sp:auth-profile:read"]},
	{"name":"zones","sha256":%q,"scopes":["okta.networkZones.read"]},
	{"name":"away","sha256":%q,"scopes":["okta.networkZones.manage"],"networks":["198.51.100.0/24"]}],"clients":[]}`

// visitor is a browser at the console of a front.
type visitor struct {
	t      *testing.T
	desk   *desk
	cookie *http.Cookie
	base   string // as it knows the server
	local  net.Addr
	header http.Header
}

func consoleFront(t *testing.T, change ...func(*admin.Options)) *visitor {
	t.Helper()
	pages, err := console.New(console.Options{Policy: policyfile.Options{Paths: []string{t.TempDir()}}})
	require.NoError(t, err)
	d := front(t, append([]func(*admin.Options){func(o *admin.Options) { o.Console = pages }}, change...)...)
	v := &visitor{t: t, desk: d, base: "http://127.0.0.1:9190", local: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9190}}
	v.callers(fmt.Sprintf(lookers, hash("all"), hash("look"), hash("zones"), hash("away")))
	return v
}

// callers puts another callers' file in force.
func (v *visitor) callers(text string) {
	path := filepath.Join(v.t.TempDir(), "callers.json")
	require.NoError(v.t, os.WriteFile(path, []byte(text), 0o600))
	file, err := callers.Read(path)
	require.NoError(v.t, err)
	v.desk.who.Replace(file)
}

// ask asks for a path below the base as a page of the site does, and keeps its cookie.
func (v *visitor) ask(method, path string, form url.Values, change ...func(*http.Request)) *httptest.ResponseRecorder {
	v.t.Helper()
	r := httptest.NewRequest(method, v.base+path, strings.NewReader(form.Encode()))
	r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, v.local))
	r.RemoteAddr = "192.0.2.1:4711"
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", v.base)
	}
	if v.cookie != nil {
		r.AddCookie(v.cookie)
	}
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	v.desk.ServeHTTP(w, r)
	for _, cookie := range w.Result().Cookies() {
		v.cookie = cookie
		if cookie.MaxAge < 0 {
			v.cookie = nil
		}
	}
	return w
}

func (v *visitor) get(path string) int {
	v.t.Helper()
	return v.ask(http.MethodGet, path, nil).Code
}

// signIn signs in, and says where it leads.
func (v *visitor) signIn(token, next string) (status int, to string) {
	v.t.Helper()
	w := v.ask(http.MethodPost, "/console/sign-in", url.Values{"token": {token}, "next": {next}})
	return w.Code, w.Header().Get("Location")
}

// A caller signs in, is led to where they wanted to go and nowhere else, and signs out.
func TestSignIn(t *testing.T) {
	v := consoleFront(t)
	w := v.ask(http.MethodGet, "/console/ask?q=192.0.2.1&x=%22%3E", nil)
	require.Equal(t, http.StatusForbidden, w.Code)
	require.Contains(t, w.Body.String(), `name="next" value="ask?q=192.0.2.1&amp;x=%22%3E"`)
	require.NotContains(t, w.Body.String(), "<nav", "pages are for callers")
	require.Equal(t, http.StatusOK, v.get("/console/assets/console.css"), "the page has its look")

	status, to := v.signIn("look", "ask?q=192.0.2.1")
	require.Equal(t, http.StatusSeeOther, status)
	require.Equal(t, "/console/ask?q=192.0.2.1", to)
	require.True(t, v.cookie.HttpOnly && v.cookie.SameSite == http.SameSiteStrictMode && !v.cookie.Secure, "%v", v.cookie)
	require.Equal(t, "/console/", v.cookie.Path)
	require.Equal(t, http.StatusOK, v.get(to))
	require.Contains(t, v.ask(http.MethodGet, to, nil).Body.String(), `action="sign-out"`)

	kept := v.cookie
	require.Equal(t, http.StatusSeeOther, v.ask(http.MethodPost, "/console/sign-out", nil).Code)
	require.Nil(t, v.cookie)
	v.cookie = kept
	require.Equal(t, http.StatusForbidden, v.get("/console/ask"), "the session has ended, not the cookie alone")

	for _, elsewhere := range []string{"//evil.example/", "https://evil.example/ask", "/\\evil.example", "../api/v1/zones", "sign-out", "ask/../../x", "javascript:alert(1)", "\x00"} {
		_, to := v.signIn("look", elsewhere)
		require.Equal(t, "/console/ask", to, elsewhere)
	}
	log := v.desk.log.String()
	require.Contains(t, log, `"caller":"look"`)
	require.NotContains(t, log, v.cookie.Value)
	require.NotContains(t, log, "192.0.2.1&", "what was asked is nobody's business")
}

// Who is no caller, is one of another network, or fails too often, is not signed in.
func TestSignInIsRefused(t *testing.T) {
	v := consoleFront(t)
	for _, token := range []string{"", "nobody", "away", "looklook", hash("look")} {
		status, _ := v.signIn(token, "")
		require.Equal(t, http.StatusForbidden, status, token)
		require.Nil(t, v.cookie)
	}
	for range 6 { // of ten in a minute, with the four above that were no tokens
		v.signIn("nobody", "")
	}
	status, _ := v.signIn("look", "")
	require.Equal(t, http.StatusTooManyRequests, status, "the right one comes too late")
	answer, _ := v.desk.ask(question{target: "/api/v1/zones", token: "look"})
	require.Equal(t, http.StatusTooManyRequests, answer.StatusCode, "the count is that of the APIs")
	v.desk.pass(time.Minute)
	status, _ = v.signIn("look", "")
	require.Equal(t, http.StatusSeeOther, status)
	require.NotContains(t, v.desk.log.String(), "looklook")
}

// Each request is held against the callers as they are now.
func TestSessionsHoldNoRight(t *testing.T) {
	for name, end := range map[string]func(*visitor){
		"taken out of the file": func(v *visitor) {
			v.callers(fmt.Sprintf(`{"tokens":[{"name":"look","sha256":%q,"scopes":["okta.networkZones.read"]}],"clients":[]}`, hash("other")))
		},
		"idle": func(v *visitor) { v.desk.pass(30 * time.Minute) },
		"old": func(v *visitor) {
			for range 12*60/20 - 1 {
				v.desk.pass(20 * time.Minute)
				require.Equal(t, http.StatusOK, v.get("/console/ask"))
			}
			v.desk.pass(20 * time.Minute)
		},
		"a scope lost": func(v *visitor) {
			v.callers(fmt.Sprintf(`{"tokens":[{"name":"look","sha256":%q,"scopes":["okta.networkZones.read"]}],"clients":[]}`, hash("look")))
		},
		"from elsewhere": func(v *visitor) {
			v.callers(fmt.Sprintf(`{"tokens":[{"name":"look","sha256":%q,"scopes":["okta.networkZones.read"],"networks":["198.51.100.0/24"]}],"clients":[]}`, hash("look")))
		},
		"another cookie": func(v *visitor) { v.cookie.Value = strings.ToLower(v.cookie.Value) + "x" },
	} {
		t.Run(name, func(t *testing.T) {
			v := consoleFront(t)
			v.signIn("look", "")
			require.Equal(t, http.StatusOK, v.get("/console/ask"))
			end(v)
			require.Equal(t, http.StatusForbidden, v.get("/console/ask"))
			w := v.ask(http.MethodGet, "/console/ask", nil, func(r *http.Request) { r.Header.Set("X-Part", "answer") })
			require.Equal(t, http.StatusForbidden, w.Code)
			require.NotContains(t, w.Body.String(), "<", "a script is told in a line")
		})
	}
}

// Whoever may not read all documents sees none, and is told why.
func TestConsoleNeedsEveryReadScope(t *testing.T) {
	v := consoleFront(t)
	_, to := v.signIn("zones", "")
	w := v.ask(http.MethodGet, to, nil)
	require.Equal(t, http.StatusForbidden, w.Code)
	for _, missing := range []string{"okta.threatInsights.read", "okta.policies.read", "sp:auth-org:read", "sp:auth-profile:read"} {
		require.Contains(t, w.Body.String(), missing)
	}
	require.NotContains(t, w.Body.String(), "okta.networkZones.read")
	require.Equal(t, 1, strings.Count(w.Body.String(), "</html>"))
	require.Equal(t, http.StatusOK, v.get("/console/assets/console.css"))
	_, to = v.signIn("all", "")
	require.Equal(t, http.StatusOK, v.get(to), "the right to manage is one to read")
}

// Other names, other sites and other ways to write a path get nowhere.
func TestConsoleIsForItsOwnPages(t *testing.T) {
	v := consoleFront(t)
	v.signIn("look", "")
	host := func(host string) func(*http.Request) { return func(r *http.Request) { r.Host = host } }
	for _, good := range []string{"127.0.0.1:9190", "localhost:9190", "LOCALHOST:9190"} {
		require.Equal(t, http.StatusOK, v.ask(http.MethodGet, "/console/ask", nil, host(good)).Code, good)
	}
	for _, bad := range []string{"rebound.example:9190", "rebound.example", "127.0.0.1", "127.0.0.1:80", "127.0.0.2:9190", "localhost.:9190", "127.0.0.1.:9190", "127.1:9190", "[::1]:9190", "", "127.0.0.1:9190.evil.example"} {
		require.Equal(t, http.StatusMisdirectedRequest, v.ask(http.MethodGet, "/console/ask", nil, host(bad)).Code, bad)
	}
	for name, values := range map[string]map[string]string{
		"a foreign page":         {"Origin": "http://evil.example"},
		"a page without origin":  {"Origin": "null"},
		"another port":           {"Origin": "http://127.0.0.1:8080"},
		"another scheme":         {"Origin": "https://127.0.0.1:9190"},
		"no origin":              {"Origin": ""},
		"cross-site":             {"Sec-Fetch-Site": "cross-site"},
		"same-site, not ours":    {"Sec-Fetch-Site": "same-site"},
		"what nobody ever sends": {"Sec-Fetch-Site": "SAME-ORIGIN"},
	} {
		for _, path := range []string{"/console/sign-in", "/console/sign-out", "/console/ask"} {
			w := v.ask(http.MethodPost, path, url.Values{"token": {"look"}}, func(r *http.Request) {
				for header, value := range values {
					r.Header.Set(header, value)
				}
				if values["Origin"] == "" && name == "no origin" {
					r.Header.Del("Origin")
				}
			})
			require.Equal(t, http.StatusForbidden, w.Code, "%s %s", name, path)
			require.Empty(t, w.Result().Cookies(), "%s %s", name, path)
		}
	}
	require.Equal(t, http.StatusOK, v.get("/console/ask"), "nobody signed anybody out")
	for _, path := range []string{
		"/console/../api/v1/zones", "/console/%2e%2e/api/v1/zones", "/console//ask", "/console/./ask", "/console/ask/", "/console/assets/../console.go",
		"/console/assets/%2e%2e%2fenglish.txt", "/console/assets/..%2f..%2fdoc.go", "/console/assets/", "/console/ask%00", "/console/%61sk", "/console/%5c..%5cask", "/console/assets%2fconsole.css",
		"/console/" + strings.Repeat("a", 60_000), "/%63onsole/ask", "/console%2fask", "/CONSOLE/ask", "//console/ask", "/api/../console/ask",
	} {
		w := v.ask(http.MethodGet, "/console/ask", nil, func(r *http.Request) {
			at, err := url.ParseRequestURI(path)
			require.NoError(t, err, path)
			r.URL.Path, r.URL.RawPath = at.Path, at.RawPath
		})
		require.Contains(t, []int{http.StatusNotFound, http.StatusForbidden, http.StatusUnauthorized}, w.Code, path)
		require.Empty(t, w.Header().Get("Location"), path)
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodTrace, "PROPFIND"} {
		require.GreaterOrEqual(t, v.ask(method, "/console/ask", nil).Code, 400, method)
		require.Equal(t, http.StatusMethodNotAllowed, v.ask(method, "/console/sign-out", nil).Code, method)
	}
	require.Equal(t, http.StatusBadRequest, v.ask(http.MethodPost, "/console/sign-in", url.Values{"token": {strings.Repeat("a", 20_000)}}).Code)
}

// Behind a proxy the console is known by the external URL, whose scheme decides about the
// cookie.
func TestConsoleBehindProxy(t *testing.T) {
	v := consoleFront(t, func(o *admin.Options) { o.ExternalURL = "https://netwicket.example.com" })
	v.base = "https://netwicket.example.com"
	plain := func(r *http.Request) { r.TLS = nil } // the proxy has ended it
	w := v.ask(http.MethodPost, "/console/sign-in", url.Values{"token": {"look"}}, plain)
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.True(t, v.cookie.Secure)
	require.Equal(t, http.StatusOK, v.ask(http.MethodGet, "/console/ask", nil, plain).Code)
	require.Equal(t, http.StatusMisdirectedRequest, v.ask(http.MethodGet, "/console/ask", nil, plain, func(r *http.Request) { r.Host = "other.example.com" }).Code)
}

// drop puts a log before the console.
func (v *visitor) drop(text string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	v.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("log", "dropped-by-me.log")
	require.NoError(v.t, err)
	_, _ = file.Write([]byte(text))
	require.NoError(v.t, form.Close())
	return v.ask(http.MethodPost, "/console/log-drop", nil, append(change, func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(&body), int64(body.Len())
		r.Header.Set("Content-Type", form.FormDataContentType())
	})...)
}

// What pages of the console send behind a proxy comes from the external URL, and from nowhere else.
func TestConsoleTakesBehindProxy(t *testing.T) {
	v := consoleFront(t, func(o *admin.Options) { o.ExternalURL = "https://netwicket.example.com" })
	v.base = "https://netwicket.example.com"
	plain := func(r *http.Request) { r.TLS = nil }
	require.Equal(t, http.StatusSeeOther, v.ask(http.MethodPost, "/console/sign-in", url.Values{"token": {"look"}}, plain).Code)
	require.Equal(t, http.StatusSeeOther, v.drop("192.0.2.1\n", plain).Code)
	require.Equal(t, http.StatusForbidden, v.drop("192.0.2.1\n", plain, func(r *http.Request) { r.Header.Set("Origin", "http://netwicket.example.com") }).Code)
}

// What a caller has dropped is not for another one of the same name.
func TestLogsOfTwoOfOneName(t *testing.T) {
	v := consoleFront(t)
	const read = `["okta.networkZones.read","okta.threatInsights.read","okta.policies.read","sp:auth-org:read","sp:auth-profile:read"]`
	v.callers(fmt.Sprintf(`{"tokens":[{"name":"look","sha256":%q,"scopes":`+read+`}],"clients":[{"id":"w","name":"look","secretSha256":%q,"scopes":`+read+`}]}`, hash("look"), hash("secret")))
	_, said := v.desk.ask(question{verb: "POST", target: "/oauth/token?grant_type=client_credentials&client_id=w&client_secret=secret"})
	token, isText := said["access_token"].(string)
	require.True(t, isText, "%v", said)
	sees := func() bool {
		w := v.ask(http.MethodGet, "/console/log", nil)
		require.Equal(t, http.StatusOK, w.Code)
		return strings.Contains(w.Body.String(), "dropped-by-me.log")
	}
	v.signIn("look", "")
	require.Equal(t, http.StatusSeeOther, v.drop("192.0.2.1\n").Code)
	require.True(t, sees())
	v.signIn(token, "")
	require.False(t, sees())
}

// The APIs are as they were, console or not.
func TestConsoleChangesNoAnswerOfTheAPIs(t *testing.T) {
	with, without := consoleFront(t), front(t)
	with.callers(fmt.Sprintf(`{"tokens":[{"name":"w","sha256":%q,"scopes":["okta.networkZones.manage","okta.policies.manage","sp:auth-org:manage"]}],"clients":[]}`, hash("writer")))
	for _, target := range []string{"/api/v1/zones", "/api/v1/zones/1", "/", "/consoles", "/consol", "/v3/auth-org/network-config", "/api/v1/console/"} {
		a, bodyA := with.desk.ask(question{target: target, token: "writer"})
		b, bodyB := without.ask(question{target: target, token: "writer"})
		require.Equal(t, b.StatusCode, a.StatusCode, target)
		require.Equal(t, bodyB["failure"], bodyA["failure"], target)
	}
	_, body := without.ask(question{target: "/console/", token: "writer"})
	require.NotNil(t, body["failure"], "without a console its path is one of Okta's API that is not there")
}
