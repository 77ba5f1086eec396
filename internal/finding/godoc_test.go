package finding_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The packages that return findings name the type by an alias, so that it is one
// type for errors.As, and go doc shows nothing of what an alias stands for. Their
// comments therefore show it, field by field, and none of them shows this package
// to its users otherwise.
func TestGoDocShowsTheFields(t *testing.T) {
	fields, methods := shape(t)
	require.Equal(t, []string{"File", "Line", "Column", "Path", "Value", "Code", "Warning", "Err"}, fields)
	require.Equal(t, []string{"Error", "Message", "Position", "Unwrap"}, methods["Finding"])
	require.Subset(t, methods["List"], []string{"Add", "Error", "Unwrap", "Err"})
	packages, err := exec.Command("go", "list", "-f", "{{.Name}} {{.ImportPath}} {{.Imports}}", "github.com/netwicket/netwicket/...").Output()
	require.NoError(t, err)
	shown := 0
	for listed := range strings.Lines(string(packages)) {
		name, rest, _ := strings.Cut(listed, " ")
		path, imports, _ := strings.Cut(rest, " ")
		if name == "main" || strings.Contains(path, "/internal/") || !strings.Contains(imports, "netwicket/internal/finding") {
			continue
		}
		shown++
		for line := range strings.Lines(goDoc(t, "-all", path)) {
			line = strings.TrimSpace(line)
			require.True(t, !strings.Contains(line, "finding.") || line == "type Finding = finding.Finding" || line == "type Findings = finding.List", "%s shows an internal type: %s", path, line)
		}
		text := goDoc(t, path+".Finding")
		for _, field := range fields {
			require.Regexp(t, `(?m)^\s+`+field+`\s+\w+ +// \w`, text, "%s.Finding", path)
		}
		for _, method := range methods["Finding"] {
			require.Contains(t, text, "func (f *Finding) "+method+"(", "%s.Finding", path)
		}
		for _, method := range methods["List"] {
			require.Regexp(t, `func \(l \*?Findings\) `+method+`\(`, goDoc(t, path+".Findings"), "%s.Findings", path)
		}
	}
	require.GreaterOrEqual(t, shown, 5, "zone, geo, decide, gate and policyfile")
}

func goDoc(t *testing.T, arguments ...string) string {
	out, err := exec.Command("go", append([]string{"doc"}, arguments...)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

// shape gives the fields of Finding and the methods of both types.
func shape(t *testing.T) (fields []string, methods map[string][]string) {
	file, err := parser.ParseFile(token.NewFileSet(), "finding.go", nil, 0)
	require.NoError(t, err)
	methods = map[string][]string{}
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.TypeSpec:
			if structure, ok := node.Type.(*ast.StructType); ok && node.Name.Name == "Finding" {
				for _, field := range structure.Fields.List {
					for _, name := range field.Names {
						fields = append(fields, name.Name)
					}
				}
			}
		case *ast.FuncDecl:
			if node.Recv == nil {
				return false
			}
			receiver := node.Recv.List[0].Type
			if pointer, ok := receiver.(*ast.StarExpr); ok {
				receiver = pointer.X
			}
			of := receiver.(*ast.Ident).Name
			methods[of] = append(methods[of], node.Name.Name)
		}
		return true
	})
	return fields, methods
}
