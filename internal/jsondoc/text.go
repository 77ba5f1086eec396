package jsondoc

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"unicode/utf16"
	"unicode/utf8"
)

// The functions of this file read text that the parser has accepted.

// endOf is the offset behind the value that begins at start.
func endOf(text []byte, start int) int {
	switch text[start] {
	case '"':
		return endOfString(text, start)
	case '{', '[':
		return endOfContainer(text, start)
	default:
		return endOfWord(text, start)
	}
}

// endOfWord is the end of a number or a literal.
func endOfWord(text []byte, start int) int {
	for at := start; at < len(text); at++ {
		switch text[at] {
		case ' ', '\t', '\r', '\n', ',', ']', '}':
			return at
		}
	}
	return len(text)
}

func endOfString(text []byte, start int) int {
	at := start + 1
	for text[at] != '"' {
		if text[at] == '\\' {
			at++
		}
		at++
	}
	return at + 1
}

func endOfContainer(text []byte, start int) int {
	depth, at := 0, start
	for {
		switch text[at] {
		case '"':
			at = endOfString(text, at)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		at++
		if depth == 0 {
			return at
		}
	}
}

// unquote decodes a string with its quotes.
func unquote(quoted []byte) string {
	inner := quoted[1 : len(quoted)-1]
	escape := bytes.IndexByte(inner, '\\')
	if escape < 0 {
		return string(inner)
	}
	decoded := make([]byte, 0, len(inner))
	for escape >= 0 {
		decoded = append(decoded, inner[:escape]...)
		var r rune
		var size int
		r, size = unescape(inner[escape:])
		decoded = utf8.AppendRune(decoded, r)
		inner = inner[escape+size:]
		escape = bytes.IndexByte(inner, '\\')
	}
	return string(append(decoded, inner...))
}

// unescape decodes the escape sequence that text begins with: both halves of a
// surrogate pair at once.
func unescape(text []byte) (r rune, size int) {
	switch text[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r, _ = hex4(text[2:6])
		if utf16.IsSurrogate(r) {
			second, _ := hex4(text[8:12])
			return utf16.DecodeRune(r, second), 12
		}
		return r, 6
	default: // a quote, a backslash or a slash
		return rune(text[1]), 2
	}
}

// hex4 is the value of four hexadecimal digits, if they are.
func hex4(digits []byte) (r rune, ok bool) {
	var value [2]byte
	_, err := hex.Decode(value[:], digits)
	return rune(binary.BigEndian.Uint16(value[:])), err == nil
}

// block is how much text one step of the line index covers. Positions are
// asked for by the ten thousand (every gateway keeps one), so counting from the
// start of a large document each time would not do; an index of every line
// would cost more than a document of empty lines itself.
const block = 4096

// lines finds the line of an offset: for the start of each block, the lines
// before it and where the line begins that the block starts in.
type lines []struct{ before, start int }

func indexLines(text []byte) lines {
	index := make(lines, 1, len(text)/block+1)
	here := index[0]
	for at := 0; at+block <= len(text); at += block {
		part := text[at : at+block]
		here.before += bytes.Count(part, []byte{'\n'})
		if last := bytes.LastIndexByte(part, '\n'); last >= 0 {
			here.start = at + last + 1
		}
		index = append(index, here)
	}
	return index
}

func (l lines) position(text []byte, offset int) (line, column int) {
	begin := offset / block * block
	part, here := text[begin:offset], l[offset/block]
	if last := bytes.LastIndexByte(part, '\n'); last >= 0 {
		here.start = begin + last + 1
	}
	return here.before + bytes.Count(part, []byte{'\n'}) + 1, offset - here.start + 1
}
