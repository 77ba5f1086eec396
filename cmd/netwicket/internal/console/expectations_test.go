package console_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// summary is how many expectations hold and do not, as the page Tests says it first.
func (s shop) summary() string {
	s.t.Helper()
	_, rest, _ := strings.Cut(s.page("tests"), `<p class="summary">`)
	first, _, _ := strings.Cut(rest, "</p>")
	return strings.TrimSpace(text(first))
}

// A file that cannot be read is named, whatever it is called, since it may hold expectations;
// one of the policy holds none, whatever stands in it.
func TestTestsOfOddFiles(t *testing.T) {
	s := openShop(t, map[string]string{
		"netwicket.json": ownPolicy, "zones.json": strings.Replace(ownZones, `"name"`, `"want":{"decision":"allow"},"name"`, 1), "tests/a.json": allowedWant,
	}, nil)
	require.Equal(t, "1 passed , 0 failed", s.summary())
	require.NoError(t, os.Symlink(filepath.Join(s.folder, "nowhere"), filepath.Join(s.folder, "link.json")))
	require.NoError(t, os.Mkdir(filepath.Join(s.folder, "tests", "folder.json"), 0o700))
	require.Equal(t, "1 passed , 0 failed , 2 files cannot be run", s.summary())
	require.Contains(t, text(s.page("tests")), filepath.Join(s.folder, "link.json")+":1:1 cannot be read: no such file or directory")
	s.write("tests/b.json", wrongWant)
	require.Equal(t, "1 passed , 1 failed , 2 files cannot be run", s.summary(), "a file that is new in a folder is found")
	require.NoError(t, os.Remove(filepath.Join(s.folder, "tests", "a.json")))
	require.Equal(t, "0 passed , 1 failed , 2 files cannot be run", s.summary())
}

// Of very many files the first hundred are looked at.
func TestTestsOfManyFiles(t *testing.T) {
	files := map[string]string{"netwicket.json": ownPolicy, "zones.json": ownZones}
	for i := range 99 {
		files[fmt.Sprintf("tests/%03d.json", i)] = allowedWant
	}
	for count, name := range []string{"tests/099.json", "tests/100.json"} {
		files[name] = wrongWant
		require.Equal(t, "99 passed , 1 failed", openShop(t, maps.Clone(files), nil).summary(), "%d more", count)
	}
}

// A policy whose folder is not there has no expectations, and one of two folders has those
// of both.
func TestTestsOfFolders(t *testing.T) {
	one := folderOf(t, map[string]string{"netwicket.json": ownPolicy, "zones.json": ownZones, "a.json": allowedWant})
	two := folderOf(t, map[string]string{"rules.json": small["rules.json"], "b.json": wrongWant})
	for _, row := range []struct {
		paths []string
		says  string
	}{
		{[]string{filepath.Join(one, "none", "netwicket.json")}, "There is no policy that expectations could be held against."},
		{[]string{one}, "1 passed , 0 failed"},
		{[]string{filepath.Join(one, "zones.json")}, "1 passed , 0 failed"},
		{[]string{filepath.Join(one, "none"), one}, "There is no policy"},
		{[]string{filepath.Join(one, "zones.json"), filepath.Join(two, "x.json")}, "There is no policy"},
	} {
		s := openShop(t, nil, func(o *policyfile.Options) { o.Paths = row.paths })
		require.Contains(t, text(s.page("tests")), row.says, row.paths)
	}
}

// What may be expectations and cannot be read is said to be broken; other broken files are
// not the page's business.
func TestTestsOfBrokenFiles(t *testing.T) {
	for text, broken := range map[string]bool{
		`[{"want":`: true, `[{"remote":"192.0.2.7"`: false, "": false, `[{"a":1,"a":2}]`: false, `[{"a":{"want":1},"a":2}]`: true, `[{"a":{"want":1}}]`: false,
	} {
		for name, always := range map[string]bool{"a.json": false, "My-Expectations.json": true} {
			s := openShop(t, map[string]string{"netwicket.json": ownPolicy, "zones.json": ownZones, "tests/ok.json": allowedWant, name: text}, nil)
			whole := text == `[{"a":{"want":1}}]`
			require.Equal(t, broken || always && !whole, strings.Contains(s.summary(), "1 file cannot be run"), "%s %s", name, text)
		}
	}
}

// Of exactly as many expectations it is told what they touch.
func TestTestsOfTheMostThatAreCovered(t *testing.T) {
	s := openShop(t, map[string]string{"netwicket.json": ownPolicy, "zones.json": ownZones, "expect.json": list(2000, func(i int) string {
		return fmt.Sprintf(`{"remote":"192.0.%d.%d","want":{"decision":"allow"}}`, i>>8, i&255)
	})}, nil)
	page := text(s.page("tests"))
	require.Contains(t, page, "2,000 passed")
	require.Contains(t, page, "zones 0 of 1")
	require.NotContains(t, page, "There are too many expectations to tell")
}

// A question is asked as a person would write it.
func TestTestsAskAsPeopleWrite(t *testing.T) {
	s := openShop(t, map[string]string{"netwicket.json": ownPolicy, "zones.json": ownZones, "expect.json": `[{"remote":"192.0.2.7","headers":[["Accept","a<b>&c"]],"want":{"decision":"allow"}}]`}, nil)
	question, err := url.QueryUnescape(regexpAll(`href="ask\?q=([^"]*)"`, s.page("tests"))[0])
	require.NoError(t, err)
	require.Equal(t, `{"remote":"192.0.2.7","headers":[["Accept","a<b>&c"]]}`, question)
}

// Without a path the expectations of the folder are meant.
func TestTestsWithoutAPath(t *testing.T) {
	r := readAt(t, folderOf(t, map[string]string{"zones.json": ownZones}), func(o *console.Options) { o.Policy.Paths = nil })
	require.Contains(t, r.page("tests"), "JSON files beside the policy, in . ,")
	require.Contains(t, r.page("documents"), "error netwicket.json:1:1 there is no policy file in this folder")
}

// given sends expectations, in a text or in files.
func (r *reader) given(part, text string, files ...string) *httptest.ResponseRecorder {
	r.t.Helper()
	named := make([][2]string, len(files))
	for i, file := range files {
		named[i] = [2]string{fmt.Sprintf("mine-%d.json", i), file}
	}
	return r.answer(givenForm(r.t, part, text, named...))
}

// The first file that holds anything is run, whatever was pasted; without one it is the text.
func TestGivenFiles(t *testing.T) {
	r := readAt(t, folderOf(t, map[string]string{"netwicket.json": ownPolicy, "zones.json": ownZones}))
	for _, row := range []struct {
		text  string
		files []string
		says  string
	}{
		{allowedWant, nil, "1 passed , 0 failed Expectations that were given"},
		{allowedWant, []string{""}, "1 passed , 0 failed Expectations that were given"},
		{allowedWant, []string{wrongWant}, "0 passed , 1 failed Expectations of mine-0.json"},
		{allowedWant, []string{"", wrongWant, allowedWant}, "0 passed , 1 failed Expectations of mine-1.json"},
		{allowedWant, []string{"["}, "1 file cannot be run mine-0.json error 1:2 the document ends too early"},
		{"[", nil, "1 file cannot be run Expectations that were given error 1:2 the document ends too early"},
	} {
		require.Contains(t, text2(r.given("given", row.text, row.files...)), "200 ", row.files)
		require.Contains(t, text2(r.given("given", row.text, row.files...)), row.says, row.files)
	}
	run := regexpAll(`data-run="(\w+)"`, r.answer(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/tests", nil)).Body.String())[0]
	for _, target := range []string{"tests", "tests?since=none", "tests?since=" + run} {
		require.Contains(t, r.page(target), "Skip to the content")
	}
	require.Contains(t, text2(r.given("", allowedWant)), "Skip to the content")
}

// A form of expectations is read up to a size, and not a byte beyond; one that is none says
// why, and nothing else.
func TestGivenFormsThatAreRefused(t *testing.T) {
	r := readAt(t, folderOf(t, small))
	send := func(part, body string) *httptest.ResponseRecorder {
		request := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/tests", strings.NewReader(body))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Origin", "http://127.0.0.1")
		request.Header.Set("X-Part", part)
		return r.answer(request)
	}
	for more, want := range map[int]string{0: "200 ", 1: "413 More than 8 MiB; that is too much for this page. netwicket test takes larger files.\n"} {
		w := send("given", "text="+strings.Repeat("+", 8<<20-5+more))
		require.Equal(t, want, fmt.Sprint(w.Code, " ", w.Body))
	}
	for _, part := range []string{"given", ""} {
		w := send(part, "text=%zz")
		require.Equal(t, "400 This could not be read: invalid URL escape \"%zz\"\n", fmt.Sprint(w.Code, " ", w.Body))
	}
	w := send("", "text="+strings.Repeat("+", 8<<20))
	require.Equal(t, "413 More than 8 MiB; that is too much for this page. netwicket test takes larger files.\n", fmt.Sprint(w.Code, " ", w.Body))
}

// Of one file a thousand results are shown, and it is said how many there are more.
func TestResultsAreBounded(t *testing.T) {
	r := readAt(t, folderOf(t, map[string]string{"netwicket.json": ownPolicy, "zones.json": ownZones}))
	for _, count := range []int{1000, 1002} {
		page := r.given("given", list(count, func(int) string { return `{"remote":"192.0.2.7","want":{"decision":"allow"}}` })).Body.String()
		require.Equal(t, 1000, strings.Count(page, `class="outcome"`))
		require.Equal(t, count > 1000, strings.Contains(page, "and 2 more"))
	}
}
