package policyedit_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/policyedit"
	"github.com/netwicket/netwicket/internal/jsondoc"
)

func TestSet(t *testing.T) {
	for name, c := range map[string]struct {
		text, value string
		path        []string
		want        string
	}{
		"replaces, and keeps comments": {
			"{\n  // ours\n  \"okta\": {\"zones\": [\"a.json\"], /* later */ \"rules\": []},\n  \"mode\": \"enforce\",\n}\n", `["b.json"]`, []string{"okta", "zones"},
			"{\n  // ours\n  \"okta\": {\"zones\": [\"b.json\"], /* later */ \"rules\": []},\n  \"mode\": \"enforce\",\n}\n",
		},
		"same value, other space": {`{"okta": {"zones": [ "a" ]}}`, `["a"]`, []string{"okta", "zones"}, `{"okta": {"zones": [ "a" ]}}`},
		"new member on its line":  {"{\n  \"geo\": []\n}\n", `"x"`, []string{"mode"}, "{\n  \"geo\": [],\n  \"mode\": \"x\"\n}\n"},
		"new member, a comma behind the last": {
			"{\n  \"geo\": [], // none\n}\n", `"x"`, []string{"mode"}, "{\n  \"geo\": [],\n  \"mode\": \"x\", // none\n}\n",
		},
		"new objects":                                    {`{}`, `["z"]`, []string{"okta", "zones"}, `{"okta": {"zones": ["z"]}}`},
		"new member in a line":                           {`{"okta": {"rules": []}}`, `["z"]`, []string{"okta", "zones"}, `{"okta": {"rules": [], "zones": ["z"]}}`},
		"removes the first":                              {`{"a": 1, "b": 2}`, ``, []string{"a"}, `{ "b": 2}`},
		"removes the last":                               {`{"a": 1, "b": 2}`, ``, []string{"b"}, `{"a": 1 }`},
		"removes the only":                               {`{"a": 1}`, ``, []string{"a"}, `{}`},
		"removes before a trailing comma":                {"{\"a\": 1, // one, two\n \"b\": 2,}", ``, []string{"b"}, "{\"a\": 1, // one, two\n }"},
		"removes before a comma on the next line":        {"{\"a\": 1\r\n\t , \"b\": 2}", ``, []string{"a"}, "{ \"b\": 2}"},
		"removes before a comma behind comments":         {"{\"a\": 1 // one, two\n/* three, */, \"b\": 2}", ``, []string{"a"}, "{ \"b\": 2}"},
		"removes behind a comma and comments":            {"{\"a\": 1, /* one, */\n\t// two,\r\n \"b\": 2 /* three, */ }", ``, []string{"b"}, "{\"a\": 1 /* one, */\n\t// two,\r\n  /* three, */ }"},
		"removes a member in an object behind others":    {"/* {\"b\": 0, */ {\"o\": {\"a\": 1, // x,\n\"b\": 2}, \"z\": 3}", ``, []string{"o", "b"}, "/* {\"b\": 0, */ {\"o\": {\"a\": 1 // x,\n}, \"z\": 3}"},
		"new member behind one at the start of the text": {"{\"a\": 1}", `2`, []string{"b"}, "{\"a\": 1, \"b\": 2}"},
		"new member behind one with others on its line":  {"{\n  \"a\": 1, \"b\": 2\n}", `3`, []string{"c"}, "{\n  \"a\": 1, \"b\": 2, \"c\": 3\n}"},
		"removes what is not there":                      {`{"a": 1}`, ``, []string{"b", "c"}, `{"a": 1}`},
	} {
		t.Run(name, func(t *testing.T) {
			var value []byte
			if c.value != "" {
				value = []byte(c.value)
			}
			got, err := policyedit.Set("netwicket.json", []byte(c.text), value, c.path...)
			require.NoError(t, err)
			require.Equal(t, c.want, string(got))
		})
	}
	_, err := policyedit.Set("netwicket.json", []byte("{\"okta\": "), []byte("1"), "okta")
	require.ErrorContains(t, err, "netwicket.json:1:10: the document ends too early")
	_, err = policyedit.Set("netwicket.json", []byte("{\n\"okta\": 3}"), []byte("1"), "okta", "zones")
	require.ErrorContains(t, err, "netwicket.json:2:9 /okta: \"3\": expected an object, in which zones is to be written")
}

// After any change the file says the new value, and every other member what it
// said before, to the letter.
func FuzzSet(f *testing.F) {
	f.Add([]byte("{ // x\n \"okta\": {\"zones\": [1,2,], /*,*/ }, \"geo\": [],}"), "okta", "zones", []byte(`["z"]`))
	f.Add([]byte(`{"a":1}`), "a", "", []byte(nil))
	f.Add([]byte(`{"a":{"b":1,"c":2}}`), "a", "c", []byte(nil))
	f.Add([]byte(`{"a":{"b":1}}`), "a", "\"\\\u2028\n", []byte(`1`))
	f.Add([]byte(`{"a":{"b":1}}`), "a", "b\xff", []byte(`1`))
	f.Fuzz(func(t *testing.T, text []byte, first, second string, value []byte) {
		path := []string{first}
		if second != "" {
			path = append(path, second)
		}
		if len(value) == 0 {
			value = nil
		} else if !json.Valid(value) {
			return
		} else if _, err := jsondoc.Parse("", value); err != nil {
			return
		}
		if !utf8.ValidString(first) || !utf8.ValidString(second) { // no member of a JSON text has such a name
			return
		}
		before, err := jsondoc.ParseCommented("", text)
		if err != nil {
			return
		}
		got, err := policyedit.Set("", text, value, path...)
		if err != nil {
			return
		}
		after, err := jsondoc.ParseCommented("", got)
		if err != nil {
			for _, known := range []string{"too-deep", "too-large", "bad-encoding"} {
				if bytes.Contains([]byte(err.Error()), []byte(known)) {
					return
				}
			}
			if len(value) > 20 { // deep values may make a document too deep
				return
			}
			t.Fatalf("%q does not load: %v", got, err)
		}
		parent := after
		for _, name := range path[:len(path)-1] {
			parent = parent.Get(name)
		}
		changed := parent.Get(path[len(path)-1])
		if value == nil {
			require.False(t, changed.Exists(), "%q", got)
		} else {
			require.JSONEq(t, string(value), string(changed.Raw()), "%q", got)
		}
		for m := range before.Members() {
			if m.Name != first {
				require.Equal(t, string(m.Value.Raw()), string(after.Get(m.Name).Raw()), "%q", got)
			}
		}
		if len(path) == 2 {
			for m := range before.Get(first).Members() {
				if m.Name != second {
					require.Equal(t, string(m.Value.Raw()), string(after.Get(first).Get(m.Name).Raw()), "%q", got)
				}
			}
		}
	})
}
