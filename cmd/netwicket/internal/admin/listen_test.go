package admin_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin"
)

// free is an address that nobody listens on.
func free(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

// TestAddressesThatAreTaken are said, and nothing is left open.
func TestAddressesThatAreTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	server := admin.NewServer(front(t).Front, func() error { return nil })
	require.ErrorContains(t, server.Listen(taken.Addr().String(), "", nil), "cannot listen on "+taken.Addr().String())
	server = admin.NewServer(front(t).Front, func() error { return nil })
	require.ErrorContains(t, server.Listen(taken.Addr().String(), free(t), nil), "cannot listen on "+taken.Addr().String(), "also where only the status has an address")
	mine := free(t)
	server = admin.NewServer(front(t).Front, func() error { return nil })
	require.ErrorContains(t, server.Listen(mine, taken.Addr().String(), nil), "cannot listen on "+taken.Addr().String())
	again, err := net.Listen("tcp", mine)
	require.NoError(t, err, "the other address is free again")
	require.NoError(t, again.Close())
}

// TestStatusOnItsOwnAddress: all of it is there, and nothing else.
func TestStatusOnItsOwnAddress(t *testing.T) {
	metrics := free(t)
	s := serve(t, front(t), nil, metrics)
	require.NotEqual(t, metrics, s.address)
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/-/ready": 200, "/metrics": 200, "/api/v1/zones": 404, "/": 404} {
		answer, err := http.Get("http://" + metrics + path)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, want, answer.StatusCode, path)
	}
	require.NoError(t, s.stop())
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/-/ready": 503} {
		w := httptest.NewRecorder()
		s.Status().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		require.Equal(t, want, w.Code, path)
		require.Equal(t, map[int]string{200: "ok\n", 503: "shutting down\n"}[want], w.Body.String())
	}
}

// TestListenerThatFails ends the server, which says why.
func TestListenerThatFails(t *testing.T) {
	server := admin.NewServer(front(t).Front, func() error { return nil })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server.ListenOn(listener, nil)
	require.NoError(t, listener.Close())
	require.ErrorIs(t, server.Serve(t.Context()), net.ErrClosed)

	certificates, _ := certificate(t)
	server = admin.NewServer(front(t).Front, func() error { return nil })
	server.ListenOnTLS(listener, certificates)
	require.ErrorIs(t, server.Serve(t.Context()), net.ErrClosed)
}

// TestPanicIsLogged as what it is: our fault.
func TestPanicIsLogged(t *testing.T) {
	d := front(t)
	server := admin.NewServer(d.Front, func() error { return nil })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server.ListenOn(listener, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx) }()
	_, err = http.Get("http://" + listener.Addr().String())
	require.Error(t, err)
	cancel()
	require.NoError(t, <-ended)
	require.Contains(t, d.log.String(), `"level":"ERROR","msg":"a request was not answered","panic":"http: panic serving 127.0.0.1:`)
	require.Contains(t, d.log.String(), "boom")
}
