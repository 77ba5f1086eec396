package keepertest

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/keeper"
)

// ReplaceAFile goes to and fro, so that a way that works once and
// loses its watch is found.
func ReplaceAFile(t *testing.T, watch func(*testing.T, *keeper.Options)) {
	ReplaceAFileIn(t, func(t *testing.T, try func(*testing.T)) { try(t) }, watch)
}

// ReplaceAFileIn is ReplaceAFile with each way in a bubble of its own, that of synctest.Test.
func ReplaceAFileIn(t *testing.T, in func(*testing.T, func(*testing.T)), watch func(*testing.T, *keeper.Options)) {
	for _, test := range []struct {
		name    string
		replace func(k *Kept, content string)
	}{
		{"writing in place", func(k *Kept, content string) { k.Write("zones.json", content) }},
		{"mv", func(k *Kept, content string) { k.Move("zones.json", content) }},
		{"an editor that keeps a backup", func(k *Kept, content string) {
			require.NoError(k.T, os.Rename(k.Path("zones.json"), k.Path("zones.json~")))
			k.Write("zones.json", content)
		}},
		{"removing and writing anew", func(k *Kept, content string) {
			require.NoError(k.T, os.Remove(k.Path("zones.json")))
			time.Sleep(2 * Brisk().Latest)
			k.Write("zones.json", content)
		}},
		{"a link that is swapped", func(k *Kept, content string) {
			target, err := os.MkdirTemp(k.Folder, "version")
			require.NoError(k.T, err)
			require.NoError(k.T, os.WriteFile(filepath.Join(target, "zones.json"), []byte(content), 0o600))
			require.NoError(k.T, os.Symlink(filepath.Join(filepath.Base(target), "zones.json"), k.Path("link")))
			require.NoError(k.T, os.Rename(k.Path("link"), k.Path("zones.json")))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in(t, func(t *testing.T) {
				k := Keep(t, PlainPolicy(), func(o *keeper.Options) { watch(t, o) })
				require.False(t, k.Allows("203.0.113.7"))
				for range 3 {
					test.replace(k, Blocklist("198.51.100.0/24"))
					k.Becomes("203.0.113.7", true)
					require.False(t, k.Allows("198.51.100.7"))
					test.replace(k, Blocklist("203.0.113.0/24"))
					k.Becomes("203.0.113.7", false)
				}
			})
		})
	}
}

// SwapAVolume replaces all files at once as Kubernetes does for a
// ConfigMap: netwicket.json -> ..data/netwicket.json, ..data -> ..1.
func SwapAVolume(t *testing.T, watch func(*testing.T, *keeper.Options)) {
	k := New(t)
	swap := func(version, network string) {
		k.Write(version+"/netwicket.json", PolicyFile)
		k.Write(version+"/zones.json", Blocklist(network))
		require.NoError(t, os.Symlink(version, k.Path("..data_tmp")))
		require.NoError(t, os.Rename(k.Path("..data_tmp"), k.Path("..data")))
	}
	swap("..1", "203.0.113.0/24")
	for _, name := range []string{"netwicket.json", "zones.json"} {
		require.NoError(t, os.Symlink("..data/"+name, k.Path(name)))
	}
	k.Start(func(o *keeper.Options) { watch(t, o) })
	require.False(t, k.Allows("203.0.113.7"))
	for i, version := range []string{"..2", "..3", "..4", "..5"} {
		network := []string{"198.51.100.0/24", "203.0.113.0/24"}[i%2]
		swap(version, network)
		require.NoError(t, os.RemoveAll(k.Path([]string{"..1", "..2", "..3", "..4"}[i])))
		k.Becomes("203.0.113.7", i%2 == 0)
		require.Equal(t, i%2 != 0, k.Allows("198.51.100.7"))
	}
}

// ReplaceTheFolder moves the whole folder of the policy away and another
// one to its place.
func ReplaceTheFolder(t *testing.T, watch func(*testing.T, *keeper.Options)) {
	k := Keep(t, map[string]string{"policy/netwicket.json": PolicyFile, "policy/zones.json": Blocklist("203.0.113.0/24")},
		func(o *keeper.Options) {
			watch(t, o)
			o.Policy.Paths = []string{filepath.Join(o.Policy.Paths[0], "policy")}
		})
	for i := range 4 {
		k.Write("next/netwicket.json", PolicyFile)
		k.Write("next/zones.json", Blocklist([]string{"198.51.100.0/24", "203.0.113.0/24"}[i%2]))
		require.NoError(t, os.RemoveAll(k.Path("policy")))
		require.NoError(t, os.Rename(k.Path("next"), k.Path("policy")))
		k.Becomes("203.0.113.7", i%2 == 0)
	}
}

// ReplaceTheFolderDuringAReload replaces the folder once more after it was
// read and before it is watched: no event tells of that.
func ReplaceTheFolderDuringAReload(t *testing.T, watch func(*testing.T, *keeper.Options)) {
	k := Keep(t, map[string]string{"policy/netwicket.json": PolicyFile, "policy/zones.json": Blocklist("203.0.113.0/24")},
		func(o *keeper.Options) {
			watch(t, o)
			o.Policy.Paths = []string{filepath.Join(o.Policy.Paths[0], "policy")}
		})
	replace := func(network string) error {
		k.Write("next/netwicket.json", PolicyFile)
		k.Write("next/zones.json", Blocklist(network))
		return errors.Join(os.RemoveAll(k.Path("policy")), os.Rename(k.Path("next"), k.Path("policy")))
	}
	var once sync.Once
	k.Install.Store(func() (err error) {
		once.Do(func() { err = replace("192.0.2.0/24") })
		return err
	})
	require.NoError(t, replace("198.51.100.0/24"))
	k.Becomes("192.0.2.7", false)
	require.True(t, k.Allows("198.51.100.7"))
}

// NeverStopWriting rewrites the documents without a pause. Every policy
// that gets in force is one of those written, and the last one gets there.
func NeverStopWriting(t *testing.T, watch func(*testing.T, *keeper.Options)) {
	k := Keep(t, PlainPolicy(), func(o *keeper.Options) { watch(t, o) })
	one, other := Blocklist("203.0.113.0/24"), Blocklist("203.0.113.0/24", "198.51.100.0/24")
	end := time.Now().Add(2 * time.Second)
	for i := 0; time.Now().Before(end); i++ {
		k.Write("zones.json", []string{one, other}[i%2])
		require.False(t, k.Allows("203.0.113.7"))
	}
	k.Write("zones.json", Blocklist("192.0.2.0/24"))
	k.Becomes("192.0.2.7", false)
	require.True(t, k.Allows("203.0.113.7"))
}
