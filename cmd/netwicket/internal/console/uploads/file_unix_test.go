//go:build unix

package uploads_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console/uploads"
)

// A log that is kept has no name on the disk: whatever ends the process, it is gone.
func TestKeptLogHasNoName(t *testing.T) {
	store := newStore(t)
	log := take(t, store, "ann", "log", 900)
	require.Empty(t, left(t))
	require.Equal(t, strings.Repeat("x", 900), read(t, store, "ann", log.ID))
}

// While a log is taken, a file of it has no name either.
func TestTakenLogHasNoName(t *testing.T) {
	store := newStore(t)
	seen := false
	body := readerFunc(func(p []byte) (int, error) {
		seen = true
		require.Empty(t, left(t))
		return strings.NewReader("x").Read(p)
	})
	_, err := store.Take("ann", "log", -1, body)
	require.Error(t, err, "it has no end")
	require.True(t, seen)
	require.Empty(t, left(t))
	require.NotEmpty(t, os.Getenv("TMPDIR"))
}

// A process that is killed leaves no log behind, whole or half.
func TestKilledProcessLeavesNothing(t *testing.T) {
	if os.Getenv("UPLOADS_TEST_KEEPS") != "" {
		store := uploads.New(limits, time.Now)
		take(t, store, "ann", "whole", 900)
		_, _ = store.Take("ann", "half", -1, io.MultiReader(strings.NewReader(strings.Repeat("x", 600)), readerFunc(func([]byte) (int, error) {
			fmt.Println("half")
			select {} // until it is killed
		})))
	}
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		folder := t.TempDir()
		process := exec.Command(os.Args[0], "-test.run", "^TestKilledProcessLeavesNothing$")
		process.Env = append(os.Environ(), "UPLOADS_TEST_KEEPS=yes", "TMPDIR="+folder)
		out, err := process.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, process.Start())
		line, err := bufio.NewReader(out).ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "half\n", line)
		require.NoError(t, process.Process.Signal(signal))
		require.Error(t, process.Wait())
		entries, err := os.ReadDir(folder)
		require.NoError(t, err)
		require.Empty(t, entries)
	}
}
