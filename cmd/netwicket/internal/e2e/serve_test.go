//go:build unix

package e2e_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway/doorwaytest"
)

const edge = `"edge": {"trusted": ["127.0.0.1"], "source": "x-forwarded-for"}`

// writePolicy writes a policy file with these keys beside a zones file that
// blocks 203.0.113.0/24, and gives its folder.
func writePolicy(t *testing.T, keys string) string {
	t.Helper()
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "netwicket.json"), `{"okta": {"zones": ["zones.json"]}, `+keys+`}`)
	writeFile(t, filepath.Join(folder, "zones.json"), zonesBlocking("203.0.113.0/24"))
	return folder
}

func zonesBlocking(network string) string {
	return `[{"type": "IP", "id": "b", "name": "Blocked", "status": "ACTIVE", "usage": "BLOCKLIST",
		"gateways": [{"type": "CIDR", "value": "` + network + `"}]}]`
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
}

// fails runs serve where it must not start, and gives what it says.
func fails(t *testing.T, folder string, args ...string) string {
	t.Helper()
	p := start(t, folder, program, append([]string{"serve"}, args...)...)
	select {
	case <-p.done:
	case <-time.After(patience):
		require.FailNow(t, "it runs")
	}
	require.Equal(t, 1, p.command.ProcessState.ExitCode(), p.output)
	return p.output.String()
}

func TestRefusesToStart(t *testing.T) {
	good := `"edge": {"trusted": ["127.0.0.1"], "source": "x-forwarded-for"}`
	for _, test := range []struct{ name, keys, want string }{
		{"no edge", `"mode": "enforce"`, `serve needs an "edge"`},
		{"no trusted proxies", `"edge": {"source": "x-forwarded-for"}`, "edge.trusted"},
		{"source peer", `"edge": {"trusted": ["127.0.0.1"], "source": "peer"}`, "edge.source"},
		{"a list as one header", `"edge": {"trusted": ["127.0.0.1"], "source": "header:Forwarded"}`, "the source that reads it is forwarded"},
		{"an empty list of proxies", `"edge": {"trusted": [{"file": "zones.json.txt"}], "source": "x-forwarded-for"}`, "zones.json.txt"},
		{"everybody trusted", `"edge": {"trusted": ["0.0.0.0/0"], "source": "x-forwarded-for"}`, "allowTrustAll"},
		{"unknown key", good + `, "server": {}`, `"server": unknown key`},
		{"unknown key of serve", good + `, "serve": {"listne": ":1"}`, `"listne": unknown key`},
		{"bad listen", good + `, "serve": {"listen": "nowhere"}`, "expected an address to listen on"},
		{"bad metrics", good + `, "serve": {"listen": "127.0.0.1:0", "metrics": "127.0.0.1:99999"}`, "expected an address to listen on"},
		{"half of TLS", good + `, "serve": {"tlsCert": "cert.pem"}`, "go together"},
		{"no certificate", good + `, "serve": {"listen": "127.0.0.1:0", "tlsCert": "cert.pem", "tlsKey": "key.pem"}`, "cert.pem: no such file"},
		{"a key twice", good + `, "okta": {"zones": []}`, "has this key already"},
		{"bad guard", good + `, "serve": {"guard": ["nobody"]}`, `"nobody"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			output := fails(t, writePolicy(t, test.keys))
			require.Contains(t, strings.ReplaceAll(output, "open ", ""), test.want)
		})
	}
	t.Run("a certificate that is none", func(t *testing.T) {
		folder := writePolicy(t, good+`, "serve": {"listen": "127.0.0.1:0", "tlsCert": "zones.json", "tlsKey": "zones.json"}`)
		require.Contains(t, fails(t, folder), "certificate zones.json with key zones.json")
	})
	t.Run("no policy file", func(t *testing.T) {
		require.Contains(t, fails(t, t.TempDir()), "there is no policy file in this folder")
	})
	t.Run("a listener that is taken", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer listener.Close()
		address := listener.Addr().String()
		folder := writePolicy(t, good)
		require.Contains(t, fails(t, folder, "--listen", address), "cannot listen on "+address)
		require.Contains(t, fails(t, folder, "--listen", "127.0.0.1:0", "--metrics", address), "cannot listen on "+address)
	})
	t.Run("a further policy without its file", func(t *testing.T) {
		require.Contains(t, fails(t, writePolicy(t, good), "-c", ".", "-c", "other=missing.json"), "missing.json")
	})
	t.Run("arguments", func(t *testing.T) {
		require.Contains(t, fails(t, writePolicy(t, good), "now"), "now")
	})
}

// serving is a running service that is asked from the trusted address.
type serving struct {
	*process
	address, status string
}

// serve starts the program on free ports and waits for it.
func serve(t *testing.T, folder string, args ...string) *serving {
	t.Helper()
	p := freePorts(t)
	s := &serving{
		address: fmt.Sprintf("127.0.0.1:%d", p.service),
		status:  fmt.Sprintf("127.0.0.1:%d", p.web),
	}
	s.process = start(t, folder, program, append([]string{"serve", "--listen", s.address, "--metrics", s.status}, args...)...)
	s.answers(p.service)
	s.answers(p.web)
	return s
}

// decides is the status of an answer about a client.
func (s *serving) decides(path, client string) int {
	s.t.Helper()
	r, err := http.NewRequest("GET", "http://"+s.address+path, nil)
	require.NoError(s.t, err)
	r.Header.Set(xff, client)
	response, err := http.DefaultClient.Do(r)
	require.NoError(s.t, err)
	require.NoError(s.t, response.Body.Close())
	return response.StatusCode
}

func (s *serving) text(path string) (int, string) {
	s.t.Helper()
	response, err := http.Get("http://" + s.status + path)
	require.NoError(s.t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	require.NoError(s.t, response.Body.Close())
	return response.StatusCode, string(text)
}

func (s *serving) becomes(path, client string, status int) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return s.decides(path, client) == status }, patience, 10*time.Millisecond)
}

// logs waits for a line of the log whose message begins so.
func (s *serving) logs(message string) map[string]any {
	s.t.Helper()
	var found map[string]any
	require.Eventually(s.t, func() bool {
		for _, text := range strings.Split(s.output.String(), "\n") {
			var line map[string]any
			if json.Unmarshal([]byte(text), &line) == nil && strings.HasPrefix(fmt.Sprint(line["msg"]), message) {
				found = line
			}
		}
		return found != nil
	}, patience, 10*time.Millisecond, message)
	return found
}

func TestServe(t *testing.T) {
	folder := writePolicy(t, edge)
	s := serve(t, folder)
	require.Equal(t, 204, s.decides("/decide", "198.51.100.7"))
	require.Equal(t, 403, s.decides("/decide", "203.0.113.7"))
	require.Equal(t, 404, s.decides("/metrics", ""))
	for _, path := range []string{"/healthz", "/readyz"} {
		status, _ := s.text(path)
		require.Equal(t, 200, status, path)
	}
	_, metrics := s.text("/metrics")
	require.Contains(t, metrics, `netwicket_decisions_total{decision="deny",mode="enforce",reason="blocklisted"} 1`)
	require.Contains(t, metrics, `netwicket_reload_total{result="success"} 1`)
	require.Contains(t, metrics, `netwicket_build_info{`)
	line := s.logs("denied")
	require.Equal(t, "203.0.113.7", line["client_ip"])
	require.Equal(t, "127.0.0.1", line["peer_ip"])

	s.end(syscall.SIGTERM)
	require.NoError(t, s.failure)
	for _, text := range strings.Split(strings.TrimSpace(s.output.String()), "\n") {
		require.True(t, json.Valid([]byte(text)), text)
	}
}

func TestServeReloads(t *testing.T) {
	folder := writePolicy(t, edge+`, "serve": {"guard": ["192.0.2.1"]}`)
	s := serve(t, folder)
	zones, policy := filepath.Join(folder, "zones.json"), filepath.Join(folder, "netwicket.json")

	writeFile(t, zones, zonesBlocking("198.51.100.0/24"))
	s.becomes("/decide", "203.0.113.7", 204)
	require.Equal(t, 403, s.decides("/decide", "198.51.100.7"))
	s.logs("policy reloaded")

	writeFile(t, zones, zonesBlocking("192.0.2.0/24"))
	require.Contains(t, fmt.Sprint(s.logs("policy not reloaded")["errors"]), "192.0.2.1, which is in serve.guard")
	require.Equal(t, 403, s.decides("/decide", "198.51.100.7"))

	original, err := os.ReadFile(policy)
	require.NoError(t, err)
	require.NoError(t, os.Remove(policy))
	require.Eventually(t, func() bool {
		return strings.Contains(s.output.String(), "there is no policy file")
	}, patience, 10*time.Millisecond)
	require.Equal(t, 403, s.decides("/decide", "198.51.100.7"))
	status, _ := s.text("/readyz")
	require.Equal(t, 200, status)

	writeFile(t, policy, `{"okta": {"zones": ["zones.json"]}}`)
	require.Eventually(t, func() bool {
		return strings.Contains(s.output.String(), `serve needs an \"edge\"`)
	}, patience, 10*time.Millisecond)
	require.Equal(t, 403, s.decides("/decide", "198.51.100.7"))

	writeFile(t, zones, zonesBlocking("203.0.113.0/24"))
	writeFile(t, policy, strings.Replace(string(original), `"serve": {`, `"serve": {"listen": "127.0.0.1:1", `, 1))
	s.becomes("/decide", "198.51.100.7", 204)
	require.Contains(t, fmt.Sprint(s.logs("settings changed")["settings"]), "serve.listen")
	_, metrics := s.text("/metrics")
	require.Regexp(t, `netwicket_reload_total{result="refused"} [1-9]`, metrics)
	require.Regexp(t, `netwicket_reload_total{result="failure"} [1-9]`, metrics)

	require.NoError(t, s.command.Process.Signal(syscall.SIGHUP))
	s.logs("policy reloaded: SIGHUP")
}

// A header that the proxy may copy from its client is warned of, at the start and at
// every reload.
func TestServeWarnsOfSingleHeaders(t *testing.T) {
	single := `"edge": {"trusted": ["127.0.0.1"], "source": "header:X-Real-IP"}`
	folder := writePolicy(t, single)
	s := serve(t, folder)
	warnings := func() int {
		return strings.Count(s.output.String(), "the proxy that asks netwicket serve may copy this header")
	}
	require.Contains(t, fmt.Sprint(s.logs("policy warning")["warning"]), "have the proxy set X-Real-IP")
	require.Equal(t, 1, warnings())
	writeFile(t, filepath.Join(folder, "zones.json"), zonesBlocking("198.51.100.0/24"))
	s.logs("policy reloaded")
	require.Eventually(t, func() bool { return warnings() == 2 }, patience, 10*time.Millisecond)
}

// The proxies of a watched list are believed from when it lists them, and an empty
// list leaves those in force.
func TestServeFollowsListsOfProxies(t *testing.T) {
	folder := writePolicy(t, `"edge": {"trusted": [{"file": "proxies.txt"}], "source": "x-forwarded-for"}`)
	list := filepath.Join(folder, "proxies.txt")
	writeFile(t, list, "192.0.2.1\n")
	s := serve(t, folder)
	require.Equal(t, 403, s.decides("/decide", "198.51.100.7"))
	writeFile(t, list, "192.0.2.1\n127.0.0.1\n")
	s.becomes("/decide", "198.51.100.7", 204)
	writeFile(t, list, "# emptied\n")
	require.Contains(t, fmt.Sprint(s.logs("policy not reloaded")["errors"]), "the list has no network")
	require.Equal(t, 204, s.decides("/decide", "198.51.100.7"))
}

func TestServeFurtherPolicies(t *testing.T) {
	first, second := writePolicy(t, edge), writePolicy(t, edge+`, "mode": "observe"`)
	zones := filepath.Join(t.TempDir(), "zones.json")
	writeFile(t, zones, zonesBlocking("198.51.100.0/24"))
	s := serve(t, first, "-c", "seen="+second, "-c", first, "-c", "shared="+zones)
	require.Equal(t, 403, s.decides("/decide", "203.0.113.7"))
	require.Equal(t, 204, s.decides("/decide/seen", "203.0.113.7"))
	require.Equal(t, 204, s.decides("/decide/shared", "203.0.113.7"))
	require.Equal(t, 403, s.decides("/decide/shared", "198.51.100.7"), "with the edge of the first policy")
	require.Equal(t, 403, s.decides("/decide/other", "198.51.100.7"))
	writeFile(t, zones, zonesBlocking("203.0.113.0/24"))
	s.becomes("/decide/shared", "203.0.113.7", 403)
	require.Equal(t, 204, s.decides("/decide/seen", "203.0.113.7"))
	require.Equal(t, "seen", s.logs("would be denied")["policy_name"])
}

func TestServeNamedPoliciesOnly(t *testing.T) {
	s := serve(t, t.TempDir(), "-c", "one="+writePolicy(t, edge))
	require.Equal(t, 403, s.decides("/decide", "198.51.100.7"))
	require.Equal(t, 204, s.decides("/decide/one", "198.51.100.7"))
	require.Equal(t, 403, s.decides("/decide/one", "203.0.113.7"))
}

// TestServeWithAFullDevice writes the log to a device that takes nothing.
func TestServeWithAFullDevice(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	defer full.Close()
	s := serve(t, writePolicy(t, edge))
	s.end(syscall.SIGTERM)

	again := start(t, s.command.Dir, "sh", "-c", `exec "$0" serve --listen "$1" --metrics "$2" 2>/dev/full`, program, s.address, s.status)
	_, port, err := net.SplitHostPort(s.address)
	require.NoError(t, err)
	var number int
	_, err = fmt.Sscan(port, &number)
	require.NoError(t, err)
	again.answers(number)
	s.process = again
	for range 300 {
		require.Equal(t, 403, s.decides("/decide", "203.0.113.7"))
	}
	require.Equal(t, 204, s.decides("/decide", "198.51.100.7"))
	require.Eventually(t, func() bool {
		_, metrics := s.text("/metrics")
		return !strings.Contains(metrics, `netwicket_log_lines_dropped_total{cause="output"} 0`)
	}, patience, 10*time.Millisecond)
	t.Log("figure: the log on a full device: 300 denied as before, none let in")
	again.end(syscall.SIGTERM)
	require.NoError(t, again.failure)
}

// TestServeTLSBehindABalancer: TLS inside of the PROXY protocol, and a new
// certificate in the same files.
func TestServeTLSBehindABalancer(t *testing.T) {
	folder := writePolicy(t, edge+`, "serve": {"tlsCert": "cert.pem", "tlsKey": "key.pem", "proxyProtocol": true}`)
	doorwaytest.WriteCertificate(t, folder, 1)
	s := serve(t, folder)
	ask := func(preamble string) (serial string, status int) {
		connection, err := net.Dial("tcp", s.address)
		require.NoError(t, err)
		defer connection.Close()
		require.NoError(t, connection.SetDeadline(time.Now().Add(patience)))
		_, err = io.WriteString(connection, preamble)
		require.NoError(t, err)
		secured := tls.Client(connection, &tls.Config{InsecureSkipVerify: true})
		if secured.Handshake() != nil {
			return "", 0
		}
		_, err = io.WriteString(secured, "GET /decide HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n")
		require.NoError(t, err)
		response, err := http.ReadResponse(bufio.NewReader(secured), nil)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return secured.ConnectionState().PeerCertificates[0].SerialNumber.String(), response.StatusCode
	}
	_, status := ask("")
	require.Equal(t, 0, status, "no header, no answer")
	_, status = ask("PROXY TCP4 198.51.100.1 127.0.0.1 1 2\r\n")
	require.Equal(t, 403, status, "the balancer names a stranger")
	serial, status := ask("PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n")
	require.Equal(t, 204, status)
	require.Equal(t, "1", serial)

	writeFile(t, filepath.Join(folder, "key.pem"), "half a key")
	s.logs("the certificate was not reloaded")
	doorwaytest.WriteCertificate(t, folder, 2)
	require.Eventually(t, func() bool {
		serial, status = ask("PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n")
		return serial == "2" && status == 204
	}, patience, 50*time.Millisecond)
}

// keptOpen asks again and again on one connection, until an answer closes it.
func (s *serving) keptOpen() func() (status int, closed bool) {
	s.t.Helper()
	connection, err := net.Dial("tcp", s.address)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = connection.Close() })
	require.NoError(s.t, connection.SetDeadline(time.Now().Add(patience)))
	reader := bufio.NewReader(connection)
	return func() (int, bool) {
		_, err := io.WriteString(connection, "GET /decide HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n")
		require.NoError(s.t, err)
		response, err := http.ReadResponse(reader, nil)
		require.NoError(s.t, err)
		require.NoError(s.t, response.Body.Close())
		return response.StatusCode, response.Close
	}
}

// TestServeDrains: a service that is told to end is not ready, and decides on both
// old and new connections until the time is over or it is told again.
func TestServeDrains(t *testing.T) {
	for name, test := range map[string]struct {
		keys string
		args []string
	}{
		"by the flag":        {"", []string{"--drain", "30m"}},
		"by the policy file": {`, "serve": {"drain": "30m"}`, nil},
		"by the flag first":  {`, "serve": {"drain": "0s"}`, []string{"--drain", "30m"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, writePolicy(t, edge+test.keys), test.args...)
			ask := s.keptOpen()
			status, closed := ask()
			require.Equal(t, 204, status)
			require.False(t, closed)
			require.NoError(t, s.command.Process.Signal(syscall.SIGTERM))
			require.Equal(t, "30m0s", s.logs("shutting down")["drain"])
			status, text := s.text("/readyz")
			require.Equal(t, 503, status)
			require.Equal(t, "shutting down\n", text)
			status, _ = s.text("/healthz")
			require.Equal(t, 200, status)
			status, closed = ask()
			require.Equal(t, 204, status)
			require.True(t, closed, "the next question may go to another instance")
			require.Equal(t, 204, s.decides("/decide", "198.51.100.7"))
			require.Equal(t, 403, s.decides("/decide", "203.0.113.7"))
			s.end(syscall.SIGTERM)
			require.Error(t, s.failure, "a second signal ends it at once")
		})
	}
	t.Run("and ends", func(t *testing.T) {
		s := serve(t, writePolicy(t, edge+`, "serve": {"drain": "30m"}`), "--drain", "1ms")
		s.end(syscall.SIGTERM)
		require.NoError(t, s.failure)
	})
	t.Run("for as long as the file says now", func(t *testing.T) {
		folder := writePolicy(t, edge+`, "serve": {"drain": "30m"}`)
		s := serve(t, folder)
		writeFile(t, filepath.Join(folder, "netwicket.json"), `{"okta": {"zones": ["zones.json"]}, `+edge+`}`)
		s.logs("policy reloaded")
		s.end(syscall.SIGTERM)
		require.NoError(t, s.failure)
	})
	for _, wrong := range []string{"-1s", "5", "2h", "soon"} {
		require.Contains(t, fails(t, writePolicy(t, edge), "--drain="+wrong), `--drain "`+wrong+`": expected a duration from 0s to 1h`)
		require.Contains(t, fails(t, writePolicy(t, edge+`, "serve": {"drain": "`+wrong+`"}`)), `expected a duration from 0s to 1h`)
	}
}

// TestServeOnSockets: both listeners, by the policy file and by the flags.
func TestServeOnSockets(t *testing.T) {
	folder := writePolicy(t, `"edge": {"trustUnix": true, "source": "x-forwarded-for"}, "serve": {"listen": "unix:ask.sock", "metrics": "unix:status.sock"}`)
	for _, names := range [][]string{{"ask.sock", "status.sock"}, {"ask2.sock", "status2.sock"}} {
		args := []string{"serve"}
		if names[0] != "ask.sock" {
			args = append(args, "--listen", "unix:"+names[0], "--metrics", "unix:"+names[1])
		}
		s := &serving{process: start(t, folder, program, args...)}
		line := s.logs("serving")
		require.Regexp(t, `^unix:.*`+names[0]+`$`, line["address"])
		get := func(socket, path, client string) int {
			transport := &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
				return net.Dial("unix", filepath.Join(folder, socket))
			}}
			r, err := http.NewRequest("GET", "http://netwicket"+path, nil)
			require.NoError(t, err)
			r.Header.Set(xff, client)
			response, err := (&http.Client{Transport: transport}).Do(r)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			return response.StatusCode
		}
		require.Equal(t, 204, get(names[0], "/decide", "198.51.100.7"))
		require.Equal(t, 403, get(names[0], "/decide", "203.0.113.7"))
		require.Equal(t, 200, get(names[1], "/readyz", ""))
		require.Contains(t, fails(t, folder, args[1:]...), "address already in use")
		s.end(syscall.SIGTERM)
		require.NoError(t, s.failure)
		require.NoFileExists(t, filepath.Join(folder, names[0]))
		require.NoFileExists(t, filepath.Join(folder, names[1]))
	}
	require.Contains(t, fails(t, writePolicy(t, edge+`, "serve": {"listen": "unix:ask.sock"}`)), "set edge.trustUnix")
	require.Contains(t, fails(t, folder, "--listen", "127.0.0.1:0"), "serve needs edge.trusted")
	require.Contains(t, fails(t, writePolicy(t, edge+`, "serve": {"listen": "unix:"}`)), "expected an address to listen on")
}
