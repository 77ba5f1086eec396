package forwardauth_test

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway/doorwaytest"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
)

// bubble runs a test in which no time passes but where everybody waits for it. The
// proxy is 127.0.0.1; change is made before the service listens.
func bubble(t *testing.T, l forwardauth.Listener, change func(*served), test func(*testing.T, *doorwaytest.Listener)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, loopback())
		if change != nil {
			change(s)
		}
		if l.Handler == nil {
			l.Handler = s.Handler(true)
		}
		listener := doorwaytest.New()
		server := s.ServerOn(listener, l)
		done := make(chan error, 1)
		go func() { done <- server.Serve() }()
		defer func() { // also behind a failure, or the bubble would not end
			_ = server.Shutdown()
			require.NoError(t, <-done)
			s.closeLog()
		}()
		test(t, listener)
	})
}

// Texts of a proxy, whole and begun.
const (
	question    = "GET /decide HTTP/1.1\r\nHost: netwicket\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n"
	proxyHeader = "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n"
)

// TestTimes: what nobody says, ends or reads ends in time, and not before it. The
// times are those of docs/operations.md.
func TestTimes(t *testing.T) {
	long := func(s *served) { s.SetStay(time.Hour) } // so that other limits show
	secured, proxied := forwardauth.Listener{TLS: loadCertificate(t).Config()}, forwardauth.Listener{ProxyProtocol: true}
	for _, test := range []struct {
		name     string
		listener forwardauth.Listener
		change   func(*served)
		from     string
		says     string
		answers  int  // that are read before the time counts
		unread   bool // what comes then is not read
		ends     time.Duration
	}{
		{"a proxy that says nothing", forwardauth.Listener{}, nil, "127.0.0.1", "", 0, false, 5 * time.Second},
		{"half a request", forwardauth.Listener{}, nil, "127.0.0.1", question[:40], 0, false, 5 * time.Second},
		{"half of a later request", forwardauth.Listener{}, nil, "127.0.0.1", question + question[:40], 1, false, 5 * time.Second},
		{"an answer that is not read", forwardauth.Listener{}, nil, "127.0.0.1", question, 0, true, 10 * time.Second},
		{"no further question", forwardauth.Listener{}, nil, "127.0.0.1", question, 1, false, 5 * time.Minute},
		{"no TLS handshake", secured, nil, "127.0.0.1", "", 0, false, 5 * time.Second},
		{"half a TLS handshake", secured, nil, "127.0.0.1", "\x16\x03\x01\x02\x00\x01\x00", 0, false, 5 * time.Second},
		{"no PROXY header", proxied, long, "127.0.0.1", "", 0, false, 5 * time.Second},
		{"half a PROXY header", proxied, long, "127.0.0.1", "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x7f", 0, false, 5 * time.Second},
		{"nothing behind a PROXY header", proxied, long, "127.0.0.1", proxyHeader, 0, false, 5 * time.Second},
		{"an answer that is not read behind a balancer", proxied, nil, "127.0.0.1", proxyHeader + question, 0, true, 10 * time.Second},
		{"a stranger behind a balancer who reads no answer", proxied, nil, "127.0.0.1", strings.Replace(proxyHeader, "127.0.0.1", "192.0.2.1", 1) + question, 0, true, 5 * time.Second},
		{"no further question behind a balancer", proxied, nil, "127.0.0.1", proxyHeader + question, 1, false, 5 * time.Minute},
		{"half of a later request behind a balancer", proxied, nil, "127.0.0.1", proxyHeader + question + question[:40], 1, false, 5 * time.Second},
		{"a stranger who says nothing", forwardauth.Listener{}, nil, "127.0.0.2", "", 0, false, 5 * time.Second},
		{"a stranger who reads no answer", forwardauth.Listener{}, nil, "127.0.0.2", question, 0, true, 5 * time.Second},
		{"a stranger who reads no profile", forwardauth.Listener{Profiles: true}, nil, "127.0.0.2", strings.Replace(question, "/decide", "/debug/pprof/heap", 1), 0, true, 10 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, test.listener, test.change, func(t *testing.T, listener *doorwaytest.Listener) {
				connection, end := listener.Dial(test.from)
				defer connection.Close()
				said := make(chan error, 1)
				go func() {
					_, err := io.WriteString(connection, test.says)
					said <- err
				}()
				for range test.answers {
					status, _ := answered(t, connection)
					require.Equal(t, http.StatusNoContent, status)
				}
				if !test.unread {
					go func() { _, _ = io.Copy(io.Discard, connection) }()
				}
				require.NoError(t, <-said)
				begun := time.Now()
				require.Equal(t, test.ends, (<-end).Sub(begun))
			})
		})
	}
}

// TestStrangersDoNotStay, whatever they say how slowly.
func TestStrangersDoNotStay(t *testing.T) {
	bubble(t, forwardauth.Listener{}, nil, func(t *testing.T, listener *doorwaytest.Listener) {
		connection, end := listener.Dial("127.0.0.2")
		defer connection.Close()
		begun := time.Now()
		var writer sync.WaitGroup
		defer writer.Wait()
		writer.Go(func() {
			for _, letter := range question {
				if _, err := io.WriteString(connection, string(letter)); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		})
		require.Equal(t, 5*time.Second, (<-end).Sub(begun))
	})
}

// TestShutdownDoesNotWaitForEver: an answer that does not come is cut off.
func TestShutdownDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, release := make(chan struct{}), make(chan struct{})
		handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			close(asked)
			<-release
		})
		s := serve(t, loopback())
		listener := doorwaytest.New()
		server := s.ServerOn(listener, forwardauth.Listener{Handler: handler})
		served := make(chan error, 1)
		go func() { served <- server.Serve() }()
		connection, end := listener.Dial("127.0.0.1")
		defer connection.Close()
		go func() { _, _ = io.WriteString(connection, question) }()
		<-asked
		begun := time.Now()
		require.ErrorIs(t, server.Shutdown(), context.DeadlineExceeded)
		require.Equal(t, 10*time.Second, time.Since(begun))
		require.Equal(t, 10*time.Second, (<-end).Sub(begun))
		close(release)
		require.NoError(t, <-served)
		s.closeLog()
	})
}

// TestScrapesAtOnce: four, and who comes beside them is sent away.
func TestScrapesAtOnce(t *testing.T) {
	s := serve(t, blocking(""))
	doorwaytest.RequireFourScrapes(t, s.handler, func() {
		require.Equal(t, http.StatusNoContent, s.ask(request("GET", "/decide", xff, "198.51.100.7")).Code)
	})
}

// TestHeadersInHTTP2 have the limit of HTTP/1.1.
func TestHeadersInHTTP2(t *testing.T) {
	s := serve(t, loopback())
	address := listen(t, s, forwardauth.Listener{TLS: loadCertificate(t).Config()})
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	ask := func(size int) (*http.Response, error) {
		r, err := http.NewRequest("GET", "https://"+address+"/decide", nil)
		require.NoError(t, err)
		r.Header.Set(xff, "198.51.100.7")
		r.Header.Set("Cookie", strings.Repeat("x", size))
		return (&http.Client{Transport: transport}).Do(r)
	}
	answer, err := ask(60_000)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, []int{2, http.StatusNoContent}, []int{answer.ProtoMajor, answer.StatusCode})
	answer, err = ask(70_000)
	if err == nil { // the client obeys what the server says of itself
		require.NoError(t, answer.Body.Close())
	}
	require.ErrorContains(t, err, "larger than peer's advertised limit")
}
