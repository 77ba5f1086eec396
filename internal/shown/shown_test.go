package shown_test

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/shown"
)

func TestText(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"plain", `a "b" \n c`, `a "b" \n c`},
		{"letters of any language", "Köln 東京 Αθήνα القاهرة 😀 नि", "Köln 東京 Αθήνα القاهرة 😀 नि"},
		{"terminal", "\x1b[31mred\x1b]0;title\a", `\x1b[31mred\x1b]0;title\a`},
		{"control characters of eight bits", "\u009b31m\u0085", `\u009b31m\u0085`},
		{"line ends", "a\nb\rc\r\nd\u2028e\u2029f\vg\fh", `a\nb\rc\r\nd\u2028e\u2029f\vg\fh`},
		{"direction", "\u202eevil\u2066x\u2069\u200f", `\u202eevil\u2066x\u2069\u200f`},
		{"without width", "a\u200bb\u200dc\ufeffd\u00ade", `a\u200bb\u200dc\ufeffd\u00ade`},
		{"spaces that look like others", "a\tb\u00a0c\u3000d", `a\tb\u00a0c\u3000d`},
		{"no UTF-8", "a\xffb\xc3", `a\xffb\xc3`},
		{"the replacement character itself", "\ufffd", "\ufffd"},
		{"quotes and backslashes beside what is hidden", "\x1b \"a\" \\ '", `\x1b "a" \ '`},
		{"delete", "\x7f", `\x7f`},
		{"empty", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			require.Equal(t, row.want, shown.Text(row.text))
			require.Equal(t, row.want, shown.Text(row.want), "again changes nothing")
		})
	}
	require.Equal(t, "a\\x1b\nb\\u202e", shown.Lines("a\x1b\nb\u202e"))
}

func FuzzText(f *testing.F) {
	f.Add("a\x1b[2Jb")      // control characters
	f.Add("\xff\u202e\r\n") // no UTF-8, direction, line ends
	f.Add("😀\U000e0001")    // beyond the first plane
	f.Fuzz(func(t *testing.T, text string) {
		got := shown.Text(text)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !strconv.IsPrint(r) }) {
			t.Fatalf("%q gives %q", text, got)
		}
		encoded, err := json.Marshal(map[string]string{text: text})
		if err != nil {
			t.Fatal(err)
		}
		escaped := shown.JSON(append(encoded, '\n'))
		if strings.ContainsFunc(strings.TrimSuffix(string(escaped), "\n"), func(r rune) bool { return !strconv.IsPrint(r) }) {
			t.Fatalf("%q gives %q", encoded, escaped)
		}
		var before, after map[string]string
		if json.Unmarshal(encoded, &before) != nil || json.Unmarshal(escaped, &after) != nil {
			t.Fatalf("%q or %q cannot be read", encoded, escaped)
		}
		for key, value := range before {
			if after[key] != value {
				t.Fatalf("%q means something else than %q", escaped, encoded)
			}
		}
	})
}

func TestJSON(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"plain", "{\"a\": 1}\n", "{\"a\": 1}\n"},
		{"line ends and tabs between values", "{\r\n\t\"a\u009b\": 1\r\n}\n", "{\r\n\t\"a\\u009b\": 1\r\n}\n"},
		{"at the start", "\ufeff{}", `\ufeff{}`},
		{"delete", "\"\x7f\"", `"\u007f"`},
		{"direction", "\"\u202eö\"", `"\u202eö"`},
		{"beyond the first plane", "\"😀\U000e0001\U00010000\"", "\"😀\\udb40\\udc01\U00010000\""},
		{"control characters that are no JSON", "\x1b[2J\b\v", `\u001b[2J\u0008\u000b`},
		{"no UTF-8, which encoding/json does not write", "\"\xff\u202e\"", "\"\xff\\u202e\""},
		{"empty", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			require.Equal(t, row.want, string(shown.JSON([]byte(row.text))))
		})
	}
}

// Most text holds nothing that is hidden, and reports of millions of lines go through here.
func TestPlainTextIsNotCopied(t *testing.T) {
	plain := []byte("{\r\n\t\"name\": \"~\"}\r\n")
	require.Zero(t, testing.AllocsPerRun(10, func() { shown.JSON(plain) }))
	long := strings.Repeat("Köln ", 50)
	require.Zero(t, testing.AllocsPerRun(10, func() { shown.Text(long) }))
}

func TestJSONWriter(t *testing.T) {
	var out bytes.Buffer
	n, err := shown.JSONWriter{Out: &out}.Write([]byte("{\"a\":\"\u009b\U000e0001ö\"}\n"))
	require.NoError(t, err)
	require.Equal(t, len("{\"a\":\"\u009b\U000e0001ö\"}\n"), n)
	require.Equal(t, `{"a":"\u009b\udb40\udc01ö"}`+"\n", out.String())
}

// full is a device without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestJSONWriterFails(t *testing.T) {
	n, err := shown.JSONWriter{Out: full{}}.Write([]byte("{}"))
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.Zero(t, n)
}
