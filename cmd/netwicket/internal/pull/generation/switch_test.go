//go:build unix

package generation_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/pull/generation"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// Into an empty folder comes a generation, and a policy file that names it; both, and
// the generation alone, decide alike.
func TestFirstGeneration(t *testing.T) {
	f := newFolder(t, nil)
	require.NoError(t, os.Chmod(f.Path, 0o750))
	mask := syscall.Umask(0o027)
	defer syscall.Umask(mask)
	d := generation.Documents{Okta: okta("nzo1"), SailPoint: sailPoint(`[]`)}
	d.SailPoint.Profile, d.SailPoint.Profiled = []byte(`{"offNetwork":true}`+"\n"), true
	c := prepared(t, f, d)
	require.Empty(t, tree(t, f), "nothing is written before the switch")
	before := decides(t, policyfile.Options{Paths: []string{f.Path}, Contents: f.Contents(c)})

	name := pulled(t, f, d, noon)
	require.Regexp(t, `^[0-9a-f]{32}$`, name)
	in := "pulled/" + name + "/"
	require.JSONEq(t, strings.ReplaceAll(`{"okta":{"zones":["IN/okta/zones.json"],"rules":["IN/okta/rules/00p1.json","IN/okta/rules/00p3.json"],"threatInsight":"IN/okta/threat-insight.json"},
		"sailpoint":{"networkConfig":"IN/sailpoint/network-config.json","authProfile":"IN/sailpoint/auth-profile.json"}}`, "IN/", in), read(t, f, "netwicket.json"))
	got := tree(t, f)
	require.JSONEq(t, `{"okta":{"zones":["okta/zones.json"],"rules":["okta/rules/00p1.json","okta/rules/00p3.json"],"threatInsight":"okta/threat-insight.json"},
		"sailpoint":{"networkConfig":"sailpoint/network-config.json","authProfile":"sailpoint/auth-profile.json"}}`, got[in+"netwicket.json"])
	delete(got, "netwicket.json")
	delete(got, in+"netwicket.json")
	require.Equal(t, map[string]string{
		"pulled": "/", "pulled/" + name: "/", in + "okta": "/", in + "okta/rules": "/", in + "sailpoint": "/",
		in + "okta/zones.json": string(d.Okta.Zones), in + "okta/policies.json": "[]\n", in + "okta/threat-insight.json": string(d.Okta.Threat),
		in + "okta/rules/00p1.json": rules("1"), in + "okta/rules/00p2.json": rules("2"), in + "okta/rules/00p3.json": rules("3"),
		in + "sailpoint/network-config.json": string(d.SailPoint.Network), in + "sailpoint/auth-profile.json": string(d.SailPoint.Profile),
	}, got)
	require.Equal(t, before, decides(t, policyfile.Options{Paths: []string{f.Path}}))
	require.Equal(t, before, decides(t, policyfile.Options{Paths: []string{filepath.Join(f.Path, "pulled", name)}}))

	// Who may read the folder may read what is in it, and nobody else.
	for path, want := range map[string]os.FileMode{"pulled": 0o750, in: 0o750, in + "okta": 0o750, in + "okta/rules": 0o750, in + "okta/zones.json": 0o640, "netwicket.json": 0o640} {
		info, err := os.Stat(filepath.Join(f.Path, path))
		require.NoError(t, err)
		require.Equal(t, want, info.Mode().Perm(), path)
	}
	info, err := os.Stat(filepath.Join(f.Path, "pulled", name))
	require.NoError(t, err)
	require.True(t, info.ModTime().Equal(noon))

	// The same again is the same generation, and nothing is written anew.
	again, err := f.InForce()
	require.NoError(t, err)
	same, err := f.Candidate(again, d)
	require.NoError(t, err)
	require.Equal(t, name, same.Name)
	zones := filepath.Join(f.Path, in, "okta/zones.json")
	require.NoError(t, os.Chtimes(zones, noon, noon))
	require.NoError(t, f.Switch(same, noon))
	info, err = os.Stat(zones)
	require.NoError(t, err)
	require.True(t, info.ModTime().Equal(noon))
}

// Whoever changed the policy file meanwhile keeps what they wrote, and nothing of
// what was pulled stays.
func TestPolicyFileChangedMeanwhile(t *testing.T) {
	edited := func(f generation.Folder) error {
		return os.WriteFile(filepath.Join(f.Path, "netwicket.json"), []byte(`{"mode":"okta"}`), 0o600)
	}
	removed := func(f generation.Folder) error { return os.Remove(filepath.Join(f.Path, "netwicket.json")) }
	folder := func(f generation.Folder) error {
		return os.Mkdir(filepath.Join(f.Path, "netwicket.json"), 0o700)
	}
	for name, c := range map[string]struct {
		files map[string]string
		do    func(generation.Folder) error
		other string // what is said; empty: that it was changed
	}{
		"it is edited":         {map[string]string{"netwicket.json": "{}\n"}, edited, ""},
		"it is removed":        {map[string]string{"netwicket.json": "{}\n"}, removed, ""},
		"there is one now":     {nil, edited, ""},
		"there is a folder":    {nil, folder, "netwicket.json: cannot be read: "},
		"others are there too": {map[string]string{"netwicket.json": "{}\n", "pulled/00112233445566778899aabbccddeeff/okta/zones.json": "[]"}, edited, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFolder(t, c.files)
			made := prepared(t, f, generation.Documents{Okta: okta("nzo1")})
			require.NoError(t, c.do(f))
			before := tree(t, f)
			err := f.Switch(made, noon)
			if c.other == "" {
				require.ErrorIs(t, err, generation.ErrChanged)
			} else {
				require.ErrorContains(t, err, c.other)
				require.NotErrorIs(t, err, generation.ErrChanged)
			}
			after := tree(t, f)
			if before["pulled"] == "" {
				require.Equal(t, "/", after["pulled"])
				delete(after, "pulled")
			}
			require.Equal(t, before, after)
		})
	}
	// A generation that lay there already is somebody's, and stays.
	f := newFolder(t, nil)
	name := pulled(t, f, generation.Documents{Okta: okta("nzo1")}, noon)
	pulled(t, f, generation.Documents{Okta: okta("nzo2")}, noon)
	back := prepared(t, f, generation.Documents{Okta: okta("nzo1")})
	require.Equal(t, name, back.Name)
	require.NoError(t, edited(f))
	require.ErrorIs(t, f.Switch(back, noon), generation.ErrChanged)
	require.DirExists(t, filepath.Join(f.Path, "pulled", name))
}

// What cannot be written leaves the folder as it was.
func TestWhatCannotBeWritten(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, f generation.Folder, c *generation.Candidate, d generation.Documents)
		want  string
	}{
		"a file in place of the generations": {func(t *testing.T, f generation.Folder, _ *generation.Candidate, _ generation.Documents) {
			write(t, f, "pulled", "")
		}, "pulled: cannot be written: not a directory"},
		"the folder is gone": {func(t *testing.T, f generation.Folder, _ *generation.Candidate, _ generation.Documents) {
			require.NoError(t, os.RemoveAll(f.Path))
		}, "pulled: cannot be written: "},
		"a rule that no file can be called by": {func(_ *testing.T, _ generation.Folder, _ *generation.Candidate, d generation.Documents) {
			d.Okta.Rules[2].Policy = strings.Repeat("x", 300)
		}, "file name too long"},
		"a folder that no file can be called by": {func(_ *testing.T, _ generation.Folder, _ *generation.Candidate, d generation.Documents) {
			d.Okta.Rules[2].Policy = strings.Repeat("x", 300) + "/y"
		}, strings.Repeat("x", 300) + ": cannot be written: "},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFolder(t, nil)
			d := generation.Documents{Okta: okta("nzo1")}
			if strings.Contains(name, "called by") {
				c.spoil(t, f, nil, d)
			}
			made := prepared(t, f, d)
			if !strings.Contains(name, "called by") {
				c.spoil(t, f, made, d)
			}
			var before map[string]string
			if _, err := os.Stat(f.Path); err == nil {
				before = tree(t, f)
			}
			require.ErrorContains(t, f.Switch(made, noon), c.want)
			if before == nil {
				require.NoDirExists(t, f.Path)
				return
			}
			require.Equal(t, before, tree(t, f))
		})
	}
	// Where there are others, they stay.
	f := newFolder(t, nil)
	pulled(t, f, generation.Documents{Okta: okta("nzo1")}, noon)
	d := generation.Documents{Okta: okta("nzo2")}
	d.Okta.Rules[0].Policy = strings.Repeat("x", 300)
	made := prepared(t, f, d)
	before := tree(t, f)
	require.Error(t, f.Switch(made, noon))
	require.Equal(t, before, tree(t, f))
	f = newFolder(t, map[string]string{"pulled/x": ""})
	require.NoError(t, os.Remove(filepath.Join(f.Path, "pulled/x")))
	require.Error(t, f.Switch(prepared(t, f, d), noon))
	require.Equal(t, map[string]string{"pulled": "/"}, tree(t, f), "it was there")
	require.NoError(t, os.Symlink("missing/netwicket.json", filepath.Join(f.Path, "netwicket.json")))
	d = generation.Documents{Okta: okta("nzo2")}
	require.ErrorContains(t, f.Switch(prepared(t, f, d), noon), "netwicket.json (a link to ")
	entries, err := os.ReadDir(filepath.Join(f.Path, "pulled"))
	require.NoError(t, err)
	require.Empty(t, entries, "what did not come in force is taken away")
}

// Five generations stay, the latest, and those that the policy file names (U9).
func TestOldGenerationsGo(t *testing.T) {
	f := newFolder(t, map[string]string{"pulled/notes.txt": "", "pulled/mine/x": ""})
	var names []string
	for i := range 8 {
		// The clock is set back once: the one that is in force stays, however old it is.
		names = append(names, pulled(t, f, generation.Documents{Okta: okta(fmt.Sprint("nzo", i))}, noon.Add([]time.Duration{0, 1, 2, 3, 4, 5, 6, -9}[i]*time.Minute)))
	}
	there := func() (all []string) {
		for name, text := range tree(t, f) {
			if base := filepath.Base(name); text == "/" && filepath.Dir(name) == "pulled" && base != "mine" {
				all = append(all, base)
			}
		}
		slices.Sort(all)
		return all
	}
	want := slices.Sorted(slices.Values([]string{names[3], names[4], names[5], names[6], names[7]}))
	require.Equal(t, want, there())
	require.FileExists(t, filepath.Join(f.Path, "pulled/notes.txt"))
	require.FileExists(t, filepath.Join(f.Path, "pulled/mine/x"))

	// What runs that were stopped left goes, and nothing that is somebody's.
	for _, name := range []string{"pulled/.new-123/okta/zones.json", "pulled/.gone-" + names[0] + "/x", ".netwicket.json.0123abcd"} {
		write(t, f, name, "x")
	}
	for _, name := range []string{"pulled/.hidden/x", ".netwicket.json.0123abcde", ".netwicket.json.swp", "x.netwicket.json.0123abcd", "pulled/.netwicket.json.0123abcd", ".new-x/y"} {
		write(t, f, name, "x")
	}
	old := strings.Repeat("0", 32)
	write(t, f, "pulled/"+old+"/x", "")
	require.NoError(t, os.Chtimes(filepath.Join(f.Path, "pulled", old), noon.Add(-time.Hour), noon.Add(-time.Hour)))
	f.Clean()
	after := tree(t, f)
	for _, name := range []string{"pulled/.new-123", "pulled/.gone-" + names[0], ".netwicket.json.0123abcd", "pulled/" + old} {
		require.NotContains(t, after, name)
	}
	for _, name := range []string{"pulled/.hidden/x", ".netwicket.json.0123abcde", ".netwicket.json.swp", "x.netwicket.json.0123abcd", "pulled/.netwicket.json.0123abcd", ".new-x/y"} {
		require.Contains(t, after, name)
	}
	for _, name := range names[3:] {
		require.Contains(t, after, "pulled/"+name)
	}

	// With a policy file that nobody can read, nobody knows what is in force: all stay.
	write(t, f, "netwicket.json", "{")
	write(t, f, "pulled/"+old+"/x", "")
	before := tree(t, f)
	f.Clean()
	require.Equal(t, before, tree(t, f))
	(generation.Folder{Path: filepath.Join(f.Path, "nowhere")}).Clean()
}

// Of generations of one time those with the lower names stay.
func TestGenerationsOfOneTime(t *testing.T) {
	later := noon.Add(time.Hour)
	file := "pulled/" + strings.Repeat("f", 32)
	f := newFolder(t, map[string]string{"netwicket.json": `{"okta":{"zones":["mine.json"]}}`, file: ""})
	require.NoError(t, os.Chtimes(filepath.Join(f.Path, file), later, later))
	for i := range 7 {
		name := fmt.Sprintf("pulled/%032x", i)
		write(t, f, name+"/x", "")
		require.NoError(t, os.Chtimes(filepath.Join(f.Path, name), noon, noon))
	}
	f.Clean()
	for i := range 7 {
		require.Equal(t, i < 5, tree(t, f)[fmt.Sprintf("pulled/%032x", i)] == "/", i)
	}
	require.FileExists(t, filepath.Join(f.Path, file), "it is none of ours")
}

// A generation that somebody tampered with is made anew; one that is in force so is
// left alone, and the next is called otherwise.
func TestTamperedGeneration(t *testing.T) {
	f := newFolder(t, nil)
	one, two := generation.Documents{Okta: okta("nzo1")}, generation.Documents{Okta: okta("nzo2")}
	name := pulled(t, f, one, noon)
	zones := "pulled/" + name + "/okta/zones.json"
	write(t, f, zones, "[]")
	in, err := f.InForce()
	require.NoError(t, err)
	require.False(t, f.Same(in, one))
	require.Equal(t, name+"-2", pulled(t, f, one, noon))
	require.Equal(t, "[]", read(t, f, zones))
	require.Equal(t, string(one.Okta.Zones), read(t, f, "pulled/"+name+"-2/okta/zones.json"))

	write(t, f, "pulled/"+name+"-2/okta/zones.json", "[]")
	require.Equal(t, name, pulled(t, f, one, noon), "it is not in force any more, and is made anew")
	require.Equal(t, string(one.Okta.Zones), read(t, f, zones))
	pulled(t, f, two, noon)
	require.NoError(t, os.Remove(filepath.Join(f.Path, zones)))
	require.Equal(t, name, pulled(t, f, one, noon))
	require.Equal(t, string(one.Okta.Zones), read(t, f, zones))
	for path := range tree(t, f) {
		require.False(t, strings.HasPrefix(filepath.Base(path), "."), path)
	}
	one.Okta.Threat = []byte{}
	name = brought(t, f, one)
	require.NoError(t, os.Remove(filepath.Join(f.Path, "pulled", name, "okta/threat-insight.json")))
	require.Equal(t, name+"-2", brought(t, f, one), "an empty document is one")
}

// brought is pulled for documents that nobody could load, which are never the same.
func brought(t *testing.T, f generation.Folder, d generation.Documents) string {
	t.Helper()
	c := prepared(t, f, d)
	require.NoError(t, f.Switch(c, noon))
	return c.Name
}

// Where nothing may leave the folder, what lies behind a link is nobody's rubbish: it stays, and its age
// is not told.
func TestCleanWithin(t *testing.T) {
	outside, within := t.TempDir(), t.TempDir()
	theirs := []string{".new-" + strings.Repeat("a", 32)}
	for i := range 9 {
		theirs = append(theirs, fmt.Sprintf("%032x", i))
	}
	for _, name := range theirs {
		require.NoError(t, os.Mkdir(filepath.Join(outside, name), 0o700))
	}
	require.NoError(t, os.WriteFile(filepath.Join(outside, "netwicket.json"), []byte("{}"), 0o600))
	require.NoError(t, os.Symlink(outside, filepath.Join(within, "pulled")))
	own := filepath.Join(within, "netwicket.json")
	require.NoError(t, os.WriteFile(own, []byte("{}"), 0o600))
	left := func() int {
		entries, err := os.ReadDir(outside)
		require.NoError(t, err)
		return len(entries)
	}
	f := generation.Folder{Path: within, Within: within}
	f.Clean()
	require.Equal(t, len(theirs)+1, left())
	require.NotZero(t, f.Age())
	require.NoError(t, os.Remove(own))
	require.NoError(t, os.Symlink(filepath.Join(outside, "netwicket.json"), own))
	require.Zero(t, f.Age())
	anywhere := generation.Folder{Path: within}
	require.NotZero(t, anywhere.Age())
	anywhere.Clean()
	require.Less(t, left(), len(theirs)+1)
}
