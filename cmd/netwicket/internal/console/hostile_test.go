package console_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// hostile is a text that wants to be markup, script, a template, or to be read in
// another order than it is written.
const hostile = "\"'><x-hostile onx=1 style=color:red>&lt;</script></title></textarea><script>alert(1)</script>{{.}}${7}\u202e\u2066\u200b\u0085\x07\x1b[31m"

// hostileFolder is the example's policy; every text of every document for which spoil is
// true is hostile. It returns the files' names.
func hostileFolder(t *testing.T, spoil func(file, field string) bool) (folder string, names []string) {
	t.Helper()
	folder = t.TempDir()
	from := filepath.Join("..", "..", "..", "..", "examples", "acme")
	require.NoError(t, os.CopyFS(folder, os.DirFS(from)))
	require.NoError(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(folder, path)
		if err != nil || entry.IsDir() || filepath.Ext(name) != ".json" {
			return err
		}
		names = append(names, filepath.ToSlash(name))
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		var document any
		require.NoError(t, json.Unmarshal(text, &document))
		text, err = json.MarshalIndent(spoiled(document, filepath.ToSlash(name), "", spoil), "", " ")
		require.NoError(t, err)
		return os.WriteFile(path, text, 0o644)
	}))
	return folder, names
}

// spoiled is a value whose texts are hostile where they are to be.
func spoiled(value any, file, field string, spoil func(file, field string) bool) any {
	switch v := value.(type) {
	case string:
		if spoil(file, field) {
			return hostile
		}
	case []any:
		for i := range v {
			v[i] = spoiled(v[i], file, field, spoil)
		}
	case map[string]any:
		for name := range v {
			v[name] = spoiled(v[name], file, name, spoil)
		}
	}
	return value
}

// Names that a vendor lets people give hold anything: the policy stands, and its pages
// are what the templates make of them.
func TestHostileNames(t *testing.T) {
	folder, _ := hostileFolder(t, func(file, field string) bool { return field == "name" && file != "netwicket.json" })
	c := newCrawl(t, folder)
	require.Contains(t, c.get("ask?q=203.0.113.200"), "verdict deny", "it decides")
	c.walk()
}

// Every text of a document at a time, whatever it is for: the document does not load, and
// the pages say so.
func TestHostileDocuments(t *testing.T) {
	_, names := hostileFolder(t, func(string, string) bool { return false })
	require.Greater(t, len(names), 4)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			folder, _ := hostileFolder(t, func(file, field string) bool { return file == name && field != "$schema" })
			newCrawl(t, folder).walk()
		})
	}
}

// Files that are not text, JSON or databases at all.
func TestHostileFiles(t *testing.T) {
	for _, name := range []string{"netwicket.json", "okta/zones.json", "geo/overrides.csv", "feeds/threat.txt", "geo/country.mmdb"} {
		t.Run(name, func(t *testing.T) {
			folder, _ := hostileFolder(t, func(string, string) bool { return false })
			require.NoError(t, os.WriteFile(filepath.Join(folder, filepath.FromSlash(name)), []byte(strings.Repeat(hostile+"\n", 3)), 0o644))
			newCrawl(t, folder).walk()
		})
	}
}

// crawl is somebody who follows every link and asks every form for its part.
type crawl struct {
	t       *testing.T
	site    http.Handler
	allowed map[string]bool // "element" and "element attribute" of the templates
	met     int             // pages that show the hostile text
}

func newCrawl(t *testing.T, folder string) *crawl {
	t.Helper()
	site, err := console.New(console.Options{Policy: policyfile.Options{Paths: []string{folder}}, Folder: folder})
	require.NoError(t, err)
	t.Cleanup(site.Close)
	c := &crawl{t: t, site: site.Handler(), allowed: make(map[string]bool)}
	for _, text := range source(t, "pages/*.html") {
		tokens := html.NewTokenizer(strings.NewReader(actions.ReplaceAllString(text, "")))
		for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
			token := tokens.Token()
			c.allowed[token.Data] = c.allowed[token.Data] || kind != html.TextToken
			for _, attribute := range token.Attr {
				c.allowed[token.Data+" "+attribute.Key] = true
			}
		}
	}
	return c
}

func (c *crawl) get(target string, header ...string) string {
	c.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:9/", nil)
	at, err := url.Parse("/" + target)
	require.NoError(c.t, err, target)
	r.URL = at
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	c.site.ServeHTTP(w, r.WithContext(console.WithVisitor(r.Context(), console.Visitor{Name: hostile, Account: "somebody", MayChange: true, SignsOut: true})))
	require.Less(c.t, w.Code, 500, "%s: %s", target, w.Body.String())
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		c.holds(target, w.Body.String())
	} else if target, text := target, w.Body.String(); w.Code >= 400 {
		require.True(c.t, strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain"), target)
		require.False(c.t, strings.ContainsFunc(text, invisible), "%s: %q", target, text)
	}
	return w.Body.String()
}

// holds says that a page is made of the templates' elements and attributes alone.
func (c *crawl) holds(target, text string) {
	c.t.Helper()
	if strings.Contains(text, "&lt;x-hostile") {
		c.met++
	}
	tokens := html.NewTokenizer(strings.NewReader(text))
	edited := false // the text that is edited is as it is
	for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
		token := tokens.Token()
		switch kind {
		case html.ErrorToken, html.DoctypeToken:
		case html.StartTagToken, html.SelfClosingTagToken:
			edited = token.Data == "textarea"
			require.True(c.t, c.allowed[token.Data], "%s: an element that no template has: %s", target, token)
			for _, attribute := range token.Attr {
				require.True(c.t, c.allowed[token.Data+" "+attribute.Key], "%s: an attribute that no template has: %s", target, token)
				mine := token.Data == "input" && attribute.Key == "value" // what the visitor has typed
				require.False(c.t, !mine && strings.ContainsFunc(attribute.Val, invisible), "%s: %q", target, token.String())
				if attribute.Key == "href" || attribute.Key == "src" || attribute.Key == "action" {
					at, err := url.Parse(attribute.Val)
					require.NoError(c.t, err, "%s: %s", target, token)
					require.True(c.t, at.Scheme == "" && at.Host == "" && !strings.HasPrefix(at.Path, "/"), "%s: leads elsewhere: %s", target, token)
				}
			}
		case html.EndTagToken:
			edited = edited && token.Data != "textarea"
		case html.TextToken:
			require.False(c.t, !edited && strings.ContainsFunc(token.Data, invisible), "%s: %q", target, token.Data)
		case html.CommentToken:
			require.Fail(c.t, "a comment that no template has", "%s: %s", target, token)
		}
	}
}

// invisible says that a rune is no text, or changes how other text is read.
func invisible(r rune) bool {
	return r != '\n' && r != '\t' && r != '\r' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r))
}

// walk visits all pages, with hostile questions as well, what they link to, and the part
// of each form.
func (c *crawl) walk() {
	c.t.Helper()
	escaped := url.QueryEscape(hostile)
	open := []string{"nothing", "ask", "ask?q=203.0.113.200", "ask?q=192.0.2.0/24", "ask?q=" + escaped, "map", "documents", "change", "log", "tests",
		"map?at=" + escaped, "map?by=" + escaped, "map?at=10.0.0.0/8&by=zone", "documents?file=" + escaped, "change?file=" + escaped, "log?log=" + escaped, "tests?file=" + escaped, "point?at=" + escaped, "tile?at=" + escaped,
		"documents?file=..%2f..%2fetc%2fpasswd", "change?file=..%2f..%2fetc%2fpasswd", "documents?file=%2fetc%2fpasswd"}
	const most = 150
	seen := make(map[string]bool)
	for i := 0; i < len(open) && i < most; i++ {
		text := c.get(open[i])
		require.NotContains(c.t, text, "root:", open[i])
		tokens := html.NewTokenizer(strings.NewReader(text))
		for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
			token := tokens.Token()
			for _, attribute := range token.Attr {
				target, _, _ := strings.Cut(attribute.Val, "#")
				switch {
				case token.Data == "a" && attribute.Key == "href" && target != "" && !seen[target] && !slices.Contains(open, target):
					seen[target], open = true, append(open, target)
				case token.Data == "form" && attribute.Key == "data-live":
					c.get(open[i], "X-Part", attribute.Val)
				}
			}
		}
	}
	require.Greater(c.t, len(open), 25, fmt.Sprint(open))
	require.Greater(c.t, c.met, 5, "the text is shown, or this tests nothing")
}
