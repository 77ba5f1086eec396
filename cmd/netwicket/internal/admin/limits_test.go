package admin_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway/doorwaytest"
)

// bubble runs a test in which no time passes but where everybody waits for it.
func bubble(t *testing.T, stay time.Duration, test func(t *testing.T, listener *doorwaytest.Listener)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := admin.NewServer(front(t).Front, func() error { return nil })
		if stay > 0 {
			server.SetStay(stay)
		}
		listener := doorwaytest.New()
		server.ListenOn(listener, nil)
		ctx, cancel := context.WithCancel(t.Context())
		var serving sync.WaitGroup
		serving.Go(func() { _ = server.Serve(ctx) }) // connections may be cut off
		defer serving.Wait()
		defer cancel()
		test(t, listener)
	})
}

// TestTimes: what nobody says, ends or reads ends in time, and not before it. The
// times are those of docs/operations.md.
func TestTimes(t *testing.T) {
	const asked = "GET /api/v1/zones HTTP/1.1\r\nHost: a\r\nAuthorization: SSWS writer\r\n\r\n"
	const writing = "POST /api/v1/zones HTTP/1.1\r\nHost: a\r\nAuthorization: SSWS writer\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
	const login = "POST /oauth/token?grant_type=client_credentials&client_id=w&client_secret="
	const hour = time.Hour // so that other limits than a stranger's show
	for _, test := range []struct {
		name    string
		stay    time.Duration // of strangers; 0: as it is
		says    string
		answers int  // that are read before the time counts
		unread  bool // what comes then is not read
		ends    time.Duration
	}{
		{"nobody says anything", 0, "", 0, false, 5 * time.Second},
		{"a stranger's half request", 0, asked[:40], 0, false, 5 * time.Second},
		{"half a request's header", hour, asked[:40], 0, false, 10 * time.Second},
		{"half a later request's header", 0, asked + asked[:40], 1, false, 10 * time.Second},
		{"half a request's body", 0, writing, 0, false, 30 * time.Second},
		{"half a later request's body", 0, asked + writing, 1, false, 30 * time.Second},
		{"an answer that is not read", 0, asked, 0, true, 60 * time.Second},
		{"a later answer that is not read", 0, asked + asked, 1, true, 60 * time.Second},
		{"no further request", 0, asked, 1, false, 2 * time.Minute},
		{"no further request after a token", 0, login + "secret HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 1, false, 2 * time.Minute},
		{"a failed login", 0, login + "other HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 1, false, 5 * time.Second},
		{"a login that says nothing", 0, "POST /oauth2/v1/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n\r\n", 1, false, 5 * time.Second},
		{"a stranger's request", 0, strings.Replace(asked, "writer", "other", 1), 1, false, 5 * time.Second},
		{"a request of nobody", 0, "GET /api/v1/zones HTTP/1.1\r\nHost: a\r\n\r\n", 1, false, 5 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, test.stay, func(t *testing.T, listener *doorwaytest.Listener) {
				connection, end := listener.Dial("192.0.2.1")
				defer connection.Close()
				said := make(chan error, 1)
				go func() {
					_, err := io.WriteString(connection, test.says)
					said <- err
				}()
				reader := bufio.NewReader(connection)
				for range test.answers {
					answer, err := http.ReadResponse(reader, nil)
					require.NoError(t, err)
					_, err = io.Copy(io.Discard, answer.Body)
					require.NoError(t, err)
					require.Equal(t, test.stay == 0 && test.ends == 5*time.Second, answer.StatusCode != http.StatusOK)
				}
				if !test.unread {
					go func() { _, _ = io.Copy(io.Discard, reader) }()
				}
				require.NoError(t, <-said)
				begun := time.Now()
				require.Equal(t, test.ends, (<-end).Sub(begun))
			})
		})
	}
}

// TestTheEndDoesNotWaitForEver: an answer that does not come is cut off.
func TestTheEndDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, release := make(chan struct{}), make(chan struct{})
		server := admin.NewServer(front(t).Front, func() error { return nil })
		server.SetStay(time.Hour)
		listener := doorwaytest.New()
		server.ListenOn(listener, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			close(asked)
			<-release
		}))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(ctx) }()
		connection, end := listener.Dial("192.0.2.1")
		defer connection.Close()
		go func() { _, _ = io.WriteString(connection, "GET / HTTP/1.1\r\nHost: a\r\n\r\n") }()
		<-asked
		begun := time.Now()
		cancel()
		require.ErrorIs(t, <-ended, context.DeadlineExceeded)
		require.Equal(t, 60*time.Second, time.Since(begun))
		require.Equal(t, 60*time.Second, (<-end).Sub(begun))
		close(release)
	})
}

// TestHeaderSize: 64 KiB.
func TestHeaderSize(t *testing.T) {
	s := serve(t, front(t), nil, "")
	for size, want := range map[int]int{60_000: http.StatusOK, 70_000: http.StatusRequestHeaderFieldsTooLarge} {
		r, err := http.NewRequest(http.MethodGet, "http://"+s.address+"/api/v1/zones", nil)
		require.NoError(t, err)
		r.Header.Set("Authorization", "SSWS writer")
		r.Header.Set("Cookie", strings.Repeat("x", size))
		answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, want, answer.StatusCode)
	}
}

// TestScrapesAtOnce: four, and who comes beside them is sent away.
func TestScrapesAtOnce(t *testing.T) {
	doorwaytest.RequireFourScrapes(t, admin.NewServer(front(t).Front, func() error { return nil }).Status(), func() {})
}

// TestStatusSaysWhatItIs: types, and that nothing of it is stored.
func TestStatusSaysWhatItIs(t *testing.T) {
	const plain = "text/plain; charset=utf-8"
	ready := admin.NewServer(front(t).Front, func() error { return nil }).Status()
	broken := admin.NewServer(front(t).Front, func() error { return errors.New("secret path") }).Status()
	for _, test := range []struct {
		name    string
		handler http.Handler
		path    string
		status  int
		header  http.Header
		body    string // empty: anything
	}{
		{"health", ready, "/healthz", 200, http.Header{"Content-Type": {plain}, "Cache-Control": {"no-store"}}, "ok\n"},
		{"readiness", ready, "/readyz", 200, http.Header{"Content-Type": {plain}, "Cache-Control": {"no-store"}}, "ok\n"},
		{"readiness by another name", ready, "/-/ready", 200, http.Header{"Content-Type": {plain}, "Cache-Control": {"no-store"}}, "ok\n"},
		{"no readiness", broken, "/readyz", 503, http.Header{"Content-Type": {plain}, "Cache-Control": {"no-store"}}, "the documents do not load; the log says why\n"},
		{"health without readiness", broken, "/healthz", 200, http.Header{"Content-Type": {plain}, "Cache-Control": {"no-store"}}, "ok\n"},
		{"metrics", ready, "/metrics", 200, http.Header{"Content-Type": {"text/plain; version=0.0.4; charset=utf-8; escaping=underscores"}, "Vary": {"Accept", "Accept-Encoding"}}, ""},
		{"nothing", ready, "/", 404, http.Header{"Content-Type": {plain}, "X-Content-Type-Options": {"nosniff"}}, "404 page not found\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			test.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, test.path, nil))
			require.Equal(t, test.status, w.Code)
			require.Equal(t, test.header, w.Header())
			if test.body != "" {
				require.Equal(t, test.body, w.Body.String())
			}
		})
	}
}

// TestCallersOfHTTP2 keep their connection for as long as it is not idle: what counts is
// how long each of their requests takes.
func TestCallersOfHTTP2(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		certificates, pool := certificate(t)
		server := admin.NewServer(front(t).Front, func() error { return nil })
		listener := doorwaytest.New()
		server.ListenOnTLS(listener, certificates)
		ctx, cancel := context.WithCancel(t.Context())
		var serving sync.WaitGroup
		serving.Go(func() { _ = server.Serve(ctx) }) // connections may be cut off
		dialed := 0
		transport := &http.Transport{ForceAttemptHTTP2: true, DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			dialed++
			connection, _ := listener.Dial("192.0.2.1")
			secured := tls.Client(connection, &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS13})
			return secured, secured.HandshakeContext(ctx)
		}}
		for range 4 {
			answer := get(t, &http.Client{Transport: transport}, "https://127.0.0.1/api/v1/zones")
			require.Equal(t, http.StatusOK, answer.StatusCode)
			require.Equal(t, 2, answer.ProtoMajor)
			time.Sleep(90 * time.Second)
		}
		require.Equal(t, 1, dialed)
		transport.CloseIdleConnections()
		cancel()
		serving.Wait()
	})
}

// TestVisitorsKeepTheirConnection: whoever signs in, and whoever is known by a session, is
// a caller, whose connection is not one of strangers any more.
func TestVisitorsKeepTheirConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := consoleFront(t, func(o *admin.Options) { o.ExternalURL = "http://netwicket.example.com" })
		server := admin.NewServer(v.desk.Front, func() error { return nil })
		listener := doorwaytest.New()
		server.ListenOn(listener, nil)
		ctx, cancel := context.WithCancel(t.Context())
		var serving sync.WaitGroup
		serving.Go(func() { _ = server.Serve(ctx) }) // connections may be cut off
		cookie := ""
		for _, first := range []string{
			"POST /console/sign-in HTTP/1.1\r\nHost: netwicket.example.com\r\nOrigin: http://netwicket.example.com\r\nSec-Fetch-Site: same-origin\r\n" +
				"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\ntoken=look",
			"GET /console/ask HTTP/1.1\r\nHost: netwicket.example.com\r\n\r\n",
		} {
			connection, _ := listener.Dial("192.0.2.1")
			reader := bufio.NewReader(connection)
			ask := func(text string) *http.Response {
				_, err := io.WriteString(connection, strings.Replace(text, "\r\n\r\n", "\r\n"+cookie+"\r\n", 1))
				require.NoError(t, err)
				answer, err := http.ReadResponse(reader, nil)
				require.NoError(t, err)
				_, err = io.Copy(io.Discard, answer.Body)
				require.NoError(t, err)
				return answer
			}
			if answer := ask(first); cookie == "" {
				require.Equal(t, http.StatusSeeOther, answer.StatusCode)
				cookie = "Cookie: " + answer.Cookies()[0].Name + "=" + answer.Cookies()[0].Value + "\r\n"
			}
			time.Sleep(90 * time.Second)
			require.Equal(t, http.StatusOK, ask("GET /console/assets/console.css HTTP/1.1\r\nHost: netwicket.example.com\r\n\r\n").StatusCode)
			require.NoError(t, connection.Close())
		}
		cancel()
		serving.Wait()
	})
}
