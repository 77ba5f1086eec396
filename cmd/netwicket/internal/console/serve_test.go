package console_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
)

// The console listens on this machine alone.
func TestListen(t *testing.T) {
	listener, err := console.Listen("127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	taken := listener.Addr().String()
	for address, want := range map[string]string{
		"0.0.0.0:0": "--listen 0.0.0.0:0: the console is for this machine alone; expected a loopback address", "192.0.2.1:0": "for this machine alone", ":0": "for this machine alone",
		"nonsense": "--listen nonsense: address nonsense: missing port", "127.0.0.1:99999": "--listen 127.0.0.1:99999: ", taken: "cannot listen on " + taken,
	} {
		_, err := console.Listen(address)
		require.ErrorContains(t, err, want)
	}
	require.True(t, listener.Addr().(*net.TCPAddr).IP.IsLoopback())
}

// pipes is a listener whose connections are pipes, which wait by the clock of a test.
type pipes struct {
	connections chan net.Conn
	closed      chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case connection := <-p.connections:
		return connection, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9} }

func (p *pipes) dial() net.Conn {
	here, there := net.Pipe()
	p.connections <- there
	return here
}

// served runs a check against a server, by the clock of a test, and ends it.
func served(t *testing.T, handler http.HandlerFunc, check func(t *testing.T, p *pipes, end func() (after time.Duration))) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p, ctx, cancel := newPipes(), context.Context(nil), context.CancelFunc(nil)
		ctx, cancel = context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error, 1)
		go func() { ended <- console.Serve(ctx, p, handler) }()
		check(t, p, func() time.Duration {
			begun := time.Now()
			cancel()
			require.NoError(t, <-ended)
			return time.Since(begun)
		})
		cancel()
	})
}

func asks(t *testing.T, connection net.Conn, headers string) *http.Response {
	t.Helper()
	go func() { _, _ = io.WriteString(connection, "GET / HTTP/1.1\r\nHost: x\r\n"+headers+"\r\n") }() // what is refused is not read to its end
	answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, answer.Body)
	require.NoError(t, err)
	return answer
}

func quick(http.ResponseWriter, *http.Request) {}

// Connections that browsers opened for later do not keep the console from ending.
func TestServeEndsAtOnce(t *testing.T) {
	served(t, quick, func(t *testing.T, p *pipes, end func() time.Duration) {
		waiting, used, other := p.dial(), p.dial(), p.dial()
		require.Equal(t, http.StatusOK, asks(t, used, "").StatusCode)
		synctest.Wait()
		require.Less(t, end(), time.Second, "by the clock of the test")
		for _, connection := range []net.Conn{waiting, used, other} {
			_, err := connection.Read(make([]byte, 1))
			require.ErrorIs(t, err, io.EOF)
		}
	})
}

// Who still waits for an answer has it within two seconds, or never.
func TestServeWaitsForAnswers(t *testing.T) {
	for _, takes := range []time.Duration{1900 * time.Millisecond, 2100 * time.Millisecond} {
		served(t, func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(takes):
			case <-r.Context().Done():
			}
		}, func(t *testing.T, p *pipes, end func() time.Duration) {
			connection := p.dial()
			_, err := io.WriteString(connection, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			require.NoError(t, err)
			answered := make(chan error, 1)
			go func() {
				_, err := http.ReadResponse(bufio.NewReader(connection), nil)
				answered <- err
			}()
			synctest.Wait()
			require.LessOrEqual(t, end(), 2*time.Second)
			require.Equal(t, takes < 2*time.Second, <-answered == nil)
		})
	}
}

// What comes before a request is short, in time and in size; a log may take long.
func TestServeLimits(t *testing.T) {
	served(t, quick, func(t *testing.T, p *pipes, end func() time.Duration) {
		begun, slow := time.Now(), p.dial()
		_, err := io.WriteString(slow, "GET / HTTP/1.1\r\nHost: x\r\n")
		require.NoError(t, err)
		_, _ = io.ReadAll(slow) // to its end
		require.Equal(t, 5*time.Second, time.Since(begun))

		begun, idle := time.Now(), p.dial()
		require.Equal(t, http.StatusOK, asks(t, idle, "").StatusCode)
		_, err = idle.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF)
		require.Equal(t, 2*time.Minute, time.Since(begun))

		require.Equal(t, http.StatusOK, asks(t, p.dial(), "A: "+strings.Repeat("a", 64<<10)+"\r\n").StatusCode)
		require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, asks(t, p.dial(), "A: "+strings.Repeat("a", 80<<10)+"\r\n").StatusCode)
		end()
	})
}

type broken struct{ pipes }

var errBroken = errors.New("the network is gone")

func (*broken) Accept() (net.Conn, error) { return nil, errBroken }

// A listener that fails is said.
func TestServeFails(t *testing.T) {
	require.ErrorIs(t, console.Serve(t.Context(), &broken{*newPipes()}, http.HandlerFunc(quick)), errBroken)
}
