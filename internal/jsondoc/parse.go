package jsondoc

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/packed"
)

// MaxDepth is how many arrays and objects may stand inside one another. The
// vendors' documents need about ten.
const MaxDepth = 64

// MaxSize is the largest document in bytes. It must stay below 1<<kindShift.
const MaxSize = 64 << 20

// byteOrderMark is how UTF-8 writes it.
const byteOrderMark = "\ufeff"

// WithoutMark is the text without a UTF-8 byte order mark.
func WithoutMark(text []byte) []byte { return bytes.TrimPrefix(text, []byte(byteOrderMark)) }

// Parse reads one document. file labels the findings. The returned error is a
// [finding.List]: of one finding where the text is not JSON, and then the Node
// does not exist; of all duplicate keys otherwise, and then the Node can be
// read on to find what else is wrong ([Node.Get] gives the first of the
// duplicates), but must not be relied upon. Text must not change while the
// Node is in use.
func Parse(file string, text []byte) (Node, error) { return parse(file, text, false) }

// parse is Parse for a text in which comments were allowed or not.
func parse(file string, text []byte, commented bool) (Node, error) {
	p := &parser{text: text, commented: commented, doc: &document{file: file, text: text, lines: indexLines(text)}}
	if len(text) > MaxSize {
		return Node{}, finding.List{p.finding(0, "too-large",
			fmt.Errorf("the document has %d bytes, more than the limit of %d", len(text), MaxSize))}
	}
	p.doc.entries = make([]entry, 0, len(text)/12+4)
	if err := p.document(); err != nil {
		return Node{}, finding.List{err}
	}
	return Node{doc: p.doc}, p.doc.duplicates(p.repeats).Err()
}

// parser is a recursive descent over the text. Every method leaves at behind
// what it has read, and returns the finding that ends the parse, or nil.
type parser struct {
	doc     *document
	text    []byte
	at      int
	depth   int
	keys    []uint32 // entries of the keys of all objects that are open
	repeats []repeated

	commented bool // comments were allowed, and are blank by now
}

func (p *parser) finding(offset int, code string, cause error) *finding.Finding {
	line, column := p.doc.lines.position(p.text, offset)
	return &finding.Finding{File: p.doc.file, Line: line, Column: column, Code: code, Err: cause}
}

func (p *parser) document() *finding.Finding {
	if err := packed.Check(p.doc.file, p.text); err != nil {
		return p.finding(0, "bad-encoding", err)
	}
	if bytes.HasPrefix(p.text, []byte(byteOrderMark)) {
		p.at = len(byteOrderMark)
	}
	p.space()
	if p.at == len(p.text) {
		return p.finding(0, "bad-json", errors.New("the document is empty; expected JSON"))
	}
	if err := p.value(); err != nil {
		return err
	}
	p.space()
	if p.at < len(p.text) {
		return p.unexpected("nothing more; the document ended before this")
	}
	return nil
}

func (p *parser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// begin adds an entry for the value at the current offset.
func (p *parser) begin(kind Kind) uint32 {
	index := uint32(len(p.doc.entries))
	p.doc.entries = append(p.doc.entries, entry{start: uint32(p.at) | uint32(kind)<<kindShift, next: index + 1})
	return index
}

func (p *parser) value() *finding.Finding {
	if p.at == len(p.text) {
		return p.unexpected("a value")
	}
	switch c := p.text[p.at]; {
	case c == '"':
		p.begin(String)
		return p.string()
	case c == '{':
		return p.container(Object)
	case c == '[':
		return p.container(Array)
	case c == '-' || '0' <= c && c <= '9':
		p.begin(Number)
		return p.number()
	case c == 't':
		return p.literal(Bool, "true")
	case c == 'f':
		return p.literal(Bool, "false")
	default:
		return p.literal(Null, "null")
	}
}

// container bounds the recursion.
func (p *parser) container(kind Kind) *finding.Finding {
	if p.depth == MaxDepth {
		return p.finding(p.at, "too-deep", fmt.Errorf("arrays and objects are nested more than %d levels deep", MaxDepth))
	}
	p.depth++
	index := p.begin(kind)
	p.at++
	var err *finding.Finding
	if kind == Object {
		err = p.object()
	} else {
		err = p.array()
	}
	p.doc.entries[index].next = uint32(len(p.doc.entries))
	p.depth--
	return err
}

func (p *parser) array() *finding.Finding {
	p.space()
	if p.next(']') {
		return nil
	}
	for {
		if err := p.value(); err != nil {
			return err
		}
		p.space()
		if p.next(']') {
			return nil
		}
		if !p.next(',') {
			return p.unexpected("',' or ']'")
		}
		p.space()
	}
}

func (p *parser) object() *finding.Finding {
	outer := len(p.keys)
	p.space()
	if p.next('}') {
		return nil
	}
	for {
		if p.at == len(p.text) || p.text[p.at] != '"' {
			return p.unexpected("a key in double quotes")
		}
		p.keys = append(p.keys, p.begin(String))
		if err := p.string(); err != nil {
			return err
		}
		p.space()
		if !p.next(':') {
			return p.unexpected("':'")
		}
		p.space()
		if err := p.value(); err != nil {
			return err
		}
		p.space()
		if p.next('}') {
			break
		}
		if !p.next(',') {
			return p.unexpected("',' or '}'")
		}
		p.space()
	}
	p.findRepeated(p.keys[outer:])
	p.keys = p.keys[:outer]
	return nil
}

// next steps over c if it comes next.
func (p *parser) next(c byte) bool {
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

// unexpected is the finding that something else was expected here.
func (p *parser) unexpected(expected string) *finding.Finding {
	if p.at >= len(p.text) {
		return p.finding(len(p.text), "bad-json", fmt.Errorf("the document ends too early; expected %s", expected))
	}
	rest := p.text[p.at:]
	if r, size := utf8.DecodeRune(rest); r == utf8.RuneError && size == 1 {
		return p.finding(p.at, "bad-encoding", fmt.Errorf("byte 0x%02x is not valid UTF-8", rest[0]))
	}
	return p.finding(p.at, "bad-json", fmt.Errorf("unexpected %q; expected %s%s", printable(rest), expected, p.hint()))
}

func printable(text []byte) rune {
	r, _ := utf8.DecodeRune(text)
	return r
}

// hint names the habits from other notations that JSON does not share.
func (p *parser) hint() string {
	switch c := p.text[p.at]; {
	case c == '\'':
		return " (JSON quotes with \" only)"
	case p.commented && (c == '/' || c == '#'):
		return " (a comment begins with // or /*)"
	case c == '/' || c == '#':
		return " (JSON has no comments)"
	case (c == ']' || c == '}') && bytes.HasSuffix(bytes.TrimRight(p.text[:p.at], " \t\r\n"), []byte{','}):
		return " (JSON allows no comma after the last one)"
	default:
		return ""
	}
}
