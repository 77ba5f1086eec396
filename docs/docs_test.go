// Package docs_test holds the documents against the repository: what they name
// has to exist.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = ".."

// documents are the texts that name tests, files and rules, by path from the root.
func documents(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("*.md")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	texts := map[string]string{}
	for _, path := range append(paths, filepath.Join(root, "CONTRIBUTING.md")) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		texts[filepath.Join("docs", path)] = string(text)
	}
	return texts
}

var (
	codeSpan     = regexp.MustCompile("`([^`\n]+)`")
	testName     = regexp.MustCompile(`^(?:([a-z0-9_/]+)\.)?((?:Test|Fuzz|Benchmark|Example)[A-Z_][A-Za-z0-9_]*)(?:/(.+))?$`)
	anchor       = regexp.MustCompile(`<a id="([^"]+)"></a>`)
	heading      = regexp.MustCompile(`(?m)^#+ (.+)$`)
	link         = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	quoteOfRules = regexp.MustCompile(`docs/semantics\.md, "([^"]+)"`)
	ruleOfRules  = regexp.MustCompile(`docs/semantics\.md,? \(?([a-z]+-[0-9]+(?:(?:, | and | to )[a-z]+-[0-9]+)*)`)
)

// testFiles is, by package, what its tests say, with the vectors that they read.
func testFiles(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		folder, file := filepath.Split(path)
		vectors := filepath.Base(folder) == "testdata" && filepath.Ext(file) == ".json"
		if !vectors && !strings.HasSuffix(file, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if vectors {
			folder = filepath.Dir(filepath.Clean(folder))
		}
		pkg, _ := filepath.Rel(root, folder)
		files[filepath.ToSlash(pkg)] += string(text)
		return err
	})
	require.NoError(t, err)
	files["cmd/netwicket"] += files["zone"] // whose vectors it runs
	return files
}

// TestNamedTestsExist: every `package.TestName/row` of a document is a test of
// that package, and its tests or vectors hold a row of that name; every bare
// name of a test is one somewhere.
func TestNamedTestsExist(t *testing.T) {
	files := testFiles(t)
	var all strings.Builder
	for _, text := range files {
		all.WriteString(text)
	}
	named := 0
	for path, text := range documents(t) {
		for _, span := range codeSpan.FindAllStringSubmatch(text, -1) {
			parts := testName.FindStringSubmatch(span[1])
			if parts == nil || parts[1] == "package" {
				continue
			}
			named++
			pkg, name, row := parts[1], parts[2], parts[3]
			tests := files[pkg]
			if pkg == "" {
				tests = all.String()
			}
			if !strings.Contains(tests, "func "+name+"(") {
				t.Errorf("%s: `%s`: package %q has no such test", path, span[1], pkg)
			}
			if row != "" && strings.HasPrefix(name, "Test") && !strings.Contains(tests, `"`+row+`"`) {
				t.Errorf("%s: `%s`: no row of that name", path, span[1])
			}
		}
	}
	require.Greater(t, named, 100)
}

// anchors are the places of a document that a link can lead to.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for _, a := range anchor.FindAllStringSubmatch(text, -1) {
		found[a[1]] = true
	}
	for _, h := range heading.FindAllStringSubmatch(text, -1) {
		plain := strings.Map(func(r rune) rune {
			if r == ' ' {
				return '-'
			}
			if strings.ContainsRune("`.,:;()/?!'\"*", r) {
				return -1
			}
			return r
		}, strings.ToLower(h[1]))
		found[plain] = true
	}
	return found
}

// TestLinksLeadSomewhere: links inside the repository, and no rule id twice.
func TestLinksLeadSomewhere(t *testing.T) {
	texts := documents(t)
	for path, text := range texts {
		ids := map[string]bool{}
		for _, a := range anchor.FindAllStringSubmatch(text, -1) {
			require.False(t, ids[a[1]], "%s: %s is there twice", path, a[1])
			ids[a[1]] = true
		}
		for _, l := range link.FindAllStringSubmatch(text, -1) {
			target, place, _ := strings.Cut(l[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			other := text
			if target != "" {
				file := filepath.Join(filepath.Dir(path), target)
				_, err := os.Stat(filepath.Join(root, file))
				require.NoError(t, err, "%s links to %s", path, l[1])
				other = texts[file]
			}
			if place != "" {
				require.True(t, anchors(other)[place], "%s links to %s", path, l[1])
			}
		}
	}
}

// TestCodeRefersToRulesThatExist: where the code names a rule or a chapter of
// docs/semantics.md, there is one.
func TestCodeRefersToRulesThatExist(t *testing.T) {
	text, err := os.ReadFile("semantics.md")
	require.NoError(t, err)
	places := anchors(string(text))
	named := 0
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		code, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		joined := strings.ReplaceAll(string(code), "\n// ", " ")
		for _, quote := range quoteOfRules.FindAllStringSubmatch(joined, -1) {
			named++
			require.True(t, strings.Contains(string(text), "\n## "+quote[1]+"\n"), "%s: docs/semantics.md has no chapter %q", path, quote[1])
		}
		for _, rules := range ruleOfRules.FindAllStringSubmatch(joined, -1) {
			for _, rule := range regexp.MustCompile(`[a-z]+-[0-9]+`).FindAllString(rules[1], -1) {
				named++
				require.True(t, places[rule], "%s: docs/semantics.md has no %s", path, rule)
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Positive(t, named)
}
