//go:build unix

package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/forwardauth"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
)

// TestWithin: no command reads what lies outside, whether a policy names it or
// the command line, nor repeats a word of it.
func TestWithin(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "passwords")
	require.NoError(t, os.WriteFile(outside, []byte("root:hunter2\n"), 0o600))
	for _, test := range []struct {
		name string
		code int
		args string
	}{
		{"a policy that names it", 1, "eval -c names.json 192.0.2.7"},
		{"as a feed", 1, "eval -c feed.json 192.0.2.7"},
		{"check", 3, "check names.json"},
		{"check as JSON", 3, "check --json names.json"},
		{"a link", 1, "explain -c link.json 192.0.2.7"},
		{"a link that is checked", 3, "check link.json"},
		{"a geo folder", 1, "version -g geo"},
		{"a geo source", 1, "eval -g OUTSIDE 192.0.2.7"},
		{"a feed of the command line", 1, "eval --threat OUTSIDE 192.0.2.7"},
		{"a list of the command line", 1, "eval --service VPN=OUTSIDE 192.0.2.7"},
		{"a policy", 1, "export -c OUTSIDE --format cidr"},
		{"the edge", 1, "resolve -c link.json --remote 192.0.2.7:1"},
		{"diff", 1, "diff netwicket.json names.json"},
		{"its log", 1, "diff netwicket.json netwicket.json --log link.json"},
		{"a log", 1, "replay link.json"},
		{"against", 1, "replay --against names.json ok.txt"},
		{"expectations", 1, "test link.json"},
		{"requests that must be allowed", 3, "check -c . --must-allow link.json"},
		{"requests that must be denied", 3, "check -c . --must-deny OUTSIDE"},
		{"serve", 1, "serve -c names.json"},
		{"its certificate", 1, "serve -c tls.json --listen 127.0.0.1:0"},
		{"a picture's other policy", 1, "map -o map.png --diff names.json"},
		{"bench", 1, "bench -c names.json"},
	} {
		t.Run(test.name, func(t *testing.T) {
			acme(t)
			require.NoError(t, os.Symlink(outside, "link.json"))
			require.NoError(t, os.Mkdir("geo", 0o700))
			require.NoError(t, os.Symlink(outside, "geo/x.csv"))
			writeFile(t, "names.json", `{"okta": {"zones": ["`+outside+`"]}}`)
			writeFile(t, "feed.json", `{"okta": {"zones": ["zones.json"], "threatFeeds": ["link.json"]}}`)
			writeFile(t, "tls.json", `{"okta": {"zones": ["zones.json"]}, "geo": ["geo.csv"], "edge": {}, "serve": {"tlsCert": "link.json", "tlsKey": "link.json"}}`)
			writeFile(t, "ok.txt", "192.0.2.7\n")
			args := strings.Fields(strings.ReplaceAll(test.args, "OUTSIDE", outside))
			got := runIn(t, "", append(args, "--within", ".")...)
			require.Equal(t, test.code, got.code, "%s%s", got.out, got.stderr)
			require.Contains(t, got.out+got.stderr, "leads outside of the folder")
			require.NotContains(t, got.out+got.stderr, "hunter2")
		})
	}
}

// TestWithinItself: what lies inside is read as ever, and a flag that would hold
// nothing back is refused.
func TestWithinItself(t *testing.T) {
	acme(t)
	require.Equal(t, 0, runIn(t, "", "eval", "--within", ".", "192.0.2.7").code)
	require.Equal(t, 0, runIn(t, "", "check", "--within", ".", ".").code)
	for within, want := range map[string]string{
		"":           `--within "": expected a folder`,
		"absent":     `--within "absent": no such file or directory`,
		"zones.json": `--within "zones.json": expected a folder`,
	} {
		for _, command := range []string{"eval", "check", "resolve", "serve"} {
			got := runIn(t, "", command, "--within", within)
			require.Equal(t, 1, got.code, command)
			require.Contains(t, got.stderr, want, command)
		}
	}
}

// The certificate is read later than the policy that names it, again and again: a
// link that has led elsewhere since is not followed either.
func TestCertificateStaysWithin(t *testing.T) {
	folder(t, map[string]string{"inside/netwicket.json": "{}", "key.pem": ""})
	require.NoError(t, os.Symlink("../key.pem", "inside/link.pem"))
	for _, paths := range [][2]string{{"inside/link.pem", "inside/netwicket.json"}, {"inside/netwicket.json", "inside/link.pem"}} {
		s := &service{within: "inside", journal: forwardauth.NewJournal(io.Discard), settings: policyfile.Serve{TLSCert: paths[0], TLSKey: paths[1]}}
		_, watched := s.certificate()
		require.ErrorIs(t, watched.Once(), files.ErrOutside)
	}
}
