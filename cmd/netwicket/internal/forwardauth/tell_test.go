package forwardauth_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReferences: a denial names the line of the log that says why, and no other
// answer does.
func TestReferences(t *testing.T) {
	s := serve(t, blocking(`, "serve": {"logLevel": "debug"}`))
	seen := map[string]bool{}
	for _, client := range []string{"203.0.113.7", "203.0.113.7", "nobody", ""} {
		w := s.ask(request("GET", "/decide", xff, client))
		reference := w.Header().Get("X-Netwicket-Reference")
		require.Equal(t, "denied, reference "+reference+"\n", w.Body.String())
		require.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		require.False(t, seen[reference], "each has its own")
		seen[reference] = true
	}
	stranger := request("GET", "/decide", xff, "203.0.113.7")
	stranger.RemoteAddr = "192.0.2.1:1"
	for _, r := range []*http.Request{request("GET", "/decide", xff, "198.51.100.7"), request("GET", "/decide/other", xff, "203.0.113.7"), stranger} {
		require.NotContains(t, s.ask(r).Header(), "X-Netwicket-Reference")
	}
	for range 200 { // more than are logged
		w := s.ask(request("GET", "/decide", xff, "203.0.113.7"))
		require.Equal(t, 403, w.Code)
		if reference := w.Header().Get("X-Netwicket-Reference"); reference != "" {
			seen[reference] = true
		}
	}
	s.closeLog()
	for _, line := range s.log.lines(t) {
		if reference, found := line["reference"].(string); found {
			require.Equal(t, "denied", line["msg"])
			require.True(t, seen[reference])
			delete(seen, reference)
		}
	}
	require.Empty(t, seen, "every reference that a client was given is in the log")
}

func TestObservedDenialsHaveNoReference(t *testing.T) {
	s := serve(t, blocking(`, "mode": "observe"`))
	w := s.ask(request("GET", "/decide", xff, "203.0.113.7"))
	require.Equal(t, 204, w.Code)
	require.NotContains(t, w.Header(), "X-Netwicket-Reference")
	s.closeLog()
	require.NotContains(t, s.log.lines(t)[0], "reference")
}

func TestLoggedHeaders(t *testing.T) {
	ask := func(serving string) any {
		s := serve(t, blocking(`, "serve": {"logHeaders": ["x-request-id", "User-Agent", "Host", "X-Forwarded-For"]`+serving+`}`))
		r := request("GET", "/decide", xff, "203.0.113.7", "X-Request-Id", "first", "X-Request-Id", "a\nb", "User-Agent", strings.Repeat("x", 100), "Cookie", "secret")
		r.Host = "shop.example"
		s.ask(r)
		s.closeLog()
		require.NotContains(t, s.log.String(), "secret")
		return s.log.lines(t)[0]["headers"]
	}
	want := map[string]any{"X-Request-Id": `"a\nb"`, "User-Agent": `..."` + strings.Repeat("x", 64) + `"`, "Host": `"shop.example"`, xff: `"203.0.113.7"`}
	require.Equal(t, want, ask(""))
	want[xff] = `"203.0.113.0/24"`
	require.Equal(t, want, ask(`, "logAddresses": "network"`))

	s := serve(t, blocking(`, "serve": {"logHeaders": ["X-Request-Id"]}`))
	s.ask(request("GET", "/decide", xff, "203.0.113.7"))
	s.closeLog()
	require.NotContains(t, s.log.lines(t)[0], "headers")
}

func TestAnswerHeaders(t *testing.T) {
	files := blocking(`, "geo": ["geo.csv"], "serve": {"answerHeaders": ["client", "country", "asn", "zones"]}`)
	files["geo.csv"] = "network,country,region,asn,anonymizer,services\n198.51.100.0/24,DE,,64500,,\n"
	files["zones.json"] = `[
		{"type": "IP", "id": "b", "name": "Blocked", "status": "ACTIVE", "usage": "BLOCKLIST", "gateways": [{"type": "CIDR", "value": "203.0.113.0/24"}]},
		{"type": "IP", "id": "office", "name": "Office", "status": "ACTIVE", "usage": "POLICY", "gateways": [{"type": "CIDR", "value": "198.51.100.0/28"}]},
		{"type": "IP", "id": "x, b\u00e4r", "name": "Odd", "status": "ACTIVE", "usage": "POLICY", "gateways": [{"type": "CIDR", "value": "198.51.100.0/29"}]}]`
	s := serve(t, files)
	names := []string{"X-Netwicket-Client", "X-Netwicket-Country", "X-Netwicket-Asn", "X-Netwicket-Zones"}
	for client, want := range map[string][]string{
		"198.51.100.1": {"198.51.100.1", "DE", "64500", "office, x%2C%20b%C3%A4r"},
		"198.51.100.9": {"198.51.100.9", "DE", "64500", "office"},
		"192.0.2.1":    {"192.0.2.1", "", "", ""},
		"2001:db8::1":  {"2001:db8::1", "", "", ""},
	} {
		// What the client sends of them is no part of the answer.
		w := s.ask(request("GET", "/decide", xff, client, "X-Netwicket-Zones", "admin", "X-Netwicket-Client", "10.0.0.1"))
		require.Equal(t, 204, w.Code)
		for i, name := range names {
			require.Equal(t, []string{want[i]}, w.Header()[name], "there is one, for a proxy to overwrite the client's with")
		}
	}
	denied := s.ask(request("GET", "/decide", xff, "203.0.113.7"))
	for _, name := range names {
		require.NotContains(t, denied.Header(), name, "it would go to the client")
	}

	files["netwicket.json"] = strings.Replace(files["netwicket.json"], `{"okta"`, `{"mode": "observe", "okta"`, 1)
	s = serve(t, files)
	for client, want := range map[string][]string{"203.0.113.7": {"203.0.113.7", "", "", "b"}, "nobody": {"", "", "", ""}} {
		w := s.ask(request("GET", "/decide", xff, client))
		require.Equal(t, 204, w.Code)
		for i, name := range names {
			require.Equal(t, []string{want[i]}, w.Header()[name], fmt.Sprint(client, name))
		}
	}
	plain := serve(t, blocking("")).ask(request("GET", "/decide", xff, "198.51.100.7"))
	require.Empty(t, plain.Header())
}
