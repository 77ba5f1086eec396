package okta

import (
	"fmt"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// shape is what kind a value has to be (H5), and those of its members that are
// read. Null is no value, and of any kind.
type shape struct {
	kind    jsondoc.Kind
	or      jsondoc.Kind // another one that will do; Missing: none
	what    string       // what is expected, in words
	members map[string]*shape
	each    *shape // of an array
}

func textShape() *shape   { return &shape{kind: jsondoc.String, what: "a string"} }
func numberShape() *shape { return &shape{kind: jsondoc.Number, what: "a number"} }
func flagShape() *shape   { return &shape{kind: jsondoc.Bool, what: "true or false"} }

// listShape is an array; an object in place of one, {} included, is what SDKs send that lost
// the list (H5).
func listShape(each *shape) *shape {
	return &shape{kind: jsondoc.Array, what: "a list", each: each}
}

func objectShape(members map[string]*shape) *shape {
	return &shape{kind: jsondoc.Object, what: "an object", members: members}
}

// sidesShape is an object with the lists include and exclude.
func sidesShape() *shape {
	return objectShape(map[string]*shape{"include": listShape(textShape()), "exclude": listShape(textShape())})
}

// misfit says which value is of another kind than it has to be, the first one in
// the order of the document, and where it stands; empty: none.
func (s *shape) misfit(node jsondoc.Node) string {
	if node.Kind() == jsondoc.Null {
		return ""
	}
	if node.Kind() != s.kind && node.Kind() != s.or {
		line, column := node.Position()
		return fmt.Sprintf("%s: expected %s, found %s (line %d, column %d)", dotted(node.Path()), s.what, node.Kind(), line, column)
	}
	for member := range node.Members() {
		if known := s.members[member.Name]; known != nil {
			if wrong := known.misfit(member.Value); wrong != "" {
				return wrong
			}
		}
	}
	for _, element := range node.Elements() { // of a list, which has a shape for each
		if element.Kind() == jsondoc.Null { // nothing is left out of a list in silence
			line, column := element.Position()
			return fmt.Sprintf("%s: expected %s, found null (line %d, column %d)", dotted(element.Path()), s.each.what, line, column)
		}
		if wrong := s.each.misfit(element); wrong != "" {
			return wrong
		}
	}
	return ""
}
