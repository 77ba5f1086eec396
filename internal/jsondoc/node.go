package jsondoc

import (
	"iter"
	"strconv"
	"strings"

	"github.com/netwicket/netwicket/internal/finding"
)

// Kind is what a value is. The zero Kind is that of a node that does not exist.
type Kind uint8

// The kinds of a JSON value.
const (
	Missing Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// String is the kind with its article, as messages use it: "an array".
func (k Kind) String() string {
	return [...]string{"nothing", "null", "a boolean", "a number", "a string", "an array", "an object"}[k]
}

// document is the text and the table of its values.
type document struct {
	file    string
	text    []byte
	entries []entry
	lines   lines
}

// entry is one value or object key, in document order: a container's children
// follow it, an object's as key, value, key, value.
type entry struct {
	start uint32 // offset in the text; the kind in the upper kindBits
	next  uint32 // index of the entry behind this one and all its children
}

const (
	kindShift  = 29
	offsetMask = 1<<kindShift - 1
)

func (e entry) kind() Kind  { return Kind(e.start >> kindShift) }
func (e entry) offset() int { return int(e.start & offsetMask) }

// Node is one value of a document. The zero Node is a value that does not
// exist: its Kind is Missing and it has no children. A Node is immutable and
// safe for concurrent use as long as nobody changes the text given to [Parse].
type Node struct {
	doc    *document
	parent string // JSON pointer of the container
	index  uint32 // in doc.entries
	step   uint32 // which child: the position in an array, the key's entry in an object
	within Kind   // Array, Object, or Missing for the document itself
}

// Exists says that there is such a value, be it null.
func (n Node) Exists() bool { return n.doc != nil }

// Kind is what the value is; Missing for the zero Node.
func (n Node) Kind() Kind {
	if n.doc == nil {
		return Missing
	}
	return n.doc.entries[n.index].kind()
}

// Raw is the value exactly as it stands in the document, without the space
// around it. It shares the document's memory.
func (n Node) Raw() []byte {
	if n.doc == nil {
		return nil
	}
	start := n.Offset()
	end := endOf(n.doc.text, start)
	return n.doc.text[start:end:end]
}

// String is the content of a string, and the text of any other value.
func (n Node) String() string {
	if n.Kind() == String {
		return unquote(n.Raw())
	}
	return string(n.Raw())
}

// Bool is true for the value true alone.
func (n Node) Bool() bool { return n.Kind() == Bool && n.doc.text[n.Offset()] == 't' }

// Offset is where the value begins in the text, in bytes.
func (n Node) Offset() int {
	if n.doc == nil {
		return 0
	}
	return n.doc.entries[n.index].offset()
}

// File is the label that was given to [Parse].
func (n Node) File() string {
	if n.doc == nil {
		return ""
	}
	return n.doc.file
}

// Position is the line and the column in bytes, both from 1.
func (n Node) Position() (line, column int) {
	if n.doc == nil {
		return 1, 1
	}
	return n.doc.lines.position(n.doc.text, n.Offset())
}

// Path is the value's JSON pointer (RFC 6901); empty for the document itself.
func (n Node) Path() string {
	switch n.within {
	case Array:
		return n.parent + "/" + strconv.Itoa(int(n.step))
	case Object:
		return n.parent + "/" + pointerEscape(n.doc.key(n.step))
	default:
		return ""
	}
}

// Elements ranges over an array with the position of each element, and over
// nothing for any other kind.
func (n Node) Elements() iter.Seq2[int, Node] {
	return func(yield func(int, Node) bool) {
		if n.Kind() != Array {
			return
		}
		path, stop := n.Path(), n.doc.entries[n.index].next
		step := uint32(0)
		for at := n.index + 1; at < stop; at = n.doc.entries[at].next {
			if !yield(int(step), Node{doc: n.doc, parent: path, index: at, step: step, within: Array}) {
				return
			}
			step++
		}
	}
}

// Len is the number of elements of an array or of members of an object.
func (n Node) Len() int {
	count := 0
	switch n.Kind() {
	case Array:
		for range n.Elements() {
			count++
		}
	case Object:
		for range n.Members() {
			count++
		}
	}
	return count
}

// Member is one key of an object with its value.
type Member struct {
	Name  string
	Key   Node // the key itself, for its position; its path is that of the value
	Value Node
}

// Members ranges over an object in document order, and over nothing for any
// other kind.
func (n Node) Members() iter.Seq[Member] {
	return func(yield func(Member) bool) {
		if n.Kind() != Object {
			return
		}
		path, stop := n.Path(), n.doc.entries[n.index].next
		for at := n.index + 1; at < stop; at = n.doc.entries[at+1].next {
			value := Node{doc: n.doc, parent: path, index: at + 1, step: at, within: Object}
			key := value
			key.index = at
			if !yield(Member{Name: n.doc.key(at), Key: key, Value: value}) {
				return
			}
		}
	}
}

// Get is the value of the member with exactly this name; the zero Node if there
// is none, or if n is no object. Each call walks the members.
func (n Node) Get(name string) Node {
	if n.Kind() != Object {
		return Node{}
	}
	stop := n.doc.entries[n.index].next
	for at := n.index + 1; at < stop; at = n.doc.entries[at+1].next {
		if n.doc.keyIs(at, name) {
			return Node{doc: n.doc, parent: n.Path(), index: at + 1, step: at, within: Object}
		}
	}
	return Node{}
}

// Blank says that the value is missing, null, "", [] or {}, or an object whose
// members are all blank: nothing is lost by not reading it.
func (n Node) Blank() bool {
	switch n.Kind() {
	case Missing, Null:
		return true
	case String:
		text, start := n.doc.text, n.Offset()
		return text[start+1] == '"'
	case Array:
		return n.doc.entries[n.index].next == n.index+1
	case Object:
		for member := range n.Members() {
			if !member.Value.Blank() {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// Finding is an error about this value: its position, its text if it is no
// container, and the cause.
func (n Node) Finding(code string, cause error) *finding.Finding {
	line, column := n.Position()
	f := &finding.Finding{File: n.File(), Line: line, Column: column, Path: n.Path(), Code: code, Err: cause}
	switch n.Kind() {
	case Null, Bool, Number, String:
		f.Value = finding.Cut(n.String())
	}
	return f
}

// key is the decoded text of the key at entry at.
func (d *document) key(at uint32) string {
	start := d.entries[at].offset()
	return unquote(d.text[start:endOfString(d.text, start)])
}

func (d *document) keyIs(at uint32, name string) bool { return string(d.plainKey(at)) == name }

func pointerEscape(key string) string {
	if !strings.ContainsAny(key, "~/") {
		return key
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}
