package forwardauth_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
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

// TestMetrics asks for the text that Prometheus would get.
func TestMetrics(t *testing.T) {
	built := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	files := withDatabase(t, blocking(`, "geo": ["country.mmdb"]`), built)
	files["netwicket.json"] = strings.Replace(files["netwicket.json"], `"zones": ["zones.json"]`, `"zones": ["zones.json"], "rules": ["rules.json"]`, 1)
	files["rules.json"] = `[{"name": "Everybody", "status": "ACTIVE", "conditions": {"network": {"connection": "ANYWHERE"}}, "actions": {"signon": {"access": "ALLOW"}}}]`
	s := serve(t, files)
	for _, client := range []string{"198.51.100.7", "198.51.100.8", "203.0.113.7", "nobody", "", "10.1.1.1", strings.Repeat("10.0.0.1,", 40) + "10.0.0.1"} {
		s.ask(request("GET", "/decide", xff, client))
	}
	s.Reloaded("", forwardauth.Success, time.Unix(1_700_000_000, 0))
	s.Reloaded("", forwardauth.Failure, time.Unix(1_700_000_001, 0))
	text := s.metrics()
	for _, line := range []string{
		`netwicket_decisions_total{decision="allow",mode="enforce",reason="rule"} 2`,
		`netwicket_decisions_total{decision="deny",mode="enforce",reason="blocklisted"} 1`,
		`netwicket_decisions_total{decision="deny",mode="enforce",reason="client_unresolved"} 4`,
		`netwicket_client_ip_total{result="header"} 3`,
		`netwicket_client_ip_total{result="peer"} 0`,
		`netwicket_client_ip_total{result="malformed"} 1`,
		`netwicket_client_ip_total{result="missing"} 1`,
		`netwicket_client_ip_total{result="all_trusted"} 1`,
		`netwicket_client_ip_total{result="too_long"} 1`,
		`netwicket_client_ip_total{result="short"} 0`,
		`netwicket_client_ip_total{result="obfuscated"} 0`,
		`netwicket_client_ip_total{result="bad_peer"} 0`,
		`netwicket_rule_matches_total{rule="Everybody"} 2`,
		`netwicket_observed_denials_total 0`,
		`netwicket_reload_total{result="success"} 1`,
		`netwicket_reload_total{result="failure"} 1`,
		`netwicket_reload_total{result="refused"} 0`,
		`netwicket_config_last_reload_success_timestamp_seconds 1.7e+09`,
		fmt.Sprintf(`netwicket_dataset_build_timestamp_seconds{dataset="country.mmdb"} %v`, float64(built.Unix())),
		`netwicket_dataset_entries{dataset="country.mmdb",family="ipv4"} 1`,
		`netwicket_dataset_entries{dataset="country.mmdb",family="ipv6"} 1`,
		`netwicket_build_info{goversion="go1",version="v1.2.3"} 1`,
		`netwicket_decide_duration_seconds_count 7`,
	} {
		require.Contains(t, text, line+"\n")
	}
	for _, line := range strings.Split(text, "\n") {
		if labels := regexp.MustCompile(`\{.*\}`).FindString(line); labels != "" {
			require.NotRegexp(t, `\d+\.\d+\.\d+\.\d+|::`, labels, "no address in a label")
			require.NotContains(t, labels, "/", "no path in a label")
		}
	}
}

func TestFallbackToThePeerIsCounted(t *testing.T) {
	files := blocking("")
	files["netwicket.json"] = strings.Replace(files["netwicket.json"], `"source"`, `"onMissing": "peer", "source"`, 1)
	s := serve(t, files)
	require.Equal(t, 204, s.ask(request("GET", "/decide")).Code)
	require.Contains(t, s.metrics(), `netwicket_client_ip_total{result="peer"} 1`)
}

func TestDatasetsOfOneNameHaveTwoLabels(t *testing.T) {
	s := newServed(t, "")
	folder := t.TempDir()
	database := withDatabase(t, map[string]string{}, time.Now())["country.mmdb"]
	for name, content := range map[string]string{"a/country.mmdb": database, "b/country.mmdb": database} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}
	first, err := snapshot(t, blocking(`, "geo": ["`+folder+`/a/country.mmdb", "`+folder+`/b/country.mmdb"]`))
	require.NoError(t, err)
	require.NoError(t, s.Put("", first))
	require.Contains(t, s.metrics(), `dataset="country.mmdb#2",family="ipv4"} 1`)
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
}
