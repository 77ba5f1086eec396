package records

import (
	"bytes"
	"encoding/json"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

// object writes one JSON object member by member, in the order of the calls.
type object struct {
	text  []byte
	begun bool
}

func newObject(to []byte) *object { return &object{text: append(to, '{')} }

// name begins a member.
func (o *object) name(name string) {
	if o.begun {
		o.text = append(o.text, ',')
	}
	o.begun = true
	o.text = append(appendJSON(o.text, name), ':')
}

// raw writes a member that is JSON already; nothing is null.
func (o *object) raw(name string, value []byte) {
	o.name(name)
	if len(value) == 0 {
		value = []byte("null")
	}
	o.text = append(o.text, value...)
}

// member is raw, for objects that are written in one expression.
func (o *object) member(name string, value []byte) *object {
	o.raw(name, value)
	return o
}

func (o *object) value(name string, value any) {
	o.name(name)
	o.text = appendJSON(o.text, value)
}

// time writes a time, null if it is not known.
func (o *object) time(name, value string) {
	if value == "" {
		o.raw(name, nil)
		return
	}
	o.value(name, value)
}

// links writes the member _links unless there is none.
func (o *object) links(links []byte) {
	if links != nil {
		o.raw("_links", links)
	}
}

func (o *object) end() []byte { return append(o.text, '}') }

// appendJSON appends a value as JSON in which <, > and & stand for themselves, as
// the vendors write them.
func appendJSON(to []byte, value any) []byte {
	if word, ok := value.(string); ok && isPlain(word) {
		return append(append(append(to, '"'), word...), '"') // nearly all of them, and lists are long
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic("records: " + err.Error()) // no value of a record fails
	}
	return append(to, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...)
}

// isPlain says that a text is its own JSON but for the quotation marks.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// compact is JSON without space, its own memory.
func compact(text []byte) json.RawMessage {
	var buffer bytes.Buffer
	if err := json.Compact(&buffer, text); err != nil {
		panic("records: " + err.Error()) // it was parsed
	}
	return buffer.Bytes()
}

// textOf is an object as it stands in its document, but for _links, which name the
// server that they came from (D1), and with the id if the document has none.
func textOf(node jsondoc.Node, id string, unnamed bool) json.RawMessage {
	o := newObject(nil)
	if unnamed {
		o.value("id", id)
	}
	for member := range node.Members() {
		if member.Name != "_links" && !(unnamed && member.Name == "id") {
			o.raw(member.Name, compact(member.Value.Raw()))
		}
	}
	return o.end()
}

// recordsOf are the objects of a document: those of a list, or the only one. The
// error is a finding.List.
func recordsOf(file string, data []byte) ([]jsondoc.Node, error) {
	root, reader := jsondoc.Read(file, data)
	if root.Kind() == jsondoc.Object {
		return []jsondoc.Node{root}, reader.Found.Err()
	}
	var all []jsondoc.Node
	if root.Exists() && reader.Is(root, jsondoc.Array, "an array of objects, or one object") {
		for _, node := range root.Elements() {
			if reader.Is(node, jsondoc.Object, "an object") {
				all = append(all, node)
			}
		}
	}
	return all, reader.Found.Err()
}

// naming gives ids to records that have none: always the same to the same records
// of a file.
type naming map[string]bool

// name is the id that a document gives a record, or one made from a prefix and what
// the record is called.
func (n naming) name(node jsondoc.Node, prefix, called string) (id string, unnamed bool) {
	id = text(node.Get("id"))
	if unnamed = id == ""; unnamed {
		for try := called; ; try += "'" { // two may be called the same
			if id = HashID(prefix, try); !n[id] {
				break
			}
		}
	}
	n[id] = true
	return id, unnamed
}

// writeList is a file of a list of records: two spaces a level and a newline at
// the end, so that differences between versions are small (D1).
func writeList[T any](list []T, text func(T) []byte) []byte {
	all := []byte{'['}
	for i, one := range list {
		if i > 0 {
			all = append(all, ',')
		}
		all = append(all, text(one)...)
	}
	return Indent(append(all, ']'))
}

// Indent is JSON as it stands in files: two spaces a level and a newline at the
// end (D1).
func Indent(text []byte) []byte {
	var buffer bytes.Buffer
	if err := json.Indent(&buffer, text, "", "  "); err != nil {
		panic("records: " + err.Error()) // it was written or parsed before
	}
	buffer.WriteByte('\n')
	return buffer.Bytes()
}

// text is the content of a string, empty for everything else.
func text(node jsondoc.Node) string {
	if node.Kind() != jsondoc.String {
		return ""
	}
	return node.String()
}

// rawOf is a value in its own memory; nil for null and for none.
func rawOf(node jsondoc.Node) json.RawMessage {
	if node.Kind() <= jsondoc.Null {
		return nil
	}
	return compact(node.Raw())
}

// number is the value of an integer, and whether it is one.
func number(node jsondoc.Node) (int, bool) {
	if node.Kind() != jsondoc.Number {
		return 0, false
	}
	var n int
	err := json.Unmarshal(node.Raw(), &n)
	return n, err == nil
}
