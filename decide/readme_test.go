package decide_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The library code that the README shows is taken from the tested Example.
func TestReadmeShowsTheExample(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	source, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(readme), "without files:\n\n```go\n")
	require.True(t, found)
	block, _, found := strings.Cut(rest, "```")
	require.True(t, found)
	plain := strings.ReplaceAll(string(source), "\t", "")
	require.Contains(t, plain, strings.ReplaceAll(block, "\t", ""))
}
