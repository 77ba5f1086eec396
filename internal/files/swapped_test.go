//go:build unix

package files_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/files"
)

// What became another file between looking and opening is refused, waits for nobody and
// stays open nowhere.
func TestSwappedBeforeItIsOpen(t *testing.T) {
	for _, test := range []struct {
		name  string
		swap  func(path string) error
		inIts bool // folder it has to stay
		want  string
	}{
		{"a pipe", func(path string) error { return syscall.Mkfifo(path, 0o600) }, false, "it is a pipe; expected a regular file"},
		{"a pipe in a folder", func(path string) error { return syscall.Mkfifo(path, 0o600) }, true, "it is a pipe; expected a regular file"},
		{"a folder", func(path string) error { return os.Mkdir(path, 0o700) }, false, "it is a folder; expected a regular file"},
		{"a link out", func(path string) error { return os.Symlink("../secret", path) }, true, "leads outside of the folder"},
		{"nothing", func(string) error { return nil }, false, "no such file"},
		{"nothing in a folder", func(string) error { return nil }, true, "no such file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, inside := house(t)
			file := files.File{Path: filepath.Join(inside, "file")}
			if test.inIts {
				file.Within = inside
			}
			before := descriptors(t)
			_, err := soon(t, func() (*os.File, error) {
				looks := 0
				return files.OpenUnless(file, func(info fs.FileInfo) error {
					if looks++; looks == 1 {
						return errors.Join(files.Refuse(file, info), os.Remove(file.Path), test.swap(file.Path))
					}
					return files.Refuse(file, info)
				})
			})
			require.ErrorContains(t, err, "open "+file.Path+": ")
			require.ErrorContains(t, err, test.want)
			require.Equal(t, before, descriptors(t))
		})
	}
}

// A folder that became a pipe is waited for no more than a file that did.
func TestFolderSwappedBeforeItIsOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder")
	require.NoError(t, os.Mkdir(path, 0o700))
	refused := errors.New("it is no folder any more")
	_, err := soon(t, func() (*os.File, error) {
		return files.OpenUnless(files.File{Path: path}, func(info fs.FileInfo) error {
			if info.IsDir() {
				return errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600))
			}
			return refused
		})
	})
	require.ErrorIs(t, err, refused)
}

// descriptors is how many files are open. None is closed behind the test's back.
func descriptors(t *testing.T) int {
	t.Helper()
	percent := debug.SetGCPercent(-1) // which closes what nobody holds any more
	t.Cleanup(func() { debug.SetGCPercent(percent) })
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc on this system")
	}
	return len(entries)
}

// What is told of a file that is looked at names it as it was given, wherever it has to
// stay.
func TestStatNamesThePath(t *testing.T) {
	_, inside := house(t)
	for _, path := range []string{"absent", "out", "sub/absent"} {
		file := files.File{Path: filepath.Join(inside, path), Within: inside}
		_, err := file.Stat()
		found, ok := errors.AsType[*fs.PathError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, file.Path, found.Path)
		require.Equal(t, "open", found.Op)
	}
}

// A pipe without a name is no file that was replaced.
func TestPipeIsNotDeleted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	pipe, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer pipe.Close()
	require.NoError(t, os.Remove(path))
	held := "/proc/self/fd/" + strconv.Itoa(int(pipe.Fd()))
	if _, err := os.Stat(held); err != nil {
		t.Skip("no /proc on this system")
	}
	require.Empty(t, look(held).Deleted())
}

// Of two calls for one file one that returns says nothing of the other, which was given up
// and hangs.
func TestOneOfTwoReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang, end, returned := make(chan struct{}), make(chan struct{}), make(chan error)
		go func() {
			returned <- files.Guard("one of two", time.Hour, func() error { <-end; return nil })
		}()
		synctest.Wait()
		require.ErrorIs(t, files.Guard("one of two", time.Second, func() error { <-hang; return nil }), files.ErrGivenUp)
		close(end)
		require.NoError(t, <-returned)
		synctest.Wait()
		require.ErrorIs(t, files.Guard("one of two", time.Second, func() error { return nil }), files.ErrGivenUp)
		close(hang)
		synctest.Wait()
		require.NoError(t, files.Guard("one of two", time.Second, func() error { return nil }))
	})
}

// A call that returns at the very moment at which it is given up hangs no more, whatever
// is told of it.
func TestReturnsWhenItIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for i := range 200 {
			name := strconv.Itoa(i)
			err := files.Guard(name, time.Second, func() error { time.Sleep(time.Second); return nil })
			require.True(t, err == nil || errors.Is(err, files.ErrGivenUp), "%v", err)
			synctest.Wait()
			require.NoError(t, files.Guard(name, time.Second, func() error { return nil }))
		}
	})
}
