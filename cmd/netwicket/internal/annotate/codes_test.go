package annotate

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write codes.txt") //nolint:gochecknoglobals // flags are registered before tests run

// The descriptions of rules are what the pages say: the first paragraph under a
// warning's heading, or the row of a table of codes.
func TestCodesAreThoseOfThePages(t *testing.T) {
	pages := map[string]string{}
	for _, name := range []string{"lints.md", "snapshot.md"} {
		text, err := os.ReadFile("../../../../docs/" + name)
		require.NoError(t, err)
		pages[name] = string(text)
	}
	var all []string
	for _, match := range regexp.MustCompile("(?m)^### `([a-z0-9-]+)`\n\n((?:[^\n`].*\n|`[^`].*\n)+)").FindAllStringSubmatch(pages["lints.md"], -1) {
		all = append(all, fmt.Sprintf("%s lints.md#%s: %s", match[1], match[1], oneParagraph(match[2])))
	}
	for _, table := range []struct{ page, heading, anchor string }{
		{"lints.md", "## Errors", "errors"}, {"lints.md", "## Files", "files"}, {"snapshot.md", "## What is refused", "what-is-refused"},
	} {
		_, section, found := strings.Cut(pages[table.page], "\n"+table.heading+"\n")
		require.True(t, found, table.heading)
		section, _, _ = strings.Cut(section, "\n## ")
		for _, match := range regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\| (.*) \\|$").FindAllStringSubmatch(section, -1) {
			text := oneParagraph(match[2])
			all = append(all, fmt.Sprintf("%s %s#%s: %s.", match[1], table.page, table.anchor, strings.ToUpper(text[:1])+text[1:]))
		}
	}
	slices.Sort(all)
	want := strings.Join(all, "\n") + "\n"
	if *update {
		require.NoError(t, os.WriteFile("codes.txt", []byte(want), 0o600))
		codes = want
	}
	require.Equal(t, want, codes)
	require.Greater(t, len(all), 140)
	for i, line := range all {
		code, _, _ := strings.Cut(line, " ")
		require.False(t, i > 0 && strings.HasPrefix(all[i-1], code+" "), "%s is described twice", code)
		r := rule(code)
		require.NotEmpty(t, r.Short.Text)
		require.NotContains(t, r.Full.Text, "](", "a link to nowhere")
	}
}

// oneParagraph is Markdown on one line, without links and marks of code.
func oneParagraph(text string) string {
	text = strings.TrimPrefix(strings.Join(strings.Fields(text), " "), "Needs a policy. ")
	text = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`).ReplaceAllString(text, "$1")
	return strings.ReplaceAll(text, "`", "")
}
