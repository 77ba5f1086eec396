//go:build unix

package atomicfile_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/atomicfile"
)

// A folder of ours is writable, by whatever path; what is not there is not, nor what is no
// folder, whose name nothing can stand below.
func TestWritable(t *testing.T) {
	folder, writable := t.TempDir(), atomicfile.Writable()
	require.NoError(t, writable(folder))
	t.Chdir(folder)
	require.NoError(t, writable("."))
	require.NoError(t, os.WriteFile("file", nil, 0o644))
	require.ErrorIs(t, writable("file"), fs.ErrPermission)
	absent := filepath.Join(folder, "absent")
	require.ErrorIs(t, writable(absent), fs.ErrNotExist)
	require.ErrorContains(t, writable(absent), absent)
	if os.Geteuid() != 0 { // to whom everything is open
		require.NoError(t, os.Mkdir("closed", 0o500))
		require.ErrorIs(t, writable("closed"), fs.ErrPermission)
	}
}
