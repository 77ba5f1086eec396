package forwardauth_test

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/pires/go-proxyproto"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
)

// TestListenBehindProxyProtocol: around a listener that speaks the PROXY protocol,
// gate.Listen decides about the client that the header names, and a balancer that is slow
// to send one, or sends none, keeps nobody else waiting.
func TestListenBehindProxyProtocol(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	listener := gate.Listen(&proxyproto.Listener{
		Listener: inner, ReadHeaderTimeout: time.Hour,
		ConnPolicy: func(o proxyproto.ConnPolicyOptions) (proxyproto.Policy, error) { return proxyproto.REQUIRE, nil },
	}, decidetest.Live(decidetest.AllowOnly(t, "203.0.113.0/24")), gate.ListenOptions{Resolver: &gate.Resolver{}, Recheck: new(gate.Recheck)})
	var serving sync.WaitGroup
	serving.Go(func() { // says hello first and what it hears then, as mail servers do
		for {
			connection, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				t.Error(err)
				return
			}
			serving.Go(func() {
				defer connection.Close()
				if _, err := io.WriteString(connection, "hello\n"); err == nil {
					_, _ = io.Copy(connection, connection)
				}
			})
		}
	})
	dial := func(says string) *net.TCPConn {
		connection, err := net.Dial("tcp", inner.Addr().String())
		require.NoError(t, err)
		_, err = io.WriteString(connection, says)
		require.NoError(t, err)
		return connection.(*net.TCPConn)
	}
	slow := dial("")
	local := "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"
	for _, row := range []struct{ name, says, want string }{
		{"allowed", "PROXY TCP4 203.0.113.7 127.0.0.1 4711 25\r\nHELO", "hello\nHELO"},
		{"denied", "PROXY TCP4 198.51.100.66 127.0.0.1 4711 25\r\nHELO", ""},
		{"the balancer itself", local + "HELO", ""},
		{"nobody", "PROXY UNKNOWN\r\nHELO", ""},
		{"no header", "HELO 203.0.113.7\r\n", ""},
		{"a header that is none", "PROXY TCP4 203.0.113.7\r\nHELO", ""},
	} {
		connection := dial(row.says)
		_ = connection.CloseWrite()       // which may be closed by now
		text, _ := io.ReadAll(connection) // reset, where something was not read
		require.Equal(t, row.want, string(text), row.name)
		require.NoError(t, connection.Close())
	}
	_, err = io.WriteString(slow, "PROXY TCP4 203.0.113.8 127.0.0.1 4711 25\r\n")
	require.NoError(t, err)
	require.NoError(t, slow.CloseWrite())
	text, err := io.ReadAll(slow)
	require.NoError(t, err)
	require.Equal(t, "hello\n", string(text))
	require.NoError(t, slow.Close())
	require.NoError(t, listener.Close())
	serving.Wait()
}
