package console_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
)

// Each file of the policy is listed once, however often it is named; what is no file cannot
// be read; and a finding about a database leads nowhere, since there is no line to see.
func TestFilesAreListedOnce(t *testing.T) {
	files := maps.Clone(small)
	database, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "examples", "acme", "geo", "country.mmdb"))
	require.NoError(t, err)
	files["country.mmdb"], files["threat.json"], files["feed.txt"], files["nord.txt"] = string(database), `{"action":"block"}`, "192.0.2.4\n", "192.0.2.5\n"
	files["netwicket.json"] = strings.NewReplacer(
		`["rows.csv"]`, `["rows.csv","country.mmdb"],"services":{"NORD_VPN":["nord.txt"],"EXPRESS_VPN":["nord.txt"]}`,
		`"rules":`, `"threatInsight":"threat.json","threatFeeds":["feed.txt","feed.txt"],"rules":`).Replace(files["netwicket.json"])
	r := readAt(t, folderOf(t, files), func(o *console.Options) { o.Now = func() time.Time { return today.AddDate(3, 0, 0) } })
	page := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/documents", nil)).Body.String()
	page, _, _ = strings.Cut(page, "</table>")
	require.Equal(t, []string{"netwicket.json", "zones.json", "rules.json", "threat.json", "feed.txt", "rows.csv", "country.mmdb", "nord.txt"}, regexpAll(`<th scope="row"><a href="documents\?file=([^"]*)"`, page))
	check := r.send("change", "check", r.draft("zones.json", files["zones.json"], files["zones.json"]+"\n")).Body.String()
	require.Contains(t, check, "<code><bdi>country.mmdb:1:1</bdi></code>\n<span><bdi>the database was built on 2026-11-01 and is 1121 days old")

	files["folder/x"], files["netwicket.json"] = "", strings.Replace(files["netwicket.json"], `"feed.txt"`, `"folder"`, 1)
	r = readAt(t, folderOf(t, files))
	require.Contains(t, r.page("documents?file=folder"), "other file, cannot be read Findings error folder:1:1 cannot be read: it is a folder")
	require.Contains(t, r.page("change"), "netwicket.json zones.json rules.json threat.json feed.txt Databases", "no folder is edited")
}

// A secret is shown to nobody, also while its file is not there.
func TestSecretThatIsGone(t *testing.T) {
	r := readAt(t, folderOf(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"],"threatInsight":"threat.json","threatFeeds":["tls.key"]},"serve":{"tlsCert":"tls.pem","tlsKey":"./tls.key"}}`,
		"zones.json":     ownZones, "threat.json": `{"action":"block"}`, "tls.pem": "",
	}))
	for range 2 {
		require.Equal(t, http.StatusNotFound, r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/documents?file=tls.key", nil)).Code)
		putAll(t, ".", map[string]string{"tls.key": "192.0.2.77"})
	}
}

// A document that is no text, or too large for a page, takes no draft either.
func TestDraftsOfWhatIsNotEdited(t *testing.T) {
	files := maps.Clone(small)
	files["netwicket.json"] = strings.Replace(files["netwicket.json"], `"rules":["rules.json"]`, `"rules":["rules.json"],"threatInsight":"threat.json","threatFeeds":["feed.txt","null.txt","fine.txt","packed.txt","large.txt"]`, 1)
	files["threat.json"], files["feed.txt"], files["null.txt"], files["fine.txt"] = `{"action":"block"}`, "192.0.2.1\xff\n", "\x00192.0.2.1\n", "\x01192.0.2.1\n"
	files["packed.txt"], files["large.txt"] = gzipped(t, "192.0.2.1\n"), "#"+strings.Repeat(" ", 8<<20)
	r := readAt(t, folderOf(t, files))
	for name, want := range map[string]string{
		"feed.txt": "The document is no text in UTF-8.", "null.txt": "The document is no text in UTF-8.", "packed.txt": "it is compressed with gzip", "large.txt": "The document is too large to be edited in a page.",
	} {
		require.Contains(t, text2(r.send("change", "check", r.draft(name, files[name], "192.0.2.2\n"))), "400 "+want)
		page := text2(r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/change?file="+name, nil)))
		require.Regexp(t, "^404 ", page)
		require.Contains(t, page, want)
	}
	require.Contains(t, r.page("change?file=fine.txt"), "Nothing has changed yet")
	whole := strings.Repeat(" ", 16<<20-1) + "["
	require.Contains(t, text2(r.send("change", "check", r.draft("zones.json", files["zones.json"], whole))), "the document ends too early", "a text may grow to twice as much")
}

// Documents of the folder that can be changed are named from there and can be saved; others
// of the policy, and what the folder keeps for itself, have their whole path and cannot.
func TestDocumentsAreNamedByTheirFolder(t *testing.T) {
	top := folderOf(t, map[string]string{
		"policy/netwicket.json": `{"okta":{"zones":["zones.json","../outside.json",".netwicket/kept.json"]}}`, "policy/zones.json": ownZones,
		"outside.json": strings.Replace(ownZones, `"b"`, `"o"`, 1), "policy/.netwicket/kept.json": strings.Replace(ownZones, `"b"`, `"k"`, 1), "elsewhere/x": "",
	})
	for _, row := range []struct{ policy, folder, within string }{
		{"policy", "policy", "policy"}, {"policy", "./policy", "policy"}, {"./policy", "policy", "policy"}, {"policy", "", ""}, {"policy", "elsewhere", ""}, {"policy", "../" + filepath.Base(top) + "/policy", ""},
		{top + "/policy", top + "/policy", top + "/policy"}, {top + "/policy", "", ""}, {top + "/policy", "policy", ""}, {"policy", top + "/policy", ""},
	} {
		r := readAt(t, top, saves, func(o *console.Options) { o.Policy.Paths, o.Folder = []string{row.policy}, row.folder })
		page := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/change", nil)).Body.String()
		var names []string
		for _, file := range []string{"policy/netwicket.json", "policy/zones.json", "outside.json", "policy/.netwicket/kept.json"} {
			path := filepath.Join(row.policy, "..", filepath.FromSlash(file))
			saved := row.within != "" && strings.HasPrefix(path, row.within) && !strings.Contains(path, ".netwicket")
			name := path
			if saved {
				name = strings.TrimPrefix(path, row.within+"/")
			}
			names = append(names, name)
			for _, name := range []string{name, path} { // by either it is found
				result := text2(r.send("change", "result", r.draft(name, ownZones, "[")))
				require.Contains(t, result, "200 ", name)
				require.Equal(t, !saved, strings.Contains(result, "This is a preview; it cannot be saved here: the document is not in the policy folder."), "%v %s %s", row, name, result)
			}
		}
		require.Equal(t, names, regexpAll(`<li><a href="change\?file=[^"]*"><bdi>([^<]*)</bdi>`, page), row)
	}
}

// A draft is compiled in the place of its document, however the policy names that.
func TestDraftsOfPathsAsTheyAreWritten(t *testing.T) {
	top := folderOf(t, map[string]string{"policy/netwicket.json": `{"okta":{"zones":["./zones.json"]}}`, "policy/zones.json": ownZones})
	for _, path := range []string{"policy/zones.json", "./policy/zones.json", "policy/../policy//zones.json", "policy", "./policy", "policy/", "policy/netwicket.json", "./policy/./netwicket.json", top + "/./policy"} {
		r := readAt(t, top, func(o *console.Options) { o.Policy.Paths, o.Folder = []string{path}, "" })
		name := regexpAll(`<li><a href="change\?file=([^"]*zones.json)"`, r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/change", nil)).Body.String())
		require.Len(t, name, 1, path)
		file, err := url.PathUnescape(name[0])
		require.NoError(t, err)
		page := text2(r.send("change", "result", r.draft(file, ownZones, strings.Replace(ownZones, "203.0.113.0/24", "203.0.113.0/25", 1))))
		require.Contains(t, page, "203.0.113.128/25 newly allowed", path)
		require.Contains(t, r.page("documents"), "Change zones.json", path)
	}
}
