package console_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admission"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/console/uploads"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/realdata"
)

// blocking is a policy that blocks one network.
const blocking = `[{"type":"IP","id":"b","name":"Blocked <b>\u202e","usage":"BLOCKLIST","status":"ACTIVE","system":false,"gateways":[{"type":"CIDR","value":"203.0.113.0/24"}]}]`

const combinedTail = ` - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203 "-" "agent"`

// decided is the page of a log of Ann's once it is decided.
func (d *desk) decided(target string) string {
	d.t.Helper()
	for {
		code, page := d.get("ann", target)
		require.Equal(d.t, http.StatusOK, code, page)
		if !strings.Contains(page, "data-again") {
			return page
		}
	}
}

// numbers are those that the page has first, by what they are called.
func numbers(page string) map[string]string {
	out := map[string]string{}
	for _, found := range regexp.MustCompile(`<div><dt>([^<]*)</dt><dd[^>]*>(\d+)</dd></div>`).FindAllStringSubmatch(page, -1) {
		out[found[1]] = found[2]
	}
	return out
}

// table is the text of the rows of a table, cell by cell.
func table(t *testing.T, page, caption string) [][]string {
	t.Helper()
	_, rest, found := strings.Cut(page, "<caption>"+caption)
	if !found {
		return nil
	}
	body, _, _ := strings.Cut(rest, "</table>")
	_, body, _ = strings.Cut(body, "<tbody>")
	var rows [][]string
	for _, row := range strings.Split(body, "<tr>")[1:] {
		var cells []string
		for _, cell := range regexp.MustCompile(`(?s)<t[hd][^>]*>(.*?)</t[hd]>`).FindAllStringSubmatch(row, -1) {
			cells = append(cells, strings.TrimSpace(html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(cell[1], ""))))
		}
		rows = append(rows, cells)
	}
	return rows
}

// links are where a page leads to below a path.
func links(page, path string) (list []string) {
	for _, found := range regexp.MustCompile(`href="(`+regexp.QuoteMeta(path)+`[^"]*)"`).FindAllStringSubmatch(page, -1) {
		list = append(list, html.UnescapeString(found[1]))
	}
	return list
}

// requireReport holds a page to what replay says about the same log.
func requireReport(t *testing.T, folder, page, text string, options accesslog.Options) {
	t.Helper()
	parts, policy, err := policyfile.Open(policyfile.Options{Paths: []string{folder}})
	require.NoError(t, err)
	control, err := admission.New(policy, parts.Edge)
	require.NoError(t, err)
	parse, err := accesslog.New(options)
	require.NoError(t, err)
	report := replay.Run(replay.Config{Parse: parse, Subject: replay.Subject{Control: control, Geo: parts.Config.Geo}, Workers: 1},
		[]replay.Input{{Name: "log", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}})
	require.Equal(t, map[string]string{
		"Lines": fmt.Sprint(report.Lines), "Requests decided": fmt.Sprint(report.Decided), "Allowed": fmt.Sprint(report.Allow), "Denied": fmt.Sprint(report.Deny),
		"Lines that are no record": fmt.Sprint(report.Unreadable), "Clients": fmt.Sprint(report.Clients),
	}, numbers(page))
	reasons := map[string]uint64{}
	for _, row := range table(t, page, "By reason") {
		n := uint64(0)
		_, err := fmt.Sscan(row[2], &n)
		require.NoError(t, err)
		reasons[row[0]] += n
	}
	want := map[string]uint64{}
	for _, count := range report.Reasons {
		want[count.Of.String()] = count.Requests
	}
	require.Equal(t, want, reasons)
	for i, row := range table(t, page, "Denied by zone") {
		require.Equal(t, fmt.Sprint(report.Zones[i].Requests), row[1])
	}
	for i, row := range table(t, page, "By country") {
		require.Equal(t, []string{fmt.Sprint(report.Countries[i].Requests), fmt.Sprint(report.Countries[i].Denied)}, row[1:3])
	}
	top := report.Top(25, func(c *replay.Client) uint64 { return c.Denied })
	clients := table(t, page, "Clients denied most")
	require.Len(t, clients, len(top))
	for i, row := range clients {
		require.Equal(t, strings.TrimSuffix(strings.TrimSuffix(top[i].Network.String(), "/32"), "/128"), row[0])
		require.Equal(t, []string{fmt.Sprint(top[i].Denied), fmt.Sprint(top[i].Requests)}, row[2:4])
	}
	for _, fault := range report.Faults {
		require.Contains(t, page, fmt.Sprintf("line %d<", fault.Line))
	}
	timed := [2]uint64{}
	for _, row := range table(t, page, "Requests in each") {
		var deny, allow uint64
		_, err := fmt.Sscan(row[1]+" "+row[2], &deny, &allow)
		require.NoError(t, err)
		timed[0] += deny
		timed[1] += allow
	}
	require.Equal(t, [2]uint64{report.Deny - report.Over.Untimed.Deny, report.Allow - report.Over.Untimed.Allow}, timed)
}

// The page says what replay says, of real logs and of every format, plain and packed.
func TestLogSaysWhatReplaySays(t *testing.T) {
	acme := filepath.Join("..", "..", "..", "..", "examples", "acme", "netwicket.json")
	d := deskAt(t, acme, uploads.Limits{})
	logs := map[string]string{
		"mixed":  "192.0.2.1" + combinedTail + "\n203.0.113.9, 10.0.0.1" + combinedTail + "\nrubbish\n198.51.100.200 - - [18/May/2015:10:05:03 +0200] \"GET / HTTP/1.1\" 200 203\n",
		"okta":   `[ {"request": {"ipChain": [{"ip": "192.0.2.1"}, {"ip": "10.0.0.1"}]}}, {"request": {"ipChain": []}} ]`,
		"w3c":    "#Fields: date time c-ip\n2024-01-02 03:04:05 192.0.2.7\n2024-01-02 03:09:05 203.0.113.9\n",
		"nobody": "rubbish\nmore of it\n",
	}
	for name, text := range logs {
		t.Run(name, func(t *testing.T) { requireAsReplay(t, d, acme, name, text) })
	}
	for _, name := range []string{"apache_logs", "test.log", "test-with-host.log", "xff-vectors.jsonl"} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(realdata.Path(t, "logs/"+name))
			require.NoError(t, err)
			requireAsReplay(t, d, acme, name, string(text))
		})
	}
}

func requireAsReplay(t *testing.T, d *desk, folder, name, text string) {
	d.t = t
	for _, packed := range []string{text, gzipped(t, text), zstandard(t, text)} {
		id := d.drop(name, packed)
		requireReport(t, folder, d.decided("log?log="+id), text, accesslog.Options{})
	}
}

func gzipped(t *testing.T, text string) string {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.String()
}

func zstandard(t *testing.T, text string) string {
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out)
	require.NoError(t, err)
	_, err = io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.String()
}

// A log is read as the page was told, and the page says so when it was told nonsense.
func TestLogFormats(t *testing.T) {
	file := writeZones(t, blocking)
	d := deskAt(t, file, uploads.Limits{})
	const text = `{"from":"10.0.0.1:99","via":"203.0.113.9"}` + "\n" + `{"from":"192.0.2.9"}` + "\n"
	id := d.drop("log", text)
	page := d.decided("log?" + url.Values{"log": {id}, "fields": {"peer=from\r\nxff=via"}}.Encode())
	requireReport(t, file, page, text, accesslog.Options{Fields: []string{"peer=from", "xff=via"}})
	page = d.decided("log?" + url.Values{"log": {id}, "pattern": {`"from":"(?P<peer>[^"]+)"`}}.Encode())
	requireReport(t, file, page, text, accesslog.Options{Pattern: `"from":"(?P<peer>[^"]+)"`})
	require.Contains(t, d.decided("log?log="+id), "No line could be read")
	for query, says := range map[string]string{"pattern=%28": "missing closing )", "fields=x": "expected NAME=PATH", "format=xml": "unknown format"} {
		code, page := d.get("ann", "log?log="+id+"&"+query)
		require.Equal(t, http.StatusBadRequest, code)
		require.Contains(t, page, says)
	}
}

// What a log or a document says is text on the page, whatever it looks like.
func TestHostileLogIsInert(t *testing.T) {
	d := newDesk(t, blocking, uploads.Limits{})
	hostile := []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "\u202eevil\x1b[31m", `javascript:alert(1)`, `{{.}}`, "</title></svg><script>x"}
	text := "203.0.113.9" + combinedTail + "\n"
	for _, one := range hostile {
		text += one + "\n203.0.113.9 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 203 \"" + one + "\" \"" + one + "\"\n"
	}
	id := d.drop(hostile[0]+hostile[1]+"\u202e.log", text)
	page := d.decided("log?" + url.Values{"log": {id}, "reason": {hostile[1]}, "only": {hostile[0]}}.Encode())
	page += d.decided("log?log=" + id)
	for _, bad := range []string{"<script>alert", "<img", "\u202e", "\x1b", "<b>", `href="javascript`, "</svg><script"} {
		require.NotContains(t, page, bad)
	}
	require.Contains(t, page, "&lt;script&gt;")
	for _, link := range links(page, "ask?") {
		_, err := url.Parse(link)
		require.NoError(t, err)
	}
}

// Each link to Ask asks what was decided: the whole request.
func TestLogLeadsToAsk(t *testing.T) {
	d := newDesk(t, blocking, uploads.Limits{})
	const denied = `203.0.113.9, 10.0.0.1` + combinedTail
	id := d.drop("log", "192.0.2.1"+combinedTail+"\n"+denied+"\n"+denied+"2\n")
	asks := links(d.decided("log?log="+id), "ask?")
	require.NotEmpty(t, asks)
	for _, ask := range asks {
		link, err := url.Parse(ask)
		require.NoError(t, err)
		require.Contains(t, []string{denied, "192.0.2.1" + combinedTail}, link.Query().Get("q"))
	}
	id = d.drop("log", `{"from":"10.0.0.1:99","via":"203.0.113.9"}`+"\n")
	asks = links(d.decided("log?"+url.Values{"log": {id}, "fields": {"peer=from\nxff=via"}}.Encode()), "ask?")
	link, err := url.Parse(asks[0])
	require.NoError(t, err)
	require.JSONEq(t, `{"remote":"10.0.0.1:99","headers":[["X-Forwarded-For","203.0.113.9"]]}`, link.Query().Get("q"))
}

// The filter shows some decisions and says so.
func TestLogFilter(t *testing.T) {
	d := newDesk(t, blocking, uploads.Limits{})
	id := d.drop("log", strings.Repeat("192.0.2.1"+combinedTail+"\n", 3)+strings.Repeat("203.0.113.9"+combinedTail+"\n", 4)+"nowhere"+combinedTail+"\n")
	reasons := func(query string) (names []string) {
		page := d.decided("log?log=" + id + query)
		require.Equal(t, query != "", strings.Contains(page, "Shown are"))
		for _, row := range table(t, page, "By reason") {
			names = append(names, row[0]+" "+row[1])
		}
		return names
	}
	require.Equal(t, []string{"blocklisted deny", "permitted allow", "client_unresolved deny"}, reasons(""))
	require.Equal(t, []string{"blocklisted deny", "client_unresolved deny"}, reasons("&only=deny"))
	require.Equal(t, []string{"permitted allow"}, reasons("&only=allow"))
	require.Equal(t, []string{"client_unresolved deny"}, reasons("&reason=client_unresolved"))
	page := d.decided("log?log=" + id + "&only=deny&reason=blocklisted")
	require.Contains(t, page, "Shown are 4 of 8 decisions")
	require.Equal(t, [][]string{{"2015-05-17 10:05", "4", "0"}}, table(t, page, "Requests in each"))
	require.NotContains(t, d.decided("log?log="+id+"&only=allow"), "Clients denied most")
}

// A log stays as it was decided when the policy changes, which the page says, and is
// decided again when that is asked for.
func TestLogAfterAChange(t *testing.T) {
	file := writeZones(t, blocking)
	d := deskAt(t, file, uploads.Limits{})
	text := "203.0.113.9" + combinedTail + "\n192.0.2.1" + combinedTail + "\n192.0.2.2" + combinedTail + "\n"
	id := d.drop("log", text)
	require.Equal(t, "1", numbers(d.decided("log?log=" + id))["Denied"])
	_, part := d.part("ann", "log?log="+id, "stale")
	require.Empty(t, strings.TrimSpace(part))

	require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(blocking, "203.0.113.0/24", "192.0.2.0/24")+" "), 0o600))
	page := d.decided("log?log=" + id)
	require.Equal(t, "1", numbers(page)["Denied"], "by the policy before")
	_, part = d.part("ann", "log?log="+id, "stale")
	again := links(part, "log?")
	require.Len(t, again, 1)
	require.Equal(t, again, links(page, "log?log="+id+"&amp;policy="))
	page = d.decided(again[0])
	require.Equal(t, "2", numbers(page)["Denied"])
	require.NotContains(t, page, "The policy has changed")
}

// Files that make no policy deny everything, in logs as well.
func TestLogWithoutAPolicy(t *testing.T) {
	d := newDesk(t, "[{", uploads.Limits{})
	id := d.drop("log", "192.0.2.1"+combinedTail+"\n")
	page := d.decided("log?log=" + id)
	require.Equal(t, "1", numbers(page)["Denied"])
	require.Equal(t, "no_policy", table(t, page, "By reason")[0][0])
}

// Who decided a log is nobody else's business.
func TestLogOfAnother(t *testing.T) {
	d := newDesk(t, blocking, uploads.Limits{})
	id := d.drop("log", "203.0.113.9"+combinedTail+"\n")
	d.decided("log?log=" + id)
	for _, part := range []string{"result", "stale"} {
		_, page := d.part("bob", "log?log="+id, part)
		require.NotContains(t, page, "203.0.113.9")
	}
	code, page := d.get("bob", "log?log="+id)
	require.Equal(t, http.StatusNotFound, code)
	require.NotContains(t, page, "203.0.113.9")
	require.Equal(t, http.StatusSeeOther, d.post("bob", "log-cancel", url.Values{"log": {id}}).Code)
	d.post("ann", "log-forget", url.Values{"log": {id}})
	code, _ = d.get("ann", "log?log="+id)
	require.Equal(t, http.StatusNotFound, code, "what came out is forgotten with the log")
}
