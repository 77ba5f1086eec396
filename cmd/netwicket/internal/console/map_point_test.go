package console_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
)

var markPattern = regexp.MustCompile(`data-mark="(\d+) (\d+) (\d+)"`)

// pointed is what is said under the pointer at an address of the map with these words in its
// link.
func (r *reader) pointed(address, words string) string {
	r.t.Helper()
	view := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/map?at="+address+words, nil))
	require.Equal(r.t, http.StatusOK, view.Code, view.Body)
	mark := markPattern.FindStringSubmatch(view.Body.String())
	require.NotNil(r.t, mark, view.Body)
	family := 4
	if strings.Contains(address, ":") {
		family = 6
	}
	w := r.answer(httptest.NewRequest(http.MethodGet, fmt.Sprintf("http://127.0.0.1/point?family=%d&level=%s&x=%s&y=%s%s", family, mark[1], mark[2], mark[3], words), nil))
	require.Equal(r.t, http.StatusOK, w.Code, w.Body)
	return text(w.Body.String())
}

// gateways is a document of a zone that blocks networks.
func gateways(networks ...string) string {
	return `[{"type":"IP","id":"b","name":"Blocked","usage":"BLOCKLIST","gateways":` + list(len(networks), func(i int) string { return fmt.Sprintf(`{"type":"CIDR","value":%q}`, networks[i]) }) + "}]"
}

// A map that compares has the networks of both policies: a pointer tells of the network that
// is under it there, though the map of the policy alone has another one in that place.
func TestPointOfAMapThatCompares(t *testing.T) {
	folder := folderOf(t, map[string]string{
		"now.json": gateways("192.0.2.0/24", "2a00::/32", "2c00::/32"), "before.json": gateways("198.51.100.0/24", "2a10::/32", "2b00::/32", "2c00::/32"),
	})
	r := readAt(t, folder, func(o *console.Options) {
		o.Policy.Paths, o.Folder = []string{"now.json"}, ""
		o.Against, o.AgainstName = policyfile.Options{Paths: []string{"before.json"}}, "before"
	})
	for address, says := range map[string][]string{
		"192.0.2.7": {"deny blocklisted", "newly denied", "Blocked"}, "198.51.100.7": {"allow permitted", "newly allowed"}, "2a00::1": {"deny blocklisted", "newly denied", "Blocked"},
		"2a10::1": {"allow permitted", "newly allowed"}, "2b00::1": {"allow permitted", "newly allowed"}, "2c00::1": {"deny blocklisted", "denied as before", "Blocked"},
	} {
		page := r.pointed(address, "&against=other")
		for _, one := range says {
			require.Contains(t, page, one, address)
		}
		require.Contains(t, page, "Compared with before", address)
		require.Regexp(t, `^`+strings.TrimSuffix(strings.TrimSuffix(address, "7"), "1"), page)
	}
}

// A square without a network, or with several, is said to have none.
func TestPointAtNothing(t *testing.T) {
	r := readAt(t, folderOf(t, map[string]string{"netwicket.json": ownPolicy, "zones.json": gateways("2a00::/32", "2b00::/32", "2c00::/32")}))
	for _, target := range []string{"point?family=6&level=0", "point?family=6&level=1&x=1&y=1", "point?family=6&level=1&x=1&y=1&by=country"} {
		require.Equal(t, "200 Nothing is known here.", text2(r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/"+target, nil))), target)
	}
	for _, target := range []string{"map?family=6", "map?family=6&level=1&x=1&y=1", "map?family=6&level=0"} {
		page := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/"+target, nil))
		require.Equal(t, http.StatusOK, page.Code)
		require.NotContains(t, page.Body.String(), "invalid Prefix", target)
		require.NotContains(t, page.Body.String(), "data-mark")
		require.Contains(t, page.Body.String(), `data-at=""`)
	}
}

// A pointer names the first eight zones, and where the data come from if the map shows that.
func TestPointNamesZonesAndSources(t *testing.T) {
	files := map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"]},"geo":["rows.csv"]}`, "rows.csv": small["rows.csv"],
		"zones.json": list(9, func(i int) string {
			return fmt.Sprintf(`{"type":"IP","id":"z%d","name":"Zone %d","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]}`, i, i)
		}),
	}
	r := readAt(t, folderOf(t, files))
	page := r.pointed("192.0.2.7", "&by=zone")
	require.Contains(t, page, "Zone 7")
	require.NotContains(t, page, "Zone 8")
	require.NotContains(t, page, "rows.csv")
	page = r.pointed("192.0.2.7", "&by=source")
	require.Contains(t, page, "rows.csv")
	require.Contains(t, page, "country DE")

	require.NoError(t, os.Remove("rows.csv"))
	for _, target := range []string{"map?by=source", "point?by=source&level=0", "tile?by=source&z=0&x=0&y=0&fingerprint=" + fingerprintOf(t, &desk{t, r.site, r.http})} {
		w := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/"+target, nil))
		require.Equal(t, http.StatusBadRequest, w.Code, target)
		require.Contains(t, w.Body.String(), "rows.csv", target)
	}
	require.Contains(t, r.page("map?by=country"), "DE", "other ways need no source")
}

// A link to another network or square keeps what the map shows.
func TestLinksOfAMap(t *testing.T) {
	folder := folderOf(t, map[string]string{"now.json": gateways("198.19.0.0/16", "2a00::/32"), "before.json": gateways("198.18.0.0/16", "2a00::/32")})
	r := readAt(t, folder, func(o *console.Options) {
		o.Policy.Paths, o.Folder = []string{"now.json"}, ""
		o.Against, o.AgainstName = policyfile.Options{Paths: []string{"before.json"}}, "before"
	})
	for target, want := range map[string][]string{
		"map?at=198.18.0.0/15&against=other": {"map?against=other&at=198.16.0.0%2F12", "map?against=other&at=198.18.0.0%2F16", "map?against=other&at=198.19.0.0%2F16"},
		"map?at=198.0.0.0/8&by=reason":       {"map?at=196.0.0.0%2F6&by=reason", "map?at=198.19.0.0%2F16&by=reason"},
		"map?level=1&x=1&y=1":                {"map?"},
		"map?family=6":                       {"map?at=2a00%3A%3A%2F32&family=6"},
	} {
		page := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/"+target, nil)).Body.String()
		found := regexpAll(`class="map-link" href="([^"]*)"`, strings.ReplaceAll(page, "&amp;", "&"))
		require.NotEmpty(t, found)
		require.Subset(t, found, want, target)
	}
}

// A browser that has a picture gets it no second time.
func TestTileIsKept(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	target := "http://127.0.0.1/tile?z=8&x=0&y=0&fingerprint=" + fingerprintOf(t, &desk{t, r.site, r.http})
	w := r.answer(httptest.NewRequest(http.MethodGet, target, nil))
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "image/png", w.Header().Get("Content-Type"))
	require.Equal(t, "\x89PNG", w.Body.String()[:4])
	again := httptest.NewRequest(http.MethodGet, target, nil)
	again.Header.Set("If-None-Match", w.Header().Get("ETag"))
	w = r.answer(again)
	require.Equal(t, http.StatusNotModified, w.Code)
	require.Empty(t, w.Body.String())
	for _, wrong := range []string{"by=colour", "family=5", "x=-1", "against=none", "against=other"} {
		w := r.answer(httptest.NewRequest(http.MethodGet, target+"&"+wrong, nil))
		if name, _, _ := strings.Cut(wrong, "="); name == "x" {
			w = r.answer(httptest.NewRequest(http.MethodGet, strings.Replace(target, "x=0", wrong, 1), nil))
		}
		require.Equal(t, http.StatusBadRequest, w.Code, wrong)
		require.Contains(t, w.Body.String(), strings.SplitN(wrong, "=", 2)[0]+"=", wrong)
	}
	require.Contains(t, r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/point?level=0&against=other", nil)).Body.String(), "netwicket console --against names one")
}

// What the map says of addresses within addresses is said where the policy looks at them.
func TestMapOfEmbeddedAddresses(t *testing.T) {
	const says = "Teredo"
	for name, row := range map[string]struct {
		files map[string]string
		want  bool
	}{
		"a block list":     {small, true},
		"none":             {map[string]string{"netwicket.json": ownPolicy, "zones.json": strings.Replace(ownZones, `"BLOCKLIST"`, `"POLICY"`, 1)}, false},
		"no policy at all": {map[string]string{"netwicket.json": `{"okta":{"zones":["zones.json"],"rules":["none.json"]}}`, "zones.json": ownZones}, false},
	} {
		require.Equal(t, row.want, strings.Contains(readAt(t, folderOf(t, row.files)).page("map"), says), name)
	}
}

// A policy of which something ends later is not read again before.
func TestPolicyIsReadOnce(t *testing.T) {
	r := readAt(t, folderOf(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"]},"overlay":"overlay.json"}`, "zones.json": ownZones,
		"overlay.json": `{"allow":[{"network":"203.0.113.7/32","why":"on call","until":"2126-11-27T12:00:00Z"}]}`,
	}), func(o *console.Options) { o.Now = time.Now })
	r.page("map")
	first, err := r.site.MapOf("")
	require.NoError(t, err)
	again, err := r.site.MapOf("")
	require.NoError(t, err)
	require.Same(t, first, again)
}

// A map is drawn once for what it shows, and anew when that has changed; that of another
// policy goes when the other policy changes.
func TestMapsAreKept(t *testing.T) {
	folder := folderOf(t, map[string]string{"now.json": gateways("198.19.0.0/16"), "before.json": gateways("198.18.0.0/16")})
	r := readAt(t, folder, func(o *console.Options) {
		o.Policy.Paths, o.Folder = []string{"now.json"}, ""
		o.Against, o.AgainstName, o.Now = policyfile.Options{Paths: []string{"before.json"}}, "before", time.Now
	})
	r.page("map")
	r.page("map?against=other")
	drawn := func(against string, kept int) any {
		t.Helper()
		tiles, err := r.site.MapOf(against)
		require.NoError(t, err)
		require.Equal(t, kept, r.site.Drawings())
		return tiles
	}
	alone, with := drawn("", 2), drawn("other", 2)
	require.Same(t, alone, drawn("", 2))
	require.Same(t, with, drawn("other", 2))
	putAll(t, ".", map[string]string{"before.json": gateways("198.18.0.0/15")})
	require.NotSame(t, with, drawn("other", 2))
	require.Same(t, alone, drawn("", 2))
	putAll(t, ".", map[string]string{"now.json": gateways("198.19.0.0/17")})
	require.NotSame(t, alone, drawn("", 1))
	drawn("other", 2)
	drawn("", 2)
}
