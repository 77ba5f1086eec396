package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway/doorwaytest"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/watch"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/keepertest"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// aService is one that serves nothing yet, and what it logs, to be read once.
func aService(t *testing.T) (*service, func() string) {
	t.Helper()
	var log bytes.Buffer
	journal := forwardauth.NewJournal(&log)
	doors, err := forwardauth.New(journal, forwardauth.Build{}, "")
	require.NoError(t, err)
	return &service{Service: doors, journal: journal}, func() string {
		journal.Close()
		return log.String()
	}
}

// TestServeFlags outweigh the policy file, where they are given.
func TestServeFlags(t *testing.T) {
	file := policyfile.Serve{Listen: "127.0.0.1:1", Metrics: "127.0.0.1:2", GRPC: "127.0.0.1:5", Drain: time.Second, LoadTimeout: time.Hour}
	require.Equal(t, file, serveFlags{}.over(file))
	want := policyfile.Serve{Listen: "127.0.0.1:3", Metrics: "127.0.0.1:4", GRPC: "127.0.0.1:6", Drain: 5 * time.Second, LoadTimeout: time.Hour}
	require.Equal(t, want, serveFlags{listen: "127.0.0.1:3", metrics: "127.0.0.1:4", grpc: "127.0.0.1:6", drain: "5s"}.over(file))
	require.NoError(t, serveFlags{drain: "1h"}.check())
	require.ErrorContains(t, serveFlags{drain: "1h1ns"}.check(), `--drain "1h1ns": expected a duration from 0s to 1h`)
}

// Paths of one name are one policy, that of /decide is first, and a path may have an equals sign.
func TestServedPolicies(t *testing.T) {
	for _, row := range []struct {
		paths string
		want  map[string][]string
		first string
	}{
		{"", map[string][]string{"": nil}, ""},
		{"a b", map[string][]string{"": {"a", "b"}}, ""},
		{"x=1 a x=2 y=3 ./z=4 b", map[string][]string{"": {"a", "./z=4", "b"}, "x": {"1", "2"}, "y": {"3"}}, ""},
		{"x=1 y-_9=2=3", map[string][]string{"x": {"1"}, "y-_9": {"2=3"}}, "x"},
		{"a/b=1 =2 -x=3", map[string][]string{"": {"a/b=1", "=2", "-x=3"}}, ""},
	} {
		policies, err := (&commandLine{paths: strings.Fields(row.paths), within: "w"}).servedPolicies()
		require.NoError(t, err)
		got := map[string][]string{}
		for _, p := range policies {
			got[p.name] = p.options.Paths
			require.Equal(t, "w", p.options.Within)
		}
		require.Equal(t, row.want, got, row.paths)
		require.Len(t, policies, len(row.want))
		require.Equal(t, row.first, policies[0].name)
	}
	_, err := (&commandLine{unknownCountry: "x"}).servedPolicies()
	require.ErrorContains(t, err, "--unknown-country")
}

// What a service opens is in force and told of, with who is locked out by it, and so is what is
// reloaded; nothing of that is said where there is nothing to say.
func TestServeTellsWhatItOpened(t *testing.T) {
	country := mmdbtest.File{Type: "Test-Country", Built: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Networks: []mmdbtest.Network{
		{Prefix: "192.0.2.0/24", Record: mmdbtest.Map{"country": mmdbtest.Map{"iso_code": "DE"}}},
	}}
	database, err := country.Bytes()
	require.NoError(t, err)
	for guard, lockedOut := range map[string]bool{"203.0.113.7": true, "192.0.2.1": false} {
		folder(t, map[string]string{
			"netwicket.json": servedPolicyFile(`, "geo": ["c.mmdb", "geo.csv"], "serve": {"guard": ["` + guard + `"]}`),
			"zones.json":     keepertest.Blocklist("203.0.113.0/24"),
			"c.mmdb":         string(database), "geo.csv": "network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,,,,\n",
		})
		s, log := aService(t)
		require.NoError(t, s.open(servedPolicy{options: policyfile.Options{Paths: []string{"."}}}))
		require.Len(t, s.keepers, 1)
		k := s.keepers[0]
		require.Empty(t, s.Problems(time.Now()))
		status := k.Status()
		k.report(keeper.Report{Cause: keeper.Changed, Parts: status.Parts, Info: k.Live().Policy().Info(), LockedOut: status.LockedOut})
		k.watcher.Close()
		text := log()
		require.Equal(t, 1, strings.Count(text, `"msg":"policy loaded"`), text)
		require.Equal(t, 2, strings.Count(text, `"data":"Test-Country 2026-01-02, csv","mode":"enforce"`), text)
		require.NotContains(t, text, `"changed"`, "nothing was")
		require.Equal(t, 1, strings.Count(text, `"msg":"policy reloaded: files changed"`))
		want := 0
		if lockedOut {
			want = 2
		}
		require.Equal(t, want, strings.Count(text, `"level":"ERROR","msg":"the policy in force locks out addresses of serve.guard","errors":["`), text)
		require.Equal(t, want, strings.Count(text, "locks out addresses of serve.guard"))
	}
}

// Who lets everybody in is warned of it by the log, too: warnings are about what is in force.
func TestServeWarnsOfWhatIsInForce(t *testing.T) {
	for zones, warned := range map[string]bool{keepertest.Blocklist("203.0.113.0/24"): false, goodZones: true} {
		folder(t, map[string]string{"netwicket.json": servedPolicyFile(""), "zones.json": zones})
		s, log := aService(t)
		require.NoError(t, s.open(servedPolicy{options: policyfile.Options{Paths: []string{"."}}}))
		k := s.keepers[0]
		k.watcher.Close()
		k.report(keeper.Report{Cause: keeper.Changed, Parts: k.Status().Parts})
		text := log()
		require.Equal(t, map[bool]int{true: 2}[warned], strings.Count(text, "the policy denies nobody"), text)
	}
}

// A reload after which a proxy that asks would not be understood is refused, unless that is
// wanted; an edge that nobody can be served with is refused in any case; and the settings of a
// further policy are nobody's.
func TestServeInstalls(t *testing.T) {
	policy := decidetest.Block(t, "203.0.113.0/24")
	parts := func(source gate.ClientSource, listen string, trusted ...netip.Prefix) *policyfile.Parts {
		return &policyfile.Parts{Edge: &gate.Config{Trusted: trusted, Source: source}, Serve: policyfile.Serve{Listen: listen}}
	}
	proxy := netip.MustParsePrefix("127.0.0.1/32")
	for _, force := range []bool{false, true} {
		s, log := aService(t)
		s.flags.force = force
		k := &keptPolicy{service: s}
		require.NoError(t, k.install(parts(gate.XForwardedFor, "", proxy), policy))
		r := httptest.NewRequest(http.MethodGet, "/decide", nil)
		r.RemoteAddr = "127.0.0.1:4711"
		r.Header.Set("X-Forwarded-For", "192.0.2.1")
		answer := httptest.NewRecorder()
		s.Handler(false).ServeHTTP(answer, r)
		require.Equal(t, http.StatusNoContent, answer.Code)

		err := k.install(parts(gate.Forwarded, "", proxy), policy)
		var refused *keeper.Refusal
		require.Equal(t, !force, errors.As(err, &refused), "%v", err)
		require.Equal(t, force, err == nil)
		require.ErrorContains(t, k.install(parts(gate.Forwarded, ""), policy), "serve needs edge.trusted")

		s.keepers = []*keptPolicy{{service: s}, k}
		require.NoError(t, k.install(parts(gate.XForwardedFor, "127.0.0.1:1", proxy), policy))
		require.NoError(t, k.install(parts(gate.XForwardedFor, "127.0.0.1:1", proxy), policy))
		require.NotContains(t, log(), "after a restart")
	}
	s, log := aService(t)
	k := &keptPolicy{service: s}
	s.keepers = []*keptPolicy{k}
	require.NoError(t, k.install(parts(gate.XForwardedFor, "127.0.0.1:1", proxy), policy))
	require.Contains(t, log(), `"settings":["serve.listen"]`)
}

// aListener goes on until it is shut down, or ends by itself.
type aListener struct {
	ends    chan error
	cut     error // that shutting it down takes
	wasShut bool
}

func (l *aListener) Text() string { return "here:1" }
func (l *aListener) Serve() error { return <-l.ends }
func (l *aListener) Shutdown() error {
	l.wasShut = true
	select {
	case l.ends <- nil:
	default:
	}
	return l.cut
}

// A service ends when it is told to, or when one of its listeners cannot go on; the others are
// shut down, nobody takes it for ready meanwhile, and what is cut off is told.
func TestServeEndsWithItsListeners(t *testing.T) {
	for _, row := range []struct {
		name     string
		told     bool
		failure  error
		cut      error
		want     string
		messages []string
	}{
		{"told to", true, nil, nil, "", []string{"shutting down"}},
		{"told to, while somebody asks", true, nil, errors.New("still asking"), "", []string{"shutting down", "connections were cut off"}},
		{"a listener fails", false, errors.New("gone"), nil, "listener on here:1: gone", nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			k := keepertest.Keep(t, keepertest.PlainPolicy())
			s, log := aService(t)
			s.keepers = []*keptPolicy{{Keeper: k.Keeper}}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if row.told {
				cancel()
			}
			one, other := &aListener{ends: make(chan error, 1), cut: row.cut}, &aListener{ends: make(chan error, 1)}
			if row.failure != nil {
				other.ends <- row.failure
			}
			err := s.answer(ctx, []server{one, other})
			if row.want == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, row.want)
			}
			require.True(t, one.wasShut && other.wasShut)
			require.Contains(t, s.Problems(time.Now()), "shutting down")
			var messages []string
			for _, line := range objects(t, log()) {
				messages = append(messages, line["msg"].(string))
				if line["msg"] == "connections were cut off" {
					require.Equal(t, []any{"here:1", "still asking"}, []any{line["address"], line["error"]})
				}
			}
			require.Equal(t, row.messages, messages, row.name)
		})
	}
}

// A service that is told to end goes on as long as it is to drain, is not ready any more, and
// ends at once where it cannot go on.
func TestServeDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, failure := range []error{nil, errors.New("the listener is gone")} {
			k := keepertest.Keep(t, keepertest.PlainPolicy())
			s, log := aService(t)
			s.keepers, s.flags.drain = []*keptPolicy{{Keeper: k.Keeper}}, "10m"
			failed := make(chan error, 1)
			want := 10 * time.Minute
			if failure != nil {
				failed <- failure
				want = 0
			}
			begun := time.Now()
			require.Equal(t, failure, s.drain(failed))
			require.Equal(t, want, time.Since(begun), "by the clock of the bubble")
			require.Contains(t, s.Problems(time.Now()), "shutting down")
			require.Contains(t, log(), `"msg":"shutting down","drain":"10m0s"`)
		}
	})
}

// TestServeCertificate: its files have the time that those of the policy have, and
// what becomes of them is told.
func TestServeCertificate(t *testing.T) {
	s, log := aService(t)
	certificate, watched := s.certificate()
	require.Nil(t, certificate)
	require.Nil(t, watched)

	cert, key := doorwaytest.WriteCertificate(t, t.TempDir(), 1)
	for set, want := range map[time.Duration]time.Duration{0: time.Minute, 7 * time.Second: 7 * time.Second} {
		s.settings = policyfile.Serve{TLSCert: cert, TLSKey: key, LoadTimeout: set}
		_, watched = s.certificate()
		require.Equal(t, want, watched.Limit)
		require.Equal(t, []string{cert, key}, watched.Paths)
	}
	// What hangs makes the service not ready, until something comes of it; what fails
	// does not.
	none := []string{`policy "": none in force`}
	hangs := "certificate " + cert + ": " + watch.ErrHanging.Error()
	for _, row := range []struct {
		err  error
		want []string
	}{
		{errors.New("no key"), none},
		{fmt.Errorf("now: %w", watch.ErrHanging), append(none[:1:1], "certificate "+cert+": now: "+watch.ErrHanging.Error())},
		{watch.ErrHanging, append(none[:1:1], hangs)},
		{errors.New("no key"), none},
		{watch.ErrHanging, append(none[:1:1], hangs)},
		{nil, none},
	} {
		watched.Loaded(row.err)
		require.Equal(t, row.want, s.Problems(time.Now()))
	}
	watched.Unwatched(errors.New("no events"))
	text := log()
	require.Equal(t, 5, strings.Count(text, `"level":"ERROR","msg":"the certificate was not reloaded; the one in force stays","error":"`))
	require.Equal(t, 1, strings.Count(text, `"level":"INFO","msg":"certificate reloaded"`))
	require.Contains(t, text, `"level":"WARN","msg":"certificate files are looked at from time to time only","error":"no events"`)
}

// TestSettingsForARestart: which settings are read at the start alone.
func TestSettingsForARestart(t *testing.T) {
	before := policyfile.Serve{Listen: "a", Metrics: "b", TLSCert: "c", TLSKey: "d"}
	for want, change := range map[string]func(*policyfile.Serve){
		"":                                       func(s *policyfile.Serve) { s.Drain, s.MaxAge, s.ReasonHeader = 1, 1, true },
		`["serve.listen"]`:                       func(s *policyfile.Serve) { s.Listen = "x" },
		`["serve.metrics"]`:                      func(s *policyfile.Serve) { s.Metrics = "x" },
		`["serve.tlsCert"]`:                      func(s *policyfile.Serve) { s.TLSCert = "x" },
		`["serve.tlsKey"]`:                       func(s *policyfile.Serve) { s.TLSKey = "x" },
		`["serve.listen","serve.proxyProtocol"]`: func(s *policyfile.Serve) { s.Listen, s.ProxyProtocol = "x", true },
	} {
		s, log := aService(t)
		s.opened = before
		next := before
		change(&next)
		s.warnAboutRestart(next)
		if text := log(); want == "" {
			require.Empty(t, text)
		} else {
			require.Contains(t, text, `"msg":"settings changed that take effect after a restart","settings":`+want+"}")
		}
	}
}

// TestErrorsOfALogLine: twenty findings, each on one line, and how many more.
func TestErrorsOfALogLine(t *testing.T) {
	list := func(count int) (found finding.List) {
		for n := range count {
			found = append(found, &finding.Finding{File: "f", Line: n + 1, Column: 1, Code: "c", Err: errors.New("a\nb")})
		}
		return found
	}
	require.Len(t, errorTexts(list(20)), 20)
	texts := errorTexts(list(2000))
	require.Len(t, texts, 21)
	require.Equal(t, "and 1980 more; netwicket check lists all", texts[20])
	for _, text := range texts {
		require.NotContains(t, text, "\n")
	}
	require.Equal(t, []string{"another"}, errorTexts(errors.New("another")))
	require.Equal(t, []string{"one", "two"}, errorTexts(fmt.Errorf("f: %w", &keeper.Refusal{Causes: []string{"one", "two"}})))
}
