package sailpoint

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/records"
	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
	"github.com/netwicket/netwicket/internal/jsondoc"
	"github.com/netwicket/netwicket/internal/shown"
)

// operation is one step of a patch.
type operation struct {
	node jsondoc.Node
	op   string
	path []string // unescaped segments
	from []string // of move and copy
}

// apply makes the document that a patch makes of another, or says why there is
// none (S5). The steps are the library's; what may be touched, and the grammar of
// paths, is checked here: the library takes 01 and +1 for an index, and finds that
// what is not there equals null.
func (doc *document) apply(patch jsondoc.Node, before json.RawMessage) (json.RawMessage, *wire.Answer) {
	operations, failed := doc.read(patch, before)
	if failed != nil {
		return nil, failed
	}
	options := jsonpatch.NewApplyOptions()
	options.SupportNegativeIndices = false
	options.EscapeHTML = false
	text := []byte(before)
	for i, o := range operations {
		if o.op == "test" && !exists(text, o.path) {
			return nil, content(i, "there is nothing at "+place(o.path))
		}
		one, err := jsonpatch.DecodePatch(slices.Concat([]byte("["), o.node.Raw(), []byte("]")))
		if err == nil {
			text, err = one.ApplyWithOptions(text, options)
		}
		if err != nil {
			return nil, content(i, o.op+" "+place(o.path)+" cannot be done")
		}
	}
	return records.Compact(text), nil
}

func place(path []string) string { return shown.Text("/" + strings.Join(path, "/")) }

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
		if failed == nil {
			failed = doc.permit(i, o, was)
		}
		if failed != nil {
			return nil, failed
		}
		operations = append(operations, o)
	}
	return operations, nil
}

func readOperation(index int, node jsondoc.Node) (operation, *wire.Answer) {
	o := operation{node: node, op: node.Get("op").String()}
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
// and to none as a whole that it may not take away.
func (doc *document) permit(index int, o operation, before jsondoc.Node) *wire.Answer {
	for _, path := range [][]string{o.path, o.from} {
		if path == nil {
			if o.op != "test" && (len(o.path) == 0 || o.from == nil && (o.op == "move" || o.op == "copy")) {
				return update(index, "the document as a whole cannot be written")
			}
			continue
		}
		m, known := doc.members[path[0]]
		switch {
		case !known:
			return update(index, place(path)+" cannot be patched")
		case len(path) == 1:
		case doc.mayTouch != nil:
			if !doc.mayTouch(o, before) {
				return update(index, place(path)+" cannot be patched")
			}
		case !m.list || len(path) > 2:
			return update(index, place(path)+" cannot be patched")
		case !isIndex(path[1]):
			return content(index, place(path)+" names no element of a list")
		}
	}
	gone := o.path
	if o.op == "move" {
		gone = o.from
	}
	if (o.op == "remove" || o.op == "move") && len(gone) == 1 && !doc.members[gone[0]].removable {
		return update(index, place(gone)+" cannot be taken away")
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

// exists says that there is something at a place of a document.
func exists(text []byte, path []string) bool {
	node, err := jsondoc.Parse("document", text)
	if err != nil {
		return false
	}
	for _, segment := range path {
		switch node.Kind() {
		case jsondoc.Object:
			node = node.Get(segment)
		case jsondoc.Array:
			found := jsondoc.Node{}
			for i, element := range node.Elements() {
				if strconv.Itoa(i) == segment {
					found = element
				}
			}
			node = found
		default:
			return false
		}
	}
	return node.Exists()
}
