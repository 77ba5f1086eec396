package question_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/question"
)

// forProgram writes a word as Windows programs read it: the rule of CommandLineToArgvW,
// the other way round.
func forProgram(word string, quotes bool) string {
	var out strings.Builder
	slashes := 0
	for _, char := range []byte(word) {
		switch char {
		case '\\':
			slashes++
			continue
		case '"':
			out.WriteString(strings.Repeat(`\`, 2*slashes) + `\"`)
		default:
			out.WriteString(strings.Repeat(`\`, slashes) + string(char))
		}
		slashes = 0
	}
	if !quotes {
		return out.String() + strings.Repeat(`\`, slashes)
	}
	return `"` + out.String() + strings.Repeat(`\`, 2*slashes) + `"`
}

// forCmdExe puts a ^ in front of all that cmd.exe would take for something else, as
// browsers do.
func forCmdExe(text string) string {
	var out strings.Builder
	for _, char := range []byte(text) {
		switch {
		case char == '\n':
			out.WriteString("^\n\n")
		case strings.IndexByte(`"^&|<>%`, char) >= 0:
			out.WriteString("^" + string(char))
		default:
			out.WriteByte(char)
		}
	}
	return out.String()
}

// Words that were written for cmd.exe and for a program behind it are read as they were
// meant.
func TestWordsAsWindowsMakesThem(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	pieces := []string{"a", "b", `\`, `\`, `"`, " ", "\t", "^", "&", "|", "<", ">", "%", "'", "\n", "$"}
	for range 3000 {
		want := []string{"curl"}
		line := "curl"
		for range random.IntN(4) {
			word := ""
			for range random.IntN(7) {
				word += pieces[random.IntN(len(pieces))]
			}
			want = append(want, word)
			space := []string{" ", "  ", " \t"}[random.IntN(3)]
			if word != "" && !strings.ContainsAny(word, " \t\n") && random.IntN(2) == 0 {
				line += space + forProgram(word, false)
			} else {
				line += space + forProgram(word, true)
			}
		}
		got, err := question.ByCmdExe(forCmdExe(line) + []string{"", " ", "\n", "\n\n", " &", "&\n"}[random.IntN(6)])
		require.NoError(t, err, "%q", line)
		require.Equal(t, want, got, "%q", line)
	}
}

// Between quotation marks cmd.exe reads nothing but the next one, and programs take two
// of them for one.
func TestCmdExe(t *testing.T) {
	for text, want := range map[string][]string{
		`curl "a&b|c<d>e^f" g`: {"curl", "a&b|c<d>e^f", "g"}, `curl "a""b" c`: {"curl", `a"b`, "c"}, `curl "a"b"c d" e`: {"curl", "abc d", "e"}, `curl a""b`: {"curl", "ab"}, `curl ""`: {"curl", ""},
		"curl a ^\n b": {"curl", "a", "b"}, "curl a^\n\nb": {"curl", "a\nb"}, "curl a^^b^c": {"curl", "a^bc"}, "curl a | more": {"curl", "a"}, "curl a\t\tb": {"curl", "a", "b"},
		`curl \\a \"b\" c\\"d"`: {"curl", `\\a`, `"b"`, `c\d`}, "curl a &": {"curl", "a"}, "curl a &&": {"curl", "a"}, "curl a\n \t\n&": {"curl", "a"}, "": nil, "  ": nil,
	} {
		got, err := question.ByCmdExe(text)
		require.NoError(t, err, "%q", text)
		require.Equal(t, want, got, "%q", text)
	}
	for text, want := range map[string]string{
		"curl a & curl b": "another one behind it", "curl a\ncurl b": "another one behind it", "curl a && b": "another one behind it", "curl a > b": "found >", "curl a < b": "found <",
		"curl a ^": "another line behind the ^", "curl a ^\n": "another line behind the ^", `curl "a`: "the end of what a quotation mark begins", "curl \"a\nb\"": "another one behind it",
	} {
		_, err := question.ByCmdExe(text)
		require.ErrorContains(t, err, want, "%q", text)
	}
}
