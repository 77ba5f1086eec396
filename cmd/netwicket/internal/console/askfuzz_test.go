package console_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/question"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/realdata"
)

// Whatever is asked is answered by a page: with one decision about a question, with the
// parser's own words otherwise, and with no markup that the site has not written.
func FuzzAsk(f *testing.F) {
	for _, text := range []string{
		"203.0.113.9", "2001:db8::/32", "remote: @\nX-Forwarded-For: 203.0.113.9, <script>", "curl URL -H 'X-Forwarded-For: \u202e'", // questions
		"203.0.", "<script>", "\"><img>", "{{.}}", // none
	} {
		f.Add(text, "")
		f.Add(text, "10.0.0.1")
	}
	folder := f.TempDir()
	for name, text := range small {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			f.Fatal(err)
		}
	}
	handler := handlerOf(f, folder)
	f.Fuzz(func(t *testing.T, text, peer string) {
		got := answerOf(t, handler, url.Values{"q": {text}, "peer": {peer}})
		asked, err := question.Parse(text, peer)
		switch {
		case strings.Contains(got, "<script") || strings.Contains(got, "<img"):
			t.Fatalf("%q is markup: %s", text, got)
		case err != nil && strings.Contains(got, `class="verdict`):
			t.Fatalf("%q is no question and has an answer: %s", text, got)
		case err == nil && asked.Kind != "" && !strings.Contains(got, `class="verdict`) && !asked.Network.IsValid():
			t.Fatalf("%q has no answer: %s", text, got)
		}
	})
}

// A question about a policy with databases of the whole internet.
func BenchmarkAsk(b *testing.B) {
	folder := b.TempDir()
	files := map[string]string{
		"netwicket.json": `{"okta":{"zones":["zones.json"],"rules":["rules.json"]},"geo":["` + realdata.Path(b, "mmdb/country-2025.mmdb") + `","` +
			realdata.Path(b, "mmdb/asn-2024.mmdb") + `","` + realdata.Path(b, "mmdb/anonymous-2026.mmdb") + `"]}`,
		"zones.json": `[{"type":"DYNAMIC_V2","id":"home","name":"Home","locations":{"include":[{"country":"DE"},{"country":"US"}]}},
			{"type":"DYNAMIC_V2","id":"anonymous","name":"Anonymous","usage":"BLOCKLIST","ipServiceCategories":{"include":["ALL_ANONYMIZERS"]}}]`,
		"rules.json": `[{"name":"in","conditions":{"network":{"connection":"ZONE","include":["home"]}},"actions":{"signon":{"access":"ALLOW"}}}]`,
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	handler := handlerOf(b, folder)
	for _, text := range []string{"81.2.69.142", "2a01:4f8::1", "81.2.0.0/16", "0.0.0.0/0"} {
		b.Run(strings.ReplaceAll(text, "/", "_"), func(b *testing.B) {
			answerOf(b, handler, url.Values{"q": {text}}) // the first one reads the databases once more
			for b.Loop() {
				answerOf(b, handler, url.Values{"q": {text}})
			}
		})
	}
}

func handlerOf(tb testing.TB, folder string) http.Handler {
	tb.Helper()
	site, err := console.New(console.Options{Policy: policyfile.Options{Paths: []string{folder}}})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(site.Close)
	return site.Handler()
}

func answerOf(tb testing.TB, handler http.Handler, values url.Values) string {
	tb.Helper()
	r := httptest.NewRequest(http.MethodGet, "/ask?"+values.Encode(), nil)
	r.Header.Set("X-Part", "answer")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r.WithContext(console.WithVisitor(r.Context(), console.Visitor{Name: "somebody"})))
	if w.Code != http.StatusOK {
		tb.Fatalf("%d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}
