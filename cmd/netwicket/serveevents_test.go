package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/internal/finding"
)

// aJournal is a log that is read once.
func aJournal() (*slog.Logger, func() string) {
	var text strings.Builder
	journal := forwardauth.NewJournal(&text)
	return journal.Logger(), func() string {
		journal.Close()
		return text.String()
	}
}

// told is each line of a log without its time, as it is written.
func told(log string) (lines []string) {
	for line := range strings.Lines(log) {
		_, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ",")
		lines = append(lines, "{"+rest)
	}
	return lines
}

// What serve's log says of looks for a release: one that fails is told the first time,
// a fork each time, and an expired release once.
func TestServeTellsOfReleases(t *testing.T) {
	s, log := aService(t)
	k := &keptPolicy{service: s, name: "a"}
	expires := time.Date(2026, 11, 26, 12, 0, 0, 0, time.FixedZone("", 3600))
	payload := release.Payload{Version: 7, Expires: expires}
	lost := errors.New("no\nway")
	for _, o := range []release.Outcome{
		{Result: release.Unreachable, Err: lost, Payload: payload},
		{Result: release.Unreachable, Err: lost, Payload: payload},
		{Result: release.Unreachable, Err: errors.New("another way"), Payload: payload},
		{Result: release.Unchanged, Payload: payload},
		{Result: release.Unreachable, Err: lost, Payload: payload, Expired: true},
		{Result: release.Unchanged, Payload: payload, Expired: true},
		{Result: release.Unchanged, Payload: payload},
		{Result: release.Unchanged, Payload: payload, Expired: true},
		{Result: "", Payload: payload},
		{Result: release.Fork, Err: lost, Payload: payload},
		{Result: release.Fork, Err: lost, Payload: payload},
	} {
		k.released(o)
	}
	const not = `{"level":"WARN","msg":"no release was taken; the policy in force stays","result":"unreachable","version":7,"policy_name":"a","error":`
	const over = `{"level":"WARN","msg":"the release in force has expired","version":7,"expires":"2026-11-26T11:00:00Z","policy_name":"a"}`
	const fork = `{"level":"ERROR","msg":"two releases have one version: somebody has signed another one; the policy in force stays","result":"fork","version":7,"policy_name":"a","error":`
	lines := told(log())
	require.Len(t, lines, 7)
	for i, want := range []string{not, not + `"another way"}`, not, over, over, fork, fork} {
		require.True(t, strings.HasPrefix(lines[i], want), "%s\n%s", want, lines[i])
	}
}

// Who has everything logged is told of what fails again and again, too.
func TestServeTellsAllToWhoAsks(t *testing.T) {
	s, log := aService(t)
	snapshot, err := forwardauth.NewSnapshot(&policyfile.Parts{Edge: &gate.Config{Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Source: gate.XForwardedFor}, Serve: policyfile.Serve{LogLevel: slog.LevelDebug}}, decidetest.Block(t, "192.0.2.0/24"))
	require.NoError(t, err)
	require.NoError(t, s.Put("", snapshot))
	k := &keptPolicy{service: s}
	failed := release.Outcome{Result: release.Unreachable, Err: errors.New("no way")}
	for _, o := range []release.Outcome{failed, failed, {Result: release.Unchanged}, {}} {
		k.released(o)
	}
	again := keeper.Report{Cause: keeper.Retried, Err: errors.New("broken"), Repeated: true}
	k.report(again)
	again.Cause = keeper.OverlayAlone
	k.report(again)
	var levels []string
	for _, line := range told(log()) {
		var one struct{ Level, Msg string }
		require.NoError(t, json.Unmarshal([]byte(line), &one))
		levels = append(levels, one.Level+" "+one.Msg)
	}
	require.Equal(t, []string{
		"WARN no release was taken; the policy in force stays", "DEBUG no release was taken; the policy in force stays", "DEBUG no release was taken; the policy in force stays",
		"DEBUG policy not reloaded; the one in force stays", "DEBUG the overlay was not reloaded; the one in force stays",
	}, levels)
}

// What fetch's log says of each way in which a look ends.
func TestFetchTellsOfReleases(t *testing.T) {
	expires := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		out  release.Outcome
		want []string
	}{
		{release.Outcome{Cause: release.Started}, []string{`{"level":"INFO","msg":"there is no state yet","cause":"start","result":""}`}},
		{release.Outcome{Result: release.Unchanged, Payload: release.Payload{Version: 1, Expires: expires}}, nil},
		{release.Outcome{Cause: release.Looked, Result: release.Installed, Payload: release.Payload{Version: 1, Expires: expires}},
			[]string{`{"level":"INFO","msg":"a release is in the state","cause":"look","result":"installed","version":1,"expires":"2026-11-26T12:00:00Z"}`}},
		{release.Outcome{Cause: release.Looked, Result: release.Fork, Err: errors.New("e"), Payload: release.Payload{Version: 2, Expires: expires}},
			[]string{`{"level":"ERROR","msg":"ALARM: two releases of one version are signed; what is in force stays","cause":"look","result":"fork","version":2,"expires":"2026-11-26T12:00:00Z","error":"e"}`}},
		{release.Outcome{Cause: release.Looked, Result: release.OldVersion, Err: errors.New("e"), Expired: true}, []string{
			`{"level":"WARN","msg":"nothing was taken; what is in force stays","cause":"look","result":"old_version","error":"e"}`,
			`{"level":"WARN","msg":"what is in force has expired","cause":"look","result":"old_version","error":"e"}`}},
	} {
		logger, log := aJournal()
		logOutcome(logger, row.out)
		require.Equal(t, row.want, told(log()))
	}
}

// What serve's log says of reloads, and what it counts; what is tried again and again is
// told once.
func TestServeTellsOfReloads(t *testing.T) {
	broken := finding.List{{File: "f", Line: 2, Column: 3, Code: "c", Err: errors.New("broken")}}
	info := decide.Info{Fingerprint: "abc"}
	const stays = `{"level":"ERROR","msg":"policy not reloaded; the one in force stays","cause":`
	for _, row := range []struct {
		report  keeper.Report
		want    []string
		counted string
		trouble bool
	}{
		{keeper.Report{Cause: keeper.Watching, Err: errors.New("no events")}, []string{`{"level":"WARN","msg":"files are looked at from time to time only","error":"no events"}`}, "", false},
		{keeper.Report{Cause: keeper.Withdrawn, Err: errors.New("over")}, []string{`{"level":"ERROR","msg":"nothing is in force","policy_name":"a","errors":["over"]}`}, "", false},
		{keeper.Report{Cause: keeper.Asked, Err: broken, Info: info}, []string{stays + `"SIGHUP","errors":["f:2:3: broken"],"policy":"abc","policy_name":"a"}`}, "failure", false},
		{keeper.Report{Cause: keeper.Retried, Err: broken, Info: info, Repeated: true}, nil, "failure", false},
		{keeper.Report{Cause: keeper.Changed, Err: &keeper.Refusal{Causes: []string{"less"}}, Info: info}, []string{stays + `"files changed","errors":["less"],"policy":"abc","policy_name":"a"}`}, "refused", false},
		{keeper.Report{Cause: keeper.Changed, Err: fmt.Errorf("x: %w", keeper.ErrHanging), Info: info}, []string{stays + `"files changed","errors":["x: ` + keeper.ErrHanging.Error() + `"],"policy":"abc","policy_name":"a"}`}, "failure", true},
		{keeper.Report{Cause: keeper.Expiry, Err: keeper.ErrHanging, Info: info}, []string{stays + `"overlay entry expired","errors":["` + keeper.ErrHanging.Error() + `"],"policy":"abc","policy_name":"a"}`}, "failure", false},
		{keeper.Report{Cause: keeper.OverlayAlone, Failing: broken, Info: info, Took: time.Second},
			[]string{`{"level":"WARN","msg":"the overlay alone is in force as it is now; the other files are not","policy":"abc","errors":["f:2:3: broken"],"seconds":1,"policy_name":"a"}`}, "overlay", false},
		{keeper.Report{Cause: keeper.OverlayAlone, Err: broken, Info: info}, []string{`{"level":"ERROR","msg":"the overlay was not reloaded; the one in force stays","errors":["f:2:3: broken"],"policy":"abc","policy_name":"a"}`}, "", false},
		{keeper.Report{Cause: keeper.OverlayAlone, Err: broken, Info: info, Repeated: true}, nil, "", false},
	} {
		var text strings.Builder
		journal := forwardauth.NewJournal(&text)
		doors, err := forwardauth.New(journal, forwardauth.Build{}, "a")
		require.NoError(t, err)
		k := &keptPolicy{service: &service{Service: doors, journal: journal}, name: "a"}
		k.report(row.report)
		problems := []string{`policy "a": none in force`}
		if row.trouble {
			problems = append(problems, `policy "a": `+row.report.Err.Error())
		}
		require.Equal(t, problems, doors.Problems(time.Now()))
		scrape := httptest.NewRecorder()
		doors.Status().ServeHTTP(scrape, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		counted := regexp.MustCompile(`netwicket_reload_total\{policy="a",result="([a-z]+)"\} 1\n`).FindAllStringSubmatch(scrape.Body.String(), -1)
		if row.counted == "" {
			require.Empty(t, counted)
		} else {
			require.Len(t, counted, 1)
			require.Equal(t, row.counted, counted[0][1])
		}
		k.report(keeper.Report{Cause: keeper.Changed, Err: broken, Repeated: true})
		require.Equal(t, problems[:1], doors.Problems(time.Now()), "what fails does not hang any more")
		journal.Close()
		lines := told(text.String())
		require.Len(t, lines, len(row.want), "%v", lines)
		for i := range lines {
			require.JSONEq(t, row.want[i], lines[i])
		}
	}
}

// What pull --watch logs of a look.
func TestPullTellsOfLooks(t *testing.T) {
	logger, log := aJournal()
	logFailure(logger, errors.New("no"), 90*time.Second+time.Millisecond, time.Minute)
	logFailure(logger, fmt.Errorf("x: %w", &pull.Refused{Causes: []string{"one", "two"}}), time.Minute, 2*time.Minute)
	logLook(logger, &pull.Look{Same: true}, time.Minute)
	before, after := decidetest.Block(t, "192.0.2.0/24", "2001:db8::/48"), decidetest.Block(t, "192.0.2.0/25", "198.51.100.0/26", "2001:db8:1::/63")
	look := &pull.Look{Generation: "g", Warnings: []string{"odd"}}
	look.Before.Policy, look.After.Policy = before, after
	// Of IPv6 as well: an IPv4 address is 65,536 networks of 6to4, and all of NAT64 is in one.
	look.After.Parts = new(policyfile.Parts)
	logLook(logger, look, time.Minute)
	require.Equal(t, []string{
		`{"level":"ERROR","msg":"pull failed; what is in force stays","error":"no","age":"1m30s","next":"1m0s"}`,
		`{"level":"ERROR","msg":"pull was refused; what is in force stays","cause":"one","age":"1m0s","next":"2m0s"}`,
		`{"level":"ERROR","msg":"pull was refused; what is in force stays","cause":"two","age":"1m0s","next":"2m0s"}`,
		`{"level":"WARN","msg":"odd"}`,
		`{"level":"INFO","msg":"pulled","generation":"g","warnings":0,"newly_allowed_ipv4":128,"newly_allowed_ipv6_networks":"8454145","newly_denied_ipv4":64,"newly_denied_ipv6_networks":"4194307","next":"1m0s"}`,
	}, told(log()))
}
