package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/callers"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/export"
	"github.com/netwicket/netwicket/geo"
)

// Help fits a terminal of 80 columns, but for commands to copy. Every flag with a
// value names it.
func TestHelpFits(t *testing.T) {
	root, commands := tree()
	commands[""] = root
	for name, command := range commands {
		args := []string{name, "--help"}
		if name == "" {
			args = args[1:]
		}
		got := runIn(t, "", args...)
		require.Zero(t, got.code)
		for line := range strings.Lines(got.out) {
			toCopy := strings.HasPrefix(line, "  ") && strings.Contains(line, "netwicket "+name) || strings.HasPrefix(line, "    \"")
			require.True(t, toCopy || utf8.RuneCountInString(strings.TrimRight(line, "\n")) <= 80, "%s: %s", name, line)
		}
		command.LocalFlags().VisitAll(func(flag *pflag.Flag) {
			value, _ := pflag.UnquoteUsage(flag)
			isBool := flag.Value.Type() == "bool"
			require.True(t, isBool || value == strings.ToUpper(value), "%s --%s %s", name, flag.Name, value)
		})
	}
}

// The shell is offered the values of flags that have few.
func TestFlagValuesAreOffered(t *testing.T) {
	for flag, want := range map[string]string{
		"check --unknown-country": "deny trust", "test --format": "text json junit tap github", "check --format": "text json github sarif", "diff --only": "newly-denied newly-allowed",
		"export --format": "nginx haproxy nftables cidr csv table sql aws-waf cloudflare", "replay --format": "combined common json okta regex",
		"filter --format": "tsv rowbinary", "admin --catch-all": "allow deny", "eval --assume-none": strings.Join(geo.SortNames(), " ") + " all",
		"export --for": strings.Join(export.Engines(), " "), "export --family": "4 6", "admin token --scope": strings.Join(callers.Scopes(), " "),
		"explain --format": "combined common json okta regex", "resolve --source": "peer x-forwarded-for forwarded header: hops:",
	} {
		args := append(append([]string{"__complete"}, strings.Fields(flag)...), "")
		out := runIn(t, "", args...).out
		directive := strings.LastIndex(out, ":") // the last line says what else to offer
		offered, rest := out[:directive], out[directive+1:]
		require.Equal(t, want, strings.Join(strings.Fields(offered), " "), flag)
		require.Equal(t, "4", strings.TrimSpace(rest), "no file names: %s", flag)
	}
}

// --version is the first line of version.
func TestVersionFlag(t *testing.T) {
	got := runIn(t, "", "--version")
	require.Equal(t, runIn(t, "", "version").out, got.out)
	require.True(t, strings.HasPrefix(got.out, "netwicket "))
}
