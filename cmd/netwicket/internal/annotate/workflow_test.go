package annotate_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/annotate"
	"github.com/netwicket/netwicket/internal/finding"
)

// runner reads a line as GitHub's runner does (actions/runner,
// src/Runner.Common/ActionCommand.cs, TryParseV2), and gives nothing for a line that
// is no command.
func runner(line string) (command, data string, properties map[string]string) {
	line = strings.TrimLeft(line, " \t")
	rest, found := strings.CutPrefix(line, "::")
	if !found {
		return "", "", nil
	}
	info, data, found := strings.Cut(rest, "::")
	if !found {
		return "", "", nil
	}
	command, list, _ := strings.Cut(info, " ")
	properties = map[string]string{}
	for pair := range strings.SplitSeq(strings.TrimSpace(list), ",") {
		if key, value, found := strings.Cut(pair, "="); found {
			properties[key] = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%").Replace(value)
		}
	}
	return command, strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(data), properties
}

func TestCommand(t *testing.T) {
	for _, row := range []struct {
		name    string
		command annotate.Command
		want    string
	}{
		{"everything", annotate.Command{Level: "error", File: "a/b.json", Line: 3, Column: 7, Title: "bad-cidr", Text: "no network"},
			"::error file=a/b.json,line=3,col=7,title=bad-cidr::no network\n"},
		{"text alone", annotate.Command{Level: "notice", Text: "touched 1 of 2"}, "::notice::touched 1 of 2\n"},
		{"no title", annotate.Command{Level: "warning", File: "b.json"}, "::warning file=b.json::\n"},
		{"several lines", annotate.Command{Level: "error", Text: "a: 100%\nb::c, d"}, "::error::a: 100%25%0Ab::c, d\n"},
		{"escapes of others", annotate.Command{Level: "error", Title: "50%0A,a:b", Text: "%0A%25"}, "::error title=50%250A%2Ca%3Ab::%250A%2525\n"},
		{"a volume of Windows", annotate.Command{Level: "error", File: `C:\b.json`}, "::error file=C%3A\\b.json::\n"},
	} {
		t.Run(row.name, func(t *testing.T) { require.Equal(t, row.want, row.command.String()) })
	}
}

// What stands nowhere in a file stands at its start.
func TestPlaceOfACommand(t *testing.T) {
	for at, want := range map[[2]int][2]int{{0, 0}: {1, 1}, {1, 1}: {1, 1}, {-1, 2}: {1, 2}, {7, 9}: {7, 9}} {
		command := annotate.Of(&finding.Finding{File: "a", Line: at[0], Column: at[1], Code: "bad-json", Err: errors.New("x")})
		require.Equal(t, want, [2]int{command.Line, command.Column})
	}
}

// However a file is called and whatever stands in it, the runner finds one command,
// the one that was meant, and a person sees what is there.
func TestCommandsCannotBeForged(t *testing.T) {
	for _, hostile := range []string{
		"::add-mask::a", "a::error::b", ",title=x::stop-commands::y", "%0A::error::x", "%3A%3Aerror%3A%3A", "##[add-path]/tmp", "a,file=/etc/passwd",
		"a\n::warning::b", "\r\n::error::c", "\u202egnp.exe", "\x1b[2J::error::", "\u2028::error::", "\u0085::error::", "\xff::x", "=", ":", ",", "%",
	} {
		f := &finding.Finding{File: hostile, Line: 2, Column: 3, Code: "bad-cidr", Value: hostile, Err: errors.New(hostile)}
		line, found := strings.CutSuffix(annotate.Of(f).String(), "\n")
		require.True(t, found)
		require.NotContains(t, line, "\n")
		require.NotContains(t, line, "\r")
		command, data, properties := runner(line)
		require.Equal(t, "error", command, line)
		require.Equal(t, f.Message(), data)
		require.Equal(t, map[string]string{"file": strings.TrimSuffix(f.Position(), ":2:3"), "line": "2", "col": "3", "title": "bad-cidr"}, properties)

		command, data, properties = runner(strings.TrimSuffix(annotate.Command{Level: "notice", Title: hostile, Text: hostile}.String(), "\n"))
		require.Equal(t, "notice", command)
		require.NotContains(t, data, "\x1b")
		require.Len(t, properties, 1)
	}
}

func FuzzCommand(f *testing.F) {
	f.Add("a,b:c", "::error::x\n") // what ends properties and commands
	f.Add("%25", "%0A")            // what the runner takes for escapes
	f.Fuzz(func(t *testing.T, title, text string) {
		line := annotate.Command{Level: "error", File: title, Line: 1, Title: title, Text: text}.String()
		command, _, properties := runner(strings.TrimSuffix(line, "\n"))
		if strings.Count(line, "\n") != 1 || command != "error" || properties["line"] != "1" || strings.TrimSpace(properties["file"]) != strings.TrimSpace(properties["title"]) {
			t.Fatalf("%q", line)
		}
	})
}
