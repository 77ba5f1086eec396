package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/manpages"
)

// Every command has a manual page that names each of its flags.
func TestManPages(t *testing.T) {
	folder := t.TempDir()
	root, _ := tree()
	require.NoError(t, manpages.Write(root, folder, "v1.2.3", time.Unix(0, 0)))
	_, commands := tree() // Write has changed the texts of the other one
	commands[""], _ = tree()
	paths, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	require.Len(t, paths, len(commands))
	for name, command := range commands {
		page := filepath.Join(folder, strings.TrimSuffix("netwicket-"+strings.ReplaceAll(name, " ", "-"), "-")+".1")
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		require.Contains(t, string(text), `"1970-01-01" "netwicket v1.2.3"`)
		command.Flags().VisitAll(func(flag *pflag.Flag) {
			require.Contains(t, string(text), `\-\-`+strings.ReplaceAll(flag.Name, "-", `\-`)+`\fP`, "%s --%s", name, flag.Name)
		})
	}

	t.Run("read by man and mandoc", func(t *testing.T) {
		for _, reader := range [][]string{{"mandoc", "-T", "lint", "-W", "warning"}, {"man", "--warnings", "--local-file", "--encoding=UTF-8", "--troff-device=utf8", "--ditroff"}} {
			t.Run(reader[0], func(t *testing.T) {
				if _, err := exec.LookPath(reader[0]); err != nil {
					t.Skip(reader[0] + " is not installed")
				}
				command := exec.Command(reader[0], append(reader[1:], paths...)...)
				complaints := &strings.Builder{}
				command.Stderr = complaints
				if reader[0] == "mandoc" {
					command.Stdout = complaints
				}
				require.NoError(t, command.Run(), complaints)
				require.Empty(t, complaints.String())
			})
		}
	})

	// What a page shows is what the help says: nothing is lost on the way. Where lines
	// are broken is left out of it.
	t.Run("shown", func(t *testing.T) {
		if _, err := exec.LookPath("mandoc"); err != nil {
			t.Skip("mandoc is not installed")
		}
		overstruck := regexp.MustCompile(".\b")
		without := func(text string) string { return strings.Join(strings.Fields(text), "") }
		for name, command := range commands {
			page := strings.TrimSuffix("netwicket-"+strings.ReplaceAll(name, " ", "-"), "-") + ".1"
			shown, err := exec.Command("mandoc", "-T", "utf8", filepath.Join(folder, page)).Output()
			require.NoError(t, err)
			for _, text := range []string{command.Short, command.Long, command.Example} {
				require.Contains(t, without(overstruck.ReplaceAllString(string(shown), "")), without(text), page)
			}
		}
	})
}
