package gate_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/gate"
)

// A result in a log says what was decided, and why nobody was found.
func TestResultInALog(t *testing.T) {
	policy := decidetest.Block(t, "203.0.113.0/24")
	for remote, want := range map[string]string{
		"192.0.2.1:80": "result.decision=allow result.reason=permitted result.client_ip=192.0.2.1\n",
		"nobody":       "result.decision=deny result.reason=client_unresolved result.error=bad_peer\n",
	} {
		var out bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key != "result" {
				return slog.Attr{}
			}
			return a
		}}))
		logger.Info("", "result", gate.Decide(nil, policy, &gate.Resolver{}, remote, http.Header{}))
		require.Equal(t, want, out.String())
	}
	require.Empty(t, gate.Error(0).Code(), "none has no name")
}
