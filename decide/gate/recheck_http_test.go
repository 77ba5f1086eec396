package gate_test

import (
	"bufio"
	"context"
	"crypto/sha1" //nolint:gosec // of RFC 6455
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// site is a real web server that is looked at again, behind a proxy on loopback, which
// the test is. Without claims it is the clients that connect, and the source is the peer.
type site struct {
	*httptest.Server
	live   *decide.Live
	closed chan string // what Closing learned
}

const alice, bob = "203.0.113.7", "203.0.113.8"

// newSite serves handler, which says "began" when it has begun something long.
func newSite(t *testing.T, handler http.HandlerFunc, start func(*httptest.Server)) *site {
	live := decidetest.Live(decidetest.AllowOnly(t, "203.0.113.0/24"))
	s := &site{live: live, closed: make(chan string, 10)}
	recheck := &gate.Recheck{Closing: func(connection net.Conn, result gate.Result) {
		s.closed <- fmt.Sprint(connection != nil, " ", result.Decision)
	}}
	resolver := sourced(t, gate.XForwardedFor)
	s.Server = httptest.NewUnstartedServer(gate.Wrap(handler, live, gate.Options{Resolver: resolver, Recheck: recheck}))
	s.Listener = gate.Listen(s.Listener, live, gate.ListenOptions{Resolver: resolver, Proxies: true, Recheck: recheck})
	s.Config.ConnContext, s.Config.ConnState = recheck.ConnContext, recheck.ConnState
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan bool)
	go func() {
		recheck.Run(ctx, live)
		close(ended)
	}()
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
		stop()
		<-ended
		requireAllLeave(t, recheck)
	})
	start(s.Server)
	return s
}

// requireAllLeave waits for handlers of HTTP/2 too, for which no server waits that is closed.
func requireAllLeave(t *testing.T, recheck *gate.Recheck) {
	t.Helper()
	require.Eventually(t, func() bool {
		held, _ := recheck.Open()
		return held == 0
	}, keepertest.Patience, time.Millisecond, "every connection and request has left")
}

// closing is the next thing that Closing learned.
func (s *site) closing(t *testing.T) string {
	t.Helper()
	select {
	case text := <-s.closed:
		return text
	case <-time.After(20 * time.Second): // patience alone: a swap has been made
		t.Fatal("nothing was closed")
		return ""
	}
}

func secured(s *httptest.Server) { s.StartTLS() }

// dial is the proxy's connection.
func (s *site) dial(t *testing.T) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", strings.Split(s.URL, "://")[1])
	require.NoError(t, err)
	if s.TLS != nil {
		connection = tls.Client(connection, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // it is ours
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}

// acceptKey answers a WebSocket's key (RFC 6455 section 4.2.2).
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // of RFC 6455
	return base64.StdEncoding.EncodeToString(sum[:])
}

// upgrade takes the connection over as a WebSocket whose server says everything twice.
// The handler may be gone meanwhile.
func upgrade(stays bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		connection, both, err := http.NewResponseController(w).Hijack()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = fmt.Fprintf(both, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			acceptKey(r.Header.Get("Sec-WebSocket-Key")))
		_ = both.Flush()
		talk := func() {
			defer connection.Close()
			for {
				text, err := readFrame(both.Reader)
				if err != nil {
					return
				}
				if _, err := connection.Write(frame(text+text, false)); err != nil {
					return
				}
			}
		}
		if stays {
			talk()
		} else {
			go talk()
		}
	}
}

// frame is a short text frame (RFC 6455 section 5.2); those of clients are masked.
func frame(text string, masked bool) []byte {
	if !masked {
		return append([]byte{0x81, byte(len(text))}, text...)
	}
	key := [4]byte{1, 2, 3, 4}
	framed := append([]byte{0x81, 0x80 | byte(len(text))}, key[:]...)
	for i := range len(text) {
		framed = append(framed, text[i]^key[i%4])
	}
	return framed
}

func readFrame(from io.Reader) (string, error) {
	var head [2]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return "", err
	}
	var key [4]byte
	if head[1]&0x80 != 0 {
		if _, err := io.ReadFull(from, key[:]); err != nil {
			return "", err
		}
	}
	text := make([]byte, head[1]&0x7f)
	if _, err := io.ReadFull(from, text); err != nil {
		return "", err
	}
	for i := range text {
		text[i] ^= key[i%4]
	}
	return string(text), nil
}

// socket is a client's WebSocket.
type socket struct {
	net.Conn
	reader *bufio.Reader
}

func (s *site) socket(t *testing.T, client string) *socket {
	t.Helper()
	connection := s.dial(t)
	const key = "dGhlIHNhbXBsZSBub25jZQ=="
	_, err := fmt.Fprintf(connection, "GET /chat HTTP/1.1\r\nHost: site\r\nX-Forwarded-For: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n", client, key)
	require.NoError(t, err)
	opened := &socket{connection, bufio.NewReader(connection)}
	response, err := http.ReadResponse(opened.reader, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, response.StatusCode)
	require.Equal(t, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", response.Header.Get("Sec-WebSocket-Accept"), "the example of RFC 6455 section 1.3")
	return opened
}

func (s *socket) says(t *testing.T, text string) {
	t.Helper()
	_, err := s.Write(frame(text, true))
	require.NoError(t, err)
	answer, err := readFrame(s.reader)
	require.NoError(t, err)
	require.Equal(t, text+text, answer)
}

// TestRecheckWebSockets: of two WebSockets through one proxy, the one whose client is
// denied is closed, and the other talks on; whether their handlers are still there or
// have left them to somebody else, over TLS too.
func TestRecheckWebSockets(t *testing.T) {
	for name, start := range map[string]func(*httptest.Server){"plain": (*httptest.Server).Start, "TLS": secured} {
		for _, stays := range []bool{true, false} {
			t.Run(fmt.Sprint(name, ", the handler stays: ", stays), func(t *testing.T) {
				s := newSite(t, upgrade(stays), start)
				stayed, left := s.socket(t, alice), s.socket(t, bob)
				stayed.says(t, "hello")
				left.says(t, "hello")
				s.live.Swap(decidetest.AllowOnly(t, "203.0.113.0/29"))
				require.Equal(t, "true deny 203.0.113.8 off_network", s.closing(t))
				_, err := readFrame(left.reader)
				require.Error(t, err)
				stayed.says(t, "still there")
				s.live.Swap(nil)
				require.Equal(t, "true deny - no_policy", s.closing(t))
				_, err = readFrame(stayed.reader)
				require.Error(t, err)
				require.Empty(t, s.closed)
			})
		}
	}
}

// streams says "began" and then nothing until the request ends.
func streams(ended chan string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "began")
		if r.URL.Path == "/short" {
			return
		}
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		ended <- r.Header.Get("X-Forwarded-For")
	}
}

// begin asks as the proxy does, and says whether that was on a connection of before.
func (s *site) begin(t *testing.T, client, path string) (body io.ReadCloser, reused bool) {
	t.Helper()
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) { reused = got.Reused }})
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, nil)
	require.NoError(t, err)
	r.Header.Set("X-Forwarded-For", client)
	response, err := s.Client().Do(r)
	require.NoError(t, err)
	require.Equal(t, 200, response.StatusCode)
	text := make([]byte, len("began"))
	_, err = io.ReadFull(response.Body, text)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	return response.Body, reused
}

// TestRecheckRequests: a request under way ends with its client's being denied. In HTTP/2
// nobody else's on the same connection does.
func TestRecheckRequests(t *testing.T) {
	for name, start := range map[string]func(*httptest.Server){
		"HTTP/1": (*httptest.Server).Start,
		"HTTP/2": func(s *httptest.Server) { s.EnableHTTP2 = true; s.StartTLS() },
	} {
		t.Run(name, func(t *testing.T) {
			ended := make(chan string, 2)
			s := newSite(t, streams(ended), start)
			_, _ = s.begin(t, alice, "/")
			left, reused := s.begin(t, bob, "/")
			require.Equal(t, name == "HTTP/2", reused)
			s.live.Swap(decidetest.AllowOnly(t, "203.0.113.0/29"))
			require.Equal(t, "true deny 203.0.113.8 off_network", s.closing(t))
			require.Equal(t, bob, <-ended)
			_, err := io.ReadAll(left)
			require.Equal(t, name == "HTTP/1", err != nil, "the connection, or the handler, ends it")
			require.Empty(t, ended, "alice's goes on")
			_, reused = s.begin(t, alice, "/short")
			require.Equal(t, name == "HTTP/2", reused)
			require.Empty(t, s.closed)
		})
	}
}

// TestRecheckIdleConnections: a proxy's connection is not closed for the sake of the
// client that it last spoke for.
func TestRecheckIdleConnections(t *testing.T) {
	idle := make(chan bool, 10)
	s := newSite(t, streams(make(chan string, 1)), func(s *httptest.Server) {
		state := s.Config.ConnState
		s.Config.ConnState = func(connection net.Conn, now http.ConnState) {
			state(connection, now)
			if now == http.StateIdle {
				idle <- true
			}
		}
		s.Start()
	})
	body, _ := s.begin(t, bob, "/short")
	_, err := io.ReadAll(body)
	require.NoError(t, err)
	<-idle
	watched := s.socketless(t, bob)
	s.live.Swap(decidetest.AllowOnly(t, alice))
	require.Equal(t, "true deny 203.0.113.8 off_network", s.closing(t))
	_, err = watched.Read(make([]byte, 1))
	require.Error(t, err)
	_, reused := s.begin(t, alice, "/short")
	require.True(t, reused)
	require.Empty(t, s.closed)
}

// socketless is a connection with a request that goes on: when it is closed, a look has
// come by.
func (s *site) socketless(t *testing.T, client string) io.Reader {
	t.Helper()
	connection := s.dial(t)
	_, err := fmt.Fprintf(connection, "GET / HTTP/1.1\r\nHost: site\r\nX-Forwarded-For: %s\r\n\r\n", client)
	require.NoError(t, err)
	reader := bufio.NewReader(connection)
	response, err := http.ReadResponse(reader, nil)
	require.NoError(t, err)
	_, err = io.ReadFull(response.Body, make([]byte, len("began")))
	require.NoError(t, err)
	return response.Body
}
