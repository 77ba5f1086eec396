package zone

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// Finding is one error or warning about a document, with its position and a
// stable Code (see the package comment). It is an error.
type Finding = finding.Finding

// Findings is several of them in document order; as an error it shows the
// first 20. The zero value is none.
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

// notes collects the findings about one document.
type notes struct {
	found Findings
	// lenient is on while something INACTIVE is read: what is wrong with it
	// harms nobody until it is activated, and one odd zone that is switched
	// off must not keep the others from loading.
	lenient bool
	full    bool
}

// open reads the JSON of a document. The node does not exist if there is none.
func open(file string, text []byte) (jsondoc.Node, *notes) {
	root, err := jsondoc.Parse(file, text)
	found := &notes{}
	if list, ok := errors.AsType[finding.List](err); ok {
		found.found = list
	}
	return root, found
}

// fail adds an error whatever is being read.
func (n *notes) fail(at jsondoc.Node, code, format string, args ...any) {
	n.add(at.Finding(code, fmt.Errorf(format, args...)))
}

// warn adds a warning.
func (n *notes) warn(at jsondoc.Node, code, format string, args ...any) {
	f := at.Finding(code, fmt.Errorf(format, args...))
	f.Warning = true
	n.add(f)
}

// problem adds an error, or a warning while lenient.
func (n *notes) problem(at jsondoc.Node, code, format string, args ...any) {
	if n.lenient {
		n.warn(at, code, format, args...)
		return
	}
	n.fail(at, code, format, args...)
}

func (n *notes) add(f *Finding) {
	if n.full {
		return
	}
	if len(n.found) >= finding.Limit {
		n.full = true
		f = &Finding{File: f.File, Line: f.Line, Column: f.Column, Code: "too-many-findings",
			Err: fmt.Errorf("more than %d findings; the rest of the document was not looked at", finding.Limit)}
	}
	n.found = append(n.found, f)
}

// divide gives errors and warnings, each in document order.
func (n *notes) divide() (failures, warnings Findings) {
	slices.SortStableFunc(n.found, func(a, b *Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	for _, f := range n.found {
		if f.Warning {
			warnings = append(warnings, f)
		} else {
			failures = append(failures, f)
		}
	}
	return failures, warnings
}

// is says whether a value that must exist has the kind, and reports it if not.
func (n *notes) is(node jsondoc.Node, kind jsondoc.Kind, what string) bool {
	if node.Kind() == kind {
		return true
	}
	n.problem(node, "bad-type", "expected %s, found %s", what, node.Kind())
	return false
}

// given says whether an optional value is there with the kind: absent and null
// are silently no, another kind is reported.
func (n *notes) given(node jsondoc.Node, kind jsondoc.Kind, what string) bool {
	if node.Kind() == jsondoc.Missing || node.Kind() == jsondoc.Null {
		return false
	}
	return n.is(node, kind, what)
}

// text is an optional string; absent and null are empty.
func (n *notes) text(node jsondoc.Node) string {
	if !n.given(node, jsondoc.String, "a string") {
		return ""
	}
	return node.String()
}

// flag is an optional boolean; absent and null are false.
func (n *notes) flag(node jsondoc.Node) bool {
	return n.given(node, jsondoc.Bool, "true or false") && node.Bool()
}

// active reads a status. An unknown one is an error whatever it belongs to, and
// what it belongs to is read like an ACTIVE one: severity must not hang on a
// word that nobody understands.
func (n *notes) active(status jsondoc.Node) bool {
	switch {
	case status.Kind() == jsondoc.Missing || status.Kind() == jsondoc.Null:
		return true
	case status.Kind() != jsondoc.String:
		n.fail(status, "unknown-status", "expected the string ACTIVE or INACTIVE, found %s", status.Kind())
		return true
	}
	switch status.String() {
	case "ACTIVE":
		return true
	case "INACTIVE":
		return false
	default:
		n.fail(status, "unknown-status", "unknown status; expected ACTIVE or INACTIVE")
		return true
	}
}

// strict refuses members that are not known, naming the one that was meant.
func (n *notes) strict(object jsondoc.Node, known ...string) {
	for member := range object.Members() {
		if slices.Contains(known, member.Name) {
			continue
		}
		if meant := nearest(member.Name, known); meant != "" {
			n.fail(member.Key, "unknown-member", "unknown member; did you mean %q?", meant)
			continue
		}
		n.fail(member.Key, "unknown-member", "unknown member; expected %s", enumerate(known))
	}
}

// miscased warns about ignored members that differ from a known one by letter
// case alone: the API may add members at any time, but hardly that one.
func (n *notes) miscased(object jsondoc.Node, known ...string) {
	for member := range object.Members() {
		for _, name := range known {
			if member.Name != name && strings.EqualFold(member.Name, name) {
				n.warn(member.Key, "unknown-member", "unknown member, ignored; did you mean %q?", name)
			}
		}
	}
}

// nearest is the known name that the text probably misspells, or empty.
func nearest(text string, known []string) string {
	best, bestDistance := "", 3
	for _, name := range known {
		if strings.EqualFold(text, name) {
			return name
		}
		if d := editDistance(strings.ToLower(text), strings.ToLower(name)); d < bestDistance && d < len(name)/2 {
			best, bestDistance = name, d
		}
	}
	return best
}

// editDistance is Levenshtein's distance, or a large number for long texts.
func editDistance(a, b string) int {
	if len(a) > 40 {
		return 1000
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// enumerate writes "a, b or c".
func enumerate(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
