package forwardauth_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/zone"
)

const xff = "X-Forwarded-For"

func TestAnswers(t *testing.T) {
	s := serve(t, blocking(`, "serve": {"reasonHeader": true}`))
	for _, test := range []struct {
		name    string
		headers []string
		status  int
		reason  string
	}{
		{"allowed", []string{xff, "198.51.100.7"}, 204, "permitted"},
		{"allowed with a port", []string{xff, "198.51.100.7:4711"}, 204, "permitted"},
		{"denied", []string{xff, "203.0.113.7"}, 403, "blocklisted"},
		{"denied in another spelling", []string{xff, "::ffff:203.0.113.7"}, 403, "blocklisted"},
		{"forged first element", []string{xff, "198.51.100.7, 203.0.113.7"}, 403, "blocklisted"},
		{"forged first line", []string{xff, "198.51.100.7", xff, "203.0.113.7"}, 403, "blocklisted"},
		{"blocked hop that the client claims", []string{xff, "203.0.113.7, 198.51.100.7"}, 403, "blocklisted"},
		{"trusted hop between", []string{xff, "203.0.113.7, 10.9.9.9"}, 403, "blocklisted"},
		{"forged trusted element", []string{xff, "10.0.0.2, 203.0.113.7"}, 403, "blocklisted"},
		{"no header", nil, 400, "client_unresolved"},
		{"empty header", []string{xff, ""}, 400, "client_unresolved"},
		{"commas alone", []string{xff, " , ,"}, 400, "client_unresolved"},
		{"another header", []string{"X-Real-Ip", "198.51.100.7"}, 400, "client_unresolved"},
		{"text", []string{xff, "unknown"}, 403, "client_unresolved"},
		{"text nearer than the client", []string{xff, "198.51.100.7, nobody"}, 403, "client_unresolved"},
		{"trusted proxies alone", []string{xff, "10.1.1.1"}, 403, "client_unresolved"},
		{"more elements than are read", []string{xff, "198.51.100.7" + strings.Repeat(", 10.0.0.2", 40)}, 403, "client_unresolved"},
		{"1 MB of commas", []string{xff, "198.51.100.7" + strings.Repeat(",", 1<<20)}, 403, "client_unresolved"},
		{"1 MB of one element", []string{xff, strings.Repeat("1", 1<<20)}, 403, "client_unresolved"},
		{"control bytes", []string{xff, "198.51.100.7\x00\r\n"}, 403, "client_unresolved"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get"} {
				w := s.ask(request(method, "/decide", test.headers...))
				require.Equal(t, test.status, w.Code, method)
				require.Equal(t, test.reason, w.Header().Get("X-Netwicket-Reason"), method)
				if test.status != 204 {
					require.Equal(t, "no-store", w.Header().Get("Cache-Control"), "proxies pass it on to the client")
				}
				if test.status == 204 {
					require.Empty(t, w.Body.String())
					require.NotContains(t, w.Header(), "X-Netwicket-Reference")
				} else if text := w.Body.String(); text != "" { // unless its log line was one too many
					require.Equal(t, "denied, reference "+w.Header().Get("X-Netwicket-Reference")+"\n", text)
				}
			}
		})
	}
}

func TestReasonOnlyIfConfigured(t *testing.T) {
	s := serve(t, blocking(""))
	for _, client := range []string{"198.51.100.7", "203.0.113.7", "unknown", ""} {
		w := s.ask(request("GET", "/decide", xff, client))
		require.NotContains(t, w.Header(), "X-Netwicket-Reason")
	}
}

func TestQueryIsNotRead(t *testing.T) {
	s := serve(t, blocking(""))
	r := httptest.NewRequest("GET", "/decide?/decide/other?name=x&X-Forwarded-For=198.51.100.7", nil)
	r.RemoteAddr = "10.0.0.1:1"
	r.Header.Set(xff, "203.0.113.7")
	require.Equal(t, 403, s.ask(r).Code)
	r.Header.Set(xff, "198.51.100.7")
	require.Equal(t, 204, s.ask(r).Code)
}

// TestAllowIs200OnRequest is for Envoy, which appends the client's path and query.
func TestAllowIs200OnRequest(t *testing.T) {
	s := serve(t, blocking(""))
	for target, allowed := range map[string]int{
		"/decide?allow=200":                                200,
		"/decide?allow=200&path=/app?x=y":                  200,
		"/decide?allow=200&path=/decide/other?allow=204&y": 200,
		"/decide?allow=2000":                               204,
		"/decide?x=1&allow=200":                            204,
		"/decide?allow":                                    204,
	} {
		for client, want := range map[string]int{"198.51.100.7": allowed, "203.0.113.7": 403, "nobody": 403, "": 400} {
			require.Equal(t, want, s.ask(request("GET", target, xff, client)).Code, target)
		}
	}
}

func TestOtherPathsNeverAllow(t *testing.T) {
	s := serve(t, blocking(""))
	for path, status := range map[string]int{
		"/": 404, "/decid": 404, "/decided": 404, "//decide": 404, "/DECIDE": 404, "/x/../decide": 404, "/app/index.html": 404,
		"/decide/": 403, "/decide/x": 403, "/decide/x/y": 403, "/decide/../decide": 403, "/decide//": 403, "/decide/%2e": 403,
		"/decide/" + strings.Repeat("x", 10_000): 403,
	} {
		require.Equal(t, status, s.ask(request("GET", path, xff, "198.51.100.7")).Code, path)
	}
	require.Contains(t, s.metrics(), "netwicket_unknown_policy_total 7\n")
}

func TestStrangersAreRefused(t *testing.T) {
	for _, mode := range []string{"enforce", "observe"} {
		t.Run(mode, func(t *testing.T) {
			s := serve(t, blocking(`, "mode": "`+mode+`", "serve": {"reasonHeader": true}`))
			peers := []string{"198.51.100.7:1", "[2001:db8::1]:1", "", "@", "pipe", "/run/socket", "localhost:80", "10.0.0.1:99999", "0.0.0.0:1", "10.0.0.1.:1"}
			for _, peer := range peers {
				r := request("GET", "/decide", xff, "198.51.100.7")
				r.RemoteAddr = peer
				w := s.ask(r)
				require.Equal(t, 403, w.Code, peer)
				require.NotContains(t, w.Header(), "X-Netwicket-Reason")
			}
			s.closeLog()
			lines := s.log.lines(t)
			require.Len(t, lines, len(peers))
			for _, line := range lines {
				require.Equal(t, "WARN", line["level"])
				require.Contains(t, line["msg"], "outside edge.trusted")
			}
			require.Equal(t, "198.51.100.7", lines[0]["peer_ip"])
			require.Equal(t, `"localhost:80"`, lines[6]["peer"])
			require.Contains(t, s.metrics(), "netwicket_untrusted_callers_total 10\n")
			require.NotRegexp(t, `netwicket_decisions_total{.*} [1-9]`, s.metrics())
		})
	}
}

func TestObserveLetsPassAndCounts(t *testing.T) {
	s := serve(t, blocking(`, "mode": "observe", "serve": {"reasonHeader": true}`))
	for _, test := range []struct{ client, reason string }{
		{"198.51.100.7", "permitted"},
		{"203.0.113.7", "blocklisted"},
		{"unknown", "client_unresolved"},
		{"", "client_unresolved"},
	} {
		w := s.ask(request("GET", "/decide", xff, test.client))
		require.Equal(t, 204, w.Code)
		require.Equal(t, test.reason, w.Header().Get("X-Netwicket-Reason"))
	}
	s.closeLog()
	lines := s.log.lines(t)
	require.Len(t, lines, 3)
	for _, line := range lines {
		require.Equal(t, "would be denied", line["msg"])
		require.Equal(t, "deny", line["decision"])
		require.Equal(t, "observe", line["mode"])
	}
	metrics := s.metrics()
	require.Contains(t, metrics, "netwicket_observed_denials_total 3\n")
	require.Contains(t, metrics, `netwicket_decisions_total{decision="deny",mode="observe",reason="blocklisted"} 1`)
	require.Contains(t, metrics, `netwicket_decisions_total{decision="allow",mode="observe",reason="permitted"} 1`)
}

func TestNoPolicyDenies(t *testing.T) {
	s := newServed(t, "", "other")
	for _, path := range []string{"/decide", "/decide/other"} {
		require.Equal(t, 403, s.ask(request("GET", path, xff, "198.51.100.7")).Code, path)
	}
	require.False(t, s.Trusts("10.0.0.1:1"))
	require.Equal(t, 403, s.ask(request("GET", "/decide/nobody", xff, "198.51.100.7")).Code)
	s.closeLog()
	require.NotContains(t, s.log.String(), "peer_ip", "nobody can say who asked")
}

func TestFurtherPolicies(t *testing.T) {
	s := newServed(t, "", "own", "shared")
	put := func(name string, files map[string]string) {
		t.Helper()
		next, err := snapshot(t, files)
		require.NoError(t, err)
		require.NoError(t, s.Put(name, next))
	}
	ask := func(path, peer, client string) int {
		r := request("GET", path, xff, client)
		r.RemoteAddr = peer
		return s.ask(r).Code
	}
	put("", blocking(""))
	put("own", map[string]string{
		"netwicket.json": `{"okta": {"zones": ["zones.json"]}, "edge": {"trusted": ["172.16.0.1"], "source": "x-forwarded-for"}}`,
		"zones.json":     blocklist("198.51.100.0/24"),
	})
	put("shared", map[string]string{"netwicket.json": `{"okta": {"zones": ["zones.json"]}}`, "zones.json": blocklist("192.0.2.0/24")})

	const proxy, ownProxy = "10.0.0.1:1", "172.16.0.1:1"
	require.Equal(t, 204, ask("/decide", proxy, "198.51.100.7"))
	require.Equal(t, 403, ask("/decide", ownProxy, "198.51.100.7"), "each policy has its own proxies")
	require.Equal(t, 403, ask("/decide/own", proxy, "203.0.113.7"))
	require.Equal(t, 204, ask("/decide/own", ownProxy, "203.0.113.7"))
	require.Equal(t, 403, ask("/decide/own", ownProxy, "198.51.100.7"))
	require.Equal(t, 204, ask("/decide/shared", proxy, "203.0.113.7"))
	require.Equal(t, 403, ask("/decide/shared", proxy, "192.0.2.7"))
	require.Equal(t, 403, ask("/decide/shared", ownProxy, "203.0.113.7"))
	require.True(t, s.Trusts(proxy))
	require.True(t, s.Trusts(ownProxy))
	require.False(t, s.Trusts("192.0.2.1:1"))

	// A new edge of the first policy is that of those that share it, and of no other.
	put("", map[string]string{
		"netwicket.json": `{"okta": {"zones": ["zones.json"]}, "edge": {"trusted": ["192.168.0.1"], "source": "x-forwarded-for"}}`,
		"zones.json":     blocklist("203.0.113.0/24"),
	})
	require.Equal(t, 403, ask("/decide/shared", proxy, "203.0.113.7"))
	require.Equal(t, 204, ask("/decide/shared", "192.168.0.1:1", "203.0.113.7"))
	require.Equal(t, 204, ask("/decide/own", ownProxy, "203.0.113.7"))

	metrics := s.metrics()
	require.Contains(t, metrics, `netwicket_decisions_total{decision="deny",mode="enforce",policy="own",reason="blocklisted"} 1`)
	require.Contains(t, metrics, `netwicket_policy_info{fingerprint="`)
}

func TestNamesAreGivenOnce(t *testing.T) {
	s := newServed(t, "")
	first, err := snapshot(t, blocking(""))
	require.NoError(t, err)
	require.ErrorContains(t, s.Put("nobody", first), `no policy named "nobody"`)
	s.Reloaded("nobody", forwardauth.Success, time.Now())
	require.Contains(t, s.metrics(), `netwicket_reload_total{result="success"} 0`)
	_, err = forwardauth.New(s.journal, forwardauth.Build{}, "", "one", "one")
	require.ErrorContains(t, err, `policy "one" is given twice`)
}

func TestEdgeIsNeeded(t *testing.T) {
	for _, test := range []struct{ name, edge, want string }{
		{"no trusted proxies", `{"source": "x-forwarded-for"}`, "edge.trusted"},
		{"no source", `{"trusted": ["10.0.0.1"]}`, "edge.source"},
		{"source peer", `{"trusted": ["10.0.0.1"], "source": "peer"}`, "edge.source"},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := blocking("")
			files["netwicket.json"] = `{"okta": {"zones": ["zones.json"]}, "edge": ` + test.edge + `}`
			_, err := snapshot(t, files)
			require.ErrorContains(t, err, test.want)
		})
	}
	t.Run("as a program gives it", func(t *testing.T) {
		_, err := forwardauth.NewSnapshot(&policyfile.Parts{}, nil)
		require.ErrorContains(t, err, "there is no policy")
		zones, err := zone.ParseOkta("zones.json", []byte(blocklist("203.0.113.0/24")))
		require.NoError(t, err)
		policy, err := decide.Compile(decide.Config{Zones: []zone.Zones{zones}})
		require.NoError(t, err)
		trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
		for source, want := range map[gate.ClientSource]string{"": "edge.source", gate.Peer: "edge.source", "nobody": "nobody"} {
			s, err := forwardauth.NewSnapshot(&policyfile.Parts{Edge: &gate.Config{Trusted: trusted, Source: source}}, policy)
			require.ErrorContains(t, err, want)
			require.Nil(t, s)
		}
	})
	t.Run("no edge", func(t *testing.T) {
		s := newServed(t, "")
		files := blocking("")
		files["netwicket.json"] = `{"okta": {"zones": ["zones.json"]}}`
		without, err := snapshot(t, files)
		require.NoError(t, err)
		require.ErrorContains(t, s.Put("", without), `"edge"`)
		require.Equal(t, 403, s.ask(request("GET", "/decide", xff, "198.51.100.7")).Code)
	})
}

// answers is a ResponseWriter that costs nothing, to see what an answer costs.
type answers struct {
	header http.Header
	status int
}

func (a *answers) Header() http.Header         { return a.header }
func (a *answers) WriteHeader(status int)      { a.status = status }
func (a *answers) Write(b []byte) (int, error) { return len(b), nil }

func TestAnswerAllocatesNothing(t *testing.T) {
	s := serve(t, blocking(`, "serve": {"logLevel": "warn"}`))
	for _, test := range []struct {
		client string
		status int
	}{
		{"198.51.100.7", 204},
		{"203.0.113.7", 403},
		{"unknown", 403},
		{"", 400},
	} {
		r, w := request("GET", "/decide", xff, test.client), &answers{header: http.Header{}}
		allocations := testing.AllocsPerRun(1000, func() { s.handler.ServeHTTP(w, r) })
		if allocations != 0 || w.status != test.status {
			t.Errorf("%q: %v allocations, status %d", test.client, allocations, w.status)
		}
	}
}
