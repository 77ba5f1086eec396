package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/decidetest"
	"github.com/netwicket/netwicket/decide/release"
)

// snapshotOf writes a policy that blocks networks as a snapshot.
func snapshotOf(t *testing.T, name string, blocked ...string) *decide.Policy {
	t.Helper()
	policy := decidetest.Block(t, blocked...)
	var out bytes.Buffer
	require.NoError(t, policy.WriteSnapshot(&out))
	writeFile(t, name, out.String())
	return policy
}

// publisher is a folder with a key, two snapshots and an overlay.
func publisher(t *testing.T) (first, second *decide.Policy) {
	t.Helper()
	folder(t, map[string]string{"overlay.json": `{"deny":[{"network":"192.0.2.1","why":"x"}],"allow":[{"network":"198.51.100.7","until":"2026-11-26T12:30:00Z","why":"x"}]}`})
	first = snapshotOf(t, "first.nws", "203.0.113.0/24")
	second = snapshotOf(t, "second.nws", "198.51.100.0/24")
	require.Zero(t, runIn(t, "", "key", "-o", "release").code)
	return first, second
}

// at is the program at a time.
func at(t *testing.T, now time.Time, args ...string) ran {
	t.Helper()
	var out, stderr bytes.Buffer
	c := &commandLine{in: strings.NewReader(""), out: &out, err: &stderr, outside: surroundings{clock: asking.Clock{Now: func() time.Time { return now }}}}
	return ran{c.run(args), out.String(), stderr.String()}
}

var thatNoon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// words are the arguments of a command, and more behind them.
func words(text string, more ...string) []string { return append(strings.Fields(text), more...) }

func publishing(t *testing.T, more ...string) ran {
	t.Helper()
	return at(t, thatNoon, words("publish --to public --channel prod --key release", more...)...)
}

func fetching(t *testing.T, more ...string) ran {
	t.Helper()
	return at(t, thatNoon, words("fetch --from public --trust release.pub --state state --once", more...)...)
}

// From the publisher to the state, and every version after that.
func TestPublishAndFetch(t *testing.T) {
	first, second := publisher(t)
	got := publishing(t, "first.nws", "--json")
	require.Zero(t, got.code, got.stderr)
	var published map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.out), &published))
	id := strings.Fields(publicID(t))[0]
	require.Equal(t, map[string]any{
		"published": true, "channel": "prod", "version": 1.0, "fingerprint": first.Info().Fingerprint, "expires": "2026-11-29T12:00:00Z", "signers": []any{id},
	}, published)

	got = fetching(t, "--json")
	require.Zero(t, got.code, got.stderr)
	var fetched map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.out), &fetched))
	content, err := os.ReadFile("first.nws")
	require.NoError(t, err)
	snapshot := filepath.Join("state", "sha256", release.BlobOf(content).SHA256)
	require.Equal(t, map[string]any{
		"result": "installed", "channel": "prod", "version": 1.0, "fingerprint": first.Info().Fingerprint, "expires": "2026-11-29T12:00:00Z",
		"snapshot": snapshot, "error": nil,
	}, fetched)
	kept, err := os.ReadFile(snapshot)
	require.NoError(t, err)
	require.Equal(t, content, kept)

	got = fetching(t)
	require.Zero(t, got.code)
	require.Equal(t, fmt.Sprintf("unchanged prod 1, %s, expires 2026-11-29T12:00:00Z: %s\n", first.Info().Fingerprint, snapshot), got.out)

	got = publishing(t, "second.nws", "--overlay", "overlay.json", "--expires", "1h")
	require.Zero(t, got.code, got.stderr)
	require.Equal(t, fmt.Sprintf("published: prod 2, %s, expires 2026-11-26T13:00:00Z\n", second.Info().Fingerprint), got.out)
	require.Contains(t, fetching(t).out, "installed prod 2")
	require.NoFileExists(t, snapshot)

	got = publishing(t, "--renew")
	require.Zero(t, got.code, got.stderr)
	require.Equal(t, fmt.Sprintf("published: prod 3, %s, expires 2026-11-29T12:00:00Z\n", second.Info().Fingerprint), got.out)
	require.Contains(t, fetching(t).out, "installed prod 3")
	got = publishing(t, "first.nws", "--version", "9")
	require.Zero(t, got.code, got.stderr)
	require.Contains(t, fetching(t).out, "installed prod 9, "+first.Info().Fingerprint, "rolled back under a new version")

	// Frozen: time goes by and nobody publishes.
	got = at(t, thatNoon.Add(72*time.Hour), words("fetch --from public --trust release.pub --state state --once --json")...)
	require.Equal(t, 1, got.code)
	require.Contains(t, got.out, `"result":"expired"`)
	require.Contains(t, got.out, `"version":9`)
	require.Contains(t, got.stderr, "expired: version 9 expired at 2026-11-29T12:00:00Z")
}

// publicID is what key printed, from the file.
func publicID(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("release.pub")
	require.NoError(t, err)
	public, err := release.ParsePublicKey(text)
	require.NoError(t, err)
	return release.KeyID(public)
}

// What publish refuses, and that nothing is published then.
func TestPublishRefuses(t *testing.T) {
	publisher(t)
	require.Zero(t, publishing(t, "first.nws", "--version", "5").code)
	require.Zero(t, runIn(t, "", "key", "-o", "other").code)
	pointer, err := os.ReadFile("public/prod.json")
	require.NoError(t, err)
	writeFile(t, "text.nws", "no snapshot")
	whole, err := os.ReadFile("first.nws")
	require.NoError(t, err)
	writeFile(t, "cut.nws", string(whole[:len(whole)-1]))
	writeFile(t, "overlay.broken", `{"deny":["office"]}`)
	for _, row := range []struct {
		args string
		says string
	}{
		{"--to public --channel prod --key release second.nws --version 5", "version 5 is published"},
		{"--to public --channel prod --key release second.nws --version 4", "version 5 is published"},
		{"--to public --channel prod --key release second.nws --version 0", "expected next or a number"},
		{"--to public --channel prod --key release second.nws --version latest", "expected next or a number"},
		{"--to public --channel prod --key other second.nws", "cannot be followed"},
		{"--to public --channel prod --key other --renew", "cannot be followed"},
		{"--to public --channel prod --key release.pub second.nws", `found a "PUBLIC KEY"`},
		{"--to public --channel prod --key absent second.nws", "no such file"},
		{"--to public --channel prod --key release --trust release second.nws", "it is the private key"},
		{"--to public --channel prod --key release text.nws", "snapshot"},
		{"--to public --channel prod --key release cut.nws", "cut.nws: 1:1: error: "},
		{"--to public --channel prod --key release first.nws second.nws", "two snapshots of format 1"},
		{"--to public --channel prod --key release", "nothing to publish"},
		{"--to public --channel prod --key release second.nws --renew", "leave the files"},
		{"--to public --channel other --key release --renew", "nothing is published"},
		{"--to public --channel prod second.nws", "--key is missing"},
		{"--to public --key release second.nws", "--channel is missing"},
		{"--channel prod --key release second.nws", "--to is missing"},
		{"--to public --channel ../prod --key release second.nws", "expected up to 63 letters"},
		{"--to public --channel prod --key release second.nws --expires 0s", "--expires"},
		{"--to public --channel prod --key release second.nws --overlay overlay.broken", "overlay.broken:1:"},
		{"--to public --channel prod --key release second.nws --overlay absent", "no such file"},
		{"--to s3://bucket --channel prod --key release second.nws", "cannot be published to"},
		{"--to public --channel prod --signature x second.nws", "name what was signed"},
		{"--to public --channel prod --payload-out p --signature x second.nws", "no such file"},
		{"--to public --channel prod --payload-out p --key release second.nws", "leave --key"},
		{"--to first.nws --channel prod --key release second.nws", "cannot be made"},
	} {
		got := at(t, thatNoon, words("publish "+row.args)...)
		require.Equal(t, 1, got.code, row.args)
		require.Contains(t, got.stderr, row.says, row.args)
		require.Empty(t, got.out)
	}
	now, err := os.ReadFile("public/prod.json")
	require.NoError(t, err)
	require.Equal(t, string(pointer), string(now))

	// Keys change hands: the new one publishes with a stated version, or with the old one trusted.
	got := at(t, thatNoon, words("publish --to public --channel prod --key other --trust release.pub second.nws")...)
	require.Zero(t, got.code, got.stderr)
	require.Contains(t, got.out, "prod 6")
	got = at(t, thatNoon, words("publish --to public --channel prod --key release --version 7 second.nws")...)
	require.Zero(t, got.code, got.stderr)
	require.Contains(t, got.stderr, "was not checked and is replaced")
}

// Signing where the key never leaves: openssl takes what --payload-out writes.
func TestSignElsewhere(t *testing.T) {
	first, _ := publisher(t)
	got := at(t, thatNoon, words("publish --to public --channel prod --payload-out message first.nws")...)
	require.Zero(t, got.code, got.stderr)
	require.Equal(t, fmt.Sprintf("to be signed: prod 1, %s, expires 2026-11-29T12:00:00Z\n", first.Info().Fingerprint), got.out)
	require.NoFileExists(t, "public/prod.json")
	message, err := os.ReadFile("message")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(message), "netwicket-release-v1\n{"))

	if _, err := exec.LookPath("openssl"); err == nil {
		out, err := exec.Command("openssl", words("pkeyutl -sign -rawin -inkey release -in message -out signature")...).CombinedOutput()
		require.NoError(t, err, "%s", out)
	} else {
		t.Log("openssl is not installed: the library signs")
		text, err := os.ReadFile("release")
		require.NoError(t, err)
		key, err := release.ParsePrivateKey(text)
		require.NoError(t, err)
		writeFile(t, "signature", string(ed25519.Sign(key, message)))
	}
	signature, err := os.ReadFile("signature")
	require.NoError(t, err)
	writeFile(t, "signature.text", base64.StdEncoding.EncodeToString(signature)+"\n")
	writeFile(t, "signature.wrong", strings.Repeat("x", 64))
	id := publicID(t)
	sign := func(args string) ran {
		return at(t, thatNoon, words("publish --to public --channel prod --payload-out message "+args)...)
	}
	for args, says := range map[string]string{
		"--trust release.pub --signature " + id + "=signature.wrong": "the signature of " + id,
		"--signature " + id + "=message":                             "expected 64 bytes",
		"--signature " + id:                                          "expected KEYID=FILE",
		"--signature " + id + "=signature --version 2":               "it is version 1",
		"--signature " + id + "=signature --channel test":            "it is of channel prod",
	} {
		got := sign(args)
		require.Equal(t, 1, got.code, args)
		require.Contains(t, got.stderr, says, args)
	}
	require.NoFileExists(t, "public/prod.json")
	got = sign("--trust release.pub --signature " + id + "=signature.text")
	require.Zero(t, got.code, got.stderr)
	require.Empty(t, got.stderr)
	require.Contains(t, fetching(t).out, "installed prod 1")

	got = sign("--trust release.pub --signature " + id + "=signature")
	require.Equal(t, 1, got.code)
	require.Contains(t, got.stderr, "version 1 is published")
	got = sign("--signature " + id + "=signature") // nobody says who signed either
	require.Zero(t, got.code, got.stderr)
	require.Contains(t, got.stderr, "nobody checked the signature of "+id)
	require.Contains(t, got.stderr, "was not checked and is replaced")
	require.Contains(t, fetching(t).out, "unchanged prod 1")

	require.NoError(t, os.RemoveAll("public"))
	got = sign("--signature " + id + "=signature")
	require.Equal(t, 1, got.code, "the snapshot is gone")
	require.Contains(t, got.stderr, "neither published nor named")
	require.Zero(t, sign("--signature "+id+"=signature first.nws").code)
	late := at(t, thatNoon.Add(72*time.Hour), words("publish --to public --channel prod --payload-out message --trust release.pub --signature "+id+"=signature")...)
	require.Equal(t, 1, late.code)
	require.Contains(t, late.stderr, "it expired")
}

// Two publishers at once: every release has a version of its own, and the last one is there.
func TestTwoPublishersAtOnce(t *testing.T) {
	publisher(t)
	var all sync.WaitGroup
	outs := make([]ran, 8)
	for i := range outs {
		all.Go(func() {
			var out, stderr bytes.Buffer
			c := &commandLine{in: strings.NewReader(""), out: &out, err: &stderr}
			code := c.run(words("publish --to public --channel prod --key release --json", []string{"first.nws", "second.nws"}[i%2]))
			outs[i] = ran{code, out.String(), stderr.String()}
		})
	}
	all.Wait()
	versions := map[uint64]bool{}
	for _, out := range outs {
		require.Zero(t, out.code, out.stderr)
		var p publishedJSON
		require.NoError(t, json.Unmarshal([]byte(out.out), &p))
		require.False(t, versions[p.Version], "version %d twice", p.Version)
		versions[p.Version] = true
	}
	require.Len(t, versions, len(outs))
	got := runIn(t, "", words("fetch --from public --trust release.pub --state state --once")...)
	require.Contains(t, got.out, "installed prod 8")
}

// What fetch refuses of its flags, and how --from names the channel.
func TestFetchFlags(t *testing.T) {
	publisher(t)
	require.Zero(t, publishing(t, "first.nws").code)
	for args, says := range map[string]string{
		"--trust release.pub --state s --once":                                                 "--from is missing",
		"--from public --state s --once":                                                       "--trust is missing",
		"--from public --trust release.pub --once":                                             "--state is missing",
		"--from public --trust release --state s --once":                                       "it is the private key",
		"--from public --trust release.pub --state s --once --threshold 0":                     "--threshold 0",
		"--from public --trust release.pub --state s --once --threshold 2":                     "only 1 distinct",
		"--from public --trust release.pub --trust release.pub --threshold 2 --state s --once": "only 1 distinct",
		"--from absent --trust release.pub --state s --once --every 1s":                        "--channel is missing",
		"--from http://policies.example/prod.json --trust release.pub --state s --once":        "expected https",
		"--from https://u:secret@policies.example/p.json --trust release.pub --state s --once": "expected no credentials",
		"--from public/prod.json --channel test --trust release.pub --state s --once":          "--from names prod",
		"--from public --trust release.pub --state s --every 10ms --once":                      "expected 1s or longer",
		"--from public --channel a/b --trust release.pub --state s --once":                     "expected up to 63",
		"--from ftp://policies.example/prod.json --trust release.pub --state s --once":         "expected https",
		"--from public --trust release.pub --state s --once --min-version 2 --channel prod":    "old_version",
		"--from public --trust release.pub --state s --once --channel test":                    "unreachable",
	} {
		got := at(t, thatNoon, words("fetch "+args)...)
		require.Equal(t, 1, got.code, args)
		require.Contains(t, got.stderr, says, args)
		require.NotContains(t, got.stderr, "secret")
	}
	told, cancel := context.WithCancel(t.Context())
	cancel()
	goesOn := (&commandLine{err: io.Discard}).fetch(told, fetchFlags{from: "public", channel: "prod", trust: []string{"release.pub"}, threshold: 2, state: "s", every: time.Second})
	require.ErrorContains(t, goesOn, "only 1 distinct", "nor does it begin to go on")
	server := httptest.NewServer(http.FileServer(http.Dir("public")))
	defer server.Close()
	for _, from := range []string{"public", "public/prod.json", server.URL + "/prod.json", server.URL + "/ --channel prod"} {
		require.NoError(t, os.RemoveAll("state"))
		got := at(t, thatNoon, words("fetch --trust release.pub --state state --once --from "+from)...)
		require.Zero(t, got.code, got.stderr)
		require.Contains(t, got.out, "installed prod 1")
	}
	require.NoError(t, os.WriteFile("public/test.json", nil, 0o600))
	got := fetching(t)
	require.Equal(t, 1, got.code)
	require.Contains(t, got.stderr, "--channel is missing")
}

// A state without an answer: what is there is told, and the exit code is that of no answer.
func TestFetchWithoutAnswer(t *testing.T) {
	publisher(t)
	require.Zero(t, publishing(t, "first.nws").code)
	require.Zero(t, fetching(t).code)
	require.NoError(t, os.RemoveAll("public"))
	got := fetching(t, "--channel", "prod", "--json")
	require.Equal(t, 1, got.code)
	require.Contains(t, got.out, `{"result":"unreachable","channel":"prod","version":1,`)
	require.Regexp(t, `,"error":"[^"]*no such file[^"]*"}\n$`, got.out)
	require.NoError(t, os.RemoveAll("state"))
	got = fetching(t, "--channel", "prod")
	require.Equal(t, 1, got.code)
	require.Equal(t, "unreachable prod\n", got.out)
}

// Whose output finds no room says so; what was done is done.
func TestReleaseToAFullDevice(t *testing.T) {
	publisher(t)
	require.Zero(t, publishing(t, "first.nws").code)
	for _, args := range []string{
		"key -o new", "key -o new --json", "publish --to public --channel prod --key release first.nws", "publish --to public --channel prod --key release --renew --json",
		"fetch --from public --trust release.pub --state state --once", "fetch --from public --trust release.pub --state state --once --json",
	} {
		for _, room := range []int{0, 5} {
			_, _ = os.Remove("new"), os.Remove("new.pub")
			var stderr bytes.Buffer
			require.Equal(t, 1, run(words(args), strings.NewReader(""), &fullDevice{room}, &stderr), args)
			require.Contains(t, stderr.String(), syscall.ENOSPC.Error())
		}
	}
}

// What docs/releases.md lists are the results that there are.
func TestReleasesPageListsTheResults(t *testing.T) {
	text, err := os.ReadFile("../../docs/releases.md")
	require.NoError(t, err)
	var listed []release.Result
	for _, found := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllSubmatch(text, -1) {
		listed = append(listed, release.Result(found[1]))
	}
	require.Equal(t, release.Results(), listed)
}
