package jsondoc

import (
	"errors"
	"fmt"
	"slices"

	"github.com/netwicket/netwicket/internal/finding"
)

// Reader reads typed values out of a tree and notes all that is wrong with
// them. The zero value has noted nothing. It is for one goroutine.
//
// Its own codes are bad-type, for a value of another kind than expected, and
// unknown-key, for a key that an object does not have.
type Reader struct {
	// Found is what was noted so far, in the order of reading.
	Found finding.List
	// Lenient is on while something is read that harms nobody as it is, such as
	// what is switched off: what Problem notes are warnings then.
	Lenient bool
}

// Read parses a document for a reader that has noted already what is wrong with
// its JSON. The node does not exist if there is none.
func Read(file string, text []byte) (Node, *Reader) {
	return newReader(Parse(file, text))
}

func newReader(root Node, err error) (Node, *Reader) {
	found, _ := errors.AsType[finding.List](err) // there is none without an error
	return root, &Reader{Found: found}
}

// Fail adds an error.
func (r *Reader) Fail(at Node, code, format string, args ...any) {
	r.Found.Add(at.Finding(code, fmt.Errorf(format, args...)))
}

// Warn adds a warning.
func (r *Reader) Warn(at Node, code, format string, args ...any) {
	f := at.Finding(code, fmt.Errorf(format, args...))
	f.Warning = true
	r.Found.Add(f)
}

// Problem adds an error, or a warning while lenient.
func (r *Reader) Problem(at Node, code, format string, args ...any) {
	if r.Lenient {
		r.Warn(at, code, format, args...)
		return
	}
	r.Fail(at, code, format, args...)
}

// Is says whether a value that must exist has the kind, and reports it if not.
// What names the kind for messages, as in "an array of addresses".
func (r *Reader) Is(node Node, kind Kind, what string) bool {
	if node.Kind() == kind {
		return true
	}
	r.Problem(node, "bad-type", "expected %s, found %s", what, node.Kind())
	return false
}

// Given says whether an optional value is there with the kind: absent and null
// are silently no, another kind is reported.
func (r *Reader) Given(node Node, kind Kind, what string) bool {
	if node.Kind() == Missing || node.Kind() == Null {
		return false
	}
	return r.Is(node, kind, what)
}

// Present is like Given, but reports null: it is no way to leave a key out
// where the author's own documents are read.
func (r *Reader) Present(node Node, kind Kind, what string) bool {
	switch node.Kind() {
	case Missing:
		return false
	case Null:
		r.Problem(node, "bad-type", "expected %s, found null; leave the key out for its default", what)
		return false
	}
	return r.Is(node, kind, what)
}

// Text is an optional string; absent and null are empty.
func (r *Reader) Text(node Node) string {
	if !r.Given(node, String, "a string") {
		return ""
	}
	return node.String()
}

// Flag is an optional boolean; absent and null are false.
func (r *Reader) Flag(node Node) bool {
	return r.Given(node, Bool, "true or false") && node.Bool()
}

// StrictFlag is a boolean that may be absent, but not null.
func (r *Reader) StrictFlag(node Node) bool {
	return r.Present(node, Bool, "true or false") && node.Bool()
}

// Strict refuses the keys of an object that are not known.
func (r *Reader) Strict(object Node, known ...string) {
	for member := range object.Members() {
		if !slices.Contains(known, member.Name) {
			r.Fail(member.Key, "unknown-key", "unknown key; %s", Expected(member.Name, known...))
		}
	}
}

// Misspelt refuses the keys of an object that are hardly anything but a slip for
// one that is read, where unknown keys are not refused as such: a vendor may add
// keys at any time, but a slip would leave out what it was meant to say. Keys in
// also are known as well and no slips, and none are slips for them.
func (r *Reader) Misspelt(object Node, read []string, also ...string) {
	for member := range object.Members() {
		if !slices.Contains(also, member.Name) {
			r.IsMisspelt(member, read...)
		}
	}
}

// IsMisspelt is [Reader.Misspelt] for one member, and says whether it was refused.
func (r *Reader) IsMisspelt(member Member, read ...string) bool {
	meant := Nearest(member.Name, read...)
	if meant != "" {
		r.Fail(member.Key, "unknown-key", "unknown key; did you mean %q?", meant)
	}
	return meant != ""
}

// Key is a key that an object may have, and what reads its value.
type Key struct {
	Name string
	Read func(Node)
}

// Object reads an object strictly, each value by its key and in document order:
// a slip such as "edeg" would silently leave out what it was meant to switch on.
func (r *Reader) Object(node Node, keys ...Key) {
	r.Is(node, Object, "an object") // anything else has no members
	known := make([]string, len(keys))
	for i, key := range keys {
		known[i] = key.Name
	}
	r.Strict(node, known...)
	for member := range node.Members() {
		if at := slices.Index(known, member.Name); at >= 0 {
			keys[at].Read(member.Value)
		}
	}
}
