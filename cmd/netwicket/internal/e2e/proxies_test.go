//go:build unix

package e2e_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Clients, by the zones of examples/forwardauth.
const (
	allowed = "127.0.0.2"
	blocked = "127.66.0.1"
)

const xff = "X-Forwarded-For"

// proxy is one of the examples.
type proxy struct {
	example string
	program string
	args    []string
	claims  bool // it passes on what clients say in X-Forwarded-For
}

func TestNginx(t *testing.T) {
	testProxy(t, proxy{"nginx", "nginx", []string{"-e", "stderr", "-p", ".", "-c", "nginx.conf", "-g", "daemon off;"}, true})
}

func TestCaddy(t *testing.T) {
	testProxy(t, proxy{"caddy", "caddy", []string{"run", "--config", "Caddyfile", "--adapter", "caddyfile"}, false})
}

func TestHAProxy(t *testing.T) {
	testProxy(t, proxy{"haproxy", "haproxy", []string{"-f", "haproxy.cfg"}, true})
}

// running is a proxy, the service and the application behind it.
type running struct {
	proxy
	ports
	folder  string
	service *process
}

func testProxy(t *testing.T, p proxy) {
	path, err := exec.LookPath(p.program)
	if err != nil {
		t.Skipf("%s is not installed", p.program)
	}
	t.Parallel()
	r := &running{proxy: p, ports: freePorts(t)}
	r.folder = copyExamples(t, r.ports, p.example, "forwardauth")
	policy := filepath.Join(r.folder, "forwardauth", "netwicket.json")
	text, err := os.ReadFile(policy)
	require.NoError(t, err)
	writeFile(t, policy, strings.Replace(string(text), `"serve": {`, `"serve": {"reasonHeader": true, `, 1))
	r.startService(t)
	if p.example == "nginx" { // whose own limit for uploads is 1 MiB
		conf := filepath.Join(r.folder, "nginx", "nginx.conf")
		text, err := os.ReadFile(conf)
		require.NoError(t, err)
		writeFile(t, conf, strings.ReplaceAll(string(text), "        location / {\n", "        location / {\n            client_max_body_size 10m;\n"))
	}
	start(t, filepath.Join(r.folder, p.example), path, p.args...).answers(r.web)

	t.Run("clients", r.testClients)
	t.Run("forged headers", r.testForgedHeaders)
	t.Run("uploads", r.testUploads)
	t.Run("denials", r.testDenials)
	t.Run("claims of an allowed client", r.testClaims)
	t.Run("policy changes", r.testPolicyChanges)
	t.Run("service hangs", r.testServiceHangs)
	t.Run("service stopped", r.testServiceStopped)
	t.Run("service answers nonsense", r.testServiceAnswersNonsense)
	if p.example == "haproxy" { // of the others, it is their own timeouts that say when
		t.Run("no service denies soon", r.testNoServiceDeniesSoon)
	}
}

func (r *running) startService(t *testing.T) {
	t.Helper()
	r.service = start(t, filepath.Join(r.folder, r.example), program, "serve", "-c", "../forwardauth")
	r.service.answers(r.ports.service)
}

func (r *running) testClients(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"} {
		body := ""
		if method == "POST" || method == "PUT" {
			body = strings.Repeat("body ", 200)
		}
		answer, err := newClient(t, allowed, r.web).ask(method, body)
		require.NoError(t, err)
		require.Equal(t, 200, answer.status, method)
		require.True(t, answer.passed() || method == "HEAD", method)

		answer, err = newClient(t, blocked, r.web).ask(method, body)
		require.NoError(t, err)
		require.Equal(t, 403, answer.status, method)
		require.False(t, answer.passed())
	}
	// The proxy's own address is trusted, so it is nobody's client.
	require.Equal(t, 403, newClient(t, "127.0.0.1", r.web).get(t).status)
}

// testForgedHeaders: whatever a blocked client says, it stays out.
func (r *running) testForgedHeaders(t *testing.T) {
	c := newClient(t, blocked, r.web)
	many := []string{}
	for range 50 {
		many = append(many, xff, allowed)
	}
	for name, headers := range map[string][]string{
		"allowed address":          {xff, allowed},
		"trusted address":          {xff, "127.0.0.1"},
		"list":                     {xff, allowed + ", 127.0.0.1"},
		"repeated":                 {xff, allowed, xff, "127.0.0.1", xff, allowed},
		"fifty times":              many,
		"another spelling":         {"x-forwarded-for", "::ffff:127.0.0.2"},
		"comma at the end":         {xff, allowed + ","},
		"empty":                    {xff, ""},
		"garbage":                  {xff, "unknown, ;;,\"" + allowed},
		"quoted":                   {xff, "\"" + allowed + "\", \""},
		"underscore":               {"X_Forwarded_For", allowed},
		"other headers":            {"X-Real-IP", allowed, "Forwarded", "for=" + allowed, "CF-Connecting-IP", allowed, "True-Client-IP", allowed, "Client-IP", allowed},
		"hop-by-hop nomination":    {"Connection", "X-Forwarded-For", xff, allowed},
		"close and nomination":     {"Connection", "close, X-Forwarded-For", xff, allowed},
		"original URI":             {"X-Original-URI", "/healthz", "X-Rewrite-URL", "/healthz", "X-Forwarded-Uri", "/healthz"},
		"another method":           {"X-HTTP-Method-Override", "OPTIONS", "X-Forwarded-Method", "OPTIONS"},
		"the service's own header": {"X-Netwicket-Reason", "permitted"},
		"long":                     {xff, strings.Repeat(allowed+", ", 300) + allowed},
	} {
		answer, err := c.ask("GET", "", headers...)
		require.NoError(t, err, name)
		require.False(t, answer.passed(), name)
		require.GreaterOrEqual(t, answer.status, 400, name)
	}
	for _, path := range []string{"_netwicket", "decide", "healthz", "readyz", "?allow=200", "decide?allow=200", "%2e%2e/decide", "/decide", "x/../healthz"} {
		at := *c
		at.url += path
		answer, err := at.ask("GET", "")
		require.NoError(t, err, path)
		require.False(t, answer.passed(), path)
		require.GreaterOrEqual(t, answer.status, 400, path)
	}
}

// testClaims: an allowed client's claims may keep it out, and otherwise change
// nothing.
func (r *running) testClaims(t *testing.T) {
	c := newClient(t, allowed, r.web)
	for name, claim := range map[string]string{"garbage": "unknown, ;;", "another address": "198.51.100.7", "trusted address": "127.0.0.1", "empty": ""} {
		require.Equal(t, 200, c.get(t, xff, claim).status, name)
		require.Equal(t, 200, c.get(t, xff, claim, xff, claim).status, name)
	}
	want := 200
	if r.claims {
		want = 403
	}
	require.Equal(t, want, c.get(t, xff, "203.0.113.7").status)
	require.Equal(t, want, c.get(t, xff, "203.0.113.7", xff, "198.51.100.7").status)
}

// testPolicyChanges blocks and unblocks the client while it asks all the time.
func (r *running) testPolicyChanges(t *testing.T) {
	zones := filepath.Join(r.folder, "forwardauth", "zones.json")
	original, err := os.ReadFile(zones)
	require.NoError(t, err)
	blocking := strings.Replace(string(original), "127.66.0.0/16", "127.66.0.0/16\"}, {\"type\": \"CIDR\", \"value\": \"127.0.0.3/32", 1)
	replace := func(content string) {
		require.NoError(t, os.WriteFile(zones+".new", []byte(content), 0o644))
		require.NoError(t, os.Rename(zones+".new", zones))
	}

	var stop atomic.Bool
	var counts [600]atomic.Int64
	var askers sync.WaitGroup
	failures := make(chan error, 100)
	for range 4 {
		c := newClient(t, "127.0.0.3", r.web)
		askers.Go(func() {
			for !stop.Load() {
				answer, err := c.ask("GET", "")
				if err == nil && answer.passed() != (answer.status == 200) {
					err = fmt.Errorf("status %d with %q", answer.status, answer.body)
				}
				if err != nil {
					failures <- err
					return
				}
				counts[answer.status].Add(1)
			}
		})
	}
	probe := newClient(t, "127.0.0.3", r.web)
	for range 3 {
		replace(blocking)
		require.Eventually(t, func() bool { return probe.get(t).status == 403 }, patience, 10*time.Millisecond)
		replace("no zones")
		require.Equal(t, 403, probe.get(t).status)
		replace(string(original))
		require.Eventually(t, func() bool { return probe.get(t).status == 200 }, patience, 10*time.Millisecond)
	}
	stop.Store(true)
	askers.Wait()
	require.Empty(t, failures)
	for status := range counts {
		if count := counts[status].Load(); count > 0 {
			require.Contains(t, []int{200, 403}, status)
			t.Logf("%d answers %d", count, status)
		}
	}
	require.Positive(t, counts[200].Load())
	require.Positive(t, counts[403].Load())
}

func (r *running) testServiceHangs(t *testing.T) {
	c := newClient(t, allowed, r.web)
	require.Equal(t, 200, c.get(t).status)
	require.NoError(t, syscall.Kill(r.service.command.Process.Pid, syscall.SIGSTOP))
	// It stops a moment after the signal; from then on nobody passes.
	require.Eventually(t, func() bool { return !c.get(t).passed() }, patience, time.Millisecond)
	for range 2 {
		answer := c.get(t)
		require.False(t, answer.passed())
		require.GreaterOrEqual(t, answer.status, 400)
	}
	require.NoError(t, syscall.Kill(r.service.command.Process.Pid, syscall.SIGCONT))
	require.Eventually(t, func() bool { return c.get(t).status == 200 }, patience, 50*time.Millisecond)
}

func (r *running) testServiceStopped(t *testing.T) {
	c := newClient(t, allowed, r.web)
	r.service.end(syscall.SIGTERM)
	require.NoError(t, r.service.failure, "SIGTERM ends the service with 0")
	answer := c.get(t)
	require.False(t, answer.passed())
	require.GreaterOrEqual(t, answer.status, 400)
	r.startService(t)
	require.Eventually(t, func() bool { return c.get(t).status == 200 }, patience, 50*time.Millisecond)
	r.service.end(syscall.SIGKILL)
	require.False(t, c.get(t).passed())
}

// testServiceAnswersNonsense puts something else in the service's place.
func (r *running) testServiceAnswersNonsense(t *testing.T) {
	r.service.end(syscall.SIGTERM)
	c := newClient(t, allowed, r.web)
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(r.ports.service)))
	require.NoError(t, err)
	var status atomic.Int64
	server := &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if status.Load() == 0 {
			panic(http.ErrAbortHandler) // closes the connection
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(int(status.Load()))
	})}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	for _, code := range []int64{0, 302, 307, 400, 401, 404, 413, 431, 500, 502, 503} {
		status.Store(code)
		answer := c.get(t)
		require.False(t, answer.passed(), code)
		require.NotEqual(t, 200, answer.status, code)
	}
	require.NoError(t, server.Close())
	require.ErrorIs(t, <-done, http.ErrServerClosed)
}

// testUploads sends bodies beyond what proxies take by default for the question's,
// too: a denial is still a denial, and an allowed upload arrives.
func (r *running) testUploads(t *testing.T) {
	for _, size := range []int{1, 100_000, 3_000_000} {
		body := strings.Repeat("x", size)
		answer, err := newClient(t, allowed, r.web).ask("POST", body)
		if err != nil && r.example == "haproxy" {
			continue // what stands in for the application there answers and hangs up
		}
		require.NoError(t, err)
		require.Equal(t, 200, answer.status, size)
		require.True(t, answer.passed())
		// A proxy may close before all of a body has been sent that it denies.
		if answer, err = newClient(t, blocked, r.web).ask("POST", body); err == nil {
			require.Equal(t, 403, answer.status, size)
		}
	}
}

var reference = regexp.MustCompile(`^denied, reference ([0-9A-Z]{4}-[0-9A-Z]{4})\n$`)

// testDenials: the denied client is told what the log has, and not why.
func (r *running) testDenials(t *testing.T) {
	answer := newClient(t, blocked, r.web).get(t)
	require.Equal(t, 403, answer.status)
	require.Equal(t, "no-store", answer.header.Get("Cache-Control"))
	require.NotContains(t, answer.header, "X-Netwicket-Reason")
	found := reference.FindStringSubmatch(answer.body)
	require.NotNil(t, found, answer.body)
	require.Eventually(t, func() bool {
		return strings.Contains(r.service.output.String(), `"reference":"`+found[1]+`"`)
	}, patience, 10*time.Millisecond)
	require.Empty(t, newClient(t, allowed, r.web).get(t).header.Get("X-Netwicket-Reason"))
}
