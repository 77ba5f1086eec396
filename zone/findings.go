package zone

import (
	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/mistaken"
)

// Finding is one error or warning about a document, with its position and a
// stable Code (see the package comment).
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

// Findings is several of them in document order, and one error. The zero value
// is none.
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

// Position is where a value stands in its document. The zero value stands
// nowhere: that of a value that was not parsed.
type Position struct {
	File         string // label given to the parse function
	Line, Column int    // 1-based; column in bytes
	Path         string // JSON pointer (RFC 6901)
}

func positionOf(node jsondoc.Node) Position {
	line, column := node.Position()
	return Position{File: node.File(), Line: line, Column: column, Path: node.Path()}
}

// reader reads one vendor document. It is lenient while something INACTIVE is
// read: what is wrong with it harms nobody until it is activated, and one odd
// zone that is switched off must not keep the others from loading.
type reader struct {
	*jsondoc.Reader
	references int // to zones
}

// open reads the JSON of a document. The node does not exist if there is none.
func open(file string, text []byte) (jsondoc.Node, *reader) {
	root, found := jsondoc.Read(file, text)
	return root, &reader{Reader: found}
}

// mistaken reports a document that is another than its reader expects, which is all
// there is to say of it (docs/semantics.md, oktadoc-19).
func (r *reader) mistaken(root jsondoc.Node, expected string) bool {
	what := mistaken.What(root)
	if what != "" {
		r.Fail(root, "wrong-document", "this is %s; expected %s", what, expected)
	}
	return what != ""
}

// active reads a status. An unknown one is an error whatever it belongs to, and
// what it belongs to is read like an ACTIVE one: severity must not hang on a
// word that nobody understands (docs/semantics.md, oktadoc-2 and rule-10). Absent
// is ACTIVE (oktadoc-11).
func (r *reader) active(status jsondoc.Node) bool {
	switch {
	case status.Kind() == jsondoc.Missing || status.Kind() == jsondoc.Null:
		return true
	case status.Kind() != jsondoc.String:
		r.Fail(status, "unknown-status", "expected the string ACTIVE or INACTIVE, found %s", status.Kind())
		return true
	}
	switch status.String() {
	case "ACTIVE":
		return true
	case "INACTIVE":
		return false
	default:
		r.Fail(status, "unknown-status", "unknown status; %s", jsondoc.Expected(status.String(), "ACTIVE", "INACTIVE"))
		return true
	}
}
