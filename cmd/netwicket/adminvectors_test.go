package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The cases of the vendors' APIs (testdata/management.json says what its members
// mean), each against a running server over a folder of its own. Those of the
// area pull are for the other way: TestPullVectors.

func TestAdminVectors(t *testing.T) {
	text, err := os.ReadFile("testdata/management.json")
	require.NoError(t, err)
	var file struct {
		Cases []adminCase `json:"cases"`
	}
	require.NoError(t, json.Unmarshal(text, &file))
	areas := make(map[string][]adminCase)
	for _, c := range file.Cases {
		areas[c.Area] = append(areas[c.Area], c)
	}
	for _, area := range slices.Sorted(maps.Keys(areas)) {
		if area == "pull" {
			continue
		}
		t.Run(area, func(t *testing.T) {
			for _, c := range areas[area] {
				t.Run(c.ID, func(t *testing.T) {
					t.Parallel()
					c.run(t)
				})
			}
		})
	}
}

// adminCase is one case.

type adminCase struct {
	ID    string `json:"id"`
	Area  string `json:"area"`
	Title string `json:"title"`
	State string `json:"state"`
	adminStep
	Given []adminStep `json:"given"`
	Then  []adminStep `json:"then"`
	Check []struct {
		Run    string `json:"run"`
		Stdout string `json:"stdout"`
	} `json:"check"`
}

// adminStep is one request and what is expected of its answer.

type adminStep struct {
	Do      string `json:"do"` // in words, of the one step that is no single request
	Request struct {
		Method  string            `json:"method"`
		Path    string            `json:"path"`
		As      string            `json:"as"`
		Headers map[string]string `json:"headers"`
		JSON    json.RawMessage   `json:"json"`
		Text    *string           `json:"text"`
	} `json:"request"`
	Expect *struct {
		Status   int                        `json:"status"`
		Body     json.RawMessage            `json:"body"`
		Headers  map[string]json.RawMessage `json:"headers"`
		KeyOrder []string                   `json:"keyOrder"`
		Empty    bool                       `json:"empty"`
		Follow   *pagesExpected             `json:"@follow"`
	} `json:"expect"`
	Capture map[string]string `json:"capture"`
}

// pagesExpected is what following the links gives.

type pagesExpected struct{ Pages, IDs, Distinct int }

// adminWorld is a server with callers of all kinds.

func (c *adminCase) run(t *testing.T) {
	w := newAdminWorld(t, c.State)
	for i := range c.Given {
		w.step(t, &c.Given[i])
	}
	w.step(t, &c.adminStep)
	for i := range c.Then {
		w.step(t, &c.Then[i])
	}
	for _, check := range c.Check {
		args := strings.Fields(strings.ReplaceAll(check.Run, "DIR", w.folder))
		require.Equal(t, "netwicket", args[0])
		var stdout, stderr bytes.Buffer
		run(args[1:], strings.NewReader(""), &stdout, &stderr)
		require.Equal(t, check.Stdout, strings.TrimSpace(stdout.String()), stderr.String())
	}
}

// newAdminWorld starts a server in a state of the cases.

func (w *adminWorld) step(t *testing.T, s *adminStep) {
	t.Helper()
	if s.Do != "" {
		w.deleteAround(t, s)
		return
	}
	body := w.body(t, s)
	request, err := http.NewRequest(s.Request.Method, w.base, body)
	require.NoError(t, err)
	path := w.fill(s.Request.Path)
	proxied := strings.HasPrefix(path, "http://")
	request.URL.Opaque = path
	if !proxied {
		base, err := url.Parse(w.base)
		require.NoError(t, err)
		request.URL = &url.URL{Scheme: base.Scheme, Host: base.Host, Opaque: "//" + base.Host + path}
	}
	for name, text := range s.Request.Headers {
		request.Header.Set(name, w.fill(text))
	}
	w.authorize(request, s, path)
	var answer *http.Response
	if proxied {
		answer = w.absolute(t, request, path)
	} else {
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		answer, err = client.Do(request)
		require.NoError(t, err)
		defer client.CloseIdleConnections()
	}
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	w.lastBody = text
	w.next = nextLink(answer.Header)
	where := fmt.Sprintf("%s %s\n%s", s.Request.Method, path, text)
	for name, pointer := range s.Capture {
		value, ok := capture(text, pointer).(string)
		require.True(t, ok, "%s at %s: %s", name, pointer, where)
		w.captured[name] = value
	}
	if s.Expect == nil {
		return // what it did is seen later
	}
	if s.Expect.Status != 0 {
		require.Equal(t, s.Expect.Status, answer.StatusCode, where)
	}
	if s.Expect.Empty {
		require.Empty(t, text)
	}
	var pages struct {
		Follow *pagesExpected `json:"@follow"`
	}
	if json.Unmarshal(s.Expect.Body, &pages) == nil && pages.Follow != nil {
		s.Expect.Follow = pages.Follow
	} else if s.Expect.Body != nil {
		var got, want any
		require.NoError(t, json.Unmarshal(text, &got), where)
		require.NoError(t, json.Unmarshal(s.Expect.Body, &want))
		require.NoError(t, w.matches(want, got, got, ""), where)
	}
	w.headers(t, s, answer.Header, where)
	if s.Expect.KeyOrder != nil {
		require.Equal(t, s.Expect.KeyOrder, orderOf(t, text))
	}
	if s.Expect.Follow != nil {
		w.follow(t, s, text)
	}
}

// deleteAround deletes the last zone of the page that came and the first of the
// next, and follows the links from where it was.

func (w *adminWorld) deleteAround(t *testing.T, s *adminStep) {
	require.Equal(t, "deactivate and delete the last zone of this page and the first zone of the next, then follow next to the end", s.Do)
	first, next := w.lastBody, w.next
	var page []map[string]any
	require.NoError(t, json.Unmarshal(first, &page))
	behind := page[len(page)-1]["id"].(string)
	var peek adminStep
	peek.Request.Method, peek.Request.Path = http.MethodGet, strings.TrimPrefix(next, w.base)
	w.step(t, &peek)
	require.NoError(t, json.Unmarshal(w.lastBody, &page))
	for _, id := range []string{behind, page[0]["id"].(string)} {
		for _, change := range [][2]string{{http.MethodPost, "/lifecycle/deactivate"}, {http.MethodDelete, ""}} {
			var one adminStep
			one.Request.Method, one.Request.Path = change[0], "/api/v1/zones/"+id+change[1]
			w.step(t, &one)
		}
	}
	w.next = next
	w.follow(t, s, first)
}

func (w *adminWorld) absolute(t *testing.T, request *http.Request, target string) *http.Response {
	proxy, err := url.Parse(w.base)
	require.NoError(t, err)
	to, err := url.Parse(target)
	require.NoError(t, err)
	request.URL, request.Host = to, ""
	transport := &http.Transport{Proxy: http.ProxyURL(proxy)}
	t.Cleanup(transport.CloseIdleConnections)
	answer, err := transport.RoundTrip(request)
	require.NoError(t, err)
	return answer
}

func (w *adminWorld) body(t *testing.T, s *adminStep) io.Reader {
	switch {
	case s.Request.Text != nil:
		return strings.NewReader(w.fill(*s.Request.Text))
	case s.Request.JSON == nil:
		return nil
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(s.Request.JSON))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&value))
	if !bytes.Contains(s.Request.JSON, []byte("@repeat")) {
		return strings.NewReader(w.fill(string(s.Request.JSON)))
	}
	text, err := json.Marshal(repeated(value))
	require.NoError(t, err)
	return strings.NewReader(w.fill(string(text)))
}

// repeated fills lists that a case only describes.

func repeated(value any) any {
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	if count, isList := object["@repeat"]; isList {
		n, _ := count.(json.Number).Int64()
		var list []any
		for i := range n {
			list = append(list, map[string]any{"type": "CIDR", "value": fmt.Sprintf("198.18.%d.%d/32", i/256, i%256)})
		}
		return list
	}
	for name, member := range object {
		object[name] = repeated(member)
	}
	return object
}

// fill puts variables into text.

func (w *adminWorld) headers(t *testing.T, s *adminStep, header http.Header, where string) {
	t.Helper()
	for name, expected := range s.Expect.Headers {
		var want any
		require.NoError(t, json.Unmarshal(expected, &want))
		lines := header.Values(name)
		switch want := want.(type) {
		case nil:
			require.Empty(t, lines, "%s: %s", name, where)
		case string:
			require.Len(t, lines, 1, "%s: %s", name, where)
			require.NoError(t, w.matchesText(want, lines[0], "", name), where)
		case []any:
			require.Len(t, lines, len(want), "%s: %q %s", name, lines, where)
			for i := range want {
				require.NoError(t, w.matchesText(want[i].(string), lines[i], "", name), where)
			}
		}
	}
}

// follow walks from a page to the last one.

func (w *adminWorld) follow(t *testing.T, s *adminStep, first []byte) {
	t.Helper()
	pages, ids := 0, []string{}
	for text := first; ; {
		pages++
		var page []map[string]any
		require.NoError(t, json.Unmarshal(text, &page))
		for _, one := range page {
			ids = append(ids, one["id"].(string))
		}
		if w.next == "" {
			break
		}
		request, err := http.NewRequest(http.MethodGet, w.next, nil)
		require.NoError(t, err)
		w.authorize(request, s, "")
		answer, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		text, err = io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusOK, answer.StatusCode, "%s", text)
		w.next = nextLink(answer.Header)
	}
	want := s.Expect.Follow
	if want.Pages != 0 {
		require.Equal(t, want.Pages, pages)
	}
	require.Len(t, ids, want.IDs)
	slices.Sort(ids)
	require.Len(t, slices.Compact(ids), want.Distinct)
}
