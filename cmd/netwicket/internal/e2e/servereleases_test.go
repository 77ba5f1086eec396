//go:build unix

package e2e_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// aSnapshot compiles a policy that blocks a network.
func aSnapshot(t *testing.T, network string) string {
	t.Helper()
	folder := writePolicy(t, edge)
	writeFile(t, filepath.Join(folder, "zones.json"), zonesBlocking(network))
	return keepertest.Snapshot(t, folder)
}

// fares is what /status says.
func (s *serving) fares(t *testing.T) (of struct {
	Fingerprint, Channel, Source, LastResult, LastError, InForceSince, Expires *string
	Version                                                                    *uint64
}) {
	t.Helper()
	code, text := s.text("/status")
	require.Equal(t, http.StatusOK, code)
	require.NoError(t, json.Unmarshal([]byte(text), &of), text)
	return of
}

// A service that follows a channel denies everything before the first release, takes each
// that is sound, keeps the one in force beside one that is not, and starts from its state
// though nobody answers.
func TestServeFollowsAChannel(t *testing.T) {
	c := keepertest.NewChannel(t)
	server := httptest.NewServer(http.FileServer(http.Dir(c.Folder)))
	defer server.Close()
	folder := t.TempDir()
	for name, text := range c.FilesAt(server.URL+"/prod.json", `}, `+edge+`}`) {
		writeFile(t, filepath.Join(folder, name), text)
	}
	s := serve(t, folder)
	require.Equal(t, http.StatusForbidden, s.decides("/decide", "198.51.100.7"))
	code, text := s.text("/readyz")
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Contains(t, text, `policy "": no release is in force, and everything is denied (no_policy)`)
	s.logs("no release is in force: everything is denied until one comes")
	before := s.fares(t)
	require.Nil(t, before.Fingerprint)
	require.Nil(t, before.Source)

	c.Publish(aSnapshot(t, "203.0.113.0/24"), "")
	s.becomes("/decide", "198.51.100.7", http.StatusNoContent)
	require.Equal(t, http.StatusForbidden, s.decides("/decide", "203.0.113.7"))
	require.Eventually(t, func() bool { code, _ := s.text("/readyz"); return code == http.StatusOK }, patience, 10*time.Millisecond)
	now := s.fares(t)
	require.Equal(t, []any{"prod", "network", uint64(1)}, []any{*now.Channel, *now.Source, *now.Version})
	require.NotNil(t, now.Fingerprint)
	require.NotNil(t, now.Expires)
	require.NotNil(t, now.InForceSince)
	require.Eventually(t, func() bool { return s.fares(t).LastError == nil }, patience, 10*time.Millisecond)

	c.Publish(aSnapshot(t, "198.51.100.0/24"), "", func(p *release.Payload) {
		p.Expires = time.Now().Add(-time.Minute)
		p.Created = p.Expires.Add(-time.Minute)
	})
	require.Eventually(t, func() bool { return *s.fares(t).LastResult == "expired" }, patience, 10*time.Millisecond)
	require.Equal(t, http.StatusNoContent, s.decides("/decide", "198.51.100.7"))
	s.logs("no release was taken; the policy in force stays")
	c.Publish(aSnapshot(t, "198.51.100.0/24"), "")
	s.becomes("/decide", "198.51.100.7", http.StatusForbidden)
	metrics := ""
	require.Eventually(t, func() bool { // it is counted once it decides
		_, metrics = s.text("/metrics")
		return strings.Contains(metrics, "\n"+`netwicket_fetch_total{result="installed"} 2`)
	}, patience, 10*time.Millisecond)
	for _, line := range []string{
		`netwicket_fetch_total{result="fork"} 0`, "netwicket_release_version 3",
		"netwicket_release_expires_timestamp_seconds ", "netwicket_release_checked_timestamp_seconds ", `netwicket_policy_info{fingerprint="` + *s.fares(t).Fingerprint,
	} {
		require.Contains(t, metrics, "\n"+line)
	}
	require.Regexp(t, `netwicket_fetch_total\{result="expired"\} [1-9]`, metrics)
	s.end(syscall.SIGTERM)

	server.Close()
	again := serve(t, folder)
	require.Equal(t, http.StatusForbidden, again.decides("/decide", "198.51.100.7"))
	require.Equal(t, http.StatusNoContent, again.decides("/decide", "203.0.113.7"))
	require.Equal(t, "state", *again.fares(t).Source)
	require.Eventually(t, func() bool { last := again.fares(t).LastResult; return last != nil && *last == "unreachable" }, patience, 10*time.Millisecond)
	again.end(syscall.SIGTERM)

	require.NoError(t, os.WriteFile(filepath.Join(folder, "netwicket.json"), []byte(strings.Replace(c.FilesAt(server.URL+"/prod.json", `}, `+edge+`}`)["netwicket.json"], `"keys"`, `"minVersion": 4, "keys"`, 1)), 0o600))
	least := serve(t, folder)
	require.Equal(t, http.StatusForbidden, least.decides("/decide", "203.0.113.7"), "the state is below the least version")
}
