package textdiff

import (
	"bytes"
	"fmt"
	"strings"
)

// around is how many lines that stay are shown before and behind a difference.
const around = 3

// Patch is the difference of a file's two texts in the unified format, nothing if they
// are the same. The name is relative to where the patch is applied, with slashes.
func Patch(name string, before, after []byte) []byte {
	was, is := Lines(before), Lines(after)
	runs := compare(was, is)
	if len(runs) == 0 {
		return nil
	}
	out := fmt.Appendf(nil, "--- %s\n+++ %s\n", quoted("a/"+name), quoted("b/"+name))
	for first := 0; first < len(runs); {
		last := first
		for last+1 < len(runs) && runs[last+1].From1-runs[last].To1 <= 2*around {
			last++
		}
		out = hunk(out, was, is, runs[first:last+1])
		first = last + 1
	}
	return out
}

// hunk writes runs that stand close to each other, with lines around them.
func hunk(out []byte, was, is [][]byte, runs []run) []byte {
	first, last := runs[0], runs[len(runs)-1]
	before := min(around, first.From1)
	behind := min(around, len(was)-last.To1)
	from1, to1 := first.From1-before, last.To1+behind
	from2, to2 := first.From2-before, last.To2+behind
	out = fmt.Appendf(out, "@@ -%s +%s @@\n", place(from1, to1), place(from2, to2))
	at := from1
	for _, r := range runs {
		out = write(out, ' ', was[at:r.From1])
		out = write(out, '-', was[r.From1:r.To1])
		out = write(out, '+', is[r.From2:r.To2])
		at = r.To1
	}
	return write(out, ' ', was[at:to1])
}

// place is where lines stand, as a hunk says it.
func place(from, to int) string {
	switch to - from {
	case 0:
		return fmt.Sprintf("%d,0", from) // behind that line
	case 1:
		return fmt.Sprint(from + 1)
	default:
		return fmt.Sprintf("%d,%d", from+1, to-from)
	}
}

func write(out []byte, mark byte, lines [][]byte) []byte {
	for _, one := range lines {
		out = append(append(out, mark), one...)
		if !bytes.HasSuffix(one, []byte("\n")) {
			out = append(out, "\n\\ No newline at end of file\n"...)
		}
	}
	return out
}

// quoted is a file's name as git writes it: in quotes where it has characters that could
// be taken for something else.
func quoted(name string) string {
	plain := true
	var out strings.Builder
	for _, b := range []byte(name) {
		switch {
		case b == '"' || b == '\\':
			out.WriteByte('\\')
			out.WriteByte(b)
			plain = false
		case b < ' ' || b >= 0x7f:
			fmt.Fprintf(&out, `\%03o`, b)
			plain = false
		default:
			out.WriteByte(b)
		}
	}
	if plain {
		if strings.Contains(name, " ") {
			return name + "\t" // ends the name, as git has it
		}
		return name
	}
	return `"` + out.String() + `"`
}
