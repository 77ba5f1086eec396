package question_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/question"
)

// shellWords are commands with the words that bash makes of them, see TestWordsAsBashMakesThem.
var shellWords = map[string][]string{
	"curl ''":          {"curl", ""},
	"curl a$":          {"curl", "a$"},
	`curl "a$"`:        {"curl", "a$"},
	`curl "a$" b`:      {"curl", "a$", "b"},
	"curl \"a\\\nb\"":  {"curl", "ab"},
	"curl '1'2>&2":     {"curl", "12"},
	"curl 12>out a":    {"curl", "a"},
	"curl a2>&2 b":     {"curl", "a2", "b"},
	`curl $'\-a'`:      {"curl", `\-a`},
	`curl $'\ a'`:      {"curl", `\ a`},
	`curl $'\xg'`:      {"curl", `\xg`},
	`curl $'\ug'`:      {"curl", `\ug`},
	`curl $'\Ug'`:      {"curl", `\Ug`},
	`curl $'\x4g'`:     {"curl", "\x04g"},
	`curl $'\x4G'`:     {"curl", "\x04G"},
	"curl $'\\x4\x11'": {"curl", "\x04\x11"},
	"curl $'\\u4\x19'": {"curl", "\x04\x19"},
	`curl $'\cA\ca'`:   {"curl", "\x01\x01"},
	`curl $'\c_'`:      {"curl", "\x1f"},
	`curl $'\1018'`:    {"curl", "A8"},
	`curl $'\u00e99'`:  {"curl", "é9"},
}

func TestWordsOfAShell(t *testing.T) {
	for text, want := range shellWords {
		got, err := question.ByShell(text)
		require.NoError(t, err, "%q", text)
		require.Equal(t, want, got, "%q", text)
	}
	for text, want := range map[string]string{
		`curl $'\c`: "the end of what a quotation mark begins", `curl $'\x4`: "the end of what a quotation mark begins", "& curl": "another one behind it", "curl a & b": "another one behind it",
		"curl a\t& b": "another one behind it", "curl a&b": "quotes around what holds an &", "curl b a&b": "quotes around what holds an &",
	} {
		_, err := question.ByShell(text)
		require.ErrorContains(t, err, want, "%q", text)
	}
}

// Behind a $ stands what a shell replaces: a name, a special parameter (POSIX, XCU 2.5.2),
// what is in braces or parentheses, and with bash in brackets. Any other is a dollar.
func TestDollars(t *testing.T) {
	replaced := "_{([" + "@*#?-$!" + "0123456789" + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for char := byte(' '); char < 0x80; char++ {
		if strings.IndexByte("\"`\\", char) >= 0 {
			continue // means something else between quotation marks
		}
		text := "$" + string(char) + "x"
		got, err := question.ByShell(`curl "` + text + `"`)
		if strings.IndexByte(replaced, char) >= 0 {
			require.ErrorContains(t, err, "which a shell replaces", text)
			continue
		}
		require.NoError(t, err, text)
		require.Equal(t, []string{"curl", text}, got)
	}
}

// What is refused is named alone, and a parenthesis is refused that nothing closes.
func TestRefusedAlone(t *testing.T) {
	for text, want := range map[string]string{"curl URL -:s": `"-:": it begins another request`, "curl URL A:(b": "which a shell runs", "curl \"$`\"": "found '`', which a shell runs", "curl URL > $FILE": "which a shell replaces"} {
		_, err := question.Parse(text, "")
		require.ErrorContains(t, err, want)
	}
}
