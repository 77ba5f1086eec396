package main

import (
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// consoleSite is the console over a policy, and answers somebody who is signed in.
func consoleSite(t *testing.T, options policyfile.Options) func(target string) (int, string) {
	t.Helper()
	site, err := console.New(console.Options{Policy: options})
	require.NoError(t, err)
	return func(target string) (int, string) {
		r := httptest.NewRequest(http.MethodGet, "/"+target, nil)
		w := httptest.NewRecorder()
		site.Handler().ServeHTTP(w, r.WithContext(console.WithVisitor(r.Context(), console.Visitor{Name: "somebody"})))
		return w.Code, w.Body.String()
	}
}

// page is a page of the console that is there.
func page(t *testing.T, ask func(string) (int, string), target string) string {
	t.Helper()
	code, text := ask(target)
	require.Equal(t, http.StatusOK, code, target+"\n"+text)
	return text
}

var (
	findingItem = regexp.MustCompile(`<li class="(error|warning)"><span class="level">\w+</span> <a href="([^"]*)"><code><bdi>([^<]*)</bdi></code></a> <span><bdi>([^<]*)</bdi></span> <code class="code">([^<]*)</code></li>`)
	effectTotal = regexp.MustCompile(`<tr class="(newly-denied|newly-allowed|other-reason)"><th scope="row">[^<]*</th><td class="number"><data value="(\d+)">[\d,]+</data></td><td class="number"><data value="(\d+)">`)
	effectCells = regexp.MustCompile(`<tr><th scope="row"><a href="ask\?q=[^"]*">([^<]*)</a></th><td>newly (denied|allowed)</td><td><strong class="verdict \w+">(\w+)</strong> (\w+)</td><td><strong class="verdict \w+">(\w+)</strong> (\w+)</td></tr>`)
)

// The page lists what netwicket check lists, in its order, and links lines that there are.
func TestConsoleDocumentsFindings(t *testing.T) {
	files := map[string]string{
		"a/netwicket.json": `{"okta":{"zones":["zones.json"],"rules":["rules.json"]},"serve":{"guard":["203.0.113.9"]}}`,
		"a/zones.json": `[{"type":"IP","id":"o","name":"Office","gateways":[{"type":"CIDR","value":"192.0.2.0/24"},{"type":"CIDR","value":"192.0.2.0/25"}]},
{"type":"IP","id":"b","name":"Block","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}]`,
		"a/rules.json": `[{"name":"all","priority":1,"conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"ALLOW"}}},
{"name":"late","priority":2,"conditions":{"network":{"connection":"ZONE","include":["o"]}},"actions":{"signon":{"access":"DENY"}}}]`,
		"b/netwicket.json": `{"okta":{"zones":["zones.json"],"rules":["gone.json"]},"geo":["gone.mmdb"]}`, "b/zones.json": badZones,
		"c/netwicket.json": `{"okta":{"zones":["zones.json"]`, "c/zones.json": goodZones,
	}
	for _, name := range []string{"a", "b", "c"} {
		folder(t, files)
		checked := objects(t, runIn(t, "", "check", "--json", name).out)
		require.NotEmpty(t, checked, name)
		ask := consoleSite(t, policyfile.Options{Paths: []string{name}})
		text := page(t, ask, "documents")
		_, text, _ = strings.Cut(text, `<h2 id="findings">`)
		text, _, _ = strings.Cut(text, "<h2 ")
		listed := findingItem.FindAllStringSubmatch(text, -1)
		require.Len(t, listed, len(checked), text)
		for i, item := range listed {
			want := checked[i]
			require.Equal(t, []string{want["severity"].(string), fmt.Sprintf("%v:%v:%v", want["file"], want["line"], want["column"]), want["message"].(string), want["code"].(string)},
				[]string{item[1], html.UnescapeString(item[3]), html.UnescapeString(item[4]), item[5]})
			link, err := url.Parse(html.UnescapeString(item[2]))
			require.NoError(t, err)
			require.Equal(t, want["file"], link.Query().Get("file"))
			if code, there := ask(html.UnescapeString(item[2])); code == http.StatusOK && strings.Contains(there, `<ol class="text"`) {
				_, line, found := strings.Cut(there, fmt.Sprintf(`<li id="L%v">`, want["line"]))
				require.True(t, found, item[2])
				line, _, _ = strings.Cut(line, "\n<li id=")
				require.Contains(t, html.UnescapeString(line), want["message"], "a finding stands beneath its line")
			}
		}
	}
}

// What the page says of removing a zone or a rule is what netwicket diff says of a
// folder from which somebody has deleted it.
func TestConsoleDocumentsRemoval(t *testing.T) {
	const seed = 5
	random := rand.New(rand.NewPCG(seed, seed))
	acme(t)
	network := func() string {
		return fmt.Sprintf("192.0.%d.%d/%d", random.IntN(4), random.IntN(4)*64, 22+random.IntN(8))
	}
	zones, rules := []string{}, []string{}
	for i := range 8 {
		usage := []string{"POLICY", "BLOCKLIST"}[random.IntN(2)]
		zones = append(zones, fmt.Sprintf(`{"type":"IP","id":"z%d","name":"Zone %d","usage":%q,"gateways":[{"type":"CIDR","value":%q},{"type":"CIDR","value":"2001:db8:%d::/48"}]}`, i, i, usage, network(), random.IntN(3)))
		if usage == "POLICY" && i%2 == 0 {
			rules = append(rules, fmt.Sprintf(`{"id":"r%d","name":"Rule %d","priority":%d,"conditions":{"network":{"connection":"ZONE","include":["z%d"]}},"actions":{"signon":{"access":%q}}}`,
				i, i, i, i, []string{"ALLOW", "DENY"}[random.IntN(2)]))
		}
	}
	zones = append(zones, `{"type":"DYNAMIC","id":"de","name":"Germany","usage":"BLOCKLIST","locations":[{"country":"DE"}]}`)
	rules = append(rules, `{"id":"rest","name":"Rest","priority":99,"actions":{"signon":{"access":"ALLOW"}}}`)
	write := func(where string, zones, rules []string) {
		require.NoError(t, os.MkdirAll(where, 0o755))
		writeFile(t, filepath.Join(where, "netwicket.json"), `{"okta":{"zones":["zones.json"],"rules":["rules.json"]},"geo":["geo.csv"]}`)
		writeFile(t, filepath.Join(where, "geo.csv"), readFile(t, "geo.csv"))
		writeFile(t, filepath.Join(where, "zones.json"), "["+strings.Join(zones, ",\n")+"]")
		writeFile(t, filepath.Join(where, "rules.json"), "["+strings.Join(rules, ",\n")+"]")
	}
	without := func(list []string, i int) []string { return append(append([]string{}, list[:i]...), list[i+1:]...) }
	write("now", zones, rules)
	ask := consoleSite(t, policyfile.Options{Paths: []string{"now"}})
	compared, refused := 0, 0
	compare := func(target, then string) {
		text := page(t, ask, target+"&without=1")
		got := runIn(t, "", "diff", "--json", "--summary", "now", then)
		if got.code != 0 {
			require.Contains(t, text, "The policy does not compile without it", got.stderr)
			require.Contains(t, text, "unknown-zone")
			refused++
			return
		}
		compared++
		want := objects(t, got.out)[0]
		totals := map[string][]string{"newly-denied": {"0", "0"}, "newly-allowed": {"0", "0"}}
		for _, row := range effectTotal.FindAllStringSubmatch(text, -1) {
			totals[row[1]] = row[2:]
		}
		for direction, key := range map[string]string{"newly-denied": "newlyDenied", "newly-allowed": "newlyAllowed"} {
			size := want[key].(map[string]any)
			require.Equal(t, []string{fmt.Sprintf("%.0f", size["ipv4"]), fmt.Sprintf("%.0f", size["ipv6Networks"])}, totals[direction], target)
		}
		var ranges []string
		for _, change := range objects(t, runIn(t, "", "diff", "--json", "now", then).out) {
			before, after := change["before"].(map[string]any), change["after"].(map[string]any)
			ranges = append(ranges, fmt.Sprint(change["first"], " ", before["decision"], " ", before["reason"], " ", after["decision"], " ", after["reason"]))
		}
		shown := effectCells.FindAllStringSubmatch(text, -1)
		require.Len(t, shown, len(ranges), target)
		for i, row := range shown {
			first := strings.FieldsFunc(row[1], func(r rune) bool { return r == '/' || r == '-' })[0]
			require.Equal(t, ranges[i], strings.Join([]string{first, row[3], row[4], row[5], row[6]}, " "), target)
		}
	}
	for i := range zones {
		id := fmt.Sprintf("z%d", i)
		if i == len(zones)-1 {
			id = "de"
		}
		write("then", without(zones, i), rules)
		compare("documents?zone="+id, "then")
	}
	for i := range rules {
		id := regexp.MustCompile(`"id":"(\w+)"`).FindStringSubmatch(rules[i])[1]
		write("then", zones, without(rules, i))
		compare("documents?rule="+id+"&policy=0", "then")
	}
	require.Positive(t, compared)
	require.Positive(t, refused)
}

// A zone that rules name beside others can be taken out of them as well, which is what
// somebody would do; where one names it alone, nobody can say what would be meant.
func TestConsoleDocumentsRemovalEverywhere(t *testing.T) {
	two := `[{"type":"IP","id":"a","name":"A","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}]},{"type":"IP","id":"b","name":"B","gateways":[{"type":"CIDR","value":"198.51.100.0/24"}]}]`
	rule := `[{"name":"in","priority":1,"conditions":{"network":{"connection":"ZONE","include":[%s]}},"actions":{"signon":{"access":"ALLOW"}}}]`
	folder(t, map[string]string{
		"now/netwicket.json": `{"okta":{"zones":["zones.json"],"rules":["rules.json"]}}`, "now/zones.json": two, "now/rules.json": fmt.Sprintf(rule, `"a","b"`),
		"then/netwicket.json": `{"okta":{"zones":["zones.json"],"rules":["rules.json"]}}`, "then/zones.json": two, "then/rules.json": fmt.Sprintf(rule, `"b"`),
	})
	ask := consoleSite(t, policyfile.Options{Paths: []string{"now"}})
	text := page(t, ask, "documents?zone=a&without=1")
	require.Contains(t, text, "With the zone taken out of the rules")
	size := objects(t, runIn(t, "", "diff", "--json", "--summary", "now", "then").out)[0]["newlyDenied"].(map[string]any)
	require.Equal(t, fmt.Sprintf("%.0f", size["ipv4"]), effectTotal.FindStringSubmatch(text)[2])
	require.Equal(t, "256", effectTotal.FindStringSubmatch(text)[2])

	ask = consoleSite(t, policyfile.Options{Paths: []string{"then"}})
	text = page(t, ask, "documents?zone=b&without=1")
	require.Contains(t, text, "A rule is about this zone alone")
	require.NotContains(t, text, "newly")
}

// Of a snapshot the page shows what netwicket compile has put into it.
func TestConsoleDocumentsOfASnapshot(t *testing.T) {
	acme(t)
	got := runIn(t, "", "compile", "-o", "acme.nwp")
	require.Zero(t, got.code, got.stderr)
	ask := consoleSite(t, policyfile.Options{Paths: []string{"acme.nwp"}})
	text := page(t, ask, "documents")
	require.Contains(t, text, "The policy was compiled elsewhere")
	info := objects(t, runIn(t, "", "explain", "--json", "-c", "acme.nwp", "192.0.2.1").out)[0]["policy"].(map[string]any)
	require.Contains(t, text, info["fingerprint"].(string))
	require.Contains(t, text, "<dt>Zones</dt><dd>3</dd>")
	require.Contains(t, page(t, ask, "documents?file=acme.nwp"), "This is not text")
	require.Contains(t, page(t, ask, "tests"), "No file there holds expectations")
	writeFile(t, "expect.json", `[{"remote":"192.0.2.7","want":{"decision":"allow"}}]`)
	require.Contains(t, page(t, ask, "tests"), "A compiled policy has no documents that requests could cover")
}
