package textdiff_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/textdiff"
)

// lines are those of a text as a patch shows them: an end that is missing is a line of
// its own.
func lines(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		if !strings.HasSuffix(line, "\n") {
			line += "\n\\ No newline at end of file\n"
		}
		all = append(all, line)
	}
	return all
}

// span reads START or START,COUNT of a hunk; before is how many lines stand in front.
func span(t *testing.T, text string) (before, count int) {
	t.Helper()
	start, count := 0, 1
	if n, _ := fmt.Sscanf(text, "%d,%d", &start, &count); n == 2 {
		require.NotEqual(t, 1, count, "one line is not counted: %s", text)
	}
	if count > 0 {
		start--
	}
	return start, count
}

// applied is what a patch makes of a text. It takes the patch at its word: every line
// has to stand where the patch says, with three lines around each difference, or as many
// as there are, and no two hunks that could be one.
func applied(t *testing.T, before, patch string) (after string, removed int) {
	t.Helper()
	old := lines(before)
	var out []string
	at := 0 // lines of old that are done
	hunks := strings.Split("\n"+patch, "\n@@ -")
	require.Regexp(t, `^\n--- a/f\n\+\+\+ b/f$`, hunks[0])
	for i, hunk := range hunks[1:] {
		head, body, found := strings.Cut(hunk, " @@\n")
		require.True(t, found)
		from, to, found := strings.Cut(head, " +")
		require.True(t, found)
		start, count := span(t, from)
		start2, count2 := span(t, to)
		require.True(t, i == 0 || start > at, "hunks touch each other")
		out = append(out, old[at:start]...)
		require.Len(t, out, start2)
		at = start
		var marks string
		body = strings.ReplaceAll(body, "\n\\", "\r\\") // belongs to the line before it
		for line := range strings.Lines(body) {
			mark, text := line[0], strings.ReplaceAll(line[1:], "\r\\", "\n\\")
			if !strings.HasSuffix(text, "\n") {
				text += "\n"
			}
			marks += string(mark)
			if mark != '+' {
				if old[at] != text {
					require.Equal(t, old[at], text)
				}
				at++
			}
			if mark != '-' {
				out = append(out, text)
			}
			if mark == '-' {
				removed++
			}
		}
		require.Equal(t, start+count, at)
		require.Len(t, out, start2+count2)
		inFront, behind := len(marks)-len(strings.TrimLeft(marks, " ")), len(marks)-len(strings.TrimRight(marks, " "))
		require.Equal(t, min(3, start+inFront), inFront)
		require.Equal(t, min(3, len(old)-at+behind), behind)
		require.NotContains(t, strings.Trim(marks, " "), strings.Repeat(" ", 7), "two differences that are far from each other")
	}
	out = append(out, old[at:]...)
	return strings.ReplaceAll(strings.Join(out, ""), "\n\\ No newline at end of file\n", ""), removed
}

// A patch at its word makes of the one text the other, with no more lines than have to
// change.
func TestPatchAtItsWord(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	text := func(most, of int) string {
		var b strings.Builder
		for range r.IntN(most) {
			b.WriteString(string(rune('a'+r.IntN(of))) + "\n")
		}
		return strings.TrimSuffix(b.String(), []string{"", "", "\n"}[r.IntN(3)])
	}
	edited := func(before string) string {
		all := strings.SplitAfter(before, "\n")
		for range 1 + r.IntN(3) {
			i := r.IntN(len(all))
			all[i] = []string{"", "x\n", all[i] + "y\n"}[r.IntN(3)]
		}
		return strings.Join(all, "")
	}
	for i := range 700 {
		before := text(40, 4)
		after := text(40, 4)
		if i%2 == 0 {
			after = edited(before)
		}
		patch := string(textdiff.Patch("f", []byte(before), []byte(after)))
		if before == after {
			require.Empty(t, patch)
			continue
		}
		got, removed := applied(t, before, patch)
		require.Equal(t, after, got)
		require.Equal(t, len(lines(before))-common(lines(before), lines(after)), removed, "%q %q\n%s", before, after, patch)
	}
}

// A long text of which much changes is patched all the same; just below what is searched
// for the difference is the shortest one, and beyond all of it is replaced.
func TestPatchOfMuch(t *testing.T) {
	for changed, want := range map[int]int{749: 749, 750: 1501} { // with a line that is added
		var before, after strings.Builder
		for i := range 1501 {
			fmt.Fprintf(&before, "%d\n", i)
			if i%2 == 0 && i/2 < changed {
				fmt.Fprintf(&after, "x%d\n", i)
			} else {
				fmt.Fprintf(&after, "%d\n", i)
			}
		}
		for _, added := range []string{"", "added\n"} {
			if added == "" && changed == 749 {
				continue // less than what is found in any case
			}
			text := after.String() + added
			got, removed := applied(t, before.String(), string(textdiff.Patch("f", []byte(before.String()), []byte(text))))
			require.Equal(t, text, got)
			if added == "" && changed == 750 {
				require.Equal(t, 750, removed)
			} else {
				require.Equal(t, want, removed)
			}
		}
	}
}

// Of texts with nothing else in common their beginning and their end stay.
func TestPatchOfStrangersWithEnds(t *testing.T) {
	const count = 800
	var before, after strings.Builder
	for i := range count {
		fmt.Fprintf(&before, "a%d\n", i)
		fmt.Fprintf(&after, "b%d\n", i)
	}
	for begin, end := range map[string]string{"one\ntwo\n": "", "": "three\nfour\n"} {
		old, now := begin+before.String()+end, begin+after.String()+end
		got, removed := applied(t, old, string(textdiff.Patch("f", []byte(old), []byte(now))))
		require.Equal(t, now, got)
		require.Equal(t, count, removed)
	}
}

// Names stand as git writes them.
func TestNamesInPatches(t *testing.T) {
	for name, want := range map[string]string{
		"okta/zones.json": "--- a/okta/zones.json\n+++ b/okta/zones.json\n", "with space": "--- a/with space\t\n+++ b/with space\t\n", "~": "--- a/~\n+++ b/~\n",
		"a\"b\\c d": `--- "a/a\"b\\c d"` + "\n" + `+++ "b/a\"b\\c d"` + "\n", "ü": `--- "a/\303\274"` + "\n" + `+++ "b/\303\274"` + "\n",
		"\x01\x1f\x7f": `--- "a/\001\037\177"` + "\n" + `+++ "b/\001\037\177"` + "\n",
	} {
		require.Equal(t, want+"@@ -1 +1 @@\n-a\n+b\n", string(textdiff.Patch(name, []byte("a\n"), []byte("b\n"))))
	}
}

// Of whatever ends lines have, those of the lines that stay do, and a line in place of
// another has the other's.
func TestKeepEndsOfChance(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 3))
	ends := []string{"\n", "\r\n", "\r"}
	for range 2000 {
		count := 1 + r.IntN(12)
		changed := r.IntN(count)
		var before, edited, want strings.Builder
		for i := range count {
			end := ends[r.IntN(3)]
			if i == count-1 && r.IntN(2) == 0 {
				end = ""
			}
			text := fmt.Sprint("line ", i)
			before.WriteString(text + end)
			if i == changed {
				text = "changed"
			}
			want.WriteString(text + end)
			edited.WriteString(text)
			if end != "" {
				edited.WriteString("\r\n")
			}
		}
		require.Equal(t, want.String(), string(textdiff.KeepEnds([]byte(before.String()), []byte(edited.String()))), "%q", before.String())
	}
	// Lines that are taken out or put in between change none of the others.
	for before, edits := range map[string]map[string]string{
		"a\r\nb\nc\rd\n": {"b\nc\nd\n": "b\nc\rd\n", "a\nc\nd\n": "a\r\nc\rd\n", "a\nn\nb\nc\nd\n": "a\r\nn\nb\nc\rd\n", "n\na\nb\nc\nd\nn\n": "n\na\r\nb\nc\rd\nn\n", "d\n": "d\n", "c\n": "c\r", "a\nd": "a\r\nd"},
		"a\r\nb":         {"a\nb\nc": "a\r\nb\r\nc", "b\n": "b\r\n", "a": "a", "n\na\nb": "n\r\na\r\nb"},
	} {
		for edited, want := range edits {
			require.Equal(t, want, string(textdiff.KeepEnds([]byte(before), []byte(strings.ReplaceAll(edited, "\n", "\r\n")))), "%q to %q", before, edited)
		}
	}
	// New lines have the end that is most common; among as many, LF before CRLF before CR.
	for before, want := range map[string]string{
		"a\r\nb\r\nc\n": "a\r\nb\r\nc\nn\r\n", "a\rb\rc\n": "a\rb\rc\nn\r", "a\r\nb\n": "a\r\nb\nn\n", "a\rb\r\n": "a\rb\r\nn\r\n", "a\rb\n": "a\rb\nn\n", "": "n\n",
	} {
		form := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(before) + "n\n"
		require.Equal(t, want, string(textdiff.KeepEnds([]byte(before), []byte(form))), "%q", before)
	}
}
