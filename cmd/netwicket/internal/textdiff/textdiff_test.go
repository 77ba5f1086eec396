package textdiff_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/textdiff"
)

// apply has a program apply a patch in a folder with one file.
func apply(t *testing.T, name, before string, patch []byte, program ...string) string {
	t.Helper()
	if _, err := exec.LookPath(program[0]); err != nil {
		t.Skipf("%s is not installed", program[0])
	}
	dir := t.TempDir()
	file := filepath.Join(dir, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(before), 0o600))
	command := exec.Command(program[0], program[1:]...)
	command.Dir, command.Stdin = dir, bytes.NewReader(patch)
	command.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir), "LC_ALL=C")
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s\n%s", out, patch)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}

// git and patch make of the one text the other, whatever their lines end with.
func TestPatchIsApplied(t *testing.T) {
	for title, texts := range map[string][2]string{
		"one line":                  {"a\nb\nc\n", "a\nB\nc\n"},
		"first and last":            {"a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\n", "A\nb\nc\nd\ne\nf\ng\nh\ni\nj\nK\n"},
		"added in front":            {"b\n", "a\nb\n"},
		"added behind":              {"a\n", "a\nb\n"},
		"nothing was there":         {"", "a\nb\n"},
		"CRLF":                      {"a\r\nb\r\nc\r\n", "a\r\nB\r\nc\r\n"},
		"CRLF and LF":               {"a\r\nb\nc\r\n", "a\r\nb\r\nc\r\n"},
		"no newline at the end":     {"a\nb", "a\nc"},
		"a newline comes":           {"a\nb", "a\nb\n"},
		"a newline goes":            {"a\nb\n", "a\nb"},
		"no newline, far away":      {"1\n2\n3\n4\n5\n6\n7\n8\n9", "x\n2\n3\n4\n5\n6\n7\n8\n9"},
		"not ASCII":                 {"Büro ☂\nb\n", "Büro ☂☂\nb\n"},
		"lines that look like diff": {"--- a\n+++ b\n@@ x\n", "--- a\n-- b\n@@ y\n"},
		"a carriage return inside":  {"a\rb\nc\n", "a\rb\nd\n"},
	} {
		t.Run(title, func(t *testing.T) {
			patch := textdiff.Patch("okta/zones.json", []byte(texts[0]), []byte(texts[1]))
			require.Equal(t, texts[1], apply(t, "okta/zones.json", texts[0], patch, "git", "apply", "--whitespace=nowarn", "-"))
			require.Equal(t, texts[1], apply(t, "okta/zones.json", texts[0], patch, "patch", "-p1", "--binary", "-s"))
		})
	}
	for _, name := range []string{"with space.txt", "büro \"1\".txt"} {
		patch := textdiff.Patch(name, []byte("a\nb\n"), []byte("a\nc\n"))
		require.Equal(t, "a\nc\n", apply(t, name, "a\nb\n", patch, "git", "apply", "--whitespace=nowarn", "-"), name)
	}
	require.Empty(t, textdiff.Patch("x", []byte("a\nb"), []byte("a\nb")))
}

// Of any two texts, and with no more lines than have to change.
func TestPatchOfChance(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	text := func(lines, of int) []string {
		all := make([]string, lines)
		for i := range all {
			all[i] = string(rune('a'+r.IntN(of))) + "\n"
		}
		return all
	}
	for range 25 { // a process each: TestPatchAtItsWord tries more
		before := text(r.IntN(40), 5)
		after := text(r.IntN(40), 5)
		old, now := strings.Join(before, ""), strings.Join(after, "")
		patch := textdiff.Patch("f", []byte(old), []byte(now))
		if old == now {
			require.Empty(t, patch)
			continue
		}
		require.Equal(t, now, apply(t, "f", old, patch, "git", "apply", "--unidiff-zero", "-"))
		removed := 0
		for line := range strings.Lines(string(patch)) {
			if line[0] == '-' && !strings.HasPrefix(line, "--- ") {
				removed++
			}
		}
		require.Equal(t, len(before)-common(before, after), removed, "%s%s", old, now)
	}
}

// common is the length of the longest common subsequence, by the table of all pairs.
func common(a, b []string) int {
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
	}
	for i := range a {
		for j := range b {
			table[i+1][j+1] = max(table[i][j+1], table[i+1][j])
			if a[i] == b[j] {
				table[i+1][j+1] = table[i][j] + 1
			}
		}
	}
	return table[len(a)][len(b)]
}

// Texts that have little in common are patched all the same, in a bounded time.
func TestPatchOfStrangers(t *testing.T) {
	var old, now strings.Builder
	for i := range 20_000 {
		old.WriteString(strings.Repeat("a", i%97) + "\n")
		now.WriteString(strings.Repeat("b", i%89+1) + "\n")
	}
	patch := textdiff.Patch("f", []byte(old.String()), []byte(now.String()))
	require.Equal(t, now.String(), apply(t, "f", old.String(), patch, "git", "apply", "-"))
}

// A form makes all line ends CRLF; who edits one line changes that one alone.
func TestKeepEnds(t *testing.T) {
	form := func(text string) []byte {
		text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
		return []byte(strings.ReplaceAll(text, "\n", "\r\n"))
	}
	for _, text := range []string{"", "a", "a\n", "a\nb", "a\r\nb\r\n", "a\rb\r", "a\r\nb\nc\rd", "\n\n", "\r\n", "\n\r\n\r", "a\n\nb\n\n"} {
		require.Equal(t, text, string(textdiff.KeepEnds([]byte(text), form(text))), "%q", text)
	}
	require.Equal(t, "a\r\nX\r\nb\nc", string(textdiff.KeepEnds([]byte("a\r\nq\r\nb\nc"), form("a\nX\nb\nc"))))
	require.Equal(t, "a\nX\r\nb\n", string(textdiff.KeepEnds([]byte("a\nq\r\nb\n"), form("a\nX\nb\n"))))
	require.Equal(t, "a\r\nX\r\n", string(textdiff.KeepEnds([]byte("a\r\n"), form("a\nX\n"))))
	require.Equal(t, "a\nX", string(textdiff.KeepEnds([]byte("a"), form("a\nX"))))
	require.Equal(t, "a", string(textdiff.KeepEnds([]byte("a\r\n"), form("a"))))
}
