package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// scriptedTenant answers as a tenant of both vendors does, over a real socket, but
// for what a script says otherwise. It notes what it was asked.
type scriptedTenant struct {
	server *httptest.Server

	zones    []string // as JSON
	pageSize int
	policies map[string][]string // by type
	rules    map[string][]string // by policy
	threat   string              // empty: 404
	network  string              // empty: 404
	profile  string              // empty: 404

	// script answers instead, if it says so.
	script func(w http.ResponseWriter, r *http.Request) bool

	answering sync.Mutex // one answer at a time
	mu        sync.Mutex
	requests  []*http.Request
}

// newTenant is a tenant of three zones, one policy, and ThreatInsight.
func newTenant(t *testing.T) *scriptedTenant {
	t.Helper()
	s := &scriptedTenant{
		pageSize: 200,
		zones: []string{
			ipZone("nzo1", "LegacyIpZone", "POLICY", true, "192.0.2.0/24"),
			ipZone("nzo2", "BlockedIpZone", "BLOCKLIST", true, networks(40)...),
			ipZone("nzo3", "Office", "POLICY", false, "198.51.100.0/24"),
		},
		policies: map[string][]string{"OKTA_SIGN_ON": {`{"id":"00p1","status":"ACTIVE","name":"Staff","priority":1,"system":false,"type":"OKTA_SIGN_ON","conditions":null}`}},
		rules: map[string][]string{"00p1": {
			`{"id":"0pr1","status":"ACTIVE","name":"Office","priority":1,"system":false,"type":"SIGN_ON","conditions":{"network":{"connection":"ZONE","include":["nzo3"]}},"actions":{"signon":{"access":"ALLOW"}}}`,
			`{"id":"0pr2","status":"ACTIVE","name":"Rest","priority":2,"system":true,"type":"SIGN_ON","conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"DENY"}}}`,
		}},
		threat: `{"action":"none","excludeZones":[],"_links":{"self":{"href":"http://x"}}}`,
	}
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	return s
}

func ipZone(id, name, usage string, system bool, gateways ...string) string {
	var entries []map[string]string
	for _, g := range gateways {
		entries = append(entries, map[string]string{"type": "CIDR", "value": g})
	}
	text, err := json.Marshal(map[string]any{
		"type": "IP", "id": id, "name": name, "status": "ACTIVE", "usage": usage, "system": system, "gateways": entries, "proxies": nil,
		"created": "2026-02-18T08:28:53.000Z", "_links": map[string]any{"self": map[string]string{"href": "http://x/" + id}},
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func networks(n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("203.0.113.%d/32", i))
	}
	return all
}

func (s *scriptedTenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r)
	s.mu.Unlock()
	s.answering.Lock()
	defer s.answering.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if s.script != nil && s.script(w, r) {
		return
	}
	switch {
	case r.URL.Path == "/api/v1/zones":
		s.page(w, r)
	case r.URL.Path == "/api/v1/policies":
		writeList(w, s.policies[r.URL.Query().Get("type")])
	case strings.HasSuffix(r.URL.Path, "/rules"):
		writeList(w, s.rules[strings.Split(r.URL.Path, "/")[4]])
	case r.URL.Path == "/api/v1/threats/configuration":
		writeObject(w, s.threat)
	case strings.HasSuffix(r.URL.Path, "/auth-org/network-config"):
		writeObject(w, s.network)
	case strings.Contains(r.URL.Path, "/auth-profiles/"):
		writeObject(w, s.profile)
	case r.URL.Path == "/oauth/token" || r.URL.Path == "/oauth2/v1/token":
		_, _ = w.Write([]byte(`{"token_type":"Bearer","expires_in":3600,"access_token":"t` + strconv.Itoa(s.count("POST")) + `"}`))
	default:
		http.NotFound(w, r)
	}
}

// page is a page of zones; after is the number of those before.
func (s *scriptedTenant) page(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	end := min(after+s.pageSize, len(s.zones))
	w.Header().Add("Link", fmt.Sprintf("<%s/api/v1/zones?limit=200>; rel=\"self\"", s.server.URL))
	if end < len(s.zones) {
		w.Header().Add("Link", fmt.Sprintf("<%s/api/v1/zones?after=%d&limit=200>; rel=\"next\"", s.server.URL, end))
	}
	writeList(w, s.zones[min(after, end):end])
}

func writeList(w http.ResponseWriter, elements []string) {
	_, _ = w.Write([]byte("[" + strings.Join(elements, ",") + "]"))
}

func writeObject(w http.ResponseWriter, text string) {
	if text == "" {
		fail(w, http.StatusNotFound, "E0000007", "Not found: Resource not found")
		return
	}
	_, _ = w.Write([]byte(text))
}

func fail(w http.ResponseWriter, status int, code, text string) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"errorCode":%q,"errorSummary":%q,"errorLink":%q,"errorId":"oae","errorCauses":[]}`, code, text, code)
}

// asked are the requests so far, as "GET /path?query".
func (s *scriptedTenant) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []string
	for _, r := range s.requests {
		list = append(list, r.Method+" "+r.URL.RequestURI())
	}
	return list
}

// count is how many requests begin so.
func (s *scriptedTenant) count(prefix string) int {
	n := 0
	for _, one := range s.asked() {
		if strings.HasPrefix(one, prefix) {
			n++
		}
	}
	return n
}

// forget forgets what was asked, and the script.
func (s *scriptedTenant) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests, s.script = nil, nil
}

// pulling is a policy folder that a tenant is pulled into, with a clock that never
// waits.
type pulling struct {
	t      *testing.T
	folder string
	env    map[string]string
	waits  []time.Duration
	now    time.Time
	looked func() // is told whenever the program looks at its clock; nil: nobody is
}

// newPulling is a folder whose policy file has geo and edge alone.
func newPulling(t *testing.T) *pulling {
	t.Helper()
	p := &pulling{t: t, folder: t.TempDir(), now: time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC), env: map[string]string{
		"OKTA_CLIENT_TOKEN": "00secret", "SAIL_CLIENT_ID": "sp1", "SAIL_CLIENT_SECRET": "spsecret",
	}}
	p.write(policyfile.FileName, "{\n  // ours\n  \"geo\": [\"geo.csv\"],\n  \"edge\": {},\n}\n")
	p.write("geo.csv", "network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,,,,\n")
	return p
}

func (p *pulling) write(name, text string) {
	p.t.Helper()
	path := filepath.Join(p.folder, filepath.FromSlash(name))
	require.NoError(p.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(p.t, os.WriteFile(path, []byte(text), 0o644))
}

func (p *pulling) read(name string) string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.folder, filepath.FromSlash(name)))
	require.NoError(p.t, err)
	return string(text)
}

// run is netwicket pull -c FOLDER with these arguments.
func (p *pulling) run(args ...string) ran {
	p.t.Helper()
	var out, stderr bytes.Buffer
	code := p.runTo(&out, &stderr, args...)
	return ran{code, out.String(), stderr.String()}
}

// runTo is run with other streams.
func (p *pulling) runTo(out, stderr io.Writer, args ...string) int {
	clock := asking.Clock{
		Now: func() time.Time {
			if p.looked != nil {
				p.looked()
			}
			return p.now
		},
		Sleep: func(ctx context.Context, d time.Duration) error {
			p.waits, p.now = append(p.waits, d), p.now.Add(d)
			return ctx.Err()
		},
		Float: func() float64 { return 0.5 },
	}
	c := &commandLine{in: strings.NewReader(""), out: out, err: stderr, outside: surroundings{getenv: func(name string) string { return p.env[name] }, clock: clock}}
	return c.run(append([]string{"pull", "-c", p.folder}, args...))
}

// tree is every file below the folder with what it holds and when it was written,
// but for what the lock keeps.
func (p *pulling) tree() map[string]string {
	p.t.Helper()
	all := make(map[string]string)
	require.NoError(p.t, filepath.WalkDir(p.folder, func(path string, entry os.DirEntry, err error) error {
		require.NoError(p.t, err)
		if entry.Name() == ".netwicket" {
			return filepath.SkipDir
		}
		info, err := entry.Info()
		require.NoError(p.t, err)
		text := "folder"
		if !entry.IsDir() {
			content, err := os.ReadFile(path)
			require.NoError(p.t, err)
			text = info.ModTime().String() + string(content)
		}
		all[path] = text
		return nil
	}))
	return all
}

// check says that the folder is a policy.
func (p *pulling) check() *policyfile.Parts {
	p.t.Helper()
	parts, _, err := policyfile.Open(policyfile.Options{Paths: []string{p.folder}})
	require.NoError(p.t, err)
	return parts
}

// generations are the folders in pulled.
func (p *pulling) generations() []string {
	p.t.Helper()
	entries, err := os.ReadDir(filepath.Join(p.folder, "pulled"))
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(p.t, err)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	slices.Sort(names)
	return names
}
