package forwardauth_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
)

// TestConnectionLog: what net/http has to say is for debugging, but for what is
// everybody's or our fault.
func TestConnectionLog(t *testing.T) {
	s := serve(t, blocking(`, "serve": {"logLevel": "debug"}`))
	connections := forwardauth.ConnectionLog(s.journal)
	var want []string
	for _, row := range []struct{ said, level, message, key, value string }{
		{"http: TLS handshake error from 192.0.2.1:1: EOF\n", "DEBUG", "connection", "error", `"http: TLS handshake error from 192.0.2.1:1: EOF"`},
		{"http: panic serving 192.0.2.1:1: a defect\n", "ERROR", "a request was not answered", "panic", "http: panic serving 192.0.2.1:1: a defect"},
		{"http2: panic serving 192.0.2.1:1: a defect\n", "ERROR", "a request was not answered", "panic", "http2: panic serving 192.0.2.1:1: a defect"},
		{"http: Accept error: too many open files\n", "ERROR", "connections cannot be accepted", "error", "http: Accept error: too many open files"},
	} {
		n, err := connections.Write([]byte(row.said))
		require.NoError(t, err)
		require.Len(t, row.said, n)
		want = append(want, fmt.Sprint(row.level, row.message, row.key, row.value))
	}
	s.closeLog()
	var got []string
	for _, line := range s.log.lines(t) {
		for _, key := range []string{"error", "panic"} {
			if line[key] != nil {
				got = append(got, fmt.Sprint(line["level"], line["msg"], key, line[key]))
			}
		}
	}
	require.Equal(t, want, got)
}
