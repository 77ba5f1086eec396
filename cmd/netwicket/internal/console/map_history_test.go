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

// historyOf are the files of a history: a first generation with these documents, and more
// that change nothing.
func historyOf(t *testing.T, first map[string]string, count int) map[string]string {
	t.Helper()
	files, changed := make(map[string]string), make(map[string]string)
	for name, text := range first {
		changed[name] = fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
		files[".netwicket/history/objects/"+changed[name][:2]+"/"+changed[name]+".gz"] = gzipped(t, text)
	}
	var lines strings.Builder
	for number := range count {
		line, err := json.Marshal(map[string]any{"generation": number + 1, "time": "2026-03-01T10:00:00Z", "caller": "eve", "action": "save", "fingerprint": "f", "changed": changed})
		require.NoError(t, err)
		lines.Write(append(line, '\n'))
		changed = map[string]string{}
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
		list := options(historyOf(t, before, count))
		require.Len(t, list, 100)
		require.Equal(t, []string{fmt.Sprint(count), fmt.Sprint(count - 99)}, []string{list[0], list[99]})
	}
	files := historyOf(t, before, 2)
	files[".netwicket/history/generations.jsonl"] += "nonsense\n"
	require.Empty(t, options(files))

	broken := maps.Clone(before)
	broken["netwicket.json"] = `{"okta":{"zones":["zones.json"]},"geo":["gone.csv"]}`
	all := maps.Clone(now)
	maps.Copy(all, historyOf(t, broken, 1))
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
