package admin_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// TestOrder: what is wrong with a request is noticed in the order of H10. Each row
// mends what the row before was refused for, and is wrong in all that follows.
func TestOrder(t *testing.T) {
	const wrong, json = "/api/v1/zone", "application/json"
	broken := question{verb: http.MethodPost, target: wrong, media: "text/plain", accept: []string{"text/html"}, body: "{"}
	mended := func(change func(*question)) question {
		change(&broken)
		return broken
	}
	for _, row := range []struct {
		name string
		q    question
		want wire.Failure
	}{
		{"no credentials", mended(func(*question) {}), wire.NoCredentials},
		{"bad credentials", mended(func(q *question) { q.token = "other" }), wire.BadCredentials},
		{"networks", mended(func(q *question) { q.token = "elsewhere" }), wire.OutsideNetworks},
		{"rate", mended(func(q *question) { q.token = "reader" }), wire.TooManyRequests},
		{"path", mended(func(*question) {}), wire.UnknownPath},
		{"verb", mended(func(q *question) { q.target, q.verb = "/api/v1/zones", http.MethodPut }), wire.UnknownVerb},
		{"scope", mended(func(q *question) { q.verb = http.MethodPost }), wire.MissingScope},
		{"accept", mended(func(q *question) { q.token = "writer" }), wire.NotAcceptable},
		{"media type", mended(func(q *question) { q.accept = nil }), wire.UnsupportedMedia},
		{"body", mended(func(q *question) { q.media = json }), wire.MalformedBody},
		{"nothing", mended(func(q *question) { q.body = "{}" }), 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := front(t, func(o *admin.Options) { o.Rate = 1 })
			if row.want == wire.TooManyRequests {
				d.ask(row.q)
			}
			require.Equal(t, row.want, d.failure(row.q))
			// Whatever it is, ten failed logins of the address come before it (R5).
			for range 10 {
				d.ask(question{target: "/api/v1/zones", token: "other"})
			}
			require.Equal(t, wire.TooManyRequests, d.failure(row.q))
		})
	}
}

// TestPaths: H1. Paths are exact, and known ones say which verbs they have.
func TestPaths(t *testing.T) {
	d := front(t)
	for _, row := range []struct {
		verb, target string
		status       int
		allow        string
	}{
		{"GET", "/api/v1/zones", 200, ""},
		{"GET", "/api/v1/zones?x=1", 200, ""},
		{"GET", "/api/v1/zones/", 404, ""},
		{"GET", "/api/v1//zones", 404, ""},
		{"GET", "//api/v1/zones", 404, ""},
		{"GET", "/API/v1/zones", 404, ""},
		{"GET", "/api/v1/./zones", 404, ""},
		{"GET", "/api/v1/zones/../zones", 404, ""},
		{"GET", "/api/v1/%7Aones", 404, ""},
		{"GET", "/api/v1/zones/nzo1", 200, ""},
		{"GET", "/api/v1/zones/nzo1/x", 404, ""},
		{"GET", "/api/v1/policies/a/rules/b", 200, ""},
		{"GET", "/api/v1/policies//rules/b", 404, ""},
		{"PUT", "/api/v1/zones", 405, "GET, POST"},
		{"HEAD", "/api/v1/zones", 405, "GET, POST"},
		{"OPTIONS", "/api/v1/zones", 405, "GET, POST"},
		{"POST", "/api/v1/zones/nzo1", 405, "GET, DELETE"},
		{"POST", "/api/v1/zones/special", 405, "GET, DELETE"},
		{"get", "/api/v1/zones", 405, "GET, POST"},
		{"GET", "/", 404, ""},
		{"GET", "/v3/auth-org/network-config", 200, ""},
		{"DELETE", "/v3/auth-org/network-config", 405, "GET, PATCH"},
		{"GET", "/v3/auth-org/other", 404, ""},
		{"GET", "/oauth2/v1/token", 405, "POST"},
		{"GET", "/oauth/token", 405, "POST"},
	} {
		answer, _ := d.ask(question{verb: row.verb, target: row.target, token: "writer"})
		require.Equal(t, row.status, answer.StatusCode, "%s %s", row.verb, row.target)
		require.Equal(t, row.allow, answer.Header.Get("Allow"), "%s %s", row.verb, row.target)
	}
	_, body := d.ask(question{target: "/api/v1/zones", token: "writer", match: `"7"`})
	require.Equal(t, []any{`"7"`}, body["match"])
	require.Equal(t, d.clock().Format(time.RFC3339Nano), body["at"])
	_, body = d.ask(question{target: "/api/v1/policies/00p%2F1/rules/0pr", token: "writer"})
	require.Equal(t, map[string]any{"id": "00p%2F1", "rule": "0pr"}, body["params"])
}

// TestHeaders: H2, H3 and R1, for answers of every sort.
func TestHeaders(t *testing.T) {
	d := front(t)
	for _, row := range []struct {
		name string
		q    question
		rate bool // has the headers of the rate limit
	}{
		{"200", question{target: "/api/v1/zones", token: "writer"}, true},
		{"204", question{verb: "DELETE", target: "/api/v1/zones/nzo1", token: "writer"}, true},
		{"404", question{target: "/api/v1/nothing", token: "writer"}, true},
		{"405", question{verb: "PUT", target: "/api/v1/zones", token: "writer"}, true},
		{"400", question{verb: "POST", target: "/api/v1/zones", token: "writer"}, true},
		{"403 of a scope", question{verb: "DELETE", target: "/api/v1/zones/nzo1", token: "reader"}, true},
		{"403 of a network", question{target: "/api/v1/zones", token: "elsewhere"}, true},
		{"403 of nobody", question{target: "/api/v1/zones"}, false},
		{"401", question{target: "/api/v1/zones", token: "other"}, false},
		{"public", question{target: "/.well-known/okta-organization"}, true},
		{"token", question{verb: "POST", target: "/oauth2/v1/token"}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			answer, body := d.ask(row.q)
			h := answer.Header
			if status, err := strconv.Atoi(row.name[:3]); err == nil {
				require.Equal(t, status, answer.StatusCode)
			} else if row.name == "public" {
				require.Equal(t, http.StatusOK, answer.StatusCode)
			}
			require.Equal(t, []string{"no-cache, no-store"}, h["Cache-Control"])
			require.Equal(t, []string{"no-cache"}, h["Pragma"])
			require.Equal(t, []string{"0"}, h["Expires"])
			require.Equal(t, []string{"nosniff"}, h["X-Content-Type-Options"])
			require.Regexp(t, `^[0-9a-f]{32}$`, h.Get("X-Okta-Request-Id"))
			if answer.StatusCode == http.StatusNoContent {
				require.Nil(t, body)
				require.Empty(t, h.Values("Content-Type"))
			} else {
				require.Equal(t, []string{"application/json"}, h["Content-Type"])
				require.EqualValues(t, []string{strconv.FormatInt(answer.ContentLength, 10)}, h["Content-Length"])
			}
			for _, name := range []string{"X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Reset"} {
				require.Equal(t, row.rate, len(h.Values(name)) == 1, name)
			}
			require.Empty(t, h.Values("Set-Cookie"))
			require.Empty(t, h.Values("Access-Control-Allow-Origin"))
			require.Empty(t, h.Values("Retry-After"))
		})
	}
	answer, _ := d.ask(question{target: "/v3/auth-org/network-config", token: "writer"})
	require.Empty(t, answer.Header.Values("X-Okta-Request-Id"))
	require.Empty(t, answer.Header.Values("X-Rate-Limit-Limit"))
}

// TestAccept: H4, and RFC 9110 where ranges disagree.
func TestAccept(t *testing.T) {
	d := front(t)
	for text, good := range map[string]bool{
		"application/json, */*;q=0.8": true, "application/json": true, "*/*": true, "application/*": true, "text/html, */*;q=0.1": true,
		"APPLICATION/JSON": true, "application/json;charset=utf-8": true, "application/json;q=0.5, text/html": true,
		"application/json;q=x, */*": true, "application/json;q, */*": true, "a;=, application/json": true, "text/html;;, application/json": true,
		"application/json;q=0, application/json": true, "application/json, application/json;q=0": true,
		"application/json;q=0, application/*": false, "application/*, application/json;q=0": false, "application/*;q=0, */*;q=1": false, "*/*, application/*;q=0": false,
		"application/json;q": false, "application/json;q, text/html": false,
		"text/html": false, "application/xml": false, "application/json;q=0": false, "*/*;q=0": false, "application/json;q=0, */*": false,
		"application/*;q=0, */*": false, "application/json;q=x": false, "application/json;q=NaN": false, "": false, "nonsense": false,
	} {
		want := wire.Failure(0)
		if !good {
			want = wire.NotAcceptable
		}
		require.Equal(t, want, d.failure(question{target: "/api/v1/zones", token: "writer", accept: []string{text}}), text)
	}
	require.Zero(t, d.failure(question{target: "/api/v1/zones", token: "writer", accept: []string{"text/html", "application/json"}}), "two lines are one list")
}

// TestBodies: H4 and H5.
func TestBodies(t *testing.T) {
	d := front(t)
	const object = `{"type":"IP","gateways":[{"a":1,"b":{"c":null}}]}`
	for _, row := range []struct {
		name, media, body string
		want              wire.Failure
	}{
		{"good", "application/json", object, 0},
		{"a parameter", "application/json; charset=UTF-8", object, 0},
		{"in other letters", "Application/JSON", object, 0},
		{"a newline behind", "application/json", object + "\n", 0},
		{"no media type", "", object, wire.UnsupportedMedia},
		{"a form", "application/x-www-form-urlencoded", object, wire.UnsupportedMedia},
		{"JSON of another kind", "application/json-patch+json", object, wire.UnsupportedMedia},
		{"two media types", "application/json, text/plain", object, wire.UnsupportedMedia},
		{"a parameter that is none", "application/json; charset", object, wire.UnsupportedMedia},
		{"nothing", "application/json", "", wire.MalformedBody},
		{"space", "application/json", "  ", wire.MalformedBody},
		{"two", "application/json", "{}{}", wire.MalformedBody},
		{"a list", "application/json", "[]", wire.MalformedBody},
		{"null", "application/json", "null", wire.MalformedBody},
		{"a member twice", "application/json", `{"a":1,"a":1}`, wire.MalformedBody},
		{"deep down", "application/json", `{"a":[{"b":{"c":1,"c":2}}]}`, wire.MalformedBody},
		{"twice, escaped", "application/json", `{"a":1,"\u0061":1}`, wire.MalformedBody},
		{"no UTF-8", "application/json", "{\"a\":\"\xff\"}", wire.MalformedBody},
		{"half a pair", "application/json", `{"a":"\ud800"}`, wire.MalformedBody},
		{"a comment", "application/json", `{"a":1} // b`, wire.MalformedBody},
		{"a comma too many", "application/json", `{"a":1,}`, wire.MalformedBody},
		{"too deep", "application/json", `{"a":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, wire.MalformedBody},
		{"2 MiB", "application/json", `{"a":"` + strings.Repeat("x", 2<<20-8) + `"}`, 0},
		{"a byte more", "application/json", `{"a":"` + strings.Repeat("x", 2<<20-7) + `"}`, wire.BodyTooLarge},
	} {
		t.Run(row.name, func(t *testing.T) {
			require.Equal(t, row.want, d.failure(question{verb: "POST", target: "/api/v1/zones", token: "writer", media: row.media, body: row.body}))
		})
	}
	_, said := d.ask(question{verb: "POST", target: "/api/v1/zones", token: "writer", media: "application/json", body: "{\n \"a\":1,\n \"a\":2}"})
	require.Contains(t, said["cause"], "3:2", "the cause says where")
	_, said = d.ask(question{verb: "POST", target: "/api/v1/zones", token: "writer", media: "application/json", body: `{"a":1` + strings.Repeat(",\n \"a\":2", 9) + "}"})
	cause, isText := said["cause"].(string)
	require.True(t, isText)
	require.Equal(t, 5, strings.Count(cause, "body:"), "the first five: %s", cause)
	require.NotContains(t, cause, "\n")
	require.Zero(t, d.failure(question{verb: "PATCH", target: "/v3/auth-org/network-config", token: "writer", media: "application/json-patch+json", body: "[]"}))
	require.Equal(t, wire.UnsupportedMedia, d.failure(question{verb: "PATCH", target: "/v3/auth-org/network-config", token: "writer", media: "application/json", body: "[]"}))
	require.Zero(t, d.failure(question{verb: "DELETE", target: "/api/v1/zones/a", token: "writer", media: "text/plain", body: "anything"}), "a body that nobody asked for is ignored")
}

// TestHosts: H7. Links go where the client called, and nowhere that a header can
// choose freely.
func TestHosts(t *testing.T) {
	d := front(t)
	for host, good := range map[string]bool{
		"127.0.0.1:9190": true, "[::1]:9190": true, "netwicket.example.com": true, "acme-1.OKTA.com:443": true,
		"a b": false, "a/b": false, "a\"b": false, "a>b": false, "a,b": false, "user@a": false, "a\nb": false, "a_b": false, "ä": false, "a%41": false, "": true,
	} {
		answer, said := d.ask(question{target: "/api/v1/zones", token: "writer", host: host})
		if host == "" {
			host = "127.0.0.1:9190"
		}
		if good {
			require.Equal(t, "http://"+host, said["base"])
		} else {
			require.Equal(t, http.StatusBadRequest, answer.StatusCode, "%q", host)
		}
	}
	d = front(t, func(o *admin.Options) { o.ExternalURL = "https://netwicket.example.com" })
	for _, host := range []string{"127.0.0.1:9190", "a_b", "evil.example"} {
		_, said := d.ask(question{target: "/api/v1/zones", token: "writer", host: host})
		require.Equal(t, "https://netwicket.example.com", said["base"])
	}
	for text, good := range map[string]bool{
		"https://netwicket.example.com": true, "http://127.0.0.1:9190": true, "https://[2001:db8::1]:8443": true,
		"https://netwicket.example.com/": false, "https://netwicket.example.com/x": false, "netwicket.example.com": false, "ftp://a": false,
		"https://": false, "https://a?b": false, "https://a#b": false, "https://u:p@a": false, "https://a_b": false, "https://a b": false, "": false,
	} {
		require.Equal(t, good, admin.CheckExternalURL(text) == nil, text)
	}
}

// TestRateLimits: R1 and R2, a window of a minute for each caller and family.
func TestRateLimits(t *testing.T) {
	d := front(t, func(o *admin.Options) { o.Rate = 2 })
	begun := d.clock()
	ask := func(target, token string) (status int, left string) {
		answer, _ := d.ask(question{target: target, token: token})
		require.Equal(t, []string{"2"}, answer.Header["X-Rate-Limit-Limit"])
		reset, err := strconv.ParseInt(answer.Header.Get("X-Rate-Limit-Reset"), 10, 64)
		require.NoError(t, err)
		require.Equal(t, begun.Add(time.Minute+time.Second).Unix(), reset, "rounded up, so that nobody comes too early")
		require.Empty(t, answer.Header.Values("Retry-After"))
		return answer.StatusCode, answer.Header.Get("X-Rate-Limit-Remaining")
	}
	expect := func(target, token string, status int, left string) {
		t.Helper()
		gotStatus, gotLeft := ask(target, token)
		require.Equal(t, []any{status, left}, []any{gotStatus, gotLeft})
	}
	expect("/api/v1/zones", "writer", 200, "1")
	expect("/api/v1/zones/nzo1", "writer", 200, "0")
	expect("/api/v1/zones", "writer", 429, "0")
	expect("/api/v1/zones", "reader", 200, "1")
	expect("/api/v1/policies/a/rules/b", "writer", 200, "1")
	d.pass(time.Minute - time.Nanosecond)
	expect("/api/v1/zones", "writer", 429, "0")
	d.pass(time.Nanosecond)
	begun = d.clock()
	expect("/api/v1/zones", "writer", 200, "1")
	// Windows end by themselves, not when others do.
	d.pass(30 * time.Second)
	begun = d.clock()
	expect("/api/v1/zones", "reader", 200, "1")
	d.pass(30 * time.Second)
	begun = d.clock()
	expect("/api/v1/zones", "writer", 200, "1")
	d.pass(30 * time.Second)
	begun = d.clock()
	expect("/api/v1/zones", "reader", 200, "1")
}

// TestBusy: R3. A vendor's own words about its limit stand, with one Reset.
func TestBusy(t *testing.T) {
	d := front(t)
	answer, _ := d.ask(question{verb: "DELETE", target: "/api/v1/policies/00p1", token: "writer"})
	require.Equal(t, http.StatusTooManyRequests, answer.StatusCode)
	require.Equal(t, []string{"0"}, answer.Header["X-Rate-Limit-Limit"])
	require.Equal(t, []string{"0"}, answer.Header["X-Rate-Limit-Remaining"])
	require.Len(t, answer.Header["X-Rate-Limit-Reset"], 1)
	require.Contains(t, d.log.String(), `"why":"others; write","error_id":"oae1"`)
}

// TestSailPointRate: R4, ten seconds for each client and version, and Retry-After.
// A token and a client of one name do not share their limits.
func TestSailPointRate(t *testing.T) {
	d := front(t, func(o *admin.Options) { o.SailPointRate = 2 })
	ask := func(target, token string) int {
		answer, _ := d.ask(question{target: target, token: token})
		if answer.StatusCode == http.StatusTooManyRequests {
			require.Equal(t, []string{"10"}, answer.Header["Retry-After"])
			require.Empty(t, answer.Header.Values("X-Rate-Limit-Limit"))
		}
		return answer.StatusCode
	}
	for _, want := range []int{200, 200, 429} {
		require.Equal(t, want, ask("/v3/auth-org/network-config", "writer"))
	}
	require.Equal(t, 200, ask("/v2024/auth-org/network-config", "writer"))
	answer, said := d.ask(question{verb: "POST", target: "/oauth/token?grant_type=client_credentials&client_id=w&client_secret=secret"})
	require.Equal(t, 200, answer.StatusCode)
	require.Contains(t, d.log.String(), `"caller":"w","address":"192.0.2.1","method":"POST","path":"/oauth/token","status":200`)
	token, isText := said["access_token"].(string)
	require.True(t, isText)
	answer, said = d.ask(question{target: "/v3/auth-org/network-config", scheme: "Bearer", token: token})
	require.Equal(t, 200, answer.StatusCode)
	require.Equal(t, "w", said["caller"])
	d.pass(10*time.Second - time.Nanosecond)
	answer, _ = d.ask(question{target: "/v3/auth-org/network-config", token: "writer"})
	require.Equal(t, http.StatusTooManyRequests, answer.StatusCode)
	require.Equal(t, []string{"1"}, answer.Header["Retry-After"])
	d.pass(time.Nanosecond)
	require.Equal(t, 200, ask("/v3/auth-org/network-config", "writer"))
}

// TestRatesOfTheVendors: R1 and R4, where nobody says another.
func TestRatesOfTheVendors(t *testing.T) {
	d := front(t)
	for target, most := range map[string]int{"/api/v1/zones": 600, "/v3/auth-org/network-config": 100} {
		for range most {
			require.Zero(t, d.failure(question{target: target, token: "writer"}))
		}
		require.Equal(t, wire.TooManyRequests, d.failure(question{target: target, token: "writer"}), target)
	}
}

// TestFailedLogins: R5.
func TestFailedLogins(t *testing.T) {
	d := front(t)
	good := question{target: "/api/v1/zones", token: "writer"}
	for range 9 {
		require.Equal(t, wire.BadCredentials, d.failure(question{target: "/api/v1/zones", token: "other"}))
	}
	for range 20 { // is no login
		require.Equal(t, wire.NoCredentials, d.failure(question{target: "/api/v1/zones"}))
	}
	require.Zero(t, d.failure(good))
	answer, _ := d.ask(question{verb: "POST", target: "/oauth/token?grant_type=client_credentials&client_id=w&client_secret=other"})
	require.Equal(t, http.StatusUnauthorized, answer.StatusCode)
	require.Equal(t, wire.TooManyRequests, d.failure(good))
	require.Equal(t, wire.TooManyRequests, d.failure(question{verb: "POST", target: "/oauth2/v1/token"}))
	require.Contains(t, d.log.String(), `"why":"too many failed logins from this address"`)
	answer, _ = d.ask(good)
	reset := strconv.FormatInt(d.clock().Add(time.Minute+time.Second).Unix(), 10)
	require.Equal(t, [][]string{{"10"}, {"0"}, {reset}}, [][]string{answer.Header["X-Rate-Limit-Limit"], answer.Header["X-Rate-Limit-Remaining"], answer.Header["X-Rate-Limit-Reset"]})
	answer, _ = d.ask(question{target: "/v3/auth-org/network-config", token: "writer"})
	require.Equal(t, []string{"60"}, answer.Header["Retry-After"])
	require.Equal(t, wire.TooManyRequests, d.failure(question{target: "/.well-known/okta-organization"}))
	good.peer = "192.0.2.2:1"
	require.Zero(t, d.failure(good), "another address")
	d.pass(time.Minute - time.Nanosecond)
	good.peer = ""
	require.Equal(t, wire.TooManyRequests, d.failure(good))
	d.pass(time.Nanosecond)
	good.peer = ""
	require.Zero(t, d.failure(good))
	// Whoever has one address of an IPv6 network has them all.
	for i := range 10 {
		d.ask(question{target: "/api/v1/zones", token: "other", peer: fmt.Sprintf("[2001:db8:0:1::%x]:1", i+1)})
	}
	good.peer = "[2001:db8:0:1:ffff::]:1"
	require.Equal(t, wire.TooManyRequests, d.failure(good))
	good.peer = "[2001:db8:0:2::1]:1"
	require.Zero(t, d.failure(good))
}

// TestLogOfStrangers: a flood of requests costs so many lines a second, each of
// bounded length, and callers' lines are written all the same.
func TestLogOfStrangers(t *testing.T) {
	d := front(t)
	for range 300 {
		d.ask(question{verb: "POST", target: "/api/v1/zones/" + strings.Repeat("x", 50_000)})
	}
	require.Equal(t, 100, strings.Count(d.log.String(), `"msg":"request"`))
	require.Less(t, len(d.log.String()), 300_000)
	require.Equal(t, 200.0, value(t, d.counters, "netwicket_admin_log_lines_dropped_total", nil))
	d.ask(question{target: "/api/v1/zones", token: "writer"})
	require.Equal(t, 101, strings.Count(d.log.String(), `"msg":"request"`))
	d.pass(time.Second - time.Nanosecond)
	d.ask(question{target: "/api/v1/zones"})
	require.Equal(t, 101, strings.Count(d.log.String(), `"msg":"request"`), "the second is not over")
	d.pass(time.Nanosecond)
	d.ask(question{target: "/api/v1/zones"})
	require.Equal(t, 102, strings.Count(d.log.String(), `"msg":"request"`))
}

// TestLog: a line for each request, with its reason; what clients say of their
// retries is in it (H11). Foreign text cannot break it.
func TestLog(t *testing.T) {
	d := front(t)
	answer, _ := d.ask(question{verb: "POST", target: "/api/v1/zones/%1b", token: "writer"})
	log := d.log.String()
	require.Contains(t, log, `"request":"`+answer.Header.Get("X-Okta-Request-Id")+`"`)
	for _, part := range []string{`"caller":"w"`, `"address":"192.0.2.1"`, `"method":"POST"`, `"status":405`} {
		require.Contains(t, log, part)
	}
	require.NotRegexp(t, regexp.MustCompile(`[^\x20-\x7e\n]`), log)
	require.Contains(t, log, `"level":"WARN"`)
	require.NotContains(t, log, "retry", "no client said so")
	other := front(t)
	again, _ := other.ask(question{target: "/api/v1/zones", token: "writer"})
	require.NotEqual(t, answer.Header.Get("X-Okta-Request-Id"), again.Header.Get("X-Okta-Request-Id"))
	require.Contains(t, other.log.String(), `"level":"INFO"`)
	require.NotContains(t, other.log.String(), `"why"`)
	require.NotContains(t, other.log.String(), `"error_id"`)
}

// FuzzRequests: whatever a request brings, the answer is 2xx or 4xx in JSON.
func FuzzRequests(f *testing.F) {
	d := front(f, func(o *admin.Options) { o.Rate, o.SailPointRate = 1<<30, 1<<30 })
	f.Add("POST", "/api/v1/zones", "application/json", "application/json, */*;q=0.8", `{"a":[1,{"b":null}]}`, "127.0.0.1")
	f.Add("PATCH", "/v3/auth-org/network-config", "application/json-patch+json", "", `[{"op":"add"}]`, "[::1]:1") // the other vendor's
	f.Add("GET", "/api/v1/zones/%zz?limit=%", "a;b", "*/*;q=-1", "\xff", "a b")                                   // what cannot be read
	f.Fuzz(func(t *testing.T, verb, target, media, accept, body, host string) {
		r := &http.Request{Method: verb, Host: host, RemoteAddr: "192.0.2.1:1", Header: http.Header{
			"Authorization": {"SSWS writer"}, "Content-Type": {media}, "Accept": {accept},
		}}
		status, text := d.fuzzed(r, target, body)
		if status < 200 || status > 299 && status < 400 || status > 499 {
			t.Fatalf("%d %s", status, text)
		}
	})
}
