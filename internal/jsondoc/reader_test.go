package jsondoc_test

import (
	"fmt"
	"math/rand/v2"
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
		{"Flag, false", `{"x":false}`, (*jsondoc.Reader).Flag, false, ""},
		{"StrictFlag, false", `{"x":false}`, (*jsondoc.Reader).StrictFlag, false, ""},
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
	for member := range root.Members() {
		refused := (&jsondoc.Reader{}).IsMisspelt(member, "range", "list")
		require.Equal(t, member.Name == "Range" || member.Name == "rnage", refused, member.Name)
	}
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
	require.Equal(t, "usage", jsondoc.Nearest("usag", "usage", "usages"), "the nearest of two")
	require.Equal(t, "usage", jsondoc.Nearest("usag", "usages", "usage"), "wherever it stands")
	require.Equal(t, "lists", jsondoc.Nearest("listx", "lists", "listy"), "the first of two that are as near")
	key := strings.Repeat("x", 1<<20) // of a document that may have many of them
	require.Less(t, testing.AllocsPerRun(1, func() { jsondoc.Nearest(key, "ALLOW", "DENY", "conditions") }), 100.0)
	require.Equal(t, "expected ALLOW", jsondoc.Expected("x", "ALLOW"))
	require.Equal(t, `expected A1, ALLOW or DENY; did you mean "DENY"?`, jsondoc.Expected("Deny", "A1", "ALLOW", "DENY"))
}

// TestNearestCountsSlips holds Nearest against a naive count of slips.
func TestNearestCountsSlips(t *testing.T) {
	var slips func(a, b string) int
	slips = func(a, b string) int {
		if a == "" || b == "" {
			return len(a) + len(b)
		}
		least := min(slips(a[1:], b)+1, slips(a, b[1:])+1)
		if a[0] == b[0] {
			return min(least, slips(a[1:], b[1:]))
		}
		if len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] {
			least = min(least, slips(a[2:], b[2:])+1)
		}
		return min(least, slips(a[1:], b[1:])+1)
	}
	random := rand.New(rand.NewPCG(1, 2))
	letters := func(n int) string {
		text := make([]byte, n)
		for i := range text {
			text[i] = "abc"[random.IntN(3)]
		}
		return string(text)
	}
	near := 0
	for range 3_000 {
		word, text := letters(1+random.IntN(6)), letters(random.IntN(7))
		allowed := []int{0, 0, 0, 1, 1, 2, 2}[len(word)]
		want := ""
		if n := slips(text, word); n > 0 && n <= allowed {
			want = word
			near++
		}
		require.Equal(t, want, jsondoc.Nearest(text, word), "%s for %s", text, word)
	}
	require.Greater(t, near, 100)
}

// TestLookalikes: in a word of two letters no slip is forgiven, so that what is taken
// for it looks the same.
func TestLookalikes(t *testing.T) {
	same := func(text, word string) {
		require.Equal(t, word, jsondoc.Nearest(text+"z", word+"z")[:len(word)], "%+q", text)
	}
	for c := '!'; c <= '~'; c++ {
		if c != '_' && c != '-' { // which separate words
			same(string(c-'!'+0xff01), string(c))
		}
	}
	for i := range rune(0x1d6a3 - 0x1d400 + 1) { // alphabets of mathematics
		same(string(0x1d400+i), string('a'+i%26))
	}
	for text, want := range map[string]string{
		"a_": "a", "a-": "a", "a ": "a", "a\u00a0": "a", "a\u200b": "a", "a\u0301": "a", "A": "a", "а": "a", "А": "a", "ѕ": "s", "µ": "m", "ſ": "s",
		"ш": "?", "\uff5f": "?", "\uff00": "?", "\U0001d6a4": "?", "\U0001d3ff": "?", "\u0080": "?",
	} {
		same(text, want)
	}
	for _, text := range []string{"b", "ш", "\uff02", "aa", "."} {
		require.Empty(t, jsondoc.Nearest(text+"z", "az"), text)
	}
}
