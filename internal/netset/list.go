package netset

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/finding"
)

// Sizes that a list may have: more is a mistake, such as a wrong file.
const (
	MaxBytes   = 256 << 20
	MaxEntries = 5_000_000
	MaxLine    = 4 << 10 // bytes
)

// Limits are the sizes of one list. Zero is the largest that there may be.
type Limits struct{ Bytes, Entries int }

// Entry is one network of a list, and where it stands.
type Entry struct {
	Line, Column int // 1-based; column in bytes
	Text         string
	Range        netipx.IPRange
}

// ReadList reads a list of networks, whatever it is for: one address, CIDR
// network or first-last range a line; # begins a comment, at the start of a line
// or behind an entry (docs/semantics.md, address-6). It hands out the entries in
// document order. Beside failures they are incomplete.
//
// Text that takes a piece of the document keeps all of it in memory.
func ReadList(file, document string, limits Limits, each func(Entry)) (failures, warnings finding.List) {
	if limit := cmp.Or(limits.Bytes, MaxBytes); len(document) > limit {
		failures.Add(&finding.Finding{File: file, Line: 1, Column: 1, Code: "too-large",
			Err: fmt.Errorf("the list has %d bytes, more than the limit of %d", len(document), limit)})
		return failures, nil
	}
	rest := strings.TrimPrefix(document, "\ufeff")
	r := listReader{file: file, limit: cmp.Or(limits.Entries, MaxEntries), each: each, margin: len(document) - len(rest)}
	for rest != "" && len(r.failures) <= finding.Limit {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		r.lines++
		if !r.line(strings.TrimSuffix(line, "\r")) {
			break
		}
		r.margin = 0
	}
	if r.entries == 0 && len(r.failures) == 0 {
		r.warnings.Add(&finding.Finding{File: file, Line: 1, Column: 1, Code: "no-networks", Warning: true,
			Err: errors.New("the list has no network; it has no effect")})
	}
	return r.failures, r.warnings
}

type listReader struct {
	file     string
	limit    int
	each     func(Entry)
	lines    int // read so far, so the number of the current one
	margin   int // bytes of the line that were cut off at its start: a byte order mark
	entries  int
	failures finding.List
	warnings finding.List
}

// line reads one line; false ends the reading.
func (r *listReader) line(line string) bool {
	if len(line) > MaxLine {
		r.fail(0, "", "line-too-long", fmt.Errorf("the line has %d bytes, more than the limit of %d; expected one network a line", len(line), MaxLine))
		return true
	}
	if !utf8.ValidString(line) {
		r.fail(invalidByte(line), "", "bad-encoding", errors.New("the line is not valid UTF-8"))
		return true
	}
	content, _, _ := strings.Cut(line, "#")
	text := strings.TrimLeft(content, " \t")
	column := len(content) - len(text)
	text = strings.TrimRight(text, " \t")
	if text == "" {
		return true
	}
	if r.entries == r.limit {
		r.fail(column, "", "too-many-entries", fmt.Errorf("more than %d entries", r.limit))
		return false
	}
	network, hostBits, err := Parse(text)
	if err != nil {
		r.fail(column, text, Code(text), err)
		return true
	}
	for _, caution := range Cautions(network, hostBits) {
		r.warn(column, text, caution)
	}
	r.entries++
	r.each(Entry{Line: r.lines, Column: r.margin + column + 1, Text: text, Range: network})
	return true
}

func (r *listReader) finding(column int, value, code string, cause error) *finding.Finding {
	return &finding.Finding{File: r.file, Line: r.lines, Column: r.margin + column + 1, Value: finding.Cut(value), Code: code, Err: cause}
}

func (r *listReader) fail(column int, value, code string, cause error) {
	r.failures.Add(r.finding(column, value, code, cause))
}

// warn stops in silence where fail would make an error of it: a long list of
// one habit must load.
func (r *listReader) warn(column int, value string, caution Caution) {
	if len(r.warnings) == finding.Limit {
		return
	}
	f := r.finding(column, value, caution.Code, caution.Err)
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
	return 0
}
