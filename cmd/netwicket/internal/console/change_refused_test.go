package console_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/folderlock"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// forged is a draft with the seal that its page would have, whether it offers to save it
// or not.
func (r *reader) forged(file, begun, text string) url.Values {
	r.t.Helper()
	_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{"."}, Now: today, Contents: map[string][]byte{file: []byte(text)}})
	require.NoError(r.t, err)
	draft := r.draft(file, begun, text)
	draft.Set("seal", tenant.HashOf([]byte(file+"\x00"+draft.Get("begun")+"\x00"+policy.Info().Fingerprint+"\x00"+text)))
	draft.Set("do", "save")
	return draft
}

// What the folder does not take is not saved, though everything was right with the draft a
// moment ago; it is said why, the text stays in its field, and the folder is given back.
func TestSaveIsRefused(t *testing.T) {
	files := maps.Clone(small)
	files["netwicket.json"] = strings.Replace(files["netwicket.json"], `"geo"`, `"serve":{"guard":["192.0.2.9"]},"geo"`, 1)
	zones := files["zones.json"]
	more := strings.Replace(zones, `"192.0.2.64-192.0.2.95"`, `"192.0.2.60-192.0.2.95"`, 1)
	theirs := strings.Replace(zones, `"198.51.100.0/24"`, `"198.51.100.0/25"`, 1)
	nothing := func(*testing.T, *tenant.Store) {}
	for title, row := range map[string]struct {
		text      string
		meanwhile func(*testing.T, *tenant.Store)
		status    int
		says      []string
		holds     string
	}{
		"nothing against it": {more, nothing, http.StatusOK, []string{"Saved as generation 2: zones.json"}, more},
		"whom it locks out":  {strings.Replace(zones, `"192.0.2.64-192.0.2.95"`, `"192.0.2.0-192.0.2.95"`, 1), nothing, http.StatusBadRequest, []string{"It was not saved. The folder refuses it:", "192.0.2.9, which is in serve.guard"}, zones},
		"what is there":      {zones, nothing, http.StatusBadRequest, []string{"It was not saved. The folder refuses it:", "there is nothing to save"}, zones},
		"somebody else's": {more, func(t *testing.T, _ *tenant.Store) { putAll(t, ".", map[string]string{"zones.json": theirs}) }, http.StatusConflict,
			[]string{"It was not saved. Somebody else has changed the file since you began. Nothing was written.", "This is what saving your text would do to theirs:", `198.51.100.0/25"`, "Go on with my text"}, theirs},
		"others who write": {more, func(t *testing.T, _ *tenant.Store) {
			turn, err := folderlock.Turn(".", time.Second)
			require.NoError(t, err)
			t.Cleanup(turn.Release)
		}, http.StatusServiceUnavailable, []string{"It was not saved. Others are trying changes at this moment. Try again."}, zones},
		"a store that ends": {more, func(_ *testing.T, store *tenant.Store) { store.Close() }, http.StatusConflict, []string{"It was not saved. the server is shutting down"}, zones},
	} {
		t.Run(title, func(t *testing.T) {
			opened, closed := 0, 0
			r := readAt(t, folderOf(t, files), func(o *console.Options) {
				o.Store = func(policyfile.Opened) (*tenant.Store, func(), error) {
					store, err := tenant.Open(tenant.Options{Folder: ".", AsFound: true, Patience: time.Nanosecond})
					require.NoError(t, err)
					opened++
					row.meanwhile(t, store)
					return store, func() { closed++; store.Close() }, nil
				}
			})
			w := r.send("change", "", r.forged("zones.json", zones, row.text))
			require.Equal(t, row.status, w.Code, text(w.Body.String()))
			for _, says := range row.says {
				require.Contains(t, text(w.Body.String()), says)
			}
			holds, err := os.ReadFile("zones.json")
			require.NoError(t, err)
			require.Equal(t, row.holds, string(holds))
			require.Equal(t, []int{1, 1}, []int{opened, closed}, "the folder is given back")
			header, _, _ := strings.Cut(w.Body.String(), "<h1>")
			_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{"."}, Now: today})
			require.NoError(t, err)
			require.Equal(t, row.status != http.StatusConflict || row.holds == zones, strings.Contains(header, policy.Info().Fingerprint[:12]), "the page shows the policy that was saved")
		})
	}
}

// A draft that makes no policy is not saved, whatever its seal.
func TestErrorsAreNotSaved(t *testing.T) {
	r := readAt(t, folderOf(t, small), saves)
	draft := r.draft("zones.json", small["zones.json"], "[{")
	for _, seal := range []string{"", tenant.HashOf([]byte("zones.json\x00" + draft.Get("begun") + "\x00\x00[{"))} {
		draft.Set("seal", seal)
		draft.Set("do", "save")
		w := r.send("change", "", draft)
		require.Equal(t, http.StatusBadRequest, w.Code)
		require.Contains(t, text(w.Body.String()), "It was not saved. With errors there is nothing to save.")
	}
}

// What netwicket pull fetches is not saved, from whichever vendor it comes.
func TestFetchedDocumentsAreNotSaved(t *testing.T) {
	for _, pull := range []string{`"okta":{"url":"https://acme.okta.com"}`, `"sailpoint":{"url":"https://acme.identitynow.com"}`} {
		files := maps.Clone(small)
		files["netwicket.json"] = strings.Replace(files["netwicket.json"], `"geo"`, `"pull":{`+pull+`},"geo"`, 1)
		r := readAt(t, folderOf(t, files), saves)
		w := r.send("change", "", r.forged("zones.json", files["zones.json"], files["zones.json"]+"\n"))
		require.Equal(t, http.StatusForbidden, w.Code)
		require.Contains(t, text(w.Body.String()), "It was not saved. netwicket pull fetches these documents", pull)
	}
}

// A document that makes no policy is mended here, though there is nothing to compare with.
func TestBrokenDocumentIsMended(t *testing.T) {
	files := maps.Clone(small)
	files["zones.json"] = "["
	r := readAt(t, folderOf(t, files), saves)
	log := regexpAll(`log=([\w-]+)`, r.kept("a.log", logged("192.0.2.7", "26/Nov/2026:10:00:00", "-")))[0]
	draft := r.draft("zones.json", "[", small["zones.json"])
	draft.Set("log", log)
	w := r.send("change", "result", draft)
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, text(w.Body.String()), "This is what is saved: The policy as its files are now is none, so that nothing can be compared with it.")
	require.NotContains(t, text(w.Body.String()), "Requests of the log")
	draft.Set("do", "save")
	draft.Set("seal", sealPattern.FindStringSubmatch(w.Body.String())[1])
	w = r.send("change", "", draft)
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, text(w.Body.String()), "Saved as generation 2: zones.json")
}

// Addresses within IPv6 addresses are not compared, which is said as soon as either policy
// looks at them.
func TestEmbeddedAddressesAreNotCompared(t *testing.T) {
	without := strings.Replace(small["zones.json"], `"usage":"BLOCKLIST"`, `"usage":"POLICY"`, 1)
	for _, row := range []struct {
		before, after string
		says          bool
	}{{without, without + "\n", false}, {small["zones.json"], without, true}, {without, small["zones.json"], true}} {
		files := maps.Clone(small)
		files["zones.json"] = row.before
		r := readAt(t, folderOf(t, files))
		page := text(r.send("change", "result", r.draft("zones.json", row.before, row.after)).Body.String())
		require.Equal(t, row.says, strings.Contains(page, "Teredo and local NAT64 addresses are compared without"), page)
	}
}

// A finding leads to where it stands: to the line of the text that is edited, to another
// document by the name that other pages have for it, and nowhere if that cannot be shown.
func TestFindingsLeadToTheirPlace(t *testing.T) {
	files := maps.Clone(small)
	files["netwicket.json"] = strings.Replace(files["netwicket.json"], `"rules":["rules.json"]`, `"rules":["rules.json"],"threatInsight":"threat.json","threatFeeds":["feed.txt","gone.txt"]`, 1)
	files["rows.csv"] += "192.0.3.9/24,DE,,,none,\n"
	files["feed.txt"], files["gone.txt"], files["threat.json"] = "192.0.2.1/24\n", "\n", `{"action":"block"}`
	folder := folderOf(t, files)
	r := readAt(t, folder, func(o *console.Options) { o.Policy.Paths, o.Folder = []string{folder}, folder })
	link := func(name string, line int) string {
		return fmt.Sprintf(`<a href="documents?file=%s#L%d"><bdi>%s</bdi>:%d</a>`, strings.ReplaceAll(url.QueryEscape(folder+"/"), "%2F", "%2f")+name, line, name, line)
	}
	check := func(text string) string {
		t.Helper()
		return r.send("change", "check", r.draft("zones.json", files["zones.json"], text)).Body.String()
	}
	r.page("documents")
	page := check(strings.Replace(files["zones.json"], `"id":"office"`, `"id":"bureau"`, 1))
	require.Contains(t, page, link("rules.json", 1), "a zone that rules name")
	require.Contains(t, page, link("feed.txt", 1), "what was there before")
	require.Contains(t, page, link("rows.csv", 3), "what is not edited")
	require.Contains(t, check(strings.Replace(files["zones.json"], `"192.0.2.0/24"`, `"192.0.2.1/24"`, 1)), `<a href="#L2" data-column="25">line 2</a>`)
	require.NoError(t, os.Remove("gone.txt"))
	require.Contains(t, check(files["zones.json"]+"\n"), "<code><bdi>"+filepath.Join(folder, "gone.txt")+":1:1</bdi></code>")
}

// leaving is a request whose visitor goes at one of the moments at which the site asks who
// it is.
type leaving struct {
	context.Context
	end   context.CancelFunc
	until int // how many times more it is asked
}

func (l *leaving) Value(key any) any {
	if fmt.Sprintf("%T", key) == "console.visitorKey" {
		if l.until--; l.until == 0 {
			l.end()
		}
	}
	return l.Context.Value(key)
}

// leave sends a draft of somebody who goes at that moment, and says whether it came.
func (r *reader) leave(part string, draft url.Values, moment int) (w *httptest.ResponseRecorder, came bool) {
	request := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/change", strings.NewReader(draft.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", "http://127.0.0.1")
	if part != "" {
		request.Header.Set("X-Part", part)
	}
	ctx, end := context.WithCancel(console.WithVisitor(request.Context(), r.visitor))
	defer end()
	gone := &leaving{ctx, end, moment}
	w = httptest.NewRecorder()
	r.http.ServeHTTP(w, request.WithContext(gone))
	return w, gone.until <= 0
}

// Who goes before the answer is made gets none, at whichever moment, and never half of it;
// their place is free, and nobody goes on to read a log for them.
func TestChangeOfWhoGoesAtAnyMoment(t *testing.T) {
	r := readAt(t, folderOf(t, small), saves)
	dropped := func(log string) string { return regexpAll(`log=([\w-]+)`, r.kept("a.log", log))[0] }
	draft := r.draft("zones.json", small["zones.json"], strings.Replace(small["zones.json"], "192.0.2.64-", "192.0.2.60-", 1))
	draft.Set("log", dropped(logged("192.0.2.61", "26/Nov/2026:10:00:00", "-")))
	moment := 1
	for ; ; moment++ {
		w, came := r.leave("result", draft, moment)
		require.Zero(t, r.site.Asking())
		if !came {
			require.Contains(t, text(w.Body.String()), "newly denied requests: 1")
			break
		}
		require.Empty(t, w.Body.String(), moment)
	}
	require.Greater(t, moment, 4)
	draft.Set("log", dropped(bomb(t)))
	w, came := r.leave("result", draft, moment-1)
	require.True(t, came)
	require.Empty(t, w.Body.String())
	draft = r.draft("zones.json", small["zones.json"], `[{"type":"IP","id":"office","name":"Office","usage":"BLOCKLIST","gateways":`+list(1500, func(i int) string { return fmt.Sprintf(`{"type":"RANGE","value":"10.0.%d.%d"}`, i>>7, i&127*2) })+"}]")
	draft.Set("log", "none")
	whole := r.send("change", "result", draft).Body.String()
	require.Contains(t, text(whole), "The log is not kept any more")
	for i := range moment {
		if w, _ := r.leave("result", draft, i+1); w.Body.Len() > 0 {
			require.Equal(t, whole, w.Body.String())
		}
	}
}
