package jsondoc

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/netwicket/netwicket/internal/finding"
)

// ParseCommented is [Parse] for a document that people write by hand: comments,
// of the forms // to the end of the line and /* to */, are space, and a comma may
// stand behind the last element or member. Everything else is as strict. The
// text is copied; all positions are those of the text that was given.
func ParseCommented(file string, text []byte) (Node, error) {
	if len(text) > MaxSize {
		return Parse(file, text)
	}
	b := blanker{text: bytes.Clone(text), lastComma: -1}
	if at, code, cause := b.blank(); cause != nil {
		line, column := indexLines(text).position(text, at)
		return Node{}, finding.List{{File: file, Line: line, Column: column, Code: code, Err: cause}}
	}
	return parse(file, b.text, true)
}

// ReadCommented is [Read] for a document that [ParseCommented] reads.
func ReadCommented(file string, text []byte) (Node, *Reader) {
	return newReader(ParseCommented(file, text))
}

// blanker overwrites what strict JSON does not have with spaces, so that every
// offset stays.
type blanker struct {
	text      []byte
	at        int
	before    byte // the last byte that is no space and no comment
	lastComma int  // its offset if that is a comma behind a value, else -1
}

// blank goes through the text once. It fails where a comment is broken.
func (b *blanker) blank() (at int, code string, cause error) {
	for b.at < len(b.text) {
		switch c := b.text[b.at]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			b.at++
		case c == '"':
			b.pass(c, stringEnd(b.text, b.at))
		case c == '/' && b.at+1 < len(b.text) && (b.text[b.at+1] == '/' || b.text[b.at+1] == '*'):
			if code, cause := b.comment(); cause != nil {
				return b.at, code, cause
			}
		case c == ',':
			comma := b.at
			if bytes.IndexByte([]byte{0, '[', '{', ',', ':'}, b.before) >= 0 {
				comma = -1 // behind no value: for the parser to refuse
			}
			b.pass(c, b.at+1)
			b.lastComma = comma
		case (c == ']' || c == '}') && b.lastComma >= 0:
			b.text[b.lastComma] = ' '
			fallthrough
		default:
			b.pass(c, b.at+1)
		}
	}
	return b.at, "", nil
}

// pass leaves what stands up to end as it is.
func (b *blanker) pass(c byte, end int) {
	b.before, b.lastComma, b.at = c, -1, end
}

// comment blanks the comment that begins here, which is space from then on. Line
// ends stay, so that lines do.
func (b *blanker) comment() (code string, cause error) {
	rest := b.text[b.at:]
	end := bytes.IndexAny(rest, "\r\n")
	if end < 0 {
		end = len(rest)
	}
	if rest[1] == '*' {
		length := bytes.Index(rest[2:], []byte("*/"))
		if length < 0 {
			return "bad-json", errors.New("the comment is never closed; expected */")
		}
		end = length + len("/**/")
	}
	if !utf8.Valid(rest[:end]) {
		return "bad-encoding", fmt.Errorf("the comment is not valid UTF-8")
	}
	for i, c := range rest[:end] {
		if c != '\n' {
			rest[i] = ' '
		}
	}
	return "", nil
}

// stringEnd is the offset behind the string that begins at start, or the end of
// the text if it is never closed.
func stringEnd(text []byte, start int) int {
	for at := start + 1; at < len(text); at++ {
		switch text[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(text)
}
