package console_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
)

// The page Tests shows what was expected, what came, and what was touched.
func TestTestsAsRead(t *testing.T) {
	files := maps.Clone(small)
	files["tests/office.json"] = `[
{"name": "office", "remote": "192.0.2.7", "want": {"decision": "allow", "reason": "permitted", "client": "192.0.2.7"}},
{"name": "through the proxy", "remote": "10.0.0.1", "headers": [["X-Forwarded-For", "192.0.2.8, 198.51.100.1"], ["Accept", "a"]], "want": {"client": null}},
{"name": "blocked", "remote": "192.0.2.70", "want": {"reason": "blocklisted"}}]`
	files["expectations.json"] = `[{"remote": "192.0.2.71", "want": {"decision": "deny"}}]`
	files["Tests.JSON"] = `[{"remote": "192.0.2.72", "want": {"decision": "deny"}}, {}]`
	files["expect.json"] = "[]"
	r := readAt(t, folderOf(t, files))
	r.open("tests", "results tests?show=failed", "results tests?file=tests/office.json&show=failed", "results tests?file=expectations.json", "results tests?since="+strconv.FormatInt(today.UnixNano(), 36))
	r.note("POST pasted", r.send("tests", "given", url.Values{"text": {blockedWant}}))
	r.note("POST page", r.send("tests", "", url.Values{"text": {allowedWant}}))
	r.note("POST nonsense", r.send("tests", "given", url.Values{"text": {"[{]"}}))
	r.requireAs("tests")
}

// The page Map and its points say what is decided where.
func TestMapAsRead(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	r.open("map", "view map?at=192.0.2.0/24&by=zone", "view map?at=192.0.2.70", "view map?at=2001:db8::/32&by=country", "view map?family=6", "view map?by=source&at=192.0.2.0/26",
		"view map?level=4&x=3&y=3", "map?at=nonsense", "view map?at=nonsense", "view map?family=5", "view map?by=nothing", "view map?level=-1", "view map?x=none", "view map?against=other", "view map?against=1", "view map?at=::ffff:192.0.2.1", "view map?at=::ffff:192.0.2.0/120",
		"point point?level=0", "point point?by=source&level=0", "point point?level=99", "point point?level=2147483648", "view map?y=1", "view map?at=192.0.2.0/24&level=0", "point point?level=1&x=5", "point point?by=none", "point point?against=7&level=0", "point point?at=192.0.2.70&level=2&x=1&y=1", "point point?family=6&level=1&x=0&y=0")
	r.requireAs("map")
}

// Whoever is not let in is told how to come in, in a line where a script asks.
func TestDoorsAsRead(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	turn := func(title, part string, answer func(http.ResponseWriter, *http.Request)) {
		request := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/ask", nil)
		if part != "" {
			request.Header.Set("X-Part", part)
		}
		w := httptest.NewRecorder()
		answer(w, request)
		r.note(title+" "+part, w)
	}
	for _, part := range []string{"", "answer"} {
		for _, problem := range []string{"", "bad", "outside", "busy", "often"} {
			status := http.StatusUnauthorized
			if problem == "often" || problem == "busy" {
				status = http.StatusTooManyRequests
			}
			turn("sign in "+problem, part, func(w http.ResponseWriter, request *http.Request) {
				r.site.AskForToken(w, request, status, console.SignIn{Next: "map?at=10.0.0.0/8", Problem: problem})
			})
		}
		turn("refused", part, func(w http.ResponseWriter, request *http.Request) {
			r.site.Refuse(w, request, []string{"okta.zones.read"})
		})
	}
	r.open("nothing", "", "change?file=/etc/passwd")
	r.visitor.SignsOut = true
	page := r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/nothing", nil)).Body.String()
	require.Contains(t, text(page), "ann Sign out")
	require.Equal(t, []string{"ask", "map", "documents", "change", "log", "tests"}, regexpAll(`<li><a href="([a-z]+)"`, page))
	r.requireAs("doors")
}

func regexpAll(pattern, text string) (all []string) {
	for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		all = append(all, found[1])
	}
	return all
}

// A page of the site is where somebody is led to; nothing else is.
func TestPageOf(t *testing.T) {
	for target, want := range map[string]string{
		"map": "map", "map?at=10.0.0.0/8": "map?at=10.0.0.0/8", "documents?zone=a%26b": "documents?zone=a%26b",
		"": "ask", "/map": "ask", "//evil.example": "ask", "https://evil.example": "ask", "https:map": "ask", "map/../x": "ask", "javascript:alert(1)": "ask", "//evil.example/map": "ask",
		"MAP": "ask", "map\n": "ask", "%": "ask", "//user@/map": "ask", "map#x": "map", "?at=1": "ask",
	} {
		require.Equal(t, want, console.PageOf(target), target)
	}
}
