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
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/files"
	"github.com/netwicket/netwicket/internal/packed"
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
			require.EqualError(t, files.Cause(err), test.want, test.path)
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
	_, err = files.File{Path: filepath.Join(folder, "regular")}.ReadDir()
	require.ErrorContains(t, err, "it is a regular file; expected a folder")
	_, err = files.File{Path: filepath.Join(folder, "absent")}.ReadDir()
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// TestStandardInput: a device that was named is read where it is what standard input
// is, or the one that is always empty; a folder never.
func TestStandardInput(t *testing.T) {
	open := func(path string) error {
		file, err := files.File{Path: path, Named: true}.Open()
		if err == nil {
			file.Close()
		}
		return err
	}
	folder := t.TempDir()
	before := os.Stdin
	defer func() { os.Stdin = before }()
	for input, zero := range map[string]string{folder: "it is a device; expected a regular file or a pipe", "/dev/zero": ""} {
		var err error
		os.Stdin, err = os.Open(input)
		require.NoError(t, err)
		require.NoError(t, open(os.DevNull))
		require.EqualError(t, files.Cause(open(folder)), "it is a folder; expected a regular file or a pipe")
		if err := open("/dev/zero"); zero != "" {
			require.EqualError(t, files.Cause(err), zero)
		} else {
			require.NoError(t, err)
		}
		os.Stdin.Close()
	}
}

// TestCode: what a finding about a file that was not read is called.
func TestCode(t *testing.T) {
	folder := oddities(t)
	path := filepath.Join(folder, "zones.json.gz")
	require.NoError(t, os.WriteFile(path, []byte("\x1f\x8b\x08"), 0o600))
	for _, test := range []struct {
		file files.File
		want string
	}{
		{files.File{Path: filepath.Join(folder, "absent")}, "missing-file"},
		{files.File{Path: filepath.Join(folder, "folder")}, "unreadable-file"},
		{files.File{Path: filepath.Join(folder, "endless"), Within: folder}, "outside-folder"},
		{files.File{Path: path}, "bad-encoding"},
	} {
		_, err := test.file.Read(100)
		require.Error(t, err)
		require.Equal(t, test.want, files.Code(err), err)
	}
	_, err := files.File{Path: path}.Read(100)
	require.EqualError(t, files.Cause(err), "it is compressed with gzip, which is not read; make it readable with: gunzip -k "+packed.ShellName(path))
	bare := errors.New("no path")
	require.Same(t, bare, files.Cause(bare))
}

// failing is a file that cannot be read.
type failing struct{}

func (failing) ReadAt([]byte, int64) (int, error) { return 0, syscall.EIO }

// TestUnpacked: also what ends too early is known by its first bytes.
func TestUnpacked(t *testing.T) {
	require.NoError(t, files.Unpacked("f", strings.NewReader("[]"), 2))
	require.ErrorIs(t, files.Unpacked("f", failing{}, 10), syscall.EIO)
	for _, size := range []int64{3, 10, 1 << 20} {
		require.Equal(t, "bad-encoding", files.Code(files.Unpacked("f", strings.NewReader("\x1f\x8b\x08"), size)))
	}
	require.Equal(t, "bad-encoding", files.Code(files.Unpacked("f", strings.NewReader("\x1f\x8b\x08"+strings.Repeat("x", 1<<20)), 1<<20)))
}

// TestFits: a limit is told in the largest unit that it is a multiple of.
func TestFits(t *testing.T) {
	for limit, want := range map[int64]string{
		0: "0 GiB", 1: "1 bytes", 1<<20 - 1: "1048575 bytes", 1 << 20: "1 MiB", 3 << 20: "3 MiB", 1<<30 + 1: "1073741825 bytes", 1 << 30: "1 GiB", 5 << 30: "5 GiB", 1<<30 + 1<<20: "1025 MiB",
	} {
		require.NoError(t, files.Fits("f", limit, limit))
		require.EqualError(t, files.Fits("f", limit+1, limit), "read f: it is larger than the limit of "+want)
	}
}

// TestLookOnce: a file is looked at once, a pipe too, and what cannot be read is an error.
func TestLookOnce(t *testing.T) {
	folder := oddities(t)
	pipe := filepath.Join(folder, "pipe")
	for path, want := range map[string]string{filepath.Join(folder, "regular"): "0123456789", pipe: "from the pipe"} {
		go func() {
			if path == pipe {
				_ = os.WriteFile(path, []byte(want), 0) // the reader tells
			}
		}()
		looks := 0
		content, err := soon(t, func() ([]byte, error) {
			return files.Read(path, files.File{Path: path, Named: true}.Open, 100, func(file io.ReaderAt, size int64) error {
				looks++
				seen := make([]byte, size)
				n, err := file.ReadAt(seen, 0)
				require.Equal(t, want, string(seen[:n]))
				return err
			})
		})
		require.NoError(t, err)
		require.Equal(t, want, string(content))
		require.Equal(t, 1, looks)
	}
	closed, err := os.Open(filepath.Join(folder, "regular"))
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	_, err = files.Read("closed", func() (*os.File, error) { return closed, nil }, 100, nil)
	require.ErrorIs(t, err, os.ErrClosed)
	go func() { _ = os.WriteFile(pipe, []byte("\x1f\x8b\x08"), 0) }()
	_, err = soon(t, func() ([]byte, error) { return files.File{Path: pipe, Named: true}.Read(100) })
	require.Equal(t, "bad-encoding", files.Code(err))
	_, err = soon(t, func() ([]byte, error) {
		return files.ReadWith(time.Minute, folder, func() (*os.File, error) { return os.Open(folder) })
	})
	require.ErrorIs(t, err, syscall.EISDIR)
}

// TestDescriptors: whatever comes of it, a file that was looked at or read is closed.
func TestDescriptors(t *testing.T) {
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip(err)
		}
		return len(entries)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which closes what nobody holds any more
	folder := oddities(t)
	require.NoError(t, os.Symlink(filepath.Join(folder, "absent"), filepath.Join(folder, "nowhere")))
	before := count()
	for _, name := range []string{"regular", "absent", "folder", "pipe", "endless", "nowhere", "../out"} {
		for _, within := range []string{"", folder} {
			file := files.File{Path: filepath.Join(folder, name), Within: within}
			_, _ = file.Stat() // what comes of it is for other tests
			_, _ = file.ReadDir()
			_, _ = file.Read(100)
			_, _ = file.Read(1)
		}
	}
	require.Equal(t, before, count())
}
