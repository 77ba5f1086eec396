package accesslog_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
)

// fuzzLogLine holds what is true of every parser: it answers every line, the same
// each time, and with an address or an error but never both or neither.
func fuzzLogLine(f *testing.F, o accesslog.Options, shared bool, seeds ...string) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	parse := parser(f, o)
	f.Fuzz(func(t *testing.T, line string) {
		entry, err := parse(line)
		again, errAgain := parse(line)
		if entry != again || (err == nil) != (errAgain == nil) {
			t.Fatalf("%q: %+v, then %+v", line, entry, again)
		}
		if (err == nil) != (entry.Remote != "") {
			t.Fatalf("%q: %+v, error %v", line, entry, err)
		}
		if entry.Forwarded == "-" {
			t.Fatalf("%q: a dash is no header", line)
		}
		if shared && !(strings.Contains(line, entry.Remote) && strings.Contains(line, entry.Forwarded)) {
			t.Fatalf("%q: %+v is not in the line", line, entry)
		}
		_ = entry.Request(accesslog.NewHeader())
	})
}

func FuzzLogLineCombined(f *testing.F) {
	fuzzLogLine(f, accesslog.Options{Format: "combined"}, true,
		`192.0.2.7`+tail, `"a, \"b" 10.0.0.1`+tail+` "203.0.113.9"`, `h - - [17/May/2015:10:05:03 +0000] "\\" 200 5 "`)
}

func FuzzLogLineCommon(f *testing.F) {
	fuzzLogLine(f, accesslog.Options{Format: "common"}, true,
		`192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /"x" HTTP/1.1" 200 203`, `a b c d e [2015-05-17T10:05:03Z] "" - -`)
}

func FuzzLogLineJSON(f *testing.F) {
	fuzzLogLine(f, accesslog.Options{Format: "json"}, false,
		`{"remote_addr":"10.0.0.1","xff":["1.1.1.1",null],"time":1e300}`, `{"request":{"headers":{"X-Forwarded-For":[[]]}},"ip":0}`)
}

func FuzzLogLineOkta(f *testing.F) {
	fuzzLogLine(f, accesslog.Options{Format: "okta"}, false,
		`{"published":"2015-05-17T10:05:03Z","request":{"ipChain":[{"ip":"203.0.113.9"},{"ip":null}]}}`, `{"client":{"ipAddress":"x"}}`)
}

func FuzzLogLineRegex(f *testing.F) {
	fuzzLogLine(f, accesslog.Options{Pattern: `^(?P<peer>\S*) "(?P<xff>[^"]*)" (?P<addr>\S*) (?P<time>.*)$`}, true,
		`10.0.0.1 "203.0.113.9" - 1431857103`, ` "" x yesterday`)
}

func FuzzLogLineRecognised(f *testing.F) {
	fuzzLogLine(f, accesslog.Options{}, false, `192.0.2.7`+tail, `{"ipChain":1}`, ` {"ip":"x"}`)
}

// Nothing that a client can make a server write as its user, whose quotes the
// server escapes, moves the peer or adds a hop.
func FuzzLogLineUser(f *testing.F) {
	for _, seed := range []string{"-", "frank", "- 10.0.0.1 -", "[17/May/2015:10:05:03 +0000]", `\" [17/May/2015:10:05:03 +0000] \"`, "]", ", 9.9.9.9"} {
		f.Add(seed)
	}
	parse := parser(f, accesslog.Options{Format: "combined"})
	f.Fuzz(func(t *testing.T, user string) {
		if strings.ContainsAny(user, "\"\n\r") {
			return // servers escape these
		}
		entry, err := parse(`192.0.2.7 - ` + user + ` [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203 "-" "-"`)
		if err != nil || entry != (accesslog.Entry{Remote: "192.0.2.7", Time: at}) {
			t.Fatalf("user %q: %+v, %v", user, entry, err)
		}
	})
}

// Every byte of a log that is no space, comma or bracket is in some record, and
// no record is blank.
func FuzzBlocks(f *testing.F) {
	for _, seed := range []string{"a\nb", "[{\"a\":\"}\"},{}]", "{\n}x\n{", "[[[1", "\ufeff{\"a\":\n1}", "\x1f\x8b", "\xce\n\xad"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := records(bytes.NewReader(data))
		if err != nil {
			return // a broken archive
		}
		const dropped = " \t\r\n,[]"
		var got strings.Builder
		line := 1
		for _, r := range list {
			if strings.Trim(r.text, " \t") == "" || strings.Contains(r.text, "\n") || r.line < line {
				t.Fatalf("%q: record %+v behind line %d", data, r, line)
			}
			line = r.line
			got.WriteString(r.text)
		}
		without := func(s string) string { // byte by byte: lines may end within a character
			return string(slices.DeleteFunc([]byte(s), func(c byte) bool { return strings.IndexByte(dropped, c) >= 0 }))
		}
		if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
			return
		}
		if want := without(strings.TrimPrefix(string(data), "\ufeff")); without(got.String()) != want {
			t.Fatalf("%q: %q was read", data, got.String())
		}
	})
}
