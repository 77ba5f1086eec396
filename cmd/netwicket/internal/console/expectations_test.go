package console_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
)

// summary is how many expectations hold and do not, as the page Tests says it first.
func (s shop) summary() string {
	s.t.Helper()
	_, rest, _ := strings.Cut(s.page("tests"), `<p class="summary">`)
	first, _, _ := strings.Cut(rest, "</p>")
	return strings.TrimSpace(text(first))
}

// A file that cannot be read is named, whatever it is called, since it may hold expectations;
// one of the policy holds none, whatever stands in it.
func TestTestsOfOddFiles(t *testing.T) {
	s := openShop(t, map[string]string{
		"netwicket.json": ownPolicy, "zones.json": strings.Replace(ownZones, `"name"`, `"want":{"decision":"allow"},"name"`, 1), "tests/a.json": allowedWant,
	}, nil)
	require.Equal(t, "1 passed , 0 failed", s.summary())
	require.NoError(t, os.Symlink(filepath.Join(s.folder, "nowhere"), filepath.Join(s.folder, "link.json")))
	require.NoError(t, os.Mkdir(filepath.Join(s.folder, "tests", "folder.json"), 0o700))
	require.Equal(t, "1 passed , 0 failed , 2 files cannot be run", s.summary())
	require.Contains(t, text(s.page("tests")), filepath.Join(s.folder, "link.json")+":1:1 cannot be read: no such file or directory")
	s.write("tests/b.json", wrongWant)
	require.Equal(t, "1 passed , 1 failed , 2 files cannot be run", s.summary(), "a file that is new in a folder is found")
	require.NoError(t, os.Remove(filepath.Join(s.folder, "tests", "a.json")))
	require.Equal(t, "0 passed , 1 failed , 2 files cannot be run", s.summary())
}

// Of very many files the first hundred are looked at.
func TestTestsOfManyFiles(t *testing.T) {
	files := map[string]string{"netwicket.json": ownPolicy, "zones.json": ownZones}
	for i := range 99 {
		files[fmt.Sprintf("tests/%03d.json", i)] = allowedWant
	}
	for count, name := range []string{"tests/099.json", "tests/100.json"} {
		files[name] = wrongWant
		require.Equal(t, "99 passed , 1 failed", openShop(t, maps.Clone(files), nil).summary(), "%d more", count)
	}
}

// A policy whose folder is not there has no expectations, and one of two folders has those
// of both.
func TestTestsOfFolders(t *testing.T) {
	one := folderOf(t, map[string]string{"netwicket.json": ownPolicy, "zones.json": ownZones, "a.json": allowedWant})
	two := folderOf(t, map[string]string{"rules.json": small["rules.json"], "b.json": wrongWant})
	for _, row := range []struct {
		paths []string
		says  string
	}{
		{[]string{filepath.Join(one, "none", "netwicket.json")}, "There is no policy that expectations could be held against."},
		{[]string{one}, "1 passed , 0 failed"},
		{[]string{filepath.Join(one, "zones.json")}, "1 passed , 0 failed"},
		{[]string{filepath.Join(one, "none"), one}, "There is no policy"},
		{[]string{filepath.Join(one, "zones.json"), filepath.Join(two, "x.json")}, "There is no policy"},
	} {
		s := openShop(t, nil, func(o *policyfile.Options) { o.Paths = row.paths })
		require.Contains(t, text(s.page("tests")), row.says, row.paths)
	}
}
