package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/netwicket/netwicket/internal/keepertest"
)

// servedHere is a command that goes on, running in this process.
type servedHere struct {
	t      *testing.T
	log    *lockedBuffer  // standard error
	out    *lockedBuffer  // standard output
	cancel func()         // tells it to end
	ended  func() int     // waits for the end, and gives the exit code
	line   map[string]any // of the log, which says where it listens
}

// serveHere runs serve with arguments, and waits until it listens.
func serveHere(t *testing.T, args ...string) *servedHere {
	t.Helper()
	return goesOnHere(t, "serving", append([]string{"serve"}, args...)...)
}

// refusesHere runs a command that must not go on, and gives what it says. One that does is ended
// when a line of its log says that it has begun.
func refusesHere(t *testing.T, message string, args ...string) string {
	t.Helper()
	done := make(chan int, 1)
	s := &servedHere{t: t, log: new(lockedBuffer), out: new(lockedBuffer)}
	go func() { done <- run(args, strings.NewReader(""), s.out, s.log) }()
	for begun := false; ; {
		select {
		case code := <-done:
			require.False(t, begun, "%q goes on", args)
			require.Equal(t, 1, code, args)
			require.Empty(t, s.out.String())
			return s.log.String()
		case <-time.After(time.Millisecond):
			if !begun && s.find(message) != nil {
				begun = true
				s.signal(syscall.SIGTERM)
			}
		}
	}
}

// goesOnHere runs a command until the test ends, and waits for a line of its log.
func goesOnHere(t *testing.T, message string, args ...string) *servedHere {
	t.Helper()
	return goesOnUntil(t, func(s *servedHere) bool { s.line = s.find(message); return s.line != nil }, args...)
}

// goesOnUntil waits until a command that goes on has begun.
func goesOnUntil(t *testing.T, begun func(*servedHere) bool, args ...string) *servedHere {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signals that a process sends itself")
	}
	stray := make(chan os.Signal, 1) // what comes too late does not end the test
	signal.Notify(stray, syscall.SIGTERM, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(stray) })
	done := make(chan int, 1)
	s := &servedHere{t: t, log: new(lockedBuffer), out: new(lockedBuffer), ended: sync.OnceValue(func() int { return <-done })}
	go func() { done <- run(args, strings.NewReader(""), s.out, s.log) }()
	s.cancel = sync.OnceFunc(func() { s.signal(syscall.SIGTERM) })
	t.Cleanup(func() { s.cancel(); s.ended() })
	for patience := time.After(keepertest.Patience); !begun(s); {
		select {
		case code := <-done:
			done <- code
			s.cancel = func() {}
			require.FailNow(t, "it ended", "%d\n%s", code, s.log)
		case <-patience:
			require.FailNow(t, "it did not begin", s.log)
		case <-time.After(time.Millisecond):
		}
	}
	return s
}

func (s *servedHere) signal(which os.Signal) {
	self, err := os.FindProcess(os.Getpid())
	require.NoError(s.t, err)
	require.NoError(s.t, self.Signal(which))
}

// all are the lines of the log with a message and with all of the texts in them.
func (s *servedHere) all(message string, texts ...string) (found []map[string]any) {
	for text := range strings.Lines(s.log.String()) {
		var line map[string]any
		if json.Unmarshal([]byte(text), &line) == nil && line["msg"] == message &&
			!slices.ContainsFunc(texts, func(part string) bool { return !strings.Contains(text, part) }) {
			found = append(found, line)
		}
	}
	return found
}

// find is the last such line; nil if there is none.
func (s *servedHere) find(message string, texts ...string) (last map[string]any) {
	for _, last = range s.all(message, texts...) {
	}
	return last
}

// logs waits for such a line.
func (s *servedHere) logs(message string, texts ...string) map[string]any {
	s.t.Helper()
	var found map[string]any
	require.Eventually(s.t, func() bool { found = s.find(message, texts...); return found != nil }, keepertest.Patience, time.Millisecond, "%s %q\n%s", message, texts, s.log)
	return found
}

func (s *servedHere) address(key string) string {
	text, _ := s.line[key].(string)
	return text
}

// decides is the status of the answer about a client.
func (s *servedHere) decides(path, client string) int {
	s.t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://"+s.address("address")+path, nil)
	require.NoError(s.t, err)
	r.Header.Set("X-Forwarded-For", client)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(s.t, err)
	require.NoError(s.t, answer.Body.Close())
	return answer.StatusCode
}

func (s *servedHere) text(key, path string) (int, string) {
	s.t.Helper()
	answer, err := http.Get("http://" + s.address(key) + path)
	require.NoError(s.t, err)
	text, err := io.ReadAll(answer.Body)
	require.NoError(s.t, err)
	require.NoError(s.t, answer.Body.Close())
	return answer.StatusCode, string(text)
}

func (s *servedHere) becomes(path, client string, status int) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return s.decides(path, client) == status }, keepertest.Patience, 10*time.Millisecond)
}

const servedEdge = `"edge": {"trusted": ["127.0.0.1"], "source": "x-forwarded-for"}`

// servedPolicyFile names zones that block 203.0.113.0/24, with more keys.
func servedPolicyFile(keys string) string {
	return `{"okta": {"zones": ["zones.json"]}, ` + servedEdge + keys + `}`
}

// put replaces a file as mv does.
func put(t *testing.T, name, text string) {
	t.Helper()
	writeFile(t, name+".next", text)
	require.NoError(t, os.Rename(name+".next", name))
}

// Serve answers over HTTP and gRPC on the addresses of its flags, tells how it is on
// another, takes what changes and is asked for, keeps what it has beside what does
// not load, and goes on for a while when it is told to end.
func TestServeHere(t *testing.T) {
	folder(t, map[string]string{
		"a/netwicket.json": servedPolicyFile(`, "serve": {"listen": "127.0.0.1:1", "metrics": "127.0.0.1:1", "grpc": "127.0.0.1:1", "drain": "30m", "guard": ["192.0.2.1"]}`),
		"a/zones.json":     keepertest.Blocklist("203.0.113.0/24"),
		"b/netwicket.json": servedPolicyFile(`, "mode": "observe"`),
		"b/zones.json":     keepertest.Blocklist("198.51.100.0/24"),
		"c=d.json":         keepertest.Blocklist("198.51.100.0/25"),
	})
	s := serveHere(t, words("-c seen=b -c a -c shared=./c=d.json --listen 127.0.0.1:0 --metrics 127.0.0.1:0 --grpc 127.0.0.1:0 --drain 1ms --pprof")...)
	require.Equal(t, []any{false, false}, []any{s.line["tls"], s.line["proxy_protocol"]})
	first := s.all("policy loaded")
	require.Len(t, first, 3)
	fingerprint := first[0]["policy"]
	for i, want := range [][]any{{nil, "enforce"}, {"seen", "observe"}, {"shared", "enforce"}} {
		require.Equal(t, append(want, 1.0, 0.0, ""), []any{first[i]["policy_name"], first[i]["mode"], first[i]["zones"], first[i]["rules"], first[i]["data"]})
	}
	for path, want := range map[string]int{"": 403, "/seen": 204, "/shared": 204, "/other": 403} {
		require.Equal(t, want, s.decides("/decide"+path, "203.0.113.7"), path)
	}
	require.Equal(t, 204, s.decides("/decide", "198.51.100.7"))
	require.Equal(t, 403, s.decides("/decide/shared", "198.51.100.7"))
	for path, want := range map[string]int{"/metrics": 404, "/healthz": 404, "/debug/pprof/": 404} {
		code, _ := s.text("address", path)
		require.Equal(t, want, code, path)
		code, _ = s.text("metrics", path)
		require.Equal(t, 200, code, path)
	}
	connection, err := grpc.NewClient(s.address("grpc"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	answer, err := authv3.NewAuthorizationClient(connection).Check(t.Context(), &authv3.CheckRequest{}, grpc.WaitForReady(true))
	require.NoError(t, err)
	require.NotZero(t, answer.Status.Code, "nobody is named")
	require.NoError(t, connection.Close())

	s.signal(syscall.SIGHUP)
	for _, name := range []string{"seen", "shared"} {
		s.logs("policy reloaded: SIGHUP", fmt.Sprintf(`"policy_name":%q`, name))
	}
	s.logs("policy reloaded: SIGHUP", fmt.Sprintf(`"policy":%q`, fingerprint))

	put(t, "a/zones.json", keepertest.Blocklist("192.0.2.0/24"))
	refused := s.logs("policy not reloaded; the one in force stays", "192.0.2.1, which is in serve.guard")
	require.Equal(t, fingerprint, refused["policy"])
	require.NotEmpty(t, refused["cause"])
	put(t, "a/zones.json", "[{")
	s.logs("policy not reloaded; the one in force stays", "a/zones.json:1:")
	require.Equal(t, 403, s.decides("/decide", "203.0.113.7"))
	put(t, "a/zones.json", keepertest.Blocklist("198.51.100.0/24"))
	s.becomes("/decide", "203.0.113.7", 204)
	const other = `, "mode": "observe", "serve": {"listen": "127.0.0.1:2", "metrics": "127.0.0.1:1", "grpc": "127.0.0.1:1"}`
	put(t, "a/netwicket.json", strings.Replace(servedPolicyFile(other), "x-forwarded-for", "header:X-Real-IP", 1))
	s.logs("policy not reloaded; the one in force stays", "do not send the header of edge.source: 127.0.0.1")
	put(t, "a/netwicket.json", strings.Replace(servedPolicyFile(other), `"127.0.0.1"`, `"127.0.0.1", "10.0.0.1"`, 1))
	changed := s.logs("policy reloaded: files changed", `"changed":[`)["changed"]
	require.Equal(t, []any{"mode: enforce -> observe", "edge.trusted gains 10.0.0.1/32"}, changed)
	require.Equal(t, []any{"serve.listen"}, s.logs("settings changed that take effect after a restart")["settings"])
	_, metrics := s.text("metrics", "/metrics")
	for _, want := range []string{`{policy="",result="success"} [3-9]`, `{policy="",result="refused"} [1-9]`, `{policy="",result="failure"} [1-9]`, `{policy="seen",result="success"} 2`} {
		require.Regexp(t, "netwicket_reload_total"+want, strings.ReplaceAll(metrics, `{result=`, `{policy="",result=`))
	}

	s.cancel()
	require.Zero(t, s.ended())
	require.Equal(t, "1ms", s.find("shutting down")["drain"])
	require.Nil(t, s.find("connections were cut off"), s.log)
	for _, key := range []string{"address", "metrics", "grpc"} {
		_, err := net.Dial("tcp", s.address(key))
		require.Error(t, err, "nobody listens on %s", key)
	}
}

// A service that is told to end goes on deciding, and is not ready; told again it ends at once.
func TestServeEndsWhenToldAgain(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signals for others")
	}
	folder(t, map[string]string{
		"netwicket.json": servedPolicyFile(`, "serve": {"listen": "127.0.0.1:0", "drain": "30m"}`),
		"zones.json":     keepertest.Blocklist("203.0.113.0/24"),
	})
	self, err := os.Executable()
	require.NoError(t, err)
	child := exec.Command(self, "serve")
	child.Env = append(os.Environ(), programChild+"=1")
	log := new(lockedBuffer)
	child.Stderr = log
	require.NoError(t, child.Start())
	t.Cleanup(func() { _ = child.Process.Kill() }) // it has ended, where the test passes
	s := &servedHere{t: t, log: log}
	s.line = s.logs("serving")
	require.Equal(t, 204, s.decides("/decide", "198.51.100.7"))
	code, text := s.text("address", "/readyz")
	require.Equal(t, []any{200, "ok\n"}, []any{code, text})
	require.NoError(t, child.Process.Signal(syscall.SIGTERM))
	require.Equal(t, "30m0s", s.logs("shutting down")["drain"])
	code, text = s.text("address", "/readyz")
	require.Equal(t, []any{503, "shutting down\n"}, []any{code, text})
	require.Equal(t, 204, s.decides("/decide", "198.51.100.7"))
	require.Equal(t, 403, s.decides("/decide", "203.0.113.7"))
	require.NoError(t, child.Process.Signal(syscall.SIGTERM))
	require.ErrorContains(t, child.Wait(), "signal: terminated")
}
