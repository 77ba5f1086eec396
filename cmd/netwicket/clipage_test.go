package main

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	cliPage    = "../../docs/cli.md"
	shownHow   = "docs/cli.md shows another output; go test ./cmd/netwicket -run TestCommandLinePage -update writes it"
	acmeFolder = "../../examples/acme"
)

// A cliSection is what the page has below one heading.
type cliSection struct {
	title  string
	text   string
	tables map[string][][]string // rows by the first word of their heading
	blocks []cliBlock
}

// A cliBlock is a fenced block: a file, a session, or an output in JSON.
type cliBlock struct {
	kind, name string // json and netwicket ..., json or text and a file's name, console
	content    string
	at         int // line of the page behind the fence
}

// cliSections reads the page, by the title of each section without quotes.
func cliSections(t *testing.T) (sections map[string]*cliSection, order, lines []string) {
	t.Helper()
	text, err := os.ReadFile(cliPage)
	require.NoError(t, err)
	lines = strings.Split(string(text), "\n")
	sections = map[string]*cliSection{}
	var s *cliSection
	table := ""
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		switch {
		case strings.HasPrefix(line, "#"):
			s = &cliSection{title: strings.Trim(line, "# `"), tables: map[string][][]string{}}
			sections[s.title] = s
			order = append(order, s.title)
		case strings.HasPrefix(line, "```"):
			end := i + 1 + slices.Index(lines[i+1:], "```")
			kind, name, _ := strings.Cut(line[3:], " ")
			s.blocks = append(s.blocks, cliBlock{kind, name, strings.Join(append(lines[i+1:end:end], ""), "\n"), i + 1})
			i = end
		case strings.HasPrefix(line, "|---"):
			continue
		case strings.HasPrefix(line, "| "):
			cells := strings.Split(strings.Trim(line, "| "), " | ")
			if table == "" {
				table = cells[0]
			} else {
				s.tables[table] = append(s.tables[table], cells)
			}
			s.text += line + "\n"
			continue
		default:
			s.text += line + "\n"
		}
		table = ""
	}
	return sections, order, lines
}

// spans are the texts in code style.
func spans(text string) []string {
	var list []string
	for _, found := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(text, -1) {
		list = append(list, found[1])
	}
	return list
}

// shipped is the example of an organisation with the files that the page shows.
func shipped(t *testing.T, sections map[string]*cliSection) {
	t.Helper()
	example, files := os.DirFS(acmeFolder), map[string]string{}
	for _, s := range sections {
		for _, b := range s.blocks {
			if b.kind != "console" && !strings.HasPrefix(b.name, "netwicket ") {
				require.NotContains(t, files, b.name)
				files[b.name] = b.content
			}
		}
	}
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, example))
	t.Chdir(dir)
	for name, text := range files {
		writeFile(t, name, text)
	}
}

// shell runs a line as a shell would: 'quoted words' and < FILE.
func shell(t *testing.T, line string) ran {
	t.Helper()
	command, file, redirected := strings.Cut(line, " < ")
	stdin := ""
	if redirected {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		stdin = string(text)
	}
	var words []string
	for _, word := range regexp.MustCompile(`'[^']*'|\S+`).FindAllString(command, -1) {
		words = append(words, strings.Trim(word, "'"))
	}
	require.Equal(t, "netwicket", words[0], line)
	return runIn(t, stdin, words[1:]...)
}

var fingerprints = regexp.MustCompile(`\b[0-9a-f]{32}\b`)

var spacesAtTheEnd = regexp.MustCompile(`(?m) +$`)

// session runs the commands of a console block, and gives the block as it is, less
// spaces that nobody sees.
func session(t *testing.T, content string) string {
	t.Helper()
	var out strings.Builder
	last := ran{}
	for line := range strings.Lines(content) {
		command, isCommand := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "$ ")
		switch {
		case !isCommand:
			continue
		case command == "echo $?":
			last.out = strconv.Itoa(last.code) + "\n"
		default:
			last = shell(t, command)
		}
		out.WriteString(line + last.out)
	}
	return spacesAtTheEnd.ReplaceAllString(out.String(), "")
}
