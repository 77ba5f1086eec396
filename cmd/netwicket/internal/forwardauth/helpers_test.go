package forwardauth_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// blocking is a policy file that blocks 203.0.113.0/24 behind the proxies of
// 10.0.0.0/8; more is further keys of it.
func blocking(more string) map[string]string {
	return map[string]string{
		"netwicket.json": `{"okta": {"zones": ["zones.json"]}, "edge": {"trusted": ["10.0.0.0/8"], "source": "x-forwarded-for"}` + more + `}`,
		"zones.json":     blocklist("203.0.113.0/24"),
	}
}

func blocklist(network string) string {
	return `[{"type": "IP", "id": "b", "name": "Blocked", "status": "ACTIVE", "usage": "BLOCKLIST",
		"gateways": [{"type": "CIDR", "value": "` + network + `"}]}]`
}

// snapshot opens a policy that is given by its files.
func snapshot(t testing.TB, files map[string]string) (*forwardauth.Snapshot, error) {
	t.Helper()
	folder := t.TempDir()
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}
	parts, policy, err := policyfile.Open(policyfile.Options{Paths: []string{folder}, Now: time.Now()})
	require.NoError(t, err)
	return forwardauth.NewSnapshot(parts, policy)
}

// logged collects what is written to the log.
type logged struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *logged) Write(line []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(line)
}

func (l *logged) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

// lines are the log's objects so far.
func (l *logged) lines(t *testing.T) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for _, text := range strings.Split(strings.TrimSpace(l.String()), "\n") {
		if text == "" {
			continue
		}
		var line map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &line), text)
		lines = append(lines, line)
	}
	return lines
}

// served is a service with one policy on /decide.
type served struct {
	*forwardauth.Service
	journal *forwardauth.Journal
	log     *logged
	handler http.Handler
}

func serve(t testing.TB, files map[string]string) *served {
	t.Helper()
	s := newServed(t, "")
	first, err := snapshot(t, files)
	require.NoError(t, err)
	require.NoError(t, s.Put("", first))
	return s
}

func newServed(t testing.TB, names ...string) *served {
	t.Helper()
	s := &served{log: &logged{}}
	s.journal = forwardauth.NewJournal(s.log)
	service, err := forwardauth.New(s.journal, forwardauth.Build{Version: "v1.2.3", Go: "go1"}, names...)
	require.NoError(t, err)
	s.Service, s.handler = service, service.Handler(true)
	return s
}

// closeLog waits until everything is written.
func (s *served) closeLog() { s.journal.Close() }

// request is a question of the proxy at 10.0.0.1, with header lines in pairs.
func request(method, path string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, path, nil)
	r.RemoteAddr = "10.0.0.1:4711"
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func (s *served) ask(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

func (s *served) metrics() string {
	return s.ask(request("GET", "/metrics")).Body.String()
}
