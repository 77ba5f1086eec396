package console_test

import (
	"bytes"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
)

var update = flag.Bool("update", false, "write testdata/pages, which then has to be read") //nolint:gochecknoglobals // flags are registered before tests run

// reader is somebody who reads pages of a site over a folder, from which the site is
// asked, so that files have the same names everywhere.
type reader struct {
	t       *testing.T
	site    *console.Console
	http    http.Handler
	visitor console.Visitor
	files   string // where what is read lies
	told    strings.Builder
}

// today is when the pages are read.
var today = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// readAt is a reader of the policy in a folder.
func readAt(t *testing.T, folder string, change ...func(*console.Options)) *reader {
	t.Helper()
	files, err := filepath.Abs(filepath.Join("testdata", "pages"))
	require.NoError(t, err)
	t.Chdir(folder)
	options := console.Options{Policy: policyfile.Options{Paths: []string{"."}}, Folder: ".", Now: func() time.Time { return today }}
	for _, one := range change {
		one(&options)
	}
	site, err := console.New(options)
	require.NoError(t, err)
	t.Cleanup(site.Close)
	return &reader{t: t, site: site, http: site.Handler(), visitor: console.Visitor{Name: "ann", MayChange: true}, files: files}
}

// folderOf is a folder of files by name.
func folderOf(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	putAll(t, folder, files)
	return folder
}

func putAll(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
}

// answer is what the site answers to a browser.
func (r *reader) answer(request *http.Request) *httptest.ResponseRecorder {
	r.t.Helper()
	w := httptest.NewRecorder()
	r.http.ServeHTTP(w, request.WithContext(console.WithVisitor(request.Context(), r.visitor)))
	return w
}

// open reads a page, or a part of it: "part target".
func (r *reader) open(targets ...string) {
	r.t.Helper()
	for _, target := range targets {
		part, at, some := strings.Cut(target, " ")
		if !some {
			part, at = "", target
		}
		request := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/"+at, nil)
		if part != "" {
			request.Header.Set("X-Part", part)
		}
		r.note("GET "+target, r.answer(request))
	}
}

// send posts a form.
func (r *reader) send(target, part string, fields url.Values) *httptest.ResponseRecorder {
	r.t.Helper()
	request := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/"+target, strings.NewReader(fields.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", "http://127.0.0.1")
	if part != "" {
		request.Header.Set("X-Part", part)
	}
	return r.answer(request)
}

var passing = regexp.MustCompile(`\b[0-9a-f]{12,64}\b`) // fingerprints and hashes, which say nothing to a reader

var logID = regexp.MustCompile(`((?:log|value)=|"log":")[\w-]{22}`)

func (r *reader) note(request string, w *httptest.ResponseRecorder) {
	text := w.Body.String()
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		text = spoken(text)
	}
	if to := w.Header().Get("Location"); to != "" {
		text = "leads to " + to
	}
	text = fmt.Sprintf("=== %s: %d\n%s\n", request, w.Code, text)
	r.told.WriteString(logID.ReplaceAllString(passing.ReplaceAllString(text, "HASH"), "${1}LOG"))
}

// requireAs holds what was read to a file, which somebody has read.
func (r *reader) requireAs(name string) {
	r.t.Helper()
	file := filepath.Join(r.files, name+".txt")
	if *update {
		require.NoError(r.t, os.WriteFile(file, []byte(r.told.String()), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	require.NoError(r.t, err)
	require.Equal(r.t, strings.Split(string(want), "\n"), strings.Split(r.told.String(), "\n"))
}

// Of an element these attributes say something; others are for its look.
var telling = map[string][]string{
	"a": {"href"}, "input": {"name", "value"}, "button": {"name", "value", "form"}, "option": {"value", "selected"}, "li": {"class", "id"}, "tr": {"class"}, "form": {"action"}, "ol": {"start"},
	"svg": {"viewbox"}, "rect": {"x", "y", "width", "height"}, "progress": {"value"}, "meter": {"max", "value"}, "img": {"src"}, "data": {"value"}, "details": {"open"}, "section": {"role"}, "p": {"role"}, "select": {"name"},
	"textarea": {"name"},
}

// inline are elements that stand in a line.
var inline = []string{"a", "bdi", "b", "strong", "code", "span", "time", "q", "td", "th", "data", "wbr", "label", "br"}

// spoken is a page as a line for each of its elements: the text, and what leads on.
func spoken(page string) string {
	var out bytes.Buffer
	tokens := html.NewTokenizer(strings.NewReader(page))
	whole := strings.Contains(page, "<html")
	quiet, swatch := whole, false // the square of a colour
	for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
		token := tokens.Token()
		switch {
		case token.Data == "h1" && kind == html.StartTagToken:
			quiet = false
		case token.Data == "main" && kind == html.EndTagToken:
			quiet = true
		}
		if token.Data == "svg" {
			swatch = kind == html.StartTagToken && strings.Contains(token.String(), "swatch")
		}
		if quiet || swatch {
			continue
		}
		switch kind {
		case html.TextToken:
			out.WriteString(token.Data)
		case html.StartTagToken, html.SelfClosingTagToken:
			if !slices.Contains(inline, token.Data) {
				out.WriteString("\n")
			} else if token.Data == "td" || token.Data == "th" {
				out.WriteString(" | ")
			}
			var said []string
			for _, attribute := range token.Attr {
				if slices.Contains(telling[token.Data], attribute.Key) || strings.HasPrefix(attribute.Key, "data-") {
					said = append(said, strings.TrimSuffix(attribute.Key+"="+attribute.Val, "="))
				}
			}
			if len(said) > 0 {
				fmt.Fprintf(&out, "{%s} ", strings.Join(said, " "))
			}
		case html.EndTagToken:
			if !slices.Contains(inline, token.Data) {
				out.WriteString("\n")
			}
		case html.ErrorToken, html.CommentToken, html.DoctypeToken:
		}
	}
	var lines []string
	for line := range strings.Lines(out.String()) {
		if line = strings.Join(strings.Fields(line), " "); line != "" && line != "{class=} " {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
