// Package policyedit changes single members of a policy file and leaves the rest
// of it to the letter: comments, order, space and trailing commas are the people's
// who wrote it.
package policyedit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// Set gives the text of a policy file in which the member that a path of names
// leads to has the value, which is JSON. Objects on the way are made where they
// are missing; a nil value takes the member out. A member that has the value
// already stays as it is written. The error is a finding.List of what is wrong
// with the file, or says which member on the way is no object.
func Set(file string, text, value []byte, path ...string) ([]byte, error) {
	root, err := jsondoc.ParseCommented(file, text)
	if err != nil {
		return nil, err
	}
	node := root
	for i, name := range path {
		if node.Kind() != jsondoc.Object {
			return nil, node.Finding("bad-type", fmt.Errorf("expected an object, in which %s is to be written", strings.Join(path[i:], ".")))
		}
		next := node.Get(name)
		if !next.Exists() {
			if value == nil {
				return text, nil
			}
			return insert(text, node, name, nested(path[i+1:], value)), nil
		}
		if i == len(path)-1 {
			if value == nil {
				return remove(text, node, name), nil
			}
			if same(next.Raw(), value) {
				return text, nil
			}
		}
		node = next
	}
	return splice(text, node.Offset(), end(node), value), nil
}

// nested is a value with objects of one member around it.
func nested(path []string, value []byte) []byte {
	for _, name := range slices.Backward(path) {
		value = slices.Concat([]byte("{"), quote(name), []byte(": "), value, []byte("}"))
	}
	return value
}

func quote(name string) []byte {
	text, _ := json.Marshal(name) // no string fails
	return text
}

// same says that two values differ in nothing but space.
func same(a, b []byte) bool {
	var first, second bytes.Buffer
	return json.Compact(&first, a) == nil && json.Compact(&second, b) == nil && bytes.Equal(first.Bytes(), second.Bytes())
}

func end(node jsondoc.Node) int { return node.Offset() + len(node.Raw()) }

func splice(text []byte, from, to int, with []byte) []byte {
	return slices.Concat(text[:from], with, text[to:])
}

// insert puts a member behind the last one, on a line of its own if the object
// has a line for each.
func insert(text []byte, object jsondoc.Node, name string, value []byte) []byte {
	member := slices.Concat(quote(name), []byte(": "), value)
	last, found := jsondoc.Member{}, false
	for m := range object.Members() {
		last, found = m, true
	}
	if !found {
		return splice(text, object.Offset()+1, object.Offset()+1, member)
	}
	at := end(last.Value)
	between := []byte(", ")
	if indent, alone := indentation(text, last.Key.Offset()); alone {
		between = append([]byte(",\n"), indent...)
	}
	return splice(text, at, at, append(between, member...))
}

// indentation is the space in front of a place, and whether there is nothing
// else on its line.
func indentation(text []byte, at int) ([]byte, bool) {
	line := text[bytes.LastIndexByte(text[:at], '\n')+1 : at]
	return line, len(bytes.TrimLeft(line, " \t")) == 0
}

// remove takes a member out, with the one comma that is too many then.
func remove(text []byte, object jsondoc.Node, name string) []byte {
	blank := blanked(text, object)
	var from, to int
	for m := range object.Members() {
		if m.Name == name {
			from, to = m.Key.Offset(), end(m.Value)
		}
	}
	if after := skipSpace(text, to); text[after] == ',' {
		return splice(text, from, after+1, nil)
	}
	before := from
	for isSpace(blank[before-1]) {
		before--
	}
	if blank[before-1] == ',' {
		return slices.Concat(text[:before-1], text[before:from], text[to:])
	}
	return splice(text, from, to, nil)
}

// skipSpace is where something other than space and comments stands next. A
// trailing comma is something: the parser does not tell of it.
func skipSpace(text []byte, at int) int {
	for {
		switch rest := text[at:]; {
		case bytes.HasPrefix(rest, []byte("//")):
			at += bytes.IndexByte(rest, '\n') // the object goes on behind it
		case bytes.HasPrefix(rest, []byte("/*")):
			at += bytes.Index(rest, []byte("*/")) + 2
		case isSpace(rest[0]):
			at++
		default:
			return at
		}
	}
}

// blanked is the text with its comments as space, as far as the object goes.
func blanked(text []byte, object jsondoc.Node) []byte {
	blank := slices.Clone(text)
	copy(blank[object.Offset():], object.Raw())
	return blank
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }
