package main

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
)

// A pull that watches goes on through everything that can go wrong, and tells of it
// (U14). The test has the clock: between two looks it sees what came of one.
func TestPullWatches(t *testing.T) {
	s := newStage(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	log := new(lockedBuffer)
	now := s.now
	tree := map[string]string{}
	scrape := func() string {
		t.Helper()
		address := regexp.MustCompile(`"metrics":"([^"]+)"`).FindStringSubmatch(log.String())
		require.NotNil(t, address, log.String())
		response, err := http.Get("http://" + address[1] + "/metrics")
		require.NoError(t, err)
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return string(text)
	}
	unchanged := func() { require.Equal(t, tree, s.tree()) }
	var waits []time.Duration
	steps := []func(){
		func() { // the first is good, and so is the next
			require.Len(t, s.generations(), 1)
			require.Contains(t, scrape(), "netwicket_pull_failures_total 0\n")
			tree = s.tree()
		},
		func() {
			unchanged()
			s.tenant.script = func(w http.ResponseWriter, _ *http.Request) bool {
				fail(w, 403, "E0000006", "no")
				return true
			}
		},
		func() {
			unchanged()
			require.Contains(t, scrape(), "netwicket_pull_failures_total 1\n")
			require.Contains(t, scrape(), "netwicket_pull_age_seconds 60\n")
			s.tenant.forget()
			s.tenant.zones = s.tenant.zones[:1] // shrunk
			s.tenant.rules["00p1"] = s.tenant.rules["00p1"][1:]
		},
		func() {
			unchanged()
			require.Contains(t, scrape(), "netwicket_pull_failures_total 2\n")
			require.Contains(t, scrape(), "netwicket_pull_age_seconds 180\n")
			again := newTenant(t)
			s.tenant.zones, s.tenant.rules = again.zones, again.rules
			s.tenant.zones[2] = ipZone("nzo3", "Office", "POLICY", false, "198.51.100.0/25")
		},
		func() {
			require.Len(t, s.generations(), 2)
			require.Contains(t, scrape(), "netwicket_pull_age_seconds 0\n")
			second := (&pulling{t: t, folder: s.folder, env: s.env}).run("--okta", s.tenant.server.URL)
			require.Equal(t, 1, second.code, "the folder is held as long as it is watched")
			cancel()
		},
	}
	clock := asking.Clock{
		Now: func() time.Time { return now },
		Sleep: func(ctx context.Context, d time.Duration) error {
			waits = append(waits, d)
			steps[len(waits)-1]()
			now = now.Add(d)
			return ctx.Err()
		},
		Float: func() float64 { return 0.5 },
	}
	c := &commandLine{in: strings.NewReader(""), out: io.Discard, err: log, paths: []string{s.folder}, outside: surroundings{getenv: func(name string) string { return s.env[name] }, clock: clock}}
	require.NoError(t, c.pull(ctx, pullFlags{okta: s.tenant.server.URL, watch: time.Minute, maxWait: time.Minute, metrics: "127.0.0.1:0"}))
	require.Equal(t, []time.Duration{time.Minute, time.Minute, 2 * time.Minute, 4 * time.Minute, time.Minute}, waits)
	lines := log.String()
	for _, want := range []string{
		`"msg":"pulled","generation":"`, `"newly_denied_ipv4":128`,
		`"level":"ERROR","msg":"pull failed; what is in force stays","error":"okta, zones, page 1: 403 E0000006 no; the token needs the scope okta.networkZones.read","age":"1m0s","next":"2m0s"`,
		`"msg":"pull was refused; what is in force stays","cause":"shrink guard: zones: 1 now, 3 in force; fewer than 70% are left","age":"3m0s","next":"4m0s"`,
		`"msg":"shutting down"`,
	} {
		require.Contains(t, lines, want)
	}
	require.Equal(t, 2, strings.Count(lines, `"msg":"pulled"`), "what did not change is not told")
	require.NotContains(t, lines, "00secret")
}

// The log says in whole seconds when a tenant is asked again, which is not to the second when.
func TestPullWatchTellsWholeSeconds(t *testing.T) {
	s := newStage(t)
	ctx, cancel := context.WithCancel(t.Context())
	log, waited := new(lockedBuffer), time.Duration(0)
	clock := asking.Clock{
		Now:   func() time.Time { return s.now },
		Sleep: func(ctx context.Context, d time.Duration) error { waited = d; cancel(); return ctx.Err() },
		Float: func() float64 { return 0.513 },
	}
	c := &commandLine{out: io.Discard, err: log, paths: []string{s.folder}, outside: surroundings{getenv: func(name string) string { return s.env[name] }, clock: clock}}
	require.NoError(t, c.pull(ctx, pullFlags{okta: s.tenant.server.URL, watch: time.Minute, maxWait: time.Minute}))
	require.NotZero(t, waited%time.Second)
	require.Contains(t, log.String(), `"next":"`+waited.Round(time.Second).String()+`"`)
}
