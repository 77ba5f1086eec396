package sailpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/shown"
)

// operation is one step of a patch.
type operation struct {
	op    string
	path  []string // unescaped segments
	from  []string // of move and copy
	value json.RawMessage
}

// apply makes the document that a patch makes of another, or says why there is
// none (S5).
//
// The steps are the library's, but for test, in which it takes what is not there
// for null, tells 1.0 from 1, and does not survive null in a list. What may be
// touched, and the grammar of paths, is checked before: the library takes 01 and
// +1 for an index, and the empty name for the object itself.
func (doc *document) apply(patch jsondoc.Node, before json.RawMessage) (json.RawMessage, *wire.Answer) {
	operations, failed := doc.read(patch, before)
	text, work := before, 0
	for at := 0; at < len(operations) && failed == nil; {
		end, step := at+1, run
		if operations[at].op == "test" {
			step = test
		}
		for end < len(operations) && (operations[end].op == "test") == (operations[at].op == "test") {
			end++
		}
		if work += len(text); work > maxWork {
			bad := problem(http.StatusBadRequest, codeLimit, "The patch tests and changes a document of this size by turns too often.")
			return nil, &bad
		}
		text, failed = step(operations, at, end, text)
		at = end
	}
	if failed != nil {
		return nil, failed
	}
	root, err := jsondoc.Parse("document", text)
	if err != nil {
		return nil, illegal(err)
	}
	return doc.complete(root), nil
}

// maxWork is how many bytes of documents the steps of a patch may read together:
// a patch of 1,000 steps may do what it likes with 64 KiB.
const maxWork = 64 << 20

// test compares what stands at places with values, and changes nothing (RFC 6902
// section 4.6). The operations from one up to another are all tests.
func test(operations []operation, from, to int, text json.RawMessage) (json.RawMessage, *wire.Answer) {
	root, err := jsondoc.Parse("document", text)
	if err != nil {
		return nil, illegal(err)
	}
	for i, o := range operations[from:to] {
		want, err := jsondoc.Parse("value", o.value)
		if err != nil {
			return nil, illegal(err)
		}
		if !equal(find(root, o.path), want) {
			return nil, content(from+i, "test "+place(o.path)+" fails")
		}
	}
	return text, nil
}

// run applies the operations from one up to another, none of them a test.
func run(operations []operation, from, to int, text json.RawMessage) (json.RawMessage, *wire.Answer) {
	after, err := steps(operations[from:to], text)
	var large *jsonpatch.AccumulatedCopySizeError
	switch {
	case errors.As(err, &large), len(after) > maxBody:
		bad := problem(http.StatusBadRequest, codeLimit, "The document would become larger than 1 MiB.")
		return nil, &bad
	case err != nil:
		wrong := from + sort.Search(to-from-1, func(n int) bool { // the library does not say which
			_, err := steps(operations[from:from+n+1], text)
			return err != nil
		})
		o := operations[wrong]
		return nil, content(wrong, o.op+" "+place(o.path)+" cannot be done")
	}
	return after, nil
}

// steps has the library apply operations.
func steps(operations []operation, text json.RawMessage) (json.RawMessage, error) {
	patch := make(jsonpatch.Patch, len(operations))
	for i, o := range operations {
		patch[i] = o.forLibrary()
	}
	options := jsonpatch.NewApplyOptions()
	options.SupportNegativeIndices = false
	options.EscapeHTML = false
	options.AccumulatedCopySizeLimit = maxBody // a list copied into itself is twice as long each time
	return patch.ApplyWithOptions(text, options)
}

// forLibrary is the operation as the library has it.
func (o operation) forLibrary() jsonpatch.Operation {
	members := jsonpatch.Operation{"op": raw(appendJSON(nil, o.op)), "path": raw(appendJSON(nil, pointerText(o.path)))}
	if o.from != nil {
		members["from"] = raw(appendJSON(nil, pointerText(o.from)))
	}
	if o.value != nil {
		members["value"] = &o.value
	}
	return members
}

func raw(text []byte) *json.RawMessage { return (*json.RawMessage)(&text) }

// pointerText is a JSON pointer.
func pointerText(path []string) string {
	var text strings.Builder
	for _, segment := range path {
		text.WriteByte('/')
		text.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(segment))
	}
	return text.String()
}

func place(path []string) string { return shown.Text(pointerText(path)) }

// content is the answer to a patch that cannot be applied.
func content(index int, text string) *wire.Answer {
	bad := problem(http.StatusBadRequest, codeContent, fmt.Sprintf("Operation %d: %s.", index+1, text))
	return &bad
}

// update is the answer to a patch that touches what it may not.
func update(index int, text string) *wire.Answer {
	bad := problem(http.StatusBadRequest, codeUpdate, fmt.Sprintf("Operation %d: %s.", index+1, text))
	return &bad
}

// read reads the operations of a patch and says which it may not do.
func (doc *document) read(patch jsondoc.Node, before json.RawMessage) ([]operation, *wire.Answer) {
	if patch.Kind() != jsondoc.Array {
		bad := problem(http.StatusBadRequest, codeSyntax, "The request could not be parsed. Expected a list of operations.")
		return nil, &bad
	}
	if patch.Len() > maxOperations {
		bad := problem(http.StatusBadRequest, codeLimit, fmt.Sprintf("No more than %d operations are allowed.", maxOperations))
		return nil, &bad
	}
	was, _ := jsondoc.Parse("document", before) // it was stored
	var operations []operation
	for i, node := range patch.Elements() {
		o, failed := readOperation(i, node)
		if failed != nil {
			return nil, failed
		}
		if doc.spell != nil {
			doc.spell(o.path, was)
			doc.spell(o.from, was)
		}
		if failed := doc.permit(i, o, was); failed != nil {
			return nil, failed
		}
		operations = append(operations, o)
	}
	return operations, nil
}

func readOperation(index int, node jsondoc.Node) (operation, *wire.Answer) {
	o := operation{op: node.Get("op").String(), value: node.Get("value").Raw()}
	switch {
	case node.Kind() != jsondoc.Object:
		return o, content(index, "expected an object of op and path")
	case node.Get("op").Kind() != jsondoc.String || !slices.Contains([]string{"add", "remove", "replace", "move", "copy", "test"}, o.op):
		return o, content(index, "op must be add, remove, replace, move, copy or test")
	case slices.Contains([]string{"add", "replace", "test"}, o.op) && !node.Get("value").Exists():
		return o, content(index, o.op+" needs a value")
	}
	var ok bool
	if o.path, ok = pointer(node.Get("path")); !ok {
		return o, content(index, "path must be a JSON pointer")
	}
	if o.op == "move" || o.op == "copy" {
		if o.from, ok = pointer(node.Get("from")); !ok {
			return o, content(index, "from must be a JSON pointer")
		}
		if o.op == "move" && len(o.from) < len(o.path) && slices.Equal(o.from, o.path[:len(o.from)]) { // RFC 6902 section 4.4
			return o, content(index, place(o.from)+" cannot be moved into itself")
		}
	}
	return o, nil
}

// pointer splits a JSON pointer (RFC 6901); the document itself has no segments.
func pointer(node jsondoc.Node) ([]string, bool) {
	if node.Kind() != jsondoc.String {
		return nil, false
	}
	text := node.String()
	if text == "" {
		return nil, true
	}
	if text[0] != '/' {
		return nil, false
	}
	segments := strings.Split(text[1:], "/")
	for i, segment := range segments {
		if strings.Contains(strings.NewReplacer("~0", "", "~1", "").Replace(segment), "~") {
			return nil, false
		}
		segments[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(segment)
	}
	return segments, true
}

// permit says whether a patch may do an operation: to members that it may touch,
// and to none as a whole that it may not take away. Any of them may be tested.
func (doc *document) permit(index int, o operation, before jsondoc.Node) *wire.Answer {
	paths := [][]string{o.path}
	if o.op == "move" || o.op == "copy" {
		paths = append(paths, o.from)
	}
	for _, path := range paths {
		if len(path) == 0 {
			if o.op == "test" {
				continue
			}
			return update(index, "the document as a whole cannot be written")
		}
		m, known := doc.member(path[0])
		switch {
		case !known, m.fixed && o.op != "test":
			return update(index, place(path)+" cannot be patched")
		case len(path) == 1:
		case !m.list, doc.mayTouch != nil && !doc.mayTouch(o, before), doc.mayTouch == nil && len(path) > 2:
			return update(index, place(path)+" cannot be patched")
		case !isIndex(path[1]):
			return content(index, place(path)+" names no element of a list")
		}
	}
	gone := []string(nil)
	switch o.op {
	case "remove":
		gone = o.path
	case "move":
		gone = o.from
	}
	if len(gone) == 1 {
		if m, _ := doc.member(gone[0]); !m.removable {
			return update(index, place(gone)+" cannot be taken away")
		}
	}
	return nil
}

// isIndex says that a segment names an element of a list, or - the place behind
// the last (RFC 6901 section 4).
func isIndex(segment string) bool {
	if segment == "-" {
		return true
	}
	n, err := strconv.Atoi(segment)
	return err == nil && n >= 0 && strconv.Itoa(n) == segment
}

// find is what stands at a place of a document.
func find(node jsondoc.Node, path []string) jsondoc.Node {
	for _, segment := range path {
		next := node.Get(segment)
		if isIndex(segment) && segment != "-" { // of a list: nothing else has elements
			place, _ := strconv.Atoi(segment)
			for i, element := range node.Elements() {
				if i == place {
					next = element
					break
				}
			}
		}
		node = next
	}
	return node
}
