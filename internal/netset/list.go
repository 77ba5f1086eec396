package netset

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/packed"
)

// Sizes that a list may have: more is a mistake, such as a wrong file.
const (
	MaxBytes   = 256 << 20
	MaxEntries = 5_000_000
	MaxLine    = 4 << 10 // bytes
)

// mmdbTail is how far from its end the metadata of an MMDB begins at most,
// https://maxmind.github.io/MaxMind-DB/#database-metadata
const mmdbTail = 128 << 10

// Limits are the sizes of one list. Zero is the largest that there may be.
type Limits struct {
	Bytes, Entries int

	// Proxies says that the list is of proxies: private networks belong there, and
	// the edge says itself which of them are too wide.
	Proxies bool
}

// Entry is one network of a list, and where it stands.
type Entry struct {
	Line, Column int // 1-based; column in bytes
	Text         string
	Range        netipx.IPRange
}

// ReadList reads a list of networks, whatever it is for, in one of the shapes in
// which lists are published (docs/semantics.md, address-6 and address-8): lines,
// with columns or without; JSON; what ipset save writes. The shape is told by the
// content. It hands out the entries in document order. Beside failures they are
// incomplete.
//
// Text that takes a piece of the document keeps all of it in memory.
func ReadList(file, document string, limits Limits, each func(Entry)) (failures, warnings finding.List) {
	r := listReader{file: file, limit: cmp.Or(limits.Entries, MaxEntries), each: each, proxies: limits.Proxies, lines: 1}
	if limit := cmp.Or(limits.Bytes, MaxBytes); len(document) > limit {
		r.fail(0, "", "too-large", fmt.Errorf("the list has %d bytes, more than the limit of %d", len(document), limit))
		return r.failures, nil
	}
	if err := packed.Check(file, []byte(document[:min(len(document), packed.HeadSize)])); err != nil {
		r.fail(0, "", "bad-encoding", err)
		return r.failures, nil
	}
	if strings.Contains(document[max(0, len(document)-mmdbTail):], "\xab\xcd\xefMaxMind.com") {
		r.fail(0, "", notList, errors.New("this is an MMDB database; name it as a source of geo data (geo, -g)"))
		return r.failures, nil
	}
	rest := strings.TrimPrefix(document, "\ufeff")
	r.margin = len(document) - len(rest)
	if isJSON(rest) {
		r.json(document, rest)
	} else {
		r.eachLine(rest, r.line)
	}
	r.end()
	return r.failures, r.warnings
}

type listReader struct {
	file     string
	limit    int
	proxies  bool
	each     func(Entry)
	lines    int // the number of the current one
	margin   int // bytes of the line that were cut off at its start: a byte order mark
	entries  int
	failures finding.List
	warnings finding.List

	begun    bool // a line was read that is neither empty nor a comment
	column   int  // in which all rows have their network, from 1; 0: no row was read
	header   int  // the line that names the columns; 0: none
	named    bool // and one of them is that of addresses
	cells    []cell
	lengths  lengths
	set      *ipset // what ipset save writes
	key      string // of the network in every record of JSON lines
	reserved reserved
}

// eachLine reads a text line by line, as long as read says so.
func (r *listReader) eachLine(text string, read func(line string) bool) {
	for r.lines = 0; text != "" && len(r.failures) <= finding.Limit; r.margin = 0 {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		r.lines++
		if !read(strings.TrimSuffix(line, "\r")) {
			return
		}
	}
}

// line reads one line; false ends the reading.
func (r *listReader) line(line string) bool {
	if !r.legible(line) {
		return true
	}
	text := strings.TrimLeft(line, " \t")
	at := len(line) - len(text)
	if text == "" || text[0] == '#' || text[0] == ';' {
		return true
	}
	if !r.begun {
		r.begun = true
		if strings.HasPrefix(text, "create ") {
			r.set = &ipset{}
		}
	}
	if r.set != nil {
		return r.ipsetLine(strings.TrimRight(text, " \t"), at)
	}
	if network, ok := alone(text); ok {
		return r.inColumn(1, network, at) && r.network(network, at)
	}
	return r.row(text, at)
}

// legible says that a line can be read at all, or notes why not.
func (r *listReader) legible(line string) bool {
	switch {
	case len(line) > MaxLine:
		r.fail(0, "", "line-too-long", fmt.Errorf("the line has %d bytes, more than the limit of %d; expected one network a line", len(line), MaxLine))
	case !utf8.ValidString(line):
		r.fail(invalidByte(line), "", "bad-encoding", errors.New("the line is not valid UTF-8"))
	default:
		return true
	}
	return false
}

// alone is the text of a line on which nothing but a comment stands beside it,
// which is what most lines are.
func alone(text string) (string, bool) {
	for i := range len(text) {
		switch text[i] {
		case ' ', '\t':
			behind := strings.TrimLeft(text[i:], " \t")
			return text[:i], behind == "" || behind[0] == '#'
		case '#':
			return text[:i], true
		case ',', ';', '"':
			return "", false
		}
	}
	return text, true
}

// network reads the text of a network; false ends the reading.
func (r *listReader) network(text string, at int) bool {
	network, hostBits, err := Parse(text)
	if err != nil {
		return r.unread(text, at, err)
	}
	return r.entry(Entry{Line: r.lines, Column: r.margin + at + 1, Text: text, Range: network}, hostBits)
}

// entry takes a network in; false ends the reading.
func (r *listReader) entry(e Entry, hostBits bool) bool {
	if r.entries == r.limit {
		r.failures.Add(r.finding(e, "too-many-entries", fmt.Errorf("more than %d entries", r.limit)))
		r.failures[len(r.failures)-1].Value = ""
		return false
	}
	for _, caution := range Cautions(e.Range, hostBits) {
		if !r.proxies || caution.Code != "wide-network" {
			r.warn(e, caution.Code, caution.Err)
		}
	}
	if !r.proxies {
		r.reserved.note(e)
	}
	r.entries++
	r.each(e)
	return true
}

// end looks at what only the whole list tells.
func (r *listReader) end() {
	if e, first := r.lengths.doubt(); first {
		r.failures.Add(r.finding(e, notList, r.rewrite("addresses with a second column that reads like the lengths of prefixes",
			`awk '{print $1 "/" $2}'`, "; if it holds anything else, "+shell("awk '{print $1}'", r.file))))
	}
	if r.header > 0 && !r.named && r.entries == 0 {
		r.fail(0, "", notList, errors.New("a CSV of one line, which names no column of addresses; expected one network a line"))
	}
	if len(r.failures) > 0 {
		return
	}
	if e, text := r.reserved.found(r.entries); text != "" {
		r.warn(e, "reserved-in-feed", errors.New(text))
	}
	if r.entries == 0 {
		r.warn(Entry{Line: 1, Column: 1}, "no-networks", errors.New("the list has no network; it has no effect"))
	}
}

func (r *listReader) finding(e Entry, code string, cause error) *finding.Finding {
	return &finding.Finding{File: r.file, Line: e.Line, Column: e.Column, Value: finding.Cut(e.Text), Code: code, Err: cause}
}

// fail notes an error in the current line; at counts bytes from 0.
func (r *listReader) fail(at int, value, code string, cause error) {
	r.failures.Add(r.finding(Entry{Line: r.lines, Column: r.margin + at + 1, Text: value}, code, cause))
}

// warn stops in silence where fail would make an error of it: a long list of
// one habit must load.
func (r *listReader) warn(e Entry, code string, cause error) {
	if len(r.warnings) == finding.Limit {
		return
	}
	f := r.finding(e, code, cause)
	f.Warning = true
	r.warnings = append(r.warnings, f)
}

func invalidByte(text string) int {
	for i, c := range text {
		if c == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return i
			}
		}
	}
	return len(text)
}
