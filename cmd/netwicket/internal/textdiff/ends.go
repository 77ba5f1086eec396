package textdiff

import (
	"bytes"
	"slices"
)

// KeepEnds gives a text that a form has sent the line ends that the text had from which
// it was made: browsers make all of them the same. Lines that stayed keep theirs, those in
// place of others get these', and all others the one that is most common.
func KeepEnds(before, edited []byte) []byte {
	was, is := cut(before), cut(edited)
	common := commonEnd(was)
	plain := func(lines []line) [][]byte {
		all := make([][]byte, len(lines))
		for i, one := range lines {
			all[i] = one.text
		}
		return all
	}
	ends := make([][]byte, len(is))
	from1, from2 := 0, 0
	for _, r := range append(compare(plain(was), plain(is)), run{len(was), len(was), len(is), len(is)}) {
		for i := range r.From2 - from2 {
			ends[from2+i] = was[from1+i].end
		}
		for i := r.From2; i < r.To2; i++ {
			if j := r.From1 + i - r.From2; j < r.To1 { // it stands where another one stood
				ends[i] = was[j].end
			}
		}
		from1, from2 = r.To1, r.To2
	}
	var out []byte
	for i, one := range is {
		out = append(out, one.text...)
		switch {
		case len(one.end) == 0: // the last line, which has none
		case len(ends[i]) == 0: // it was the last, or none was in its place
			out = append(out, common...)
		default:
			out = append(out, ends[i]...)
		}
	}
	return out
}

// line is a line and its end: LF, CRLF, CR or nothing.
type line struct{ text, end []byte }

func cut(text []byte) []line {
	var lines []line
	for len(text) > 0 {
		i := bytes.IndexAny(text, "\r\n")
		if i < 0 {
			return append(lines, line{text: text})
		}
		end := 1
		if text[i] == '\r' && i+1 < len(text) && text[i+1] == '\n' {
			end = 2
		}
		lines = append(lines, line{text[:i], text[i : i+end]})
		text = text[i+end:]
	}
	return lines
}

// commonEnd is the end that most lines have; LF if there are none.
func commonEnd(lines []line) []byte {
	count := make(map[string]int)
	for _, one := range lines {
		count[string(one.end)]++
	}
	ends := []string{"\n", "\r\n", "\r"}
	return []byte(slices.MaxFunc(ends, func(a, b string) int { return count[a] - count[b] }))
}
