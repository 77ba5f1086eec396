package console_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
)

// historyOf are the files of a history: generations that change these documents, and more
// that change nothing.
func historyOf(t *testing.T, count int, generations ...map[string]string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	var lines strings.Builder
	for number := range count {
		changed := make(map[string]string)
		if number < len(generations) {
			for name, text := range generations[number] {
				changed[name] = fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
				files[".netwicket/history/objects/"+changed[name][:2]+"/"+changed[name]+".gz"] = gzipped(t, text)
			}
		}
		line, err := json.Marshal(map[string]any{"generation": number + 1, "time": "2026-03-01T10:00:00Z", "caller": "eve", "action": "save", "fingerprint": "f", "changed": changed})
		require.NoError(t, err)
		lines.Write(append(line, '\n'))
	}
	files[".netwicket/history/generations.jsonl"] = lines.String()
	return files
}

// A map can be compared with the last hundred generations of its folder, the newest first; a
// history that cannot be read whole has none, and a generation that makes no policy is said.
func TestGenerationsOfAMap(t *testing.T) {
	before := map[string]string{"netwicket.json": ownPolicy, "zones.json": gateways("198.18.0.0/16")}
	now := map[string]string{"netwicket.json": ownPolicy, "zones.json": gateways("198.19.0.0/16")}
	options := func(files map[string]string) []string {
		all := maps.Clone(now)
		maps.Copy(all, files)
		r := readAt(t, folderOf(t, all))
		return regexpAll(`<option value="(\d+)">generation`, r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/map", nil)).Body.String())
	}
	for _, count := range []int{100, 101} {
		list := options(historyOf(t, count, before))
		require.Len(t, list, 100)
		require.Equal(t, []string{fmt.Sprint(count), fmt.Sprint(count - 99)}, []string{list[0], list[99]})
	}
	files := historyOf(t, 2, before)
	files[".netwicket/history/generations.jsonl"] += "nonsense\n"
	require.Empty(t, options(files))

	broken := maps.Clone(before)
	broken["netwicket.json"] = `{"okta":{"zones":["zones.json"]},"geo":["gone.csv"]}`
	all := maps.Clone(now)
	maps.Copy(all, historyOf(t, 1, broken))
	r := readAt(t, folderOf(t, all), func(o *console.Options) { o.Now = time.Now })
	r.page("map")
	alone, err := r.site.MapOf("")
	require.NoError(t, err)
	for target, want := range map[string]string{"map?against=1": "gone.csv", "point?against=1&level=0": "gone.csv", "map?against=3": "generation 3", "point?against=3&level=0": "generation 3"} {
		w := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/"+target, nil))
		require.Equal(t, http.StatusBadRequest, w.Code, target)
		require.Contains(t, w.Body.String(), want, target)
	}
	require.Equal(t, 1, r.site.Drawings(), "that of the policy alone, which is shown instead")
	still, err := r.site.MapOf("")
	require.NoError(t, err)
	require.Same(t, alone, still)
	putAll(t, ".", map[string]string{"gone.csv": small["rows.csv"]})
	require.Contains(t, r.page("map?against=1"), "newly allowed", "as soon as it can be drawn, though the policy is the same")
	require.Equal(t, 2, r.site.Drawings())
	for _, target := range []string{"tile?by=colour", "tile?by=colour&z=1", "tile?family=5&x=1"} {
		w := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/"+target, nil))
		require.Equal(t, http.StatusBadRequest, w.Code, target)
		require.Contains(t, w.Body.String(), strings.SplitN(strings.TrimPrefix(target, "tile?"), "=", 2)[0]+"=", "what is wrong first")
	}
	for _, target := range []string{"point?level=99", "point?level=2&x=4", "point?family=6&level=99"} {
		w := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/"+target, nil))
		require.Equal(t, http.StatusBadRequest, w.Code, target)
		require.Contains(t, w.Body.String(), "expected a level up to", target)
	}
}

// Maps that compare are kept for a while, the last of them, and those of a policy go with it.
func TestMapsAreBounded(t *testing.T) {
	blocking := func(last int) string { return gateways(fmt.Sprintf("192.0.2.0/%d", last)) }
	generations := []map[string]string{{"netwicket.json": ownPolicy}, {}, {}, {}, {}, {}}
	for i := range generations {
		generations[i]["zones.json"] = blocking(25 + i)
	}
	files := historyOf(t, 6, generations...)
	files["netwicket.json"], files["zones.json"] = ownPolicy, blocking(24)
	r := readAt(t, folderOf(t, files), func(o *console.Options) { o.Now = time.Now })
	r.page("map")
	page := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/map", nil)).Body.String()
	require.Equal(t, []string{"6", "5", "4", "3", "2", "1"}, regexpAll(`<option value="(\d)">generation`, page), "the newest first")
	kept, drawn := []int{r.site.Drawings()}, make(map[int][]any)
	for _, generation := range []int{1, 1, 2, 3, 4, 5, 2, 1} {
		page := r.page(fmt.Sprintf("map?against=%d", generation))
		require.Contains(t, page, fmt.Sprintf("newly denied < 0.1 %% (%d)", 256-1<<(8-generation)), "as many more blocked now")
		kept = append(kept, r.site.Drawings())
		tiles, err := r.site.MapOf(fmt.Sprint(generation))
		require.NoError(t, err)
		drawn[generation] = append(drawn[generation], tiles)
	}
	require.Equal(t, []int{1, 2, 2, 3, 4, 4, 4, 4, 4}, kept)
	require.Same(t, drawn[1][0], drawn[1][1])
	require.Same(t, drawn[2][0], drawn[2][1], "the last four")
	require.NotSame(t, drawn[1][0], drawn[1][2])
	putAll(t, ".", map[string]string{"zones.json": blocking(24) + "\n"})
	r.page("map")
	require.Equal(t, 1, r.site.Drawings())
}

// Of a file too large to be shown whole each part begins where the one before ends, in either
// direction.
func TestPartsOfAFileJoin(t *testing.T) {
	const lines = 2600
	feed := list(lines, func(i int) string { return fmt.Sprintf("#%d ", i) + strings.Repeat("x", 900) })
	r := readAt(t, folderOf(t, map[string]string{"netwicket.json": `{"okta":{"zones":["zones.json"],"threatInsight":"threat.json","threatFeeds":["feed.txt"]}}`, "zones.json": ownZones, "threat.json": `{"action":"block"}`, "feed.txt": "#" + feed}))
	part := func(target string) (first, last string, turns []string) {
		t.Helper()
		page := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/"+target, nil)).Body.String()
		numbers := regexpAll(`<li id="L(\d+)"`, page)
		require.Len(t, numbers, 1000)
		return numbers[0], numbers[len(numbers)-1], regexpAll(`href="(documents\?file=feed.txt&line=\d+)"`, strings.ReplaceAll(page, "&amp;", "&"))
	}
	first, last, turns := part("documents?file=feed.txt")
	require.Equal(t, []string{"1", "1000"}, []string{first, last})
	require.Len(t, turns, 2, "onwards alone, above and below")
	first, last, turns = part(turns[0])
	require.Equal(t, []string{"1001", "2000"}, []string{first, last})
	require.Len(t, turns, 4)
	back, _, _ := part(turns[0])
	require.Equal(t, "1", back)
	first, last, turns = part(turns[1])
	require.Equal(t, []string{"1602", "2601"}, []string{first, last}, "the last thousand")
	require.Len(t, turns, 2)
	first, last, _ = part(turns[0])
	require.Equal(t, []string{"602", "1601"}, []string{first, last})
}
