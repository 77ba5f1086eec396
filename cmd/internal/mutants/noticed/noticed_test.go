package noticed_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/internal/mutants/noticed"
)

// What is remembered holds as long as the function and the tests that noticed are what they were.
func TestHash(t *testing.T) {
	root := t.TempDir()
	hash := func(function, a, b string) string {
		for name, text := range map[string]string{"A": a, "B": b} {
			require.NoError(t, os.WriteFile(filepath.Join(root, name+"_test.go"), []byte("package a\n\nfunc Test"+name+"(t *testing.T) {"+text+"}\n"), 0o644))
		}
		sum, err := noticed.New(root).Hash(function, []string{".TestA"})
		require.NoError(t, err)
		return sum
	}
	require.Equal(t, hash("f", "x", "x"), hash("f", "x", "y"))
	require.NotEqual(t, hash("f", "x", "x"), hash("g", "x", "x"))
	require.NotEqual(t, hash("f", "x", "x"), hash("f", "y", "x"))
}

func TestFunctionName(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "a.go", "package a\nfunc f() {}\nfunc (r R) f() {}\nfunc (r *R) f() {}\nfunc (l *List[T]) f() {}\nfunc (List[K]) g() {}\n", 0)
	require.NoError(t, err)
	var names []string
	for _, one := range file.Decls {
		names = append(names, noticed.FunctionName(one.(*ast.FuncDecl)))
	}
	require.Equal(t, []string{"f", "R.f", "(*R).f", "(*List[T]).f", "List[K].g"}, names)
}
