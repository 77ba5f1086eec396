package uploads_test

import (
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console/uploads"
)

// open are the logs that this process has open, by where they lay.
func open(t *testing.T) (folders []string) {
	t.Helper()
	links, err := filepath.Glob("/proc/self/fd/*")
	require.NoError(t, err)
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && strings.Contains(target, "/netwicket-log-") {
			folders = append(folders, filepath.Dir(target))
		}
	}
	return folders
}

// Without a word of the environment logs are where large files may be, and a log that is
// forgotten takes no room any more.
func TestWhereLogsAre(t *testing.T) {
	if info, err := os.Stat("/var/tmp"); err != nil || !info.IsDir() {
		t.Skip("this system has no /var/tmp")
	}
	own := t.TempDir()
	for variable, want := range map[string]string{"": "/var/tmp", own: own} {
		t.Setenv("TMPDIR", variable)
		store := uploads.New(limits, time.Now)
		log := take(t, store, "ann", "log", 10)
		require.Equal(t, []string{want}, open(t))
		require.True(t, store.Forget("ann", log.ID))
		require.Empty(t, open(t))
		take(t, store, "ann", "log", 10)
		_, err := store.Take("ann", "none", -1, strings.NewReader("PK\x03\x04"))
		require.Error(t, err)
		_, err = store.Take("ann", "too large", -1, strings.NewReader(strings.Repeat("x", 1001)))
		require.Error(t, err)
		require.Len(t, open(t), 1)
		log = take(t, store, "bob", "read", 10)
		_, input, _ := store.Open("bob", log.ID)
		reader, err := input.Open()
		require.NoError(t, err)
		store.Close()
		require.Len(t, open(t), 1, "it is read to its end")
		require.NoError(t, reader.Close())
		require.Empty(t, open(t))
	}
}

// A log for which the disk has no room, at its beginning or behind it, is not kept, and
// whoever drops it is told why.
func TestDiskIsFull(t *testing.T) {
	store := newStore(t)
	signal.Ignore(syscall.SIGXFSZ) // a file that may not grow is as good as a full disk
	defer signal.Reset(syscall.SIGXFSZ)
	var before syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before))
	for _, room := range []uint64{100, 700} {
		body := strings.NewReader(strings.Repeat("x", 900))
		limited := readerFunc(func(p []byte) (int, error) {
			require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: room, Max: before.Max}))
			return body.Read(p)
		})
		_, err := store.Take("ann", "log", 900, limited)
		require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before))
		require.ErrorIs(t, err, uploads.ErrDisk)
		require.ErrorIs(t, err, syscall.EFBIG)
		require.Empty(t, open(t))
		require.Empty(t, store.List("ann"))
	}
	log, err := store.Take("ann", "log", 900, io.LimitReader(endless{}, 900))
	require.NoError(t, err)
	require.Len(t, read(t, store, "ann", log.ID), 900)
}
