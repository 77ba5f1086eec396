package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestForeignTextHasOneWay reads the sources: what prints names, paths, errors and
// other text that may come from elsewhere does so through oneLine, a table or %q.
func TestForeignTextHasOneWay(t *testing.T) {
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	printed := 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !slices.Contains([]string{"Fprintf", "Fprintln", "Fprint", "WriteString"}, called(call)) {
				return true
			}
			printed++
			for i, arg := range call.Args {
				if i == 0 && called(call) != "WriteString" {
					continue // where it is written to
				}
				if i > 1 && called(call) == "Fprintf" && verb(call.Args[1], i-2) == 'q' {
					continue
				}
				if foreign := foreignIn(arg); foreign != "" {
					t.Errorf("%s prints %s as it is; print it through oneLine, a table or %%q", files.Position(arg.Pos()), foreign)
				}
			}
			return true
		})
	}
	require.Greater(t, printed, 20)
}

// verb is the verb for the n-th operand of a format, 0 if it cannot be told.
func verb(format ast.Expr, n int) byte {
	literal, ok := format.(*ast.BasicLit)
	if !ok {
		return 0
	}
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		return 0
	}
	verbs := regexp.MustCompile(`%[-+# 0-9.]*([a-zA-Z])`).FindAllStringSubmatch(text, -1)
	if n >= len(verbs) {
		return 0
	}
	return verbs[n][1][0]
}

// foreignIn is an expression within e that may be text from elsewhere and that
// nothing makes fit to be shown, empty if there is none.
func foreignIn(e ast.Expr) (found string) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			switch called(n) {
			case "oneLine", "shortQuote", "Quote", "findingLine", "annotation", "decisionLine", "failureText", "coverageText", "len", "plural", "number", "Position", "Message":
				return false // which do it themselves
			case "Error":
				found = "an error"
			}
		case *ast.SelectorExpr:
			switch n.Sel.Name {
			case "Name", "ID", "Type", "File", "Text", "Why", "Rule", "Policy", "Key", "Path", "Err", "Remote", "Label",
				"callers", "audit", "paths", "geo", "services", "threats", "within", "format", "okta", "sailpoint": // flags
				found = "a " + n.Sel.Name
			}
		case *ast.Ident:
			switch n.Name {
			case "err", "broken", "name", "path", "folder", "file", "old", "audit", "format":
				found = n.Name
			}
		}
		return true
	})
	return found
}
