package manpages

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// option is a flag as the generator sets it: its name and default on one line, and
// what it is for behind a tab on the next, which a reader of the page gets on one
// line with an accidental gap, and a checker complains about.
var option = regexp.MustCompile(`(?m)(?:^\.PP\n)?^\\fB(?:-\w\\fP, \\fB)?--([\w-]+)\\fP.*\n\t.*\n`) //nolint:gochecknoglobals // compiled once

// typeset puts right what the generator does not do well: the flags become tagged
// paragraphs, as `--name VALUE` like in the help, and the date one that every reader
// of pages can read.
func typeset(page string, date time.Time, flags map[string]*pflag.Flag) string {
	page = strings.Replace(page, `"`+date.Format("Jan 2006")+`"`, `"`+date.Format(time.DateOnly)+`"`, 1)
	return option.ReplaceAllStringFunc(page, func(set string) string {
		flag := flags[option.FindStringSubmatch(set)[1]]
		value, usage := pflag.UnquoteUsage(flag)
		name := `\fB\-\-` + roff(flag.Name) + `\fP`
		if flag.Shorthand != "" {
			name = `\fB\-` + flag.Shorthand + `\fP, ` + name
		}
		if value != "" {
			name += ` \fI` + roff(value) + `\fP`
		}
		if !slices.Contains([]string{"", "0", "0s", "false", "[]"}, flag.DefValue) {
			usage += " (default " + flag.DefValue + ")"
		}
		return ".TP\n" + name + "\n" + roff(usage) + "\n"
	})
}

// flagsOf are the flags that a command's page tells of, by name.
func flagsOf(command *cobra.Command) map[string]*pflag.Flag {
	flags := map[string]*pflag.Flag{}
	for _, set := range []*pflag.FlagSet{command.InheritedFlags(), command.NonInheritedFlags()} {
		set.VisitAll(func(flag *pflag.Flag) { flags[flag.Name] = flag })
	}
	return flags
}

// roff is text that means itself in a page: a backslash, and a dot or a quote where a
// line begins, would be commands, and a hyphen could not be copied as one.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, `-`, `\-`).Replace(strings.ReplaceAll(text, "\n", " "))
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}
