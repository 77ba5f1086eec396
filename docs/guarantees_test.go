package docs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDependenciesHaveReasons: guarantees.md names every direct dependency, and
// no other.
func TestDependenciesHaveReasons(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	direct := map[string]bool{}
	inBlock := false
	for line := range strings.Lines(string(mod)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "require (":
			inBlock = true
		case line == ")":
			inBlock = false
		case inBlock && !strings.HasSuffix(line, "// indirect"):
			path, _, _ := strings.Cut(line, " ")
			direct[path] = true
		}
	}
	text, err := os.ReadFile("guarantees.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "| direct dependency | why |")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	named := map[string]bool{}
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "`"); len(cells) > 1 && strings.HasPrefix(line, "| `") {
			named[cells[1]] = true
		}
	}
	require.Equal(t, direct, named)
}
