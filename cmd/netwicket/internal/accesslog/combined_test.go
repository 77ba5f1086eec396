package accesslog_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
)

func parser(t testing.TB, o accesslog.Options) func(line string) (accesslog.Entry, error) {
	t.Helper()
	parse, err := accesslog.New(o)
	require.NoError(t, err)
	return parse.Line
}

const (
	tail = ` - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203 "-" "agent"`
	at   = 1431857103
)

// What stands in front of the time, as servers are told to write it.
func TestHeads(t *testing.T) {
	tests := []struct{ name, line, peer, forwarded string }{
		{"a peer", `192.0.2.7` + tail, "192.0.2.7", ""},
		{"an IPv6 peer", `2001:db8::7` + tail, "2001:db8::7", ""},
		{"a peer in quotes", `"192.0.2.7"` + tail, "192.0.2.7", ""},
		{"a peer with a port", `[2001:db8::7]:4711` + tail, "[2001:db8::7]:4711", ""},
		{"a name in the peer's place", `host.example` + tail, "host.example", ""},
		{"a local socket", `unix:` + tail, "unix:", ""},
		{"a user", `192.0.2.7 - frank [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203`, "192.0.2.7", ""},
		{"an empty user", `192.0.2.7 -  [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203`, "192.0.2.7", ""},
		{"a user of several words", `192.0.2.7 - frank the first [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203`, "192.0.2.7", ""},
		{"a user who pretends", `192.0.2.7 - 10.0.0.1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203`, "192.0.2.7", ""},
		{"a user with a time", `192.0.2.7 - a [17/May/1999:10:05:03 +0000] [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203`, "192.0.2.7", ""},
		{"an identity", `192.0.2.7 ident frank [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203`, "192.0.2.7", ""},
		{"an identity and a host", `example.com 192.0.2.7 ident frank [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203`, "192.0.2.7", ""},
		{"ingress-nginx", `192.0.2.7 - [192.0.2.7] - - [17/May/2015:10:05:03 +0000] "GET / HTTP/2.0" 200 5 "-" "curl"`, "192.0.2.7", ""},

		{"a list whose last is the peer", `10.0.0.2, 10.0.0.1, 127.0.0.1` + tail, "127.0.0.1", "10.0.0.2, 10.0.0.1"},
		{"a list without spaces", `10.0.0.2,127.0.0.1` + tail, "127.0.0.1", "10.0.0.2"},
		{"a quoted list whose last is the peer", `"10.0.0.2, 127.0.0.1"` + tail, "127.0.0.1", "10.0.0.2"},
		{"a list in front of the peer", `2a03:0:10ff::8000, 10.225.192.17 10.2.2.121` + tail, "10.2.2.121", "2a03:0:10ff::8000, 10.225.192.17"},
		{"a quoted list in front of the peer", `"10.5.102.222, 199.96.1.1" 10.2.1.185` + tail, "10.2.1.185", "10.5.102.222, 199.96.1.1"},
		{"one address in front of the peer", `203.0.113.9 10.0.0.1` + tail, "10.0.0.1", "203.0.113.9"},
		{"one address with a port in front of the peer", `203.0.113.9:4711 10.0.0.1` + tail, "10.0.0.1", "203.0.113.9:4711"},
		{"an unknown one in front of the peer", `unknown 10.0.0.1` + tail, "10.0.0.1", "unknown"},
		{"a dash in front of the peer", `- 10.0.0.1` + tail, "10.0.0.1", ""},
		{"a quoted dash in front of the peer", `"-" 10.0.0.1` + tail, "10.0.0.1", ""},
		{"quotes inside of the list", `"x \" - 9.9.9.9" 10.0.0.1` + tail, "10.0.0.1", `x \" - 9.9.9.9`},

		{"a host", `example.com 172.17.0.1` + tail, "172.17.0.1", ""},
		{"a host with a port", `example.com:80 81.2.69.143` + tail, "81.2.69.143", ""},
		{"a host and a list with the peer", `example.com 10.0.0.2, 127.0.0.1` + tail, "127.0.0.1", "10.0.0.2"},
		{"a host, a list and the peer", `1.128.3.4 2a02::8000, 10.225.192.17 10.2.2.121` + tail, "10.2.2.121", "2a02::8000, 10.225.192.17"},
		{"a host, a quoted list and the peer", `example.com:80 "10.5.102.222, 175.16.199.1" 10.2.1.185` + tail, "10.2.1.185", "10.5.102.222, 175.16.199.1"},
		{"a host, a quoted dash and the peer", `example.com "-" 10.0.0.1` + tail, "10.0.0.1", ""},
		{"an escaped quote at the start of the list", `"\"6.6.6.6" 10.0.0.1` + tail, "10.0.0.1", `\"6.6.6.6`},
		{"a backslash at the end of the list", `"6.6.6.6\\" 10.0.0.1` + tail, "10.0.0.1", `6.6.6.6\\`},
		{"an escaped quote at the end of the list", `"6.6.6.6\\\" 9.9.9.9" 10.0.0.1` + tail, "10.0.0.1", `6.6.6.6\\\" 9.9.9.9`},
		{"a host and names", `example.com localhost, localhost` + tail, "localhost", "localhost"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			entry, err := parser(t, accesslog.Options{})(test.line)
			require.NoError(t, err)
			require.Equal(t, accesslog.Entry{Remote: test.peer, Forwarded: test.forwarded, Time: at}, entry)
		})
	}
}

// What stands behind the time.
func TestTails(t *testing.T) {
	const head = `192.0.2.7 - - [17/May/2015:10:05:03 +0000] `
	tests := []struct{ name, tail, forwarded string }{
		{"common", `"GET / HTTP/1.1" 200 203`, ""},
		{"no size", `"GET / HTTP/1.1" 304 -`, ""},
		{"combined", `"GET / HTTP/1.1" 200 203 "http://example.com/" "agent"`, ""},
		{"an empty request", `"" 400 0 "-" "-"`, ""},
		{"a request that was never answered", `"GET / HTTP/1.1" - - "-" "-"`, ""},
		{"quotes in the request", `"GET /\"x\" HTTP/1.1" 200 203 "-" "-" "203.0.113.9"`, "203.0.113.9"},
		{"quotes that nobody escaped", `"GET /"x" HTTP/1.1" 200 203 "-" "-" "203.0.113.9"`, "203.0.113.9"},
		{"a backslash in front of the closing quote", `"GET /\\" 200 203 "-" "-" "203.0.113.9"`, "203.0.113.9"},
		{"X-Forwarded-For behind the agent", `"GET / HTTP/1.1" 200 203 "-" "agent" "203.0.113.9, 10.0.0.2"`, "203.0.113.9, 10.0.0.2"},
		{"none behind the agent", `"GET / HTTP/1.1" 200 203 "-" "agent" "-"`, ""},
		{"X-Forwarded-For and more", `"GET / HTTP/1.1" 200 203 "-" "agent" "203.0.113.9" 0.004 "x"`, "203.0.113.9"},
		{"a request that is a dash", `"-" 408 - "-" "-" "203.0.113.9"`, "203.0.113.9"},
		{"quotes in the agent", `"GET / HTTP/1.1" 200 203 "-" "a\" \"6.6.6.6\"" "203.0.113.9"`, "203.0.113.9"},
		{"quotes in the referrer", `"GET / HTTP/1.1" 200 203 "a\" \"b\" \"6.6.6.6" "-" "203.0.113.9"`, "203.0.113.9"},
		{"backslashes at the end of the agent", `"GET / HTTP/1.1" 200 203 "-" "a\\\\" "203.0.113.9"`, "203.0.113.9"},
		{"an escaped quote at the end of the agent", `"GET / HTTP/1.1" 200 203 "-" "a\\\" \"6.6.6.6" "203.0.113.9"`, "203.0.113.9"},
		{"quotes in X-Forwarded-For", `"GET / HTTP/1.1" 200 203 "-" "agent" "6.6.6.6\", 203.0.113.9"`, `6.6.6.6\", 203.0.113.9`},
		{"other fields behind the agent", `"GET / HTTP/1.1" 200 203 "-" "agent" 0.004 "203.0.113.9"`, ""},
		{"cut off in the agent", `"GET / HTTP/1.1" 200 203 "-" "Mozilla/5.0 (compat`, ""},
		{"cut off in the referrer", `"GET / HTTP/1.1" 200 203 "http://`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			entry, err := parser(t, accesslog.Options{})(head + test.tail)
			require.NoError(t, err)
			require.Equal(t, accesslog.Entry{Remote: "192.0.2.7", Forwarded: test.forwarded, Time: at}, entry)
		})
	}
}

func TestNoRecords(t *testing.T) {
	const whole = `192.0.2.7` + tail
	tests := []struct {
		name, line string
		format     string
	}{
		{"nothing", "", ""},
		{"one word", "hello", ""},
		{"prose", "this is not a log line at all", ""},
		{"an address alone", "192.0.2.7", ""},
		{"no time", `192.0.2.7 - - "GET / HTTP/1.1" 200 203`, ""},
		{"another time", `192.0.2.7 - - [yesterday, at tea time] "GET / HTTP/1.1" 200 203`, ""},
		{"a time of another calendar", `192.0.2.7 - - [17/Mai/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203`, ""},
		{"cut off in the time", `192.0.2.7 - - [17/May/2015:10:0`, ""},
		{"cut off in the request", `192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /`, ""},
		{"cut off behind the request", `192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1"`, ""},
		{"cut off behind the status", `192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 `, ""},
		{"a status that is none", `192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" yes 7`, ""},
		{"a space in front", " " + whole, ""},
		{"a virtual host behind the peer", `192.0.2.7 example.com` + tail, ""},
		{"an address that is the text of something else", `12345` + tail, ""},
		{"no peer", `-` + tail, ""},
		{"an open quote in front", `"192.0.2.7` + tail, ""},
		{"no referrer", `192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203`, "combined"},
		{"a host, a list and a list", `example.com 1.1.1.1, 2.2.2.2 3.3.3.3, 4.4.4.4` + tail, ""},
		{"an object", `{"remote_addr":"192.0.2.7"}`, "combined"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			entry, err := parser(t, accesslog.Options{Format: test.format})(test.line)
			require.Error(t, err)
			require.Zero(t, entry)
		})
	}
}

// The common format ends with the size: what follows has no meaning.
func TestCommonFormatReadsNoForwarded(t *testing.T) {
	const line = `192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203 "-" "-" "203.0.113.9"`
	entry, err := parser(t, accesslog.Options{Format: "common"})(line)
	require.NoError(t, err)
	require.Equal(t, accesslog.Entry{Remote: "192.0.2.7", Time: at}, entry)
	entry, err = parser(t, accesslog.Options{Format: "combined"})(line)
	require.NoError(t, err)
	require.Equal(t, accesslog.Entry{Remote: "192.0.2.7", Forwarded: "203.0.113.9", Time: at}, entry)
}

func TestTimes(t *testing.T) {
	tests := []struct {
		text string
		want int64
	}{
		{"17/May/2015:10:05:03 +0000", at},
		{"17/May/2015:12:05:03 +0200", at},
		{"17/May/2015:04:35:03 -0530", at},
		{"2015-05-17T10:05:03Z", at},
		{"2015-05-17T10:05:03.999Z", at},
		{"2015-05-17T12:05:03+02:00", at},
		{"2015-05-17T12:05:03+0200", at},
		{"2015-05-17T10:05:03", at},
		{"2015-05-17 10:05:03", at},
		{"1431857103", at},
		{"1431857103.25", at},
		{"1431857103250", at},
		{"1431857103250000", at},
		{"1431857103250000000", at},
		{"29/Feb/2016:23:59:59 +0000", 1456790399},
		{"", 0}, {"-", 0}, {"yesterday", 0}, {"0", 0}, {"-5", 0}, {"NaN", 0}, {"Inf", 0}, {"1e300", 0},
	}
	parse := parser(t, accesslog.Options{Format: "regex", Pattern: `^(?P<addr>\S+) (?P<time>.*)$`})
	for _, test := range tests {
		entry, err := parse("192.0.2.7 " + test.text)
		require.NoError(t, err)
		require.Equal(t, test.want, entry.Time, test.text)
	}
}

// What the log's carrier wrote in front of each record is cut off, and a line without
// it is none, even though a record stands there.
func TestLayoutsHoldForEveryLine(t *testing.T) {
	const record = `192.0.2.7` + tail
	parse, err := accesslog.New(accesslog.Options{})
	require.NoError(t, err)
	for _, before := range []string{"2015-05-17T10:05:03.123456789Z ", "2015-05-17T10:05:03Z stdout F ", "<13>May 17 10:05:03 host nginx: ", "May 17 10:05:03 nginx[7]: "} {
		layout := accesslog.LayoutOf(before + record)
		entries, err := parse.Append(nil, layout, before+record)
		require.NoError(t, err, before)
		require.Equal(t, []accesslog.Entry{{Remote: "192.0.2.7", Time: at}}, entries)
		entries, err = parse.Append(nil, layout, record)
		require.Error(t, err, before)
		require.Empty(t, entries)
	}
}
