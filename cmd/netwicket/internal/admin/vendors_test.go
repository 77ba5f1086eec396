package admin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/callers"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// TestWhoseWords: the path says whose API was meant, and that vendor's words, headers and
// limits are in the answer, be there such a path or not.
func TestWhoseWords(t *testing.T) {
	for path, want := range map[string]string{
		"/": "okta other", "/api/v1/zone": "okta other", "/api/v1/zones": "okta zones", "/api/v1/zones/a/b": "okta zones", "/api/v1/policies": "okta policies", "/api/v1/threats/x": "okta threats",
		"/api/v1/users/me": "okta users", "/api/v1/zonesx": "okta other", "/api/v1": "okta other", "/api/v2/zones": "okta other", "/zones": "okta other", "/oauth/other": "okta other", "/oauth": "okta other", "/oauth/token/x": "okta other",
		"/v3": "okta other", "/v3/": "okta other", "/v3/other": "okta other", "/v3/auth-orgs": "okta other", "/v4/auth-org": "okta other", "/x/v3/auth-org": "okta other", "/v3x/auth-org": "okta other",
		"/v3/auth-org": "sailpoint v3", "/v3/auth-org/x/y": "sailpoint v3", "/v3/auth-profiles/1": "sailpoint v3", "/v2024/auth-org/x": "sailpoint v2024", "/v2025/auth-profiles": "sailpoint v2025",
		"/v2026/auth-org": "sailpoint v2026", "/beta/auth-org": "sailpoint beta", "/auth-org/x": "sailpoint v1", "/auth-org": "sailpoint v1", "/auth-profiles/1": "sailpoint v1", "/auth-orgs": "okta other",
	} {
		vendor, family, _ := strings.Cut(want, " ")
		d := front(t, func(o *admin.Options) { o.Rate, o.SailPointRate = 2, 2 })
		answer, said := d.ask(question{verb: "PUT", target: path, token: "writer"})
		require.Equal(t, vendor, said["vendor"], path)
		require.Equal(t, vendor == "okta", answer.Header.Get("X-Okta-Request-Id") != "", path)
		require.Equal(t, vendor == "okta", answer.Header.Get("X-Rate-Limit-Limit") != "", path)
		counted := family
		if vendor == "sailpoint" {
			counted = "sailpoint"
		}
		require.Equal(t, 1.0, value(t, d.counters, "netwicket_admin_refused_writes_total", map[string]string{"family": counted}), path)
		d.ask(question{verb: "PUT", target: path, token: "writer"})
		answer, said = d.ask(question{verb: "PUT", target: path, token: "writer"})
		require.Equal(t, http.StatusTooManyRequests, answer.StatusCode, path)
		require.Equal(t, vendor, said["vendor"], path)
		require.Equal(t, vendor == "sailpoint", answer.Header.Get("Retry-After") == "10", path)
		// Another family, or version, of the same vendor has its own.
		others := map[string][]string{"okta": {"/api/v1/zones", "/api/v1/policies/a", "/x"}, "sailpoint": {"/v3/auth-org/x", "/beta/auth-org/x", "/auth-org/x"}}[vendor]
		free := 0
		for _, other := range others {
			if answer, _ := d.ask(question{verb: "PUT", target: other, token: "writer"}); answer.StatusCode != http.StatusTooManyRequests {
				free++
			}
		}
		require.GreaterOrEqual(t, free, 2, path)
	}
}

// TestAuditOfTheFront has what was refused to change something before a vendor's API could
// note it: nothing that succeeded or that was noted, no floods, and no logins.
func TestAuditOfTheFront(t *testing.T) {
	for _, test := range []struct {
		name string
		q    question
		want int
	}{
		{"a write", question{verb: "POST", target: "/api/v1/zones", token: "writer", media: "application/json", body: "{}"}, 0},
		{"nothing to answer", question{verb: "DELETE", target: "/api/v1/zones/a", token: "writer"}, 0},
		{"400", question{verb: "POST", target: "/api/v1/zones", token: "writer", media: "application/json", body: "["}, 1},
		{"403", question{verb: "DELETE", target: "/api/v1/zones/a", token: "reader"}, 1},
		{"429", question{verb: "DELETE", target: "/api/v1/policies/a", token: "writer"}, 0},
		{"no login", question{verb: "POST", target: "/oauth/token"}, 0},
		{"what only asks", question{target: "/api/v1/nothing", token: "writer"}, 0},
	} {
		d := front(t)
		d.ask(test.q)
		require.Equal(t, test.want, strings.Count(d.log.String(), `"verb":"`), "%s: %s", test.name, d.log)
	}
}

// TestLoginsThatFail are told of in the log alone.
func TestLoginsThatFail(t *testing.T) {
	d := front(t)
	answer, _ := d.ask(question{verb: "POST", target: "/oauth/token?grant_type=client_credentials&client_id=w&client_secret=other"})
	require.Equal(t, http.StatusUnauthorized, answer.StatusCode)
	require.Regexp(t, `"path":"/oauth/token","status":401,"why":"[^"]+"`, d.log.String())
	require.NotContains(t, d.log.String(), "client_secret")
	require.Equal(t, 1, strings.Count(d.log.String(), "\n"))
	answer, said := d.ask(question{verb: "POST", target: "/oauth2/v1/token?grant_type=client_credentials&client_id=w&client_secret=secret"})
	require.GreaterOrEqual(t, answer.StatusCode, 400, "that is SailPoint's way to ask")
	require.NotContains(t, said, "access_token")
}

// TestVersionsOfSailPoint: paths without a version are of the first (R4).
func TestVersionsOfSailPoint(t *testing.T) {
	d := front(t, func(o *admin.Options) { o.SailPointRate = 2 })
	for i, target := range []string{"/auth-org/x", "/auth-profiles/y", "/auth-org/z"} {
		answer, _ := d.ask(question{target: target, token: "writer"})
		require.Equal(t, i == 2, answer.StatusCode == http.StatusTooManyRequests, target)
	}
}

// TestWhereALoginIsFor: a client names the endpoint as the server is known outside, or as
// it was called; and no other (A4).
func TestWhereALoginIsFor(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k"}}})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "callers.json")
	require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, `{"clients":[{"id":"0oa1","name":"terraform","jwks":%s,"scopes":["okta.policies.read"]}]}`, set), 0o600))
	file, err := callers.Read(path)
	require.NoError(t, err)
	for _, test := range []struct {
		external, host, audience string
		want                     int
	}{
		{"", "127.0.0.1:9190", "http://127.0.0.1:9190/oauth2/v1/token", 200},
		{"", "127.0.0.1:9190", "https://netwicket.example.com/oauth2/v1/token", 401},
		{"https://netwicket.example.com", "127.0.0.1:9190", "https://netwicket.example.com/oauth2/v1/token", 200},
		{"https://netwicket.example.com", "127.0.0.1:9190", "http://127.0.0.1:9190/oauth2/v1/token", 200},
		{"https://netwicket.example.com", "127.0.0.1:9190", "http://127.0.0.1:9191/oauth2/v1/token", 401},
		{"https://netwicket.example.com", "a_b", "http://a_b/oauth2/v1/token", 401}, // no host
		{"https://netwicket.example.com", "a_b", "https://netwicket.example.com/oauth2/v1/token", 200},
	} {
		d := front(t, func(o *admin.Options) { o.ExternalURL = test.external })
		d.who.Replace(file)
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", "k"))
		require.NoError(t, err)
		assertion, err := jwt.Signed(signer).Claims(map[string]any{
			"iss": "0oa1", "sub": "0oa1", "aud": test.audience, "jti": "1", "iat": d.clock().Unix(), "exp": d.clock().Add(5 * time.Minute).Unix(),
		}).Serialize()
		require.NoError(t, err)
		form := url.Values{
			"grant_type": {"client_credentials"}, "scope": {"okta.policies.read"}, "client_assertion": {assertion},
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		}
		answer, said := d.ask(question{verb: "POST", target: "/oauth2/v1/token", media: "application/x-www-form-urlencoded", body: form.Encode(), host: test.host})
		require.Equal(t, test.want, answer.StatusCode, "%v: %v", test, said)
	}
}

// TestLoginsAreLimited: who asks for tokens is counted by the address, as who is no caller
// yet; and as ever, a failed login counts for R5 besides.
func TestLoginsAreLimited(t *testing.T) {
	d := front(t, func(o *admin.Options) { o.Rate, o.SailPointRate = 2, 3 })
	for target, most := range map[string]int{"/oauth2/v1/token": 2, "/oauth/token": 3} {
		ask := func(peer string) int {
			answer, _ := d.ask(question{verb: "POST", target: target, peer: peer})
			return answer.StatusCode
		}
		for range most {
			require.NotEqual(t, http.StatusTooManyRequests, ask(""), target)
		}
		require.Equal(t, http.StatusTooManyRequests, ask(""), target)
		require.NotEqual(t, http.StatusTooManyRequests, ask("192.0.2.2:1"), "another address")
		require.NotEqual(t, http.StatusTooManyRequests, ask("[2001:db8::1]:1"))
		for range most {
			ask("[2001:db8::2]:1")
		}
		require.Equal(t, http.StatusTooManyRequests, ask("[2001:db8::ffff:1]:1"), "of one IPv6 network")
		d.pass(time.Minute)
	}
	require.Zero(t, d.failure(question{target: "/api/v1/zones", token: "writer"}), "a caller has a limit of its own")
	require.Equal(t, wire.OutsideNetworks, d.failure(question{target: "/api/v1/zones", token: "elsewhere"}))
}

// TestPeers: whatever a connection says of where it comes from is an address, or none.
func TestPeers(t *testing.T) {
	for peer, want := range map[string]string{
		"192.0.2.7:1": "192.0.2.7", "[::ffff:192.0.2.7]:1": "192.0.2.7", "[fe80::1%eth0]:1": "fe80::1", "[2001:db8::1]:1": "2001:db8::1", "@": "invalid IP", "192.0.2.7": "invalid IP", "name:1": "invalid IP",
	} {
		d := front(t)
		d.ask(question{target: "/api/v1/zones", token: "writer", peer: peer})
		require.Contains(t, d.log.String(), `"address":"`+want+`"`, peer)
	}
}

// TestLinksOverTLS begin with https, where nobody says otherwise (H7).
func TestLinksOverTLS(t *testing.T) {
	for over, want := range map[*tls.ConnectionState]string{nil: "http://127.0.0.1:9190", new(tls.ConnectionState): "https://127.0.0.1:9190"} {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:9190/api/v1/zones", nil)
		r.Header.Set("Authorization", "SSWS writer")
		r.TLS = over
		w := httptest.NewRecorder()
		front(t).ServeHTTP(w, r)
		require.Contains(t, w.Body.String(), `"base":"`+want+`"`)
	}
}
