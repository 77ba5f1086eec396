package realdata_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/realdata"
)

func TestRepositoryIsFoundFromAnywhere(t *testing.T) {
	want, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	for _, folder := range []string{".", filepath.Join("..", "..", "cmd", "netwicket"), t.TempDir()} {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Chdir(folder)
			root, err := realdata.Repository()
			require.NoError(t, err)
			require.Equal(t, want, root)
		})
	}
}

func TestNamedFolderComesFirst(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("NETWICKET_DATA", folder)
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "mmdb"), 0o755))
	got, err := realdata.Folder()
	require.NoError(t, err)
	require.Equal(t, folder, got)
	require.Equal(t, filepath.Join(folder, "mmdb"), realdata.Path(t, "mmdb"))
}

// skips is whether a test that asks for a file is skipped.
func skips(t *testing.T, name string) bool {
	t.Helper()
	skipped := false
	t.Run("asks", func(t *testing.T) {
		defer func() { skipped = t.Skipped() }()
		realdata.Path(t, name)
	})
	return skipped
}

func TestAbsentDataSkips(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("NETWICKET_DATA", filepath.Join(folder, "nowhere"))
	_, err := realdata.Folder()
	require.ErrorContains(t, err, "NETWICKET_DATA")
	require.ErrorContains(t, err, "nowhere")
	require.True(t, skips(t, "mmdb"), "no folder")
	t.Setenv("NETWICKET_DATA", folder)
	require.True(t, skips(t, "mmdb/country.mmdb"), "no file")
	require.NoError(t, os.WriteFile(filepath.Join(folder, "here"), nil, 0o644))
	require.False(t, skips(t, "here"))
}
