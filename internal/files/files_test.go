package files_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"
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
		{"given away", func(path string) error {
			if err := os.Chown(path, 4321, -1); err != nil {
				return os.Remove(path) // who is not the administrator cannot
			}
			return nil
		}, true},
		{"written with the time that it had", func(path string) error {
			before, err := os.Stat(path)
			if err != nil {
				return err
			}
			if err := os.WriteFile(path, []byte("longer than before"), 0o600); err != nil {
				return err
			}
			return os.Chtimes(path, before.ModTime(), before.ModTime())
		}, true},
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
	require.False(t, now.Differs(look(path).AsOf(now, written.Add(-time.Second))), "and as nothing else")
	missing := look(path + ".missing")
	require.False(t, missing.TouchedSince(written.Add(-time.Second), written.Add(time.Second)), "there is nothing")
	require.False(t, missing.Differs(missing.AsOf(nil, written)))

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
	unknown := set.Look().AsOf(nil, begun)
	require.True(t, set.Look().Differs(unknown), "what it held then is not known")
	require.True(t, set.Look().Differs(set.Look().AsOf(unknown, time.Now().Add(time.Hour))), "nor is it known later")
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
	require.True(t, empty.Differs(missingFolder))
	require.True(t, missingFolder.Differs(empty))
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
	again := "/proc/thread-self/fd/" + strconv.Itoa(int(file.Fd()))
	for range 20 {
		require.Equal(t, []string{held, again}, look(again, held).Deleted(), "in order")
	}
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

// TestNames: files and folders by the names that they are watched by, as they are
// written and as they really are.
func TestNames(t *testing.T) {
	folder, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	at := func(name string) string { return filepath.Join(folder, name) }
	require.NoError(t, os.Mkdir(at("real"), 0o700))
	require.NoError(t, os.WriteFile(at("real/file"), []byte("content"), 0o600))
	require.NoError(t, os.Symlink("real", at("link")))
	t.Chdir(folder)
	set := files.Set{Files: []string{"link/file", "absent"}, Folders: []string{"link"}}
	require.Equal(t, map[string]bool{at("link/file"): true, at("real/file"): true, at("absent"): true, at("link"): true, at("real"): true}, set.Names())
	require.Equal(t, []string{"link/file", "absent", "link"}, set.Paths())
	require.EqualValues(t, 7, set.Look().Size(), "of files alone, as far as they are there")
	require.EqualValues(t, 14, files.Set{Files: []string{"link/file", "real/file"}}.Look().Size())
	require.Zero(t, files.State(nil).Size())
}

// TestWatchedTimes: when a look is due, on a clock that does as it is told.
func TestWatchedTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := files.Watch(time.Second, 3*time.Second, time.Minute)
		due := func(within time.Duration) (after time.Duration) {
			begun := time.Now()
			select {
			case <-w.Settled:
				return time.Since(begun)
			case <-time.After(within):
				return -1
			}
		}
		require.EqualValues(t, -1, due(10*time.Hour), "there is no reason")
		w.Follow(files.Set{}, map[string]bool{"a": true}, nil)
		require.Equal(t, time.Second, due(time.Hour), "when it has been quiet")
		require.Empty(t, w.Settle())
		for range 3 {
			w.Notice("a")
			require.EqualValues(t, -1, due(900*time.Millisecond))
		}
		w.Notice("a")
		require.Equal(t, 300*time.Millisecond, due(time.Hour), "three seconds after the first reason at the latest")
		require.Equal(t, []string{"a"}, w.Settle(), "named once")
		w.LookSoon()
		require.Equal(t, time.Second, due(time.Hour), "the next reason is a first one")

		for range 2 {
			begun := time.Now()
			<-w.Poll
			require.LessOrEqual(t, time.Since(begun), time.Minute)
		}
		w.LookSoon()
		w.Close()
		require.EqualValues(t, -1, due(10*time.Hour), "it is closed")
		select {
		case <-w.Poll:
			t.Fatal("it is closed")
		default:
		}
	})
}

// TestWorkTimes: when work is overdue, on a clock that does as it is told.
func TestWorkTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := files.NewWork[int]()
		overdue := func() (after time.Duration) {
			begun := time.Now()
			select {
			case <-w.Overdue:
				return time.Since(begun)
			case <-time.After(10 * time.Hour):
				return -1
			}
		}
		require.EqualValues(t, -1, overdue(), "there is nothing to do")
		go1, go2 := make(chan bool), make(chan bool)
		w.Begin(time.Minute, func(within func(time.Duration)) int {
			<-go1
			within(3 * time.Minute)
			<-go2
			return 7
		})
		require.False(t, w.GivenUp())
		require.Equal(t, time.Minute, overdue())
		go1 <- true
		synctest.Wait()
		require.Equal(t, 2*time.Minute, overdue(), "three minutes count from its beginning")
		require.True(t, w.GiveUp())
		require.True(t, w.GivenUp())
		go2 <- true
		require.Equal(t, 7, <-w.Done)
		require.False(t, w.End())
		require.False(t, w.GivenUp())

		w.Begin(time.Minute, func(func(time.Duration)) int { return 8 })
		require.Equal(t, 8, <-w.Done)
		require.True(t, w.End())
		require.EqualValues(t, -1, overdue(), "it has ended")
		w.Begin(time.Minute, func(func(time.Duration)) int { return 9 })
		w.Stop()
		require.EqualValues(t, -1, overdue(), "nobody waits any more")
		require.Equal(t, 9, <-w.Done)
	})
}
