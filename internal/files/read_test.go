//go:build unix

package files_test

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/files"
)

// soon is what f returns. A read that never does fails the test.
func soon[T any](t *testing.T, f func() (T, error)) (T, error) {
	t.Helper()
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-time.After(20 * time.Second):
		require.FailNow(t, "it waits for ever")
		panic("unreachable")
	}
}

// oddities are a folder with one of each kind of thing that can have a path.
func oddities(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	require.NoError(t, os.WriteFile(at("regular"), []byte("0123456789"), 0o600))
	require.NoError(t, os.Mkdir(at("folder"), 0o700))
	require.NoError(t, syscall.Mkfifo(at("pipe"), 0o600))
	short, err := os.MkdirTemp("", "s") // the path of a socket has few bytes
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(short) })
	listener, err := net.Listen("unix", filepath.Join(short, "s"))
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	require.NoError(t, os.Symlink(filepath.Join(short, "s"), at("socket")))
	for name, target := range map[string]string{
		"link": "regular", "linkToPipe": "pipe", "endless": "/dev/zero", "full": "/dev/full", "null": "/dev/null", "loop": "loop", "nothing": "absent",
	} {
		require.NoError(t, os.Symlink(target, at(name)))
	}
	return folder
}

// TestKinds: what a path may lead to, and what is said of everything else.
func TestKinds(t *testing.T) {
	folder := oddities(t)
	for _, test := range []struct {
		path  string
		named bool
		want  string // in the error; empty: it is read
	}{
		{"regular", false, ""},
		{"link", false, ""},
		{"pipe", false, "it is a pipe; expected a regular file"},
		{"linkToPipe", false, "it is a pipe; expected a regular file"},
		{"socket", false, "it is a socket; expected a regular file"},
		{"folder", false, "it is a folder; expected a regular file"},
		{"endless", false, "it is a device; expected a regular file"},
		{"full", false, "it is a device; expected a regular file"},
		{"null", false, "it is a device; expected a regular file"},
		{"loop", false, "too many levels of symbolic links"},
		{"nothing", false, "no such file or directory"},
		{"absent", false, "no such file or directory"},
		{"regular", true, ""},
		{"socket", true, "it is a socket; expected a regular file or a pipe"},
		{"folder", true, "it is a folder; expected a regular file or a pipe"},
		{"endless", true, "it is a device; expected a regular file or a pipe"},
		{"full", true, "it is a device; expected a regular file or a pipe"},
		{"null", true, ""},
	} {
		for _, within := range []string{"", folder} {
			if within != "" && strings.Contains("socket endless full null", test.path) {
				continue // they are links that lead outside
			}
			if _, err := os.Stat("/dev/full"); err != nil && test.path == "full" {
				continue // not every system has it
			}
			path := filepath.Join(folder, test.path)
			_, err := soon(t, func() ([]byte, error) {
				return files.File{Path: path, Named: test.named, Within: within}.Read(100)
			})
			if test.want == "" {
				require.NoError(t, err, test.path)
				continue
			}
			var pathError *fs.PathError
			require.ErrorAs(t, err, &pathError, test.path)
			require.Equal(t, path, pathError.Path)
			require.ErrorContains(t, files.Cause(err), test.want, test.path)
		}
	}
}

// TestNamedPipe: a pipe that was named is waited for and read to its end, with
// the limit of everything else.
func TestNamedPipe(t *testing.T) {
	path := filepath.Join(oddities(t), "pipe")
	for _, test := range []struct {
		bytes int
		want  error
	}{{0, nil}, {1, nil}, {1 << 20, nil}, {1<<20 + 1, files.ErrTooLarge}} {
		go func() {
			pipe, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err == nil {
				_, _ = io.WriteString(pipe, strings.Repeat("x", test.bytes)) // nobody reads what is beyond the limit
				pipe.Close()
			}
		}()
		content, err := soon(t, func() ([]byte, error) { return files.File{Path: path, Named: true}.Read(1 << 20) })
		require.ErrorIs(t, err, test.want)
		if test.want == nil {
			require.Len(t, content, test.bytes)
		}
	}
}

// TestSize: the limit is held to the byte, and what is beyond it by its own account
// is not read.
func TestSize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte("0123456789"), 0o600))
	content, err := files.File{Path: path}.Read(10)
	require.NoError(t, err)
	require.Equal(t, "0123456789", string(content))
	_, err = files.File{Path: path}.Read(9)
	require.ErrorIs(t, err, files.ErrTooLarge)
	require.ErrorContains(t, err, "larger than the limit of 9 bytes")

	const size = 32 << 20
	require.NoError(t, os.Truncate(path, size))
	require.Less(t, allocated(func() { content, err = files.File{Path: path}.Read(size) }), uint64(size+size/4), "a buffer of its size, and no second one")
	require.NoError(t, err)
	require.Len(t, content, size)
	require.NoError(t, os.Truncate(path, 1<<40))
	require.Less(t, allocated(func() { _, err = files.File{Path: path}.Read(files.DocumentLimit) }), uint64(1<<20))
	require.ErrorContains(t, err, "larger than the limit of 256 MiB")
}

// A file may say that it is empty and hold something, as those of /proc do.
func TestSizeThatIsNotTrue(t *testing.T) {
	const path = "/proc/self/status"
	want, err := os.ReadFile(path)
	if err != nil {
		t.Skip(err)
	}
	content, err := files.File{Path: path}.Read(1 << 20)
	require.NoError(t, err)
	require.Equal(t, string(want[:5]), string(content[:5]))
	_, err = files.File{Path: path}.Read(10)
	require.ErrorIs(t, err, files.ErrTooLarge)
}

// allocated is how many bytes of memory f asks for.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestLook: what a look at the file refuses is not read.
func TestLook(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte("0123456789"), 0o600))
	refused := errors.New("refused")
	_, err := files.Read(path, files.File{Path: path}.Open, 100, func(file io.ReaderAt, size int64) error {
		end := make([]byte, 3)
		_, err := file.ReadAt(end, size-3)
		require.NoError(t, err)
		require.Equal(t, "789", string(end))
		return refused
	})
	require.ErrorIs(t, err, refused)
	content, err := files.Read(path, files.File{Path: path}.Open, 100, func(file io.ReaderAt, _ int64) error {
		_, err := file.ReadAt(make([]byte, 3), 5)
		return err
	})
	require.NoError(t, err)
	require.Equal(t, "0123456789", string(content), "a look reads nothing away")
}

// TestGivenUp: a file of which nothing comes is given up, and not asked for again
// before it has answered.
func TestGivenUp(t *testing.T) {
	path := filepath.Join(oddities(t), "pipe")
	opened := make(chan struct{}, 10)
	read := func() ([]byte, error) {
		return soon(t, func() ([]byte, error) {
			return files.ReadWith(50*time.Millisecond, path, func() (*os.File, error) {
				opened <- struct{}{}
				return files.File{Path: path, Named: true}.Open()
			})
		})
	}
	pipe, err := os.OpenFile(path, os.O_RDWR, 0) // somebody who could write
	require.NoError(t, err)
	for range 5 {
		_, err := read()
		require.ErrorIs(t, err, files.ErrGivenUp)
	}
	require.Len(t, opened, 1, "one call that waits, not five")
	require.NoError(t, pipe.Close()) // the end, for the call that was given up

	require.NoError(t, os.Remove(path))
	require.NoError(t, os.WriteFile(path, []byte("content"), 0o600))
	require.Eventually(t, func() bool {
		content, err := read()
		return err == nil && string(content) == "content"
	}, 20*time.Second, time.Millisecond)
}

// TestSlow: a file that goes on coming is waited for, however long it takes.
func TestSlow(t *testing.T) {
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	go func() {
		defer writer.Close()
		for range 100 {
			_, _ = writer.WriteString("x") // the reader tells
			time.Sleep(10 * time.Millisecond)
		}
	}()
	content, err := soon(t, func() ([]byte, error) {
		return files.ReadWith(500*time.Millisecond, "slow", func() (*os.File, error) { return reader, nil })
	})
	require.NoError(t, err)
	require.Len(t, content, 100)
}

// TestReadDir: the names in order, of a folder alone.
func TestReadDir(t *testing.T) {
	folder := oddities(t)
	entries, err := files.File{Path: folder, Within: folder}.ReadDir()
	require.NoError(t, err)
	want, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, entries, len(want))
	for i := range want {
		require.Equal(t, want[i].Name(), entries[i].Name())
	}
	_, err = soon(t, files.File{Path: filepath.Join(folder, "pipe")}.ReadDir)
	require.ErrorContains(t, err, "it is a pipe; expected a folder")
	_, err = files.File{Path: filepath.Join(folder, "absent")}.ReadDir()
	require.ErrorIs(t, err, fs.ErrNotExist)
}
