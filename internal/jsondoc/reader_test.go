package jsondoc_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/finding"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

// noted are the findings as "line:column severity code path".
func noted(list finding.List) string {
	var lines []string
	for _, f := range list {
		severity := "error"
		if f.Warning {
			severity = "warning"
		}
		lines = append(lines, fmt.Sprintf("%d:%d %s %s %s", f.Line, f.Column, severity, f.Code, f.Path))
	}
	return strings.Join(lines, "\n")
}

func TestReader(t *testing.T) {
	is := func(r *jsondoc.Reader, n jsondoc.Node) bool { return r.Is(n, jsondoc.String, "a string") }
	given := func(r *jsondoc.Reader, n jsondoc.Node) bool { return r.Given(n, jsondoc.String, "a string") }
	present := func(r *jsondoc.Reader, n jsondoc.Node) bool { return r.Present(n, jsondoc.String, "a string") }
	tests := []struct {
		name, text string
		read       func(*jsondoc.Reader, jsondoc.Node) bool
		want       bool
		noted      string
	}{
		{"Is", `{"x":"a"}`, is, true, ""},
		{"Is, absent", `{}`, is, false, "1:1 error bad-type "},
		{"Is, null", `{"x":null}`, is, false, "1:6 error bad-type /x"},
		{"Is, another kind", `{"x":1}`, is, false, "1:6 error bad-type /x"},
		{"Given", `{"x":"a"}`, given, true, ""},
		{"Given, absent", `{}`, given, false, ""},
		{"Given, null", `{"x":null}`, given, false, ""},
		{"Given, another kind", `{"x":[]}`, given, false, "1:6 error bad-type /x"},
		{"Present", `{"x":"a"}`, present, true, ""},
		{"Present, absent", `{}`, present, false, ""},
		{"Present, null", `{"x":null}`, present, false, "1:6 error bad-type /x"},
		{"Present, another kind", `{"x":{}}`, present, false, "1:6 error bad-type /x"},
		{"Flag", `{"x":true}`, (*jsondoc.Reader).Flag, true, ""},
		{"Flag, null", `{"x":null}`, (*jsondoc.Reader).Flag, false, ""},
		{"Flag, a string", `{"x":"true"}`, (*jsondoc.Reader).Flag, false, "1:6 error bad-type /x"},
		{"StrictFlag", `{"x":true}`, (*jsondoc.Reader).StrictFlag, true, ""},
		{"StrictFlag, absent", `{}`, (*jsondoc.Reader).StrictFlag, false, ""},
		{"StrictFlag, null", `{"x":null}`, (*jsondoc.Reader).StrictFlag, false, "1:6 error bad-type /x"},
		{"StrictFlag, a number", `{"x":1}`, (*jsondoc.Reader).StrictFlag, false, "1:6 error bad-type /x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root, reader := jsondoc.Read("x.json", []byte(test.text))
			require.Equal(t, test.want, test.read(reader, root.Get("x")))
			require.Equal(t, test.noted, noted(reader.Found))
			require.Equal(t, test.want, test.read(&jsondoc.Reader{Lenient: true}, root.Get("x")), "lenient or not")
		})
	}
}

// What is wrong is an error, or a warning while the reader is lenient; Fail and
// Warn do not ask.
func TestReaderLenient(t *testing.T) {
	root, reader := jsondoc.Read("", []byte(`{"x":1}`))
	for _, lenient := range []bool{false, true} {
		reader.Lenient = lenient
		reader.Text(root.Get("x"))
		reader.Problem(root, "a-code", "wrong")
		reader.Fail(root, "b-code", "wrong")
		reader.Warn(root, "c-code", "wrong")
	}
	failures, warnings := reader.Found.Divide()
	require.Equal(t, "1:1 error a-code \n1:1 error b-code \n1:1 error b-code \n1:6 error bad-type /x", noted(failures))
	require.Equal(t, "1:1 warning c-code \n1:1 warning a-code \n1:1 warning c-code \n1:6 warning bad-type /x", noted(warnings))
}

func TestReaderKeys(t *testing.T) {
	root, reader := jsondoc.Read("", []byte("{\"range\":1,\"Range\":2,\n \"rnage\":3, \"other\":4, \"range\":5}"))
	require.Equal(t, "2:24 error duplicate-key /range", noted(reader.Found), "Read notes what is wrong with the JSON")
	reader.Strict(root, "range", "list")
	require.Equal(t, "2:24 error duplicate-key /range\n1:12 error unknown-key /Range\n2:2 error unknown-key /rnage\n2:13 error unknown-key /other", noted(reader.Found))
	require.Equal(t, `"rnage": unknown key; expected range or list; did you mean "range"?`, reader.Found[2].Message())
	require.Equal(t, `"other": unknown key; expected range or list`, reader.Found[3].Message())

	reader = &jsondoc.Reader{}
	reader.Lenient = true
	reader.Misspelt(root, []string{"range", "list"})
	require.Equal(t, "1:12 error unknown-key /Range\n2:2 error unknown-key /rnage", noted(reader.Found))
	require.Equal(t, `"rnage": unknown key; did you mean "range"?`, reader.Found[1].Message())
	reader.Misspelt(root, []string{"range", "list"}, "Range", "rnage")
	require.Len(t, reader.Found, 2, "what is known is no slip")

	reader = &jsondoc.Reader{}
	read := ""
	key := func(name string) jsondoc.Key {
		return jsondoc.Key{Name: name, Read: func(n jsondoc.Node) { read += name + n.String() }}
	}
	reader.Object(root, key("other"), key("range"))
	require.Equal(t, "range1other4range5", read, "in document order")
	require.Equal(t, "1:12 error unknown-key /Range\n2:2 error unknown-key /rnage", noted(reader.Found))
	reader.Object(root.Get("range"), key("x"))
	require.Equal(t, "1:10 error bad-type /range", noted(reader.Found[2:]))
}

func TestNearest(t *testing.T) {
	tests := []struct{ text, want string }{
		{"ALLOW", ""}, {"allow", "ALLOW"}, {"ALOW", "ALLOW"}, {"ALLWO", "ALLOW"}, {"DENIED", ""}, {"DENYY", "DENY"}, {"", ""}, {"X", ""},
		{strings.Repeat("ALLOW", 9), ""}, {"АLLОW", "ALLOW"}, {"ＡＬＬＯＷ", "ALLOW"}, {"𝐀llow", "ALLOW"}, {"A_L-L O\u200bW\u0301", "ALLOW"},
		{"ΑĿŁOW", "ALLOW"}, {"АĿŁOШ", ""},
	}
	for _, test := range tests {
		require.Equal(t, test.want, jsondoc.Nearest(test.text, "ALLOW", "DENY"), test.text)
	}
	for text, want := range map[string]string{"Id": "id", "ids": "", "tpye": "type", "tope": "type", "teep": "", "ugse": "", "uasge": "usage", "usag": "usage", "usage": ""} {
		require.Equal(t, want, jsondoc.Nearest(text, "id", "type", "usage"), text)
	}
	long := strings.Repeat("a", 40)
	require.Equal(t, long, jsondoc.Nearest(long[2:]+"bc", long))
	require.Empty(t, jsondoc.Nearest(long+"a", long), "a text of more than 40 letters misspells nothing")
	key := strings.Repeat("x", 1<<20) // of a document that may have many of them
	require.Less(t, testing.AllocsPerRun(1, func() { jsondoc.Nearest(key, "ALLOW", "DENY", "conditions") }), 100.0)
	require.Equal(t, "expected ALLOW", jsondoc.Expected("x", "ALLOW"))
	require.Equal(t, `expected A1, ALLOW or DENY; did you mean "DENY"?`, jsondoc.Expected("Deny", "A1", "ALLOW", "DENY"))
}
