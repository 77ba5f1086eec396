package console_test

import (
	"bytes"
	"context"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/folderlock"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// unsaved says that the zones are what they were, and that nothing was written.
func (c *changer) unsaved(zones string) {
	c.t.Helper()
	require.Equal(c.t, zones, c.read("okta/zones.json"))
	history, err := tenant.OpenHistory(c.dir)
	require.NoError(c.t, err)
	require.Empty(c.t, history.Generations())
}

// Who must not be locked out is named, and nothing is offered or done that would do it.
func TestChangeIsGuarded(t *testing.T) {
	c := newChanger(t, acme(t))
	zones := c.read("okta/zones.json")
	edited := strings.Replace(zones, `"198.18.0.0/15"`, `"203.0.113.0/28"`, 1)
	draft := c.draft("okta/zones.json", edited)
	page := c.post("result", draft).Body.String()
	require.Contains(t, page, "203.0.113.9, which is in serve.guard")
	require.NotContains(t, page, `value="save"`)

	// Nor for one who takes the offer of another text along.
	fine := c.draft("okta/zones.json", blocked(zones))
	draft["seal"] = sealPattern.FindStringSubmatch(c.post("result", fine).Body.String())[1]
	draft["do"] = "save"
	require.Equal(t, http.StatusConflict, c.post("", draft).Code)
	// Nor of the same text: the folder holds its guard itself.
	draft["seal"] = sealPattern.FindStringSubmatch(c.post("result", c.draft("okta/zones.json", blocked(zones))).Body.String())[1]
	require.Equal(t, http.StatusConflict, c.post("", draft).Code)
	c.unsaved(zones)
}

// Somebody else has written meanwhile: that is said and shown, and theirs stays.
func TestChangeOfWhatSomebodyElseChanged(t *testing.T) {
	c := newChanger(t, acme(t))
	zones := c.read("okta/zones.json")
	draft := c.draft("okta/zones.json", blocked(zones))
	preview := c.post("result", draft).Body.String()
	theirs := strings.Replace(zones, `"198.18.0.0/15"`, `"198.18.0.0/16"`, 1)
	c.write("okta/zones.json", theirs)
	draft["do"], draft["seal"] = "save", sealPattern.FindStringSubmatch(preview)[1]
	page := c.post("", draft)
	require.Equal(t, http.StatusConflict, page.Code)
	require.Contains(t, text(page.Body.String()), "Somebody else has changed the file since you began")
	require.Contains(t, text(page.Body.String()), `- {"type": "CIDR", "value": "198.18.0.0/16"},`)
	c.unsaved(theirs)

	// Who has seen it goes on.
	delete(draft, "seal")
	draft["do"] = "onto"
	page = c.post("", draft)
	require.Equal(t, http.StatusOK, page.Code)
	require.Contains(t, page.Body.String(), `name="begun" value="`+tenant.HashOf([]byte(theirs))+`"`)
	require.Equal(t, http.StatusOK, c.save(c.draft("okta/zones.json", blocked(zones))).Code)
	require.Equal(t, blocked(zones), c.read("okta/zones.json"))
}

// Another file that changes makes another difference: it is shown before it is saved.
func TestChangeIsSavedAsItWasShown(t *testing.T) {
	c := newChanger(t, acme(t))
	zones := c.read("okta/zones.json")
	draft := c.draft("okta/zones.json", blocked(zones))
	draft["seal"] = sealPattern.FindStringSubmatch(c.post("result", draft).Body.String())[1]
	c.write("feeds/threat.txt", "192.0.2.1\n")
	draft["do"] = "save"
	page := c.post("", draft)
	require.Equal(t, http.StatusConflict, page.Code)
	require.Contains(t, text(page.Body.String()), "has changed since the difference was shown")
	c.unsaved(zones)
}

// Who may not write has a preview, with its reason, and cannot save by asking for it.
func TestChangeIsAPreview(t *testing.T) {
	for reason, change := range map[string]func(*changer, *console.Options){
		"you may read this policy": func(c *changer, _ *console.Options) { c.visitor.MayChange = false },
		"a reason of its own":      func(_ *changer, o *console.Options) { o.Store, o.ReadOnly = nil, "a reason of its own" },
		"netwicket pull fetches": func(c *changer, _ *console.Options) {
			c.write("netwicket.json", strings.Replace(c.read("netwicket.json"), `"mode"`, `"pull": {"okta": {"url": "https://acme.okta.com"}}, "mode"`, 1))
		},
		"is not in the policy folder": func(_ *changer, o *console.Options) { o.Folder = "" },
	} {
		t.Run(reason, func(t *testing.T) {
			c := &changer{t: t, dir: acme(t), visitor: console.Visitor{Name: "ann", MayChange: true}}
			c.site = newChanger(t, c.dir, func(o *console.Options) { change(c, o) }).site
			file := filepath.ToSlash(filepath.Join(c.dir, "okta", "zones.json"))
			zones := c.read("okta/zones.json")
			draft := map[string]string{"file": file, "begun": tenant.HashOf([]byte(zones)), "text": blocked(zones)}
			preview := c.post("result", draft).Body.String()
			require.Contains(t, text(preview), "This is a preview")
			require.Contains(t, text(preview), reason)
			require.NotContains(t, preview, `value="save"`)
			require.Contains(t, text(preview), "newly denied")
			draft["do"] = "save"
			require.Equal(t, http.StatusForbidden, c.post("", draft).Code)
			c.unsaved(zones)
		})
	}
}

// While another program holds the folder, nothing is written beside it.
func TestChangeBesideAnotherWriter(t *testing.T) {
	c := newChanger(t, acme(t))
	zones := c.read("okta/zones.json")
	lock, err := folderlock.Take(c.dir, "netwicket pull")
	require.NoError(t, err)
	page := c.save(c.draft("okta/zones.json", blocked(zones)))
	require.Equal(t, http.StatusConflict, page.Code)
	require.Contains(t, text(page.Body.String()), "netwicket pull is writing to this folder")
	lock.Release()
	require.Equal(t, zones, c.read("okta/zones.json"))
	require.Equal(t, http.StatusOK, c.save(c.draft("okta/zones.json", blocked(zones))).Code)
}

// A page of another site saves nothing, whatever the visitor may.
func TestChangeFromAnotherSite(t *testing.T) {
	c := newChanger(t, acme(t))
	for _, origin := range []string{"https://evil.example", "null", ""} {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/change", strings.NewReader("file=okta/zones.json&do=save&text=x"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		require.Equal(t, http.StatusForbidden, c.do(r).Code, origin)
	}
}

// No name leads to a file that the policy is not made of.
func TestChangeOfOtherFiles(t *testing.T) {
	dir := acme(t)
	outside := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(outside, "secret.json"), []byte(`[{"type":"IP","name":"secret"}]`), 0o600))
	require.NoError(t, os.Remove(filepath.Join(dir, "feeds", "threat.txt")))
	require.NoError(t, os.Symlink(filepath.Join(outside, "secret.json"), filepath.Join(dir, "feeds", "threat.txt")))
	c := newChanger(t, dir)
	for _, name := range []string{
		"../secret.json", "okta/../../secret.json", filepath.Join(outside, "secret.json"), "/etc/passwd", "okta", "", ".", "okta/none.json", "feeds/threat.txt",
		"geo/country.mmdb", "geo/overrides.csv", ".netwicket/lock", "okta/zones.json\x00", "okta\\zones.json", "generate/main.go", "OKTA/ZONES.JSON",
	} {
		page := c.get(name)
		require.NotContains(t, page.Body.String(), "<textarea", name)
		require.NotContains(t, page.Body.String(), "secret\"", name)
		require.Contains(t, []int{http.StatusNotFound, http.StatusBadRequest}, c.post("result", map[string]string{"file": name, "text": "x"}).Code, name)
	}
}

// Who may not all that the process may edits no policy file: one that names another file
// of the machine would have findings quote it, and one without a guard would hold nobody.
func TestChangeIsConfined(t *testing.T) {
	c := newChanger(t, acme(t), func(o *console.Options) { o.Confined = true })
	require.NotContains(t, c.get("netwicket.json").Body.String(), "<textarea")
	for _, part := range []string{"check", "result", ""} {
		draft := c.draft("netwicket.json", `{"okta": {"threatFeeds": ["/etc/passwd"]}}`)
		page := c.post(part, draft)
		require.Equal(t, http.StatusNotFound, page.Code)
		require.NotContains(t, page.Body.String(), "root")
	}
	zones := c.read("okta/zones.json")
	require.Equal(t, http.StatusOK, c.save(c.draft("okta/zones.json", blocked(zones))).Code)
}

// Under a server of the vendors' APIs its own store saves, which goes on with what it
// has saved.
func TestChangeThroughTheServersStore(t *testing.T) {
	dir := acme(t)
	store, err := tenant.Open(tenant.Options{Folder: dir})
	require.NoError(t, err)
	defer store.Close()
	c := newChanger(t, dir, func(o *console.Options) {
		o.Store = func(policyfile.Opened) (*tenant.Store, func(), error) { return store, func() {}, nil }
	})
	number := store.Generation()
	zones := c.read("okta/zones.json")
	require.Equal(t, http.StatusOK, c.save(c.draft("okta/zones.json", blocked(zones))).Code)
	require.Equal(t, number+1, store.Generation())
	documents, err := store.Documents()
	require.NoError(t, err)
	zone, _ := documents.Zone("nzo2blockedZoneAcme02")
	require.Equal(t, "192.0.2.0/25", zone.Gateways[1].Value)
	page := c.save(c.draft("okta/zones.json", zones))
	require.Equal(t, http.StatusOK, page.Code, page.Body)
	require.Equal(t, number+2, store.Generation())
}

// The patch of a page makes of the folder's file what would be saved, whatever its lines
// end with and though a browser makes all ends the same.
func TestChangeAsAPatch(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	for title, feed := range map[string]string{
		"LF": "# é\n192.0.2.1\n192.0.2.2\n", "CRLF": "# é\r\n192.0.2.1\r\n192.0.2.2\r\n", "mixed": "# é\n192.0.2.1\r\n192.0.2.2\n", "no newline at the end": "# é\n192.0.2.1\n192.0.2.2",
	} {
		t.Run(title, func(t *testing.T) {
			c := newChanger(t, acme(t))
			c.write("feeds/threat.txt", feed)
			want := strings.Replace(feed, "192.0.2.1", "192.0.2.9", 1)
			draft := c.draft("feeds/threat.txt", want)
			draft["do"] = "patch"
			patch := c.post("", draft)
			require.Equal(t, http.StatusOK, patch.Code)
			require.Equal(t, `attachment; filename="threat.patch"`, patch.Header().Get("Content-Disposition"))
			command := exec.Command("git", "apply", "--whitespace=nowarn", "-")
			command.Dir, command.Stdin = c.dir, bytes.NewReader(patch.Body.Bytes())
			command.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(c.dir))
			out, err := command.CombinedOutput()
			require.NoError(t, err, "%s", out)
			require.Equal(t, want, c.read("feeds/threat.txt"))
			c.write("feeds/threat.txt", feed)
			delete(draft, "do")
			require.Equal(t, http.StatusOK, c.save(draft).Code)
			require.Equal(t, want, c.read("feeds/threat.txt"))
		})
	}
}

// Text of documents never becomes markup, nor hides what it is.
func TestChangeOfHostileText(t *testing.T) {
	c := newChanger(t, acme(t))
	hostile := "</textarea><script>alert(1)</script>\u202e\"onload=\"x"
	zones := strings.Replace(c.read("okta/zones.json"), `"name": "LegacyIpZone"`, `"name": "`+strings.ReplaceAll(hostile, `"`, `\"`)+`"`, 1)
	for _, page := range []string{c.post("", c.draft("okta/zones.json", zones)).Body.String(), c.post("check", c.draft("okta/zones.json", hostile)).Body.String()} {
		require.NotContains(t, page, "<script>alert")
		require.NotContains(t, page, "</textarea><script")
		require.Contains(t, text(page), "cannot be seen, or that change how others look")
		_, rest, whole := strings.Cut(page, "</textarea>")
		if whole { // in the text itself it has to be what it is
			require.NotContains(t, rest, "\u202e")
		}
	}
}

// A document that does not load is mended here.
func TestChangeMends(t *testing.T) {
	dir := acme(t)
	c := &changer{t: t, dir: dir}
	zones := c.read("okta/zones.json")
	c.write("okta/zones.json", zones[1:])
	c = newChanger(t, dir)
	page := c.save(c.draft("okta/zones.json", zones))
	require.Equal(t, http.StatusOK, page.Code, page.Body)
	require.Contains(t, text(page.Body.String()), "Saved as generation 2")
	require.Equal(t, zones, c.read("okta/zones.json"))
}

// A log is weighed by both policies, request by request.
func TestChangeOfALog(t *testing.T) {
	c := newChanger(t, acme(t))
	log := ""
	for _, client := range []string{"192.0.2.1", "192.0.2.1", "192.0.2.2", "203.0.113.9"} {
		log += client + ` - - [17/May/2026:10:05:03 +0000] "GET / HTTP/1.1" 200 1 "-" "x"` + "\n"
	}
	id := c.dropLog(log)
	zones := c.read("okta/zones.json")
	draft := c.draft("okta/zones.json", blocked(zones))
	draft["log"] = id
	_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{c.dir}})
	require.NoError(t, err)
	require.True(t, policy.Decide(netip.MustParseAddr("192.0.2.1")).Allowed())
	page := text(c.post("result", draft).Body.String())
	require.Contains(t, page, "Requests decided: 4.")
	require.Contains(t, page, "newly denied requests: 3")
	require.Contains(t, page, "newly allowed requests: 0")
	require.Contains(t, page, "192.0.2.1 US 2 2")
	require.Equal(t, 2, strings.Count(page, "newly denied requests: 3"), "where it is confirmed, too")
	c.visitor.Name = "bob"
	require.Contains(t, text(c.post("result", draft).Body.String()), "The log is not kept any more", "it is another visitor's")
}

// Who asks for nobody any more is not compiled for.
func TestChangeOfWhoIsGone(t *testing.T) {
	c := newChanger(t, acme(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/change", strings.NewReader("file=okta/zones.json&text=x")).WithContext(ctx)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "http://127.0.0.1")
	r.Header.Set("X-Part", "result")
	require.Empty(t, c.do(r).Body.String())
}

// dropLog has the site keep a log, and gives its id.
func (c *changer) dropLog(log string) string {
	c.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("log", "access.log")
	require.NoError(c.t, err)
	_, err = part.Write([]byte(log))
	require.NoError(c.t, err)
	require.NoError(c.t, form.Close())
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/log-drop", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Origin", "http://127.0.0.1")
	r.Header.Set("X-Part", "dropped")
	answer := c.do(r)
	require.Equal(c.t, http.StatusCreated, answer.Code, answer.Body)
	var kept struct{ Log string }
	require.NoError(c.t, json.Unmarshal(answer.Body.Bytes(), &kept))
	return kept.Log
}
