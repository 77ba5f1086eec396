package folderlock_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/folderlock"
)

// lockOf is the path of a folder's lock, whose folder is made.
func lockOf(t *testing.T, folder string) string {
	t.Helper()
	state := filepath.Join(folder, folderlock.State)
	require.NoError(t, os.MkdirAll(state, 0o700))
	return filepath.Join(state, "lock")
}

// TestHolderIsTold as it wrote of itself, cut to a line that can be read, and what an
// earlier one left behind is not.
func TestHolderIsTold(t *testing.T) {
	folder := t.TempDir()
	path := lockOf(t, folder)
	for _, row := range []struct {
		left, holder, by, says string
	}{
		{"", "netwicket admin, process 4711", "netwicket admin, process 4711", "netwicket admin, process 4711 is writing to this folder"},
		{"", "", "", "another program is writing to this folder"},
		{"xxin turns\n", "2", "2", "2 is writing to this folder"},
		{strings.Repeat("x", 500) + "\nin turns\n", "2", "2", "2 is writing to this folder"},
		{"", strings.Repeat("y", 300), strings.Repeat("y", 200), "yyy is writing to this folder"},
	} {
		require.NoError(t, os.WriteFile(path, []byte(row.left), 0o600))
		lock, err := folderlock.Take(folder, row.holder)
		require.NoError(t, err)
		_, err = folderlock.Take(folder, "another")
		var held *folderlock.Held
		require.ErrorAs(t, err, &held)
		require.Equal(t, &folderlock.Held{Folder: folder, By: row.by}, held)
		require.ErrorContains(t, err, folder+": ")
		require.ErrorContains(t, err, row.says)
		lock.Release()
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Empty(t, text, "nobody holds it")
	}
	(*folderlock.Lock)(nil).Release() // which is nothing
	new(folderlock.Lock).Release()
}
