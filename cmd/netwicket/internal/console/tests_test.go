package console_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
)

const (
	blockedWant = `[{"name":"blocked","remote":"203.0.113.7","want":{"decision":"deny","reason":"blocklisted"}}]`
	allowedWant = `[{"name":"let in","remote":"192.0.2.7","want":{"decision":"allow","client":"192.0.2.7"}}]`
	wrongWant   = `[{"name":"wrong","remote":"192.0.2.8","want":{"decision":"deny"}}]`
)

var captions = regexp.MustCompile(`<caption>Expectations of <bdi>([^<]*)</bdi>`)

// Expectations lie beside the policy and in its folders; what else lies there is none.
func TestTestsFindExpectations(t *testing.T) {
	s := openShop(t, map[string]string{
		"netwicket.json": ownPolicy, "zones.json": ownZones, "a.json": blockedWant, "tests/b.json": allowedWant, "expectations-office/c.json": wrongWant,
		"other.json": `[{"name":"no want"}]`, "object.json": `{"want":1}`, "tests/notes.txt": blockedWant, "deeper/d.json": blockedWant, ".hidden.json": blockedWant,
		"expected.json": `[{"remote":`, "broken.json": `[{"nothing":`,
	}, nil)
	text := s.page("tests")
	var found []string
	for _, match := range captions.FindAllStringSubmatch(text, -1) {
		found = append(found, filepath.ToSlash(html.UnescapeString(match[1])))
	}
	require.Equal(t, []string{"a.json", "expectations-office/c.json", "tests/b.json"}, found)
	require.Contains(t, text, "expected.json:1:")
	require.NotContains(t, text, "broken.json")
	require.Contains(t, text, `2 passed</span>, <span class="count error">1 failed</span>, <span class="count error">1 file cannot be run`)

	failed := s.page("tests?show=failed")
	require.Contains(t, failed, ">wrong<")
	require.NotContains(t, failed, ">let in<")
	one := s.page("tests?file=" + s.file("tests/b.json"))
	require.Contains(t, one, ">let in<")
	require.NotContains(t, one, ">wrong<")
}

// A file that a link makes of another folder is not read where no path may leave.
func TestTestsStayInside(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside.json")
	require.NoError(t, os.WriteFile(outside, []byte(wrongWant), 0o600))
	s := openShop(t, map[string]string{"netwicket.json": ownPolicy, "zones.json": ownZones}, nil)
	require.NoError(t, os.Symlink(outside, filepath.Join(s.folder, "expect.json")))
	require.Contains(t, openShopAt(t, s.folder, false).page("tests"), ">wrong<")
	inside := openShopAt(t, s.folder, true).page("tests")
	require.NotContains(t, inside, ">wrong<")
	require.Contains(t, inside, "expect.json:1:1")
}

// They are run again when they or the policy have changed, and only then.
func TestTestsAreRunAgain(t *testing.T) {
	s := openShop(t, map[string]string{"netwicket.json": ownPolicy, "zones.json": ownZones, "expect.json": blockedWant}, nil)
	run := regexp.MustCompile(`data-run="(\w+)"`)
	text := s.page("tests")
	require.Contains(t, text, "1 passed")
	since := run.FindStringSubmatch(text)[1]
	ask := func() (int, string) { return s.get("tests?since="+since, "results") }
	code, nothing := ask()
	require.Equal(t, http.StatusNoContent, code)
	require.Empty(t, nothing)

	for name, change := range map[string]func(){
		"the policy":       func() { s.write("zones.json", strings.Replace(ownZones, "203.0.113.0/24", "198.51.100.0/24", 1)) },
		"the expectation":  func() { s.write("expect.json", wrongWant) },
		"another file":     func() { s.write("other.json", allowedWant) },
		"another folder":   func() { s.write("tests/more.json", allowedWant) },
		"a file that goes": func() { require.NoError(t, os.Remove(filepath.Join(s.folder, "other.json"))) },
	} {
		if name == "a file that goes" {
			s.write("other.json", allowedWant)
			_, text := s.get("tests", "")
			since = run.FindStringSubmatch(text)[1]
		}
		change()
		code, text := ask()
		require.Equal(t, http.StatusOK, code, name)
		require.NotContains(t, text, "<html")
		since = run.FindStringSubmatch(text)[1]
		code, _ = ask()
		require.Equal(t, http.StatusNoContent, code, name)
	}
	require.Contains(t, s.page("tests"), "failed")
	s.write("zones.json", "[")
	require.Contains(t, s.page("tests"), "What is shown is the policy from before")
}

// post sends a form with a text or a file, as the page does.
func (s shop) post(part, text, name, content string) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.ask(givenForm(s.t, part, text, [2]string{name, content}))
}

// givenForm is the form with a text and files, by name and content, as the page sends it.
func givenForm(t *testing.T, part, text string, files ...[2]string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	require.NoError(t, form.WriteField("text", text))
	for _, file := range files {
		into, err := form.CreateFormFile("file", file[0])
		require.NoError(t, err)
		_, err = into.Write([]byte(file[1]))
		require.NoError(t, err)
	}
	require.NoError(t, form.Close())
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/tests", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Origin", "http://127.0.0.1")
	if part != "" {
		r.Header.Set("X-Part", part)
	}
	return r
}

// What is pasted or dropped is run, and bounded.
func TestTestsTakeOthers(t *testing.T) {
	s := openShop(t, map[string]string{"netwicket.json": ownPolicy, "zones.json": ownZones}, nil)
	require.Contains(t, s.page("tests"), "No file there holds expectations")
	pasted := s.post("given", wrongWant, "", "").Body.String()
	require.Contains(t, pasted, "decision: expected deny, got allow")
	require.NotContains(t, pasted, "<html")
	whole := s.post("", wrongWant, "", "").Body.String()
	require.Contains(t, whole, "decision: expected deny, got allow")
	require.Contains(t, whole, html.EscapeString(wrongWant), "what was pasted stays in the field")
	dropped := s.post("given", wrongWant, `<img src=x>.json`, allowedWant).Body.String()
	require.Contains(t, dropped, "1 passed")
	require.NotContains(t, dropped, "<img")
	require.Contains(t, s.post("given", "[{", "", "").Body.String(), "1:")
	require.Empty(t, strings.TrimSpace(s.post("given", " \n", "", "").Body.String()))
	large := s.post("given", strings.Repeat(" ", 9<<20), "", "")
	require.Equal(t, http.StatusRequestEntityTooLarge, large.Code)
	require.Contains(t, large.Body.String(), "8 MiB")

	stranger := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/tests", strings.NewReader("text="+url.QueryEscape(wrongWant)))
	stranger.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, http.StatusForbidden, s.ask(stranger).Code, "another site's form")
}

// The link beside a result asks exactly its question, and names are text.
func TestTestsAskTheirQuestion(t *testing.T) {
	evil := `</bdi><script>alert(1)</script><img src=x>\u202e&"`
	request := map[string]any{"remote": "127.0.0.1:4711", "headers": [][]string{{"X-Forwarded-For", "203.0.113.7, " + evil}, {"X-Forwarded-For", "second"}, {"Accept", "a&b=c#d"}}}
	expectation := map[string]any{"name": evil, "want": map[string]any{"decision": "allow", "client": nil}}
	for key, value := range request {
		expectation[key] = value
	}
	text, err := json.Marshal([]any{expectation})
	require.NoError(t, err)
	s := openShop(t, map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"]},"edge":{"trusted":["127.0.0.0/8"],"source":"x-forwarded-for"}}`, "zones.json": ownZones, "expect<b>.json": string(text),
	}, nil)
	shown := s.page("tests")
	require.NotContains(t, shown, "<script>")
	require.NotRegexp(t, `<(img|b)[ >]`, shown)
	require.NotContains(t, shown, "\u202e")
	link := regexp.MustCompile(`href="ask\?q=([^"]*)"`).FindStringSubmatch(shown)
	require.NotNil(t, link)
	question, err := url.QueryUnescape(html.UnescapeString(link[1]))
	require.NoError(t, err)
	request["headers"] = [][]string{{"Accept", "a&b=c#d"}, {"X-Forwarded-For", "203.0.113.7, " + evil}, {"X-Forwarded-For", "second"}} // by name; lines of one name in their order
	want, err := json.Marshal(request)
	require.NoError(t, err)
	require.JSONEq(t, string(want), question)
}

// Of many expectations it is not told what they touch, which takes its time.
func TestTestsOfMany(t *testing.T) {
	var list []string
	for i := range 2001 {
		list = append(list, fmt.Sprintf(`{"remote":"192.0.%d.%d","want":{"decision":"allow"}}`, i>>8, i&255))
	}
	s := openShop(t, map[string]string{"netwicket.json": ownPolicy, "zones.json": ownZones, "expect.json": "[" + strings.Join(list, ",") + "]"}, nil)
	text := s.page("tests")
	require.Contains(t, text, "2,001 passed")
	require.Contains(t, text, "There are too many expectations to tell")
	require.Contains(t, text, "and 1001 more")
}

// Without a policy nothing is held against it.
func TestTestsWithoutAPolicy(t *testing.T) {
	s := openShop(t, map[string]string{"netwicket.json": `{"okta":{"zones":["gone.json"]}}`, "expect.json": blockedWant}, func(*policyfile.Options) {})
	text := s.page("tests")
	require.Contains(t, text, "There is no policy that expectations could be held against")
	require.NotContains(t, text, "passed<")
}
