package files_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/files"
)

// look is how files look now.
func look(paths ...string) files.State { return files.Set{Files: paths}.Look() }

// TestDiffers: what makes a file another one, and what does not.
func TestDiffers(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(path string) error
		want   bool
	}{
		{"nothing", func(string) error { return nil }, false},
		{"rights", func(path string) error { return os.Chmod(path, 0o644) }, true},
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
			before := look(path, missing)
			require.NoError(t, test.change(path))
			require.Equal(t, test.want, look(path, missing).Differs(before))
			require.False(t, look(path).Differs(look(missing)), "states of different files say nothing of each other")
		})
	}
}

// TestAsOf: a file that somebody may have written while it was read is not known.
func TestAsOf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte("content"), 0o600))
	now := look(path)
	info, err := os.Stat(path)
	require.NoError(t, err)
	written := info.ModTime()

	require.False(t, now.Differs(now.AsOf(nil, written.Add(time.Second))), "written before it was read")
	require.True(t, now.Differs(now.AsOf(nil, written.Add(-time.Second))), "written since")
	require.NoError(t, os.WriteFile(path, []byte("something else"), 0o600))
	require.True(t, look(path).Differs(look(path).AsOf(now, written)), "known as it was before")

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
	set := files.Set{Files: []string{path}}
	w.Follow(set, set.Names(), look(path))
	<-w.Settled // at the latest
	require.Empty(t, w.Settle())
	require.False(t, w.Set().Look().Differs(w.Known()))

	w.Notice(path)
	<-w.Settled
	require.NotEmpty(t, w.Settle())
	require.Empty(t, w.Settle())
	w.Notice(path + ".swp")
	<-w.Settled
	require.Empty(t, w.Settle())
	require.Equal(t, []string{path}, w.Set().Paths())
}

// TestFolders: a folder is another one if it holds other names, as far as they are
// read; which are written, and when, is for the files to tell.
func TestFolders(t *testing.T) {
	folder := t.TempDir()
	write := func(name string) { require.NoError(t, os.WriteFile(filepath.Join(folder, name), nil, 0o600)) }
	write("a.mmdb")
	set := files.Set{Folders: []string{folder}, Reads: func(name string) bool { return filepath.Ext(name) == ".mmdb" }}
	begun := time.Now().Add(-time.Hour)
	before := set.Look()
	write("notes.txt")
	require.False(t, set.Look().Differs(before), "nobody reads it")
	require.False(t, set.Look().TouchedSince(begun, time.Now()))
	write("b.mmdb")
	require.True(t, set.Look().Differs(before))
	require.NoError(t, os.Remove(filepath.Join(folder, "b.mmdb")))
	require.False(t, set.Look().Differs(before))
	require.True(t, set.Look().Differs(set.Look().AsOf(nil, begun)), "what it held then is not known")
	require.NoError(t, os.RemoveAll(folder))
	require.True(t, set.Look().Differs(before))
}

// TestFolderThatWasMissing: what is missing is followed as a file, and as a folder once
// it is one. That alone is no change.
func TestFolderThatWasMissing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "geo")
	set := files.Set{Folders: []string{folder}}
	missing, missingFolder := look(folder), set.Look()
	require.False(t, missingFolder.Differs(missing))
	require.NoError(t, os.Mkdir(folder, 0o700))
	asFile, empty := look(folder), set.Look()
	require.True(t, empty.Differs(missing))
	require.False(t, empty.Differs(asFile))
	require.False(t, asFile.Differs(empty))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "a.mmdb"), nil, 0o600))
	require.False(t, set.Look().Differs(asFile), "nothing was known of its names")
	require.True(t, set.Look().Differs(empty.AsOf(asFile, time.Now())), "its names are those that were seen")

	require.NoError(t, os.Rename(folder, folder+".old"))
	require.NoError(t, os.Mkdir(folder, 0o700))
	require.True(t, set.Look().Differs(asFile), "it is another one")
	require.NoError(t, os.Remove(folder))
	require.NoError(t, os.WriteFile(folder, nil, 0o600))
	require.True(t, set.Look().Differs(missingFolder), "it is there, if no folder")
	require.False(t, set.Look().Differs(look(folder)))
}

// TestDeleted: a path that leads to a file without a name.
func TestDeleted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	file, err := os.Create(path)
	require.NoError(t, err)
	defer file.Close()
	held := "/proc/self/fd/" + strconv.Itoa(int(file.Fd()))
	if _, err := os.Stat(held); err != nil {
		t.Skip("no /proc on this system")
	}
	before := look(held)
	require.Empty(t, before.Deleted())
	require.NoError(t, os.Remove(path))
	require.Equal(t, []string{held}, look(held, path).Deleted())
	require.True(t, look(held).Differs(before))
}

// TestWork: one thing at a time, in time or given up.
func TestWork(t *testing.T) {
	w := files.NewWork[string]()
	w.Begin(time.Hour, func(func(time.Duration)) string { return "first" })
	require.True(t, w.Busy())
	require.Equal(t, "first", <-w.Done)
	require.True(t, w.End())
	require.False(t, w.Busy())
	require.False(t, w.GiveUp(), "there is nothing to give up")

	answer := make(chan string)
	w.Begin(time.Hour, func(within func(time.Duration)) string {
		within(time.Millisecond)
		return <-answer
	})
	<-w.Overdue
	require.True(t, w.GiveUp())
	require.False(t, w.GiveUp(), "that is known")
	require.True(t, w.Busy() && w.GivenUp())
	answer <- "late"
	require.Equal(t, "late", <-w.Done)
	require.False(t, w.End())

	w.Begin(time.Hour, func(func(time.Duration)) string { return "again" })
	require.Equal(t, "again", <-w.Done)
	require.True(t, w.End())
}
