package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// Texts are read line by line; one that is none is named by its line.
func TestEnglishIsRead(t *testing.T) {
	const texts = "# a comment = none\n\n  a = 100 % = all of it\nb.one = one thing\nb = %s things\nscript.x = first\nscript.y.z = second\n"
	said, count, under, err := console.English(texts, "a", "b", 1, "script.")
	require.NoError(t, err)
	require.Equal(t, "100 % = all of it", said)
	require.Equal(t, "one thing", count)
	require.Equal(t, map[string]string{"x": "first", "y.z": "second"}, under)
	for number, want := range map[any]string{0: "0 things", 2: "2 things", uint64(1234): "1,234 things", "1": "one thing"} {
		_, count, _, _ := console.English(texts, "a", "b", number, "")
		require.Equal(t, want, count)
	}
	said, count, _, _ = console.English(texts, "none", "none", 1, "")
	require.Equal(t, "none none", said+" "+count[:4])
	for text, want := range map[string]string{"a = b\nnothing\n": `english.txt:2: expected a line of "key = text" with a key of its own, found "nothing"`, "a = b\n\na = c": `english.txt:3: .*found "a = c"`} {
		_, _, _, err := console.English(text, "", "", 0, "")
		require.Regexp(t, want, err.Error())
	}
}

func compiled(t *testing.T, zones string) *decide.Policy {
	t.Helper()
	_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{writeZones(t, zones)}})
	require.NoError(t, err)
	return policy
}

// A comparison for nobody ends before long, and one for somebody goes to its end.
func TestComparisonEnds(t *testing.T) {
	zones := `[{"type":"IP","id":"b","name":"b","usage":"BLOCKLIST","gateways":` + list(1500, func(i int) string { return fmt.Sprintf(`{"type":"RANGE","value":"10.0.%d.%d"}`, i>>7, i&127*2) }) + "}]"
	before, after := compiled(t, `[{"type":"IP","id":"b","name":"b","usage":"BLOCKLIST","gateways":[{"type":"RANGE","value":"192.0.2.1"}]}]`), compiled(t, zones)
	count := func(ctx context.Context) (n int) {
		for range console.ChangesOf(ctx, before, after) {
			n++
		}
		return n
	}
	all := 0
	for range decide.Diff(before, after) {
		all++
	}
	require.Greater(t, all, 3000)
	require.Equal(t, all, count(t.Context()))
	gone, end := context.WithCancel(t.Context())
	end()
	require.Equal(t, 1023, count(gone))
	for range console.ChangesOf(t.Context(), before, after) {
		break // whoever has enough is asked no more
	}
}

// Who goes while a draft is compared is answered nothing, and their place is free again.
func TestChangeOfWhoGoesMeanwhile(t *testing.T) {
	var gone context.CancelFunc
	r := readAt(t, folderOf(t, small), func(o *console.Options) {
		o.Now = func() time.Time {
			if gone != nil {
				gone()
			}
			return today
		}
	})
	r.page("change")
	for _, part := range []string{"result", ""} {
		form := r.draft("zones.json", small["zones.json"], strings.Replace(small["zones.json"], "192.0.2.64-", "192.0.2.60-", 1))
		request := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/change", strings.NewReader(form.Encode()))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Origin", "http://127.0.0.1")
		request.Header.Set("X-Part", part)
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		gone = func() {
			if calls++; calls > 1 { // the first is for the policy that is shown
				cancel()
			}
		}
		require.Empty(t, r.answer(request.WithContext(ctx)).Body.String())
		gone = nil
		cancel()
		require.Zero(t, r.site.Asking())
		require.Contains(t, r.send("change", part, form).Body.String(), "newly denied")
	}
	require.Zero(t, r.site.Asking())
}

// Each example of a log's page is decided as the row says, whatever the lines look like.
func TestExamplesAreDecidedSo(t *testing.T) {
	long := strings.Repeat("x", 3000)
	system := func(ips ...string) string {
		chain := make([]map[string]string, len(ips))
		for i := range ips {
			chain[i] = map[string]string{"ip": ips[i]}
		}
		line, err := json.Marshal(map[string]any{"request": map[string]any{"ipChain": chain}})
		require.NoError(t, err)
		return string(line)
	}
	for name, log := range map[string]string{
		"plain":           logged("192.0.2.7", "26/Nov/2026:10:00:00", "-") + logged("10.0.0.1", "26/Nov/2026:10:00:00", "192.0.2.70") + logged("10.0.0.1", "26/Nov/2026:10:00:00", "what?") + logged("203.0.113.1", "26/Nov/2026:10:00:00", "-"),
		"long lines":      logged("192.0.2.7", "26/Nov/2026:10:00:00", "-\" \""+long) + logged("10.0.0.1", "26/Nov/2026:10:00:00", "192.0.2.70\" \""+long) + logged("203.0.113.1", "26/Nov/2026:10:00:00", "-\" \""+long),
		"no UTF-8":        logged("192.0.2.7", "26/Nov/2026:10:00:00", "-\" \"\xff") + logged("10.0.0.1", "26/Nov/2026:10:00:00", "192.0.2.70\" \"\xff"),
		"the system log":  system("192.0.2.7") + "\n" + system("192.0.2.70", "198.51.100.7") + "\n" + system("203.0.113.1") + "\n",
		"many in a line":  "[" + system("192.0.2.7") + "," + system("192.0.2.70", "198.51.100.7") + "," + system("203.0.113.1") + "]\n",
		"chains of words": logged("10.0.0.1", "26/Nov/2026:10:00:00", strings.Repeat("192.0.2.70, ", 200)+"192.0.2.71"),
	} {
		t.Run(name, func(t *testing.T) {
			r := readAt(t, folderOf(t, small))
			r.decided("log", r.kept("a.log", log), "result")
			seen := 0
			for _, row := range regexp.MustCompile(`(?m)^\| \{href=log[^}]*\} (\w+) \| (\w+) \|.*\{href=ask\?q=([^}]*)\}`).FindAllStringSubmatch(r.told.String(), -1) {
				question, err := url.QueryUnescape(row[3])
				require.NoError(t, err)
				require.LessOrEqual(t, len(question), 2100)
				part := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/ask?"+url.Values{"q": {question}}.Encode(), nil)
				part.Header.Set("X-Part", "answer")
				answer := text(r.answer(part).Body.String())
				require.True(t, strings.HasPrefix(answer, row[2]+" "+row[1]+" "), "%v %s", row, answer)
				seen++
			}
			require.Equal(t, strings.Contains(log, "192.0.2.71"), seen == 0, "one that is too long for a link has none, others have: %s", r.told.String())
		})
	}
}
