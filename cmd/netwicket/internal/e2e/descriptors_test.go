//go:build unix

package e2e_test

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway/doorwaytest"
)

// few starts the program with 20 descriptors.
func few(t *testing.T, folder string) *serving {
	t.Helper()
	p := freePorts(t)
	s := &serving{address: fmt.Sprintf("127.0.0.1:%d", p.service), status: fmt.Sprintf("127.0.0.1:%d", p.web)}
	s.process = start(t, folder, "sh", "-c", `ulimit -n 20; exec "$0" serve --listen "$1" --metrics "$2"`, program, s.address, s.status)
	s.answers(p.service)
	s.answers(p.web)
	return s
}

// idle opens connections that say nothing.
func idle(t *testing.T, from, address string, count int) []net.Conn {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: patience}
	open := make([]net.Conn, count)
	for i := range open {
		connection, err := dialer.Dial("tcp", address)
		require.NoError(t, err)
		t.Cleanup(func() { _ = connection.Close() })
		open[i] = connection
	}
	return open
}

// TestStrangersDoNotTakeAllDescriptors: strangers on either listener leave enough
// for the proxies, for probes and for a reload.
func TestStrangersDoNotTakeAllDescriptors(t *testing.T) {
	for name, keys := range map[string]string{"plain": "", "tls": `, "serve": {"tlsCert": "cert.pem", "tlsKey": "key.pem"}`} {
		t.Run(name, func(t *testing.T) {
			folder := writePolicy(t, edge+keys)
			doorwaytest.WriteCertificate(t, folder, 1)
			s := few(t, folder)
			idle(t, "127.0.0.2", s.address, 30)
			idle(t, "127.0.0.2", s.status, 30)
			if name == "plain" {
				for range 5 {
					require.Equal(t, 204, s.decides("/decide", "198.51.100.7"))
					require.Equal(t, 403, s.decides("/decide", "203.0.113.7"))
				}
			}
			status, metrics := s.text("/metrics")
			require.Equal(t, 200, status)
			require.NotContains(t, metrics, "netwicket_connections_evicted_total 0\n")
			writeFile(t, folder+"/zones.json", zonesBlocking("198.51.100.0/24"))
			s.logs("policy reloaded")
			require.NotContains(t, s.output.String(), "too many open files")
		})
	}
}

// TestConnectionsThatCannotBeAccepted are an error in the log, and taken when there
// is room again. Here it is the proxy itself that opens too many.
func TestConnectionsThatCannotBeAccepted(t *testing.T) {
	s := few(t, writePolicy(t, edge))
	open := idle(t, "127.0.0.1", s.address, 30)
	line := s.logs("connections cannot be accepted")
	require.Equal(t, "ERROR", line["level"])
	require.Contains(t, line["error"], "too many open files")
	for _, connection := range open {
		require.NoError(t, connection.Close())
	}
	require.Eventually(t, func() bool { return s.decides("/decide", "198.51.100.7") == 204 }, patience, 10*time.Millisecond)
}
