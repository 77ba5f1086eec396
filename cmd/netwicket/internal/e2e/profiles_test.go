//go:build unix

package e2e_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Profiles are had where they were asked for, on the address of the metrics alone.
func TestProfiles(t *testing.T) {
	folder := writePolicy(t, edge)
	require.Contains(t, fails(t, folder, "--pprof"), "--pprof needs an address of its own, away from where proxies ask: --metrics, or serve.metrics")
	const heap = "/debug/pprof/heap"
	without, with := serve(t, folder), serve(t, folder, "--pprof")
	for _, row := range []struct {
		address string
		want    int
	}{{without.address, 404}, {without.status, 404}, {with.address, 404}, {with.status, 200}} {
		response, err := http.Get("http://" + row.address + heap)
		require.NoError(t, err)
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, row.want, response.StatusCode)
		require.Equal(t, row.want == 200, strings.HasPrefix(string(text), "\x1f\x8b"), "a profile is compressed")
	}
}
