package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const operationsPage = "../../docs/operations.md"

// serviceFiles are the files of the service that answer, count and log.
func serviceFiles(t *testing.T) []*ast.File {
	t.Helper()
	paths := []string{"serve.go", "servelisten.go", "servepolicies.go", "serverelease.go"}
	for _, folder := range []string{"forwardauth", "watch"} {
		more, err := filepath.Glob(filepath.Join("internal", folder, "*.go"))
		require.NoError(t, err)
		paths = append(paths, more...)
	}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		files = append(files, file)
	}
	return files
}

// eachNode visits every node of the service's files.
func eachNode(t *testing.T, visit func(ast.Node)) {
	t.Helper()
	for _, file := range serviceFiles(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			visit(n)
			return true
		})
	}
}

// literal is the text of a string literal.
func literal(n ast.Node) (string, bool) {
	l, ok := n.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}

// literalsAt are the string literals among a call's arguments, every second one
// from the first on.
func literalsAt(arguments []ast.Expr, first, step int) []string {
	var texts []string
	for i := first; i < len(arguments); i += step {
		if text, ok := literal(arguments[i]); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// rows are the cells of the tables below a heading of the page, whose first cell
// is code.
func rows(t *testing.T, heading string) [][]string {
	t.Helper()
	text, err := os.ReadFile(operationsPage)
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## "+heading+"\n")
	require.True(t, found, heading)
	section, _, _ = strings.Cut(section, "\n## ")
	var table [][]string
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		table = append(table, cells)
	}
	return table
}

// codes are the code spans of a text.
func codes(text string) []string {
	var spans []string
	for _, span := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(text, -1) {
		spans = append(spans, span[1])
	}
	return spans
}

// TestOperationsEndpoints: the page names every path that is answered, and no other.
func TestOperationsEndpoints(t *testing.T) {
	served := map[string]bool{"/decide/NAME": true}
	path := regexp.MustCompile(`^/[a-z]+(/[a-z]+/)?$`)
	eachNode(t, func(n ast.Node) {
		if text, ok := literal(n); ok && path.MatchString(text) {
			served[text] = true
		}
	})
	named := map[string]bool{}
	for _, row := range rows(t, "Endpoints") {
		named[codes(row[0])[0]] = true
	}
	require.Equal(t, served, named)
}

// TestOperationsMetrics: the page names every metric with its type and labels, and
// says what its help says.
func TestOperationsMetrics(t *testing.T) {
	type metric struct {
		kind   string
		labels []string
	}
	registered, help := map[string]metric{}, map[string]string{}
	eachNode(t, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.CallExpr:
			kind := called(n)
			if kind != "counter" && kind != "gauge" || len(n.Args) < 3 {
				return
			}
			name, ok := literal(n.Args[0])
			require.True(t, ok)
			registered[name] = metric{kind, literalsAt(n.Args, 3, 2)}
			if text, ok := literal(n.Args[1]); ok {
				help[name] = text
			}
		case *ast.CompositeLit:
			kind, ok := n.Type.(*ast.SelectorExpr)
			if !ok || !strings.HasSuffix(kind.Sel.Name, "Opts") {
				return
			}
			name, m := "", metric{kind: strings.ToLower(strings.TrimSuffix(kind.Sel.Name, "Opts"))}
			for _, element := range n.Elts {
				field := element.(*ast.KeyValueExpr)
				switch field.Key.(*ast.Ident).Name {
				case "Name":
					name, _ = literal(field.Value)
				case "Help":
					help[name], _ = literal(field.Value)
				case "ConstLabels":
					for _, label := range field.Value.(*ast.CompositeLit).Elts {
						text, _ := literal(label.(*ast.KeyValueExpr).Key)
						m.labels = append(m.labels, text)
					}
				}
			}
			if name != "" {
				registered[name] = m
			}
		}
	})
	require.Greater(t, len(registered), 10)
	named := map[string]metric{}
	for _, row := range rows(t, "Metrics") {
		name := codes(row[0])[0]
		named[name] = metric{row[1], codes(row[2])}
		require.True(t, strings.HasPrefix(row[3], help[name]), "%s: %q", name, help[name])
	}
	require.Equal(t, registered, named)
}

// logged are the messages and attributes that the service's files write.
func logged(t *testing.T) (messages, attributes map[string]bool) {
	t.Helper()
	messages, attributes = map[string]bool{}, map[string]bool{}
	add := func(to map[string]bool, texts ...string) {
		for _, text := range texts {
			to[text] = true
		}
	}
	eachNode(t, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.CallExpr:
			switch called(n) {
			case "Info", "Warn", "Error", "Debug":
				add(messages, literalsAt(n.Args, 0, len(n.Args)+1)...)
				add(attributes, literalsAt(n.Args, 1, 2)...)
			case "write": // of a logger, or of the journal behind the level
				for _, argument := range n.Args[:min(2, len(n.Args))] {
					if text, ok := literal(argument); ok {
						messages[text] = true
					}
				}
			case "logPolicy":
				message := n.Args[0]
				if sum, ok := message.(*ast.BinaryExpr); ok {
					text, _ := literal(sum.X)
					messages[text+"CAUSE"] = true
				} else if text, ok := literal(message); ok {
					messages[text] = true
				}
			case "attrs":
				add(attributes, literalsAt(n.Args, 0, 2)...)
			case "String", "Int", "Bool", "Uint64", "Any":
				if len(n.Args) == 2 {
					add(attributes, literalsAt(n.Args, 0, 3)...)
				}
			case "appendAddr", "append":
				if to, ok := n.Args[0].(*ast.Ident); ok && to.Name == "attrs" {
					add(attributes, literalsAt(n.Args, 1, 2)...)
				}
			}
		case *ast.AssignStmt:
			for i, name := range n.Lhs {
				id, ok := name.(*ast.Ident)
				if !ok || i >= len(n.Rhs) {
					continue
				}
				if list, isList := n.Rhs[i].(*ast.CompositeLit); isList && id.Name == "attrs" {
					add(attributes, literalsAt(list.Elts, 0, 2)...)
				}
				if text, isText := literal(n.Rhs[i]); isText && id.Name == "message" {
					messages[text] = true
				}
			}
		}
	})
	return messages, attributes
}

// TestOperationsLog: the page names every message and every attribute of the log,
// and no other.
func TestOperationsLog(t *testing.T) {
	messages, attributes := logged(t)
	named, namedAttributes := map[string]bool{}, map[string]bool{"policy_name": true}
	for _, row := range rows(t, "Log") {
		named[codes(row[0])[0]] = true
		list, _, _ := strings.Cut(row[2], ":")
		list, _, _ = strings.Cut(list, ";")
		list, _, _ = strings.Cut(list, " in mode ")
		for _, attribute := range codes(list) {
			namedAttributes[attribute] = true
		}
	}
	require.Equal(t, slices.Sorted(maps.Keys(messages)), slices.Sorted(maps.Keys(named)))
	require.Equal(t, slices.Sorted(maps.Keys(attributes)), slices.Sorted(maps.Keys(namedAttributes)))
}

// TestOperationsFigures: what the page says of size and speed was measured.
func TestOperationsFigures(t *testing.T) {
	page, err := os.ReadFile(operationsPage)
	require.NoError(t, err)
	measured, err := os.ReadFile("../../bench/README.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(page), "| what | figure |\n|---|---:|\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	for line := range strings.Lines(table) {
		figure := strings.TrimSpace(strings.Split(line, "|")[2])
		require.Contains(t, string(measured), "| "+figure+" |", line)
	}
}
