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

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
)

func TestRoomForStrangers(t *testing.T) {
	for descriptors, room := range map[uint64]int{0: 1024, 1: 2, 20: 2, 64: 12, 1024: 252, 1 << 20: 1024, 1<<64 - 1: 1024} {
		require.Equal(t, room, forwardauth.RoomFor(descriptors), descriptors)
	}
}

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

// deadlines is a connection that notes what it is asked for.
type deadlines struct {
	net.Conn
	read, write time.Time
	closed      bool
}

func (d *deadlines) SetReadDeadline(t time.Time) error  { d.read = t; return nil }
func (d *deadlines) SetWriteDeadline(t time.Time) error { d.write = t; return nil }
func (d *deadlines) SetDeadline(t time.Time) error      { d.read, d.write = t, t; return nil }

func (d *deadlines) Close() error { d.closed = true; return nil }

// TestTheOldestMakesRoom: who has gone, and who is a proxy, has no place to lose.
func TestTheOldestMakesRoom(t *testing.T) {
	enter := forwardauth.Crowd(2)
	var all [6]deadlines
	_, _, proxy := enter(&all[0])
	proxy()
	gone, _, _ := enter(&all[1])
	require.NoError(t, gone.Close())
	enter(&all[2])
	enter(&all[3])
	require.Equal(t, []bool{false, true, false, false}, []bool{all[0].closed, all[1].closed, all[2].closed, all[3].closed})
	late, _, _ := enter(&all[4])
	require.True(t, all[2].closed, "the oldest")
	require.NoError(t, late.Close())
	enter(&all[5])
	require.Equal(t, []bool{false, false}, []bool{all[3].closed, all[5].closed})
}

// TestStrangersTime: a stranger's connection ends in time, whichever deadlines
// net/http asks for.
func TestStrangersTime(t *testing.T) {
	inner := &deadlines{}
	connection, end, settle := forwardauth.Crowd(1)(inner)
	require.Equal(t, []time.Time{end, end}, []time.Time{inner.read, inner.write}, "from the beginning")
	sooner, later := end.Add(-time.Second), end.Add(time.Second)
	for _, test := range []struct {
		name       string
		asked, got time.Time
	}{{"none", time.Time{}, end}, {"later", later, end}, {"sooner", sooner, sooner}} {
		t.Run(test.name, func(t *testing.T) {
			require.NoError(t, connection.SetReadDeadline(test.asked))
			require.NoError(t, connection.SetWriteDeadline(test.asked))
			require.Equal(t, []time.Time{test.got, test.got}, []time.Time{inner.read, inner.write})
			*inner = deadlines{}
			require.NoError(t, connection.SetDeadline(test.asked))
			require.Equal(t, []time.Time{test.got, test.got}, []time.Time{inner.read, inner.write})
		})
	}
	settle()
	require.True(t, inner.write.After(end), "the answer under way")
	require.NoError(t, connection.SetDeadline(time.Time{}))
	require.Equal(t, []time.Time{{}, {}}, []time.Time{inner.read, inner.write}, "a proxy's is not cut")
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

func loadCertificate(t *testing.T) *forwardauth.Certificate {
	t.Helper()
	certificate := forwardauth.NewCertificate(certificateFiles(t, t.TempDir(), 1))
	apply, err := certificate.Read()
	require.NoError(t, err)
	apply()
	return certificate
}
