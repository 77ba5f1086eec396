package main

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/mmdbtest"
)

var updatePage = flag.Bool("update", false, "write the outputs that docs/lints.md shows") //nolint:gochecknoglobals // flags are registered before tests run

const lintsPage = "../../docs/lints.md"

// A lintExample is one example of the page: documents, the command with its
// output, and what to write instead.
type lintExample struct {
	code          string // of the heading
	line          int    // of the page
	files         map[string]string
	args          []string
	output        string
	outputAt      int // line behind the command
	insteadFiles  map[string]string
	insteadArgs   []string
	insteadOutput string
}

// lintExamples reads the page, one example a section: blocks of a file begin with
// its name, blocks of the console with the command; "Instead:" stands between
// what is warned about and what is not.
func lintExamples(t *testing.T) (examples []*lintExample, lines []string) {
	t.Helper()
	text, err := os.ReadFile(lintsPage)
	require.NoError(t, err)
	lines = strings.Split(string(text), "\n")
	var e *lintExample
	code, instead := "", false
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		switch {
		case strings.HasPrefix(line, "#"):
			code, e, instead = strings.Trim(strings.TrimLeft(line, "# "), "`"), nil, false
		case line == "Instead:":
			instead = true
		case strings.HasPrefix(line, "```") && len(line) > 3:
			end := i + 1 + slices.Index(lines[i+1:], "```")
			content := strings.Join(lines[i+1:end], "\n") + "\n"
			if e == nil {
				e = &lintExample{code: code, line: i + 1, files: map[string]string{}, insteadFiles: map[string]string{}}
				examples = append(examples, e)
			}
			e.add(t, line, content, i+2, instead)
			i = end
		}
	}
	return examples, lines
}

func (e *lintExample) add(t *testing.T, opening, content string, line int, instead bool) {
	t.Helper()
	if name, isFile := strings.CutPrefix(opening, "```console"); !isFile {
		_, name, _ = strings.Cut(opening, " ")
		files := e.files
		if instead {
			files = e.insteadFiles
		}
		files[name] = content
		return
	} else {
		require.Empty(t, name)
	}
	command, output, _ := strings.Cut(content, "\n")
	args, found := strings.CutPrefix(command, "$ netwicket ")
	require.True(t, found, "line %d", line)
	if instead {
		e.insteadArgs, e.insteadOutput = strings.Fields(args), output
	} else {
		e.args, e.output, e.outputAt = strings.Fields(args), output, line
	}
}

// Every lint fires on its example, as the page shows, and is silent where the
// example is mended.
func TestLintsPage(t *testing.T) {
	examples, lines := lintExamples(t)
	require.Greater(t, len(examples), 50)
	outputs := make([]string, len(examples))
	for i, e := range examples {
		t.Run(fmt.Sprintf("%s:%d", e.code, e.line), func(t *testing.T) {
			require.NotEmpty(t, e.args, "an example without a command")
			files := lintDatabases(t)
			for name, text := range e.files {
				files[name] = text
			}
			folder(t, files)
			got := runIn(t, "", e.args...)
			outputs[i] = got.out
			require.Equal(t, 0, got.code, "%s%s", got.out, got.stderr)
			if !*updatePage {
				require.Equal(t, e.output, got.out)
			}
			if strings.Contains(e.code, "-") || e.code == "everything" {
				require.Contains(t, got.out, " ["+e.code+"]\n")
			}
			require.NotEmpty(t, got.out)
			require.NotContains(t, got.out, ": error: ")

			require.NotZero(t, len(e.insteadFiles)+len(e.insteadArgs), "nothing to write instead")
			for name, text := range e.insteadFiles {
				writeFile(t, name, text)
			}
			if e.insteadArgs == nil {
				e.insteadArgs = e.args
			}
			got = runIn(t, "", e.insteadArgs...)
			require.Equal(t, 0, got.code, "%s%s", got.out, got.stderr)
			require.Empty(t, got.out, "mended as the page says")
		})
	}
	if *updatePage {
		for i, e := range slices.Backward(examples) {
			end := e.outputAt + slices.Index(lines[e.outputAt:], "```")
			lines = slices.Replace(lines, e.outputAt, end, strings.Split(strings.TrimSuffix(outputs[i], "\n"), "\n")...)
		}
		require.NoError(t, os.WriteFile(lintsPage, []byte(strings.Join(lines, "\n")), 0o644))
	}
}

// lintDatabases are the databases that the page's examples name.
func lintDatabases(t *testing.T) map[string]string {
	t.Helper()
	country := func(code string) mmdbtest.Map { return mmdbtest.Map{"country": mmdbtest.Map{"iso_code": code}} }
	world := mmdbtest.File{Type: "World-Country", Built: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	for i := range 26 * 26 {
		if code := string([]byte{byte('A' + i/26), byte('A' + i%26)}); code != "EU" {
			world.Networks = append(world.Networks, mmdbtest.Network{Prefix: fmt.Sprintf("11.%d.%d.0/24", i/26, i%26), Record: country(code)})
		}
	}
	world.Networks = append(world.Networks, mmdbtest.Network{Prefix: "2001:db8::/32", Record: country("DE")})
	germany := []mmdbtest.Network{{Prefix: "198.51.100.0/24", Record: country("DE")}, {Prefix: "2001:db8::/32", Record: country("DE")}}
	files := make(map[string]string)
	for name, file := range map[string]mmdbtest.File{
		"world.mmdb":   world,
		"country.mmdb": {Type: "Test-Country", Built: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), Networks: germany},
		"undated.mmdb": {Type: "Test-Country", Built: time.Unix(1<<60, 0), Networks: germany},
		"nothing.mmdb": {Type: "Test-Hats", Built: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), Networks: []mmdbtest.Network{{Prefix: "198.51.100.0/24", Record: mmdbtest.Map{"hat": "bowler"}}}},
	} {
		content, err := file.Bytes()
		require.NoError(t, err)
		files[name] = string(content)
	}
	return files
}

// The page has every code that a warning of the program may carry, and no other.
func TestLintsPageIsComplete(t *testing.T) {
	page, err := os.ReadFile(lintsPage)
	require.NoError(t, err)
	documented := make(map[string]bool)
	for _, match := range regexp.MustCompile("(?m)^### `([a-z-]+)`$").FindAllStringSubmatch(string(page), -1) {
		require.False(t, documented[match[1]], "%s has two sections", match[1])
		documented[match[1]] = true
	}
	_, table, found := strings.Cut(string(page), "## INACTIVE zones and rules")
	require.True(t, found)
	table, _, found = strings.Cut(table, "## Renamed codes")
	require.True(t, found)
	lenient := make(map[string]bool)
	for _, match := range regexp.MustCompile("`([a-z]+(?:-[a-z]+)+)`").FindAllStringSubmatch(table, -1) {
		lenient[match[1]] = true
	}

	warnings, problems := warningCodes(t)
	require.Greater(t, len(warnings), 50)
	for code := range warnings {
		require.True(t, documented[code], "%s has no section", code)
	}
	for code := range documented {
		require.True(t, warnings[code], "%s is no code of a warning", code)
	}
	for code := range problems {
		require.True(t, lenient[code], "%s is missing among the codes of INACTIVE zones and rules", code)
	}
	for code := range lenient {
		require.True(t, problems[code], "%s is never a warning about something INACTIVE", code)
	}
}

// Every code that an error may carry is described on the page, or on that of
// snapshots.
func TestLintsPageHasErrors(t *testing.T) {
	described := map[string]bool{}
	for _, name := range []string{lintsPage, "../../docs/snapshot.md"} {
		for _, match := range regexp.MustCompile("(?m)^(?:### |\\| )`([a-z0-9-]+)`").FindAllStringSubmatch(readFile(t, name), -1) {
			described[match[1]] = true
		}
	}
	isCode, found := regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)+$|^conflict$`), 0
	fails := []string{"Fail", "fail", "Problem", "problem", "whole", "addError", "Finding", "finding", "cellError", "rowError", "refuse", "newFinding", "refused", "findingsOf", "FromError", "wrong"}
	for _, dir := range []string{".", "internal/expect", "internal/request", "../../internal/jsondoc", "../../internal/netset", "../../internal/files", "../../zone", "../../geo", "../../decide", "../../decide/gate", "../../decide/policyfile", "../../decide/internal/snapfile"} {
		names, err := filepath.Glob(dir + "/*.go")
		require.NoError(t, err)
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			require.NoError(t, err)
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || !slices.Contains(fails, called(call)) {
					return true
				}
				for _, arg := range call.Args {
					literal, _ := arg.(*ast.BasicLit)
					if literal == nil || literal.Kind != token.STRING {
						continue
					}
					if code, err := strconv.Unquote(literal.Value); err == nil && isCode.MatchString(code) {
						found++
						require.True(t, described[code], "%s: %s is described nowhere", name, code)
					}
				}
				return true
			})
		}
	}
	require.Greater(t, found, 120)
}

// warningCodes reads the sources: the codes given to functions that warn, and to
// those that warn about what is INACTIVE alone.
func warningCodes(t *testing.T) (warnings, problems map[string]bool) {
	t.Helper()
	warnings, problems = make(map[string]bool), make(map[string]bool)
	isCode := regexp.MustCompile(`^[a-z]+(-[a-z]+)+$|^everything$`)
	texts := func(into map[string]bool, list []ast.Expr) {
		for _, e := range list {
			if literal, ok := e.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil && isCode.MatchString(text) {
					into[text] = true
				}
			}
		}
	}
	for _, dir := range []string{"../../internal/jsondoc", "../../internal/netset", "../../zone", "../../geo", "../../decide", "../../decide/gate", "internal/lint"} {
		files, err := filepath.Glob(dir + "/*.go")
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			require.NoError(t, err)
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					switch called(n) {
					case "warn", "Warn", "warnAt":
						texts(warnings, n.Args)
					case "problem", "Problem", "report":
						texts(problems, n.Args)
					}
				case *ast.CompositeLit: // Caution{"...", ...}
					if name, ok := n.Type.(*ast.Ident); ok && name.Name == "Caution" {
						texts(warnings, n.Elts)
					}
				case *ast.KeyValueExpr: // no-networks is the one that is made by hand
					if code, ok := n.Value.(*ast.BasicLit); ok && code.Value == `"no-networks"` {
						texts(warnings, []ast.Expr{code})
					}
				case *ast.AssignStmt: // code := "...", and f.Code, f.Warning = "...", true
					for _, left := range n.Lhs {
						ident, isIdent := left.(*ast.Ident)
						field, isField := left.(*ast.SelectorExpr)
						if isIdent && ident.Name == "code" || isField && field.Sel.Name == "Code" {
							texts(warnings, n.Rhs)
						}
					}
				}
				return true
			})
		}
	}
	return warnings, problems
}

// Codes that were given up are used no more, and each has a successor that is.
func TestRenamedCodes(t *testing.T) {
	page, err := os.ReadFile(lintsPage)
	require.NoError(t, err)
	_, table, found := strings.Cut(string(page), "## Renamed codes")
	require.True(t, found)
	rows := regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| `([a-z-]+)` \\|").FindAllStringSubmatch(table, -1)
	require.Len(t, rows, strings.Count(table, "\n| `"))
	require.NotEmpty(t, rows)
	var sources strings.Builder
	require.NoError(t, filepath.WalkDir("../..", func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		sources.Write(text)
		return err
	}))
	for _, row := range rows {
		require.False(t, strings.Contains(sources.String(), `"`+row[1]+`"`), "%s was given up and is used", row[1])
		require.True(t, strings.Contains(sources.String(), `"`+row[2]+`"`), "%s took the place of %s and is not used", row[2], row[1])
	}
}

// called is the name of the function or method that is called.
func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	default:
		return ""
	}
}

// The example that is shipped gives nobody a reason to complain.
func TestLintsExample(t *testing.T) {
	got := runIn(t, "", "check", "--strict", "--at", "2026-11-15T00:00:00Z", "../../examples/acme")
	require.Equal(t, 0, got.code, got.stderr)
	require.Empty(t, got.out)
}
