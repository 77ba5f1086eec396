//go:build unix

package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestFilesThatAreReplacedByPipes: nobody writes to them, so whoever reads waits for
// ever. Decisions, expiry, emergencies and the end of the process do not.
func TestFilesThatAreReplacedByPipes(t *testing.T) {
	const expires, denied = "198.51.100.9", "198.51.100.7"
	folder := writePolicy(t, edge)
	at := func(name string) string { return filepath.Join(folder, name) }
	require.NoError(t, os.Mkdir(at("geo"), 0o700))
	writeFile(t, at("geo/a.csv"), "network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,,,,\n")
	writeFile(t, at("netwicket.json"), `{`+edge+`, "geo": ["geo"], "overlay": "overlay.json", "serve": {"loadTimeout": "1s"},
		"okta": {"zones": ["zones.json"], "threatInsight": "threat.json", "threatFeeds": ["feed.txt"]}}`)
	writeFile(t, at("threat.json"), `{"action": "block", "excludeZones": []}`)
	writeFile(t, at("feed.txt"), "192.0.2.66\n")
	until := time.Now().Add(3 * time.Second).UTC().Format(time.RFC3339Nano)
	writeFile(t, at("overlay.json"), `{"deny": [{"network": "`+expires+`", "until": "`+until+`", "why": "a test"}]}`)
	s := serve(t, folder)
	require.Equal(t, 403, s.decides("/decide", expires))
	for _, name := range []string{"feed.txt", "geo/b.csv"} {
		_ = os.Remove(at(name)) // where there is one
		require.NoError(t, syscall.Mkfifo(at(name), 0o600))
	}
	s.logs("policy not reloaded")
	require.Equal(t, 403, s.decides("/decide", "192.0.2.66"), "the feed in force stays")
	require.Equal(t, 403, s.decides("/decide", "203.0.113.7"))
	s.becomes("/decide", expires, 204)
	writeFile(t, at("overlay.json.new"), `{"deny": [{"network": "`+denied+`", "why": "a test"}]}`)
	require.NoError(t, os.Rename(at("overlay.json.new"), at("overlay.json")))
	s.becomes("/decide", denied, 403)
	s.logs("the overlay alone is in force")
	require.NoError(t, s.command.Process.Signal(syscall.SIGHUP))
	s.becomes("/decide", denied, 403)
	s.end(syscall.SIGTERM)
	require.NoError(t, s.failure)
	require.Equal(t, 0, s.command.ProcessState.ExitCode())
}

// TestEdgeThatLocksOutIsRefused: a slip in the edge is no reason to deny everybody.
func TestEdgeThatLocksOutIsRefused(t *testing.T) {
	const mistaken = `"edge": {"trusted": ["127.0.0.9"], "source": "x-forwarded-for"}`
	write := func(folder, edge string) {
		writeFile(t, filepath.Join(folder, "netwicket.json"), `{"okta": {"zones": ["zones.json"]}, `+edge+`}`)
	}
	folder := writePolicy(t, edge)
	s := serve(t, folder)
	require.Equal(t, 204, s.decides("/decide", "198.51.100.7"))
	write(folder, mistaken)
	line := s.logs("policy not reloaded")
	require.Contains(t, fmt.Sprint(line["errors"]), "are not in edge.trusted any more: 127.0.0.1")
	require.Equal(t, 204, s.decides("/decide", "198.51.100.7"))
	write(folder, `"edge": {"trusted": ["127.0.0.1"], "source": "header:X-Real-Ip"}`)
	require.Eventually(t, func() bool {
		return strings.Contains(fmt.Sprint(s.logs("policy not reloaded")["errors"]), "do not send the header of edge.source: 127.0.0.1")
	}, patience, 10*time.Millisecond)
	require.Equal(t, 204, s.decides("/decide", "198.51.100.7"))

	folder = writePolicy(t, edge)
	forced := serve(t, folder, "--force")
	require.Equal(t, 204, forced.decides("/decide", "198.51.100.7"))
	write(folder, mistaken)
	forced.becomes("/decide", "198.51.100.7", 403)
}
