// Package shown makes text that others wrote fit to be shown: names in documents
// and databases, paths, headers, log lines. Text is what a line of a terminal, log,
// comment or report takes, JSON what a terminal takes of JSON. Nothing is lost:
// what would be a command to a terminal, would look like other text or would end
// the line is escaped.
package shown

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Text is text on one line: everything that cannot be seen is escaped as Go
// escapes it (\n, \x1b, \u202e), and what is no UTF-8 byte by byte. That is more
// than control characters: line separators, marks that change the direction of what
// follows, characters without width, spaces that look like others. Letters of all
// languages stay, and so do backslashes and quotes that were there before: this is
// for the eye and not to be read back.
func Text(text string) string {
	first := strings.IndexFunc(text, hidden)
	if first < 0 && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if character := text[i : i+size]; hidden(r) || r == utf8.RuneError {
			quoted := strconv.Quote(character)
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteString(character)
		}
		i += size
	}
	return b.String()
}

// Lines is Text for each line of a text of several.
func Lines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = Text(line)
	}
	return strings.Join(lines, "\n")
}

// hidden says that a character cannot be seen as what it is.
func hidden(r rune) bool { return !strconv.IsPrint(r) }

// JSON is JSON with everything escaped that Text escapes, but for line ends and
// spaces between values. It means what it meant: a JSON text holds such characters
// in strings alone, and package encoding/json escapes control characters of ASCII
// and replaces what is no UTF-8.
func JSON(text []byte) []byte {
	if !slices.ContainsFunc(text, partOfHidden) {
		return text // as most is
	}
	var b bytes.Buffer
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if hiddenInJSON(r) {
			for _, unit := range utf16.AppendRune(nil, r) {
				escape(&b, unit)
			}
		} else {
			b.Write(text[:size])
		}
		text = text[size:]
	}
	return b.Bytes()
}

// partOfHidden says that a byte may be part of a character that is hidden.
func partOfHidden(b byte) bool { return b >= 0x7f || b < ' ' && b != '\n' && b != '\t' && b != '\r' }

func hiddenInJSON(r rune) bool { return r != '\n' && r != '\t' && r != '\r' && hidden(r) }

func escape(b *bytes.Buffer, unit uint16) {
	const digits = "0123456789abcdef"
	b.WriteString(`\u`)
	for shift := 12; shift >= 0; shift -= 4 {
		b.WriteByte(digits[unit>>shift&0xf])
	}
}

// JSONWriter writes JSON that comes in whole texts, a Write each, as [JSON] makes it.
type JSONWriter struct{ Out io.Writer }

// Write implements [io.Writer].
func (w JSONWriter) Write(text []byte) (int, error) {
	if _, err := w.Out.Write(JSON(text)); err != nil {
		return 0, err
	}
	return len(text), nil
}
