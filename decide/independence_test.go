package decide_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Explain is an oracle only as long as it works everything out for itself. The
// files that it is made of therefore use no unexported function, type, constant,
// method or field that the compiled policy's files declare.
func TestExplainSharesNothingWithTheCompiledPolicy(t *testing.T) {
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	files := token.NewFileSet()
	compiled, own := map[string]bool{}, map[string]bool{} // what is declared; members with a dot before the name
	used := map[string]token.Pos{}                        // the same for what Explain's files use
	read := 0
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		if !strings.HasPrefix(path, "naive") {
			addDeclared(compiled, file)
			continue
		}
		read++
		addDeclared(own, file)
		addUsed(used, file)
	}
	require.Greater(t, read, 4, "Explain's files are called naive*.go")
	require.True(t, compiled["ruleWords"] && compiled[".addRules"] && compiled[".firstWord"], "declarations are found")
	for name, at := range used {
		if !own[name] && !ast.IsExported(strings.TrimPrefix(name, ".")) {
			require.False(t, compiled[name], "%s uses %s of the compiled policy", files.Position(at), name)
		}
	}
}

// addDeclared adds what a file declares at its top, and the methods and fields of it.
func addDeclared(names map[string]bool, file *ast.File) {
	for _, declaration := range file.Decls {
		function, isFunction := declaration.(*ast.FuncDecl)
		switch {
		case isFunction && function.Recv != nil:
			names["."+function.Name.Name] = true
			continue
		case isFunction:
			names[function.Name.Name] = true
			continue
		}
		ast.Inspect(declaration, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.FuncType, *ast.FuncLit:
				return false // parameters and variables are nobody else's
			case *ast.TypeSpec:
				names[node.Name.Name] = true
			case *ast.ValueSpec:
				for _, name := range node.Names {
					names[name.Name] = true
				}
			case *ast.Field:
				for _, name := range node.Names {
					names["."+name.Name] = true
				}
			}
			return true
		})
	}
}

// addUsed adds the names that a file uses and does not declare inside a function.
func addUsed(names map[string]token.Pos, file *ast.File) {
	local := map[string]bool{}
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.Field:
			for _, name := range node.Names {
				local[name.Name] = true
			}
		case *ast.RangeStmt:
			for _, left := range []ast.Expr{node.Key, node.Value} {
				if name, ok := left.(*ast.Ident); ok && node.Tok == token.DEFINE {
					local[name.Name] = true
				}
			}
		case *ast.AssignStmt:
			for _, left := range node.Lhs {
				if name, ok := left.(*ast.Ident); ok && node.Tok == token.DEFINE {
					local[name.Name] = true
				}
			}
		}
		return true
	})
	var visit func(ast.Node) bool
	visit = func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.SelectorExpr:
			names["."+node.Sel.Name] = node.Sel.Pos()
			ast.Inspect(node.X, visit)
			return false
		case *ast.Ident:
			if !local[node.Name] {
				names[node.Name] = node.Pos()
			}
		}
		return true
	}
	ast.Inspect(file, visit)
}
