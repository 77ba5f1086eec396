package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/internal/mutants/reach"
)

// The faults fit the code as it is: a change of the code takes them along.
func TestFaultsFit(t *testing.T) {
	all, err := faults()
	require.NoError(t, err)
	for _, f := range all {
		require.NotEmpty(t, reach.Packages[f.pkg()], f)
		text, err := os.ReadFile(filepath.Join("..", "..", "..", filepath.FromSlash(f.file)))
		require.NoError(t, err, f)
		_, err = f.apply(string(text))
		require.NoError(t, err, f)
	}
	require.GreaterOrEqual(t, len(all), 60)
}

func TestParse(t *testing.T) {
	all, err := parse(nil, "x.txt", "# why\n== a/b.go: what\n one\n-two\n+three\n")
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, "a", all[0].pkg())
	changed, err := all[0].apply("zero\none\ntwo\n")
	require.NoError(t, err)
	require.Equal(t, "zero\none\nthree\n", changed)
	for name, text := range map[string]string{"twice": "one\ntwo\none\ntwo\n", "never": "one\n", "in the middle of a line": "done\ntwo\n"} {
		_, err = all[0].apply(text)
		require.ErrorContains(t, err, "not once", name)
	}
	for _, text := range []string{"-before\n", "== no description\n", "== a/b.go: what\nno sign\n"} {
		_, err := parse(nil, "x.txt", text)
		require.ErrorContains(t, err, "x.txt:", text)
	}
}
