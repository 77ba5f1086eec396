//go:build unix

package e2e_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestLocalSocketNamesNobody: over a local socket a proxy knows no address of its
// client. What the client says of itself is then all there is, and lets nobody in.
func TestLocalSocketNamesNobody(t *testing.T) {
	for _, p := range []struct {
		proxy
		file, listener, socket string // the example's listener, and one on the local socket "socket"
	}{
		{proxy{"nginx", "nginx", []string{"-e", "stderr", "-p", ".", "-c", "nginx.conf", "-g", "daemon off;"}, true},
			"nginx.conf", "listen 127.0.0.1:8080;", "listen unix:socket;"},
		{proxy{"nginx", "nginx", []string{"-e", "stderr", "-p", ".", "-c", "nginx.conf", "-g", "daemon off;"}, true},
			"nginx.conf", "listen 127.0.0.1:8080;", "listen unix:socket proxy_protocol; set_real_ip_from unix:; real_ip_header proxy_protocol;"},
		{proxy{"caddy", "caddy", []string{"run", "--config", "Caddyfile", "--adapter", "caddyfile"}, false},
			"Caddyfile", "bind 127.0.0.1\n\n\t# Caddy sets", "bind unix/socket\n\n\t# Caddy sets"},
		{proxy{"haproxy", "haproxy", []string{"-f", "haproxy.cfg"}, true},
			"haproxy.cfg", "bind 127.0.0.1:8080", "bind unix@socket"},
		{proxy{"haproxy", "haproxy", []string{"-f", "haproxy.cfg"}, true},
			"haproxy.cfg", "bind 127.0.0.1:8080", "bind unix@socket accept-proxy"},
	} {
		t.Run(p.example+" "+p.socket, func(t *testing.T) {
			path, err := exec.LookPath(p.program)
			if err != nil {
				t.Skipf("%s is not installed", p.program)
			}
			t.Parallel()
			r := &running{proxy: p.proxy, ports: freePorts(t)}
			r.folder = copyExamples(t, r.ports, p.example, "forwardauth")
			folder := filepath.Join(r.folder, p.example)
			text, err := os.ReadFile(filepath.Join(folder, p.file))
			require.NoError(t, err)
			listener := r.in(p.listener)
			require.Equal(t, 1, strings.Count(string(text), listener), "the listener that is replaced")
			text = []byte(strings.Replace(string(text), listener, p.socket, 1))
			require.NoError(t, os.WriteFile(filepath.Join(folder, p.file), text, 0o644))
			r.startService(t)
			running := start(t, folder, path, p.args...)
			socket := socketPath(t, folder)
			require.Eventually(t, func() bool {
				connection, err := net.Dial("unix", socket)
				return err == nil && connection.Close() == nil
			}, patience, 20*time.Millisecond, running.output)

			openings := map[string]int{"": 403} // what comes before the request, and the answer
			if strings.Contains(p.socket, "proxy_protocol") || strings.Contains(p.socket, "accept-proxy") {
				openings = map[string]int{
					"PROXY UNKNOWN\r\n":                            403,
					"\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00":       403, // LOCAL
					"PROXY TCP4 " + allowed + " 127.0.0.1 1 1\r\n": 200,
					"PROXY TCP4 " + blocked + " 127.0.0.1 1 1\r\n": 403,
				}
			}
			for opening, want := range openings {
				for name, headers := range map[string][]string{
					"nothing":                {},
					"allowed":                {xff, allowed},
					"allowed, by the proxy":  {xff, allowed + ", 127.0.0.1"},
					"a comma at the end":     {xff, allowed + ","},
					"an empty line":          {xff, allowed, xff, ""},
					"forwarded, other names": {"Forwarded", "for=" + allowed, "X-Real-IP", allowed},
				} {
					answer, err := socketClient(t, socket, opening).ask("GET", "", headers...)
					require.NoError(t, err, "%q, %s", opening, name)
					require.Equal(t, want == 200, answer.passed(), "%q, %s", opening, name)
					require.Equal(t, want == 200, answer.status < 400, "%q, %s: %d", opening, name, answer.status)
				}
			}
		})
	}
}

// socketPath is a short name of folder/socket: a system takes about a hundred bytes,
// and a test's folder may have more.
func socketPath(t *testing.T, folder string) string {
	t.Helper()
	short, err := os.MkdirTemp("", "")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(short)) })
	require.NoError(t, os.Symlink(folder, filepath.Join(short, "f")))
	return filepath.Join(short, "f", "socket")
}

// socketClient connects to a local socket and first says what a proxy in front would.
func socketClient(t *testing.T, path, opening string) *client {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		connection, err := new(net.Dialer).DialContext(ctx, "unix", path)
		if err == nil && opening != "" {
			_, err = connection.Write([]byte(opening))
		}
		return connection, err
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &client{url: "http://socket/", http: &http.Client{Transport: transport, Timeout: patience}}
}
