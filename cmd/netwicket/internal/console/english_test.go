package console_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// source is the text of all files that match, by name.
func source(t *testing.T, pattern string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, names)
	texts := make(map[string]string)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		texts[name] = string(text)
	}
	return texts
}

// keys are those of english.txt, in order.
func keys(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("english.txt")
	require.NoError(t, err)
	var all []string
	for _, line := range strings.Split(string(text), "\n") {
		if key, _, found := strings.Cut(line, " = "); found && line[0] != '#' {
			all = append(all, key)
		}
	}
	require.Greater(t, len(all), 100)
	return all
}

var (
	asked   = regexp.MustCompile(`(?:say|count) "([^"]+)"|\.(?:say|count)\("([^"]+)"[,)]|\bword\("([^"]+)"`)
	literal = regexp.MustCompile("[\"`']([a-z][a-zA-Z0-9.-]*)[\"`']")
)

// Each text that is asked for is there, and each that is there is asked for.
func TestEnglishIsAskedFor(t *testing.T) {
	known := make(map[string]bool)
	for _, key := range keys(t) {
		known[key] = true
	}
	literals, all := make(map[string]bool), ""
	for _, pattern := range []string{"*.go", "pages/*.html", "assets/*.js"} {
		for name, text := range source(t, pattern) {
			all += text
			for _, found := range asked.FindAllStringSubmatch(text, -1) {
				key := found[1] + found[2]
				if found[3] != "" {
					key = "script." + found[3]
				}
				if !strings.HasSuffix(key, ".") && !strings.HasSuffix(key, "-") {
					assert.True(t, known[key], "%s asks for %q", name, key)
				}
			}
			for _, found := range literal.FindAllStringSubmatch(text, -1) {
				literals[found[1]] = true
			}
		}
	}
	for key := range known {
		used := literals[key] || literals[strings.TrimPrefix(key, "script.")] && strings.HasPrefix(key, "script.")
		if i := strings.LastIndex(key, "."); !used && i > 0 { // one that ends differently
			used = literals[key[:i]] && strings.Contains(all, `"`+key[i:]+`"`)
		}
		for part := key; !used && strings.ContainsAny(part, ".-"); {
			part = part[:strings.LastIndexAny(part, ".-")]
			used = literals[part+"."] || literals[part+"-"] // a key that is put together
		}
		assert.True(t, used, "nobody asks for %q", key)
	}
}

var (
	actions = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	letters = regexp.MustCompile(`\pL{2,}`)
)

// What people read in a template or in its attributes is asked for, never written there.
func TestTemplatesHaveNoEnglish(t *testing.T) {
	for name, text := range source(t, "pages/*.html") {
		tokens := html.NewTokenizer(strings.NewReader(actions.ReplaceAllString(text, "")))
		example := false // of a program's input, in code
		for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
			token := tokens.Token()
			switch kind {
			case html.ErrorToken, html.CommentToken, html.DoctypeToken:
			case html.TextToken:
				assert.False(t, !example && letters.MatchString(strings.ReplaceAll(token.Data, "UTC", "")), "%s says %q itself", name, strings.TrimSpace(token.Data))
			case html.EndTagToken:
				example = example && token.Data != "code"
			case html.StartTagToken, html.SelfClosingTagToken:
				example = example || token.Data == "code"
				for _, attribute := range token.Attr {
					switch attribute.Key {
					case "title", "aria-label", "aria-description", "aria-roledescription", "placeholder", "alt", "label", "aria-valuetext":
						assert.False(t, letters.MatchString(attribute.Val), "%s says %s=%q itself", name, attribute.Key, attribute.Val)
					case "style", "onclick", "onload", "onchange", "oninput", "onsubmit":
						require.Fail(t, "the content policy forbids it", "%s: %s", name, attribute.Key)
					}
				}
			}
		}
	}
}

var (
	comments = regexp.MustCompile(`(?s)/\*.*?\*/|(?m)(^|[ ;{}(,])//.*$`)
	texts    = regexp.MustCompile("\"[^\"\n]*\"|'[^'\n]*'|`[^`]*`")
	// Two words with nothing between them but a space are a text that people read; one
	// word with a capital is one, too, unless it is a name of the browser's.
	words = regexp.MustCompile(`[A-Za-z]{2,} [a-z]{2,}|^.[A-Z][a-z]+.$`)
	names = map[string]bool{
		`"X-Part"`: true, `"AbortError"`: true, `"Enter"`: true, `"Escape"`: true, `"Tab"`: true, `"Home"`: true, `"End"`: true, `"Delete"`: true, `"Files"`: true,
		`"input change"`: true,
	}
)

// Scripts ask for what they say by word().
func TestScriptsHaveNoEnglish(t *testing.T) {
	for name, text := range source(t, "assets/*.js") {
		for _, found := range texts.FindAllString(comments.ReplaceAllString(text, " "), -1) {
			assert.True(t, names[found] || !words.MatchString(found), "%s says %s itself", name, found)
		}
	}
}
