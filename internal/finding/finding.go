// Package finding is the one shape in which netwicket says that something is
// wrong with a document: where it stands, what stands there, and what was
// expected. Errors and warnings share it; a [List] collects those of one
// document so that a person sees all of them at once.
package finding

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/netwicket/netwicket/internal/shown"
)

// Shown is how many findings the text of a [List] shows; the rest are counted.
const Shown = 20

// Limit is how many findings a reader collects about one document before it
// stops: each takes about a thousand bytes, and a broken document of many
// megabytes must not cost gigabytes of them.
const Limit = 10_000

// Finding is one error or warning about a document. It is an error itself, so
// that a finding can be returned, wrapped and inspected with errors.As.
type Finding struct {
	File    string // label the caller gave the document, usually its path; may be empty
	Line    int    // 1-based; 1 for a finding about the document as a whole
	Column  int    // 1-based, in bytes
	Path    string // JSON pointer (RFC 6901) of the value, or empty
	Value   string // the offending value as it is written, cut to a readable length; may be empty
	Code    string // stable, lower-case, hyphenated: "bad-range"
	Warning bool   // true: the document loads all the same
	Err     error  // what is wrong and what was expected
}

// Error is the finding as one line: file:line:column, path, value and cause, with
// whatever would break the line or steer a terminal escaped.
func (f *Finding) Error() string {
	var b strings.Builder
	b.WriteString(f.Position())
	if f.Path != "" {
		b.WriteString(" " + Inline(f.Path))
	}
	b.WriteString(": ")
	b.WriteString(f.Message())
	return b.String()
}

// Message is the finding without its position: the value, if any, and the cause.
func (f *Finding) Message() string {
	cause := "invalid"
	if f.Err != nil {
		cause = shown.Text(f.Err.Error()) // it may repeat what documents and paths say
	}
	if f.Value == "" {
		return cause
	}
	return strconv.Quote(Cut(f.Value)) + ": " + cause
}

// Position is "file:line:column", or "line:column" for a document without a label.
func (f *Finding) Position() string {
	at := strconv.Itoa(max(f.Line, 1)) + ":" + strconv.Itoa(max(f.Column, 1))
	if f.File == "" {
		return at
	}
	return shown.Text(f.File) + ":" + at
}

// Unwrap gives the cause, so that errors.Is finds sentinels.
func (f *Finding) Unwrap() error { return f.Err }

// List is several findings in document order.
type List []*Finding

// Add appends a finding, and in place of the one beyond [Limit] that there are
// more; those that follow are dropped.
func (l *List) Add(f *Finding) {
	switch {
	case len(*l) < Limit:
		*l = append(*l, f)
	case len(*l) == Limit:
		*l = append(*l, &Finding{File: f.File, Line: f.Line, Column: f.Column, Code: "too-many-findings",
			Err: fmt.Errorf("more than %d findings; the rest of the document was not looked at", Limit)})
	}
}

// Sort brings the list into document order, by line and column; what stands at
// the same place keeps its order. All must be of one document.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b *Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// Divide sorts the list and gives its errors and its warnings.
func (l List) Divide() (failures, warnings List) {
	l.Sort()
	for _, f := range l {
		if f.Warning {
			warnings = append(warnings, f)
		} else {
			failures = append(failures, f)
		}
	}
	return failures, warnings
}

// Error shows the first [Shown] findings, one a line, and counts the rest.
func (l List) Error() string {
	lines := make([]string, 0, min(len(l), Shown)+1)
	for i, f := range l {
		if i == Shown {
			lines = append(lines, fmt.Sprintf("and %d more", len(l)-Shown))
			break
		}
		lines = append(lines, f.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives every finding to errors.Is and errors.As.
func (l List) Unwrap() []error {
	errs := make([]error, len(l))
	for i, f := range l {
		errs[i] = f
	}
	return errs
}

// Err is the list as an error, or nil for an empty list.
func (l List) Err() error {
	if len(l) == 0 {
		return nil
	}
	return l
}

// maxQuoted bounds how much of a value a message repeats: documents may hold
// megabytes where an address belongs.
const maxQuoted = 120

// Cut is text cut to the length that a message repeats, at a character's edge
// and with three dots where something is missing. What counts is the length
// once it is escaped: a control character takes up to ten bytes.
func Cut(text string) string {
	var width, end int // end is where a text that is too long is cut
	for i := 0; i < len(text); {
		_, size := utf8.DecodeRuneInString(text[i:])
		width += len(strconv.Quote(text[i:i+size])) - len(`""`)
		if width > maxQuoted+len("...") {
			return text[:end] + "..."
		}
		i += size
		if width <= maxQuoted {
			end = i
		}
	}
	return text
}

// Inline is text for the middle of a message: cut, and escaped where it would
// break the line or steer a terminal.
func Inline(text string) string {
	return shown.Text(Cut(text))
}
