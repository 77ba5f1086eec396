package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
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

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway/doorwaytest"
	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// servedHere is a command that goes on, running in this process.
type servedHere struct {
	t      *testing.T
	log    *lockedBuffer
	cancel func()         // tells it to end
	ended  func() int     // waits for the end, and gives the exit code
	line   map[string]any // of the log, which says where it listens
}

// serveHere runs serve with arguments, and waits until it listens.
func serveHere(t *testing.T, args ...string) *servedHere {
	t.Helper()
	return goesOnHere(t, "serving", append([]string{"serve"}, args...)...)
}

// goesOnHere runs a command until the test ends, and waits for a line of its log.
func goesOnHere(t *testing.T, message string, args ...string) *servedHere {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signals that a process sends itself")
	}
	stray := make(chan os.Signal, 1) // what comes too late does not end the test
	signal.Notify(stray, syscall.SIGTERM, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(stray) })
	log, done := new(lockedBuffer), make(chan int, 1)
	go func() { done <- run(args, strings.NewReader(""), io.Discard, log) }()
	s := &servedHere{t: t, log: log, ended: sync.OnceValue(func() int { return <-done })}
	s.cancel = sync.OnceFunc(func() { s.signal(syscall.SIGTERM) })
	t.Cleanup(func() { s.cancel(); s.ended() })
	for s.line == nil {
		s.line = s.find(message)
		select {
		case code := <-done:
			done <- code
			s.cancel = func() {}
			require.FailNow(t, "it ended", "%d\n%s", code, log)
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

// What keeps serve from starting is said, and nothing is left open.
func TestServeRefusesToStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, taken.Close()) }()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, free.Close())
	folder(t, map[string]string{
		"netwicket.json": servedPolicyFile(""),
		"zones.json":     keepertest.Blocklist("203.0.113.0/24"),
		"socket.json":    `{"okta": {"zones": ["zones.json"]}, "edge": {"trustUnix": true, "source": "x-forwarded-for"}}`,
		"tls.json":       servedPolicyFile(`, "serve": {"tlsCert": "zones.json", "tlsKey": "zones.json"}`),
		"long.json":      servedPolicyFile(`, "serve": {"tlsCert": "absent.pem", "tlsKey": "absent.pem"}`),
	})
	on := " --listen " + free.Addr().String()
	for args, want := range map[string]string{
		"--drain 2h":              `--drain "2h": expected a duration from 0s to 1h`,
		"--unknown-country x":     `--unknown-country "x"`,
		"-c absent.json":          "absent.json",
		"-c a/b=zones.json":       "a/b=zones.json",
		"-c . -c two=absent.json": "absent.json",
		"-c zones.json":           `serve needs an "edge" in the policy file`,
		"--listen unix:s":         "cannot answer on unix:s: its callers have no address, so that none is in edge.trusted; set edge.trustUnix if only proxies can reach it",
		"--grpc unix:s":           "cannot answer on unix:s: its callers have no address",
		"-c socket.json --listen unix:s --grpc 127.0.0.1:0": "cannot answer on 127.0.0.1:0: serve needs edge.trusted, the addresses of the proxies that may ask, since edge.trustUnix is for a Unix socket",
		"-c socket.json":                          "cannot answer on 127.0.0.1:9180: serve needs edge.trusted",
		"--pprof" + on:                            "--pprof needs an address of its own, away from where proxies ask: --metrics, or serve.metrics",
		"-c tls.json" + on:                        "certificate zones.json with key zones.json",
		"-c long.json" + on:                       "absent.pem",
		"--listen " + taken.Addr().String():       "cannot listen on " + taken.Addr().String(),
		"--grpc " + taken.Addr().String() + on:    "cannot listen on " + taken.Addr().String(),
		"--metrics " + taken.Addr().String() + on: "cannot listen on " + taken.Addr().String(),
		"now": "now",
	} {
		got := runIn(t, "", words("serve "+args)...)
		require.Equal(t, 1, got.code, args)
		require.Empty(t, got.out)
		require.Contains(t, got.stderr, want, args)
		require.NotContains(t, got.stderr, `"msg":"serving"`, args)
	}
	again, err := net.Listen("tcp", free.Addr().String())
	require.NoError(t, err, "what was open is closed")
	require.NoError(t, again.Close())
}

// A Unix socket is answered on where the policy trusts those who can reach it.
func TestServeOnASocket(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": `{"okta": {"zones": ["zones.json"]}, "edge": {"trustUnix": true, "source": "x-forwarded-for"}, "serve": {"listen": "unix:socket", "drain": "0s"}}`,
		"zones.json":     keepertest.Blocklist("203.0.113.0/24"),
	})
	s := serveHere(t)
	require.Equal(t, "unix:socket", s.line["address"])
	require.NotContains(t, s.line, "metrics")
	require.NotContains(t, s.line, "grpc")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", "socket")
	}}}
	for path, want := range map[string]int{"/decide": 403, "/readyz": 200} {
		r, err := http.NewRequest(http.MethodGet, "http://x"+path, nil)
		require.NoError(t, err)
		r.Header.Set("X-Forwarded-For", "203.0.113.7")
		answer, err := client.Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, want, answer.StatusCode, path)
	}
	s.cancel()
	require.Zero(t, s.ended())
	require.NoFileExists(t, "socket")
}

// The certificate is that of its files, which are read again when they change or when
// that is asked for.
func TestServeTLSHere(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": strings.Replace(servedPolicyFile(`, "serve": {"listen": "127.0.0.1:0", "tlsCert": "cert.pem", "tlsKey": "key.pem"}`), "x-forwarded-for", "header:X-Real-IP", 1),
		"zones.json":     keepertest.Blocklist("203.0.113.0/24"),
	})
	doorwaytest.WriteCertificate(t, ".", 1)
	s := serveHere(t)
	require.Equal(t, true, s.line["tls"])
	s.logs("policy warning", "have the proxy set X-Real-IP")
	serial := func() string {
		connection, err := tls.Dial("tcp", s.address("address"), &tls.Config{InsecureSkipVerify: true})
		require.NoError(t, err)
		defer connection.Close()
		return connection.ConnectionState().PeerCertificates[0].SerialNumber.String()
	}
	require.Equal(t, "1", serial())
	s.signal(syscall.SIGHUP)
	s.logs("certificate reloaded")
	put(t, "key.pem", "half a key")
	s.logs("the certificate was not reloaded; the one in force stays", "key.pem")
	require.Equal(t, "1", serial())
	next := t.TempDir()
	doorwaytest.WriteCertificate(t, next, 2)
	for _, name := range []string{"cert.pem", "key.pem"} {
		put(t, name, readFile(t, filepath.Join(next, name)))
	}
	require.Eventually(t, func() bool { return serial() == "2" }, keepertest.Patience, 5*time.Millisecond)
}

// A service that follows a channel denies everything before its first release, takes the
// ones that are sound, and tells of each that is not once.
func TestServeFollowsHere(t *testing.T) {
	c := keepertest.NewChannel(t)
	folder(t, c.Files(`}, `+servedEdge+`, "serve": {"listen": "127.0.0.1:0"}}`))
	aSnapshot := func(name, blocked string) string {
		snapshotOf(t, name, blocked)
		return readFile(t, name)
	}
	s := serveHere(t)
	none := s.logs("no release is in force: everything is denied until one comes")
	require.Equal(t, []any{"prod", c.Folder}, []any{none["channel"], none["from"]})
	require.Nil(t, s.find("policy loaded"))
	s.logs("no release was taken; the policy in force stays", `"result":"unreachable"`, `"error":"`)
	require.Equal(t, 403, s.decides("/decide", "198.51.100.7"))
	code, text := s.text("address", "/readyz")
	require.Equal(t, 503, code)
	require.Contains(t, text, "no release is in force, and everything is denied")

	first := aSnapshot("first.nws", "203.0.113.0/24")
	c.Publish(first, "")
	s.becomes("/decide", "198.51.100.7", 204)
	require.Equal(t, 403, s.decides("/decide", "203.0.113.7"))
	s.logs("policy reloaded: release")
	require.Eventually(t, func() bool { code, _ := s.text("address", "/readyz"); return code == 200 }, keepertest.Patience, time.Millisecond)
	status := func() (of map[string]any) {
		_, text := s.text("address", "/status")
		require.NoError(t, json.Unmarshal([]byte(text), &of), text)
		return of
	}
	require.Eventually(t, func() bool { return status()["lastError"] == nil && status()["version"] == 1.0 }, keepertest.Patience, time.Millisecond)
	require.NotNil(t, status()["inForceSince"])

	c.Publish(first, "", func(p *release.Payload) {
		p.Expires = time.Now().Add(-time.Minute)
		p.Created = p.Expires.Add(-time.Minute)
	})
	s.logs("no release was taken; the policy in force stays", `"result":"expired"`)
	c.Version = 0
	c.Publish(aSnapshot("second.nws", "198.51.100.0/24"), "")
	fork := s.logs("two releases have one version: somebody has signed another one; the policy in force stays", `"result":"fork"`)
	require.Equal(t, "ERROR", fork["level"])
	require.Equal(t, 204, s.decides("/decide", "198.51.100.7"))
	require.Equal(t, 1, strings.Count(s.log.String(), `"result":"expired"`), "looks that fail alike are told once")

	files := c.Files(`}, ` + servedEdge + `, "serve": {"listen": "127.0.0.1:0"}}`)
	put(t, "netwicket.json", strings.Replace(files["netwicket.json"], `"prod"`, `"test"`, 1))
	require.Equal(t, []any{"from"}, s.logs("settings changed that take effect after a restart")["settings"])
	_, metrics := s.text("address", "/metrics")
	require.Regexp(t, `netwicket_fetch_total\{result="installed"\} 1`, metrics)
	require.Regexp(t, `netwicket_fetch_total\{result="fork"\} [1-9]`, metrics)
}
