package forwardauth_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// withDatabase adds a country database that was built then.
func withDatabase(t *testing.T, files map[string]string, built time.Time) map[string]string {
	t.Helper()
	content, err := mmdbtest.File{Type: "GeoLite2-Country", Built: built, Networks: []mmdbtest.Network{
		{Prefix: "198.51.100.0/24", Record: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "DE"}}},
		{Prefix: "2001:db8::/32", Record: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "US"}}},
	}}.Bytes()
	require.NoError(t, err)
	files["country.mmdb"] = string(content)
	return files
}

func TestReady(t *testing.T) {
	ready := func(s *served) (int, string) {
		w := s.ask(request("GET", "/readyz"))
		return w.Code, w.Body.String()
	}
	t.Run("with a policy", func(t *testing.T) {
		s := serve(t, blocking(""))
		status, text := ready(s)
		require.Equal(t, 200, status, text)
	})
	t.Run("one of two policies is missing", func(t *testing.T) {
		s := newServed(t, "", "other")
		first, err := snapshot(t, blocking(""))
		require.NoError(t, err)
		require.NoError(t, s.Put("", first))
		status, text := ready(s)
		require.Equal(t, 503, status)
		require.Contains(t, text, `policy "other": none in force`)
	})
	t.Run("shutting down", func(t *testing.T) {
		s := serve(t, blocking(""))
		s.Close()
		status, _ := ready(s)
		require.Equal(t, 503, status)
		require.Equal(t, 200, s.ask(request("GET", "/healthz")).Code)
		require.Equal(t, 204, s.ask(request("GET", "/decide", xff, "198.51.100.7")).Code, "questions under way are answered")
	})
	for _, test := range []struct {
		name   string
		age    time.Duration
		maxAge string
		status int
	}{
		{"young enough", 23 * time.Hour, "24h", 200},
		{"too old", 25 * time.Hour, "24h", 503},
		{"days", 29 * 24 * time.Hour, "30d", 200},
		{"too many days", 31 * 24 * time.Hour, "30d", 503},
		{"any age", 9999 * time.Hour, "", 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			built := time.Now().Add(-test.age).UTC()
			s := serve(t, withDatabase(t, blocking(`, "geo": ["country.mmdb"], "serve": {"maxAge": "`+test.maxAge+`"}`), built))
			status, text := ready(s)
			require.Equal(t, test.status, status, text)
			if status != 200 {
				require.Contains(t, text, "country.mmdb (GeoLite2-Country) is built "+built.Format(time.DateOnly))
			}
			require.Equal(t, 204, s.ask(request("GET", "/decide", xff, "198.51.100.7")).Code)
		})
	}
	t.Run("lists have no age", func(t *testing.T) {
		files := blocking(`, "geo": ["geo.csv"], "services": {"NORD_VPN": ["nord.txt"]}, "serve": {"maxAge": "1h"}`)
		files["geo.csv"] = "network,country,region,asn,anonymizer,services\n203.0.113.0/24,DE,,64500,,\n"
		files["nord.txt"] = "192.0.2.0/24\n"
		status, text := ready(serve(t, files))
		require.Equal(t, 200, status, text)
	})
}

// TestAnswersSayWhatTheyAre: all that an answer of each sort says of itself beside
// its date, to a proxy and to a stranger; a reason is none of it.
func TestAnswersSayWhatTheyAre(t *testing.T) {
	const plain, exposition = "text/plain; charset=utf-8", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
	const allowed, denied = "X-Forwarded-For: 198.51.100.7\r\n", "X-Forwarded-For: 203.0.113.7\r\n"
	uncached := http.Header{"Content-Length": {"0"}, "Cache-Control": {"no-store"}}
	refusal := http.Header{"Content-Type": {plain}, "Content-Length": {"28"}, "Cache-Control": {"no-store"}, "X-Netwicket-Reference": {"?"}}
	status := http.Header{"Content-Type": {plain}, "Cache-Control": {"no-store"}}
	unknown := http.Header{"Content-Type": {plain}, "Content-Length": {"19"}, "X-Content-Type-Options": {"nosniff"}}
	s := serve(t, loopback())
	address := listen(t, s, forwardauth.Listener{})
	closing := serve(t, loopback())
	closing.Close()
	closed := listen(t, closing, forwardauth.Listener{})
	for _, test := range []struct {
		name, from, address, path, headers string
		status                             int
		header                             http.Header
		body                               string // ? stands for letters and digits; "*" for anything
	}{
		{"allowed", "127.0.0.1", address, "/decide", allowed, 204, http.Header{}, ""},
		{"allowed with 200", "127.0.0.1", address, "/decide?allow=200", allowed, 200, http.Header{"Content-Length": {"0"}}, ""},
		{"denied", "127.0.0.1", address, "/decide", denied, 403, refusal, "denied, reference ????-????\n"},
		{"unresolved", "127.0.0.1", address, "/decide", "X-Forwarded-For: nobody\r\n", 403, refusal, "denied, reference ????-????\n"},
		{"no client", "127.0.0.1", address, "/decide", "", 400, refusal, "denied, reference ????-????\n"},
		{"no policy", "127.0.0.1", address, "/decide/other", allowed, 403, uncached, ""},
		{"a stranger", "127.0.0.2", address, "/decide", allowed, 403, uncached, ""},
		{"health", "127.0.0.1", address, "/healthz", "", 200, with(status, "Content-Length", "3"), "ok\n"},
		{"readiness", "127.0.0.1", address, "/readyz", "", 200, with(status, "Content-Length", "3"), "ok\n"},
		{"no readiness", "127.0.0.1", closed, "/readyz", "", 503, with(status, "Content-Length", "14"), "shutting down\n"},
		{"metrics", "127.0.0.1", address, "/metrics", "", 200, http.Header{"Content-Type": {exposition}, "Vary": {"Accept", "Accept-Encoding"}}, "*"},
		{"nothing", "127.0.0.1", address, "/nowhere", allowed, 404, unknown, "404 page not found\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			connection := dial(t, test.from, test.address)
			_, err := io.WriteString(connection, get(test.path, test.headers))
			require.NoError(t, err)
			answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
			require.NoError(t, err)
			text, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			require.Equal(t, test.status, answer.StatusCode)
			require.NotEmpty(t, answer.Header["Date"])
			delete(answer.Header, "Date")
			if reference := answer.Header["X-Netwicket-Reference"]; len(reference) == 1 {
				require.Contains(t, string(text), reference[0])
				reference[0] = "?"
			}
			require.Equal(t, test.from == "127.0.0.2" || test.address == closed, answer.Close)
			delete(answer.Header, "Connection")
			require.Equal(t, test.header, answer.Header)
			if test.body != "*" {
				require.Regexp(t, "^"+strings.ReplaceAll(test.body, "?", "[0-9A-Z]")+"$", string(text))
			}
		})
	}
}

// TestTypesAreNotGuessed: what an answer is is said by us, whatever its text looks like.
func TestTypesAreNotGuessed(t *testing.T) {
	s := serve(t, blocking(""))
	for path, client := range map[string]string{"/healthz": "", "/readyz": "", "/decide": "203.0.113.7"} {
		w := &answers{header: http.Header{}}
		s.handler.ServeHTTP(w, request("GET", path, xff, client))
		require.Equal(t, []string{"text/plain; charset=utf-8"}, w.header["Content-Type"], path)
	}
	s.Trouble("<html>", "<script>")
	w := s.ask(request("GET", "/readyz"))
	require.Equal(t, "<html>: <script>\n", w.Body.String())
	require.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
}

// with is a header with one more field.
func with(header http.Header, name, value string) http.Header {
	header = header.Clone()
	header.Set(name, value)
	return header
}

// TestProblems: what /readyz says, a line for each reason, in a fixed order.
func TestProblems(t *testing.T) {
	built := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	const day = 24 * time.Hour
	s := newServed(t, "", "other")
	first, err := snapshot(t, withDatabase(t, blocking(`, "geo": ["country.mmdb"], "serve": {"maxAge": "30d"}`), built))
	require.NoError(t, err)
	require.NoError(t, s.Put("", first))
	const missing = `policy "other": none in force`
	const old = `policy "": country.mmdb (GeoLite2-Country) is built 2026-02-03, older than maxAge 720h0m0s`
	require.Equal(t, []string{missing}, s.Problems(built.Add(30*day)))
	require.Equal(t, []string{old, missing}, s.Problems(built.Add(30*day+1)))
	want := []string{"shutting down", old, missing}
	for n := range 8 {
		s.Trouble(fmt.Sprintf("policy %d", 7-n), "it hangs")
		want = append(want, fmt.Sprintf("policy %d: it hangs", n))
	}
	s.Close()
	require.Equal(t, want, s.Problems(built.Add(31*day)))
	require.Equal(t, strings.Join(want, "\n")+"\n", s.ask(request("GET", "/readyz")).Body.String())
	for n := range 8 {
		s.Trouble(fmt.Sprintf("policy %d", n), "")
	}
	require.Equal(t, []string{"shutting down", missing}, s.Problems(built))
}

// TestProblemsOfEveryPolicy: one without any in force hides none of the others.
func TestProblemsOfEveryPolicy(t *testing.T) {
	built := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	s := newServed(t, "", "other")
	other, err := snapshot(t, withDatabase(t, blocking(`, "geo": ["country.mmdb"], "serve": {"maxAge": "1h"}`), built))
	require.NoError(t, err)
	require.NoError(t, s.Put("other", other))
	require.Equal(t, []string{`policy "": none in force`, `policy "other": country.mmdb (GeoLite2-Country) is built 2026-02-03, older than maxAge 1h0m0s`},
		s.Problems(built.Add(2*time.Hour)))
}

// TestDatabaseWithoutADate is too old for every maxAge: nobody can say that it is not.
func TestDatabaseWithoutADate(t *testing.T) {
	noDate := time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC) // which is none that Go can write
	for maxAge, want := range map[string][]string{
		"":       nil,
		"36500d": {`policy "": country.mmdb (GeoLite2-Country) is without a build date, older than maxAge 876000h0m0s`},
		"1h":     {`policy "": country.mmdb (GeoLite2-Country) is without a build date, older than maxAge 1h0m0s`},
	} {
		s := serve(t, withDatabase(t, blocking(`, "geo": ["country.mmdb"], "serve": {"maxAge": "`+maxAge+`"}`), noDate))
		require.Equal(t, want, s.Problems(time.Now()))
		require.NotContains(t, s.metrics(), "netwicket_dataset_build_timestamp_seconds{", "there is none")
		require.Contains(t, s.metrics(), `netwicket_dataset_entries{dataset="country.mmdb",family="ipv4"} 1`)
	}
}

func TestStatusHasAListenerOfItsOwn(t *testing.T) {
	s := serve(t, blocking(""))
	apart, status := s.Handler(false), s.Status()
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		for handler, want := range map[bool]int{false: 404, true: 200} {
			w := httptest.NewRecorder()
			if handler {
				status.ServeHTTP(w, request("GET", path))
			} else {
				apart.ServeHTTP(w, request("GET", path))
			}
			require.Equal(t, want, w.Code, path)
		}
	}
	w := httptest.NewRecorder()
	status.ServeHTTP(w, request("GET", "/decide", xff, "198.51.100.7"))
	require.Equal(t, 404, w.Code)
	for peer, closed := range map[string]string{"10.0.0.1:1": "", "192.0.2.1:1": "close"} {
		w, r := httptest.NewRecorder(), request("GET", "/healthz")
		r.RemoteAddr = peer
		apart.ServeHTTP(w, r)
		require.Equal(t, closed, w.Header().Get("Connection"), "strangers keep none")
	}
}
