package jsondoc_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

func TestParseCommented(t *testing.T) {
	tests := []struct{ name, text, same string }{
		{"neither", `{"a":[1,2]}`, `{"a":[1,2]}`},
		{"line comment", "// why\n{\"a\":1} // end", "      \n{\"a\":1}       "},
		{"line comment before CR", "//\r\n[1]", "  \r\n[1]"},
		{"line comment ends at a lone CR", "[// x\r1]", "[    \r1]"},
		{"block comment", "{/* a\nb */\"a\"/**/:/*:*/1}", "{    \n    \"a\"    :     1}"},
		{"comment in a comment", `[/* // /* */1]`, `[           1]`},
		{"stars", `[/***/1/*/ */]`, `[     1      ]`},
		{"no comment in a string", `["// /* */", "\"//", "\\"]`, `["// /* */", "\"//", "\\"]`},
		{"comma at the end", `{"a":[1,2,],"b":{"c":1,},}`, `{"a":[1,2 ],"b":{"c":1 } }`},
		{"comma, space and comment at the end", "[1, // one\n \"]\" , /* ] */ ]", "[1,       \n \"]\"           ]"},
		{"comma and each space at the end", "[[1,\t],[2,\n],[3,\r],[4, ]]", "[[1 \t],[2 \n],[3 \r],[4  ]]"},
		{"nothing in a comment", "[1]//", "[1]  "},
		{"lines in a comment", "[/*\r\n*/1]", "[   \n  1]"},
		{"mark", "\ufeff// x\n[]", "\ufeff    \n[]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := []byte(test.text)
			got, err := jsondoc.ParseCommented("f", text)
			require.NoError(t, err)
			require.Equal(t, test.text, string(text), "the text belongs to the caller")
			want, err := jsondoc.Parse("f", []byte(test.same))
			require.NoError(t, err)
			require.Equal(t, want, got)
			if test.text != test.same {
				_, err = jsondoc.Parse("f", text)
				require.Error(t, err, "strict JSON has none of it")
			}
		})
	}
}

func TestParseCommentedErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"never closed", "{\n \"a\": 1, /* b", "f:2:10: the comment is never closed"},
		{"one slash of two", "[1 /*/]", "f:1:4: the comment is never closed"},
		{"broken UTF-8", "[1] // \xff", "f:1:5: the comment is not valid UTF-8"},
		{"one slash", "[1] / x", "f:1:5: unexpected '/'"},
		{"a slash at the end", "[1]/", "f:1:4: unexpected '/'"},
		{"a hash", "# x\n[]", "f:1:1: unexpected '#'; expected a value (a comment begins with // or /*)"},
		{"a slash for a value", "[1,/ ]", "f:1:4: unexpected '/'; expected a value (a comment begins with // or /*)"},
		{"a bracket alone", "]", "f:1:1: unexpected ']'"},
		{"a comma at the start", ",]", "f:1:1: unexpected ','"},
		{"commas alone", "[,]", "f:1:2: unexpected ','"},
		{"a comma alone in an object", "{,}", "f:1:2: unexpected ','"},
		{"two commas at the end", "[1,,]", "f:1:4: unexpected ','"},
		{"a comma for a value", `{"a":,}`, "f:1:6: unexpected ','"},
		{"a comma behind the document", "[1],", "f:1:4: unexpected ','"},
		{"a comma before another bracket", `{"a":[1,}`, "f:1:9: unexpected '}'"},
		{"inside of a word", "[tr/**/ue]", "f:1:2: unexpected 't'"},
		{"inside of a number", "[1/**/2]", "f:1:7: unexpected '2'"},
		{"only comments", "// nothing\n", "f:1:1: the document is empty"},
		{"a string never closed", `["// ]`, "f:1:2: the string is never closed"},
		{"a string that ends in a backslash", `["\`, "f:1:4: the document ends too early"},
		{"key twice", "{ // one\n\"a\":1,\n\"a\":2,}", "f:3:1 /a: \"a\": the object has this key already at 2:1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := jsondoc.ParseCommented("f", []byte(test.text))
			require.ErrorContains(t, err, test.want)
			var list finding.List
			require.True(t, errors.As(err, &list))
			code := "bad-json"
			switch {
			case strings.Contains(test.want, "UTF-8"):
				code = "bad-encoding"
			case strings.Contains(test.want, "this key already"):
				code = "duplicate-key"
			}
			require.Equal(t, code, list[0].Code)
		})
	}
}

func TestCommentedTooLarge(t *testing.T) {
	text := append([]byte("/*"), make([]byte, jsondoc.MaxSize-1)...)
	_, err := jsondoc.ParseCommented("f", text[:jsondoc.MaxSize])
	require.EqualError(t, err, "f:1:1: the comment is never closed; expected */")
	_, err = jsondoc.ParseCommented("f", text)
	require.EqualError(t, err, "f:1:1: the document has 67108865 bytes, more than the limit of 67108864")
}

// TestCommentedHints: a hint is given for a habit, and for nothing else.
func TestCommentedHints(t *testing.T) {
	_, err := jsondoc.ParseCommented("f", []byte("[1 2]"))
	require.EqualError(t, err, "f:1:4: unexpected '2'; expected ',' or ']'")
}

// FuzzCommented: what strict JSON takes reads the same with comments allowed, and
// what is read either way has its values where the text has them.
func FuzzCommented(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2,],}`, "// x\n[1,/**/]", `["//"]`, `{"a":"\\"}`, `[,]`, `{"a":1,/*`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		strict, strictErr := jsondoc.Parse("", text)
		lenient, lenientErr := jsondoc.ParseCommented("", text)
		if strict.Exists() && (lenientErr == nil) != (strictErr == nil) {
			t.Fatalf("strict %v, with comments %v", strictErr, lenientErr)
		}
		if strict.Exists() && !bytes.Equal(strict.Raw(), lenient.Raw()) {
			t.Fatalf("%q reads as %q", strict.Raw(), lenient.Raw())
		}
		if lenient.Exists() && lenient.Kind() == jsondoc.String && !bytes.Contains(text, lenient.Raw()) {
			t.Fatalf("%q is not in the text", lenient.Raw())
		}
	})
}
