package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The map of the files in doc.go is that of the folder, and every command has a
// file of its name.
func TestDocMapsTheFolder(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	mapped := []string{"doc.go"}
	for _, found := range regexp.MustCompile(`(?m)^//\t(\w+\.go) +\S`).FindAllSubmatch(text, -1) {
		mapped = append(mapped, string(found[1]))
	}
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	there := slices.DeleteFunc(paths, func(path string) bool { return strings.HasSuffix(path, "_test.go") })
	slices.Sort(mapped)
	require.Equal(t, there, mapped)
	_, commands := tree()
	for name := range commands {
		name, part, _ := strings.Cut(name, " ") // a part of a command has a file of its own or shares one
		files, err := filepath.Glob(name + "*.go")
		require.NoError(t, err)
		if part == "" {
			files = []string{name + ".go"}
		}
		var code strings.Builder
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			code.Write(text)
		}
		require.Contains(t, code.String(), "Command() *cobra.Command")
		require.Contains(t, code.String(), `"`+part)
	}
}
