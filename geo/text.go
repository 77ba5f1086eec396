package geo

import (
	"bytes"

	"github.com/netwicket/netwicket/internal/finding"
)

// Limits of corrections: more is a mistake, such as a wrong file. Lists of
// networks have those of package netset.
const (
	maxRows       = 5_000_000
	maxLineLength = 64 << 10
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// textReader collects the findings of one text source.
type textReader struct {
	file     string
	margin   int // columns that a byte order mark takes from the first line
	errors   Findings
	warnings Findings
}

// fail notes an error at a line and a column, both 1-based.
func (r *textReader) fail(line, column int, value, code string, err error) {
	r.errors = append(r.errors, r.finding(line, column, value, code, err))
}

func (r *textReader) warn(line, column int, value, code string, err error) {
	if len(r.warnings) == finding.Limit {
		return
	}
	f := r.finding(line, column, value, code, err)
	f.Warning = true
	r.warnings = append(r.warnings, f)
}

func (r *textReader) finding(line, column int, value, code string, err error) *Finding {
	if line == 1 {
		column += r.margin
	}
	return &Finding{File: r.file, Line: line, Column: column, Value: finding.Cut(value), Code: code, Err: err}
}

// withoutMark takes a byte order mark off a text.
func (r *textReader) withoutMark(content []byte) []byte {
	text := bytes.TrimPrefix(content, byteOrderMark)
	r.margin = len(content) - len(text)
	return text
}
