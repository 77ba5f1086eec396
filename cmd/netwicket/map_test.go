package main

import (
	"bytes"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// names are the files of the working directory.
func names(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestMap(t *testing.T) {
	acme(t)
	before := names(t)
	for _, name := range []string{"map.png", "map.svg", "map.html", "MAP.PNG"} {
		got := runIn(t, "", "map", "-o", name)
		require.Equal(t, ran{}, got, "it ends well whatever is decided, and says nothing")
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		switch filepath.Ext(name) {
		case ".png", ".PNG":
			_, err := png.Decode(bytes.NewReader(content))
			require.NoError(t, err)
		case ".svg":
			require.Contains(t, string(content[:200]), "<svg ")
		case ".html":
			require.True(t, bytes.HasPrefix(content, []byte("<!DOCTYPE html>")))
			require.Contains(t, string(content), "Germany")
		}
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o644), info.Mode().Perm())
		require.NoError(t, os.Remove(name))
	}
	require.Equal(t, before, names(t), "nothing but the map is written")
}

func TestMapDiff(t *testing.T) {
	acme(t)
	writeFile(t, "old.json", `{"okta":{"zones":["zones.json"]}}`)
	got := runIn(t, "", "map", "--diff", "old.json", "-g", "geo.csv", "-o", "change.svg")
	require.Equal(t, ran{}, got)
	content, err := os.ReadFile("change.svg")
	require.NoError(t, err)
	require.Contains(t, string(content), "What changes from old.json to netwicket.json")
	require.Contains(t, string(content), ">newly denied</text>")
}

// The picture in the README is what the command beside it draws. Its bytes may
// differ between versions of Go, its pixels do not.
func TestReadmePicture(t *testing.T) {
	t.Chdir("../..")
	const kept = "docs/map.png"
	file := filepath.Join(t.TempDir(), "map.png")
	require.Equal(t, ran{}, runIn(t, "", "map", "-c", "examples/acme", "-o", file))
	drawn, err := os.ReadFile(file)
	require.NoError(t, err)
	if *updatePage {
		require.NoError(t, os.WriteFile(kept, drawn, 0o644))
	}
	content, err := os.ReadFile(kept)
	require.NoError(t, err)
	require.Less(t, len(content), 200<<10, "a picture that a README can carry")
	want, err := png.Decode(bytes.NewReader(drawn))
	require.NoError(t, err)
	got, err := png.Decode(bytes.NewReader(content))
	require.NoError(t, err)
	require.Equal(t, want, got, "docs/map.png is another picture; go test ./cmd/netwicket -run TestReadmePicture -update draws it")
	colours := map[color.Color]int{}
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			colours[want.At(x, y)]++
		}
	}
	large := 0
	for _, n := range colours {
		if n > 1500 {
			large++
		}
	}
	require.GreaterOrEqual(t, large, 6, "the example shows what the picture is for: paper, reserved, and four decisions")
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	require.Regexp(t, `!\[[^\]]{40,}\]\(docs/map\.png\)`, string(readme), "with words for those who do not see it")
}

// In a browser the page comes to life, and goes where its link says.
func TestMapInABrowser(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("the page is opened in chromium, which is not installed")
	}
	acme(t)
	require.Equal(t, ran{}, runIn(t, "", "map", "-o", "map.html"))
	here, err := os.Getwd()
	require.NoError(t, err)
	show := func(page string) (string, error) {
		profile, err := os.MkdirTemp("", "netwicket-map-") // not t.TempDir: what the browser leaves behind may still be writing there
		require.NoError(t, err)
		defer os.RemoveAll(profile)
		out, err := exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+profile, "--virtual-time-budget=20000", "--dump-dom",
			"file://"+filepath.ToSlash(here)+"/"+page).Output()
		return string(out), err
	}
	// A browser that cannot run a page of one line says nothing about ours.
	require.NoError(t, os.WriteFile("trial.html", []byte(`<!doctype html><p><script>document.body.dataset.ready = "yes"</script>`), 0o600))
	if trial, err := show("trial.html"); err != nil || !strings.Contains(trial, `data-ready="yes"`) {
		t.Skipf("chromium runs no page here: %v", err)
	}
	page, err := show("map.html#192.0.2.0/23")
	require.NoError(t, err)
	require.Contains(t, page, `data-ready="yes"`)
	require.Contains(t, page, "192.0.2.0/23: 50.0 % allowed (256 addresses), 50.0 % denied (256 addresses)")
	require.Contains(t, page, "documentation (RFC 5737)")
	require.Contains(t, page, ">192.0.0.0/16</span>", "it looks into the network that holds it")
	require.Contains(t, page, ">Back</button>")
	require.Contains(t, page, `<optgroup label="Zones that block"><option value="0">BlockedIpZone (nzblock)</option>`)
	page, err = show("map.html#nowhere")
	require.NoError(t, err)
	require.Contains(t, page, "That is neither an address nor a network")
}

// A map goes to the file behind a link, which stays a link.
func TestMapBehindALink(t *testing.T) {
	acme(t)
	require.NoError(t, os.Mkdir("www", 0o755))
	require.NoError(t, os.Symlink("www/policy.svg", "map.svg"))
	for range 2 { // a file that is not there yet, and one that is
		require.Equal(t, ran{}, runIn(t, "", "map", "-o", "map.svg"))
		link, err := os.Readlink("map.svg")
		require.NoError(t, err)
		require.Equal(t, "www/policy.svg", link)
		content, err := os.ReadFile("www/policy.svg")
		require.NoError(t, err)
		require.Contains(t, string(content), "</svg>")
	}
}

// A folder that is named by dots has a name all the same.
func TestMapTitle(t *testing.T) {
	acme(t)
	here, err := os.Getwd()
	require.NoError(t, err)
	require.NoError(t, os.Mkdir("below", 0o755))
	for of, want := range map[string]string{
		".": filepath.Base(here), "./": filepath.Base(here), "below/..": filepath.Base(here), "netwicket.json": "netwicket.json",
	} {
		require.Equal(t, ran{}, runIn(t, "", "map", "-c", of, "-o", "map.html"))
		content, err := os.ReadFile("map.html")
		require.NoError(t, err)
		require.Contains(t, string(content), "<title>netwicket map of "+want+"</title>", of)
	}
}

// What a map is drawn of: the policy as it was named, the one that it is held against, and what
// of either the picture leaves out.
func TestMapSubjects(t *testing.T) {
	acme(t)
	const embedded, snapshot = "Teredo addresses", "A snapshot does not tell"
	require.NoError(t, os.Mkdir("sub", 0o755))
	writeFile(t, "sub/net.json", `{"range":["192.0.2.0/24"]}`)
	require.Zero(t, runIn(t, "", "compile", "-c", "sub/net.json", "-o", "net.nws").code)
	require.Zero(t, runIn(t, "", "compile", "-c", "netwicket.json", "-o", "acme.nws").code)
	fingerprint := func(path string) string {
		_, policy, err := (&commandLine{paths: []string{path}}).openPolicy()
		require.NoError(t, err)
		return policy.Info().Fingerprint
	}
	for _, row := range []struct {
		path, old string
		notes     []string
	}{
		{"sub/net.json", "", nil}, {"netwicket.json", "", []string{embedded}}, {"net.nws", "", []string{snapshot}}, {"acme.nws", "", []string{embedded, snapshot}},
		{"sub/net.json", "netwicket.json", []string{embedded}}, {"netwicket.json", "sub/net.json", []string{embedded}}, {"net.nws", "sub/net.json", []string{snapshot}}, {"sub/net.json", "net.nws", []string{snapshot}},
	} {
		got, err := (&commandLine{paths: []string{row.path}}).mapSubject(row.old)
		require.NoError(t, err, row)
		require.Equal(t, []any{row.path, row.old, row.old != ""}, []any{got.Name, got.OldName, got.Compare})
		require.Equal(t, fingerprint(row.path), got.Policy.Info().Fingerprint)
		require.Equal(t, row.path == "netwicket.json", len(got.Config.Rules) > 0, "what the policy of %v names", row)
		if row.old != "" {
			require.Equal(t, fingerprint(row.old), got.Old.Info().Fingerprint)
			require.Equal(t, row.old == "netwicket.json", len(got.OldConfig.Rules) > 0)
		}
		require.Len(t, got.Notes, len(row.notes), row)
		for i, note := range row.notes {
			require.True(t, strings.HasPrefix(got.Notes[i], note), got.Notes)
		}
	}
}

func TestMapErrors(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"no file", []string{"map"}, "name the file to write with -o"},
		{"another ending", []string{"map", "-o", "map.gif"}, `-o "map.gif": expected a name that ends in .png, .svg or .html`},
		{"no ending", []string{"map", "-o", "map"}, "expected a name that ends in"},
		{"a path too many", []string{"map", "-o", "map.png", "zones.json"}, "zones.json"},
		{"no such folder", []string{"map", "-o", "absent/map.png"}, "absent/map.png: cannot be written: no such file or directory"},
		{"no such policy", []string{"map", "-c", "absent.json", "-o", "map.png"}, "absent.json:1:1: error: "},
		{"no such policy to compare with", []string{"map", "--diff", "absent.json", "-o", "map.png"}, "absent.json:1:1: error: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			acme(t)
			writeFile(t, "map.png", "the map of yesterday")
			before := names(t)
			got := runIn(t, "", test.args...)
			require.Equal(t, 1, got.code)
			require.Empty(t, got.out)
			require.Contains(t, got.stderr, test.want)
			require.Equal(t, before, names(t))
			content, err := os.ReadFile("map.png")
			require.NoError(t, err)
			require.Equal(t, "the map of yesterday", string(content), "what was there stays until there is something better")
		})
	}
}
