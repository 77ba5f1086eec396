package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/asking"
	"github.com/netwicket/netwicket/decide/release"
)

// The channel of each sort of place that fetch may follow.
func TestChannelNames(t *testing.T) {
	folder(t, map[string]string{"one/prod.json": "", "one/sha256": "", "one/notes.txt": "", "two/a.json": "", "two/b.json": "", "none/x": "", "oci/prod.json": ""})
	for _, row := range []struct{ from, channel, wantFrom, want, bad string }{
		{from: "https://h/p/prod.json", wantFrom: "https://h/p/prod.json", want: "prod"},
		{from: "https://h/p/prod.json", channel: "test", wantFrom: "https://h/p/prod.json", want: "test"},
		{from: "https://h/p/", bad: "--channel is missing, and --from names none"},
		{from: "https://h/p/", channel: "prod", wantFrom: "https://h/p/", want: "prod"},
		{from: "oci://h/r:prod", wantFrom: "oci://h/r", want: "prod"},
		{from: "oci://h/a/r:prod", channel: "prod", wantFrom: "oci://h/a/r", want: "prod"},
		{from: "oci://h/r:prod", channel: "test", bad: "--channel test: --from names prod"},
		{from: "oci://h/r", bad: "--channel is missing"},
		{from: "oci://h:5000", channel: "prod", wantFrom: "oci://h:5000", want: "prod"},
		{from: "oci://h:5000/r", channel: "prod", wantFrom: "oci://h:5000/r", want: "prod"},
		{from: "one", wantFrom: "one", want: "prod"},
		{from: "oci", wantFrom: "oci", want: "prod"},
		{from: "one", channel: "test", wantFrom: "one", want: "test"},
		{from: "one/prod.json", wantFrom: "one", want: "prod"},
		{from: "one/prod.json", channel: "prod", wantFrom: "one", want: "prod"},
		{from: "one/prod.json", channel: "test", bad: "--channel test: --from names prod"},
		{from: "two", bad: "--channel is missing"},
		{from: "none", bad: "--channel is missing"},
		{from: "absent", bad: "--channel is missing"},
		{from: "one", channel: "a/b", bad: "expected up to 63"},
	} {
		flags := fetchFlags{from: row.from, channel: row.channel}
		err := (&commandLine{}).nameChannel(&flags)
		if row.bad != "" {
			require.ErrorContains(t, err, row.bad, row)
			continue
		}
		require.NoError(t, err, row)
		require.Equal(t, []string{row.wantFrom, row.want}, []string{flags.from, flags.channel}, row)
	}
}

// Without --once, fetch goes on until it is told to end, and logs what happens.
func TestFetchGoesOn(t *testing.T) {
	publisher(t)
	require.Zero(t, runIn(t, "", words("publish --to public --channel prod --key release first.nws")...).code)
	s := goesOnHere(t, "a release is in the state", words("fetch --from public --trust release.pub --state state --every 1h")...)
	require.Equal(t, []any{"installed", 1.0}, []any{s.line["result"], s.line["version"]})
	following := s.find("following")
	require.Equal(t, []any{"public", "prod", "state"}, []any{following["from"], following["channel"], following["state"]})
	s.cancel()
	require.Zero(t, s.ended())
	require.NotNil(t, s.find("shutting down"))
	require.Empty(t, s.out.String())
	require.Contains(t, runIn(t, "", words("fetch --from public --trust release.pub --state state --once")...).out, "unchanged prod 1")
	writeFile(t, "file", "")
	got := runIn(t, "", words("fetch --from public --trust release.pub --state file --once")...)
	require.Equal(t, 1, got.code)
	require.Contains(t, got.stderr, "file")
}

// A server of releases is told who asks and given the token of --token-file, by publish and fetch
// alike; a token that lies outside of --within is given to nobody.
func TestReleaseServersAreToldWhoAsks(t *testing.T) {
	publisher(t)
	var asked []http.Header
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.Header)
		if r.Header.Get("Authorization") == "" {
			w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+r.Host+`/token",service="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		http.NotFound(w, r)
	}))
	defer server.Close()
	outside := filepath.Join(t.TempDir(), "token")
	for _, name := range []string{"token", outside} {
		require.NoError(t, os.WriteFile(name, []byte("s3cret\n"), 0o600))
	}
	host := strings.TrimPrefix(server.URL, "http://")
	for _, args := range []string{
		"publish --channel prod --key release first.nws --to oci://" + host + "/policies",
		"fetch --trust release.pub --state state --once --from oci://" + host + "/policies:prod",
		"fetch --trust release.pub --state state --once --from " + server.URL + "/prod.json",
	} {
		asked = nil
		got := at(t, thatNoon, words(args+" --token-file token")...)
		require.Equal(t, 1, got.code, args)
		require.NotEmpty(t, asked, got.stderr)
		require.Equal(t, "Bearer s3cret", asked[len(asked)-1].Get("Authorization"), args)
		for _, header := range asked {
			require.Equal(t, "netwicket/"+versionText(), header.Get("User-Agent"), args)
		}
		got = at(t, thatNoon, words(args+" --within . --token-file "+outside)...)
		require.Equal(t, 1, got.code, args)
		require.Contains(t, got.stderr, "token: ", args)
		require.Contains(t, got.stderr, "leads outside of the folder", args)
	}
}

// A release that is signed and whole, and whose snapshot is none, changes nothing in the state.
func TestFetchOfABrokenSnapshot(t *testing.T) {
	publisher(t)
	require.Zero(t, publishing(t, "first.nws").code)
	require.Zero(t, fetching(t).code)
	content := []byte(readFile(t, "second.nws"))
	entry, err := release.SnapshotOf(content)
	require.NoError(t, err)
	content[len(content)/2] ^= 0xff
	entry.Blob = release.BlobOf(content)
	writeFile(t, "public/sha256/"+entry.SHA256, string(content))
	payload := release.Payload{Channel: "prod", Version: 2, Created: thatNoon, Expires: thatNoon.Add(time.Hour), Snapshots: []release.Snapshot{entry}}
	text, err := payload.Encode()
	require.NoError(t, err)
	key, err := release.ParsePrivateKey([]byte(readFile(t, "release")))
	require.NoError(t, err)
	writeFile(t, "message", string(release.Message(text)))
	writeFile(t, "signature", string(release.Sign(text, key).Bytes))
	got := at(t, thatNoon, words("publish --to public --channel prod --payload-out message --trust release.pub --signature "+publicID(t)+"=signature")...)
	require.Zero(t, got.code, got.stderr)
	before := everything(t)
	got = fetching(t, "--json")
	require.Equal(t, 1, got.code)
	require.Contains(t, got.out, `{"result":"snapshot_invalid","channel":"prod","version":1,`)
	require.Contains(t, got.stderr, "snapshot_invalid: 1:1: error: ")
	require.Equal(t, before, everything(t))
}

// lateWriter is slow to write the last line of a log, and knows whether somebody waits for that.
type lateWriter struct {
	lockedBuffer
	ended <-chan struct{} // when the program has
	waits bool
}

func (w *lateWriter) Write(text []byte) (int, error) {
	if strings.Contains(string(text), "shutting down") {
		select {
		case <-w.ended:
		case <-time.After(50 * time.Millisecond): // long enough for a program to end that does not wait
			w.waits = true
		}
	}
	return w.lockedBuffer.Write(text)
}

// What follows a channel or a tenant ends when the last line of its log is written.
func TestLogsAreWrittenToTheEnd(t *testing.T) {
	publisher(t)
	require.Zero(t, publishing(t, "first.nws").code)
	s := newStage(t)
	clock := asking.Clock{Now: func() time.Time { return thatNoon }}
	for name, of := range map[string]func(ctx context.Context, c *commandLine) error{
		"fetch": func(ctx context.Context, c *commandLine) error {
			return c.fetch(ctx, fetchFlags{from: "public", trust: []string{"release.pub"}, threshold: 1, state: "state", every: time.Hour})
		},
		"pull": func(ctx context.Context, c *commandLine) error {
			c.paths = []string{s.folder}
			return c.pull(ctx, pullFlags{okta: s.tenant.server.URL, watch: time.Hour})
		},
	} {
		ended := make(chan struct{})
		log := &lateWriter{ended: ended}
		c := &commandLine{err: log, outside: surroundings{getenv: func(name string) string { return s.env[name] }, clock: clock}}
		told, cancel := context.WithCancel(t.Context())
		cancel()
		require.NoError(t, of(told, c), name)
		close(ended)
		require.True(t, log.waits, "%s: %s", name, log.String())
		if name == "fetch" {
			require.Contains(t, log.String(), `"msg":"following","from":"public","channel":"prod","state":"state"`)
		}
		require.NotContains(t, log.String(), `"msg":"serving"`, "nobody asked for metrics")
	}
}
