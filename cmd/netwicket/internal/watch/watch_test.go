package watch_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/watch"
	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// watched is a Keeper that would look by itself once an hour: what it notices, a
// Watcher told it.
func watched(t *testing.T, o *keeper.Options) {
	w, err := watch.New()
	require.NoError(t, err)
	t.Cleanup(w.Close)
	o.Changed, o.Follow, o.Timing.Poll = w.Changed(), w.Follow, time.Hour
}

func TestWaysToReplaceAFile(t *testing.T) { keepertest.ReplaceAFile(t, watched) }
func TestVolumeIsSwapped(t *testing.T)    { keepertest.SwapAVolume(t, watched) }
func TestFolderIsReplaced(t *testing.T)   { keepertest.ReplaceTheFolder(t, watched) }
func TestFolderIsReplacedDuringAReload(t *testing.T) {
	keepertest.ReplaceTheFolderDuringAReload(t, watched)
}
func TestWritingNeverStops(t *testing.T) { keepertest.NeverStopWriting(t, watched) }

// TestWhatIsNamed: what was written is named, since it has other content; what was but
// touched is not, and events that were lost cannot be.
func TestWhatIsNamed(t *testing.T) {
	folder, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	path := filepath.Join(folder, "zones.json")
	require.NoError(t, os.WriteFile(path, []byte("one"), 0o600))
	w, err := watch.New()
	require.NoError(t, err)
	defer w.Close()
	require.NoError(t, w.Follow([]string{path}))
	long := time.Now().Add(-time.Hour)
	for _, row := range []struct {
		happens string
		do      func() error
		want    string
	}{
		{"chmod", func() error { return os.Chmod(path, 0o640) }, ""},
		{"touch", func() error { return os.Chtimes(path, long, long) }, ""},
		{"events are lost", func() error { w.Lose(); return nil }, ""},
		{"another takes its place", func() error { return os.Rename(path, path+"~") }, path},
	} {
		require.NoError(t, row.do(), row.happens)
		select {
		case name := <-w.Changed():
			require.Equal(t, row.want, name, row.happens)
		case <-time.After(keepertest.Patience):
			require.Fail(t, "nothing is told", row.happens)
		}
	}
}

func TestFoldersToWatch(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	at := func(name string) string { return filepath.Join(root, name) }
	for _, folder := range []string{"plain", "volume/..1", "far/away", "geo"} {
		require.NoError(t, os.MkdirAll(at(folder), 0o700))
	}
	for _, file := range []string{"plain/a.json", "volume/..1/b.json", "far/away/c.json"} {
		require.NoError(t, os.WriteFile(at(file), nil, 0o600))
	}
	for link, target := range map[string]string{
		"volume/..data": "..1", "volume/b.json": "..data/b.json", "near": at("far"), "volu": at("far"), "volume/b": at("geo"), "plain/loop": "loop", "plain/broken": "../nowhere/x",
	} {
		require.NoError(t, os.Symlink(target, at(link)))
	}
	for _, test := range []struct {
		path string
		want []string
	}{
		{"plain/a.json", []string{"plain"}},
		{"plain/missing.json", []string{"plain"}},
		{"missing/deeper/a.json", []string{""}},
		{"plain/a.json/deeper.json", []string{"plain"}},
		{"volume/b.json", []string{"volume", "volume/..1", "volume/..data"}},
		{"near/away/c.json", []string{"", "far/away", "near/away"}},
		{"plain/loop", []string{"plain"}},
		{"plain/broken", []string{"", "plain"}},
		{"geo", []string{"", "geo"}},
	} {
		var want []string
		for _, folder := range test.want {
			want = append(want, at(folder))
		}
		require.Equal(t, want, watch.Folders([]string{at(test.path)}), test.path)
	}
}

// As many links are followed as Linux follows, and no more.
func TestFoldersOfManyLinks(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	at := func(n int) string { return filepath.Join(root, strconv.Itoa(n), "file") }
	for n := range 42 {
		require.NoError(t, os.Mkdir(filepath.Dir(at(n)), 0o700))
		if n < 41 {
			require.NoError(t, os.Symlink(at(n+1), at(n)))
		}
	}
	require.NoError(t, os.WriteFile(at(41), nil, 0o600))
	for from, want := range map[int]bool{0: false, 1: true, 2: true} { // 41 links, 40 and 39
		require.Equal(t, want, slices.Contains(watch.Folders([]string{at(from)}), filepath.Dir(at(41))), from)
		_, err := os.Stat(at(from))
		require.Equal(t, want || runtime.GOOS != "linux", err == nil || runtime.GOOS != "linux", from)
	}
}

// What is not followed any more is not watched any more, and the error says that there
// will be no events.
func TestWhatIsWatched(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	w, err := watch.New()
	require.NoError(t, err)
	defer w.Close()
	require.Empty(t, w.Watched())
	var paths []string
	for _, folder := range []string{"a", "b", "c"} {
		require.NoError(t, os.Mkdir(filepath.Join(root, folder), 0o700))
		paths = append(paths, filepath.Join(root, folder, "file"))
	}
	for _, files := range [][]string{paths[:2], paths[1:], nil, paths} {
		require.NoError(t, w.Follow(files))
		var want []string
		for _, path := range files {
			want = append(want, filepath.Dir(path))
		}
		require.ElementsMatch(t, want, w.Watched())
	}
	require.NoError(t, w.End())
	require.Error(t, w.Follow(paths))
}
