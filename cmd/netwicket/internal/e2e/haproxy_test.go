//go:build unix

package e2e_test

import (
	"net"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// testNoServiceDeniesSoon: in whatever way the service is away, a request is denied at
// the first try, where HAProxy by itself would make four. The proofs hold it to half a
// second, which no clock but the proxy's own can show, in one of several tries, since a
// machine that is busy may be late.
func (r *running) testNoServiceDeniesSoon(t *testing.T) {
	r.service.end(syscall.SIGTERM)
	for name, occupy := range map[string]func(*testing.T, int) (leave func()){
		"stopped": func(*testing.T, int) func() { return func() {} }, "hanging": hanging, "not routable": unreachable,
	} {
		t.Run(name, func(t *testing.T) {
			defer occupy(t, r.ports.service)()
			c, soonest := newClient(t, allowed, r.web), patience
			for range requestsWithoutService {
				begun := time.Now()
				answer := c.get(t)
				soonest = min(soonest, time.Since(begun))
				require.False(t, answer.passed())
				require.Equal(t, 403, answer.status)
				require.Equal(t, "denied, reference -\n", answer.body)
			}
			t.Logf("figure: denied after %v where the service is %s", soonest.Round(time.Millisecond), name)
			if proving() {
				require.Less(t, soonest, 500*time.Millisecond)
			}
		})
	}
}

const requestsWithoutService = 5

// hanging accepts connections on a port and says nothing.
func hanging(t *testing.T, port int) (leave func()) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	require.NoError(t, err)
	var accepted []net.Conn
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			accepted = append(accepted, connection)
		}
	}()
	return func() {
		require.NoError(t, listener.Close())
		<-done
		require.Len(t, accepted, requestsWithoutService, "each request has one try")
		for _, connection := range accepted {
			require.NoError(t, connection.Close())
		}
	}
}

// unreachable makes a port one whose connections are not answered at all: its queue
// is full, and the kernel drops what comes.
func unreachable(t *testing.T, port int) (leave func()) {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	require.NoError(t, err)
	require.NoError(t, syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1))
	require.NoError(t, syscall.Bind(socket, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(t, syscall.Listen(socket, 0))
	var queued []net.Conn
	for {
		connection, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), 300*time.Millisecond)
		if err != nil {
			break
		}
		queued = append(queued, connection)
	}
	return func() {
		for _, connection := range queued {
			require.NoError(t, connection.Close())
		}
		require.NoError(t, syscall.Close(socket))
	}
}
