package caddygate_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/gate/caddygate"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// tells is an application that says what it was told.
const tells = `
	netwicket {
		policy POLICY
	}
	request_header -X-Netwicket-*
	request_header X-Netwicket-Client {netwicket.client}
	respond "{netwicket.decision} {netwicket.reason} {netwicket.client} {netwicket.country} [{netwicket.zones}] {http.request.header.X-Netwicket-Client} {http.request.header.X-Netwicket-Country}"
	log {
		output file POLICY/access.log
		format json
	}`

// TestGuard: the application behind a guard sees whom the policy allows, and hears about them
// what the policy says, whatever they say themselves.
func TestGuard(t *testing.T) {
	s := newSite(t)
	s.start(tells)
	for name, test := range map[string]struct {
		client string
		header []string
		status int
		body   string
	}{
		"allowed":                        {office, nil, 200, "allow permitted " + office + " DE [office%201, de] " + office + " "},
		"of another country":             {home, nil, 200, "allow permitted " + home + " FR [] " + home + " "},
		"of no country":                  {nowhere, nil, 200, "allow permitted " + nowhere + "  [] " + nowhere + " "},
		"IPv4 in IPv6":                   {"::ffff:" + office, nil, 200, "allow permitted " + office + " DE [office%201, de] " + office + " "},
		"denied":                         {blocked, nil, 403, ""},
		"denied, written as IPv6":        {"::ffff:" + blocked, nil, 403, ""},
		"denied, and claims an office":   {office + ", " + blocked, nil, 403, ""},
		"no client":                      {"", nil, 403, ""},
		"a client that is no address":    {"unknown", nil, 403, ""},
		"forged headers of the module's": {home, []string{"X-Netwicket-Client: " + office, "X-Netwicket-Country: US", "X-Netwicket-Decision: allow"}, 200, "allow permitted " + home + " FR [] " + home + " "},
		"other headers that name others": {blocked, []string{"X-Real-Ip: " + office, "Forwarded: for=" + office, "True-Client-Ip: " + office}, 403, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.get("/", test.client, test.header...)
			require.Equal(t, test.status, got.status)
			require.Equal(t, test.body, got.body)
			if test.status == 403 {
				require.Equal(t, "no-store", got.header.Get("Cache-Control"))
			}
		})
	}
	require.Equal(t, map[string]float64{
		"netwicket_decisions_total{decision=allow,mode=enforce,policy=POLICY,reason=permitted}":        5,
		"netwicket_decisions_total{decision=deny,mode=enforce,policy=POLICY,reason=blocklisted}":       4,
		"netwicket_decisions_total{decision=deny,mode=enforce,policy=POLICY,reason=client_unresolved}": 2,
	}, s.metrics("netwicket_decisions_total"))
	require.Len(t, s.metrics("netwicket_policy_info"), 1)
}

// TestAccessLog: the lines of Caddy's access log say what was decided and about whom.
func TestAccessLog(t *testing.T) {
	s := newSite(t)
	s.start(tells)
	s.get("/", blocked)
	s.get("/", "")
	var lines []string
	require.Eventually(t, func() bool {
		text, _ := os.ReadFile(s.Path("access.log"))
		lines = strings.Split(strings.TrimSpace(string(text)), "\n")
		return len(lines) == 2 && lines[1] != ""
	}, keepertest.Patience, 10*time.Millisecond)
	require.Equal(t, map[string]any{"decision": "deny", "reason": "blocklisted", "client_ip": blocked, "zone": "Blocked"}, object(t, lines[0])["netwicket"])
	require.Equal(t, map[string]any{"decision": "deny", "reason": "client_unresolved", "error": "missing"}, object(t, lines[1])["netwicket"])
}

// TestEdgeDecidesNotCaddy: who the client is, is up to the edge of the policy, whatever Caddy
// makes of its own trusted_proxies.
func TestEdgeDecidesNotCaddy(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs 127.0.0.2, which Linux has")
	}
	s := newSite(t)
	require.NoError(t, s.load(s.with("\tservers {\n\t\ttrusted_proxies static 0.0.0.0/0\n\t}", `
	netwicket {
		policy POLICY
	}
	respond "{netwicket.client} {client_ip}"`)))
	require.Equal(t, "127.0.0.2 "+office, s.from("127.0.0.2", "/", "X-Forwarded-For: "+office).body)
	s.edge(`{}`)
	s.becomes(200, blocked) // it is only what 127.0.0.1 says
	require.Equal(t, "127.0.0.1 "+blocked, s.get("/", blocked).body)
}

// TestDenied: a route of its own answers who is denied, and what it leaves unanswered is refused.
func TestDenied(t *testing.T) {
	s := newSite(t)
	s.start(`
	handle /page {
		netwicket {
			policy POLICY
			denied {
				header X-Page yes
				@french expression "{netwicket.country} == 'FR'"
				respond @french "Pas d'ici" 451
				respond "Not from here: {netwicket.reason}" 451
			}
		}
		respond application
	}
	handle /through {
		netwicket {
			policy POLICY
			denied {
				header X-Page yes
			}
		}
		respond application
	}
	handle /errors {
		netwicket {
			policy POLICY
		}
		respond application
	}
	handle_errors 403 {
		respond "{err.status_code} {netwicket.reason}" 403
	}`)
	page := s.get("/page", blocked)
	require.Equal(t, 451, page.status)
	require.Equal(t, "Not from here: blocklisted", page.body)
	require.Equal(t, "yes", page.header.Get("X-Page"))
	require.Equal(t, "no-store", page.header.Get("Cache-Control"))
	require.Equal(t, "application", s.get("/page", office).body)

	through := s.get("/through", blocked)
	require.Equal(t, 403, through.status)
	require.Equal(t, "yes", through.header.Get("X-Page"))
	require.Equal(t, "403 blocklisted", through.body)
	require.Equal(t, "403 client_unresolved", s.get("/errors", "").body)
	require.Equal(t, "application", s.get("/errors", office).body)
}

// TestDeniedByATerminalRoute: behind a terminal route that answers nothing there is no 200 either.
func TestDeniedByATerminalRoute(t *testing.T) {
	s := newSite(t)
	require.NoError(t, s.json(`{"handle": [{"handler": "netwicket", "policy": ["POLICY"], "denied": [
		{"handle": [{"handler": "headers", "response": {"set": {"X-Page": ["yes"]}}}], "terminal": true}]},
		{"handler": "static_response", "body": "application"}]}`))
	got := s.get("/", blocked)
	require.Equal(t, 403, got.status)
	require.Equal(t, "yes", got.header.Get("X-Page"))
	require.Equal(t, "application", s.get("/", office).body)
}

// TestObserve: a policy that only observes lets everybody pass, and says whom it would have denied.
func TestObserve(t *testing.T) {
	s := newSite(t)
	s.start(tells)
	require.Equal(t, 403, s.get("/", blocked).status)
	s.edge(`{"trusted": ["127.0.0.1"], "source": "x-forwarded-for"}`, `, "mode": "observe"`)
	s.becomes(200, blocked)
	require.True(t, strings.HasPrefix(s.get("/", blocked).body, "deny blocklisted "+blocked), "it says what it would have done")
	require.Contains(t, s.metrics("netwicket_decisions_total"), "netwicket_decisions_total{decision=deny,mode=observe,policy=POLICY,reason=blocklisted}")
}

// provisioned is a module as Caddy makes it, for requests that no client sends on demand.
func provisioned(t *testing.T, id, config string) any {
	t.Helper()
	ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
	t.Cleanup(cancel)
	module, err := ctx.LoadModuleByID(id, []byte(config))
	require.NoError(t, err)
	return module
}

// request is one as Caddy prepares it.
func request(client string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = "127.0.0.1:1234"
	r.Header.Set("X-Forwarded-For", client)
	return caddyhttp.PrepareRequest(r, caddy.NewReplacer(), nil, nil)
}

// status is that of an error of Caddy's.
func status(t *testing.T, err error) int {
	t.Helper()
	var handled caddyhttp.HandlerError
	require.True(t, errors.As(err, &handled), "%v", err)
	return handled.StatusCode
}

// TestEarlyData: nothing is decided about a sender whose address nobody has verified (docs/semantics.md, edge-20).
func TestEarlyData(t *testing.T) {
	s := newSite(t)
	guard := provisioned(t, "http.handlers.netwicket", `{"policy": ["`+s.Folder+`"]}`).(*caddygate.Guard)
	matcher := provisioned(t, "http.matchers.netwicket", `{"policy": ["`+s.Folder+`"], "decision": "allow"}`).(*caddygate.Matcher)
	reached := 0
	next := caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error { reached++; return nil })
	for _, complete := range []bool{true, false} {
		r := request(office)
		r.TLS = &tls.ConnectionState{HandshakeComplete: complete}
		err := guard.ServeHTTP(httptest.NewRecorder(), r, next)
		matches, failed := matcher.MatchWithError(r)
		require.Equal(t, complete, matches)
		if complete {
			require.NoError(t, err)
			require.NoError(t, failed)
			continue
		}
		require.Equal(t, http.StatusTooEarly, status(t, err))
		require.Equal(t, http.StatusTooEarly, status(t, failed))
	}
	require.Equal(t, 1, reached)
}

// TestNotProvisioned: modules without a policy refuse, and those whose Caddy was told to stop go on with the last one.
func TestNotProvisioned(t *testing.T) {
	next := caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error { t.Error("passed"); return nil })
	require.Equal(t, 500, status(t, new(caddygate.Guard).ServeHTTP(httptest.NewRecorder(), request(office), next)))
	_, err := new(caddygate.Matcher).MatchWithError(request(office))
	require.Equal(t, 500, status(t, err))
	require.NoError(t, new(caddygate.Guard).Cleanup())
	require.NoError(t, new(caddygate.Matcher).Cleanup())

	s := newSite(t)
	ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
	module, err := ctx.LoadModuleByID("http.handlers.netwicket", []byte(`{"policy": ["`+s.Folder+`"]}`))
	require.NoError(t, err)
	cancel()
	require.Zero(t, caddygate.Held(s.Folder))
	require.Equal(t, 403, status(t, module.(*caddygate.Guard).ServeHTTP(httptest.NewRecorder(), request(blocked), next)))
}

// TestExample: examples/caddy with the module, as its README says.
func TestExample(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs all of 127.0.0.0/8, which Linux has")
	}
	s, application := newSite(t), newSite(t)
	t.Chdir("../../../examples/caddy")
	text, err := os.ReadFile("Caddyfile.module")
	require.NoError(t, err)
	caddyfile := string(text)
	for port, free := range map[string]int{":8080": s.port, ":8000": application.port} {
		require.Contains(t, caddyfile, port)
		caddyfile = strings.ReplaceAll(caddyfile, port, fmt.Sprintf(":%d", free))
	}
	require.NoError(t, s.load(caddyfile))
	require.Equal(t, "the application, for 127.0.0.2\n", s.from("127.0.0.2", "/", "X-Netwicket-Client: 127.66.0.1").body)
	require.Equal(t, 403, s.from("127.66.0.1", "/", "X-Forwarded-For: 127.0.0.2").status)
}

// TestBodyIsLeft: a denial waits for no body that was announced, and the connection ends behind it.
func TestBodyIsLeft(t *testing.T) {
	s := newSite(t)
	s.start(`
	handle /page {
		netwicket {
			policy POLICY
			denied {
				respond "Not from here" 403
			}
		}
	}
	handle {` + guarded + `
	}`)
	for _, path := range []string{"/", "/page"} {
		connection, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.port))
		require.NoError(t, err)
		defer connection.Close()
		require.NoError(t, connection.SetDeadline(time.Now().Add(keepertest.Patience)))
		_, err = fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: %s\r\nContent-Length: 100000\r\n\r\n", path, blocked)
		require.NoError(t, err)
		answer, err := io.ReadAll(connection)
		require.NoError(t, err, "%q", answer)
		require.True(t, strings.HasPrefix(string(answer), "HTTP/1.1 403 "), "%q", answer)
	}
}
