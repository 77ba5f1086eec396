package gate_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
)

// TestListenKeepsAtAccept: where connections are kept for a Recheck, whoever is denied is
// asked about once, gone before Accept returns, and not kept.
func TestListenKeepsAtAccept(t *testing.T) {
	denying, allowing := decidetest.AllowOnly(t, "203.0.113.7"), decidetest.AllowOnly(t, "127.0.0.0/8", "::1")
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	live, recheck := decidetest.Live(denying), new(gate.Recheck)
	var told []bool
	kept := gate.Listen(inner, live, gate.ListenOptions{Resolver: &gate.Resolver{}, Recheck: recheck, Observe: func(_ net.Conn, result gate.Result) {
		if told = append(told, result.Allowed()); len(told) == 2 {
			live.Swap(allowing) // the third one is let in
		}
	}})
	defer kept.Close()
	var clients [3]net.Conn
	for i := range clients {
		clients[i], err = net.Dial("tcp", inner.Addr().String())
		require.NoError(t, err)
		defer clients[i].Close()
	}
	connection := accept(t, kept)
	defer connection.Close()
	require.Equal(t, clients[2].LocalAddr().String(), connection.RemoteAddr().String())
	require.Equal(t, []bool{false, false, true}, told)
	for _, denied := range clients[:2] {
		_, err = denied.Read(make([]byte, 1))
		require.Error(t, err)
	}
	held, _ := recheck.Open()
	require.Equal(t, 1, held)
	_, err = connection.Write([]byte("x"))
	require.NoError(t, err)
	_, err = clients[2].Read(make([]byte, 1))
	require.NoError(t, err)
}
