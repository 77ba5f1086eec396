package okta

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// object is a JSON object of a request in which something is filled in. Everything
// else stays as it was sent, to the byte but for space between values (P13).
type object struct{ members []member }

type member struct {
	name  string
	key   []byte // as it was written
	value json.RawMessage
}

// objectOf has the members of an object, and none of anything else.
func objectOf(node jsondoc.Node) *object {
	o := new(object)
	for m := range node.Members() {
		o.members = append(o.members, member{m.Name, m.Key.Raw(), records.Compact(m.Value.Raw())})
	}
	return o
}

func (o *object) find(name string) int {
	return slices.IndexFunc(o.members, func(m member) bool { return m.name == name })
}

// fill gives a member a value if it has none or null. A new one goes to a place, or to
// the end.
func (o *object) fill(at int, name string, value json.RawMessage) {
	if i := o.find(name); i < 0 {
		o.members = slices.Insert(o.members, min(at, len(o.members)), member{name, appendJSON(nil, name), value})
	} else if string(o.members[i].value) == "null" {
		o.members[i].value = value
	}
}

// put gives a member a value. A new one goes to a place, or to the end.
func (o *object) put(at int, name string, value json.RawMessage) {
	o.fill(at, name, value)
	o.members[o.find(name)].value = value
}

// drop takes members out.
func (o *object) drop(drop func(member) bool) { o.members = slices.DeleteFunc(o.members, drop) }

// json is the object's text.
func (o *object) json() json.RawMessage {
	text := []byte{'{'}
	for i, m := range o.members {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(append(append(text, m.key...), ':'), m.value...)
	}
	return append(text, '}')
}

// sentMembers are the members that a request sends beside those that are read, but for
// what a client echoes that another resource says.
func sentMembers(text json.RawMessage) json.RawMessage {
	root, _ := jsondoc.Parse("", text) // of no text there are none
	return records.OtherMembers(root, []string{"_embedded"})
}

// dotted is a JSON pointer as Okta names fields: actions.signon.access.
func dotted(pointer string) string {
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(strings.ReplaceAll(strings.TrimPrefix(pointer, "/"), "/", "."))
}
