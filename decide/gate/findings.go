package gate

import "github.com/netwicket/netwicket/internal/finding"

// Finding is one error or warning about a [Config]. Path is a JSON pointer such
// as /trusted/2; there is no file and no line.
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

// Findings is several of them, and one error. The zero value is none.
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
