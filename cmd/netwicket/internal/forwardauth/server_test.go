package forwardauth_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway/doorwaytest"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
	"github.com/netwicket/netwicket/internal/files"
)

// loopback is blocking for a proxy on this machine.
func loopback() map[string]string {
	files := blocking("")
	files["netwicket.json"] = strings.Replace(files["netwicket.json"], "10.0.0.0/8", "127.0.0.1", 1)
	return files
}

// listen serves s on a free port until the test ends.
func listen(t *testing.T, s *served, l forwardauth.Listener) string {
	t.Helper()
	l.Address, l.Handler = "127.0.0.1:0", s.Handler(true)
	server, err := s.Listen(l)
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- server.Serve() }()
	t.Cleanup(func() {
		require.NoError(t, server.Shutdown())
		require.NoError(t, <-done)
	})
	return server.Addr().String()
}

// exchange sends bytes from a loopback address and gives the first line of the
// answer; it is empty if the connection is closed without one.
func exchange(t *testing.T, from, address, text string) string {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 10 * time.Second}
	connection, err := dialer.Dial("tcp", address)
	require.NoError(t, err)
	defer connection.Close()
	require.NoError(t, connection.SetDeadline(time.Now().Add(20*time.Second)))
	// The server may close before it has read everything.
	_, _ = io.WriteString(connection, text)
	line, _ := bufio.NewReader(connection).ReadString('\n')
	return strings.TrimSpace(line)
}

func get(path, headers string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: netwicket\r\n" + headers + "\r\n"
}

func TestWhatCannotBeReadIsNoAllow(t *testing.T) {
	s := serve(t, loopback())
	address := listen(t, s, forwardauth.Listener{})
	allowed := "X-Forwarded-For: 198.51.100.7\r\n"
	require.Equal(t, "HTTP/1.1 204 No Content", exchange(t, "127.0.0.1", address, get("/decide", allowed)))
	for _, test := range []struct{ name, request, want string }{
		{"headers beyond the limit", get("/decide", allowed+"Cookie: "+strings.Repeat("x", 1<<20)+"\r\n"), "HTTP/1.1 431"},
		{"headers just beyond the limit", get("/decide", allowed+"Cookie: "+strings.Repeat("x", 70_000)+"\r\n"), "HTTP/1.1 431"},
		{"headers just below the limit", get("/decide", allowed+"Cookie: "+strings.Repeat("x", 65_000)+"\r\n"), "HTTP/1.1 204"},
		{"a path beyond the limit", get("/decide?"+strings.Repeat("x", 1<<20), allowed), "HTTP/1.1 431"},
		{"1 MB of commas", get("/decide", "X-Forwarded-For: 198.51.100.7"+strings.Repeat(",", 1<<20)+"\r\n"), "HTTP/1.1 431"},
		{"60 kB of commas", get("/decide", "X-Forwarded-For: 198.51.100.7"+strings.Repeat(",", 60_000)+"\r\n"), "HTTP/1.1 403"},
		{"a header that is none", get("/decide", allowed+"no colon\r\n"), "HTTP/1.1 400"},
		{"a space in the name", get("/decide", "X-Forwarded-For : 198.51.100.7\r\n"), "HTTP/1.1 400"},
		{"a folded line", get("/decide", allowed+" 203.0.113.7\r\n"), "HTTP/1.1 403"},
		{"a bare line feed in a value", get("/decide", "X-Forwarded-For: x\x00\r\n"), "HTTP/1.1 400"},
		{"an underscore in the name", get("/decide", "X_Forwarded_For: 198.51.100.7\r\n"), "HTTP/1.1 400"},
		{"no host", "GET /decide HTTP/1.1\r\n" + allowed + "\r\n", "HTTP/1.1 400"},
		{"another protocol", "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 400"},
		{"TLS on a plain port", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", "HTTP/1.1 400"},
		{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 404"},
		{"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: x\r\n" + allowed + "\r\n", "HTTP/1.1 404"},
		{"CONNECT", "CONNECT netwicket:80 HTTP/1.1\r\nHost: netwicket:80\r\n" + allowed + "\r\n", "HTTP/1.1 404"},
		{"a PROXY header where none is taken", "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n" + get("/decide", allowed), "HTTP/1.1 400"},
		{"a length that is none", get("/decide", allowed+"Content-Length: -1\r\n"), "HTTP/1.1 400"},
		{"two lengths", get("/decide", allowed+"Content-Length: 1\r\nContent-Length: 2\r\n"), "HTTP/1.1 400"},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := exchange(t, "127.0.0.1", address, test.request)
			require.Truef(t, strings.HasPrefix(answer, test.want), "%q", answer)
		})
	}
}

func TestBodiesAreNotRead(t *testing.T) {
	s := serve(t, loopback())
	address := listen(t, s, forwardauth.Listener{})
	for client, want := range map[string]int{"198.51.100.7": 204, "203.0.113.7": 403} {
		r, err := http.NewRequest("POST", "http://"+address+"/decide", bytes.NewReader(make([]byte, 100_000)))
		require.NoError(t, err)
		r.Header.Set(xff, client)
		response, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, want, response.StatusCode)
	}
}

func TestListenerThatIsTaken(t *testing.T) {
	s := serve(t, loopback())
	address := listen(t, s, forwardauth.Listener{})
	_, err := s.Listen(forwardauth.Listener{Address: address, Handler: s.handler})
	require.ErrorContains(t, err, "cannot listen on "+address)
	require.ErrorContains(t, err, "address already in use")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := s.ServerOn(taken, forwardauth.Listener{})
	require.Equal(t, taken.Addr().String(), server.Text())
	require.NoError(t, taken.Close())
	require.ErrorIs(t, server.Serve(), net.ErrClosed, "a listener that ends by itself is an error")
	_, err = s.Listen(forwardauth.Listener{Address: "192.0.2.1:1"})
	require.ErrorContains(t, err, "cannot listen on 192.0.2.1:1")
}

func TestProxyProtocol(t *testing.T) {
	files := loopback()
	files["netwicket.json"] = strings.Replace(files["netwicket.json"], `"127.0.0.1"`, `"127.0.0.1", "10.0.0.1"`, 1)
	s := serve(t, files)
	address := listen(t, s, forwardauth.Listener{ProxyProtocol: true})
	allowed := get("/decide", "X-Forwarded-For: 198.51.100.7\r\n")
	denied := get("/decide", "X-Forwarded-For: 203.0.113.7\r\n")
	v2 := "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + "\x0a\x00\x00\x01" + "\x7f\x00\x00\x01" + "\x12\x34\x23\xdc"
	for _, test := range []struct{ name, from, request, want string }{
		{"the named proxy", "127.0.0.1", "PROXY TCP4 10.0.0.1 127.0.0.1 4711 9180\r\n" + allowed, "HTTP/1.1 204"},
		{"the named proxy, version 2", "127.0.0.1", v2 + allowed, "HTTP/1.1 204"},
		{"the named proxy's client is blocked", "127.0.0.1", "PROXY TCP4 10.0.0.1 127.0.0.1 4711 9180\r\n" + denied, "HTTP/1.1 403"},
		{"a stranger is named", "127.0.0.1", "PROXY TCP4 198.51.100.7 127.0.0.1 4711 9180\r\n" + allowed, "HTTP/1.1 403"},
		{"nobody is named", "127.0.0.1", "PROXY UNKNOWN\r\n" + allowed, "HTTP/1.1 204"},
		{"a local socket that is named like a proxy", "127.0.0.1",
			"\r\n\r\n\x00\r\nQUIT\n\x21\x31\x00\xd8" + "10.0.0.1" + strings.Repeat("\x00", 208) + allowed, ""},
		{"a datagram", "127.0.0.1", strings.Replace(v2, "\x21\x11", "\x21\x12", 1) + allowed, ""},
		{"nobody is named, version 2", "127.0.0.1", "\r\n\r\n\x00\r\nQUIT\n\x21\x00\x00\x00" + allowed, ""},
		{"the proxy itself with what it need not say", "127.0.0.1", strings.Replace(v2, "\x21\x11", "\x20\x12", 1) + allowed, "HTTP/1.1 204"},
		{"the proxy itself, version 2", "127.0.0.1", "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00" + allowed, "HTTP/1.1 204"},
		{"no header", "127.0.0.1", allowed, ""},
		{"a header without an end", "127.0.0.1", "PROXY TCP4 " + strings.Repeat("1", 500) + "\r\n" + allowed, ""},
		{"a header that is none", "127.0.0.1", "PROXY TCP4 10.0.0.1\r\n" + allowed, ""},
		{"a stranger with a header", "127.0.0.2", "PROXY TCP4 10.0.0.1 127.0.0.1 4711 9180\r\n" + allowed, "HTTP/1.1 400"},
		{"a stranger without", "127.0.0.2", allowed, "HTTP/1.1 403"},
		{"a stranger's probe", "127.0.0.2", get("/healthz", ""), "HTTP/1.1 200"},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := exchange(t, test.from, address, test.request)
			if test.want == "" {
				require.NotContains(t, answer, " 20")
				return
			}
			require.Truef(t, strings.HasPrefix(answer, test.want), "%q", answer)
		})
	}
}

// certificateFiles are those of a certificate, to be read.
func certificateFiles(t *testing.T, folder string, serial int64) (cert, key files.File) {
	t.Helper()
	certPath, keyPath := doorwaytest.WriteCertificate(t, folder, serial)
	return files.File{Path: certPath}, files.File{Path: keyPath}
}

func TestTLSWithANewCertificate(t *testing.T) {
	folder := t.TempDir()
	cert, key := doorwaytest.WriteCertificate(t, folder, 1)
	certificate := doorway.NewCertificate(files.File{Path: cert}, files.File{Path: key})
	read := func() {
		apply, err := certificate.Read()
		require.NoError(t, err)
		apply()
	}
	read()
	s := serve(t, loopback())
	address := listen(t, s, forwardauth.Listener{TLS: certificate.Config()})

	serial := func() string {
		transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}
		defer transport.CloseIdleConnections()
		r, err := http.NewRequest("GET", "https://"+address+"/decide", nil)
		require.NoError(t, err)
		r.Header.Set(xff, "198.51.100.7")
		response, err := (&http.Client{Transport: transport}).Do(r)
		require.NoError(t, err)
		defer response.Body.Close()
		require.Equal(t, 204, response.StatusCode)
		return response.TLS.PeerCertificates[0].SerialNumber.String()
	}
	require.Equal(t, "1", serial())

	doorwaytest.WriteCertificate(t, folder, 2)
	read()
	require.Equal(t, "2", serial())

	require.NoError(t, os.WriteFile(key, []byte("no key"), 0o600))
	_, err := certificate.Read()
	require.ErrorContains(t, err, key)
	require.Equal(t, "2", serial(), "what does not load leaves the certificate in force")
}

// TestTLSBelow12 is refused, also by a process that would let Go speak it.
func TestTLSBelow12(t *testing.T) {
	t.Setenv("GODEBUG", "tls10server=1")
	s := serve(t, loopback())
	address := listen(t, s, forwardauth.Listener{TLS: loadCertificate(t).Config()})
	for version, spoken := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		connection, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
		if spoken {
			require.NoError(t, err, tls.VersionName(version))
			require.NoError(t, connection.Close())
			continue
		}
		require.ErrorContains(t, err, "protocol version", tls.VersionName(version))
	}
}

// TestShutdownAnswersWhatIsUnderWay holds an answer back until the server has
// been told to stop.
func TestShutdownAnswersWhatIsUnderWay(t *testing.T) {
	begun, proceed := make(chan struct{}), make(chan struct{})
	s := serve(t, loopback())
	server, err := s.Listen(forwardauth.Listener{Address: "127.0.0.1:0", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		<-proceed
		s.handler.ServeHTTP(w, r)
	})})
	require.NoError(t, err)
	served, answered, stopped := make(chan error, 1), make(chan string, 1), make(chan error, 1)
	go func() { served <- server.Serve() }()
	go func() {
		answered <- exchange(t, "127.0.0.1", server.Addr().String(), get("/decide", "X-Forwarded-For: 198.51.100.7\r\n"))
	}()
	<-begun
	go func() { stopped <- server.Shutdown() }()
	require.NoError(t, <-served, "no connection is taken any more")
	close(proceed)
	require.Equal(t, "HTTP/1.1 204 No Content", <-answered)
	require.NoError(t, <-stopped)
}

func TestPanicIsNoAllow(t *testing.T) {
	s := serve(t, loopback())
	server, err := s.Listen(forwardauth.Listener{Address: "127.0.0.1:0", Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic("a defect")
	})})
	require.NoError(t, err)
	go func() { _ = server.Serve() }()
	require.Empty(t, exchange(t, "127.0.0.1", server.Addr().String(), get("/decide", "")))
	require.NoError(t, server.Shutdown())
	s.closeLog()
	require.Contains(t, s.log.String(), "a defect")
}

// TestBodiesAreNotWaitedFor: no answer waits for a body that is announced and not
// sent, as nginx does in its question about an upload. The server of this test
// has no timeout that would end the wait.
func TestBodiesAreNotWaitedFor(t *testing.T) {
	s := serve(t, loopback())
	server := httptest.NewServer(s.handler)
	t.Cleanup(server.Close)
	apart := httptest.NewServer(s.Status())
	t.Cleanup(apart.Close)
	address, status := server.Listener.Addr().String(), apart.Listener.Addr().String()
	const allowed, denied = "X-Forwarded-For: 198.51.100.7\r\n", "X-Forwarded-For: 203.0.113.7\r\n"
	for name, lines := range map[string]string{
		"a length": "Content-Length: 77\r\n", "a large one": "Content-Length: 10000000\r\n", "chunks": "Transfer-Encoding: chunked\r\n",
		"asked for": "Content-Length: 77\r\nExpect: 100-continue\r\n",
	} {
		for _, test := range []struct {
			from, address, path, headers string
			status                       int
		}{
			{"127.0.0.1", address, "/decide", allowed, 204},
			{"127.0.0.1", address, "/decide?allow=200", allowed, 200},
			{"127.0.0.1", address, "/decide", denied, 403},
			{"127.0.0.1", address, "/decide", "", 400},
			{"127.0.0.1", address, "/decide/other", allowed, 403},
			{"127.0.0.1", address, "/nowhere", allowed, 404},
			{"127.0.0.1", address, "/healthz", "", 200},
			{"127.0.0.1", status, "/healthz", "", 200},
			{"127.0.0.2", address, "/decide", allowed, 403},
		} {
			t.Run(name+" "+test.from+test.path, func(t *testing.T) {
				t.Parallel()
				status, closed := exchanged(t, dial(t, test.from, test.address), get(test.path, test.headers+lines))
				require.Equal(t, test.status, status)
				require.True(t, closed)
			})
		}
	}
}
