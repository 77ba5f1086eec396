package decide

import (
	"fmt"

	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/zone"
)

// Finding is one error or warning of a compilation, with its position.
// It is an error itself, and one type in all packages:
//
//	type Finding struct {
//		File    string // label the caller gave the document, usually its path; may be empty
//		Line    int    // 1-based; 1 for a finding about the document as a whole
//		Column  int    // 1-based, in bytes
//		Path    string // JSON pointer (RFC 6901) of the value, or empty
//		Value   string // the offending value as it is written, cut to a readable length; may be empty
//		Code    string // stable, lower-case, hyphenated: "bad-range"
//		Warning bool   // true: the document loads all the same
//		Err     error  // what is wrong and what was expected
//	}
//
//	func (f *Finding) Error() string    // file:line:column, path, value and cause on one line
//	func (f *Finding) Message() string  // value and cause
//	func (f *Finding) Position() string // file:line:column
//	func (f *Finding) Unwrap() error    // Err
type Finding = finding.Finding

// Findings is several of them, document by document, and one error. The zero
// value is none.
//
//	type Findings []*Finding
//
//	func (l Findings) Error() string                        // the first 20, one a line, and how many more
//	func (l Findings) Err() error                           // nil if there is none
//	func (l Findings) Unwrap() []error                      // each of them, for errors.Is and errors.As
//	func (l Findings) Divide() (failures, warnings Findings)
//	func (l Findings) Sort()                                // by line and column
//	func (l *Findings) Add(f *Finding)
type Findings = finding.List

func (c *compiler) fail(at zone.Position, value, code, format string, args ...any) {
	c.errors = append(c.errors, newFinding(at, value, code, fmt.Errorf(format, args...)))
}

func (c *compiler) warn(at zone.Position, value, code, format string, args ...any) {
	f := newFinding(at, value, code, fmt.Errorf(format, args...))
	f.Warning = true
	c.warnings = append(c.warnings, f)
}

// report is fail for what is in force and warn for what is not.
func (c *compiler) report(inForce bool, at zone.Position, value, code, format string, args ...any) {
	if inForce {
		c.fail(at, value, code, format, args...)
	} else {
		c.warn(at, value, code, format, args...)
	}
}

func (c *compiler) reportUnknownZone(spec *zone.Rule, id zone.ZoneID) {
	c.report(spec.Active, id.Position, id.ID, "unknown-zone",
		"rule %q refers to a zone that the policy does not have: %w", spec.Label(), ErrUnknownZone)
}

func newFinding(at zone.Position, value, code string, err error) *Finding {
	return &Finding{File: at.File, Line: max(at.Line, 1), Column: max(at.Column, 1), Path: at.Path, Value: value, Code: code, Err: err}
}

func positionText(at zone.Position) string {
	return (&Finding{File: at.File, Line: at.Line, Column: at.Column}).Position()
}
