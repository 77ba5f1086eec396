package jsondoc_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// FuzzJSON holds Parse against encoding/json: what is accepted is valid and
// decodes to the same values; what is refused though valid is refused for one
// of the reasons that the package states.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,2.5e3,null,true,false,"x"],"b":{"c":"\u00e9\ud83d\ude00"}}`, // every kind
		`{"a":1,"a":2}`,      // equal keys
		`{"a":1,"\u0061":2}`, // equal after unescaping
		"\ufeff[]",           // byte order mark
		`"\ud800"`,           // half a surrogate pair
		"\"\xff\"",           // invalid UTF-8
		"[[[[[[]]]]]]",       // nesting
		"[01]", "[1.]", "nulls", "{}{}", "[1,]", `["a`, "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(agrees)
}

// TestNearlyJSON has slips of one byte in documents of all that JSON has.
func TestNearlyJSON(t *testing.T) {
	for _, text := range []string{
		`{"a":[0,-19.5e+3,null,true,false],"b" : {"c":"9\u00e9\"\\\/\b\f\n\r\t"}}`,
		"[\"\\ud83d\\uDE00\",\t7 ,\"]}\"\r\n, 10 ]",
		"[\"\u00e9\ufffd\U0001f600\"]",
	} {
		for at := range len(text) + 1 {
			agrees(t, []byte(text[:at]))
			for _, b := range []byte("\"\\/bnu019:afgAFG@`eE+-., []{}\t\n\r\x00\x1f\x7f\x80\xff") {
				agrees(t, slices.Concat([]byte(text[:at]), []byte{b}, []byte(text[at:])))
				agrees(t, slices.Concat([]byte(text[:at]), []byte{b}, []byte(text[min(at+1, len(text)):])))
			}
		}
	}
}

// agrees holds one text against encoding/json.
func agrees(t *testing.T, text []byte) {
	text = slices.Clip(text) // what reads behind its end fails
	root, err := jsondoc.Parse("f", text)
	plain := jsondoc.WithoutMark(text)
	if err == nil {
		var want any
		decoder := json.NewDecoder(strings.NewReader(string(plain)))
		decoder.UseNumber()
		if !json.Valid(plain) || decoder.Decode(&want) != nil {
			t.Fatalf("%q: accepted, but not valid JSON", text)
		}
		compare(t, root, want)
		return
	}
	list, ok := errors.AsType[finding.List](err)
	if !ok || len(list) == 0 {
		t.Fatalf("%q: error is no list of findings: %v", text, err)
	}
	lines := strings.Count(string(text), "\n") + 1
	for _, found := range list {
		if found.Line < 1 || found.Line > lines || found.Column < 1 || found.Column > len(text)+1 {
			t.Fatalf("%q: position %s is outside of the document", text, found.Position())
		}
		if found.Code == "bad-json" && json.Valid(plain) {
			t.Fatalf("%q: valid JSON refused: %v", text, found)
		}
	}
}

func compare(t *testing.T, node jsondoc.Node, want any) {
	switch want := want.(type) {
	case nil:
		same(t, node, jsondoc.Null, "null")
	case bool:
		same(t, node, jsondoc.Bool, fmt.Sprint(want))
		if node.Bool() != want {
			t.Fatalf("%s: not %v", node.Path(), want)
		}
	case json.Number:
		same(t, node, jsondoc.Number, want.String())
	case string:
		same(t, node, jsondoc.String, want)
	case []any:
		if node.Kind() != jsondoc.Array || node.Len() != len(want) {
			t.Fatalf("%s: %s of %d, want an array of %d", node.Path(), node.Kind(), node.Len(), len(want))
		}
		for i, element := range node.Elements() {
			compare(t, element, want[i])
		}
	case map[string]any:
		if node.Kind() != jsondoc.Object || node.Len() != len(want) {
			t.Fatalf("%s: %s of %d, want an object of %d", node.Path(), node.Kind(), node.Len(), len(want))
		}
		for name, value := range want {
			compare(t, node.Get(name), value)
		}
	}
	if node.Exists() && !json.Valid(node.Raw()) {
		t.Fatalf("%s: raw text is not JSON: %q", node.Path(), node.Raw())
	}
}

func same(t *testing.T, node jsondoc.Node, kind jsondoc.Kind, text string) {
	if node.Kind() != kind || node.String() != text {
		t.Fatalf("%s: %s %q, want %s %q", node.Path(), node.Kind(), node.String(), kind, text)
	}
}
