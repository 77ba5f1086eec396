package accesslog_test

import (
	"math/rand/v2"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
)

// naive reads lines of the common and combined formats as they are described, with
// package regexp and without haste. It answers for whole lines and takes times from
// the parser of a pattern.
type naive struct {
	field, list, behind, quoted, status *regexp.Regexp

	time func(text string) int64
}

func newNaive(t *testing.T) naive {
	parse := parser(t, accesslog.Options{Pattern: `^(?P<addr>\S+) (?P<time>.*)$`})
	return naive{
		field:  regexp.MustCompile(`^"((?:[^"\\]|\\.)*)" `),
		list:   regexp.MustCompile(`^((?:[^ ]*, )*(?:|[^ ]*[^, ])) `),
		behind: regexp.MustCompile(`^"(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*" "((?:[^"\\]|\\.)*)"`),
		quoted: regexp.MustCompile(`^"(?:[^"\\]|\\.)*"`),
		status: regexp.MustCompile(`^ (?:-|[0-9]{3}) `),
		time: func(text string) int64 {
			entry, err := parse("192.0.2.7 " + text)
			require.NoError(t, err)
			return entry.Time
		},
	}
}

func (n naive) read(line string) (e accesslog.Entry, ok bool) {
	fields, rest, ok := n.head(line)
	if !ok {
		return e, false
	}
	if e, ok = n.entry(fields); !ok {
		return e, false
	}
	if e.Time, rest = n.request(rest); e.Time == 0 {
		return e, false
	}
	if rest, ok = n.answer(rest); !ok || rest == "" || rest[0] == ' ' {
		return e, false
	}
	if _, tail, found := strings.Cut(rest, " "); found && e.Forwarded == "" {
		if agent := n.behind.FindStringSubmatch(tail); agent != nil && agent[1] != "-" {
			e.Forwarded = agent[1]
		}
	}
	return e, true
}

// head is the fields in front of the first lone dash, or of an identity, a user and
// the time.
func (n naive) head(line string) (fields [][2]string, rest string, ok bool) {
	for len(fields) < 5 {
		var text, quoted string
		if m := n.field.FindStringSubmatch(line); m != nil {
			text, quoted, line = m[1], "quoted", line[len(m[0]):]
		} else if m := n.list.FindStringSubmatch(line); m != nil && m[1] != "" && m[1][0] != '"' {
			text, line = m[1], line[len(m[0]):]
		} else {
			return nil, "", false
		}
		if text == "-" && quoted == "" && len(fields) > 0 {
			return fields, line, true
		}
		fields = append(fields, [2]string{text, quoted})
		if len(fields) > 2 && strings.HasPrefix(line, "[") {
			return fields[:len(fields)-2], line, true
		}
	}
	return nil, "", false
}

func isAddress(text string) bool {
	_, err := netip.ParseAddr(strings.Trim(text, "[]"))
	_, errPort := netip.ParseAddrPort(text)
	return err == nil || errPort == nil
}

func isHop(field [2]string) bool {
	return field[1] != "" || strings.Contains(field[0], ",") || field[0] == "unknown" || isAddress(field[0])
}

func dashed(text string) string {
	if text == "-" {
		return ""
	}
	return text
}

func (n naive) entry(fields [][2]string) (e accesslog.Entry, ok bool) {
	peer := fields[len(fields)-1]
	if at := strings.LastIndex(peer[0], ","); at >= 0 {
		return accesslog.Entry{Remote: strings.Trim(peer[0][at+1:], " "), Forwarded: peer[0][:at]}, len(fields) < 3
	}
	e.Remote = peer[0]
	switch len(fields) {
	case 1:
	case 2:
		before := fields[0]
		isName := !isHop(peer) && peer[0] != "localhost" && !strings.HasPrefix(peer[0], "unix:")
		if before[1] == "" && !strings.Contains(before[0], ",") && isHop(before) && isName {
			return e, false // a peer and its virtual host, or a list and a name
		}
		if isHop(before) {
			e.Forwarded = dashed(before[0])
		}
	case 3:
		e.Forwarded = dashed(fields[1][0])
	default:
		return e, false
	}
	return e, true
}

// request is the time in brackets that has a quote behind it, and what follows.
func (n naive) request(rest string) (int64, string) {
	for at := range len(rest) {
		if rest[at] != '[' || at > 0 && rest[at-1] != ' ' {
			continue
		}
		text, behind, found := strings.Cut(rest[at+1:], "]")
		if !found || !strings.HasPrefix(behind, ` "`) || len(text) < 19 {
			continue
		}
		if seconds := n.time(text); seconds != 0 {
			return seconds, behind[1:]
		}
	}
	return 0, ""
}

// answer is what stands behind the first quote, none of a backslash's, that has a
// status behind it.
func (n naive) answer(request string) (string, bool) {
	for start := 0; ; {
		m := n.quoted.FindString(request[start:])
		if m == "" {
			return "", false
		}
		start += len(m) - 1
		if s := n.status.FindString(request[start+1:]); s != "" {
			return request[start+1+len(s):], true
		}
	}
}

// rounds is how many tries a test of chance makes, a tenth of them in short mode.
func rounds(whole int) int {
	if testing.Short() {
		return whole / 10
	}
	return whole
}

// Lines of all kinds of pieces, most of them wrong somewhere, are read as they are
// described.
func TestLinesAsDescribed(t *testing.T) {
	n := newNaive(t)
	random := rand.New(rand.NewPCG(3, 4))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	field := func() string {
		return pick("192.0.2.7", "192.0.2.7", "2001:db8::7", "[2001:db8::7]:80", "example.com", "localhost", "unix:", "unknown", "-", `"-"`, `"1.2.3.4, 5.6.7.8"`,
			"1.2.3.4, 5.6.7.8", "1.2.3.4,5.6.7.8", `"a\"b"`, `"a\\"`, `"`, `""`, "", ",", ", ", "a,", ",a", "[", "x[", `"a"b`, `a"b`, "a, b,c, d", "localhost, localhost", `"a,"`)
	}
	clock := func() string {
		if random.IntN(2) > 0 {
			return "[17/May/2015:10:05:03 +0000]"
		}
		return pick("[17/May/2015:10:05:03 +0000]", "[17/May/2015:10:05:03 +0000]", "[17/May/2015:10:05:03 +0000]", "[2015-05-17T10:05:03]", "[2015-05-17T10:05:03Z]",
			"[2015-05-17T10:05:03+00:00]", "[17/May/2015:10:05:03 +000]", "[17/May/2015:10:05:03 +00000]", "x[17/May/2015:10:05:03 +0000]", "[143185710]", "[1431857103.123456789]",
			"[143185710312345678]", "[]", "[", "[x] [2015-05-17T10:05:03Z]", "[[2015-05-17T10:05:03Z]", "a b [17/May/2015:10:05:03 +0000]", "")
	}
	request := func() string {
		return pick(`"GET / HTTP/1.1"`, `"GET / HTTP/1.1"`, `"GET /\"x\" HTTP/1.1"`, `"GET /"x" HTTP/1.1"`, `"POST] / HTTP/1.1"`, `""`, `"\\"`, `"\"`, `"a" 200"`, `"`, "", `"a" x00 "b"`)
	}
	status := func() string { return pick("200", "200", "200", "404", "-", "20", "2000", "x00", "", "200 ", "  200") }
	tail := func() string {
		return pick("", ` "-" "-"`, ` "-" "agent" "203.0.113.9"`, ` "-" "agent" "-"`, ` "a\"" "b\\" "c, d" 0.1`, ` "-" "agent" "x`, ` "-" "agent" "`, ` "-" x "y"`, ` "-"  "-" "y"`,
			` - - "y"`, ` "-" "-" "a\"`, ` "-"`, ` "" "" "" ""`, ` x "-" "-" "y"`)
	}
	space := func() string {
		if random.IntN(20) > 0 {
			return " "
		}
		return pick("  ", "")
	}
	read, parse := 0, parser(t, accesslog.Options{Format: "combined"})
	either := parser(t, accesslog.Options{})
	for range rounds(100_000) {
		var line strings.Builder
		for range random.IntN(4) {
			line.WriteString(field() + space())
		}
		line.WriteString(pick("-", "-", "-", "-", "ident") + space() + pick("-", "-", "frank", "a b", "- 10.0.0.1 -", `\"`) + space())
		line.WriteString(clock() + space() + request() + space() + status() + space() + pick("203", "203", "-", "", "2 3") + tail())
		text := line.String()
		if strings.HasPrefix(text, "{") {
			continue
		}
		want, ok := n.read(text)
		got, err := either(text)
		if ok = ok && (&accesslog.Entry{Remote: want.Remote}).Check() == nil; ok {
			read++
		}
		if ok != (err == nil) || ok && got != want {
			t.Fatalf("%s\nread as %+v, %v\nexpected %+v, %v", text, got, err, want, ok)
		}
		if combined, err := parse(text); err == nil && (!ok || combined != want) {
			t.Fatalf("%s\nread as combined as %+v, expected %+v, %v", text, combined, want, ok)
		}
	}
	require.Greater(t, read, rounds(100_000)/20)
}

// Whom a server can have written into the peer's place.
func TestPeersAsDescribed(t *testing.T) {
	name := regexp.MustCompile(`^([0-9A-Za-z](?:[0-9A-Za-z._-]*[0-9A-Za-z])?)(?::[0-9]+)?$`)
	naive := func(text string) bool {
		if strings.HasPrefix(text, "unix:") || strings.HasPrefix(text, "@") {
			return true
		}
		_, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
		_, errPort := netip.ParseAddrPort(text)
		if err == nil || errPort == nil {
			return true
		}
		m := name.FindStringSubmatch(text)
		return m != nil && strings.ContainsAny(strings.ToLower(m[1]), "abcdefghijklmnopqrstuvwxyz") && len(m[1]) <= 253
	}
	random := rand.New(rand.NewPCG(5, 6))
	const characters = "0019azAZmM.-_:@[]/`{@ü "
	check := func(text string) {
		if got := (&accesslog.Entry{Remote: text}).Check() == nil; got != naive(text) {
			t.Fatalf("%q: %v, expected %v", text, got, naive(text))
		}
	}
	for range rounds(200_000) {
		text := make([]byte, random.IntN(7))
		for i := range text {
			text[i] = characters[random.IntN(len(characters))]
		}
		check(string(text))
	}
	for c := range 256 {
		for _, text := range []string{"", "a", "1", "-"} {
			check(text + string([]byte{byte(c)}))
			check(string([]byte{byte(c)}) + text)
			check("a" + string([]byte{byte(c)}) + "a")
			check("1" + string([]byte{byte(c)}) + "1")
		}
	}
	for _, length := range []int{252, 253, 254} {
		check(strings.Repeat("a", length))
		check(strings.Repeat("a", length) + ":80")
		check(strings.Repeat("1", length-1) + "a")
	}
}

// valueAt follows a path: the whole rest as one key first, then the shortest key that
// there is.
func valueAt(value any, path []string) (any, bool) {
	if len(path) == 0 {
		return value, true
	}
	switch v := value.(type) {
	case map[string]any:
		if inner, found := v[strings.Join(path, ".")]; found {
			return inner, true
		}
		for n := 1; n < len(path); n++ {
			if inner, found := v[strings.Join(path[:n], ".")]; found {
				return valueAt(inner, path[n:])
			}
		}
	case []any:
		for i := range v {
			if path[0] == string(rune('0'+i)) {
				return valueAt(v[i], path[1:])
			}
		}
	}
	return nil, false
}

// Paths lead through objects and arrays as described.
func TestPathsAsDescribed(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	var build func(depth int) (any, string)
	leaves := 0
	build = func(depth int) (any, string) {
		switch kind := random.IntN(4); {
		case depth == 0 || kind == 0:
			leaves++
			text := "h" + strings.Repeat("x", leaves%200)
			return text, `"` + text + `"`
		case kind == 1:
			list, texts := []any{}, []string{}
			for range random.IntN(3) {
				value, text := build(depth - 1)
				if random.IntN(2) == 0 {
					value, text = map[string]any{"a": value}, `{"a":`+text+`}`
				}
				list, texts = append(list, value), append(texts, text)
			}
			return list, "[" + strings.Join(texts, ",") + "]"
		default:
			object, texts := map[string]any{}, []string{}
			for range random.IntN(4) {
				key := []string{"a", "bb", "a.bb", "bb.a", "a.bb.a", "0", "1", "a.0", "a.", ".a", "bb..a"}[random.IntN(11)]
				if _, known := object[key]; known {
					continue
				}
				value, text := build(depth - 1)
				object[key] = value
				texts = append(texts, `"`+key+`":`+text)
			}
			return object, "{" + strings.Join(texts, ",") + "}"
		}
	}
	parsers := map[string]func(string) (accesslog.Entry, error){}
	found := 0
	for range rounds(60_000) {
		value, text := build(3)
		if _, is := value.(map[string]any); !is {
			continue
		}
		var path []string
		for range 1 + random.IntN(4) {
			path = append(path, []string{"a", "bb", "0", "1", "2", "-1", "a", ""}[random.IntN(8)])
		}
		joined := strings.Join(path, ".")
		if joined == "" {
			continue // which is no path
		}
		if parsers[joined] == nil {
			parsers[joined] = parser(t, accesslog.Options{Format: "json", Fields: []string{"addr=" + joined}})
		}
		want, _ := valueAt(value, path)
		name, is := want.(string)
		if list, isList := want.([]any); isList && len(list) == 1 {
			if name, is = list[0].(string); !is {
				name, is = "unknown", true
			}
		}
		got, err := parsers[joined](text)
		if is != (err == nil) || is && got.Remote != name {
			t.Fatalf("%s in %s: %+v, %v; expected %v", joined, text, got, err, want)
		}
		if is {
			found++
		}
	}
	require.Greater(t, found, rounds(60_000)/300)
}
