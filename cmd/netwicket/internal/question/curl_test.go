package question_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/question"
)

// commands are curl commands, with the headers that they send.
var commands = []struct {
	name, text string
	want       http.Header
}{
	{"a header", `curl https://example.com/ -H 'X-Forwarded-For: 203.0.113.9'`, http.Header{"X-Forwarded-For": {"203.0.113.9"}}},
	{"two lines of one", `curl -H "X-Forwarded-For: a" --header 'x-forwarded-for:b' URL`, http.Header{"X-Forwarded-For": {"a", "b"}}},
	{"letters together", `curl -sSLH'A: b' -XPOST -HC:d URL`, http.Header{"A": {"b"}, "C": {"d"}}},
	{"a value that looks like an option", `curl -d "-H" -o -H -X -H URL -H 'A: b'`, http.Header{"A": {"b"}}},
	{"behind --", `curl -H 'A: b' -- -H`, http.Header{"A": {"b"}}},
	{"-- behind --", `curl -H 'A: b' -- --`, http.Header{"A": {"b"}}},
	{"a name behind --", `curl -H 'A: b' -- --hedaer`, http.Header{"A": {"b"}}},
	{"over lines", "curl 'https://example.com/' \\\n  -H 'A: b' \\\n  --data-raw $'it\\'s\\n-H' \\\n  --compressed", http.Header{"A": {"b"}}},
	{"from a prompt", "$ curl URL -H A:b", http.Header{"A": {"b"}}},
	{"escapes of bash", `curl URL -H $'A: \u00e9 \x41\102 \t\\ \'"'`, http.Header{"A": {"é AB \t\\ '\""}}},
	{"quotation marks within", `curl URL -H "A: \"b\" \$ \c 'd'" -H 'B: "e"\f'`, http.Header{"A": {`"b" $ \c 'd'`}, "B": {`"e"\f`}}},
	{"parts of a word", `curl URL -H A:' b'"c"\ d`, http.Header{"A": {"bc d"}}},
	{"what the browser is called", `curl URL -A agent -e 'https://from.example/;auto' -b 'a=b'`, http.Header{"User-Agent": {"agent"}, "Referer": {"https://from.example/"}, "Cookie": {"a=b"}}},
	{"a header counts more", `curl URL -A agent -H 'User-Agent: other'`, http.Header{"User-Agent": {"other"}}},
	{"cookies of a file", `curl URL -b jar`, http.Header{}},
	{"no header", `curl URL -H 'Accept:' -H 'X-Forwarded-For: '`, http.Header{}},
	{"an empty header", `curl URL -H 'X-Forwarded-For;'`, http.Header{"X-Forwarded-For": {""}}},
	{"--url", `curl --url 'https://example.com/?a=1&b=2' -H A:b`, http.Header{"A": {"b"}}},
	{"a pipe and files", `curl URL -H A:b 2>/dev/null >> out.txt | jq -H C:d`, http.Header{"A": {"b"}}},
	{"what is behind the number", `curl URL -H A:2 > out.txt`, http.Header{"A": {"2"}}},
	{"a comment", "curl URL -H A:b # -H C:d", http.Header{"A": {"b"}}},
	{"a semicolon at the end", "curl URL -H A:b;\n", http.Header{"A": {"b"}}},
	{"no progress", "curl --no-progress-meter --no-location URL -H A:b", http.Header{"A": {"b"}}},
	{"two URLs", `curl URL --url URL -H A:b`, http.Header{"A": {"b"}}},
	{"a tab", "curl\tURL\t-H\tA:b", http.Header{"A": {"b"}}},
	{"one letter behind the option", `curl -ex URL -A y`, http.Header{"Referer": {"x"}, "User-Agent": {"y"}}},
	{"a semicolon at the end of a value", `curl URL -H 'A: b;'`, http.Header{"A": {"b;"}}},
	{"the last one counts", `curl URL -A one -A two -e three -e four`, http.Header{"User-Agent": {"two"}, "Referer": {"four"}}},
	{"nothing takes it away", `curl URL -A one -A '' -e three -e ''`, http.Header{}},
	{"a caret in front of a quotation mark", `curl URL -H A:^'b c'`, http.Header{"A": {"^b c"}}},
	{"a caret at the end of a line", "curl URL -H 'A: b' --data-raw 'c^\nd'", http.Header{"A": {"b"}}},
	{"of Windows", "curl ^\"https://example.com/?a=1^&b=^%^20^\" ^\r\n  -H ^\"A: b^\" ^\r\n  -H ^\"C: ^\\^\"d^\\^\" ^%^41^\" ^\r\n  --data-raw ^\"x^\n\n-H^\"", http.Header{"A": {"b"}, "C": {`"d" %41`}}},
	{"of Windows by hand", "curl.exe \"https://example.com/\" ^\r\n -H \"A: b & c\"", http.Header{"A": {"b & c"}}},
	{"backslashes of Windows", `curl ^"URL^" -H ^"A: c:\d\\^" -o c:\e\ -H ^"B: f^"`, http.Header{"A": {`c:\d\`}, "B": {"f"}}},
}

func TestCurl(t *testing.T) {
	for _, test := range commands {
		t.Run(test.name, func(t *testing.T) {
			got, err := question.Parse(test.text, "10.0.0.1")
			require.NoError(t, err)
			require.Equal(t, question.Curl, got.Kind)
			require.Equal(t, test.want, got.Request.Header)
			require.Equal(t, "10.0.0.1", got.Request.Remote)
		})
	}
}

// What would be another request than the one that stands there is refused.
func TestCurlRefused(t *testing.T) {
	for text, want := range map[string]string{
		`curl`:                                "expected the URL",
		`curl -H 'A: b'`:                      "expected the URL",
		`curl URL -H 'A: b`:                   "expected the end of what a quotation mark begins",
		`curl URL -H "A: b`:                   "expected the end of what a quotation mark begins",
		`curl URL -H $'A: b`:                  "expected the end of what a quotation mark begins",
		`curl ^"URL^" -H ^"A: b`:              "expected the end of what a quotation mark begins",
		`curl URL -H`:                         "expected a value behind -H",
		"curl URL \\":                         "expected another line behind the backslash",
		`curl ^"URL^" ^`:                      "expected another line behind the ^",
		`curl URL -H "A: $VALUE"`:             `found "$VALUE", which a shell replaces`,
		`curl URL -H "A: $(hostname)"`:        `which a shell replaces`,
		"curl URL -H \"A: `hostname`\"":       `which a shell runs`,
		`curl URL -H A:(b)`:                   `which a shell runs`,
		`curl URL -H @headers.txt`:            "which reads it from a file",
		`curl URL -K config`:                  "which is not here",
		`curl URL -d @- < file`:               "which reads a file",
		`curl URL --next URL -H A:b`:          "begins another request",
		`curl URL -: URL`:                     "begins another request",
		`curl URL --haproxy-clientip 1.2.3.4`: "give that beside the command",
		`curl URL --hedaer A:b`:               `expected options of curl, found "--hedaer"`,
		`curl URL --header=A:b`:               `expected options of curl, found "--header=A:b"`,
		`curl URL -sé`:                        "expected options of curl",
		`curl URL -H 'A b'`:                   `expected a header line "Name: value", found "A b"`,
		`curl URL -H 'A b: c'`:                `"A b" is not a header name`,
		`curl URL -H $'A: b\r\nC: d'`:         "found a line break",
		`curl URL -H $'A: b\0'`:               "found a line break or a zero byte",
		"curl URL -H A:b\ncurl URL":           "found another one behind it",
		"curl URL -H A:b ; curl URL":          "found another one behind it",
		"curl URL -H A:b || curl URL":         "found another one behind it",
		"curl ^\"URL^\" &\n\ncurl ^\"URL^\"":  "found another one behind it",
		`curl https://e.com/?a=1&b=2 -H A:b`:  "expected quotes around what holds an &",
		`curl URL >`:                          "expected the name of a file",
		`wget URL --header 'A: b'`:            "expected an address",
		`$ curl`:                              "expected the URL",
		`curl -`:                              `expected options of curl, found "-"`,
		`curl URL -Kconfig`:                   `"-K": it reads options from a file`,
		`curl URL -sH@headers.txt`:            "which reads it from a file",
		`curl URL -H "A: $[1+1]"`:             `found "$[1+1]", which a shell replaces`,
		`curl URL -A $'a\nb'`:                 "found a line break",
		`curl URL -e $'a\nb'`:                 "found a line break",
		`curl URL -b $'a=b\n'`:                "found a line break",
		`curl URL & curl URL`:                 "found another one behind it",
		`curl URL& curl URL`:                  "expected quotes around what holds an &",
		`curl URL A:b)`:                       "which a shell runs",
		"curl URL \"A: `\"":                   "which a shell runs",
	} {
		got, err := question.Parse(text, "")
		require.ErrorContains(t, err, want, text)
		require.Equal(t, question.Question{}, got, text)
	}
}

// curl itself sends the headers that are read from its command.
func TestCurlAsCurlDoes(t *testing.T) {
	for _, program := range []string{"curl", "bash"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("there is no %s to compare with", program)
		}
	}
	requests := make(chan http.Header, 8) // more than a command makes
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { requests <- r.Header.Clone() }))
	defer server.Close()
	for _, test := range commands {
		if strings.Contains(test.text, "jq") || strings.Contains(test.text, "out.txt") || strings.Contains(test.text, `^"`) || strings.Contains(test.text, "^\r") || strings.Contains(test.text, "-o ") || strings.Contains(test.text, "-- ") {
			continue // written for others, or with files
		}
		t.Run(test.name, func(t *testing.T) {
			text := strings.NewReplacer("https://example.com/", server.URL, "URL", server.URL, "$ curl", "curl").Replace(test.text)
			command := exec.Command("bash", "-c", text)
			command.Dir = t.TempDir()
			command.Env = []string{"PATH=/usr/bin:/bin:/usr/local/bin", "LC_ALL=C.UTF-8"}
			said, err := command.CombinedOutput()
			require.NoError(t, err, "%s", said)
			sent := <-requests
			for _, own := range []string{"Accept", "User-Agent", "Content-Length", "Content-Type", "Accept-Encoding"} {
				if test.want[own] == nil {
					sent.Del(own)
				}
			}
			require.Equal(t, test.want, sent)
			if test.name == "two URLs" {
				require.Equal(t, sent.Get("A"), (<-requests).Get("A"))
			}
			require.Empty(t, requests, "one request")
		})
	}
}

// curl takes values behind the options that have one here.
func TestCurlsOptions(t *testing.T) {
	help, err := exec.Command("curl", "--help", "all").Output()
	if err != nil {
		t.Skip("there is no curl to compare with")
	}
	for line := range strings.Lines(string(help)) {
		_, long, _ := strings.Cut(line, "--")
		name, rest, _ := strings.Cut(strings.TrimSpace(long), " ")
		if name == "" || name == "help" {
			continue
		}
		hasValue := strings.HasPrefix(rest, "<") || strings.HasPrefix(rest, "[")
		known, takes := question.Option(name)
		if !known {
			_, err := question.Parse("curl URL --"+name+" x", "")
			require.Error(t, err, name)
			continue
		}
		require.Equal(t, hasValue, takes, name)
	}
}

// Words are those that bash makes, whatever quotation marks and backslashes there are.
func TestWordsAsBashMakesThem(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash to compare with")
	}
	pieces := []string{"a", "b", " ", " ", "'", "'", `"`, `"`, `\`, "\n", "$'", `\n`, `\x41`, `\101`, `\u00e9`, `\'`, `\"`, "$", "^", "#", "\t", "é", "=", ":", "%"}
	escapes := []string{`\a`, `\b`, `\e`, `\E`, `\f`, `\n`, `\r`, `\t`, `\v`, `\\`, `\'`, `\"`, `\?`, `\x4`, `\x41`, `\x4g`, `\xg`, `\x`, `\7`, `\101`, `\1011`, `\18`, `\8`, `\u41`, `\u00e9`, `\u00e99`, `\ug`, `\u`, `\U1f600z`, `\U0001F600`, `\UA9z`, `\z`, `\cA`, `\c[`, "a", "'", " ", "F"}
	random := rand.New(rand.NewPCG(1, 2))
	var script bytes.Buffer
	script.WriteString("curl() { for word; do printf '%s\\0' \"$word\"; done; printf 'END\\0'; }\n")
	var want []string
	for text, words := range shellWords {
		fmt.Fprintf(&script, "%s\n", text)
		want = append(want, strings.Join(append(slices.Clone(words[1:]), "END"), "\x00"))
	}
	for len(want) < 1500 {
		text := "curl "
		if random.IntN(3) == 0 {
			text += "$'"
			for range 1 + random.IntN(5) {
				text += escapes[random.IntN(len(escapes))]
			}
			text += "'"
		}
		for range 1 + random.IntN(14) {
			text += pieces[random.IntN(len(pieces))]
		}
		words, err := question.ByShell(text)
		if err != nil || strings.Contains(strings.Join(words, ""), "\x00") {
			continue
		}
		fmt.Fprintf(&script, "%s\n", text)
		want = append(want, strings.Join(append(words[1:], "END"), "\x00"))
	}
	command := exec.Command(bash, "--norc")
	command.Env = []string{"LC_ALL=C.UTF-8"} // no program is found: nothing but the function runs
	command.Stdin = &script
	command.Dir = t.TempDir()
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	got := strings.SplitAfter(string(out), "END\x00")
	require.Equal(t, len(want)+1, len(got))
	for i := range want {
		require.Equal(t, want[i]+"\x00", got[i])
	}
}
