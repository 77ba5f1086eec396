package jsondoc

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/netwicket/netwicket/internal/finding"
)

func (p *parser) literal(kind Kind, word string) *finding.Finding {
	if !bytes.HasPrefix(p.text[p.at:], []byte(word)) {
		return p.unexpected("a value")
	}
	p.begin(kind)
	p.at += len(word)
	return p.delimited(word)
}

// delimited refuses what runs on behind a number or a literal: "nulls", "01".
func (p *parser) delimited(what string) *finding.Finding {
	if p.at == len(p.text) {
		return nil
	}
	switch p.text[p.at] {
	case ' ', '\t', '\n', '\r', ',', ']', '}', ':':
		return nil
	}
	return p.unexpected("the end of " + what)
}

func (p *parser) number() *finding.Finding {
	p.next('-')
	if !p.next('0') && !p.digits() {
		return p.unexpected("a digit")
	}
	if p.next('.') && !p.digits() {
		return p.unexpected("a digit")
	}
	if p.next('e') || p.next('E') {
		if !p.next('+') {
			p.next('-')
		}
		if !p.digits() {
			return p.unexpected("a digit")
		}
	}
	return p.delimited("the number")
}

func (p *parser) digits() bool {
	start := p.at
	for p.at < len(p.text) && '0' <= p.text[p.at] && p.text[p.at] <= '9' {
		p.at++
	}
	return p.at > start
}

func (p *parser) string() *finding.Finding {
	start := p.at
	p.at++
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return nil
		case c == '\\':
			if err := p.escape(); err != nil {
				return err
			}
		case c < ' ':
			return p.finding(p.at, "bad-json", fmt.Errorf("control character %q inside a string; a closing quote may be missing", c))
		case c < utf8.RuneSelf:
			p.at++
		default:
			_, size := utf8.DecodeRune(p.text[p.at:])
			if size == 1 { // beyond ASCII that is no character
				return p.finding(p.at, "bad-encoding", fmt.Errorf("byte 0x%02x is not valid UTF-8", c))
			}
			p.at += size
		}
	}
	return p.finding(start, "bad-json", errors.New("the string is never closed"))
}

func (p *parser) escape() *finding.Finding {
	rest := p.text[p.at:]
	if len(rest) < 2 {
		p.at = len(p.text)
		return p.unexpected("the rest of an escape sequence")
	}
	switch rest[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		p.at += 2
		return nil
	case 'u':
		return p.unicodeEscape(rest)
	default:
		return p.finding(p.at, "bad-json", fmt.Errorf(`unknown escape sequence, a backslash and %q; a backslash itself is written \\`, printable(rest[1:])))
	}
}

func (p *parser) unicodeEscape(rest []byte) *finding.Finding {
	first, ok := hexEscape(rest)
	if !ok {
		return p.finding(p.at, "bad-json", errors.New(`expected four hexadecimal digits after \u`))
	}
	if !utf16.IsSurrogate(first) {
		p.at += 6
		return nil
	}
	second, ok := hexEscape(rest[6:])
	if !ok || utf16.DecodeRune(first, second) == utf8.RuneError {
		return p.finding(p.at, "bad-encoding", errors.New("half of a surrogate pair stands alone; it is no character"))
	}
	p.at += 12
	return nil
}

// hexEscape reads \uXXXX at the start of text.
func hexEscape(text []byte) (r rune, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return r, false
	}
	return hex4(text[2:6])
}
