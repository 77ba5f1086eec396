package admin_test

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/callers"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// vendor is an API of the test's own: it says which failure it was asked to word,
// and what reached its routes.
func vendor(name string, routes ...wire.Route) wire.Vendor {
	return wire.Vendor{Routes: routes, Fail: func(failure wire.Failure, cause string) wire.Answer {
		text, err := json.Marshal(map[string]any{"failure": failure, "cause": cause, "vendor": name})
		if err != nil {
			panic(err)
		}
		status := map[wire.Failure]int{
			wire.NoCredentials: 403, wire.BadCredentials: 401, wire.OutsideNetworks: 403, wire.TooManyRequests: 429, wire.UnknownPath: 404,
			wire.UnknownVerb: 405, wire.MissingScope: 403, wire.NotAcceptable: 400, wire.UnsupportedMedia: 400, wire.MalformedBody: 400, wire.BodyTooLarge: 400,
		}[failure]
		return wire.Answer{Status: status, Body: text}
	}}
}

// told answers with what a request brought.
func told(r *wire.Request) wire.Answer {
	text, err := json.Marshal(map[string]any{"params": r.Params, "query": r.Query, "base": r.Base, "caller": r.Caller.Name, "at": r.Time, "match": r.Header.Values("If-Match"), "body": string(r.Body.Raw())})
	if err != nil {
		panic(err)
	}
	return wire.Answer{Status: http.StatusOK, Body: text}
}

// busy answers as Okta's API does while others write.
func busy(*wire.Request) wire.Answer {
	return wire.Answer{Status: http.StatusTooManyRequests, Header: http.Header{"X-Rate-Limit-Limit": {"0"}, "X-Rate-Limit-Remaining": {"0"}}, Body: []byte("{}"), Causes: []string{"others", "write"}, ErrorID: "oae1"}
}

func done(*wire.Request) wire.Answer { return wire.Answer{Status: http.StatusNoContent} }

// desk is a front with callers, a clock and what it writes.
type desk struct {
	*admin.Front
	counters *admin.Counters
	who      *callers.Live
	log      *locked

	mu  sync.Mutex
	now time.Time
}

type locked struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *locked) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(text)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *desk) pass(time time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(time)
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// front has the tokens "writer", "reader" (which only reads zones) and "elsewhere"
// (whose network is another).
func front(t testing.TB, change ...func(*admin.Options)) *desk {
	t.Helper()
	path := filepath.Join(t.TempDir(), "callers.json")
	require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, `{"tokens":[
		{"name":"w","sha256":%q,"scopes":["okta.networkZones.manage","okta.policies.manage","sp:auth-org:manage"]},
		{"name":"r","sha256":%q,"scopes":["okta.networkZones.read"]},
		{"name":"e","sha256":%q,"scopes":["okta.networkZones.manage"],"networks":["198.51.100.0/24"]}],
		"clients":[{"id":"w","secretSha256":%q,"scopes":["sp:auth-org:manage"]}]}`, hash("writer"), hash("reader"), hash("elsewhere"), hash("secret")), 0o600))
	file, err := callers.Read(path)
	require.NoError(t, err)
	d := &desk{now: time.Date(2026, 2, 18, 8, 28, 53, 500_000_000, time.UTC), log: new(locked)}
	d.who = callers.New(file, d.clock)
	d.counters = admin.NewCounters("v1", "go1", admin.Documents{
		Generation: func() int { return 7 }, Written: func() time.Time { return time.Unix(1771403333, 0) }, Load: func() bool { return true },
	})
	options := admin.Options{
		Callers: d.who, Audit: tenant.NewAudit(d.log), Log: slog.New(slog.NewJSONHandler(d.log, nil)), Now: d.clock, Counters: d.counters,
	}
	for _, c := range change {
		c(&options)
	}
	const zones, policies, org = "okta.networkZones.", "okta.policies.", "sp:auth-org:"
	d.Front = admin.New(
		vendor("okta",
			wire.Route{Verb: http.MethodGet, Path: "/api/v1/zones", Scope: zones + "read", Handle: told},
			wire.Route{Verb: http.MethodPost, Path: "/api/v1/zones", Scope: zones + "manage", Body: wire.Object, Handle: told},
			wire.Route{Verb: http.MethodGet, Path: "/api/v1/zones/{id}", Scope: zones + "read", Handle: told},
			wire.Route{Verb: http.MethodGet, Path: "/api/v1/zones/special", Scope: zones + "read", Handle: told},
			wire.Route{Verb: http.MethodDelete, Path: "/api/v1/zones/{id}", Scope: zones + "manage", Handle: done},
			wire.Route{Verb: http.MethodGet, Path: "/api/v1/policies/{id}/rules/{rule}", Scope: policies + "read", Handle: told},
			wire.Route{Verb: http.MethodDelete, Path: "/api/v1/policies/{id}", Scope: policies + "manage", Handle: busy},
			wire.Route{Verb: http.MethodGet, Path: "/.well-known/okta-organization", Public: true, Handle: told},
		),
		vendor("sailpoint",
			wire.Route{Verb: http.MethodGet, Path: "/v3/auth-org/network-config", Scope: org + "read", Handle: told},
			wire.Route{Verb: http.MethodGet, Path: "/v2024/auth-org/network-config", Scope: org + "read", Handle: told},
			wire.Route{Verb: http.MethodPatch, Path: "/v3/auth-org/network-config", Scope: org + "manage", Body: wire.JSONPatch, Handle: told},
		),
		options)
	return d
}

// question is a request; its zero fields are those of a good one.
type question struct {
	verb, target, scheme, token, media, body, peer, host string
	accept                                               []string
	retry                                                string // what an SDK says when it asks again
	match                                                string // If-Match
}

func (d *desk) ask(q question) (*http.Response, map[string]any) {
	if q.verb == "" {
		q.verb = http.MethodGet
	}
	r := httptest.NewRequest(q.verb, "http://127.0.0.1:9190"+q.target, strings.NewReader(q.body))
	if q.token != "" {
		r.Header.Set("Authorization", cmp.Or(q.scheme, "SSWS")+" "+q.token)
	}
	if q.match != "" {
		r.Header.Set("If-Match", q.match)
	}
	if q.media != "" {
		r.Header.Set("Content-Type", q.media)
	}
	if q.accept != nil {
		r.Header["Accept"] = q.accept
	}
	if q.retry != "" {
		r.Header.Set("X-Okta-Retry-Count", "1")
		r.Header.Set("X-Okta-Retry-For", q.retry)
	}
	r.RemoteAddr = "192.0.2.1:4711"
	if q.peer != "" {
		r.RemoteAddr = q.peer
	}
	if q.host != "" {
		r.Host = q.host
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	answer := w.Result()
	var body map[string]any
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			panic(w.Body.String())
		}
	}
	return answer, body
}

// failure is which failure a question meets; 0: none.
func (d *desk) failure(q question) wire.Failure {
	_, body := d.ask(q)
	number, _ := body["failure"].(float64)
	return wire.Failure(number)
}

// fuzzed asks with a target that need not be one.
func (d *desk) fuzzed(r *http.Request, target, body string) (int, string) {
	path, query, _ := strings.Cut(target, "?")
	r.URL = &url.URL{Path: path, RawQuery: query}
	r.Body = io.NopCloser(strings.NewReader(body))
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// value is that of a metric.
func value(t *testing.T, counters *admin.Counters, name string, labels map[string]string) float64 {
	t.Helper()
	families, err := counters.Registry().Gather()
	require.NoError(t, err)
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			got := make(map[string]string)
			for _, label := range metric.GetLabel() {
				got[label.GetName()] = label.GetValue()
			}
			if family.GetName() != name || !maps.Equal(got, labels) {
				continue
			}
			switch {
			case metric.GetCounter() != nil:
				return metric.GetCounter().GetValue()
			case metric.GetHistogram() != nil:
				return float64(metric.GetHistogram().GetSampleCount())
			default:
				return metric.GetGauge().GetValue()
			}
		}
	}
	require.Fail(t, "there is no such series", "%s %v", name, labels)
	return 0
}
