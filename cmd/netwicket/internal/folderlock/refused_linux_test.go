package folderlock_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/folderlock"
)

// TestLocksThatCannotBeWrittenTo are given back: whoever tries again is told the same,
// and not that somebody holds the lock.
func TestLocksThatCannotBeWrittenTo(t *testing.T) {
	folder := t.TempDir()
	path := lockOf(t, folder)
	require.NoError(t, syscall.Mkfifo(path, 0o600)) // which has no place to write at
	for range 3 {
		lock, err := folderlock.Take(folder, "x")
		require.EqualError(t, err, path+": cannot be written to: illegal seek")
		require.Nil(t, lock)
	}
}

// TestRefusedLocksLeaveNoFileOpen: who asks again and again for what another holds does
// not run out of descriptors.
func TestRefusedLocksLeaveNoFileOpen(t *testing.T) {
	folder := t.TempDir()
	lock, err := folderlock.TakeInTurns(folder, "x")
	require.NoError(t, err)
	defer lock.Release()
	turn, err := folderlock.Turn(folder, 0)
	require.NoError(t, err)
	defer turn.Release()
	open := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		return len(entries)
	}
	before := open()
	for range 100 {
		_, err = folderlock.Take(folder, "y")
		require.ErrorAs(t, err, new(*folderlock.Held))
		_, err = folderlock.Turn(folder, 0)
		require.ErrorIs(t, err, folderlock.ErrBusy)
	}
	require.Less(t, open(), before+50)
}

// TestLocksThatCannotBeOpened: the error names the file and what is wrong with it, once.
func TestLocksThatCannotBeOpened(t *testing.T) {
	folder := t.TempDir()
	path := lockOf(t, folder)
	require.NoError(t, os.Mkdir(path, 0o700))
	_, err := folderlock.Take(folder, "x")
	require.EqualError(t, err, path+": cannot be written to: is a directory")
	turn := filepath.Join(filepath.Dir(path), "turn")
	require.NoError(t, os.Mkdir(turn, 0o700))
	_, err = folderlock.Turn(folder, 0)
	require.EqualError(t, err, turn+": cannot be written to: is a directory")
	none := filepath.Join(folder, "none")
	_, err = folderlock.Turn(none, 0)
	require.EqualError(t, err, none+": cannot be written to: no such file or directory")
}
