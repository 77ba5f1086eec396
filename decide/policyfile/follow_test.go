package policyfile_test

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/decide/release"
)

// Two channels are one if everything that is said of them is, and their keys are, wherever
// these lie.
func TestFromEqual(t *testing.T) {
	key, other := aPublicKey(t), aPublicKey(t)
	folder(t, map[string]string{"a.pub": key, "copy/a.pub": key, "b.pub": other})
	load := func(text string) *policyfile.From {
		write(t, "netwicket.json", `{"from": {`+text+`}}`)
		parts := policyfile.Load(policyfile.Options{})
		require.NoError(t, parts.Err())
		return parts.From
	}
	const same = `"url": "https://a.example/prod.json", "channel": "prod", "state": "state", "keys": ["a.pub"]`
	first := load(same)
	require.True(t, first.Equal(load(`"keys": ["copy/a.pub"], "state": "state", "channel": "prod", "url": "https://a.example/prod.json", "every": "5s"`)))
	for _, change := range []func(*policyfile.From){
		func(f *policyfile.From) { f.URL = "https://b.example/prod.json" },
		func(f *policyfile.From) { f.Channel = "test" },
		func(f *policyfile.From) { f.Threshold = 2 },
		func(f *policyfile.From) { f.State = "other" },
		func(f *policyfile.From) { f.Every = time.Minute },
		func(f *policyfile.From) { f.OnExpired = release.Deny },
		func(f *policyfile.From) { f.MinVersion = 1 },
		func(f *policyfile.From) { f.CAFile = "ca.pem" },
		func(f *policyfile.From) { f.TokenFile = "token" },
		func(f *policyfile.From) { f.Plain = true },
	} {
		changed := *first
		change(&changed)
		require.False(t, first.Equal(&changed), "%+v", changed)
		require.False(t, changed.Equal(first), "%+v", changed)
	}
	require.False(t, first.Equal(load(same[:len(same)-len(`"a.pub"]`)]+`"b.pub"]`)))
	require.False(t, first.Equal(load(same[:len(same)-1]+`, "b.pub"]`)))
	var none *policyfile.From
	require.True(t, none.Equal(nil))
	require.False(t, none.Equal(first))
	require.False(t, first.Equal(none))
}

// A folder is found beside the policy file that names it, a URL is taken as it is, and
// errors about a key stand at the key.
func TestFromPlaces(t *testing.T) {
	folder(t, map[string]string{"a.pub": aPublicKey(t), "org/a.pub": aPublicKey(t),
		"org/netwicket.json": `{"from": {"url": "releases", "channel": "prod", "state": "state", "keys": ["a.pub"]}}`})
	parts := policyfile.Load(policyfile.Options{Paths: []string{"org"}, Within: "."})
	require.NoError(t, parts.Err())
	require.Equal(t, filepath.Join("org", "releases"), parts.From.URL)
	require.Equal(t, filepath.Join("org", "state"), parts.From.State)
	options := parts.From.StoreOptions("agent")
	require.Equal(t, release.StoreOptions{UserAgent: "agent", Within: "."}, options)
	cause := errors.New("no such place")
	require.EqualError(t, parts.FromError("url", "bad-store", cause), filepath.Join("org", "netwicket.json")+":1:18 /from/url: \"releases\": no such place")
	require.EqualError(t, parts.FromError("every", "bad-store", cause), filepath.Join("org", "netwicket.json")+":1:10 /from: no such place")

	store, err := parts.From.Store("agent")
	require.NoError(t, err)
	require.NoError(t, os.Mkdir("org/releases", 0o700))
	write(t, "org/releases/prod.json", "the pointer")
	content, err := store.Pointer(t.Context())
	require.NoError(t, err)
	require.Equal(t, "the pointer", string(content))
}

// A release gives the Parts its policy, its overlay and its version, to them alone; one
// that is not what it says gives them nothing.
func TestWithRelease(t *testing.T) {
	_, snapshot := compiled(t)
	write(t, "a.pub", aPublicKey(t))
	write(t, "from.json", `{"from": {"url": "releases", "channel": "prod", "state": "state", "keys": ["a.pub"]}, "mode": "observe"}`)
	parts := policyfile.Load(policyfile.Options{Paths: []string{"from.json"}, Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
	require.NoError(t, parts.Err())
	chosen, err := release.SnapshotOf([]byte(snapshot))
	require.NoError(t, err)
	candidate := release.Candidate{
		Payload: release.Payload{Channel: "prod", Version: 7}, Chosen: chosen, Snapshot: []byte(snapshot),
		Overlay: []byte(`{"deny": [{"network": "192.0.2.7"}]}`),
	}
	with, err := parts.WithRelease(candidate)
	require.NoError(t, err)
	require.Equal(t, []any{uint64(7), true, true}, []any{with.Release(), with.Compiled(), with.Observe})
	require.Equal(t, []any{uint64(0), false}, []any{parts.Release(), parts.Compiled()}, "the Parts stay as they are")
	policy, err := with.Compile()
	require.NoError(t, err)
	require.False(t, policy.Decide(netip.MustParseAddr("192.0.2.7")).Allowed())
	require.True(t, policy.Decide(netip.MustParseAddr("192.0.2.9")).Allowed())

	again := parts.WithReleaseOf(with)
	require.Equal(t, uint64(7), again.Release())
	same, err := again.Compile()
	require.NoError(t, err)
	require.Equal(t, policy.Info().Fingerprint, same.Info().Fingerprint)
	without := with.WithoutRelease()
	require.Equal(t, []any{uint64(0), false}, []any{without.Release(), without.Compiled()})
	require.Nil(t, without.Config.Overlay)
	_, err = without.Compile()
	require.ErrorContains(t, err, "follows a channel of releases")

	candidate.Overlay = nil
	with, err = parts.WithRelease(candidate)
	require.NoError(t, err)
	policy, err = with.Compile()
	require.NoError(t, err)
	require.True(t, policy.Decide(netip.MustParseAddr("192.0.2.7")).Allowed())

	candidate.Snapshot = bytes.Clone(candidate.Snapshot)
	candidate.Snapshot[len(candidate.Snapshot)-1]++
	with, err = parts.WithRelease(candidate)
	require.Error(t, err)
	require.Nil(t, with)
}
