package console_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/tenant"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// saves gives a site the store of a folder.
func saves(o *console.Options) {
	o.Store = func(loaded policyfile.Opened) (*tenant.Store, func(), error) {
		store, err := tenant.Open(tenant.Options{Folder: ".", Between: true, AsFound: true, Policy: policyfile.Options{Before: loaded.Parts, Previous: loaded.Policy}})
		if err != nil {
			return nil, nil, err
		}
		return store, store.Close, nil
	}
}

// draft is the form of a document of a folder with another text.
func (r *reader) draft(file, begun, text string) url.Values {
	return url.Values{"file": {file}, "begun": {tenant.HashOf([]byte(begun))}, "text": {text}}
}

// change asks for the findings of a draft and for its difference.
func (r *reader) change(title string, draft url.Values) {
	r.t.Helper()
	for _, part := range []string{"check", "result"} {
		r.note("POST "+part+" of "+title, r.send("change", part, draft))
	}
}

// The page Change says of a draft what is wrong with it, what it decides otherwise, and
// whether it can be saved.
func TestChangeAsRead(t *testing.T) {
	files := maps.Clone(small)
	files["rules.json"] += "\n"
	zones := files["zones.json"]
	r := readAt(t, folderOf(t, files), saves)
	r.open("change", "change?file=rules.json", "change?file=rows.csv")
	r.change("the same", r.draft("zones.json", zones, zones))
	more := strings.Replace(zones, `"192.0.2.64-192.0.2.95"`, `"192.0.2.60-192.0.2.95"`, 1)
	r.change("more blocked", r.draft("zones.json", zones, more))
	r.change("an error", r.draft("zones.json", zones, strings.Replace(zones, `"192.0.2.0/24"`, `"192.0.2.0/33"`, 1)))
	r.change("a warning", r.draft("zones.json", zones, strings.Replace(zones, `"192.0.2.0/24"`, `"192.0.2.1/24"`, 1)))
	r.change("an unseen letter", r.draft("zones.json", zones, strings.Replace(zones, `"Office"`, "\"Off\u200bice\"", 1)))
	r.change("another text than now", r.draft("zones.json", "before", more))
	r.change("the other file", r.draft("rules.json", files["rules.json"], "[]"))
	r.change("a zone that others name", r.draft("zones.json", zones, strings.Replace(zones, `"id":"office"`, `"id":"bureau"`, 1)))
	r.change("nothing", r.draft("none.json", "", ""))
	r.note("POST page of bytes", r.send("change", "", r.draft("zones.json", zones, "\xff")))
	r.change("bytes", r.draft("zones.json", zones, "\xff"))
	r.change("a null", r.draft("zones.json", zones, "\x00"))
	page := r.draft("zones.json", "before", more)
	for _, what := range []string{"onto", "save", "patch"} {
		page.Set("do", what)
		r.note("POST "+what+" without a seal", r.send("change", "", page))
	}
	r.requireAs("change")
}

// A policy with guards shows whom a draft locks out, and does not save it.
func TestLockoutAsRead(t *testing.T) {
	files := maps.Clone(small)
	files["netwicket.json"] = strings.Replace(files["netwicket.json"], `"geo"`, `"serve":{"guard":["192.0.2.9"]},"geo"`, 1)
	r := readAt(t, folderOf(t, files), saves)
	out := strings.Replace(files["zones.json"], `"192.0.2.64-192.0.2.95"`, `"192.0.2.0-192.0.2.95"`, 1)
	r.change("a lock-out", r.draft("zones.json", files["zones.json"], out))
	seal := sealPattern.FindStringSubmatch(r.send("change", "result", r.draft("zones.json", files["zones.json"], out)).Body.String())
	require.Nil(t, seal, "what locks out is not offered to be saved")
	r.visitor.MayChange = false
	r.change("who may not", r.draft("zones.json", files["zones.json"], out))
	r.requireAs("lockout")
}

// Warnings that a policy has are told from those that a draft brings, and from those that it
// takes away.
func TestWarningsAsRead(t *testing.T) {
	files := maps.Clone(small)
	files["zones.json"] = strings.Replace(files["zones.json"], `"192.0.2.0/24"`, `"192.0.2.1/24"`, 1)
	zones := files["zones.json"]
	r := readAt(t, folderOf(t, files))
	r.change("the same", r.draft("zones.json", zones, zones))
	r.change("a space", r.draft("zones.json", zones, zones+" "))
	r.change("a second warning", r.draft("zones.json", zones, strings.Replace(zones, `"198.51.100.0/24"`, `"198.51.100.1/24"`, 1)))
	r.change("no warning", r.draft("zones.json", zones, small["zones.json"]))
	r.change("an error instead", r.draft("zones.json", zones, strings.Replace(zones, `"192.0.2.1/24"`, `"192.0.2.1/33"`, 1)))
	r.change("an error and a warning", r.draft("zones.json", zones, strings.NewReplacer(`"192.0.2.64-192.0.2.95"`, `"192.0.2"`, `"198.51.100.0/24"`, `"198.51.100.1/24"`).Replace(zones)))
	unseen := strings.Repeat("\t\r\n\u200b\n", 25)
	r.note("POST check of unseen lines", r.send("change", "check", r.draft("zones.json", zones, zones+unseen)))
	putAll(t, ".", map[string]string{"zones.json": "["})
	r.change("while nothing loads", r.draft("zones.json", "[", zones))
	r.requireAs("warnings")
}

// What was saved is said with the way back, and what was not, with the reason.
func TestSavedAsRead(t *testing.T) {
	files := maps.Clone(small)
	zones := files["zones.json"]
	var audit bytes.Buffer
	var fails error
	r := readAt(t, folderOf(t, files), func(o *console.Options) {
		o.Store = func(loaded policyfile.Opened) (*tenant.Store, func(), error) {
			if fails != nil {
				return nil, nil, fails
			}
			store, err := tenant.Open(tenant.Options{Folder: ".", Between: true, AsFound: true, Policy: policyfile.Options{Before: loaded.Parts, Previous: loaded.Policy}, Audit: tenant.NewAudit(&audit)})
			if err != nil {
				return nil, nil, err
			}
			return store, store.Close, nil
		}
	})
	header := "" // of the page
	save := func(title string, draft url.Values) {
		seal := sealPattern.FindStringSubmatch(r.send("change", "result", draft).Body.String())
		require.NotNil(t, seal, title)
		draft.Set("seal", seal[1])
		draft.Set("do", "save")
		answer := r.send("change", "", draft)
		header, _, _ = strings.Cut(answer.Body.String(), "<h1>")
		r.note("POST save of "+title, answer)
	}
	warned := strings.Replace(zones, `"192.0.2.0/24"`, `"192.0.2.1/24"`, 1)
	save("a warning", r.draft("zones.json", zones, warned))
	_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{"."}, Now: today})
	require.NoError(t, err)
	require.Contains(t, header, policy.Info().Fingerprint[:12], "the page shows the policy that was saved")
	fails = errors.New("the folder is locked by \u202e somebody")
	save("what cannot be opened", r.draft("zones.json", warned, zones))
	fails = nil
	save("what somebody else has changed", r.draft("zones.json", zones, zones+" "))
	require.Regexp(t, `"caller":"ann","address":"192.0.2.1".*"verb":"SAVE","path":"zones.json","status":200`, audit.String())
	r.requireAs("saved")
}

// A text that is taken from a file counts for the one in the form.
func TestChangeOfAFile(t *testing.T) {
	r := readAt(t, folderOf(t, small), saves)
	send := func(file, text string) string {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		for name, value := range map[string]string{"file": "zones.json", "begun": tenant.HashOf([]byte(small["zones.json"])), "text": text} {
			require.NoError(t, form.WriteField(name, value))
		}
		part, err := form.CreateFormFile("upload", "zones.json")
		require.NoError(t, err)
		_, err = part.Write([]byte(file))
		require.NoError(t, err)
		require.NoError(t, form.Close())
		request := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/change", &body)
		request.Header.Set("Content-Type", form.FormDataContentType())
		request.Header.Set("Origin", "http://127.0.0.1")
		request.Header.Set("X-Part", "check")
		return text2(r.answer(request))
	}
	require.Contains(t, send("[{", "[]"), "the document ends too early")
	require.Contains(t, send("", small["zones.json"]), "Nothing has changed yet")
	require.Contains(t, send("\x00", small["zones.json"]), "no text in UTF-8")
	require.Contains(t, send(strings.Repeat(" ", 16<<20)+" ", "[]"), "too large")
	broken := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/change", strings.NewReader("--x\r\nnothing"))
	broken.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	broken.Header.Set("Origin", "http://127.0.0.1")
	w := r.answer(broken)
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Contains(t, text2(w), "The form could not be read")
}

func text2(w *httptest.ResponseRecorder) string {
	return fmt.Sprint(w.Code, " ", text(w.Body.String()))
}

// A document that is no text, or too large for a page, is not edited in one.
func TestDocumentsThatAreNotEdited(t *testing.T) {
	files := maps.Clone(small)
	files["netwicket.json"] = strings.Replace(files["netwicket.json"], `"rules":["rules.json"]`, `"rules":["rules.json"],"threatFeeds":["feed.txt","large.txt","gone.txt"]`, 1)
	files["feed.txt"], files["large.txt"], files["gone.txt"] = "192.0.2.1\xff\n", "192.0.2.1\n"+strings.Repeat("#", 8<<20), "192.0.2.1\n"
	r := readAt(t, folderOf(t, files))
	require.NoError(t, os.Remove("gone.txt"))
	for name, want := range map[string]string{"feed.txt": "404 .*no text in UTF-8", "large.txt": "404 .*too large", "gone.txt": "404 .*no such document", "zones.json": "200 .*192.0.2.0/24"} {
		require.Regexp(t, want, text2(r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/change?file="+name, nil))), name)
	}
	large, zones := strings.Repeat(" ", 8<<20-len(files["zones.json"])), files["zones.json"]
	putAll(t, ".", map[string]string{"zones.json": zones + large})
	require.Contains(t, text2(r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/change?file=zones.json", nil))), "Nothing has changed yet", "of exactly the limit")
}

// Drafts are compiled one at a time: who waits too long is told so, and keeps the text.
func TestChangeWaitsItsTurn(t *testing.T) {
	folder := folderOf(t, small)
	synctest.Test(t, func(t *testing.T) {
		site := readOnly(t, folder)
		r := &reader{t: t, site: site, http: site.Handler(), visitor: console.Visitor{Name: "ann", MayChange: true}}
		_, leave, err := site.TakeBench(t.Context(), "bob")
		require.NoError(t, err)
		draft := r.draft("zones.json", small["zones.json"], "[ ]")
		for _, part := range []string{"check", ""} {
			w := r.send("change", part, draft)
			require.Equal(t, http.StatusServiceUnavailable, w.Code)
			require.Contains(t, w.Body.String(), "Others")
			require.Equal(t, 1, site.Asking(), "who has the place")
			require.Equal(t, part == "", strings.Contains(w.Body.String(), "[ ]</textarea>"))
		}
		leave()
		require.Equal(t, http.StatusOK, r.send("change", "check", draft).Code)
	})
}

// A form is read up to what a document may have, and no further.
func TestLargeForms(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	zones := small["zones.json"]
	require.Contains(t, text2(r.send("change", "check", r.draft("zones.json", zones, zones+strings.Repeat(" ", 11<<20)))), "200 Findings This text brings no new finding.")
	require.Contains(t, text2(r.send("change", "check", r.draft("zones.json", zones, strings.Repeat(" ", 26<<20)))), "400 The form could not be read")
	require.Contains(t, text2(r.send("tests", "given", url.Values{"text": {strings.Repeat(" ", 9<<20)}})), "413 ")
	request := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/tests", strings.NewReader("text=%zz"))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", "http://127.0.0.1")
	require.Contains(t, text2(r.answer(request)), `400 This could not be read: invalid URL escape "%zz"`)
}
