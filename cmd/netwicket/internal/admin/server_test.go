package admin_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin"
)

// serving is a server that runs.
type serving struct {
	*admin.Server
	address string
	stop    func() error // ends it, once
}

func serve(t *testing.T, d *desk, certificates *tls.Config, metrics string, change ...func(*admin.Server)) *serving {
	t.Helper()
	server := admin.NewServer(d.Front, func() error { return nil })
	for _, c := range change {
		c(server)
	}
	require.NoError(t, server.Listen("127.0.0.1:0", metrics, certificates))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx) }()
	s := &serving{Server: server, address: server.Addr().String()}
	s.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = s.stop() })
	return s
}

// certificate is one for 127.0.0.1, and a pool that trusts it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	text, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(text)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		Certificates: []tls.Certificate{{Certificate: [][]byte{text}, PrivateKey: key}},
	}, pool
}

func get(t *testing.T, client *http.Client, at string) *http.Response {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, at, nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "SSWS writer")
	answer, err := client.Do(r)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return answer
}

// TestPlainHTTP is for loopback addresses alone (H11), whatever names them.
func TestPlainHTTP(t *testing.T) {
	certificates, _ := certificate(t)
	for address, loopback := range map[string]bool{
		"127.0.0.1:0": true, "localhost:0": true, "[::1]:0": true, "127.9.9.9:0": true, "[::ffff:127.0.0.1]:0": true,
		":0": false, "0.0.0.0:0": false, "[::]:0": false, "192.0.2.1:0": false, "127.0.0.1": false, "": false, "127.0.0.1:x": false,
	} {
		server := admin.NewServer(front(t).Front, func() error { return nil })
		err := server.Listen(address, "", nil)
		if !loopback {
			require.Error(t, err, address)
			continue
		}
		if err != nil && strings.Contains(address, "::1") {
			continue // a machine without IPv6
		}
		require.NoError(t, err, address)
		end(t, server)
	}
	server := admin.NewServer(front(t).Front, func() error { return nil })
	require.NoError(t, server.Listen("0.0.0.0:0", "", certificates), "TLS is for any address")
	end(t, server)
}

// end ends a server that nobody asked anything.
func end(t *testing.T, server *admin.Server) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, server.Serve(ctx))
}

// TestTLS: TLS 1.2 and newer, HTTP/1.1 and HTTP/2 (H11).
func TestTLS(t *testing.T) {
	certificates, pool := certificate(t)
	d := front(t)
	s := serve(t, d, certificates, "")
	for name, row := range map[string]struct {
		least, most uint16
		http2       bool
		proto       int
	}{
		"HTTP/2": {tls.VersionTLS12, tls.VersionTLS13, true, 2}, "HTTP/1.1": {tls.VersionTLS12, tls.VersionTLS13, false, 1},
		"TLS 1.2": {tls.VersionTLS12, tls.VersionTLS12, true, 2}, "TLS 1.3": {tls.VersionTLS13, tls.VersionTLS13, true, 2},
	} {
		t.Run(name, func(t *testing.T) {
			transport := &http.Transport{ForceAttemptHTTP2: row.http2, TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: row.least, MaxVersion: row.most}}
			defer transport.CloseIdleConnections()
			for range 3 { // the first one tells the connection from a stranger's
				answer := get(t, &http.Client{Transport: transport}, "https://"+s.address+"/api/v1/zones")
				require.Equal(t, http.StatusOK, answer.StatusCode)
				require.Equal(t, row.proto, answer.ProtoMajor)
				require.Len(t, answer.Header["X-Rate-Limit-Reset"], 1)
			}
		})
	}
	old, err := tls.Dial("tcp", s.address, &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}) //nolint:gosec // that it is refused is the test
	if err == nil {
		old.Close()
	}
	require.Error(t, err)
	plain, err := http.Get("http://" + s.address + "/api/v1/zones")
	require.NoError(t, err)
	require.NoError(t, plain.Body.Close())
	require.Equal(t, http.StatusBadRequest, plain.StatusCode, "plain HTTP where TLS is spoken")
}

// TestAbsoluteForm: H6. Requests come as to a proxy, beside others, and links lead
// to where they were for.
func TestAbsoluteForm(t *testing.T) {
	s := serve(t, front(t), nil, "")
	proxy := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: s.address, User: url.UserPassword("", "")})}
	defer proxy.CloseIdleConnections()
	for at, client := range map[string]*http.Client{
		"http://127.0.0.1/api/v1/zones": {Transport: proxy}, "http://acme.okta.com:8080/api/v1/zones": {Transport: proxy}, "http://" + s.address + "/api/v1/zones": http.DefaultClient,
	} {
		require.Equal(t, http.StatusOK, get(t, client, at).StatusCode, at)
	}
}

// said writes text and reads all that comes back.
func said(t *testing.T, connection net.Conn, text string) string {
	t.Helper()
	require.NoError(t, connection.SetDeadline(time.Now().Add(20*time.Second)))
	_, err := io.WriteString(connection, text)
	require.NoError(t, err)
	all, _ := io.ReadAll(connection) // a reset is an end too
	return string(all)
}

// TestRawRequests: what no client library sends.
func TestRawRequests(t *testing.T) {
	s := serve(t, front(t), nil, "")
	const end = "Authorization: SSWS writer\r\nConnection: close\r\n\r\n"
	for _, row := range []struct{ name, text, want string }{
		{"HTTP/1.0", "GET /api/v1/zones HTTP/1.0\r\nHost: a\r\n" + end, " 200 "},
		{"no Host in HTTP/1.0", "GET /api/v1/zones HTTP/1.0\r\n" + end, " 400 "},
		{"two Hosts", "GET /api/v1/zones HTTP/1.1\r\nHost: a\r\nHost: b\r\n" + end, " 400 "},
		{"an asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n" + end, " 404 "},
		{"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n" + end, " 404 "},
		{"absolute", "GET http://b/api/v1/zones HTTP/1.1\r\nHost: a\r\n" + end, `"base":"http://b"`},
		{"HEAD", "HEAD /api/v1/zones HTTP/1.1\r\nHost: a\r\n" + end, " 405 "},
		{"two lengths", "POST /api/v1/zones HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n" + end, " 400 "},
		{"a header of 100 KiB", "GET /api/v1/zones HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 100<<10) + "\r\n" + end, " 431 "},
		{"a chunked body", "POST /api/v1/zones HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n" + end + "2\r\n{}\r\n0\r\n\r\n", " 200 "},
		{"a body that breaks off", "POST /api/v1/zones HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n" + end + "zz\r\n", " 400 "},
	} {
		t.Run(row.name, func(t *testing.T) {
			connection, err := net.Dial("tcp", s.address)
			require.NoError(t, err)
			defer connection.Close()
			answer := said(t, connection, row.text)
			require.Contains(t, answer, row.want)
			require.NotContains(t, answer, "HTTP/1.1 5")
		})
	}
}

// TestStrangersDoNotCrowdOut: connections of those who say nothing, or say who they
// are not, make room for newer ones; those of callers do not.
func TestStrangersDoNotCrowdOut(t *testing.T) {
	certificates, pool := certificate(t)
	for name, config := range map[string]*tls.Config{"plain": nil, "TLS": certificates} {
		t.Run(name, func(t *testing.T) {
			d := front(t)
			s := serve(t, d, config, "", func(s *admin.Server) { s.SetRoom(3) })
			open := func() net.Conn {
				connection, err := net.Dial("tcp", s.address)
				require.NoError(t, err)
				if config != nil {
					connection = tls.Client(connection, &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"})
				}
				t.Cleanup(func() { _ = connection.Close() })
				require.NoError(t, connection.SetDeadline(time.Now().Add(20*time.Second)))
				return connection
			}
			caller := open()
			ask := func() {
				t.Helper()
				_, err := io.WriteString(caller, "GET /api/v1/zones HTTP/1.1\r\nHost: a\r\nAuthorization: SSWS writer\r\n\r\n")
				require.NoError(t, err)
				answer, err := http.ReadResponse(bufio.NewReader(caller), nil)
				require.NoError(t, err)
				_, err = io.Copy(io.Discard, answer.Body)
				require.NoError(t, err)
				require.Equal(t, http.StatusOK, answer.StatusCode)
			}
			ask()
			var silent []net.Conn
			for i := range 7 {
				one := open()
				silent = append(silent, one)
				text := "GET /api/v1/zones HTTP/1.1\r\nHost: a\r\nAuthorization: SSWS other\r\n"
				if i%2 == 0 {
					text += "X" // and never the rest
				}
				_, err := io.WriteString(one, text)
				require.NoError(t, err)
			}
			for _, one := range silent[:4] {
				_, err := one.Read(make([]byte, 1))
				require.Error(t, err)
				var late net.Error
				require.False(t, errors.As(err, &late) && late.Timeout(), "it is closed at once")
			}
			ask()
			require.Equal(t, 4.0, value(t, d.counters, "netwicket_admin_connections_evicted_total", nil))
		})
	}
}

// TestStatus: health and metrics are for anybody (D8), and on an address of their
// own if there is one.
func TestStatus(t *testing.T) {
	var broken error
	d := front(t)
	server := admin.NewServer(d.Front, func() error { return broken })
	require.NoError(t, server.Listen("127.0.0.1:0", "", nil))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx) }()
	base := "http://" + server.Addr().String()
	ask := func(path string) (int, string) {
		answer, err := http.Get(base + path)
		require.NoError(t, err)
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer.StatusCode, string(text)
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/-/ready": 200, "/metrics": 200, "/-/health": 403} {
		status, _ := ask(path)
		require.Equal(t, want, status, path)
	}
	broken = errors.New("secret path")
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/-/ready": 503} {
		status, text := ask(path)
		require.Equal(t, want, status, path)
		require.NotContains(t, text, "secret path")
	}
	cancel()
	require.NoError(t, <-ended)

	d = front(t)
	s := serve(t, d, nil, "127.0.0.1:0")
	base = "http://" + s.address
	for _, path := range []string{"/healthz", "/readyz", "/-/ready", "/metrics"} {
		status, _ := ask(path)
		require.Equal(t, http.StatusForbidden, status, "it is on the other address")
	}
}

// TestMetrics: every series is there from the start, and counts.
func TestMetrics(t *testing.T) {
	d := front(t)
	d.ask(question{target: "/api/v1/zones", token: "writer"})
	scraped := httptest.NewRecorder()
	admin.NewServer(d.Front, func() error { return nil }).Status().ServeHTTP(scraped, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	text := scraped.Body.String()
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	require.NoError(t, err)
	require.Empty(t, problems, "as Prometheus wants metrics to be, each with its help")
	for _, bound := range []string{"0.001", "0.005", "0.02", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "10", "+Inf"} {
		require.Contains(t, text, `netwicket_admin_request_seconds_bucket{family="zones",le="`+bound+`"}`)
	}
	d = front(t)
	for _, family := range []string{"zones", "policies", "threats", "users", "sailpoint", "other"} {
		label := map[string]string{"family": family}
		for _, status := range []string{"2xx", "4xx"} {
			require.Zero(t, value(t, d.counters, "netwicket_admin_requests_total", map[string]string{"family": family, "status": status}))
		}
		for _, name := range []string{"netwicket_admin_request_seconds", "netwicket_admin_write_seconds", "netwicket_admin_writes_total", "netwicket_admin_refused_writes_total"} {
			require.Zero(t, value(t, d.counters, name, label))
		}
	}
	require.Zero(t, value(t, d.counters, "netwicket_admin_refused_logins_total", nil))
	require.Equal(t, 7.0, value(t, d.counters, "netwicket_admin_generation", nil))
	require.Equal(t, 1771403333.0, value(t, d.counters, "netwicket_admin_generation_timestamp_seconds", nil))
	require.Equal(t, 1.0, value(t, d.counters, "netwicket_admin_documents_load", nil))
	d.ask(question{target: "/api/v1/zones", token: "writer"})
	d.ask(question{target: "/api/v1/zones", token: "other"})
	d.ask(question{verb: "DELETE", target: "/api/v1/zones/a", token: "writer"})
	d.ask(question{verb: "DELETE", target: "/api/v1/zones/a", token: "reader"})
	d.ask(question{verb: "POST", target: "/api/v1/zones", token: "writer", media: "application/json", body: "["}) // 400, which is none either
	d.ask(question{verb: "DELETE", target: "/api/v1/zones/a"})                                                    // of nobody
	d.ask(question{verb: "POST", target: "/oauth/token"})                                                         // changes nothing
	zones := map[string]string{"family": "zones"}
	for _, row := range []struct {
		name   string
		labels map[string]string
		want   float64
	}{
		{"netwicket_admin_requests_total", map[string]string{"family": "zones", "status": "2xx"}, 2},
		{"netwicket_admin_requests_total", map[string]string{"family": "zones", "status": "4xx"}, 4},
		{"netwicket_admin_request_seconds", zones, 6},
		{"netwicket_admin_writes_total", zones, 1},
		{"netwicket_admin_refused_writes_total", zones, 2},
		{"netwicket_admin_write_seconds", zones, 3},
		{"netwicket_admin_writes_total", map[string]string{"family": "sailpoint"}, 0},
		{"netwicket_admin_refused_writes_total", map[string]string{"family": "sailpoint"}, 0},
		{"netwicket_admin_refused_logins_total", nil, 1},
	} {
		require.Equal(t, row.want, value(t, d.counters, row.name, row.labels), row.name, row.labels)
	}
}
