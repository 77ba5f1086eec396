package main

import (
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// The page Ask says of each request what explain --json says: decision, reason, client,
// chain, states of the zones.
func TestConsoleAsksAsExplainDoes(t *testing.T) {
	acme(t)
	site, err := console.New(console.Options{Policy: policyfile.Options{Paths: []string{"."}}})
	require.NoError(t, err)
	t.Cleanup(site.Close)
	handler := site.Handler()
	random := rand.New(rand.NewPCG(17, 17))
	var lines []string
	for range 300 {
		lines = append(lines, randomQuestion(random))
	}
	explained := objects(t, runIn(t, strings.Join(lines, "\n"), "explain", "--json", "-").out)
	require.Len(t, explained, len(lines))
	verdicts := make(map[string]int)
	for i, line := range lines {
		r := httptest.NewRequest(http.MethodGet, "/ask?"+url.Values{"q": {line}}.Encode(), nil)
		r.Header.Set("X-Part", "answer")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r.WithContext(console.WithVisitor(r.Context(), console.Visitor{Name: "somebody"})))
		require.Equal(t, said(explained[i]), shownBy(w.Body.String()), line)
		verdicts[fmt.Sprint(explained[i]["reason"])]++
	}
	require.Greater(t, len(verdicts), 3, "questions with different answers: %v", verdicts)
}

// randomQuestion is an address, or a request through proxies.
func randomQuestion(random *rand.Rand) string {
	addresses := []string{"192.0.2.1", "192.0.2.255", "198.51.100.1", "203.0.113.9", "203.0.113.255", "10.0.0.1", "10.0.0.2", "::ffff:192.0.2.1", "2001:db8::1", "8.8.8.8"}
	pick := func() string {
		if random.IntN(4) == 0 {
			return fmt.Sprintf("%d.%d.%d.%d", random.IntN(256), random.IntN(256), random.IntN(256), random.IntN(256))
		}
		return addresses[random.IntN(len(addresses))]
	}
	if random.IntN(3) == 0 {
		return pick()
	}
	var hops []string
	for range random.IntN(4) {
		hops = append(hops, pick())
		if random.IntN(8) == 0 {
			hops = append(hops, "x")
		}
	}
	return fmt.Sprintf(`{"remote":"%s","headers":[["X-Forwarded-For","%s"]]}`, pick(), strings.Join(hops, ", "))
}

// said is an explanation in the words of the page.
func said(e map[string]any) []string {
	client := "no client"
	if e["client"] != nil {
		client = e["client"].(string)
	}
	words := []string{e["decision"].(string), e["reason"].(string), client}
	for _, hop := range e["chain"].([]any) {
		if hop == nil {
			hop = "?"
		}
		words = append(words, "hop "+hop.(string))
	}
	zones := e["zones"].(map[string]any)
	for _, key := range []string{"nzoffice", "nzblock", "nzde"} {
		words = append(words, "zone "+key+" "+zones[key].(string))
	}
	return words
}

var (
	decisionShown = regexp.MustCompile(`<p class="decision[^>]*><strong class="verdict [a-z]+">([a-z]+)</strong> <span[^>]*>([a-z_]+)</span> <(?:code|span)[^>]*>([^<]*)<`)
	hopShown      = regexp.MustCompile(`<tr><td class="number hop">\d+</td><th scope="row"><code>([^<]*)</code>`)
	zoneShown     = regexp.MustCompile(`<td class="state">([a-z]+)</td><th scope="row" class="named"><bdi>[^<]*</bdi> <code class="faint"><bdi>([^<]*)</bdi>`)
)

func shownBy(part string) []string {
	var words []string
	if found := decisionShown.FindStringSubmatch(part); found != nil {
		words = found[1:]
	}
	for _, found := range hopShown.FindAllStringSubmatch(part, -1) {
		words = append(words, "hop "+html.UnescapeString(found[1]))
	}
	for _, found := range zoneShown.FindAllStringSubmatch(part, -1) {
		words = append(words, "zone "+found[2]+" "+found[1])
	}
	return words
}
