package console_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/console/uploads"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// page is what a person reads of a page.
func (r *reader) page(target string) string {
	r.t.Helper()
	w := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/"+target, nil))
	require.Equal(r.t, http.StatusOK, w.Code, target)
	return text(w.Body.String())
}

// list is a JSON list of elements, each on its line, for the numbers from 0.
func list(n int, element func(i int) string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = element(i)
	}
	return "[\n" + strings.Join(all, ",\n") + "]"
}

// Tables show as many rows as one reads, and say how many there are more; of exactly so
// many nothing is left out.
func TestTablesAreBounded(t *testing.T) {
	files := func(more int) map[string]string {
		return map[string]string{
			"netwicket.json": `{"okta": {"zones": ["zones.json"], "rules": ["rules.json"]}}`,
			"zones.json": list(500+more, func(i int) string {
				if i == 0 {
					return `{"type":"IP","id":"z0","name":"large","gateways":` + list(1000+more, func(i int) string { return fmt.Sprintf(`{"type":"RANGE","value":"10.0.%d.%d"}`, i>>8, i&255) }) + "}"
				}
				return fmt.Sprintf(`{"type":"IP","id":"z%d","name":"zone %d","gateways":[]}`, i, i)
			}),
			"rules.json": list(1000+more, func(i int) string {
				return fmt.Sprintf(`{"id":"r%d","name":"rule %d","conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"ALLOW"}}}`, i, i)
			}),
		}
	}
	for _, more := range []int{0, 2} {
		r := readAt(t, folderOf(t, files(more)))
		whole := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/documents", nil)).Body.String()
		overview, zone := text(whole), r.page("documents?zone=z0")
		require.Equal(t, more > 0, strings.Contains(overview, "and 2 more; search for them"))
		require.Equal(t, more > 0, strings.Contains(overview, "and 2 more; the file has them all"))
		require.Equal(t, more > 0, strings.Contains(zone, "and 2 more; the file has them all"))
		require.Contains(t, whole, "documents?zone=z499")
		require.NotContains(t, whole, "documents?zone=z500")
		require.Contains(t, whole, "documents?rule=r999&amp;")
		require.NotContains(t, whole, "documents?rule=r1000&amp;")
		require.Contains(t, zone, "10.0.3.231")
		require.NotContains(t, zone, "10.0.3.232")
		require.Equal(t, more > 0, strings.Contains(r.page("documents?q=zone%20500"), "1 of 502 zones"))
	}
}

// So do lists of findings.
func TestFindingsAreBounded(t *testing.T) {
	for _, count := range []int{200, 203} {
		r := readAt(t, folderOf(t, map[string]string{
			"netwicket.json": `{"okta": {"zones": ["zones.json"]}}`,
			"zones.json": list(1, func(int) string {
				return `{"type":"IP","id":"z","name":"z","usage":"BLOCKLIST","gateways":` + list(count, func(i int) string { return fmt.Sprintf(`{"type":"CIDR","value":"10.%d.0.1/16"}`, i) }) + "}"
			}),
		}))
		overview, file := r.page("documents"), r.page("documents?file=zones.json")
		require.Contains(t, overview, `"10.199.0.1/16"`)
		require.Equal(t, count > 200, strings.Contains(overview, "and 3 more; the files show theirs"), overview[:2000])
		require.Equal(t, count > 200, strings.Contains(file, "and 3 more"))
		if count > 200 {
			require.Greater(t, strings.Count(file, "10.199.0.1/16"), strings.Count(file, "10.200.0.1/16"), "it is beneath its line alone")
		}
		require.Equal(t, 1, strings.Count(overview, `"10.199.0.1/16"`))
		require.NotContains(t, overview, `"10.200.0.1/16"`)
		require.Contains(t, overview, fmt.Sprintf("%d warnings", count))
	}
}

// manyPlaces is a policy that blocks networks, each in a country and an autonomous system
// of its own.
func manyPlaces(countries, networks int) map[string]string {
	codes := []string{"DE", "FR", "IT", "ES", "PT", "NL", "BE", "LU", "DK", "SE", "NO", "FI"}
	rows := "network,country,region,asn,anonymizer,services\n"
	for i := range countries {
		rows += fmt.Sprintf("10.%d.0.0/16,%s,,%d,,\n", i, codes[i], 64500+i)
	}
	return map[string]string{
		"netwicket.json": `{"okta": {"zones": ["zones.json"]}, "geo": ["rows.csv"]}`,
		"rows.csv":       rows,
		"zones.json": `[{"type":"IP","id":"b","name":"b","usage":"BLOCKLIST","gateways":` + list(networks, func(i int) string {
			return fmt.Sprintf(`{"type":"CIDR","value":"10.%d.%d.0/24"}`, i%countries, 2*i)
		}) + `},{"type":"DYNAMIC","id":"c","name":"c","usage":"BLOCKLIST","locations":[{"country":"US"}]}]`,
	}
}

// What would be decided otherwise is listed as far as one reads.
func TestEffectsAreBounded(t *testing.T) {
	for _, more := range []int{0, 2} {
		r := readAt(t, folderOf(t, manyPlaces(10+more, 50+more)))
		r.open("removal documents?zone=b&without=1")
		seen := r.told.String()
		require.Equal(t, 50, strings.Count(seen, "{href=ask?q=10."), seen)
		require.Contains(t, seen, fmt.Sprintf("Ranges that change: %d", 50+more))
		require.Equal(t, 10, strings.Count(seen, "| AS645"))
		require.Equal(t, map[int]int{0: 0, 2: 3}[more], strings.Count(seen, "and 2 more"), seen)
	}
	for _, gone := range []int{10, 13} {
		r := readAt(t, folderOf(t, manyPlaces(10, 20)))
		zones := manyPlaces(10, 20)["zones.json"]
		less := zones
		for i := range gone {
			less = strings.Replace(less, fmt.Sprintf(`{"type":"CIDR","value":"10.%d.%d.0/24"},`+"\n", i%10, 2*i), "", 1)
		}
		r.note("POST", r.send("change", "result", r.draft("zones.json", zones, less)))
		require.Equal(t, 10, strings.Count(r.told.String(), "removed gateway"), r.told.String())
		require.Equal(t, gone > 10, strings.Contains(r.told.String(), "and 3 more"))
	}
}

// The page of a log lists as much as one reads, of zones, countries and clients.
func TestLogsAreBounded(t *testing.T) {
	rows, lines := "network,country,region,asn,anonymizer,services\n", ""
	codes := strings.Fields("AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE")
	for i, code := range codes[:28] {
		rows += fmt.Sprintf("10.%d.0.0/16,%s,,,,\n", i, code)
		lines += strings.Repeat(logged(fmt.Sprintf("10.%d.0.1", i), "26/Nov/2026:10:00:00", "-"), 30-i)
	}
	files := map[string]string{
		"netwicket.json": `{"okta": {"zones": ["zones.json"]}, "geo": ["rows.csv"]}`, "rows.csv": rows,
		"zones.json": list(28, func(i int) string {
			return fmt.Sprintf(`{"type":"IP","id":"z%d","name":"zone %d","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"10.%d.0.0/16"}]}`, i, i, i)
		}),
	}
	r := readAt(t, folderOf(t, files))
	r.decided("log", r.kept("a.log", lines+strings.Repeat("rubbish\n", 30)), "result")
	seen := r.told.String()
	require.Contains(t, seen, "| zone 24 |")
	require.NotContains(t, seen, "| zone 25 |")
	require.Contains(t, seen, "10.24.0.1 |")
	require.NotContains(t, seen, "10.25.0.1 |")
	require.Equal(t, 2, strings.Count(seen, "and 3 more"), seen)
	require.Regexp(t, `(?m)^\| NL \| 6 \| 6$`, seen)
	require.NotContains(t, seen, "| NO |")

	log := regexpAll(`log=([\w-]+)`, r.kept("b.log", lines))[0]
	draft := r.draft("zones.json", files["zones.json"], strings.ReplaceAll(files["zones.json"], "BLOCKLIST", "POLICY"))
	draft.Set("log", log)
	r.told.Reset()
	r.note("POST", r.send("change", "result", draft))
	require.Equal(t, 10, strings.Count(r.told.String(), ".0.1} 10."), r.told.String())

	rules := readAt(t, folderOf(t, map[string]string{
		"netwicket.json": `{"okta": {"zones": ["zones.json"], "rules": ["rules.json"]}}`, "zones.json": strings.ReplaceAll(files["zones.json"], "BLOCKLIST", "POLICY"),
		"rules.json": list(28, func(i int) string {
			return fmt.Sprintf(`{"name":"rule %d","conditions":{"network":{"connection":"ZONE","include":["z%d"]}},"actions":{"signon":{"access":"ALLOW"}}}`, i, i)
		}),
	}))
	rules.decided("log", rules.kept("a.log", lines), "result")
	require.Contains(t, rules.told.String(), "| rule 24 |")
	require.NotContains(t, rules.told.String(), "| rule 25 |")
	require.Contains(t, rules.told.String(), "and 3 more")
}

// A number of bytes is said as people say it.
func TestSizes(t *testing.T) {
	for bytes, want := range map[int64]string{1: "1 B", 1023: "1023 B", 1024: "1 KiB", 1536: "1.5 KiB", 9 << 10: "9 KiB", 10<<10 + 512: "10 KiB", 11 << 10: "11 KiB", 1 << 20: "1 MiB", 5<<20 + 1<<19: "5.5 MiB", 1 << 30: "1 GiB", 3 << 40: "3 TiB"} {
		r := readAt(t, folderOf(t, small), func(o *console.Options) { o.Drops = uploads.Limits{Each: bytes, Logs: 3, Bytes: bytes, All: bytes} })
		require.Contains(t, r.page("log"), fmt.Sprintf("At most %s; 3 logs and %s are kept", want, want))
	}
}

// A snapshot is no text: pages say of it what it says of itself, and that it does not tell
// where its data come from.
func TestSnapshotAsRead(t *testing.T) {
	folder := folderOf(t, small)
	_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{folder}})
	require.NoError(t, err)
	var snapshot bytes.Buffer
	require.NoError(t, policy.WriteSnapshot(&snapshot))
	r := readAt(t, folderOf(t, map[string]string{
		"netwicket.json": `{"snapshot": "policy.nws", "edge": {"trusted": ["10.0.0.0/8"], "source": "x-forwarded-for"}}`, "policy.nws": snapshot.String(),
		"expect.json": allowedWant,
	}))
	r.open("documents", "documents?file=policy.nws", "view map?at=192.0.2.0/24", "tests", "change")
	r.ask("192.0.2.70", "")
	r.ask("192.0.2.0/24", "")
	r.requireAs("snapshot")
}

// While geo data cannot be read again, what is said of an address is shown without where it
// comes from.
func TestUntoldAsRead(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	r.ask("192.0.2.7", "")
	r.told.Reset()
	require.NoError(t, os.Remove("rows.csv"))
	r.ask("192.0.2.7", "")
	r.open("documents?file=rows.csv")
	r.requireAs("untold")
}

// The layer that denies first is the one that is named, though others deny as well.
func TestFirstLayerIsNamed(t *testing.T) {
	r := readAt(t, folderOf(t, firm))
	page := r.page("ask?q=203.0.113.2")
	require.Contains(t, page, "Layer blocklist:")
	require.Contains(t, page, "deny sailpoint", "which denies as well")
	require.Contains(t, readAt(t, folderOf(t, small)).page("ask?q=2001:0::3fff:fdb9"), "The same answer for this address; the part of IPv6 around it has no ranges", "the client of Teredo is 192.0.2.70")
}
