package forwardauth_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
	"github.com/netwicket/netwicket/decide/policyfile"
)

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
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	require.NoError(t, err)
	require.Empty(t, problems, "as Prometheus wants metrics to be, each with its help")
	var bounds []string
	for _, found := range regexp.MustCompile(`netwicket_decide_duration_seconds_bucket\{le="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		bounds = append(bounds, found[1])
	}
	require.Equal(t, []string{"2.5e-07", "5e-07", "1e-06", "2.5e-06", "5e-06", "1e-05", "2.5e-05", "0.0001", "0.001", "0.01", "+Inf"}, bounds, "a decision takes about a microsecond")
	require.NotContains(t, text, "(others)", "every rule and zone has a series of its own")
	require.Equal(t, 9, strings.Count(text, "\nnetwicket_client_ip_total{"), "gate's errors, and the two results")
	for _, line := range strings.Split(text, "\n") {
		if labels := regexp.MustCompile(`\{.*\}`).FindString(line); labels != "" {
			require.NotRegexp(t, `\d+\.\d+\.\d+\.\d+|::`, labels, "no address in a label")
			require.NotContains(t, labels, "/", "no path in a label")
		}
	}
}

// TestMetricsWithoutAPolicy: what there is to say before one is in force.
func TestMetricsWithoutAPolicy(t *testing.T) {
	text := newServed(t, "").metrics()
	require.Contains(t, text, `netwicket_reload_total{result="success"} 0`)
	for _, name := range []string{"netwicket_policy_info", "netwicket_decisions_total", "netwicket_config_last_reload_success_timestamp_seconds"} {
		require.NotContains(t, text, name)
	}
}

// TestCountsOutliveTheirMode: what was counted before a reload goes on being told.
func TestCountsOutliveTheirMode(t *testing.T) {
	s := newServed(t, "")
	for _, mode := range []string{"observe", "enforce"} {
		next, err := snapshot(t, blocking(`, "mode": "`+mode+`"`))
		require.NoError(t, err)
		require.NoError(t, s.Put("", next))
		s.ask(request("GET", "/decide", xff, "203.0.113.7"))
		require.Contains(t, s.metrics(), `netwicket_decisions_total{decision="deny",mode="observe",reason="blocklisted"} 1`)
		require.Contains(t, s.metrics(), "netwicket_observed_denials_total 1\n")
	}
}

// TestDurations are those of the decision, not of the service.
func TestDurations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, blocking(""))
		time.Sleep(time.Hour)
		s.ask(request("GET", "/decide", xff, "203.0.113.7"))
		require.Contains(t, s.metrics(), "netwicket_decide_duration_seconds_sum 0\nnetwicket_decide_duration_seconds_count 1\n")
		s.closeLog()
	})
}

// TestFallbacksAreCounted: where the client came from, for every fallback that the
// edge may have, at the door that has the edge and at one that shares it.
func TestFallbacksAreCounted(t *testing.T) {
	const list, single = `"source": "x-forwarded-for"`, `"source": "header:X-Real-Ip"`
	for _, test := range []struct {
		name, edge, header, value string
		status                    int
		result                    string
	}{
		{"named", list, xff, "198.51.100.7", 204, "header"},
		{"missing", list, "", "", 400, "missing"},
		{"missing, the peer", list + `, "onMissing": "peer"`, "", "", 204, "peer"},
		{"named where the peer might be", list + `, "onMissing": "peer"`, xff, "198.51.100.7", 204, "header"},
		{"malformed where the peer might be", list + `, "onMissing": "peer"`, xff, "nobody", 403, "malformed"},
		{"ours alone", list, xff, "10.1.1.1", 403, "all_trusted"},
		{"ours alone, the leftmost", list + `, "allTrusted": "leftmost"`, xff, "10.1.1.1", 204, "header"},
		{"ours alone, the leftmost is the peer", list + `, "allTrusted": "leftmost"`, xff, "10.0.0.1", 204, "peer"},
		{"the header names the peer", single, "X-Real-Ip", "10.0.0.1", 403, "all_trusted"},
		{"the header names the peer, the leftmost", single + `, "allTrusted": "leftmost"`, "X-Real-Ip", "10.0.0.1", 204, "peer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newServed(t, "", "shares")
			first, err := snapshot(t, edged(`{"trusted": ["10.0.0.0/8"], `+test.edge+`}`))
			require.NoError(t, err)
			second, err := snapshot(t, map[string]string{"netwicket.json": `{"okta": {"zones": ["zones.json"]}}`, "zones.json": blocklist("203.0.113.0/24")})
			require.NoError(t, err)
			require.NoError(t, s.Put("", first))
			require.NoError(t, s.Put("shares", second))
			for range 2 {
				require.Equal(t, test.status, s.ask(request("GET", "/decide", test.header, test.value)).Code)
			}
			require.Equal(t, test.status, s.ask(request("GET", "/decide/shares", test.header, test.value)).Code)
			want := map[string]string{`result="` + test.result + `"`: "2", `policy="shares",result="` + test.result + `"`: "1"}
			got := map[string]string{}
			for _, line := range regexp.MustCompile(`(?m)^netwicket_client_ip_total\{(.*)\} ([1-9].*)$`).FindAllStringSubmatch(s.metrics(), -1) {
				got[line[1]] = line[2]
			}
			require.Equal(t, want, got)
		})
	}
}

func TestDatasetsOfOneNameHaveTwoLabels(t *testing.T) {
	s := newServed(t, "")
	folder := t.TempDir()
	database := withDatabase(t, map[string]string{}, time.Now())["country.mmdb"]
	list := "network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,,,,\n"
	for name, content := range map[string]string{"a/country.mmdb": database, "b/country.mmdb": database, "geo.csv": list} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}
	first, err := snapshot(t, blocking(`, "geo": ["`+folder+`/a/country.mmdb", "`+folder+`/geo.csv", "`+folder+`/b/country.mmdb"]`))
	require.NoError(t, err)
	require.NoError(t, s.Put("", first))
	for _, label := range []string{"country.mmdb", "geo.csv", "country.mmdb#2"} {
		require.Contains(t, s.metrics(), `dataset="`+label+`",family="ipv4"} 1`)
	}
}

// TestMetricsOfASnapshot: a policy that was compiled elsewhere has the same series, by the
// types of databases instead of their files.
func TestMetricsOfASnapshot(t *testing.T) {
	built := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	files := withDatabase(t, blocking(`, "geo": ["country.mmdb", "rows.csv", "more.csv"]`), built)
	files["netwicket.json"] = strings.Replace(files["netwicket.json"], `"zones": ["zones.json"]`, `"zones": ["zones.json"], "rules": ["rules.json"]`, 1)
	files["rules.json"] = `[{"name": "Everybody", "status": "ACTIVE", "conditions": {"network": {"connection": "ANYWHERE"}}, "actions": {"signon": {"access": "ALLOW"}}}]`
	files["zones.json"] = strings.Replace(files["zones.json"], "[", `[{"type": "IP", "id": "office", "name": "Office", "gateways": [{"type": "CIDR", "value": "192.0.2.0/24"}]},`, 1)
	files["rows.csv"] = "network,country,region,asn,anonymizer,services\n192.0.2.0/25,DE,,,,\n"
	files["more.csv"] = files["rows.csv"]
	folder := t.TempDir()
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}
	_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{folder}})
	require.NoError(t, err)
	var compiled bytes.Buffer
	require.NoError(t, policy.WriteSnapshot(&compiled))

	s := serve(t, map[string]string{"policy.nws": compiled.String(), "netwicket.json": `{"snapshot": "policy.nws",
		"edge": {"trusted": ["10.0.0.0/8"], "source": "x-forwarded-for"}, "serve": {"maxAge": "1d"}}`})
	for _, client := range []string{"198.51.100.7", "203.0.113.7"} {
		s.ask(request("GET", "/decide", xff, client))
	}
	text := s.metrics()
	for _, line := range []string{
		`netwicket_rule_matches_total{rule="Everybody"} 1`,
		`netwicket_blocklist_matches_total{zone="b"} 1`,
		fmt.Sprintf(`netwicket_dataset_build_timestamp_seconds{dataset="GeoLite2-Country"} %v`, float64(built.Unix())),
		`netwicket_dataset_entries{dataset="GeoLite2-Country",family="ipv6"} 1`,
		`netwicket_dataset_entries{dataset="csv",family="ipv4"} 1`,
		`netwicket_dataset_entries{dataset="csv#2",family="ipv4"} 1`,
		`netwicket_policy_info{fingerprint="` + policy.Info().Fingerprint + `",mode="enforce"} 1`,
	} {
		require.Contains(t, text, line+"\n")
	}
	require.NotContains(t, text, "(others)")
	require.NotContains(t, text, `zone="office"`, "which blocks nobody")
	require.Contains(t, strings.Join(s.Problems(built.AddDate(0, 0, 2)), "\n"), "GeoLite2-Country (GeoLite2-Country) is built 2026-02-03, older than maxAge")
}
