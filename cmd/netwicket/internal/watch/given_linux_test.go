package watch_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/keepertest"
)

// watchers are how many watchers the system has for this process.
func watchers(t *testing.T) (n int) {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	for _, one := range open {
		if target, err := os.Readlink("/proc/self/fd/" + one.Name()); err == nil && strings.Contains(target, "inotify") {
			n++
		}
	}
	return n
}

// Who has kept files gives the watcher back.
func TestWatchersAreGivenBack(t *testing.T) {
	before := watchers(t)
	t.Run("keep", func(t *testing.T) {
		k := keep(t, time.Hour)
		k.start(t)
		require.NoError(t, os.WriteFile(k.Paths[0], []byte("two"), 0o600))
		next(t, k.begun)
		give(t, k.answers, nil)
		require.NoError(t, next(t, k.told))
		require.Equal(t, before+1, watchers(t))
	})
	require.Eventually(t, func() bool { return watchers(t) == before }, keepertest.Patience, time.Millisecond)
}

// A file of which no name is left, as one that is mounted by itself and was replaced where
// it came from, is not what somebody wants; what Load says of it comes first.
func TestFilesThatAreDeleted(t *testing.T) {
	k := keep(t, time.Hour)
	path := filepath.Join(t.TempDir(), "key.pem")
	file, err := os.Create(path)
	require.NoError(t, err)
	defer file.Close()
	held := fmt.Sprintf("/proc/self/fd/%d", file.Fd())
	k.Paths = append(k.Paths, held)
	go func() { k.answers <- nil }()
	require.NoError(t, k.Once())
	require.NoError(t, os.Remove(path))
	go func() { k.answers <- nil }()
	require.EqualError(t, k.Once(), held+" is deleted but still mounted, and what took its place is not to be seen: mount the folder instead")
	require.Len(t, k.applied, 1)
	go func() { k.answers <- errors.New("no certificate") }()
	require.EqualError(t, k.Once(), "no certificate")
}

// Why there will be no events is told once, and files are loaded all the same.
func TestFolderThatMayNotBeWatched(t *testing.T) {
	k := keep(t, time.Hour)
	unwatched := make(chan error, 10)
	k.Unwatched = func(err error) { unwatched <- err }
	folder := filepath.Dir(k.Paths[0])
	require.NoError(t, os.Chmod(folder, 0o311)) // what is in it may be had, and not listed
	t.Cleanup(func() { require.NoError(t, os.Chmod(folder, 0o700)) })
	if os.Geteuid() == 0 { // who may do everything, too
		require.NoError(t, syscall.Seteuid(65534))
		t.Cleanup(func() { require.NoError(t, syscall.Seteuid(0)) })
	}
	k.start(t)
	require.ErrorIs(t, next(t, unwatched), os.ErrPermission)
	for range 2 {
		give(t, k.asked, struct{}{})
		next(t, k.begun)
		give(t, k.answers, nil)
		next(t, k.applied)
		require.NoError(t, next(t, k.told))
	}
	require.Empty(t, unwatched)
}
