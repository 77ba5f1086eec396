package console_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/question"
)

// asking is a site over a policy of files by name, for somebody who is let in.
func asking(t *testing.T, files map[string]string) func(values url.Values, part string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644))
	}
	t.Chdir(folder)
	handler := handlerOf(t, ".")
	return func(values url.Values, part string) string {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, "/ask?"+values.Encode(), nil)
		r.Header.Set("X-Part", part)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r.WithContext(console.WithVisitor(r.Context(), console.Visitor{Name: "somebody"})))
		require.Equal(t, http.StatusOK, w.Code)
		return w.Body.String()
	}
}

var tag = regexp.MustCompile(`<[^>]*>`)

// text is what a person reads of a part.
func text(part string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tag.ReplaceAllString(part, " "))), " ")
}

var small = map[string]string{
	"netwicket.json": `{"okta":{"zones":["zones.json"],"rules":["rules.json"]},"edge":{"trusted":["10.0.0.0/8"],"source":"x-forwarded-for","trustUnix":true},"geo":["rows.csv"]}`,
	"zones.json": `[{"type":"IP","id":"office","name":"Office","gateways":[
 {"type":"CIDR","value":"192.0.2.0/24"}],"proxies":[{"type":"CIDR","value":"198.51.100.0/24"}]},
 {"type":"IP","id":"blocked","name":"Blocked","usage":"BLOCKLIST","gateways":[{"type":"RANGE","value":"192.0.2.64-192.0.2.95"},{"type":"CIDR","value":"2001:db8:0:40::/58"}]}]`,
	"rules.json": `[{"name":"in","conditions":{"network":{"connection":"ZONE","include":["office"]}},"actions":{"signon":{"access":"ALLOW"}}}]`,
	"rows.csv":   "network,country,region,asn,anonymizer,services\n192.0.2.0/24,DE,,64500,none,\n",
}

// Each way to ask leads to the decision about whoever is asked about.
func TestAskEachKind(t *testing.T) {
	ask := asking(t, small)
	tests := []struct{ name, question, peer, want string }{
		{"an address", "192.0.2.7", "", "allow rule 192.0.2.7 The first rule that applies decides"},
		{"header lines", "X-Forwarded-For: 192.0.2.7", "10.0.0.1", "allow rule 192.0.2.7"},
		{"headers from elsewhere", "X-Forwarded-For: 192.0.2.7", "203.0.113.9", "deny no_rule 203.0.113.9"},
		{"nobody connected", "X-Forwarded-For: 192.0.2.7", "", "deny client_unresolved no client"},
		{"nor said so", "remote:\nX-Forwarded-For: 192.0.2.7", "", "deny client_unresolved no client"},
		{"a socket", "remote: @\nX-Forwarded-For: 192.0.2.7", "", "allow rule 192.0.2.7"},
		{"the head of a request", "GET / HTTP/1.1\nX-Forwarded-For: 192.0.2.70", "10.0.0.1:1", "deny blocklisted 192.0.2.70"},
		{"JSON", `{"remote":"10.0.0.1:1","headers":[["X-Forwarded-For","192.0.2.7"]]}`, "", "allow rule 192.0.2.7"},
		{"curl", `curl https://example.com -H 'X-Forwarded-For: 192.0.2.7'`, "10.0.0.1", "allow rule 192.0.2.7"},
		{"a log", `10.0.0.1 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 1 "-" "-" "192.0.2.70"`, "", "deny blocklisted 192.0.2.70"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			values := url.Values{"q": {test.question}, "peer": {test.peer}}
			part := ask(values, "answer")
			require.True(t, strings.HasPrefix(text(part), test.want), "%s", text(part))
			require.Contains(t, ask(values, ""), strings.TrimSpace(part), "the whole page holds the part")
			link := regexp.MustCompile(`href="(ask\?[^"]*)"`).FindStringSubmatch(part)
			require.NotNil(t, link)
			at, err := url.Parse(html.UnescapeString(link[1]))
			require.NoError(t, err)
			require.Equal(t, test.question, at.Query().Get("q"))
			require.Equal(t, test.peer, at.Query().Get("peer"))
		})
	}
	require.Contains(t, text(ask(url.Values{"q": {"X-A: b"}}, "answer")), "The text does not say who connected")
}

// All that led to the decision is there, with where it stands.
func TestAskShowsWhy(t *testing.T) {
	ask := asking(t, small)
	part := ask(url.Values{"q": {"X-Forwarded-For: 203.0.113.9, 192.0.2.70, 198.51.100.7"}, "peer": {"10.0.0.1"}}, "answer")
	for _, want := range []string{
		`1 198.51.100.7 proxy of zone "Office"`, `2 192.0.2.70 the client in blocklist zone "Blocked"`, "3 203.0.113.9 behind the client",
		"Connected from 10.0.0.1", "country DE rows.csv:2", "ASN AS64500 rows.csv:2", "match Office office IP POLICY", "match Blocked blocked IP BLOCKLIST",
		"applies in allow match", "deny blocklist", "decision: deny 192.0.2.70 blocklisted", "The same answer for 192.0.2.64– 192.0.2.95", "The same for 192.0.2.0– 192.0.2.255",
	} {
		require.Contains(t, text(part), want)
	}
	require.Contains(t, part, `href="documents?file=zones.json&amp;line=2#L2"`, "the gateway that holds it")
	require.Contains(t, part, `href="map?at=192.0.2.0%2F24&amp;by=decision"`)
	alone := ask(url.Values{"q": {"remote: 10.0.0.1\nX-Forwarded-For: 192.0.2.70, 192.0.2.7"}}, "answer")
	require.Contains(t, text(alone), "deny blocklisted 192.0.2.7")
	require.Contains(t, text(alone), "The client alone allow rule The same answer for 192.0.2.0– 192.0.2.63")
}

// Of a network every range is there, and all of them together are the network.
func TestAskNetwork(t *testing.T) {
	ask := asking(t, small)
	part := text(ask(url.Values{"q": {"192.0.1.0-192.0.2.127"}}, "answer"))
	require.True(t, strings.HasPrefix(part, "deny no_rule 256 deny blocklisted 32 allow rule 96 "), part)
	for _, want := range []string{"192.0.1.0– 192.0.1.255 deny no_rule 256", "192.0.2.0– 192.0.2.63 allow rule in 64", "192.0.2.64– 192.0.2.95 deny blocklisted Blocked 32", "192.0.2.96– 192.0.2.127 allow rule in 32"} {
		require.Contains(t, part, want)
	}
	part = text(ask(url.Values{"q": {"2001:db8::/56"}}, "answer"))
	require.True(t, strings.HasPrefix(part, "deny no_rule 192 deny blocklisted 64 "), part)
	require.Contains(t, text(ask(url.Values{"q": {"0.0.0.0/0"}}, "answer")), "deny no_rule 4,294,967,040")
}

// More ranges than a person reads are counted.
func TestAskNetworkOfManyRanges(t *testing.T) {
	files := map[string]string{"netwicket.json": small["netwicket.json"], "rules.json": small["rules.json"], "rows.csv": small["rows.csv"]}
	var gateways []string
	addr := netip.MustParseAddr("192.0.2.0")
	for range 128 {
		gateways = append(gateways, `{"type":"RANGE","value":"`+addr.String()+`"}`)
		addr = addr.Next().Next()
	}
	files["zones.json"] = `[{"type":"IP","id":"office","name":"Office","gateways":[` + strings.Join(gateways, ",") + `]}]`
	part := text(asking(t, files)(url.Values{"q": {"192.0.2.0/24"}}, "answer"))
	require.Contains(t, part, "The first 200, in address order; 56 more are not shown")
	require.Contains(t, part, "192.0.2.199 deny")
	require.NotContains(t, part, "192.0.2.200 allow")
	require.True(t, strings.HasPrefix(part, "deny no_rule 128 allow rule 128 "), part)
}

// The range around an address has its decision, and what is beside it has another.
func TestAskRangeAround(t *testing.T) {
	ask := asking(t, small)
	around := regexp.MustCompile(`The same answer for ([^\s–]+)(?:– (\S+))? Show`)
	verdict := func(addr string) string {
		return strings.Join(strings.Fields(text(ask(url.Values{"q": {addr}}, "answer")))[:2], " ")
	}
	for _, addr := range []string{"0.0.0.0", "192.0.1.255", "192.0.2.0", "192.0.2.63", "192.0.2.64", "192.0.2.200", "255.255.255.255", "::", "::1", "2001:db8:0:40::", "2001:db8:0:7f:ffff::", "2001:db8:0:80::", "2002:c000:240::1", "::1:0:0:5", "::fffe:ffff:ffff", "::1:0:0:0", "2000::", "64:ff9b::192.0.2.70"} {
		found := around.FindStringSubmatch(text(ask(url.Values{"q": {addr}}, "answer")))
		require.NotNil(t, found, addr)
		first, last := netip.MustParseAddr(found[1]), netip.MustParseAddr(found[1])
		if found[2] != "" {
			last = netip.MustParseAddr(found[2])
		}
		require.True(t, netipx.IPRangeFrom(first, last).Contains(netip.MustParseAddr(addr)), found)
		require.Equal(t, verdict(addr), verdict(first.String()))
		require.Equal(t, verdict(addr), verdict(last.String()))
		for _, beside := range []netip.Addr{first.Prev(), last.Next()} {
			if beside.IsValid() && !beside.Is4In6() {
				require.NotEqual(t, verdict(addr), verdict(beside.String()), "%s is beside the range of %s", beside, addr)
			}
		}
	}
}

// What is no question is said calmly, and nothing is decided.
func TestAskNothing(t *testing.T) {
	ask := asking(t, small)
	require.Empty(t, text(ask(url.Values{}, "answer")))
	for _, values := range []url.Values{{"q": {"192.0.2"}}, {"q": {"X-A: b"}, "peer": {"10.0"}}, {"q": {strings.Repeat("x", question.MaxText+1)}}} {
		part := ask(values, "answer")
		require.Contains(t, text(part), "expected")
		require.NotContains(t, part, "verdict")
		require.NotContains(t, part, "alert")
	}
	require.True(t, strings.HasPrefix(text(asking(t, map[string]string{"netwicket.json": "{}"})(url.Values{"q": {"192.0.2.7"}}, "answer")), "deny no_policy"))
}

// What others wrote is text and nothing else, wherever it comes from.
func TestAskHostileText(t *testing.T) {
	const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>\u202e\u0007\u001b[31m{{.}}`
	spoken := "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u202e\a\x1b[31m{{.}}"
	quoted := strings.ReplaceAll(hostile, `"`, `\"`)
	ask := asking(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"],"rules":["rules.json"]},"geo":["<b>&.csv"]}`,
		"zones.json": `[{"type":"IP","id":"` + quoted + `1","name":"` + quoted + `","gateways":[{"type":"CIDR","value":"192.0.2.0/24"}],"proxies":[{"type":"CIDR","value":"198.51.100.0/24"}]},
 {"type":"IP","id":"b","name":"b` + quoted + `","usage":"BLOCKLIST","gateways":[{"type":"CIDR","value":"192.0.2.64/26"}]}]`,
		"rules.json": `[{"name":"` + quoted + `","conditions":{"network":{"connection":"ZONE","include":["` + quoted + `1"]}},"actions":{"signon":{"access":"ALLOW"}}}]`,
		"<b>&.csv":   "192.0.2.0/24,DE,,,\n",
	})
	for _, values := range []url.Values{
		{"q": {"192.0.2.7"}}, {"q": {"192.0.2.70"}}, {"q": {"192.0.2.0/24"}}, {"q": {spoken}}, {"q": {"X-A: " + spoken}}, {"q": {"X-A: b"}, "peer": {spoken}},
		{"q": {"X-Forwarded-For: 192.0.2.7, " + spoken}, "peer": {"198.51.100.7"}}, {"q": {`curl URL -H 'X-A: "` + strings.ReplaceAll(spoken, "'", "") + `'`}},
		{"q": {`{"remote":"` + quoted + `","headers":[]}`}}, {"q": {"</textarea>" + spoken}},
	} {
		for _, part := range []string{"answer", ""} {
			got := ask(values, part)
			lower := strings.ToLower(got)
			require.NotContains(t, lower, "<script>alert", values)
			require.NotContains(t, lower, "<img", values)
			require.NotContains(t, lower, "<b>", values)
			if part == "answer" {
				require.NotContains(t, lower, "onerror=alert(1)>", values)
				for _, control := range []string{"\u202e", "\a", "\x1b"} {
					require.NotContains(t, strings.ReplaceAll(got, html.EscapeString(spoken), ""), control, values)
				}
			}
		}
	}
}
