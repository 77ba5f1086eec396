package main

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
)

// The page says what netwicket test --coverage says.
func TestConsoleTests(t *testing.T) {
	acme(t)
	writeFile(t, "expect.json", `[
{"name":"office","remote":"192.0.2.7","want":{"decision":"allow","reason":"permitted","client":"192.0.2.7"}},
{"name":"blocked","remote":"203.0.113.7","want":{"decision":"allow"}},
{"name":"elsewhere","remote":"198.51.100.200","want":{"decision":"deny","reason":"blocklisted","client":null}},
{"name":"nobody","remote":"nonsense","want":{"client":null}}]`)
	ask := consoleSite(t, policyfile.Options{})
	text := page(t, ask, "tests")
	want := objects(t, runIn(t, "", "test", "--json", "--coverage", "expect.json").out)
	rows := regexp.MustCompile(`(?s)<tr class="(passed|failed)">.*?<th scope="row"><bdi>([^<]*)</bdi> <span class="faint">line (\d+)</span>(.*?)</th>.*?<td><strong class="verdict (\w+)">\w+</strong> (\w+) ([^<]*)</td>\n<td><a`).FindAllStringSubmatch(text, -1)
	require.Len(t, rows, 4)
	for i, row := range rows {
		got := want[i]["got"].(map[string]any)
		client, known := got["client"].(string)
		if !known {
			client = "-"
		}
		outcome := map[bool]string{true: "passed", false: "failed"}[want[i]["ok"].(bool)]
		require.Equal(t, []any{outcome, want[i]["name"], got["decision"], got["reason"], client}, []any{row[1], row[2], row[5], row[6], row[7]})
		require.Equal(t, len(want[i]["failures"].([]any)), strings.Count(row[4], `class="difference"`))
	}
	covered := want[4]["coverage"].(map[string]any)
	for _, what := range []string{"zones", "ranges", "rules"} {
		part := covered[what].(map[string]any)
		_, table, found := strings.Cut(text, `<tr><th scope="row">`+what+`</th>`)
		require.True(t, found)
		table, _, _ = strings.Cut(table, "</tr>")
		untouched := regexp.MustCompile(`<li><bdi>([^<]*)</bdi>(?: · <a class="place" href="[^"]*"><bdi>([^<]*)</bdi>:(\d+)</a>)?</li>`).FindAllStringSubmatch(table, -1)
		require.Len(t, untouched, len(part["untouched"].([]any)), what)
		for i, one := range untouched {
			said := part["untouched"].([]any)[i].(string)
			if one[2] != "" {
				require.True(t, strings.HasPrefix(said, one[2]+":"+one[3]+":"), said)
			}
			require.True(t, strings.HasSuffix(said, html.UnescapeString(one[1])), said)
		}
		touched := regexp.MustCompile(`<data value="(\d+)">`).FindStringSubmatch(table)[1]
		require.EqualValues(t, part["total"], float64(len(untouched))+number64(t, touched))
	}
}

func number64(t *testing.T, digits string) (n float64) {
	t.Helper()
	for _, digit := range digits {
		n = n*10 + float64(digit-'0')
	}
	return n
}
