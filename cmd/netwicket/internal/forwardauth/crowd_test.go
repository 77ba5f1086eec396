package forwardauth_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
)

// dial opens a connection from a loopback address that the test closes.
func dial(t *testing.T, from, address string) net.Conn {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 20 * time.Second}
	connection, err := dialer.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	require.NoError(t, connection.SetDeadline(time.Now().Add(20*time.Second)))
	return connection
}

// exchanged sends a request and reads its answer; closed says that the connection
// ends behind it.
func exchanged(t *testing.T, connection net.Conn, request string) (status int, closed bool) {
	t.Helper()
	_, err := io.WriteString(connection, request)
	require.NoError(t, err)
	return answered(t, connection)
}

// answered reads an answer; closed says that the connection ends behind it.
func answered(t *testing.T, connection net.Conn) (status int, closed bool) {
	t.Helper()
	reader := bufio.NewReader(connection)
	response, err := http.ReadResponse(reader, nil)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	if !response.Close {
		return response.StatusCode, false
	}
	_, err = reader.ReadByte()
	require.ErrorIs(t, err, io.EOF)
	return response.StatusCode, true
}

// TestStrangersConnectionsAreClosed behind every answer; proxies keep theirs.
func TestStrangersConnectionsAreClosed(t *testing.T) {
	s := serve(t, loopback())
	plain := listen(t, s, forwardauth.Listener{})
	proxied := listen(t, s, forwardauth.Listener{ProxyProtocol: true})
	const allowed, line = "X-Forwarded-For: 198.51.100.7\r\n", "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n"
	for _, test := range []struct {
		name, from, address, request string
		status                       int
		closed                       bool
	}{
		{"a proxy", "127.0.0.1", plain, get("/decide", allowed), 204, false},
		{"a proxy's denial", "127.0.0.1", plain, get("/decide", ""), 400, false},
		{"a proxy's probe", "127.0.0.1", plain, get("/readyz", ""), 200, false},
		{"a proxy that errs", "127.0.0.1", plain, get("/decide/other", allowed), 403, false},
		{"a proxy that is lost", "127.0.0.1", plain, get("/nowhere", allowed), 404, false},
		{"a stranger", "127.0.0.2", plain, get("/decide", allowed), 403, true},
		{"a stranger with another policy", "127.0.0.2", plain, get("/decide/other", allowed), 403, true},
		{"a stranger's probe", "127.0.0.2", plain, get("/healthz", ""), 200, true},
		{"a stranger's metrics", "127.0.0.2", plain, get("/metrics", ""), 200, true},
		{"a stranger who is lost", "127.0.0.2", plain, get("/nowhere", ""), 404, true},
		{"a proxy behind a balancer", "127.0.0.1", proxied, line + get("/decide", allowed), 204, false},
		{"a stranger behind a balancer", "127.0.0.1", proxied, strings.Replace(line, "127.0.0.1", "192.0.2.1", 1) + get("/decide", allowed), 403, true},
		{"a stranger who is no balancer", "127.0.0.2", proxied, get("/decide", allowed), 403, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, closed := exchanged(t, dial(t, test.from, test.address), test.request)
			require.Equal(t, test.status, status)
			require.Equal(t, test.closed, closed)
		})
	}
}

// TestStrangersDoNotCrowdOut: however many strangers do nothing, they hold no more
// connections than there is room for, and a later one gets its answer; so do a
// proxy's connections that are older than all of theirs.
func TestStrangersDoNotCrowdOut(t *testing.T) {
	certificate := loadCertificate(t)
	const line = "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n"
	allowed := get("/decide", "X-Forwarded-For: 198.51.100.7\r\n")
	for _, test := range []struct {
		name     string
		listener forwardauth.Listener
		idler    string // where those come from that do nothing
		preamble string
	}{
		{"plain", forwardauth.Listener{}, "127.0.0.2", ""},
		{"TLS", forwardauth.Listener{TLS: certificate.Config()}, "127.0.0.2", ""},
		{"behind a balancer", forwardauth.Listener{ProxyProtocol: true}, "127.0.0.1", line},
		{"TLS behind a balancer", forwardauth.Listener{ProxyProtocol: true, TLS: certificate.Config()}, "127.0.0.1", line},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, loopback())
			s.SetRoom(3)
			address := listen(t, s, test.listener)
			open := func(preamble string) net.Conn {
				connection := dial(t, "127.0.0.1", address)
				_, err := io.WriteString(connection, preamble)
				require.NoError(t, err)
				if test.listener.TLS == nil {
					return connection
				}
				return tls.Client(connection, &tls.Config{InsecureSkipVerify: true})
			}
			proxy := open(test.preamble)
			status, closed := exchanged(t, proxy, allowed)
			require.Equal(t, 204, status)
			require.False(t, closed)

			idle := make([]net.Conn, 20)
			for i := range idle {
				idle[i] = dial(t, test.idler, address)
			}
			for _, old := range idle[:len(idle)-3] {
				// Who was accepted before the last three is closed.
				_, err := old.Read(make([]byte, 1))
				require.ErrorIs(t, err, io.EOF)
			}
			status, _ = exchanged(t, proxy, allowed)
			require.Equal(t, 204, status, "the connection of a proxy stays")
			status, _ = exchanged(t, open(test.preamble), allowed)
			require.Equal(t, 204, status, "a further one of a proxy")
			require.Contains(t, s.metrics(), "netwicket_connections_evicted_total ")
			require.NotContains(t, s.metrics(), "netwicket_connections_evicted_total 0")
		})
	}
}

// TestStrangersHaveRoom for as many as the process can have.
func TestStrangersHaveRoom(t *testing.T) {
	require.Equal(t, doorway.NewCrowd().Room, newServed(t, "").Room())
}

// TestStrangersInHTTP2: the connection takes no further requests.
func TestStrangersInHTTP2(t *testing.T) {
	s := serve(t, loopback())
	address := listen(t, s, forwardauth.Listener{TLS: loadCertificate(t).Config()})
	for from, kept := range map[string]bool{"127.0.0.1": true, "127.0.0.2": false} {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
		opened := 0
		transport := &http.Transport{ForceAttemptHTTP2: true, DialContext: dialer.DialContext, TLSClientConfig: &tls.Config{
			InsecureSkipVerify: true,
			VerifyConnection:   func(tls.ConnectionState) error { opened++; return nil },
		}}
		for range 3 {
			response, err := (&http.Client{Transport: transport}).Get("https://" + address + "/healthz")
			require.NoError(t, err)
			require.Equal(t, 2, response.ProtoMajor)
			require.NoError(t, response.Body.Close())
		}
		require.Equal(t, kept, opened == 1, from)
		transport.CloseIdleConnections()
	}
}

func loadCertificate(t *testing.T) *doorway.Certificate {
	t.Helper()
	certificate := doorway.NewCertificate(certificateFiles(t, t.TempDir(), 1))
	apply, err := certificate.Read()
	require.NoError(t, err)
	apply()
	return certificate
}
