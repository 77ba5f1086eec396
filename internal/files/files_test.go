package files_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/files"
)

// TestDiffers: what makes a file another one, and what does not.
func TestDiffers(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(path string) error
		want   bool
	}{
		{"nothing", func(string) error { return nil }, false},
		{"rights", func(path string) error { return os.Chmod(path, 0o644) }, false},
		{"written", func(path string) error { return os.WriteFile(path, []byte("longer than before"), 0o600) }, true},
		{"touched", func(path string) error { return os.Chtimes(path, time.Unix(1, 0), time.Unix(1, 0)) }, true},
		{"removed", os.Remove, true},
		{"replaced", func(path string) error {
			before, err := os.Stat(path)
			if err != nil {
				return err
			}
			if err := os.WriteFile(path+".new", []byte("content"), 0o600); err != nil {
				return err
			}
			if err := os.Chtimes(path+".new", before.ModTime(), before.ModTime()); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			missing := filepath.Join(t.TempDir(), "missing")
			require.NoError(t, os.WriteFile(path, []byte("content"), 0o600))
			before := files.Look([]string{path, missing})
			require.NoError(t, test.change(path))
			require.Equal(t, test.want, files.Look([]string{path, missing}).Differs(before))
			require.False(t, files.Look([]string{path}).Differs(files.Look([]string{missing})), "states of different files say nothing of each other")
		})
	}
}

// TestAsOf: a file that somebody may have written while it was read is not known.
func TestAsOf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte("content"), 0o600))
	now := files.Look([]string{path})
	written := now[path].ModTime()

	require.False(t, now.Differs(now.AsOf(nil, written.Add(time.Second))), "written before it was read")
	require.True(t, now.Differs(now.AsOf(nil, written.Add(-time.Second))), "written since")
	require.NoError(t, os.WriteFile(path, []byte("something else"), 0o600))
	require.True(t, files.Look([]string{path}).Differs(files.Look([]string{path}).AsOf(now, written)), "known as it was before")

	require.True(t, now.TouchedSince(written.Add(-time.Second), written.Add(time.Second)))
	require.False(t, now.TouchedSince(written, written.Add(time.Second)))
	require.False(t, now.TouchedSince(written.Add(-2*time.Second), written.Add(-time.Second)), "somebody's wrong clock")
}

// TestWatched: the look is put off while things go on, but not for ever, and a
// name counts for one look.
func TestWatched(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte("content"), 0o600))
	w := files.Watch(time.Hour, time.Millisecond, time.Hour)
	defer w.Close()
	w.Follow([]string{path}, files.Look([]string{path}))
	<-w.Settled // at the latest
	require.False(t, w.Changed())

	w.Notice(path)
	<-w.Settled
	require.True(t, w.Changed())
	require.False(t, w.Changed())
	w.Notice(path + ".swp")
	<-w.Settled
	require.False(t, w.Changed())
	require.Equal(t, []string{path}, w.Paths())
}
