package console_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
)

var exampleRow = regexp.MustCompile(`(?m)^\| (?:\{href=log[^}]*\} )?([^|{]*?) \|.*\{href=ask\?q=([^}]*)\}|^\| \{href=ask\?q=([^}]*)\} (\S+) \|`)

// examples are the questions of a log's page, by what they are examples of.
func (r *reader) examples(log string, fields ...string) map[string]string {
	r.t.Helper()
	r.told.Reset()
	r.decided("log", r.kept("a.log", log, fields...), "result")
	all := make(map[string]string)
	for _, row := range exampleRow.FindAllStringSubmatch(r.told.String(), -1) {
		question, err := url.QueryUnescape(row[2] + row[3])
		require.NoError(r.t, err)
		all[row[1]+row[4]] = question
	}
	return all
}

// An example is the line as it stands in the log if Ask reads it alike, and what was read in
// it if not.
func TestExamplesAreReadAlike(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	line := strings.TrimSuffix(logged("10.0.0.1", "26/Nov/2026:10:00:00", "192.0.2.71"), "\n") + " x=192.0.2.70"
	for pattern, want := range map[string]string{
		`^(?P<peer>\S+) .* "(?P<xff>[^"]*)" x=`: line,
		` x=(?P<peer>\S+)$`:                     `{"remote":"192.0.2.70"}`,
		`^(?P<peer>\S+) .* x=(?P<xff>\S+)$`:     `{"remote":"10.0.0.1","headers":[["X-Forwarded-For","192.0.2.70"]]}`,
		` x=(?P<addr>\S+)$`:                     "192.0.2.70",
	} {
		require.Equal(t, want, r.examples(line+"\n", "pattern", pattern)["blocklisted"], pattern)
	}
	bare := strings.TrimSuffix(logged("10.0.0.1", "26/Nov/2026:10:00:00", "-"), "\n") + " x=192.0.2.70"
	require.Equal(t, `{"remote":"192.0.2.70"}`, r.examples(bare+"\n", "pattern", ` x=(?P<peer>\S+)$`)["blocklisted"], "another peer alone")
	direct := strings.TrimSuffix(logged("192.0.2.70", "26/Nov/2026:10:00:00", "-"), "\n")
	require.Equal(t, direct, r.examples(direct + "\n")["blocklisted"])
	require.Equal(t, "192.0.2.70", r.examples(direct+"\n", "pattern", `^(?P<addr>\S+) `)["blocklisted"], "no proxy is looked for")
	chain := `{"data":{"events":[{"request":{"ipChain":[{"ip":"192.0.2.70"}]}},{"request":{"ipChain":[{"ip":"203.0.113.9"}]}}]}}`
	found := r.examples(chain + "\n")
	require.Equal(t, []string{"192.0.2.70", "203.0.113.9"}, []string{found["blocklisted"], found["no_rule"]}, "several requests in one record")
}

// A line, or what was read in it, becomes a link up to a length, and not a byte beyond.
func TestExamplesHaveALength(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	for _, more := range []int{0, 1} {
		line := strings.TrimSuffix(logged("192.0.2.70", "26/Nov/2026:10:00:00", "-"), "\n") + ` "`
		line += strings.Repeat("x", 2048-len(line)-1+more) + `"`
		require.Len(t, line, 2048+more)
		require.Equal(t, []string{line, `{"remote":"192.0.2.70"}`}[more], r.examples(line + "\n")["blocklisted"])
		forwarded := strings.Repeat("192.0.2.71, ", 169) + "192.0.2.70"
		forwarded += strings.Repeat(" ", 2048-len("10.0.0.1")-len(forwarded)-1+more) + ","
		require.Equal(t, []bool{true, false}[more], r.examples("10.0.0.1|"+forwarded+"\n", "pattern", `^(?P<peer>[^|]+)\|(?P<xff>.*)$`)["client_unresolved"] != "", "%d", len(forwarded))
	}
}

// Everything that can have an example has one, though the first request of its kind is too
// long for a link; that of a client who was denied is a request that was.
func TestExamplesAreOfAllKinds(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	at := func(who, forwarded string) string { return logged(who, "26/Nov/2026:10:00:00", forwarded) }
	found := r.examples(at("192.0.2.70", "-") + at("192.0.2.71", "-"))
	require.Equal(t, at("192.0.2.70", "-")+at("192.0.2.71", "-"), found["192.0.2.70"]+"\n"+found["192.0.2.71"]+"\n")

	unread := at("10.0.0.1", "nobody")
	found = r.examples(at("10.0.0.1", strings.Repeat(" ", 3000)+"192.0.2.70") + unread)
	require.Equal(t, unread, found["client_unresolved"]+"\n", "the first that is not too long for a link")

	short := at("192.0.2.70", "-")
	found = r.examples(`{"data":{"events":[{"request":{"ipChain":[{"ip":"what?"}]}},{"request":{"ipChain":[{"ip":"192.0.2.70"}]}}]}}` + "\n" + short)
	for _, key := range []string{"blocklisted", "Blocked", "192.0.2.70"} {
		require.Equal(t, short, found[key]+"\n", "a record that is none has no example")
	}

	through := at("10.0.0.1", "192.0.2.70, 192.0.2.7")
	found = r.examples(at("192.0.2.7", "-") + through + at("192.0.2.7", "-"))
	require.Equal(t, strings.TrimSuffix(through, "\n"), found["192.0.2.7"])
	require.Equal(t, found["in"]+"\n", at("192.0.2.7", "-"))

	none := readAt(t, folderOf(t, map[string]string{"zones.json": "["}), func(o *console.Options) { o.Policy.Paths = []string{"zones.json"} })
	require.Equal(t, `{"remote":"<z!z>"}`, strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(none.examples("<z!z> -\n", "pattern", `^(?P<peer>\S+) `)["no_policy"]), "whoever asks, nobody is let in")
}

// Rows of one size stand in one order, whatever came first.
func TestOrderOfOutcomes(t *testing.T) {
	r := readAt(t, folderOf(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"],"rules":["rules.json"]}}`,
		"zones.json":     `[{"type":"IP","id":"guests","name":"Guests","gateways":[{"type":"CIDR","value":"192.0.2.0/28"}]},{"type":"IP","id":"home","name":"Home","gateways":[{"type":"CIDR","value":"198.51.100.0/24"}]}]`,
		"rules.json": `[{"name":"out","conditions":{"network":{"connection":"ZONE","include":["guests"]}},"actions":{"signon":{"access":"DENY"}}},
{"name":"in","conditions":{"network":{"connection":"ZONE","include":["home"]}},"actions":{"signon":{"access":"ALLOW"}}}]`,
	}))
	out, in, none := logged("192.0.2.1", "26/Nov/2026:10:00:00", "-"), logged("198.51.100.1", "26/Nov/2026:10:00:00", "-"), logged("203.0.113.1", "26/Nov/2026:10:00:00", "-")
	for range 8 { // maps have no order
		for _, log := range []string{out + in + none, none + in + out} {
			r.told.Reset()
			r.decided("log", r.kept("a.log", log), "result")
			_, rows, _ := strings.Cut(r.told.String(), "By reason\n")
			require.Regexp(t, `(?s)^[^\n]*\n[^\n]* no_rule \| deny \| 1[^\n]*\n[^\n]* rule \| deny \| 1[^\n]*\n[^\n]* rule \| allow \| 1`, rows)
		}
	}
}
