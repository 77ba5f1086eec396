package manpages_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/manpages"
)

// program is one with a command, which has one.
func program() *cobra.Command {
	run := func(*cobra.Command, []string) {}
	root := &cobra.Command{Use: "gate", Short: "Guard <doors> *well*", Long: "Guards:\n\n  one door\n\n  another", Run: run, CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true}}
	root.PersistentFlags().StringArrayP("config", "c", nil, "policy at `PATH_*` (repeatable)")
	open := &cobra.Command{Use: "open [DOOR...]", Short: "Open doors", Run: run, Long: `Opens each door, as in <file> or [list_of_them]:

  wood    with a *key*
  .steel  with a \ and two lines

and says so.`, Example: "  gate open 'front door'"}
	open.Flags().Int("rate", 600, "`N` doors a minute")
	open.Flags().Bool("quietly", false, ".hidden; it's --quiet\nand soft")
	open.AddCommand(&cobra.Command{Use: "log", Short: "List what was opened", Run: run}, &cobra.Command{Use: "a-secret", Hidden: true, Run: run})
	open.Flags().Bool("loudly", false, "'loud' or not")
	root.AddCommand(open)
	return root
}

// pages are those of the program.
func pages(t *testing.T) map[string]string {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, manpages.Write(program(), folder, "v1.2.3", time.Date(2026, 3, 1, 3, 0, 0, 0, time.FixedZone("east", 4*60*60))))
	found := map[string]string{}
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		require.NoError(t, err)
		found[entry.Name()] = string(text)
	}
	return found
}

// Each command that help shows has a page, and says version and date; a text means
// what it says, whatever Markdown or roff would make of it.
func TestWrite(t *testing.T) {
	found := pages(t)
	require.Len(t, found, 3)
	for name, wants := range map[string][]string{
		"gate.1": {
			`.TH "GATE" "1" "2026-02-28" "gate v1.2.3" "User Commands"`, // the date of UTC
			`gate - Guard <doors> *well*`,
			".TP\n\\fB\\-c\\fP, \\fB\\-\\-config\\fP \\fIPATH_*\\fP\npolicy at PATH_* (repeatable)\n",
			`\fBgate-open(1)\fP`,
			"\n  one door\n\n  another\n", "\n.SH OPTIONS\n",
		},
		"gate-open.1": {
			".TP\n\\fB\\-\\-loudly\\fP\n\\&'loud' or not\n",
			"Opens each door, as in <file> or [list_of_them]:\n",
			"\n  wood    with a *key*\n",
			"  .steel  with a \\\\ and two lines\n", // two backslashes are one for roff
			"and says so.\n",
			".TP\n\\fB\\-\\-rate\\fP \\fIN\\fP\nN doors a minute (default 600)\n",
			".TP\n\\fB\\-\\-quietly\\fP\n\\&.hidden; it's \\-\\-quiet and soft\n",
			".SH EXAMPLE\n", "  gate open 'front door'\n",
			".SH OPTIONS INHERITED FROM PARENT COMMANDS\n.TP\n\\fB\\-c\\fP",
		},
		"gate-open-log.1": {`"gate v1.2.3"`, `\fBgate-open(1)\fP`},
	} {
		for _, want := range wants {
			require.Contains(t, found[name], want, name)
		}
		require.NotContains(t, found[name], "secret")
		require.NotContains(t, found[name], "\t", "a gap where lines are filled: %s", name)
		require.NotContains(t, found[name], "cobra")
	}
	require.Equal(t, found, pages(t), "the same texts give the same bytes")
}

// A page that cannot be written is said, of whatever command it is.
func TestPageThatCannotBeWritten(t *testing.T) {
	for _, page := range []string{"gate.1", "gate-open.1", "gate-open-log.1"} {
		folder := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(folder, page), 0o700))
		require.ErrorContains(t, manpages.Write(program(), folder, "v1", time.Time{}), page)
	}
}
