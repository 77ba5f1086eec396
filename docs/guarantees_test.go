package docs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDependenciesHaveReasons: guarantees.md names every direct dependency of the
// library and of the program, and no other.
func TestDependenciesHaveReasons(t *testing.T) {
	required := map[string][]string{}
	for _, module := range []struct{ name, file string }{{"library", "go.mod"}, {"program", "cmd/go.mod"}} {
		for _, path := range directRequirements(t, filepath.Join(root, module.file)) {
			required[path] = append(required[path], module.name)
		}
	}
	text, err := os.ReadFile("guarantees.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "| direct dependency | of | why |")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	named := map[string][]string{}
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) > 2 && strings.HasPrefix(line, "| `") {
			named[strings.Trim(cells[1], " `")] = strings.Split(strings.TrimSpace(cells[2]), ", ")
		}
	}
	require.Equal(t, required, named)
}

// directRequirements are the modules that a go.mod requires and does not mark as indirect.
func directRequirements(t *testing.T, file string) []string {
	t.Helper()
	mod, err := os.ReadFile(file)
	require.NoError(t, err)
	var direct []string
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
			direct = append(direct, path)
		}
	}
	return direct
}
