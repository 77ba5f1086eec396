package noticed_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/internal/mutants/noticed"
)

// Results are read line by line, without comments, and what is none of them is told where
// it stands.
func TestReadLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.txt")
	read := func(text string) (got [][]string, err error) {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return got, noticed.ReadLines(path, func(fields []string) bool {
			got = append(got, fields)
			return fields[0] != "bad"
		})
	}
	got, err := read("# head\na\tb c\td\n\n#\tx\n\te\n")
	require.NoError(t, err)
	require.Equal(t, [][]string{{"a", "b c", "d"}, {"", "e"}}, got)
	got, err = read("# head\n\na\nbad\tb\nc\n")
	require.EqualError(t, err, path+":4: no line of this file")
	require.Len(t, got, 2, "nothing is read behind it")
	got, err = read("")
	require.NoError(t, err)
	require.Empty(t, got)
	never := func([]string) bool { panic("there is no line") }
	require.NoError(t, noticed.ReadLines(path+".absent", never))
	require.Error(t, noticed.ReadLines(filepath.Dir(path), never), "a folder is no file")
}

// A hash is of the files that have the tests, in all folders that are named, and of nothing
// else: not of files with tests whose names begin alike, and not of the order of asking.
func TestHashOfFiles(t *testing.T) {
	root := t.TempDir()
	put := func(name, text string) {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	tests := []string{"a/b.TestOne", "c.TestTwo"}
	hash := func() string {
		all := noticed.New(root)
		sum, err := all.Hash("func f() {}", tests)
		require.NoError(t, err)
		again, err := all.Hash("func f() {}", tests)
		require.NoError(t, err)
		require.Equal(t, sum, again, "files are remembered")
		require.Len(t, sum, 16)
		return sum
	}
	put("a/b/one_test.go", "package b\nfunc TestOne(t *testing.T) {}\n")
	put("a/b/longer_test.go", "package b\nfunc TestOneMore(t *testing.T) {}\n")
	put("a/b/code.go", "package b\nfunc TestOne() {}\n")
	put("c/two_test.go", "package c\nfunc TestTwo(t *testing.T) {}\n")
	first := hash()
	put("a/b/longer_test.go", "package b\nfunc TestOneMore(t *testing.T) { t.Log() }\n")
	put("a/b/code.go", "package b\nfunc TestOne() { return }\n")
	put("c/other_test.go", "package c\n// calls TestTwo(t)\n")
	require.Equal(t, first, hash())
	put("c/two_test.go", "package c\nfunc TestTwo(t *testing.T) { t.Log() }\n")
	require.NotEqual(t, first, hash(), "of the second folder")
	put("c/two_test.go", "package c\nfunc TestTwo(t *testing.T) {}\n")
	require.Equal(t, first, hash())

	of := func(text string, tests ...string) string {
		sum, err := noticed.New(root).Hash(text, tests)
		require.NoError(t, err)
		return sum
	}
	require.NotEqual(t, of("f"), of("f", "absent.TestOne"), "the names count")
	require.NotEqual(t, of("f", "absent.TestOne"), of("f", "absent.TestTwo"))
	_, err := noticed.New("[").Hash("f", []string{"a.TestOne"})
	require.Error(t, err, "no pattern")
	require.NoError(t, os.Mkdir(filepath.Join(root, "c", "folder_test.go"), 0o700))
	_, err = noticed.New(root).Hash("f", tests)
	require.Error(t, err, "a folder is no file of tests")
}
