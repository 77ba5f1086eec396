package release_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/release"
)

// Each result, with what offers it: the follower has version 5 in force, keeps it, and takes
// version 6 afterwards.
func TestResults(t *testing.T) {
	cut := func(text []byte) []byte { return text[:len(text)/2] }
	for _, row := range []struct {
		name  string
		offer func(*testing.T, *memory)
		want  release.Result
	}{
		{"the next version", func(t *testing.T, m *memory) { m.publish(t, payload(8)) }, release.Installed},
		{"the same", func(t *testing.T, m *memory) { m.publish(t, payload(5)) }, release.Unchanged},
		{"the same, signed by others too", func(t *testing.T, m *memory) { m.pointer = seal(t, payload(5), 9, 1) }, release.Unchanged},
		{"nothing", func(_ *testing.T, m *memory) { m.pointer = nil }, release.Unreachable},
		{"an error", func(_ *testing.T, m *memory) { m.err = errors.New("connection refused") }, release.Unreachable},
		{"no blob", func(t *testing.T, m *memory) { m.publish(t, payload(8)); clear(m.blobs) }, release.Unreachable},
		{"no overlay", func(t *testing.T, m *memory) { m.publish(t, payload(8, withOverlay("x"))) }, release.Unreachable},
		{"a pointer without end", func(_ *testing.T, m *memory) { m.err = release.ErrTooLarge }, release.TooLarge},
		{"more of a pointer than is read", func(_ *testing.T, m *memory) {
			m.pointer = append(m.pointer, bytes.Repeat([]byte(" "), release.PointerLimit)...)
		}, release.TooLarge},
		{"a snapshot that is too large", func(t *testing.T, m *memory) {
			m.publish(t, payload(8, func(p *release.Payload) { p.Snapshots[0].Size = release.SnapshotLimit + 1 }))
		}, release.TooLarge},
		{"an overlay that is too large", func(t *testing.T, m *memory) {
			m.publish(t, payload(8, func(p *release.Payload) {
				p.Overlay = &release.Blob{SHA256: blobOf("").SHA256, Size: release.OverlayLimit + 1}
			}))
		}, release.TooLarge},

		{"forged", func(t *testing.T, m *memory) { m.pointer = seal(t, payload(8), 9) }, release.BadSignature},
		{"not signed", func(t *testing.T, m *memory) { m.pointer = seal(t, payload(8)) }, release.BadSignature},
		{"truncated", func(t *testing.T, m *memory) { m.pointer = cut(seal(t, payload(8), 1)) }, release.BadSignature},
		{"another payload under the signature", func(t *testing.T, m *memory) {
			text, err := payload(8).Encode()
			require.NoError(t, err)
			old, err := payload(5).Encode()
			require.NoError(t, err)
			m.pointer, err = release.Seal(text, release.Sign(old, key(1)))
			require.NoError(t, err)
		}, release.BadSignature},
		{"key-swapped", func(t *testing.T, m *memory) {
			text, err := payload(8).Encode()
			require.NoError(t, err)
			signature := release.Sign(text, key(9))
			signature.KeyID = release.KeyID(public(1))
			m.pointer, err = release.Seal(text, signature)
			require.NoError(t, err)
		}, release.BadSignature},
		{"signed, but no release", func(t *testing.T, m *memory) { m.pointer = sealText(t, []byte(`{"v":1,"version":8}`), 1) }, release.BadSignature},

		{"cross-channel", func(t *testing.T, m *memory) {
			m.publish(t, payload(8, func(p *release.Payload) { p.Channel = "canary" }))
		}, release.WrongChannel},
		{"replayed", func(t *testing.T, m *memory) { m.publish(t, payload(4)) }, release.OldVersion},
		{"replayed and expired", func(t *testing.T, m *memory) { m.publish(t, payload(4, expiring(noon.Add(-time.Minute)))) }, release.OldVersion},
		{"two of a version", func(t *testing.T, m *memory) { m.publish(t, payload(5, withOverlay("x")), "x") }, release.Fork},
		{"expired", func(t *testing.T, m *memory) { m.publish(t, payload(8, expiring(noon))) }, release.Expired},
		{"an expired one of a format that is not read", func(t *testing.T, m *memory) {
			text, err := payload(8, expiring(noon)).Encode()
			require.NoError(t, err)
			m.pointer = sealText(t, []byte(strings.Replace(string(text), `"format":1`, `"format":2`, 1)), 1)
		}, release.Expired},
		{"other formats", func(t *testing.T, m *memory) {
			text, err := payload(8).Encode()
			require.NoError(t, err)
			m.pointer = sealText(t, []byte(strings.Replace(string(text), `"format":1`, `"format":2`, 1)), 1)
		}, release.NoFormat},
		{"another payload's version", func(t *testing.T, m *memory) { m.pointer = sealText(t, []byte(`{"v":2}`), 1) }, release.NoFormat},

		{"half a snapshot", func(t *testing.T, m *memory) {
			m.publish(t, payload(8))
			m.blobs[blobOf(policy(8)).SHA256] = policy(8)[:4]
		}, release.BadDigest},
		{"another snapshot of the size", func(t *testing.T, m *memory) {
			m.publish(t, payload(8))
			m.blobs[blobOf(policy(8)).SHA256] = policy(9)
		}, release.BadDigest},
		{"more than the snapshot", func(t *testing.T, m *memory) {
			m.publish(t, payload(8))
			m.blobs[blobOf(policy(8)).SHA256] = policy(8) + " "
		}, release.BadDigest},
		{"another overlay", func(t *testing.T, m *memory) {
			m.publish(t, payload(8, withOverlay("x")))
			m.blobs[blobOf("x").SHA256] = "y"
		}, release.BadDigest},
		{"no snapshot", func(t *testing.T, m *memory) {
			m.publish(t, payload(8, func(p *release.Payload) { p.Snapshots[0].Blob = blobOf("x") }), "x")
		}, release.SnapshotInvalid},
		{"an overlay that is none", func(t *testing.T, m *memory) { m.publish(t, payload(8, withOverlay("until x")), "until x") }, release.SnapshotInvalid},
		{"an overlay with an end and nothing behind it", func(t *testing.T, m *memory) { m.publish(t, payload(8, withOverlay("endless")), "endless") }, release.SnapshotInvalid},
		{"a defect in the reader", func(t *testing.T, m *memory) { m.publish(t, payload(8, withOverlay("defect")), "defect") }, release.SnapshotInvalid},
		{"a guard", func(t *testing.T, m *memory) { m.publish(t, payload(8, withOverlay("guarded")), "guarded") }, release.Refused},
	} {
		t.Run(row.name, func(t *testing.T) {
			store, g := newMemory(), &gateway{}
			store.publish(t, payload(5))
			o := g.options(t, store)
			f := follow(t, o, "")
			look(t, f, release.Installed)
			kept := filesOf(t, o.State)
			row.offer(t, store)
			out := look(t, f, row.want)
			require.Equal(t, release.Looked, out.Cause)
			status := f.Status()
			require.Equal(t, row.want, status.Last.Result)
			require.True(t, f.Ready())
			if row.want == release.Installed {
				require.Equal(t, policy(8), g.now())
				return
			}
			require.Equal(t, policy(5), g.now())
			require.Equal(t, uint64(5), status.Payload.Version)
			if row.want != release.Unchanged {
				require.Equal(t, kept, filesOf(t, o.State), "the state is as it was")
			}

			store.err = nil
			store.publish(t, payload(6))
			look(t, f, release.Installed)
			require.Equal(t, policy(6), g.now())
			require.Equal(t, payload(6), f.Status().Payload)
			restarted := &gateway{}
			o.Prepare, o.Withdraw, o.Store = restarted.prepare, restarted.install(""), newMemory()
			follow(t, o, release.Installed)
			require.Equal(t, policy(6), restarted.now())
		})
	}
}

// Every result is told of, and looked for above.
func TestResultsAreListed(t *testing.T) {
	seen := map[release.Result]bool{}
	for _, result := range release.Results() {
		require.False(t, seen[result], result)
		seen[result] = true
		require.Equal(t, result != "installed" && result != "unchanged", result.Failed())
	}
	for _, text := range strings.Fields("installed unchanged unreachable too_large bad_signature wrong_channel old_version fork expired digest no_format snapshot_invalid refused state_error") {
		require.True(t, seen[release.Result(text)], text)
	}
	require.Len(t, seen, 14)
}

// The one that is offered again and again is no news, until its time is over: then somebody
// holds back the next one.
func TestFrozen(t *testing.T) {
	store, g := newMemory(), &gateway{}
	o := g.options(t, store)
	now := noon
	o.Clock.Now = func() time.Time { return now }
	store.publish(t, payload(5))
	f := follow(t, o, "")
	look(t, f, release.Installed)
	now = noon.Add(time.Hour - time.Second)
	look(t, f, release.Unchanged)
	require.Equal(t, now, f.Status().Checked)
	require.False(t, f.Status().Expired)
	now = noon.Add(time.Hour)
	out := look(t, f, release.Expired)
	require.True(t, out.Expired)
	require.Equal(t, noon.Add(time.Hour-time.Second), f.Status().Checked)
	require.True(t, f.Status().Expired)
	require.Equal(t, policy(5), g.now(), "it stays in force")

	// Renewing is the same policy under the next version.
	fetched := store.fetched
	store.publish(t, payload(6, expiring(now.Add(time.Hour)), func(p *release.Payload) { p.Snapshots = payload(5).Snapshots }))
	look(t, f, release.Installed)
	require.Equal(t, fetched, store.fetched, "what is kept is not fetched again")
	require.Equal(t, policy(5), g.now())
	require.False(t, f.Status().Expired)
}

// A version that was seen once is the least from then on, wherever it came from.
func TestNothingGoesBack(t *testing.T) {
	store, g := newMemory(), &gateway{}
	o := g.options(t, store)
	o.MinVersion = 3
	f := follow(t, o, "")
	store.publish(t, payload(2))
	look(t, f, release.OldVersion)
	require.Empty(t, g.now())
	require.False(t, f.Ready())
	store.publish(t, payload(3))
	look(t, f, release.Installed)
	store.publish(t, payload(9))
	look(t, f, release.Installed)
	for version := uint64(1); version < 9; version++ {
		store.publish(t, payload(version))
		look(t, f, release.OldVersion)
		look(t, follow(t, o, release.Installed), release.OldVersion)
	}
	require.Equal(t, policy(9), g.now())
	o.MinVersion = 10
	g.install("")()
	follow(t, o, release.OldVersion)
	require.Empty(t, g.now(), "the least of the image counts for the state, too")
}

// Whoever changes the keys finds the release in force as the new ones signed it.
func TestKeysRotate(t *testing.T) {
	store, g := newMemory(), &gateway{}
	o := g.options(t, store)
	store.publish(t, payload(5))
	look(t, follow(t, o, ""), release.Installed)
	store.pointer = seal(t, payload(5), 1, 2)
	f := follow(t, o, release.Installed)
	look(t, f, release.Unchanged)
	require.Equal(t, store.pointer, []byte(filesOf(t, o.State)["prod.json"]), "to the byte as it was received")

	o.Trust = release.Trust{Keys: []ed25519.PublicKey{public(2)}}
	follow(t, o, release.Installed)
	o.Trust = release.Trust{Keys: []ed25519.PublicKey{public(3)}}
	g.install("")()
	follow(t, o, release.BadSignature)
	require.Empty(t, g.now())
}

// A folder that is published to, and one that a follower fills, is a store.
func TestFolderStore(t *testing.T) {
	memory, g := newMemory(), &gateway{}
	memory.publish(t, payload(5, withOverlay("x")), "x")
	o := g.options(t, memory)
	look(t, follow(t, o, ""), release.Installed)

	store, err := release.OpenStore(o.State, "prod", release.StoreOptions{})
	require.NoError(t, err)
	behind := &gateway{}
	next := behind.options(t, store)
	f := follow(t, next, "")
	look(t, f, release.Installed)
	require.Equal(t, policy(5), behind.now())

	pointer := filepath.Join(o.State, "prod.json")
	require.NoError(t, os.WriteFile(pointer, bytes.Repeat([]byte(" "), release.PointerLimit+1), 0o600))
	look(t, f, release.TooLarge)
	require.NoError(t, os.Remove(pointer))
	look(t, f, release.Unreachable)
	require.NoError(t, os.Mkdir(pointer, 0o700))
	look(t, f, release.Unreachable)
	require.NoError(t, os.Remove(pointer))
	require.NoError(t, os.WriteFile(pointer, seal(t, payload(6), 1), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(o.State, "sha256", blobOf(policy(6)).SHA256), bytes.Repeat([]byte("x"), 100), 0o600))
	look(t, f, release.BadDigest)
}

// What is wrong with the options is said before anything is done.
func TestOptionsAreChecked(t *testing.T) {
	g := &gateway{}
	for name, change := range map[string]func(*release.Options){
		"no store":            func(o *release.Options) { o.Store = nil },
		"no state":            func(o *release.Options) { o.State = "" },
		"no channel":          func(o *release.Options) { o.Channel = "" },
		"a channel's path":    func(o *release.Options) { o.Channel = "../prod" },
		"nobody trusted":      func(o *release.Options) { o.Trust = release.Trust{} },
		"a threshold of two":  func(o *release.Options) { o.Trust.Threshold = 2 },
		"one key for two":     func(o *release.Options) { o.Trust.Threshold, o.Trust.Keys = 2, append(o.Trust.Keys, public(1)) },
		"nothing to prepare":  func(o *release.Options) { o.Prepare = nil },
		"nothing to withdraw": func(o *release.Options) { o.Withdraw = nil },
		"a word for expiry":   func(o *release.Options) { o.OnExpired = "allow" },
	} {
		o := g.options(t, newMemory())
		change(&o)
		_, err := release.Open(o)
		require.Error(t, err, name)
	}
	for _, location := range []string{
		"", "ftp://host/prod.json", "http://policies.example/prod.json", "https://user:secret@host/prod.json", "https://host/prod.json#x", "https:///prod.json",
		"http://127.0.0.1.example/prod.json", "http://localhost.example/prod.json", "https://%zz/",
	} {
		_, err := release.OpenStore(location, "prod", release.StoreOptions{})
		require.Error(t, err, location)
		require.NotContains(t, err.Error(), "secret")
	}
	for _, location := range []string{"folder", "https://host/prod.json", "http://127.0.0.1/prod.json", "http://[::1]:8080/", "http://localhost/prod.json"} {
		_, err := release.OpenStore(location, "prod", release.StoreOptions{})
		require.NoError(t, err, location)
	}
	_, err := release.OpenStore("http://policies.example/prod.json", "prod", release.StoreOptions{Plain: true})
	require.NoError(t, err)
	_, err = release.OpenStore("folder", "a/b", release.StoreOptions{})
	require.Error(t, err)
}
