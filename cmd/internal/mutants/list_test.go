package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/internal/mutants/reach"
)

// The faults fit the code as it is: a change of the code takes them along.
func TestFaultsFit(t *testing.T) {
	all, err := faults()
	require.NoError(t, err)
	var misfits []string // all of them: a change of the code may have left several behind
	for _, f := range all {
		require.NotEmpty(t, reach.Packages[f.pkg()], f)
		text, err := os.ReadFile(filepath.Join("..", "..", "..", filepath.FromSlash(f.file)))
		if err == nil {
			_, err = f.apply(string(text))
		}
		if err != nil {
			misfits = append(misfits, fmt.Sprintf("%s: %v", f, err))
		}
	}
	require.Empty(t, misfits, strings.Join(misfits, "\n"))
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
