package oracle_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The compiler keeps the compiled policy away from the oracle: decide imports
// it, so it cannot import decide. What else of netwicket it imports is the
// documents and the geo table.
func TestImportsZoneAndGeoAlone(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{join .Imports "\n"}}`, ".").Output()
	require.NoError(t, err)
	var shared []string
	for _, path := range strings.Fields(string(out)) {
		if strings.Contains(path, ".") { // not of the standard library
			shared = append(shared, path)
		}
	}
	require.Equal(t, []string{"github.com/netwicket/netwicket/geo", "github.com/netwicket/netwicket/zone"}, shared)
}

// What a zone or a rule is good for stands in zone/facts.go for everybody else.
// The oracle has its own opinion: one that both evaluators asked, neither could
// check.
func TestAsksForNoFactsOfTheModel(t *testing.T) {
	files := token.NewFileSet()
	facts := map[string]bool{}
	model, err := parser.ParseFile(files, filepath.Join("..", "..", "..", "zone", "facts.go"), nil, 0)
	require.NoError(t, err)
	for _, declaration := range model.Decls {
		if function, ok := declaration.(*ast.FuncDecl); ok {
			facts[function.Name.Name] = true
		}
	}
	require.True(t, facts["Usable"] && facts["InOrder"] && facts["InForce"], "the facts are found")
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, path := range paths {
		file, err := parser.ParseFile(files, path, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(node ast.Node) bool {
			if selector, ok := node.(*ast.SelectorExpr); ok {
				require.False(t, facts[selector.Sel.Name], "%s: %s is a fact of the model", files.Position(selector.Pos()), selector.Sel.Name)
			}
			return true
		})
	}
}
