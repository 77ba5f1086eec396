package jsondoc_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

func parse(t *testing.T, text string) jsondoc.Node {
	t.Helper()
	root, err := jsondoc.Parse("doc.json", []byte(text))
	require.NoError(t, err)
	return root
}

// findings are those that Parse returns, as "line:column code".
func findings(text []byte) []string {
	_, err := jsondoc.Parse("doc.json", text)
	list, _ := errors.AsType[finding.List](err)
	var out []string
	for _, f := range list {
		out = append(out, fmt.Sprintf("%d:%d %s", f.Line, f.Column, f.Code))
	}
	return out
}

func TestRefused(t *testing.T) {
	deep := strings.Repeat("[", jsondoc.MaxDepth)
	for _, row := range []struct {
		name, text, want string
	}{
		{"empty", "", "1:1 bad-json"},
		{"space only", " \n\t", "1:1 bad-json"},
		{"byte order mark only", "\ufeff", "1:1 bad-json"},
		{"UTF-16", "\xff\xfe{\x00}\x00", "1:1 bad-encoding"},
		{"UTF-16 big endian", "\xfe\xff\x00{\x00}", "1:1 bad-encoding"},
		{"open array", "[1,\n 2", "2:3 bad-json"},
		{"open object", "{\n", "2:1 bad-json"},
		{"no value at the end", `{"a":`, "1:6 bad-json"},
		{"open key", `{"a`, "1:2 bad-json"},
		{"bad value in object", `{"a":tru}`, "1:6 bad-json"},
		{"no value", `{"a":}`, "1:6 bad-json"},
		{"no colon", `{"a" 1}`, "1:6 bad-json"},
		{"no key", `{1:2}`, "1:2 bad-json"},
		{"no comma", `[1 2]`, "1:4 bad-json"},
		{"comma last in array", "[1,\n]", "2:1 bad-json"},
		{"comma last in object", `{"a":1,}`, "1:8 bad-json"},
		{"comma first", `[,1]`, "1:2 bad-json"},
		{"single quotes", `{'a':1}`, "1:2 bad-json"},
		{"comment", "// x\n{}", "1:1 bad-json"},
		{"trailing data", "{}\n\n x", "3:2 bad-json"},
		{"two documents", "{}{}", "1:3 bad-json"},
		{"trailing NUL", "{}\x00", "1:3 bad-json"},
		{"NUL first", "\x00", "1:1 bad-json"},
		{"word", `[nul]`, "1:2 bad-json"},
		{"word runs on", `[nulls]`, "1:6 bad-json"},
		{"capital word", `True`, "1:1 bad-json"},
		{"leading zero", `[01]`, "1:3 bad-json"},
		{"plus sign", `[+1]`, "1:2 bad-json"},
		{"minus alone", `[-]`, "1:3 bad-json"},
		{"no fraction", `[1.]`, "1:4 bad-json"},
		{"no exponent", `[1e+]`, "1:5 bad-json"},
		{"hexadecimal", `[0x1]`, "1:3 bad-json"},
		{"not a number", `[NaN]`, "1:2 bad-json"},
		{"open string", `["abc`, "1:2 bad-json"},
		{"open string behind backslash", `["abc\`, "1:7 bad-json"},
		{"line break in string", "[\"ab\nc\"]", "1:5 bad-json"},
		{"tab in string", "[\"ab\tc\"]", "1:5 bad-json"},
		{"NUL in string", "[\"ab\x00c\"]", "1:5 bad-json"},
		{"unknown escape", `["a\x41"]`, "1:4 bad-json"},
		{"unknown escape of a control character", "\"\\\x1b", "1:2 bad-json"},
		{"short unicode escape", `["a\u12"]`, "1:4 bad-json"},
		{"unicode escape with sign", `["a\u+123"]`, "1:4 bad-json"},
		{"invalid UTF-8 in string", "[\"a\xff\"]", "1:4 bad-encoding"},
		{"overlong UTF-8", "[\"a\xc0\x80\"]", "1:4 bad-encoding"},
		{"surrogate in UTF-8", "[\"a\xed\xa0\x80\"]", "1:4 bad-encoding"},
		{"invalid UTF-8 outside", "[\xff]", "1:2 bad-encoding"},
		{"high surrogate alone", `["\ud800"]`, "1:3 bad-encoding"},
		{"low surrogate alone", `["\udc00"]`, "1:3 bad-encoding"},
		{"surrogates in wrong order", `["\udc00\ud800"]`, "1:3 bad-encoding"},
		{"high surrogate and a letter", `["\ud800\u0041"]`, "1:3 bad-encoding"},
		{"replacement character outside", "[\ufffd]", "1:2 bad-json"},
		{"unicode escape at the end", "[\"\\u0041", "1:2 bad-json"},
		{"at the end of a block of lines", "[" + strings.Repeat(" ", 4095), "1:4097 bad-json"},
		{"behind a line that ends where a block of lines begins", "[" + strings.Repeat(" ", 4095) + "\n  x", "2:3 bad-json"},
		{"in the block of lines behind that", "[" + strings.Repeat(" ", 4095) + "\n" + strings.Repeat(" ", 4095) + "x", "2:4096 bad-json"},
		{"no-break space outside", "[\u00a01]", "1:2 bad-json"},
		{"one level too deep", deep + "[", "1:65 too-deep"},
		{"deep and closed", strings.Repeat("[", 65) + strings.Repeat("]", 65), "1:65 too-deep"},
		{"deep objects", strings.Repeat(`{"a":`, 65), "1:321 too-deep"},
		{"very deep", strings.Repeat("[", 100_000), "1:65 too-deep"},
		{"equal keys", `{"a":1,"b":2,"a":3}`, "1:14 duplicate-key"},
		{"equal keys, one escaped", `{"a":1,"\u0061":3}`, "1:8 duplicate-key"},
		{"equal empty keys", `{"":1,"":3}`, "1:7 duplicate-key"},
	} {
		t.Run(row.name, func(t *testing.T) {
			require.Equal(t, []string{row.want}, findings(slices.Clip([]byte(row.text))))
		})
	}
}

func TestTooLarge(t *testing.T) {
	text := make([]byte, jsondoc.MaxSize+1)
	for i := range text {
		text[i] = ' '
	}
	_, err := jsondoc.Parse("f", text)
	require.EqualError(t, err, "f:1:1: the document has 67108865 bytes, more than the limit of 67108864")
	text[0] = '1'
	require.Empty(t, findings(text[:jsondoc.MaxSize]))
}

func TestAccepted(t *testing.T) {
	for _, text := range []string{
		"{}", "[]", "0", "-0", "1.5e-3", "1E+2", `""`, "null", "true", "false", " {} \r\n\t",
		"\ufeff{}", `{"a":{"a":1},"b":[{"a":1},{"a":2}],"A":1}`, `["\ud83d\ude00 \"\\\/\b\f\n\r\t é 😀"]`, "\"\x7f\"",
		"[" + strings.Repeat("[],{},", 2*jsondoc.MaxDepth) + "9]",
		"[[" + strings.Repeat("[],{},", 2*jsondoc.MaxDepth) + "9]]",
		strings.Repeat("[", jsondoc.MaxDepth) + strings.Repeat("]", jsondoc.MaxDepth),
	} {
		require.Empty(t, findings([]byte(text)), text)
	}
}

// TestEveryDuplicate checks both ways of comparing keys, few and many, and
// that the findings of nested objects come in document order.
func TestEveryDuplicate(t *testing.T) {
	require.Equal(t, []string{"1:8 duplicate-key", "1:20 duplicate-key", "1:34 duplicate-key", "1:40 duplicate-key"},
		findings([]byte(`{"a":1,"a":{"b":1, "b":2, "c":3},"a":1,"a":1}`)))

	root, err := jsondoc.Parse("doc.json", []byte(`[{"x":{"k/~":1,"k/~":2}}]`))
	list, _ := errors.AsType[finding.List](err)
	require.Len(t, list, 1)
	require.Equal(t, "/0/x/k~1~0", list[0].Path)
	require.Equal(t, "k/~", list[0].Value)
	require.Contains(t, list[0].Error(), `doc.json:1:16 /0/x/k~1~0: "k/~": the object has this key already at 1:8`)
	for _, object := range root.Elements() {
		require.Equal(t, "1", object.Get("x").Get("k/~").String(), "the first of the two")
	}

	var text strings.Builder
	var want []string
	text.WriteString("{")
	for i := range 2_000 {
		if i%500 == 499 {
			want = append(want, fmt.Sprintf("%d:1 duplicate-key", i+1))
			text.WriteString(`"\u006b7":0` + ",\n")
			continue
		}
		fmt.Fprintf(&text, "\"k%d\":0,\n", i)
	}
	text.WriteString(`"last":0}`)
	require.Equal(t, want, findings([]byte(text.String())))
}

func TestHints(t *testing.T) {
	for text, want := range map[string]string{
		"[1,]":                                  "1:4: unexpected ']'; expected a value (JSON allows no comma after the last one)",
		"{\"a\":1, }":                           "1:9: unexpected '}'; expected a key in double quotes (JSON allows no comma after the last one)",
		"[1 }":                                  "1:4: unexpected '}'; expected ',' or ']'",
		"]":                                     "1:1: unexpected ']'; expected a value",
		"[1,x]":                                 "1:4: unexpected 'x'; expected a value",
		"{'a':1}":                               `1:2: unexpected '\''; expected a key in double quotes (JSON quotes with " only)`,
		"[1 // x]":                              "1:4: unexpected '/'; expected ',' or ']' (JSON has no comments)",
		"# x\n[]":                               "1:1: unexpected '#'; expected a value (JSON has no comments)",
		"[\"a\nb":                               `1:4: control character '\n' inside a string; a closing quote may be missing`,
		"[01]":                                  "1:3: unexpected '1'; expected the end of the number",
		"[1:2]":                                 "1:3: unexpected ':'; expected ',' or ']'",
		"[nulls]":                               "1:6: unexpected 's'; expected the end of null",
		"nil":                                   "1:1: unexpected 'n'; expected a value",
		`["a\x41"]`:                             `1:4: unknown escape sequence, a backslash and 'x'; a backslash itself is written \\`,
		"[\xff]":                                "1:2: byte 0xff is not valid UTF-8",
		"\x1f\x8b\x08":                          "1:1: it is compressed with gzip, which is not read; make it readable with: gunzip < FILE > FILE.unpacked",
		strings.Repeat("[", jsondoc.MaxDepth+1): "1:65: arrays and objects are nested more than 64 levels deep",
	} {
		_, err := jsondoc.Parse("", []byte(text))
		require.EqualError(t, err, want, "%q", text)
	}
}

// TestManyKeys: a large object takes no longer than its size, and a document without
// repeated keys is not searched for them.
func TestManyKeys(t *testing.T) {
	var text strings.Builder
	text.WriteString("{")
	for i := range 150_000 {
		fmt.Fprintf(&text, "\"k%d\":0,", i)
	}
	text.WriteString(`"k":0}`)
	require.Equal(t, 150_001, parse(t, text.String()).Len())

	nested := strings.Repeat("[[]],", 1_000) + "0"
	few := testing.AllocsPerRun(10, func() { findings([]byte(`{"a":[` + nested + `],"b":0}`)) })
	require.Less(t, few, 100.0)
	for _, repeating := range []string{`{"a":[` + nested + `],"a":0}`, `{"a":[` + nested + `],"b":0,"b":[` + nested + `]}`} {
		require.Len(t, findings([]byte(repeating)), 1)
		require.Less(t, testing.AllocsPerRun(10, func() { findings([]byte(repeating)) }), 100.0, "what holds none is passed over")
	}
	require.Len(t, findings([]byte("{"+strings.Repeat(`"a":0,`, finding.Limit+2)+`"b":0}`)), finding.Limit)
}

func TestTree(t *testing.T) {
	root := parse(t, `{
  "name": "caf\u00e9 \ud83d\ude00",
  "list": [1, -2.50e1, null, [], {"a/b~c": true}],
  "empty": {}
}`)
	require.Equal(t, jsondoc.Object, root.Kind())
	require.Equal(t, 3, root.Len())
	require.Equal(t, "", root.Path())
	require.Equal(t, "doc.json", root.File())

	var names []string
	for member := range root.Members() {
		names = append(names, member.Name)
		line, column := member.Key.Position()
		require.Equal(t, 3, column)
		require.Equal(t, len(names)+1, line)
		require.Equal(t, "/"+member.Name, member.Key.Path())
	}
	require.Equal(t, []string{"name", "list", "empty"}, names)

	name := root.Get("name")
	require.Equal(t, "café 😀", name.String())
	require.Equal(t, `"caf\u00e9 \ud83d\ude00"`, string(name.Raw()))
	require.False(t, root.Get("Name").Exists(), "keys match exactly")
	require.Equal(t, jsondoc.Missing, root.Get("Name").Kind())

	escapes := parse(t, `"\"\\\/\b\f\n\r\t\u00E9\uD83D\uDE00 é"`)
	require.Equal(t, "\"\\/\b\f\n\r\té😀 é", escapes.String())
	require.Equal(t, "-1.5", parse(t, "-1.5").String())
	require.Equal(t, "true", parse(t, "true").String())

	list := root.Get("list")
	require.Equal(t, `[1, -2.50e1, null, [], {"a/b~c": true}]`, string(list.Raw()))
	var rows []string
	for i, element := range list.Elements() {
		line, column := element.Position()
		rows = append(rows, fmt.Sprintf("%d %d:%d %s %s %s", i, line, column, element.Path(), element.Kind(), element.Raw()))
	}
	require.Equal(t, []string{
		"0 3:12 /list/0 a number 1",
		"1 3:15 /list/1 a number -2.50e1",
		"2 3:24 /list/2 null null",
		"3 3:30 /list/3 an array []",
		`4 3:34 /list/4 an object {"a/b~c": true}`,
	}, rows)
	for _, element := range list.Elements() {
		if flag := element.Get("a/b~c"); flag.Exists() {
			require.True(t, flag.Bool())
			require.Equal(t, "/list/4/a~1b~0c", flag.Path())
		}
	}
}

func TestZeroNode(t *testing.T) {
	var zero jsondoc.Node
	require.False(t, zero.Exists())
	require.Equal(t, jsondoc.Missing, zero.Kind())
	require.Equal(t, "", zero.String())
	require.Nil(t, zero.Raw())
	require.False(t, zero.Bool())
	require.Equal(t, 0, zero.Len())
	require.Equal(t, 0, zero.Offset())
	require.Equal(t, "", zero.File())
	require.Equal(t, "", zero.Path())
	require.True(t, zero.Blank())
	require.False(t, zero.Get("a").Exists())
	for range zero.Elements() {
		t.Fatal("no elements")
	}
	for range zero.Members() {
		t.Fatal("no members")
	}
	line, column := zero.Position()
	require.Equal(t, []int{1, 1}, []int{line, column})
}

func TestBlank(t *testing.T) {
	for text, want := range map[string]bool{
		"null": true, `""`: true, "[]": true, "{}": true, "[ ]": true, `{"a":null,"b":{"c":[]}}`: true,
		"false": false, "0": false, `" "`: false, "[null]": false, `{"a":[],"b":[1]}`: false,
	} {
		require.Equal(t, want, parse(t, text).Blank(), text)
	}
}

// TestPositionsFarInside crosses the blocks of the line index, with lines
// shorter and longer than a block.
func TestPositionsFarInside(t *testing.T) {
	var text strings.Builder
	text.WriteString("[")
	type position struct{ line, column int }
	var want []position
	line, column := 1, 2
	for i := range 3_000 {
		if i > 0 {
			text.WriteString(",")
			column++
		}
		gap := i % 7
		if i%1_000 == 999 {
			gap = 9_000
		}
		text.WriteString(strings.Repeat(" ", gap))
		column += gap
		if i%3 == 0 {
			text.WriteString("\n")
			line, column = line+1, 1
		}
		want = append(want, position{line, column})
		text.WriteString(`"é"`)
		column += 4
	}
	text.WriteString("]")
	for i, element := range parse(t, text.String()).Elements() {
		line, column := element.Position()
		if got := (position{line, column}); got != want[i] {
			t.Fatalf("element %d: %v, want %v", i, got, want[i])
		}
	}
}

func TestFinding(t *testing.T) {
	root := parse(t, "[\n \"a\\nb\", 7, {}]")
	var got []string
	for _, element := range root.Elements() {
		got = append(got, element.Finding("bad-thing", errors.New("is bad")).Error())
	}
	require.Equal(t, []string{
		`doc.json:2:2 /0: "a\nb": is bad`,
		`doc.json:2:10 /1: "7": is bad`,
		`doc.json:2:13 /2: is bad`,
	}, got)
}
