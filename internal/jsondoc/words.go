package jsondoc

import (
	"fmt"
	"slices"
	"strings"
)

// Expected says which words were expected where a text is none of them, and
// which of them was probably meant: `expected ALLOW or DENY; did you mean "ALLOW"?`.
func Expected(text string, words ...string) string {
	expected := "expected " + enumerate(words)
	if meant := Nearest(text, words...); meant != "" {
		expected += fmt.Sprintf("; did you mean %q?", meant)
	}
	return expected
}

// Nearest is the word that a text probably misspells, or empty: one that it
// differs from by letter case, by characters that look alike (see [plain]) or by
// at most two letters, by one in words of three or four. A text that is one of
// the words misspells none of the others.
func Nearest(text string, words ...string) string {
	if slices.Contains(words, text) {
		return ""
	}
	var best string
	var slips int // of the best one
	for _, word := range words {
		d := editDistance(plain(text), plain(word))
		if d <= mostSlips(word) && (best == "" || d < slips) {
			best, slips = word, d
		}
	}
	return best
}

// mostSlips is how many letters a text may differ in and still be taken for the
// word: too many for a short word would make it out of any other.
func mostSlips(word string) int {
	switch n := len(word); {
	case n <= 2:
		return 0
	case n <= 4:
		return 1
	default:
		return 2
	}
}

// editDistance is how many bytes have to be inserted, dropped, replaced or
// swapped with their neighbour; a large number for long texts.
func editDistance(a, b string) int {
	if len(a) > 40 {
		return len(a)
	}
	var before, above []int // the rows for the last two bytes of a
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, above, row = above, row, make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			replace := above[j]
			if a[i] != b[j] {
				replace++
			}
			row[j+1] = min(replace, above[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}

// enumerate writes "a, b or c".
func enumerate(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
