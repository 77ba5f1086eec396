package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/release"
)

// What was published arrives; what whoever has broken into the store puts there is carried as
// well, and refused by who follows.
func TestCarriedAndFollowed(t *testing.T) {
	for name, open := range worlds {
		t.Run(name, func(t *testing.T) {
			p, w, folder := newPublisher(t), open(t), filepath.Join(t.TempDir(), "release")
			w.start()
			a, g := agent(t, name, w, folder), p.follow(folder)
			brings := func(changed bool) {
				t.Helper()
				carried, err := a.Carry(t.Context())
				require.NoError(t, err)
				require.Equal(t, changed, carried)
			}
			_, err := a.Carry(t.Context())
			require.Error(t, err, "nothing was put")
			require.NoDirExists(t, folder)

			old := p.publish(1, "key", first)
			require.NoError(t, put(t, name, w, old))
			brings(true)
			g.looks(release.Installed, first)
			brings(false)
			require.NoError(t, put(t, name, w, p.publish(2, "key", second)))
			brings(true)
			g.looks(release.Installed, second)
			require.FileExists(t, filepath.Join(folder, "sha256", p.blob(first)), "somebody may be reading it")
			if name != "configmap" { // which is swapped as a whole
				require.ElementsMatch(t, []string{p.blob(first), p.blob(second)}, w.blobs(), "an agent may be reading it")
			}

			thief := p.publish(99, "thief", first)
			require.NoError(t, put(t, name, w, thief))
			brings(true)
			g.looks(release.BadSignature, second)
			require.NoError(t, put(t, name, w, old))
			brings(true)
			g.looks(release.OldVersion, second)

			pointer, err := os.ReadFile(filepath.Join(folder, "prod.json"))
			require.NoError(t, err)
			for _, broken := range [][]byte{nil, []byte("{}"), pointer[:len(pointer)/2], bytes.Repeat([]byte(" "), release.PointerLimit+1), asking(t, named("../../../etc/passwd")), asking(t, named(p.blob(first)[:63]+"g")), asking(t, release.Blob{SHA256: p.blob(first), Size: release.SnapshotLimit + 1})} {
				w.pointer(broken)
				_, err := a.Carry(t.Context())
				require.Error(t, err, "%.80s", broken)
				now, err := os.ReadFile(filepath.Join(folder, "prod.json"))
				require.NoError(t, err)
				require.Equal(t, pointer, now)
			}
			// A pointer whose blob is not there stays away.
			w.pointer(asking(t, release.BlobOf([]byte("absent"))))
			_, err = a.Carry(t.Context())
			require.ErrorContains(t, err, "blob ")
			g.looks(release.OldVersion, second)

			require.NoError(t, put(t, name, w, p.publish(3, "key", second)))
			brings(true)
			g.looks(release.Installed, second)
			require.NoError(t, put(t, name, w, p.publish(4, "key", second)))
			brings(true)
			g.looks(release.Installed, second)
			require.Equal(t, []string{p.blob(second)}, w.blobs(), "what nobody asks for any more is gone")
			require.NoFileExists(t, filepath.Join(folder, "sha256", p.blob(first)))
		})
	}
}

// asking is an unsigned pointer that asks for a blob.
func asking(t *testing.T, blob release.Blob) []byte {
	t.Helper()
	payload, err := json.Marshal(map[string]any{"snapshots": []release.Blob{blob}})
	require.NoError(t, err)
	pointer, err := json.Marshal(map[string]any{"payload": payload})
	require.NoError(t, err)
	return pointer
}

// The kubelet shows a new release under ..data before the names beside it are there.
func TestReleaseWhoseNamesAreNotThereYet(t *testing.T) {
	p, k, folder := newPublisher(t), &kubelet{t: t, volume: t.TempDir()}, t.TempDir()
	a, g := agent(t, "configmap", k, folder), p.follow(folder)
	seen := 0
	k.midway = func() {
		carried, err := a.Carry(t.Context())
		require.NoError(t, err)
		require.True(t, carried)
		seen++
	}
	require.NoError(t, put(t, "configmap", k, p.publish(1, "key", first)))
	g.looks(release.Installed, first)
	require.NoError(t, put(t, "configmap", k, p.publish(2, "key", second)))
	g.looks(release.Installed, second)
	require.Equal(t, 2, seen)
}

func named(name string) release.Blob { return release.Blob{SHA256: name, Size: 6} }

// The programs run beside each other: fleet's agent fills a folder that serve follows. A store
// that goes away changes nothing, also for a service that starts meanwhile, and what was put
// when it is back arrives.
func TestServeThroughAnAbsence(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	for name, open := range worlds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, w, folder := newPublisher(t), open(t), t.TempDir()
			w.start()
			ctx, stop := context.WithCancel(t.Context())
			var written log
			var running sync.WaitGroup
			running.Go(func() {
				_ = run(ctx, append([]string{name, "agent", "-channel", "prod", "-to", folder}, w.flags()...), nil, &written)
			})
			t.Cleanup(func() {
				stop()
				running.Wait()
				if t.Failed() {
					t.Logf("the agent wrote:\n%s", &written)
				}
			})
			s := p.serve(folder)
			require.Eventually(t, func() bool { return s.decides(first) == 403 && s.decides(second) == 403 }, patience, 10*time.Millisecond)
			require.NoError(t, put(t, name, w, p.publish(1, "key", first)))
			s.becomes(first)

			w.stop()
			next := p.publish(2, "key", second)
			s.end()
			s = p.serve(folder)
			s.becomes(first)
			w.start()
			require.NoError(t, put(t, name, w, next))
			s.becomes(second)
			require.NoError(t, put(t, name, w, p.publish(3, "key", first)))
			s.becomes(first)
		})
	}
}

// What does not fit is said with its size and the limit, and nothing is put.
func TestTooLarge(t *testing.T) {
	for _, row := range []struct {
		name string
		size int
		says []string // nothing: it fits
	}{
		{"configmap", 1<<20 - 4096, nil},
		{"configmap", 1 << 20, []string{"and a ConfigMap takes 1048576", "Nothing was printed"}},
		{"etcd", 1536*1024 - 4096, nil},
		{"etcd", 1536*1024 - 4095, []string{"has 1568769 bytes", "etcd takes 1572864", "--max-request-bytes", "Nothing was put"}},
		{"nats", 8 << 20, nil}, // eight times what the server takes in a message
	} {
		t.Run(row.name, func(t *testing.T) {
			w, folder, from := worlds[row.name](t), t.TempDir(), t.TempDir()
			w.start()
			content := make([]byte, row.size)
			_, _ = rand.Read(content)
			blob := release.BlobOf(content)
			require.NoError(t, os.Mkdir(filepath.Join(from, "sha256"), 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(from, "sha256", blob.SHA256), content, 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(from, "prod.json"), asking(t, blob), 0o600))

			err := put(t, row.name, w, from)
			if row.says != nil {
				for _, says := range row.says {
					require.ErrorContains(t, err, says)
				}
				require.Empty(t, w.blobs())
				return
			}
			require.NoError(t, err)
			_, err = agent(t, row.name, w, folder).Carry(t.Context())
			require.NoError(t, err)
			got, err := os.ReadFile(filepath.Join(folder, "sha256", blob.SHA256))
			require.NoError(t, err)
			require.True(t, bytes.Equal(content, got))
		})
	}
}
