//go:build unix

package forwardauth_test

import (
	"context"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
)

// local is blocking for proxies on a Unix socket alone, or for 10.0.0.1.
func local(trust string) map[string]string {
	files := blocking("")
	files["netwicket.json"] = strings.Replace(files["netwicket.json"], `"trusted": ["10.0.0.0/8"]`, trust, 1)
	return files
}

// askSocket asks over a socket; a caller may name its own end.
func askSocket(t *testing.T, socket, name, client string) int {
	t.Helper()
	dialer := net.Dialer{}
	if name != "" {
		dialer.LocalAddr = &net.UnixAddr{Name: name, Net: "unix"}
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "unix", socket)
	}}
	r, err := http.NewRequest("GET", "http://netwicket/decide", nil)
	require.NoError(t, err)
	r.Header.Set(xff, client)
	response, err := (&http.Client{Transport: transport}).Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

func TestUnixSocket(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "ask.sock")
	s := serve(t, local(`"trustUnix": true`))
	open := func() (*forwardauth.Server, error) {
		return s.Listen(forwardauth.Listener{Address: "unix:" + socket, Handler: s.handler})
	}
	before := syscall.Umask(0o027)
	defer syscall.Umask(before)
	server, err := open()
	require.NoError(t, err)
	require.Equal(t, 0o027, syscall.Umask(0o027), "the process's mask is what it was")
	done := make(chan error, 1)
	go func() { done <- server.Serve() }()
	require.Equal(t, "unix:"+socket, server.Text())
	info, err := os.Stat(socket)
	require.NoError(t, err)
	require.Equal(t, fs.ModeSocket|0o660, info.Mode())
	require.Equal(t, 204, askSocket(t, socket, "", "198.51.100.7"))
	require.Equal(t, 403, askSocket(t, socket, "", "203.0.113.7"))

	_, err = open()
	require.ErrorContains(t, err, "cannot listen on unix:"+socket+": address already in use")
	require.Equal(t, 204, askSocket(t, socket, "", "198.51.100.7"), "the first one goes on")

	require.NoError(t, server.Shutdown())
	require.NoError(t, <-done)
	require.NoFileExists(t, socket)

	// A service that was killed leaves its socket behind.
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	require.NoError(t, err)
	stale.SetUnlinkOnClose(false)
	require.NoError(t, stale.Close())
	require.FileExists(t, socket)
	server, err = open()
	require.NoError(t, err)
	require.NoError(t, server.Shutdown())

	require.NoError(t, os.WriteFile(socket, []byte("text"), 0o600))
	_, err = open()
	require.ErrorContains(t, err, "no socket")
	text, err := os.ReadFile(socket)
	require.NoError(t, err)
	require.Equal(t, "text", string(text))

	// Nobody can say of a socket of another kind whether somebody answers on it.
	other := filepath.Join(t.TempDir(), "other.sock")
	datagrams, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: other, Net: "unixgram"})
	require.NoError(t, err)
	defer datagrams.Close()
	_, err = s.Listen(forwardauth.Listener{Address: "unix:" + other})
	require.ErrorContains(t, err, "cannot tell whether somebody answers there")
	require.FileExists(t, other)

	for _, address := range []string{"unix:", "unix:@name", "unix:" + filepath.Join(socket, "below-a-file"), "unix:" + filepath.Join(t.TempDir(), "none", "ask.sock")} {
		_, err = s.Listen(forwardauth.Listener{Address: address})
		require.ErrorContains(t, err, "cannot listen on "+address)
	}
}

// TestNamesOfSocketsAreNoAddresses: a caller that calls itself like a proxy is none.
func TestNamesOfSocketsAreNoAddresses(t *testing.T) {
	t.Chdir(t.TempDir())
	s := serve(t, local(`"trusted": ["10.0.0.1"]`))
	server, err := s.Listen(forwardauth.Listener{Address: "unix:ask.sock", Handler: s.handler})
	require.NoError(t, err)
	go func() { _ = server.Serve() }()
	defer func() { require.NoError(t, server.Shutdown()) }()
	for _, name := range []string{"10.0.0.1", "10.0.0.1:4711", ""} {
		require.Equal(t, 403, askSocket(t, "ask.sock", name, "198.51.100.7"), name)
	}
}
