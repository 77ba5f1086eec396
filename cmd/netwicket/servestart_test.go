package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway/doorwaytest"
	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// What keeps serve from starting is said, and nothing is left open.
func TestServeRefusesToStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, taken.Close()) }()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, free.Close())
	folder(t, map[string]string{
		"netwicket.json": servedPolicyFile(""),
		"zones.json":     keepertest.Blocklist("203.0.113.0/24"),
		"socket.json":    `{"okta": {"zones": ["zones.json"]}, "edge": {"trustUnix": true, "source": "x-forwarded-for"}}`,
		"tls.json":       servedPolicyFile(`, "serve": {"tlsCert": "zones.json", "tlsKey": "zones.json"}`),
		"long.json":      servedPolicyFile(`, "serve": {"tlsCert": "absent.pem", "tlsKey": "absent.pem"}`),
	})
	on := " --listen " + free.Addr().String()
	for args, want := range map[string]string{
		"--force -c absent.json":                 "absent.json",
		"--drain 2h":                             `--drain "2h": expected a duration from 0s to 1h`,
		"--unknown-country x":                    `--unknown-country "x"`,
		"-c absent.json":                         "absent.json",
		"-c a/b=zones.json":                      "a/b=zones.json",
		"-c . -c two=absent.json":                "absent.json",
		"-c zones.json":                          `serve needs an "edge" in the policy file`,
		"--listen unix:s":                        "cannot answer on unix:s: its callers have no address, so that none is in edge.trusted; set edge.trustUnix if only proxies can reach it",
		"--listen unix:s --grpc 127.0.0.1:0":     "cannot answer on unix:s: its callers have no address",
		"-c . -c two=zones.json --listen unix:s": "cannot answer on unix:s: its callers have no address",
		"--grpc unix:s":                          "cannot answer on unix:s: its callers have no address",
		"-c socket.json --listen unix:s --grpc 127.0.0.1:0": "cannot answer on 127.0.0.1:0: serve needs edge.trusted, the addresses of the proxies that may ask, since edge.trustUnix is for a Unix socket",
		"-c socket.json":                          "cannot answer on 127.0.0.1:9180: serve needs edge.trusted",
		"--pprof" + on:                            "--pprof needs an address of its own, away from where proxies ask: --metrics, or serve.metrics",
		"-c tls.json" + on:                        "certificate zones.json with key zones.json",
		"-c long.json" + on:                       "absent.pem",
		"--listen " + taken.Addr().String():       "cannot listen on " + taken.Addr().String(),
		"--grpc " + taken.Addr().String() + on:    "cannot listen on " + taken.Addr().String(),
		"--metrics " + taken.Addr().String() + on: "cannot listen on " + taken.Addr().String(),
		"now": "now",
	} {
		require.Contains(t, refusesHere(t, "serving", words("serve "+args)...), want, args)
	}
	again, err := net.Listen("tcp", free.Addr().String())
	require.NoError(t, err, "what was open is closed")
	require.NoError(t, again.Close())
}

// A Unix socket is answered on where the policy trusts those who can reach it.
func TestServeOnASocket(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": `{"okta": {"zones": ["zones.json"]}, "edge": {"trustUnix": true, "source": "x-forwarded-for"}, "serve": {"listen": "unix:socket", "drain": "0s"}}`,
		"zones.json":     keepertest.Blocklist("203.0.113.0/24"),
	})
	s := serveHere(t)
	require.Equal(t, "unix:socket", s.line["address"])
	require.NotContains(t, s.line, "metrics")
	require.NotContains(t, s.line, "grpc")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", "socket")
	}}}
	for path, want := range map[string]int{"/decide": 403, "/readyz": 200} {
		r, err := http.NewRequest(http.MethodGet, "http://x"+path, nil)
		require.NoError(t, err)
		r.Header.Set("X-Forwarded-For", "203.0.113.7")
		answer, err := client.Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, want, answer.StatusCode, path)
	}
	s.cancel()
	require.Zero(t, s.ended())
	require.NoFileExists(t, "socket")
}

// The certificate is that of its files, which are read again when they change or when
// that is asked for.
func TestServeTLSHere(t *testing.T) {
	folder(t, map[string]string{
		"netwicket.json": strings.Replace(servedPolicyFile(`, "serve": {"listen": "127.0.0.1:0", "metrics": "127.0.0.1:0", "tlsCert": "cert.pem", "tlsKey": "key.pem"}`), "x-forwarded-for", "header:X-Real-IP", 1),
		"zones.json":     keepertest.Blocklist("203.0.113.0/24"),
	})
	doorwaytest.WriteCertificate(t, ".", 1)
	s := serveHere(t)
	require.Equal(t, true, s.line["tls"])
	require.NotEmpty(t, s.line["metrics"])
	require.NotContains(t, s.line, "grpc")
	s.logs("policy warning", "have the proxy set X-Real-IP")
	serial := func() string {
		connection, err := tls.Dial("tcp", s.address("address"), &tls.Config{InsecureSkipVerify: true})
		require.NoError(t, err)
		defer connection.Close()
		return connection.ConnectionState().PeerCertificates[0].SerialNumber.String()
	}
	require.Equal(t, "1", serial())
	s.signal(syscall.SIGHUP)
	s.logs("certificate reloaded")
	put(t, "key.pem", "half a key")
	s.logs("the certificate was not reloaded; the one in force stays", "key.pem")
	require.Equal(t, "1", serial())
	next := t.TempDir()
	doorwaytest.WriteCertificate(t, next, 2)
	for _, name := range []string{"cert.pem", "key.pem"} {
		put(t, name, readFile(t, filepath.Join(next, name)))
	}
	require.Eventually(t, func() bool { return serial() == "2" }, keepertest.Patience, 5*time.Millisecond)
}

// A service that follows a channel denies everything before its first release, takes the
// ones that are sound, and tells of each that is not once.
func TestServeFollowsHere(t *testing.T) {
	c := keepertest.NewChannel(t)
	folder(t, c.Files(`}, `+servedEdge+`, "serve": {"listen": "127.0.0.1:0"}}`))
	aSnapshot := func(name, blocked string) string {
		snapshotOf(t, name, blocked)
		return readFile(t, name)
	}
	s := serveHere(t)
	none := s.logs("no release is in force: everything is denied until one comes")
	require.Equal(t, []any{"prod", c.Folder}, []any{none["channel"], none["from"]})
	require.Nil(t, s.find("policy loaded"))
	s.logs("no release was taken; the policy in force stays", `"result":"unreachable"`, `"error":"`)
	require.Equal(t, 403, s.decides("/decide", "198.51.100.7"))
	code, text := s.text("address", "/readyz")
	require.Equal(t, 503, code)
	require.Contains(t, text, "no release is in force, and everything is denied")

	first := aSnapshot("first.nws", "203.0.113.0/24")
	c.Publish(first, "")
	s.becomes("/decide", "198.51.100.7", 204)
	require.Equal(t, 403, s.decides("/decide", "203.0.113.7"))
	s.logs("policy reloaded: release")
	require.Eventually(t, func() bool { code, _ := s.text("address", "/readyz"); return code == 200 }, keepertest.Patience, time.Millisecond)
	status := func() (of map[string]any) {
		_, text := s.text("address", "/status")
		require.NoError(t, json.Unmarshal([]byte(text), &of), text)
		return of
	}
	require.Eventually(t, func() bool { return status()["lastError"] == nil && status()["version"] == 1.0 }, keepertest.Patience, time.Millisecond)
	require.NotNil(t, status()["inForceSince"])

	c.Publish(first, "", func(p *release.Payload) {
		p.Expires = time.Now().Add(-time.Minute)
		p.Created = p.Expires.Add(-time.Minute)
	})
	s.logs("no release was taken; the policy in force stays", `"result":"expired"`)
	c.Version = 0
	c.Publish(aSnapshot("second.nws", "198.51.100.0/24"), "")
	fork := s.logs("two releases have one version: somebody has signed another one; the policy in force stays", `"result":"fork"`)
	require.Equal(t, "ERROR", fork["level"])
	require.Equal(t, 204, s.decides("/decide", "198.51.100.7"))
	require.Equal(t, 1, strings.Count(s.log.String(), `"result":"expired"`), "looks that fail alike are told once")

	files := c.Files(`}, ` + servedEdge + `, "serve": {"listen": "127.0.0.1:0"}}`)
	put(t, "netwicket.json", strings.Replace(files["netwicket.json"], `"prod"`, `"test"`, 1))
	require.Equal(t, []any{"from"}, s.logs("settings changed that take effect after a restart")["settings"])
	_, metrics := s.text("address", "/metrics")
	require.Regexp(t, `netwicket_fetch_total\{result="installed"\} 1`, metrics)
	require.Regexp(t, `netwicket_fetch_total\{result="fork"\} [1-9]`, metrics)
}
