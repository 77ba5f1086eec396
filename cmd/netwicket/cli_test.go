package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/export"
	"github.com/netwicket/netwicket/decide/gate"
)

// Every example of the page prints what the page shows, and its JSON has the keys
// that the page explains.
func TestCommandLinePage(t *testing.T) {
	sections, order, lines := cliSections(t)
	type change struct {
		block cliBlock
		text  string
	}
	var changes []change
	for _, title := range order {
		for _, b := range sections[title].blocks {
			command := strings.HasPrefix(b.name, "netwicket ")
			if b.kind != "console" && !command {
				continue
			}
			t.Run(fmt.Sprintf("%s:%d", title, b.at), func(t *testing.T) {
				shipped(t, sections)
				if !command {
					got := session(t, b.content)
					if fingerprints.ReplaceAllString(got, "F") != fingerprints.ReplaceAllString(b.content, "F") {
						changes = append(changes, change{b, got})
						require.True(t, *updatePage, "%s\n%s", shownHow, got)
					}
					return
				}
				got := shell(t, b.name).out
				require.NotEmpty(t, got)
				if !slices.Equal(leaves(t, got), leaves(t, b.content)) {
					var shown strings.Builder
					for line := range strings.Lines(got) {
						shown.WriteString(readable(json.RawMessage(strings.TrimSpace(line)), "") + "\n")
					}
					changes = append(changes, change{b, shown.String()})
					require.True(t, *updatePage, "%s\n%s", shownHow, shown.String())
				}
			})
		}
	}
	if *updatePage {
		for _, c := range slices.Backward(changes) {
			end := c.block.at + strings.Count(c.block.content, "\n")
			lines = slices.Replace(lines, c.block.at, end, strings.Split(strings.TrimSuffix(c.text, "\n"), "\n")...)
		}
		require.NoError(t, os.WriteFile(cliPage, []byte(strings.Join(lines, "\n")), 0o644))
	}
}

// Each case of the table of exit codes ends so.
func TestCommandLinePageExitCodes(t *testing.T) {
	sections, _, _ := cliSections(t)
	codes := map[int]bool{}
	for _, row := range sections["Exit codes"].tables["code"] {
		want, err := strconv.Atoi(row[0])
		require.NoError(t, err)
		codes[want] = true
		example := spans(row[2])[0]
		t.Run(example, func(t *testing.T) {
			shipped(t, sections)
			got := shell(t, example)
			require.Equal(t, want, got.code, "%s%s", got.out, got.stderr)
		})
	}
	require.Equal(t, map[int]bool{0: true, 1: true, 2: true, 3: true}, codes)
}

// tree is the root command and all others by name.
func tree() (root *cobra.Command, commands map[string]*cobra.Command) {
	root = (&commandLine{}).rootCommand()
	commands = map[string]*cobra.Command{}
	for _, command := range root.Commands() {
		commands[command.Name()] = command
		for _, part := range command.Commands() {
			commands[command.Name()+" "+part.Name()] = part
		}
	}
	return root, commands
}

// Every command and flag stands on the page, and no other.
func TestCommandLinePageNamesEverything(t *testing.T) {
	sections, order, lines := cliSections(t)
	root, commands := tree()
	names := slices.Sorted(maps.Keys(commands))
	titles := slices.Clone(order[slices.Index(order, "Commands")+1:])
	var listed []string
	for _, row := range sections["Commands"].tables["command"] {
		name := spans(row[0])[0]
		require.Equal(t, "[`"+name+"`](#"+strings.ReplaceAll(name, " ", "-")+")", row[0])
		listed = append(listed, name)
	}
	require.Equal(t, listed, titles, "the table lists the sections in their order")
	slices.Sort(titles)
	require.Equal(t, names, titles)

	known := map[string]bool{"--help": true}
	sameFlags(t, sections["Flags of every command"], root.PersistentFlags(), known)
	for name, command := range commands {
		sameFlags(t, sections[name], command.LocalNonPersistentFlags(), known)
		usage := "`" + command.Parent().CommandPath() + " " + command.Use
		require.Contains(t, sections[name].text, usage, "the section begins with how %s is called", name)
	}
	page := strings.Join(lines, "\n")
	for _, found := range regexp.MustCompile(`(?:^|[\s`+"`"+`(])(--[a-z][a-z-]*)`).FindAllStringSubmatch(page, -1) {
		require.True(t, known[found[1]] || found[1] == "--version", "%s is no flag", found[1])
	}
	for _, found := range regexp.MustCompile("(?m)(?:`|^\\$ |json )netwicket ([a-z]+)").FindAllStringSubmatch(page, -1) {
		require.Contains(t, commands, found[1])
	}
}

// sameFlags compares a section's table of flags with the flags that there are.
func sameFlags(t *testing.T, s *cliSection, flags *pflag.FlagSet, known map[string]bool) {
	t.Helper()
	rows := map[string]string{} // by the flag's long name
	for _, row := range s.tables["flag"] {
		written := spans(row[0])
		long, _, hasValue := strings.Cut(written[len(written)-1], " ")
		rows[strings.TrimPrefix(long, "--")] = strings.Join(row, " ")
		flag := flags.Lookup(strings.TrimPrefix(long, "--"))
		if long == "--help" {
			delete(rows, "help")
			continue
		}
		require.NotNil(t, flag, "%s: %s is no flag of it", s.title, long)
		known[long] = true
		require.Equal(t, flag.Value.Type() != "bool", hasValue, "%s: %s", s.title, long)
		require.Equal(t, flag.Shorthand != "", len(written) == 2 && written[0] == "-"+flag.Shorthand, "%s: %s", s.title, long)
		require.Equal(t, flag.Value.Type() == "stringArray", strings.Contains(row[1], "(repeatable"), "%s: %s", s.title, long)
		if d := flag.DefValue; d != "" && d != "false" && d != "[]" {
			require.Contains(t, row[1], "(default "+d+")", "%s: %s", s.title, long)
		}
	}
	flags.VisitAll(func(flag *pflag.Flag) {
		require.Contains(t, rows, flag.Name, "%s: --%s is not on the page", s.title, flag.Name)
	})
}

// The values that flags take, and the errors of resolution, are those there are.
func TestCommandLinePageNamesValues(t *testing.T) {
	sections, _, _ := cliSections(t)
	for section, values := range map[string][]string{"replay": accesslog.Formats(), "export": export.Formats()} {
		for _, value := range values {
			require.Contains(t, sections[section].text, "`"+value+"`", section)
		}
	}
	for format := range testFormats() {
		if format != "" {
			require.Contains(t, sections["test"].text, "`"+format+"`")
		}
	}
	for format := range strings.FieldsSeq(strings.NewReplacer(",", "", " or ", " ").Replace(checkFormats)) {
		require.Contains(t, sections["check"].text, "`"+format+"`")
	}
	var codes, documented []string
	for code := gate.Error(1); !strings.HasPrefix(code.Code(), "error_"); code++ {
		codes = append(codes, code.Code())
	}
	for _, row := range sections["Requests"].tables["error"] {
		documented = append(documented, spans(row[0])[0])
	}
	require.Equal(t, codes, documented)
}
