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
	keys := map[string]bool{}
	for _, f := range all {
		require.False(t, keys[f.key()], "%s: two faults of this name, and one is remembered", f)
		keys[f.key()] = true
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

// The function of a fault is the one that changes, whatever stands in front of it.
func TestFunction(t *testing.T) {
	text := "package a\n\nvar x = 1\n\nfunc f() int {\n\treturn 1\n}\n\nfunc (s *S) g() int {\n\treturn 2\n}\n"
	for old, want := range map[string][2]string{
		"\treturn 1\n":                                {"\treturn 2\n", "f"},
		"\treturn 2\n":                                {"\treturn 1\n", "(*S).g"},
		"func f() int {\n\treturn 1\n":                {"func f() int {\n\treturn 2\n", "f"},
		"}\n\nfunc (s *S) g() int {\n\treturn 2\n}\n": {"}\n\nfunc (s *S) g() int {\n\treturn 1\n}\n", "(*S).g"},
		"var x = 1\n":                                 {"var x = 2\n", ""},
		"there is no such line\n":                     {"", ""},
	} {
		require.Equal(t, want[1], (&fault{file: "a/a.go", old: old, new: want[0]}).function(text), old)
	}
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
