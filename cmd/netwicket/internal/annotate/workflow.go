package annotate

import (
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/shown"
)

// Command is a workflow command of GitHub Actions that becomes an annotation. The
// zero value has no level and is not to be written. See
// https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
type Command struct {
	Level  string // error, warning or notice
	File   string // empty: about no file
	Line   int    // from 1 on; 0: about the whole file
	Column int    // from 1 on; 0: about the whole line
	Title  string // empty: none
	Text   string // one line or several
}

// Of is the command for a finding.
func Of(f *finding.Finding) Command {
	return Command{
		Level: Level(f), File: f.File, Line: max(f.Line, 1), Column: max(f.Column, 1),
		Title: f.Code, Text: f.Message(),
	}
}

// Level is the word for how bad a finding is, which GitHub and SARIF share.
func Level(f *finding.Finding) string {
	if f.Warning {
		return "warning"
	}
	return "error"
}

// String is the command as a line, with its end. Everything in it is escaped twice:
// so that a person sees what is there, and so that the runner finds the end of each
// part where it is.
func (c Command) String() string {
	var properties []string
	add := func(name, value string) {
		if value != "" {
			properties = append(properties, name+"="+escapeProperty(shown.Text(value)))
		}
	}
	add("file", c.File)
	add("line", orNothing(c.Line))
	add("col", orNothing(c.Column))
	add("title", c.Title)
	begin := "::" + c.Level
	if len(properties) > 0 {
		begin += " " + strings.Join(properties, ",")
	}
	return begin + "::" + escapeData(shown.Lines(c.Text)) + "\n"
}

func orNothing(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// escapeData and escapeProperty are those of GitHub's own toolkit, which its runner
// undoes: https://github.com/actions/toolkit, packages/core/src/command.ts.
func escapeData(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

func escapeProperty(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(escapeData(text))
}
