package house_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/realdata"
)

// readers are the ways of the standard library to a file's content, by package.
var readers = map[string][]string{
	"os":            {"Open", "OpenFile", "OpenInRoot", "OpenRoot", "ReadFile", "ReadDir", "DirFS", "CopyFS", "Create"},
	"path/filepath": {"Walk", "WalkDir"},
	"crypto/tls":    {"LoadX509KeyPair"},
	"io/ioutil":     {"ReadFile", "ReadDir"},
	"syscall":       {"Open"},
}

// ownReaders are the files that may use them, and why. Everything else reads by
// package files, which refuses what is no file and waits for nothing without end.
var ownReaders = map[string]string{
	"internal/files/within.go":                         "it is the reader",
	"decide/release/write.go":                          "it writes the state, and syncs the folder",
	"cmd/netwicket/admin.go":                           "it appends to the audit",
	"cmd/netwicket/key.go":                             "it makes a file that nobody else may read",
	"cmd/netwicket/admintoken.go":                      "it makes a file that nobody else may read",
	"cmd/netwicket/internal/atomicfile/atomicfile.go":  "it writes, and syncs the folder that it wrote to",
	"cmd/netwicket/internal/admin/tenant/history.go":   "it appends lines, and cuts off a half one",
	"cmd/netwicket/internal/folderlock/folderlock.go":  "it holds the file that it locks",
	"cmd/netwicket/internal/doctor/listening_linux.go": "it reads the kernel's tables, which are no files",
	"cmd/netwicket/internal/loadtest/targets.go":       "it measures servers that it starts itself, by their logs",
}

// TestOneReader: the library and the program read files in one way.
func TestOneReader(t *testing.T) {
	root, err := realdata.Repository()
	require.NoError(t, err)
	seen := 0
	var used []string
	for _, folder := range []string{"zone", "geo", "decide", "internal", "cmd/netwicket"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			name, err := filepath.Rel(root, path)
			require.NoError(t, err)
			name = filepath.ToSlash(name)
			seen++
			uses := usesOfReaders(t, path)
			if len(uses) > 0 && ownReaders[name] != "" {
				used = append(used, name)
				return nil
			}
			require.Empty(t, uses, "%s: use internal/files", name)
			return nil
		}))
	}
	require.Greater(t, seen, 200)
	for name := range ownReaders {
		require.True(t, slices.Contains(used, name), "%s reads nothing any more: take it out of the table", name)
	}
}

// usesOfReaders are the calls of a file that readers names.
func usesOfReaders(t *testing.T, path string) []string {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	forbidden := map[string]string{} // as the file writes it
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		local := imported[strings.LastIndex(imported, "/")+1:]
		if spec.Name != nil {
			local = spec.Name.Name
		}
		for _, function := range readers[imported] {
			forbidden[local+"."+function] = imported
		}
	}
	var uses []string
	ast.Inspect(file, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if local, ok := selector.X.(*ast.Ident); ok && forbidden[local.Name+"."+selector.Sel.Name] != "" {
			uses = append(uses, fmt.Sprintf("%s: %s.%s", files.Position(selector.Pos()), local.Name, selector.Sel.Name))
		}
		return true
	})
	return uses
}
