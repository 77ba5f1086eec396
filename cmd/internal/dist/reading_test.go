//go:build unix

package dist_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestManPagesInTheArchive: one for each command, of this version, that man reads.
func TestManPagesInTheArchive(t *testing.T) {
	made := dist(t)
	folder, _ := unpacked(t, made)
	pages, err := filepath.Glob(filepath.Join(folder, "man", "*"))
	require.NoError(t, err)
	_, commands, found := strings.Cut(say(t, filepath.Join(folder, "netwicket"), "--help"), "Available Commands:\n")
	require.True(t, found)
	commands, _, _ = strings.Cut(commands, "\n\n")
	names := []string{filepath.Join(folder, "man", "netwicket.1")}
	for line := range strings.Lines(commands) {
		if name := strings.Fields(line)[0]; name != "help" {
			names = append(names, filepath.Join(folder, "man", "netwicket-"+name+".1"))
		}
	}
	require.Subset(t, pages, names)
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		require.Contains(t, string(text), `"netwicket v`+made.version+`"`, page)
	}
	t.Run("man", func(t *testing.T) {
		needs(t, "man")
		require.Contains(t, say(t, "man", "-M", folderOfMan(t, folder), "netwicket-eval"), "Decide about addresses and requests")
	})
}

// folderOfMan is the pages where man looks for them.
func folderOfMan(t *testing.T, folder string) string {
	t.Helper()
	at := t.TempDir()
	require.NoError(t, os.Symlink(filepath.Join(folder, "man"), filepath.Join(at, "man1")))
	return at
}

// TestCompletions: each shell that is there takes its script, and bash completes.
func TestCompletions(t *testing.T) {
	made := dist(t)
	folder, _ := unpacked(t, made)
	for shell, file := range map[string]string{"bash": "netwicket.bash", "zsh": "_netwicket", "fish": "netwicket.fish"} {
		t.Run(shell, func(t *testing.T) {
			needs(t, shell)
			say(t, shell, "-n", filepath.Join(folder, "completions", file))
		})
	}
	t.Run("powershell", func(t *testing.T) {
		text, err := os.ReadFile(filepath.Join(folder, "completions", "netwicket.ps1"))
		require.NoError(t, err)
		require.Contains(t, string(text), "Register-ArgumentCompleter -CommandName 'netwicket'")
	})
	t.Run("bash completes", func(t *testing.T) {
		const library = "/usr/share/bash-completion/bash_completion"
		if _, err := os.Stat(library); err != nil {
			t.Skip("bash-completion is not installed")
		}
		for line, want := range map[string]string{
			"netwicket ch":                         "check",
			"netwicket check --unknown-country ":   "deny trust",
			"netwicket export --format aws":        "aws-waf",
			"netwicket completion ":                "bash fish powershell zsh",
			"netwicket no-such-command --no-such-": "",
		} {
			script := `source ` + library + `; source "$1"
				read -ra COMP_WORDS <<<"$2"; [[ $2 != *" " ]] || COMP_WORDS+=("")
				COMP_LINE=$2 COMP_POINT=${#2} COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_TYPE=63
				__start_netwicket && printf '%s\n' "${COMPREPLY[@]}" | sed 's/ *(.*//; s/ *$//' | sort | xargs`
			ask := exec.Command("bash", "-c", script, "bash", filepath.Join(folder, "completions", "netwicket.bash"), line)
			ask.Env = append(os.Environ(), "PATH="+folder+":"+os.Getenv("PATH"))
			out, err := ask.Output()
			require.NoError(t, err, line)
			require.Equal(t, want, strings.TrimSpace(string(out)), line)
		}
	})
}
