package console_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/console/uploads"
)

// drop sends a form with a log and fields behind it.
func (r *reader) drop(part, name, log string, fields ...string) *httptest.ResponseRecorder {
	r.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("log", name)
	require.NoError(r.t, err)
	_, err = file.Write([]byte(log))
	require.NoError(r.t, err)
	for i := 0; i+1 < len(fields); i += 2 {
		require.NoError(r.t, form.WriteField(fields[i], fields[i+1]))
	}
	require.NoError(r.t, form.Close())
	request := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/log-drop", &body)
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.Header.Set("Origin", "http://127.0.0.1")
	if part != "" {
		request.Header.Set("X-Part", part)
	}
	return r.answer(request)
}

// kept drops a log and gives its page.
func (r *reader) kept(name, log string, fields ...string) string {
	r.t.Helper()
	w := r.drop("", name, log, fields...)
	require.Equal(r.t, http.StatusSeeOther, w.Code, w.Body)
	return w.Header().Get("Location")
}

// decided reads a page of a log once it is decided.
func (r *reader) decided(title, page, part string) {
	r.t.Helper()
	for {
		request := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/"+page, nil)
		if part != "" {
			request.Header.Set("X-Part", part)
		}
		w := r.answer(request)
		if !strings.Contains(w.Body.String(), "data-again") {
			r.note(title, w)
			return
		}
	}
}

// logged is a line of a log: who, when, and who they say they are.
func logged(who, when, forwarded string) string {
	return fmt.Sprintf("%s - - [%s +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"-\" \"%s\"\n", who, when, forwarded)
}

// The page of a log says what the policy makes of it, and leads to each decision.
func TestLogAsRead(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	r.open("log")
	text := strings.Repeat(logged("192.0.2.7", "26/Nov/2026:10:00:00", "-"), 3) + logged("10.0.0.1", "26/Nov/2026:10:05:00", "192.0.2.70") + strings.Repeat(logged("203.0.113.9", "26/Nov/2026:11:59:59", "-"), 2) +
		logged("10.0.0.1", "26/Nov/2026:10:00:59", "nobody") + "rubbish\n" + "192.0.2.71\n" + logged("2001:db8:0:41::1", "25/Nov/2026:10:00:00", "-")
	page := r.kept("access.log", text)
	r.decided("all", page, "")
	for _, filter := range []string{"only=deny", "only=allow", "reason=blocklisted", "reason=rule&only=deny", "only=nonsense", "reason=client_unresolved"} {
		r.decided(filter, page+"&"+filter, "result")
	}
	r.decided("not stale", page, "stale")
	putAll(t, ".", map[string]string{"zones.json": strings.Replace(small["zones.json"], `"192.0.2.64-192.0.2.95"`, `"192.0.2.0-192.0.2.95"`, 1)})
	r.decided("stale", page, "stale")
	r.requireAs("log")
}

// How a log is read stays with its pages.
func TestLogFormatsAsRead(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	page := r.kept("odd.log", "a 192.0.2.7\nb 192.0.2.70\n", "pattern", `\w (?P<peer>\S+)`)
	r.decided("by a pattern", page, "")
	r.decided("stopped being told", "log?log="+regexpAll(`log=([\w-]+)`, page)[0], "result")
	page = r.kept("odd.json", `{"from":"192.0.2.7","via":"x"}`+"\n", "fields", "peer=from\r\n\r\n xff=via \r\n", "format", "json")
	r.decided("by fields", page, "")
	for _, query := range []string{"format=none", "pattern=(", "fields=nothing"} {
		r.decided(query, "log?log="+regexpAll(`log=([\w-]+)`, page)[0]+"&"+query, "")
	}
	r.note("forgotten", r.send("log-forget", "", url.Values{"log": regexpAll(`log=([\w-]+)`, page)}))
	r.open("log?log=none")
	r.decided("after it was forgotten", page, "result")
	r.requireAs("log-formats")
}

// What is no log is not taken, and the page says why.
func TestLogRefusedAsRead(t *testing.T) {
	r := readAt(t, folderOf(t, small), func(o *console.Options) {
		o.Drops = uploads.Limits{Each: 40_000, Logs: 2, Bytes: 50_000, All: 60_000}
	})
	for _, part := range []string{"", "dropped"} {
		r.note("zip "+part, r.drop(part, "a.zip", "PK\x03\x04"))
		r.note("empty "+part, r.drop(part, "a.log", ""))
		r.note("large "+part, r.drop(part, "a.log", strings.Repeat("x", 40_001)))
		r.note("larger "+part, r.drop(part, "a.log", strings.Repeat("x", 80_000)))
		r.note("no file "+part, r.send("log-drop", part, url.Values{"log": {"x"}}))
	}
	require.Equal(t, http.StatusCreated, r.drop("dropped", "one.log", "192.0.2.1\n").Code)
	require.Equal(t, http.StatusCreated, r.drop("dropped", "two.log", "192.0.2.1\n").Code)
	r.note("the third", r.drop("dropped", "three.log", "192.0.2.1\n", "format", "json"))
	r.open("log")
	r.visitor.Name = "bob"
	require.Equal(t, http.StatusCreated, r.drop("dropped", "his.log", strings.Repeat("192.0.2.1\n", 3000)).Code)
	r.visitor.Name = "eve"
	r.note("no room", r.drop("dropped", "hers.log", strings.Repeat("192.0.2.1\n", 3500)))
	r.site.Close()
	r.note("closed", r.drop("dropped", "late.log", "192.0.2.1\n"))
	r.requireAs("log-refused")
}

// A draft is weighed by a log, client by client.
func TestWeighedAsRead(t *testing.T) {
	r := readAt(t, folderOf(t, small), saves)
	text := strings.Repeat(logged("192.0.2.7", "26/Nov/2026:10:00:00", "-"), 3) + logged("10.0.0.1", "26/Nov/2026:10:00:00", "192.0.2.70") + strings.Repeat(logged("192.0.2.90", "26/Nov/2026:10:00:00", "-"), 2) + "rubbish\n"
	log := regexpAll(`log=([\w-]+)`, r.kept("access.log", text))[0]
	broken := regexpAll(`log=([\w-]+)`, r.kept("broken.gz", "\x1f\x8b\x08"))[0]
	even := regexpAll(`log=([\w-]+)`, r.kept("even.log", logged("192.0.2.7", "26/Nov/2026:10:00:00", "-")+logged("192.0.2.90", "26/Nov/2026:10:00:00", "-")))[0]
	zones := small["zones.json"]
	moved := r.draft("zones.json", zones, strings.Replace(zones, `"192.0.2.64-192.0.2.95"`, `"192.0.2.0-192.0.2.79"`, 1))
	for _, one := range []string{log, even, broken, "none"} {
		moved.Set("log", one)
		r.note("POST moved", r.send("change", "result", moved))
	}
	same := r.draft("zones.json", zones, zones+"\n")
	same.Set("log", log)
	r.note("POST nothing moved", r.send("change", "result", same))
	r.open("change?file=zones.json&log=" + log)
	r.requireAs("weighed")
}

// The chart has a bar for each time with requests, however few of them are denied or allowed,
// and says how many have no time.
func TestChartAsRead(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	chart := func(title, page string) {
		r.decided(title, page, "result")
		_, rest, _ := strings.Cut(r.told.String(), "=== "+title+": 200\n")
		_, drawn, _ := strings.Cut(rest, "Decisions over time\n")
		drawn, _, _ = strings.Cut(drawn, "The same as a table")
		before, _, _ := strings.Cut(r.told.String(), "=== "+title)
		r.told.Reset()
		r.told.WriteString(before + "=== " + title + "\n" + drawn)
	}
	allowed := func(n int, when string) string { return strings.Repeat(logged("192.0.2.7", when, "-"), n) }
	denied := func(n int, when string) string { return strings.Repeat(logged("192.0.2.70", when, "-"), n) }
	chart("few of many", r.kept("a.log", allowed(300, "26/Nov/2026:10:00:00")+denied(1, "26/Nov/2026:10:00:30")+allowed(1, "26/Nov/2026:10:01:00")+denied(300, "26/Nov/2026:10:01:00")+allowed(1, "26/Nov/2026:10:02:00")+denied(2, "26/Nov/2026:10:03:00")+denied(150, "26/Nov/2026:10:04:00")))
	chart("hours", r.kept("b.log", allowed(2, "24/Nov/2026:10:20:00")+denied(1, "30/Nov/2026:11:40:00")))
	chart("days", r.kept("c.log", allowed(2, "24/Nov/2025:10:20:00")+denied(1, "27/Apr/2026:11:40:00")))
	chart("weeks", r.kept("d.log", allowed(2, "24/Nov/2025:10:20:00")+denied(1, "27/Nov/2027:11:40:00")))
	fields := "peer=from\ntime=at"
	chart("some without a time", r.kept("e.json", `{"from":"192.0.2.7","at":"2026-11-26T10:00:00Z"}`+"\n"+strings.Repeat(`{"from":"192.0.2.7"}`+"\n", 3)+`{"from":"192.0.2.70"}`+"\n", "fields", fields))
	r.told.WriteString("=== none with a time\n")
	r.decided("none", r.kept("f.json", `{"from":"192.0.2.7"}`+"\n", "fields", fields), "result")
	r.requireAs("chart")
}

// A form that is larger than those of the page does nothing.
func TestLargeFormsOfALog(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	page := r.kept("a.log", logged("192.0.2.7", "26/Nov/2026:10:00:00", "-"))
	r.decided("log", page, "")
	large := url.Values{"log": regexpAll(`log=([\w-]+)`, page), "x": {strings.Repeat("x", 16<<10)}}
	r.send("log-forget", "", large)
	r.send("log-cancel", "", large)
	require.Equal(t, 1, r.site.Runs())
	require.Contains(t, r.page("log"), "a.log")
	delete(large, "x")
	r.send("log-forget", "", large)
	require.Zero(t, r.site.Runs())
	require.NotContains(t, r.page("log"), "a.log")
}

// A line that is no request is no example of one.
func TestExampleOfWhatIsNoRequest(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	r.decided("log", r.kept("a.log", "<z!z> -\n10.0.0.1 nobody\n192.0.2.7 -\n", "pattern", `^(?P<peer>\S+) (?P<xff>.*)$`), "result")
	require.Contains(t, r.told.String(), "Lines that are no record\n1\n")
	require.Regexp(t, `client_unresolved \| deny \| 1 \| 50.0 % \| \{href=ask\?q=[^}]*nobody`, r.told.String())
}

// Decisions of two verdicts for one reason, of unknown data and of countries are told apart.
func TestLogOfTwoRulesAsRead(t *testing.T) {
	files := map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"],"rules":["rules.json"]},"geo":["rows.csv"],"edge":{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for"}}`,
		"zones.json":     `[{"type":"IP","id":"guests","name":"Guests","gateways":[{"type":"CIDR","value":"192.0.2.0/28"}]},{"type":"DYNAMIC","id":"home","name":"Home","locations":[{"country":"DE"},{"country":"FR"}]}]`,
		"rules.json": `[{"name":"out","conditions":{"network":{"connection":"ZONE","include":["guests"]}},"actions":{"signon":{"access":"DENY"}}},
{"name":"in","conditions":{"network":{"connection":"ZONE","include":["home"]}},"actions":{"signon":{"access":"ALLOW"}}}]`,
		"rows.csv": "network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,,,,\n198.51.100.0/24,FR,,,,\n203.0.113.0/25,US,,,,\n",
	}
	r := readAt(t, folderOf(t, files))
	line := func(n int, who string) string { return strings.Repeat(logged(who, "26/Nov/2026:10:00:00", "-"), n) }
	page := r.kept("a.log", line(3, "192.0.2.1")+line(2, "192.0.2.100")+line(4, "198.51.100.1")+line(1, "203.0.113.1")+line(2, "203.0.113.200"))
	for _, filter := range []string{"", "&only=deny", "&only=allow", "&reason=rule", "&reason=no_rule"} {
		r.decided("two rules"+filter, page+filter, "result")
	}
	r.decided("page", page, "")
	_, options, _ := strings.Cut(r.told.String(), "{name=reason}")
	require.Equal(t, 1, strings.Count(options[:strings.Index(options, "Show")], "\nrule\n"), "one reason is offered once")
	putAll(t, ".", map[string]string{"netwicket.json": strings.Replace(files["netwicket.json"], "10.0.0.0/8", "10.0.0.0/9", 1)})
	r.decided("other proxies are trusted", page, "stale")
	r.requireAs("log-rules")
}

// A request that is too long for a link has none, and those beside it have theirs.
func TestLinksBesideALongRequest(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	text := strings.Repeat(logged("192.0.2.7", "26/Nov/2026:10:00:00", "-"), 2) + logged("10.0.0.1", "26/Nov/2026:10:00:00", strings.Repeat("192.0.2.70, ", 200)+"192.0.2.71")
	r.decided("log", r.kept("a.log", text), "result")
	require.Contains(t, r.told.String(), "Ask rule")
	require.NotContains(t, r.told.String(), "Ask blocklisted")
	require.Contains(t, r.told.String(), "{href=ask?q=192.0.2.71} 192.0.2.71")
}

// Where no address has a country there is nothing to say by country.
func TestLogWithoutCountries(t *testing.T) {
	r := readAt(t, folderOf(t, map[string]string{"netwicket.json": ownPolicy, "zones.json": ownZones}))
	r.decided("log", r.kept("a.log", logged("192.0.2.7", "26/Nov/2026:10:00:00", "-")), "result")
	require.Contains(t, r.told.String(), "Allowed\n1")
	require.NotContains(t, r.told.String(), "By country")
}
