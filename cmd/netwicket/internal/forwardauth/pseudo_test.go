package forwardauth_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Clients whose address is made up are decided about, and warned of once.
func TestPseudoIPv4Clients(t *testing.T) {
	s := serve(t, blocking(`, "serve": {"logLevel": "warn", "logAddresses": "network"}`))
	for _, client := range []string{"192.0.2.1", "239.255.255.255", "240.1.2.3", "250.1.2.3", "240.1.2.3"} {
		s.ask(request("GET", "/decide", xff, client))
	}
	s.closeLog()
	lines := s.log.lines(t)
	require.Len(t, lines, 1)
	require.Equal(t, "WARN", lines[0]["level"])
	require.Contains(t, lines[0]["msg"], "240.0.0.0/4")
	require.Equal(t, "240.1.2.0/24", lines[0]["client_ip"])
	require.Len(t, lines[0]["policy"], 32)
}
