// Package edgetest asks a guarded handler what a proxy, and those who pose as
// one, would ask it.
package edgetest

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// Quiet drops the log for the rest of the test.
func Quiet(t *testing.T) {
	t.Helper()
	before := slog.Default()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	t.Cleanup(func() { slog.SetDefault(before) })
}

// trusted is a peer that the edge trusts.
const trusted = "127.0.0.1:4711"

// Check sends requests to a handler that answers "hello, CLIENT" to clients of
// the policy and 403 to all others, and answers /healthz to anybody.
func Check(t *testing.T, handler http.Handler) {
	Quiet(t)
	for _, row := range []struct {
		name, peer string
		lines      []string // of X-Forwarded-For
		client     string   // empty: denied
	}{
		{"allowed", trusted, []string{"203.0.113.7"}, "203.0.113.7"},
		{"allowed, IPv6 with a port", "[::1]:4711", []string{"[2001:db8:113::7]:443"}, "2001:db8:113::7"},
		{"allowed, mapped spelling", trusted, []string{"::ffff:203.0.113.7"}, "203.0.113.7"},
		{"denied", trusted, []string{"198.51.100.66"}, ""},
		{"forged in front, allowed all the same", trusted, []string{"198.51.100.66, 203.0.113.7"}, "203.0.113.7"},
		{"forged in front, denied all the same", trusted, []string{"203.0.113.7, 198.51.100.66"}, ""},
		{"repeated, the last line counts", trusted, []string{"203.0.113.7", "198.51.100.66"}, ""},
		{"repeated, the last line is allowed", trusted, []string{"198.51.100.66", "203.0.113.7"}, "203.0.113.7"},
		{"repeated, the last line is garbage", trusted, []string{"203.0.113.7", "unknown"}, ""},
		{"no header", trusted, nil, ""},
		{"empty header", trusted, []string{""}, ""},
		{"nobody but our proxy", trusted, []string{"127.0.0.1"}, ""},
		{"the header of a stranger", "198.51.100.66:4711", []string{"203.0.113.7"}, ""},
		{"a stranger's neighbour of the proxy", "127.0.0.2:4711", []string{"203.0.113.7"}, ""},
		{"an allowed client without a proxy", "203.0.113.7:4711", []string{"198.51.100.66"}, "203.0.113.7"},
		{"no peer", "", []string{"203.0.113.7"}, ""},
		{"a local socket is no peer", "@", []string{"203.0.113.7"}, ""},
		{"a name is no peer", "localhost:4711", []string{"203.0.113.7"}, ""},
		{"an impossible port", "127.0.0.1:65536", []string{"203.0.113.7"}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			request := httptest.NewRequest(http.MethodGet, "/", nil)
			request.RemoteAddr = row.peer
			request.Header["X-Forwarded-For"] = row.lines
			request.Header.Set("X-Real-IP", "203.0.113.7")
			request.Header.Set("True-Client-IP", "203.0.113.7")
			request.Header.Set("Forwarded", "for=203.0.113.7")
			check(t, ask(handler, request), row.client)
		})
	}
	t.Run("health", func(t *testing.T) {
		request := httptest.NewRequest(http.MethodGet, "/healthz", nil)
		request.RemoteAddr = "198.51.100.66:4711"
		if response := ask(handler, request); response.Code != http.StatusOK {
			t.Fatalf("status %d", response.Code)
		}
		request.Method = http.MethodPost
		check(t, ask(handler, request), "")
	})
	t.Run("early data", func(t *testing.T) {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.RemoteAddr = trusted
		request.Header.Set("X-Forwarded-For", "203.0.113.7")
		request.TLS = &tls.ConnectionState{}
		if response := ask(handler, request); response.Code != http.StatusTooEarly || strings.Contains(response.Body.String(), "hello") {
			t.Fatalf("%d %q", response.Code, response.Body)
		}
	})
	t.Run("over TCP", func(t *testing.T) { overTCP(t, handler) })
	t.Run("over a local socket", func(t *testing.T) { overLocalSocket(t, handler) })
}

func ask(handler http.Handler, request *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

func check(t *testing.T, response *httptest.ResponseRecorder, client string) {
	t.Helper()
	body := response.Body.String()
	if client == "" {
		if response.Code != http.StatusForbidden || body != "Forbidden\n" {
			t.Fatalf("%d %q, want a 403 that does not say why", response.Code, body)
		}
		return
	}
	if want := "hello, " + client + "\n"; response.Code != http.StatusOK || body != want {
		t.Fatalf("%d %q, want 200 %q", response.Code, body, want)
	}
}

// overTCP is the proxy itself: the peer is what the kernel says.
func overTCP(t *testing.T, handler http.Handler) {
	server := httptest.NewServer(handler)
	defer server.Close()
	for value, want := range map[string]int{"203.0.113.7": 200, "203.0.113.7, 198.51.100.66": 403, "": 403} {
		if got := status(t, server.Client(), server.URL, value); got != want {
			t.Errorf("%q gets %d, want %d", value, got, want)
		}
	}
}

// overLocalSocket has a peer without an address.
func overLocalSocket(t *testing.T, handler http.Handler) {
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Skipf("no local sockets here: %v", err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: handler}}
	server.Start()
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}}
	defer client.CloseIdleConnections()
	if got := status(t, client, "http://socket/", "203.0.113.7"); got != http.StatusForbidden {
		t.Errorf("status %d, want 403", got)
	}
}

func status(t *testing.T, client *http.Client, url, value string) int {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header["X-Forwarded-For"] = []string{value}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode
}
