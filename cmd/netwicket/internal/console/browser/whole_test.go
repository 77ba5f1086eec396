package browser_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/stretchr/testify/require"
)

// An answer can be printed: the decision and its reasons are on paper, what is for a
// screen is not.
func TestAskIsPrinted(t *testing.T) {
	page := start(t, acme(t)).open(desk, "ask?q=203.0.113.200")
	page.waitText("#answer .verdict", "deny")
	printed := page.pdf()
	require.True(t, bytes.HasPrefix(printed, []byte("%PDF-")))
	if reader, err := exec.LookPath("pdftotext"); err == nil {
		read := exec.Command(reader, "-layout", "-", "-")
		read.Stdin = bytes.NewReader(printed)
		text, err := read.Output()
		require.NoError(t, err)
		require.Contains(t, string(text), "BlockedIpZone")
		require.Contains(t, string(text), "203.0.113.200")
	}
	page.do("look as printers do", emulation.SetEmulatedMedia().WithMedia("print"))
	page.waitText("#answer", "deny", "BlockedIpZone")
	page.waitGone("nav")
	page.waitGone("form")
}

// One who has no mouse comes to each page and back, and never meets a focus that nothing
// shows.
func TestPagesByKeys(t *testing.T) {
	page := start(t, acme(t)).open(desk, "ask")
	names := value[[]string](page, `[...document.querySelectorAll("nav a")].map((one) => one.getAttribute("href"))`)
	require.GreaterOrEqual(t, len(names), 5)
	for _, name := range append(names, "ask") {
		page.tabTo("nav a[href=" + quoted(name) + "]")
		require.NotEqual(t, "none", value[string](page, `getComputedStyle(document.activeElement).outlineStyle`), "the focus can be seen")
		page.press(enter)
		page.waitPath("/" + name)
		page.waitFor(`document.querySelector("nav a[aria-current]")?.getAttribute("href") === ` + quoted(name))
		page.press(tab)
		require.Equal(t, "skip", value[string](page, `document.activeElement.className`), "the first is to skip what is on each page")
		page.press(enter)
		page.waitFor(`document.activeElement.id === "content"`)
	}
}

// Names in documents that mean harm do nothing on any page.
func TestHostileNamesInABrowser(t *testing.T) {
	policy := acme(t)
	const harm = `"'><img src=x onerror="document.title='harmed'"><script>document.title='harmed'</script></title></textarea>{{.}}` + "\u202e\u0007"
	for _, name := range []string{"okta/zones.json", "okta/rules.json", "sailpoint/auth-profile.json"} {
		path := filepath.Join(policy, filepath.FromSlash(name))
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		var document any
		require.NoError(t, json.Unmarshal(text, &document))
		list, ok := document.([]any)
		if !ok {
			list = []any{document}
		}
		for _, one := range list {
			one.(map[string]any)["name"] = harm + one.(map[string]any)["name"].(string)
		}
		text, err = json.Marshal(document)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, text, 0o644))
	}
	site := start(t, policy)
	page := site.open(desk, "ask?q=203.0.113.200")
	page.waitText("#answer", "onerror=")
	names := value[[]string](page, `[...document.querySelectorAll("nav a")].map((one) => one.getAttribute("href"))`)
	for _, path := range append(names, "documents?zone=nzo2blockedZoneAcme02", "change?file=okta/zones.json", "map?at=203.0.113.0/24&by=zone", "ask?q="+strings.Repeat("%3Cimg%20src%3Dx%3E", 20)) {
		page.goTo(path)
		page.waitFor(`document.readyState === "complete"`)
		require.NotContains(t, value[string](page, "document.title"), "harmed", path)
		require.Equal(t, 0, value[int](page, `document.querySelectorAll("img[src=x], main script, iframe, object, embed, base, [onerror], [style*=red]").length`), path)
		page.fits()
	}
}

// How soon a page is painted; it is told, not asserted.
func TestFirstPaint(t *testing.T) {
	site := start(t, acme(t))
	for _, path := range []string{"ask", "ask?q=203.0.113.200", "documents", "map", "change", "log"} {
		page := site.open(desk, path)
		page.do("look at it", cdppage.BringToFront())
		page.navigate(page.where())
		page.waitFor(`performance.getEntriesByName("first-contentful-paint").length > 0`)
		t.Logf("%s: first paint after %.0f ms", path, value[float64](page, `performance.getEntriesByName("first-contentful-paint")[0].startTime`))
		page.close()
	}
}
