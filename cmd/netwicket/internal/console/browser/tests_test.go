package browser_test

import (
	"os"
	"path/filepath"
	"testing"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/stretchr/testify/require"
)

const expectations = `[
  {"name": "the office is in", "remote": "127.0.0.1:4711", "headers": [["X-Forwarded-For", "198.51.100.7"]], "want": {"decision": "allow", "client": "198.51.100.7"}},
  {"name": "Toronto is in", "remote": "127.0.0.1:4711", "headers": [["X-Forwarded-For", "203.0.113.9"]], "want": {"decision": "allow"}}
]`

// withExpectations is a copy of the example's policy with expectations beside it.
func withExpectations(t *testing.T) string {
	t.Helper()
	folder := acme(t)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "expectations.json"), []byte(expectations), 0o644))
	return folder
}

// While one looks, a change of the policy shows by itself; the link beside a result asks
// its question.
func TestTestsAreLive(t *testing.T) {
	site := start(t, withExpectations(t))
	page := site.open(desk, "tests")
	page.waitText("#results .summary", "2 passed, 0 failed")
	page.do("look at it", cdppage.BringToFront()) // a page that nobody looks at asks for nothing
	rules := filepath.Join(site.folder, "okta", "rules.json")
	require.NoError(t, os.WriteFile(rules, []byte(`[{"id":"r","name":"nobody","priority":1,"status":"ACTIVE","conditions":{"network":{"connection":"ANYWHERE"}},"actions":{"signon":{"access":"DENY"}}}]`), 0o644))
	page.waitText("#results .summary", "0 passed, 2 failed")
	page.waitText("#results", "expected allow, got deny")
	require.Equal(t, "0 passed, 2 failed", value[string](page, `document.getElementById("announced").textContent`), "who does not see the table is told")
	page.click(`#results a[href^="ask?q="]`)
	page.waitPath("/ask")
	page.waitText("#answer", "deny")
}

// Others can be pasted or given as a file.
func TestTestsTakeOthers(t *testing.T) {
	site := start(t, acme(t))
	page := site.open(phone, "tests")
	page.waitText("#results", "No file there holds expectations")
	page.set("#text", `[{"name": "pasted", "remote": "203.0.113.200", "want": {"decision": "allow"}}]`)
	page.waitText("#given", "0 passed, 1 failed")
	page.set("#text", `[{"name": "pasted", "remote"`)
	page.waitText("#given .findings", "error")
	file := filepath.Join(t.TempDir(), "mine.json")
	require.NoError(t, os.WriteFile(file, []byte(expectations), 0o644))
	page.upload(file)
	page.waitText("#given", "2 passed, 0 failed", "mine.json")
	page.check("tests-given")
}
