package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// The link gets one browser in; what it was opened in before tells so.
func TestLocked(t *testing.T) {
	site := run(t, acme(t))
	stranger := site.newPage(desk)
	stranger.expect("403")
	stranger.goTo("ask")
	stranger.waitText("main", "Open the link")
	stranger.check("locked")
	stranger.look(phoneDark)
	stranger.check("locked")
	friend := site.newPage(desk)
	friend.navigate(site.link)
	friend.waitPath("/ask")
	require.Empty(t, value[string](friend, "document.cookie"), "scripts do not see the cookie")
	again := run(t, acme(t)).newPage(desk) // another browser has no cookie of this one
	again.expect("403")
	again.navigate(again.site.link + "x")
	again.waitText("main", "used before")
	friend.goTo("?token=x")
	friend.waitPath("/ask")
}

// A page of another port of this machine sends the cookie along, which no port is part
// of, and one of another name of it does not. Neither reads nor changes anything.
func TestPagesOfOthers(t *testing.T) {
	site := start(t, acme(t))
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!DOCTYPE html><title>other</title><form id="f" method="post" action="%schange"><input name="file" value="okta/zones.json"><input name="text" value="[]"></form>
<iframe src="%sask"></iframe><img src="%sassets/icon.svg"><script src="%sassets/live.js"></script>`, site.base, site.base, site.base, site.base)
	}))
	defer other.Close()
	before, err := os.ReadFile(filepath.Join(site.folder, "okta", "zones.json"))
	require.NoError(t, err)
	for _, from := range []string{other.URL, strings.Replace(other.URL, "127.0.0.1", "localhost", 1)} {
		page := site.newPage(desk)
		page.forgive = true
		page.navigate(from)
		for _, how := range []string{
			`fetch(%q, {credentials: "include"})`, `fetch(%q, {credentials: "include", mode: "no-cors"})`,
			`fetch(%q, {method: "POST", body: "file=okta/zones.json", credentials: "include", headers: {"Content-Type": "application/x-www-form-urlencoded"}})`,
		} {
			script := fmt.Sprintf(how, site.base+"ask?q=192.0.2.1") + `.then((answer) => answer.text(), () => "refused")`
			var got string
			page.do(script, chromedp.Evaluate(script, &got, awaiting))
			require.Contains(t, []string{"refused", ""}, got, "%s: %s", from, how)
		}
		require.Empty(t, value[string](page, `(() => { try { return frames[0].document.body.innerText } catch { return "" } })()`))
		require.Equal(t, 0, value[int](page, `document.querySelector("img").naturalWidth`))
		page.do("post the form", chromedp.Evaluate(`document.getElementById("f").submit()`, nil))
		page.waitFor(fmt.Sprintf("location.href === %q", site.base+"change"))
		page.waitFor(`/another site|locked/i.test(document.body.innerText)`) // without the cookie it is a stranger
	}
	after, err := os.ReadFile(filepath.Join(site.folder, "okta", "zones.json"))
	require.NoError(t, err)
	require.Equal(t, before, after)
}

// Told to end, the console does, with pages open.
func TestEnds(t *testing.T) {
	site := start(t, acme(t))
	for range 3 {
		site.open(desk, "ask").forgive = true
	}
	site.end()
	require.True(t, site.process.ProcessState.Success(), "%s", site.process.ProcessState)
}

var served = regexp.MustCompile(`"msg":"serving the vendors' APIs","address":"([^"]+)"`)

// admin runs netwicket admin over a folder, with a caller whose token it returns.
func admin(t *testing.T, folder string, scopes ...string) (s *site, token string) {
	t.Helper()
	s = &site{t: t, folder: folder, ended: make(chan struct{})}
	s.launch()
	file := filepath.Join(t.TempDir(), "callers.json")
	arguments := []string{"admin", "token", "ann", "--callers", file}
	for _, scope := range scopes {
		arguments = append(arguments, "--scope", scope)
	}
	made, err := exec.Command(program, arguments...).Output()
	require.NoError(t, err)
	s.process = exec.Command(program, "admin", "-c", filepath.Base(folder), "--listen", "127.0.0.1:0", "--callers", file)
	s.process.Dir = filepath.Dir(folder)
	out := &said{t: t}
	s.process.Stderr = out
	s.begin()
	require.Eventually(t, func() bool {
		found := served.FindStringSubmatch(out.String())
		if found != nil {
			s.base = "http://" + found[1] + "/console/"
		}
		return found != nil
	}, patience, 5*time.Millisecond, "%s", out)
	return s, strings.TrimSpace(string(made))
}

// A caller of admin signs in by keys alone, is where they wanted to be, and signs out.
func TestSignInToAdmin(t *testing.T) {
	site, token := admin(t, acme(t))
	page := site.newPage(desk)
	page.expect("403")
	page.goTo("ask?q=203.0.113.200")
	page.waitText("h1", "Sign in")
	for _, as := range looks {
		page.look(as)
		page.check("signin")
	}
	page.tabTo("#token")
	page.type_("#token", "wrong")
	page.press(enter)
	page.waitText("[role=alert]", "no live token")
	page.check("signin-bad")
	page.type_("#token", token)
	page.press(enter)
	page.waitText("#answer .verdict", "deny")
	require.Equal(t, "203.0.113.200", page.query("q"))
	require.Empty(t, value[string](page, "document.cookie"))
	page.set("#q", "203.0.113.9")
	page.waitText("#answer .verdict", "allow")
	for _, as := range looks {
		page.look(as)
		page.check("admin-ask")
	}
	for _, name := range []string{"documents", "map", "change", "log"} {
		page.click(fmt.Sprintf("nav a[href=%q]", name))
		page.waitPath("/console/" + name)
	}
	page.click(".leave button")
	page.waitText("h1", "Sign in")
	page.goTo("ask")
	page.waitText("h1", "Sign in")
}

// A caller who may not read everything is told what is missing, and can leave.
func TestSignInWithoutRights(t *testing.T) {
	site, token := admin(t, acme(t), "okta.networkZones.read")
	page := site.newPage(desk)
	page.expect("403")
	page.goTo("")
	page.type_("#token", token)
	page.press(enter)
	page.waitText("main", "okta.policies.read")
	for _, as := range looks {
		page.look(as)
		page.check("refused")
	}
	page.click("main button")
	page.waitText("h1", "Sign in")
}
