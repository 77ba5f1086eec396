package decide_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The map of the files in doc.go is that of the folder, and the tests that it
// names are there.
func TestDocMapsTheFolder(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	var mapped, there []string
	for _, found := range regexp.MustCompile(`(?m)^//\t(\w+\.go) +\S`).FindAllSubmatch(text, -1) {
		mapped = append(mapped, string(found[1]))
	}
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	tests := ""
	for _, path := range paths {
		switch {
		case strings.HasSuffix(path, "_test.go"):
			source, err := os.ReadFile(path)
			require.NoError(t, err)
			tests += string(source)
		case path != "doc.go":
			there = append(there, path)
		}
	}
	slices.Sort(mapped)
	require.Equal(t, there, mapped)

	named := regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+`).FindAllString(string(text), -1)
	require.Greater(t, len(named), 10)
	for _, name := range named {
		require.Contains(t, tests, "func "+name+"(", "doc.go names it")
	}
}

// Whoever asks go doc what the package is gets told.
func TestGoDocBeginsWithThePackage(t *testing.T) {
	out, err := exec.Command("go", "doc", ".").Output()
	require.NoError(t, err)
	_, text, _ := strings.Cut(string(out), "\n\n")
	require.True(t, strings.HasPrefix(text, "Package decide answers whether an address may come in."), "%.200s", text)
}
