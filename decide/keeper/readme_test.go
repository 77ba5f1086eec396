package keeper_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The first library code that the README shows, and that of the package's page,
// is taken from the tested Example, and is short.
func TestReadmeShowsTheExample(t *testing.T) {
	source, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, library, found := strings.Cut(string(readme), "## As a library\n")
	require.True(t, found)
	_, block, found := strings.Cut(library, "```go\n")
	require.True(t, found)
	block, _, found = strings.Cut(block, "```")
	require.True(t, found)
	require.Contains(t, plain(string(source)), plain(block))
	require.LessOrEqual(t, strings.Count(block, "\n"), 15)

	page, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	for line := range strings.Lines(block) {
		require.Contains(t, plain(strings.ReplaceAll(string(page), "//", "")), plain(line))
	}
}

// plain is text without its indentation.
func plain(text string) string { return strings.ReplaceAll(text, "\t", "") }
