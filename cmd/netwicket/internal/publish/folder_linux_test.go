package publish_test

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/folderlock"
	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/internal/files"
)

// One at a time publishes to a folder, and whoever is done lets the next one in.
func TestFolderTakesTurns(t *testing.T) {
	target := newFolder(t)
	unlock, err := target.LockWithin(time.Millisecond)
	require.NoError(t, err)
	_, err = target.LockWithin(time.Millisecond)
	require.ErrorIs(t, err, folderlock.ErrBusy)
	require.ErrorContains(t, err, target.Path+": another program publishes there")
	unlock()
	for name, do := range map[string]func() error{
		"what is prepared":  func() error { _, err := releaseOf(t, "203.0.113.0/24").Prepare(t.Context(), target); return err },
		"what is published": func() error { _, err := releaseOf(t, "203.0.113.0/24").Publish(t.Context(), target); return err },
	} {
		require.NoError(t, do(), name)
		unlock, err := target.LockWithin(time.Millisecond)
		require.NoError(t, err, "after "+name)
		unlock()
	}
}

// Another publisher is waited for half a minute, and not longer.
func TestFolderWaits(t *testing.T) {
	target := newFolder(t)
	synctest.Test(t, func(t *testing.T) {
		unlock, err := target.Folder.Lock(t.Context())
		require.NoError(t, err)
		begun := time.Now()
		_, err = target.Folder.Lock(t.Context())
		require.ErrorIs(t, err, folderlock.ErrBusy)
		require.InDelta(t, 30, time.Since(begun).Seconds(), 1, "of the bubble")
		unlock()
	})
}

// What is published is read within the folder that it is held to, by no link.
func TestFolderWithin(t *testing.T) {
	target := newFolder(t)
	r := releaseOf(t, "203.0.113.0/24")
	_, err := r.Publish(t.Context(), target)
	require.NoError(t, err)
	blob := release.BlobOf(r.Overlay)
	target.Within = target.Path
	text, err := target.Present(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, text)
	there, err := target.Has(t.Context(), blob)
	require.NoError(t, err)
	require.True(t, there)
	for _, name := range []string{"prod.json", "sha256/" + blob.SHA256} {
		path, elsewhere := filepath.Join(target.Path, name), filepath.Join(t.TempDir(), "elsewhere")
		require.NoError(t, os.Rename(path, elsewhere))
		require.NoError(t, os.Symlink(elsewhere, path))
	}
	_, err = target.Present(t.Context())
	require.ErrorIs(t, err, files.ErrOutside)
	there, err = target.Has(t.Context(), blob)
	require.NoError(t, err)
	require.False(t, there)
	target.Within = ""
	_, err = target.Present(t.Context())
	require.NoError(t, err)
}

// Others read what is published: it is open to them, and what keeps the turns is not.
func TestFolderIsForOthersToRead(t *testing.T) {
	mask := syscall.Umask(0o022)
	defer syscall.Umask(mask)
	target := newFolder(t)
	r := releaseOf(t, "203.0.113.0/24")
	_, err := r.Publish(t.Context(), target)
	require.NoError(t, err)
	for path, want := range map[string]os.FileMode{
		"": 0o755, "sha256": 0o755, "sha256/" + release.BlobOf(r.Snapshots[0]).SHA256: 0o644, "sha256/" + release.BlobOf(r.Overlay).SHA256: 0o644, "prod.json": 0o644,
		folderlock.State: 0o700,
	} {
		info, err := os.Stat(filepath.Join(target.Path, path))
		require.NoError(t, err)
		require.Equal(t, want, info.Mode().Perm(), path)
	}
}

// What is wrong with a folder is said, and taken for nothing else.
func TestFolderThatFails(t *testing.T) {
	r := releaseOf(t, "203.0.113.0/24")
	blob := release.BlobOf(r.Snapshots[0])
	file := func(t *testing.T, path string, size int) {
		t.Helper()
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte(" "), size), 0o600))
	}
	for name, c := range map[string]struct {
		spoil func(t *testing.T, folder string)
		want  string
	}{
		"a file in its place":         {func(t *testing.T, folder string) { file(t, folder, 0) }, "public: cannot be made: file exists"},
		"a file in that of the turns": {func(t *testing.T, folder string) { file(t, filepath.Join(folder, folderlock.State), 0) }, "cannot be written to"},
		"a pointer that is a folder": {func(t *testing.T, folder string) {
			require.NoError(t, os.MkdirAll(filepath.Join(folder, "prod.json"), 0o700))
		}, "prod.json"},
		"a pointer that is too large": {func(t *testing.T, folder string) { file(t, filepath.Join(folder, "prod.json"), release.PointerLimit+1) }, "larger than the limit of 65536 bytes"},
		"one that is as large as can": {func(t *testing.T, folder string) { file(t, filepath.Join(folder, "prod.json"), release.PointerLimit) }, "cannot be followed"},
		"a blob that is a folder": {func(t *testing.T, folder string) {
			require.NoError(t, os.MkdirAll(filepath.Join(folder, "sha256", blob.SHA256, "x"), 0o700))
		}, blob.SHA256 + ": cannot be written"},
	} {
		t.Run(name, func(t *testing.T) {
			target := newFolder(t)
			c.spoil(t, target.Path)
			_, err := releaseOf(t, "203.0.113.0/24").Publish(t.Context(), target)
			require.ErrorContains(t, err, c.want)
			_, err = releaseOf(t, "203.0.113.0/24").Prepare(t.Context(), target)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, target.did, "pointer")
		})
	}
	// What cannot be compared is not replaced, and what cannot be replaced is said.
	target := newFolder(t)
	pointer := filepath.Join(target.Path, "prod.json")
	file(t, pointer, release.PointerLimit+1)
	require.ErrorContains(t, target.Switch(t.Context(), nil, []byte("{}"), nil), "larger than the limit")
	info, err := os.Stat(pointer)
	require.NoError(t, err)
	require.EqualValues(t, release.PointerLimit+1, info.Size())
	require.NoError(t, os.Remove(pointer))
	require.NoError(t, os.Symlink("missing/prod.json", pointer))
	require.ErrorContains(t, target.Switch(t.Context(), nil, []byte("{}"), nil), "cannot be written")

	there, err := newFolder(t).Has(t.Context(), release.BlobOf(nil))
	require.NoError(t, err)
	require.False(t, there, "nothing is not there, either")
}
