package gate_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
)

// TestRefusalsDoNotWaitForBodies: a server without timeouts would wait for ever
// for what these requests announce and do not send.
func TestRefusalsDoNotWaitForBodies(t *testing.T) {
	denying := decidetest.Live(decidetest.AllowOnly(t, "203.0.113.0/24"))
	large := strings.Repeat("denied ", 1000) // more than is held back until the handler returns
	page := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, text)
		})
	}
	early := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.TLS = &tls.ConnectionState{}
		gate.Wrap(app, denying, gate.Options{}).ServeHTTP(w, r)
	})
	peer := &gate.Resolver{}
	for name, handler := range map[string]http.Handler{
		"plain":                gate.Wrap(app, denying, gate.Options{Resolver: peer}),
		"observed":             gate.Wrap(app, denying, gate.Options{Resolver: peer, Observe: func(*http.Request, gate.Result) {}}),
		"a page":               gate.Wrap(app, denying, gate.Options{Resolver: peer, Denied: page("denied")}),
		"a large page":         gate.Wrap(app, denying, gate.Options{Resolver: peer, Denied: page(large)}),
		"nothing to go by":     gate.Wrap(app, nil, gate.Options{}),
		"early data":           early,
		"another's middleware": wrapped{gate.Wrap(app, denying, gate.Options{Resolver: peer})},
	} {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		for length, lines := range map[string]string{
			"a length": "Content-Length: 77\r\n", "a large one": "Content-Length: 10000000\r\n", "half": "Content-Length: 77\r\n\r\nhalf",
			"chunks": "Transfer-Encoding: chunked\r\n", "half a chunk": "Transfer-Encoding: chunked\r\n\r\n5\r\nab",
			"asked for": "Content-Length: 77\r\nExpect: 100-continue\r\n",
		} {
			t.Run(name+", "+length, func(t *testing.T) {
				t.Parallel()
				connection, err := net.Dial("tcp", server.Listener.Addr().String())
				require.NoError(t, err)
				defer connection.Close()
				require.NoError(t, connection.SetDeadline(time.Now().Add(20*time.Second)))
				request := "POST / HTTP/1.1\r\nHost: x\r\n" + lines
				if !strings.Contains(request, "\r\n\r\n") {
					request += "\r\n"
				}
				_, err = io.WriteString(connection, request)
				require.NoError(t, err)
				response, err := http.ReadResponse(bufio.NewReader(connection), nil)
				require.NoError(t, err)
				require.Contains(t, []int{403, 425}, response.StatusCode, "and no 100")
				require.Equal(t, "no-store", response.Header.Get("Cache-Control"))
				require.True(t, response.Close)
				_, err = io.ReadAll(response.Body)
				require.NoError(t, err)
				_, err = connection.Read(make([]byte, 1))
				require.ErrorIs(t, err, io.EOF, "the connection ends without the body")
			})
		}
	}
}

// wrapped hands its writer on inside of another, as middlewares do.
type wrapped struct{ next http.Handler }

type writer struct{ http.ResponseWriter }

func (w writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (m wrapped) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.next.ServeHTTP(writer{w}, r) }

// TestRefusedBodiesAreNoHindrance: who sends its body first reads the answer
// all the same, and keeps its connection where there was none.
func TestRefusedBodiesAreNoHindrance(t *testing.T) {
	server := httptest.NewServer(gate.Wrap(app, nil, gate.Options{}))
	defer server.Close()
	for _, size := range []int{0, 1, 100_000, 1_000_000} {
		response, err := server.Client().Post(server.URL, "text/plain", strings.NewReader(strings.Repeat("x", size)))
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, 403, response.StatusCode)
		require.Equal(t, "Forbidden\n", string(body))
		require.Equal(t, size > 0, response.Close)
	}
}

// TestRefusalsInHTTP2 leave the connection to the other requests on it.
func TestRefusalsInHTTP2(t *testing.T) {
	server := httptest.NewUnstartedServer(gate.Wrap(app, nil, gate.Options{}))
	server.EnableHTTP2 = true
	var opened atomic.Int64
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.StartTLS()
	defer server.Close()
	for range 3 {
		body, stalled := io.Pipe() // it ends when the answer is there
		response, err := server.Client().Post(server.URL, "text/plain", body)
		require.NoError(t, err)
		require.Equal(t, 2, response.ProtoMajor)
		require.Equal(t, 403, response.StatusCode)
		require.Equal(t, "no-store", response.Header.Get("Cache-Control"))
		require.Empty(t, response.Header.Get("Connection"))
		require.NoError(t, response.Body.Close())
		require.NoError(t, stalled.Close())
	}
	require.EqualValues(t, 1, opened.Load())
}

// limited is a writer that notes whether the reading of a request was given an end.
type limited struct {
	discard
	ends bool
}

func (l *limited) SetReadDeadline(time.Time) error {
	l.ends = true
	return nil
}

// TestBodiesAreGivenUp where there is one on a connection of its own: a deadline
// anywhere else would be the next request's.
func TestBodiesAreGivenUp(t *testing.T) {
	for name, options := range map[string]gate.Options{
		"plain":  {},
		"a page": {Denied: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})},
	} {
		guarded := gate.Wrap(app, nil, options)
		for _, row := range []struct {
			length int64
			major  int
			want   bool
		}{{0, 1, false}, {1, 1, true}, {-1, 1, true}, {0, 2, false}, {1, 2, false}, {-1, 2, false}, {1, 3, false}} {
			r := request("203.0.113.7")
			r.ContentLength, r.ProtoMajor = row.length, row.major
			w := &limited{discard: discard{header: http.Header{}}}
			guarded.ServeHTTP(w, r)
			require.Equal(t, row.want, w.ends, "%s: length %d, HTTP/%d", name, row.length, row.major)
			require.Equal(t, row.want, w.header.Get("Connection") == "close", "%s: length %d, HTTP/%d", name, row.length, row.major)
		}
	}
}

// TestDeniedPagesMayBeStored if they say so.
func TestDeniedPagesMayBeStored(t *testing.T) {
	guarded := gate.Wrap(app, nil, gate.Options{Denied: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=1")
	})})
	recorder := httptest.NewRecorder()
	guarded.ServeHTTP(recorder, request("203.0.113.7"))
	require.Equal(t, "max-age=1", recorder.Header().Get("Cache-Control"))
}
