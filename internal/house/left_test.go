package house_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/realdata"
)

// besideCode are the folders below the code that hold no Go files, by name.
var besideCode = []string{"testdata", "assets", "pages", "recipes", "faults", "packaging", "clients"}

// TestNothingIsLeftBehind: no test, and no fault that a test was to notice, has left what it wrote
// among the packages, from where it would be committed with them.
func TestNothingIsLeftBehind(t *testing.T) {
	root, err := realdata.Repository()
	require.NoError(t, err)
	folders := 0
	for _, storey := range []string{"zone", "geo", "decide", "internal", "cmd"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, storey), func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case !entry.IsDir():
				return nil
			case slices.Contains(besideCode, entry.Name()):
				return fs.SkipDir
			}
			folders++
			entries, err := os.ReadDir(path)
			require.NoError(t, err)
			require.True(t, slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.IsDir() || strings.HasSuffix(e.Name(), ".go") }), "%s holds no package: take it away", path)
			for _, e := range entries {
				require.False(t, strings.HasPrefix(e.Name(), "."), "%s: take it away", filepath.Join(path, e.Name()))
				require.False(t, !e.IsDir() && filepath.Ext(e.Name()) == ".json", "%s: documents stand in testdata", filepath.Join(path, e.Name()))
			}
			return nil
		}))
	}
	require.Greater(t, folders, 80)
}
