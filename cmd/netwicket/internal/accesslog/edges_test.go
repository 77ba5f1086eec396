package accesslog_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
)

// A log's first line has a layout only where somebody's prefix stands in front of a record.
func TestLayoutsOfFirstLines(t *testing.T) {
	const plain, at = `192.0.2.7` + tail, "2015-05-17T10:05:03Z"
	none, stamps, syslog := accesslog.Layout{}, accesslog.LayoutOf(at+" "+plain), accesslog.LayoutOf("May 17 10:05:03 a: "+plain)
	for line, want := range map[string]accesslog.Layout{
		at: none, "2015-05-17T5:05:03Z " + plain: none, at + " stdout F": stamps, "May 17 10:05:03 nginx:": none, "May 17 10:05:03": none, at + " nginx: " + plain: syslog,
		`2015-05-17T10:05:03.943958Z my-lb 203.0.113.9:2817 10.0.0.1:80 0.000073 "GET http://a:80/ HTTP/1.1"`: none, "<190": none, "<190>May 17 10:05:03": none,
	} {
		require.Equal(t, want, accesslog.LayoutOf(line), line)
	}
}

// A line without what the log's first one had in front is no record, whatever it looks
// like by itself.
func TestLinesWithoutTheirCarrier(t *testing.T) {
	const plain, at = `192.0.2.7` + tail, "2015-05-17T10:05:03Z "
	const noHeader, noPrefix = "expected the syslog header that the log began with", "expected the container runtime's prefix that the log began with: a time, stdout or stderr, and F"
	parse, err := accesslog.New(accesslog.Options{})
	require.NoError(t, err)
	for first, lines := range map[string]map[string]string{
		"May 17 10:05:03 a: ": {
			"<x>" + plain: noHeader, "May 17 10:05:03 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 203": noHeader, "May 17 10:05:03 x": noHeader,
			"1 x host a - - - " + plain: noHeader, "1 - host a - - [x": noHeader, "1 - host": noHeader,
		},
		at + "stdout F ": {`2015-05-17T10:05:03.943958Z stdout 203.0.113.9:2817 10.0.0.1:80 0.000073 "GET / HTTP/1.1"`: noPrefix, at + "stdout X " + plain: noPrefix, plain: noPrefix,
			at + "stdout P " + plain: "a part of a line that the container runtime has cut (tag P)"},
		at: {plain: "expected the time that the log began with in front of a record"},
	} {
		layout := accesslog.LayoutOf(first + plain)
		read, err := parse.Append(nil, layout, first+plain)
		require.NoError(t, err)
		require.Len(t, read, 1)
		for line, want := range lines {
			read, err := parse.Append(nil, layout, line)
			require.EqualError(t, err, want, line)
			require.Empty(t, read)
		}
	}
	// Structured data may begin with what is in quotes.
	read, err := parse.Append(nil, accesslog.LayoutOf("May 17 10:05:03 a: "+plain), `1 - host a - - "a] b"] `+plain)
	require.NoError(t, err)
	require.Equal(t, []accesslog.Entry{{Remote: "192.0.2.7", Time: 1431857103}}, read)
}

// What Splunk keeps beside an event is not the event.
func TestEventsInSplunk(t *testing.T) {
	const one = `{"published":"2015-05-17T10:05:03.000Z","request":{"ipChain":[{"ip":"203.0.113.9"},{"ip":"10.0.0.1"}]}}`
	first := accesslog.Entry{Remote: "10.0.0.1", Forwarded: "203.0.113.9", Resolved: true, Time: at}
	alone := accesslog.Entry{Remote: "198.51.100.7", Resolved: true}
	for line, want := range map[string]accesslog.Entry{
		`{"_raw":` + strconv.Quote(one) + `,"clientip":"6.6.6.6"}`:                                                                   first,
		`{"result":{"_raw":` + strconv.Quote(one) + `},"clientip":"6.6.6.6"}`:                                                        first,
		`{"result":{"request":{"ipChain":[{"ip":"198.51.100.7"}]},"request.ipChain{}.ip":["6.6.6.6"],"client.ipAddress":"6.6.6.6"}}`: alone,
		`{"result":{"request":{"ipChain":[]},"client":{"ipAddress":"198.51.100.7"},"client.ipAddress":"6.6.6.6"}}`:                   alone,
		`{"result":{"request":{"ipChain":[]},"client.ipAddress":"198.51.100.7"}}`:                                                    alone,
	} {
		for _, format := range []string{"", "okta"} {
			entry, err := parser(t, accesslog.Options{Format: format})(line)
			require.NoError(t, err, line)
			require.Equal(t, want, entry, line)
		}
	}
	for _, line := range []string{
		`{"request":{"ipChain":"x"},"client":{"ipAddress":"6.6.6.6"}}`, `{"result":{"request.ipChain{}.ip":7,"client.ipAddress":"6.6.6.6"}}`,
		`{"result":{"_raw":"{\"client\":{\"ipAddress\":\"6.6.6.6\"},\"request\":{\"ipChain\":7}}"}}`, `{"data":{"events":[` + one + `,{"request":{"ipChain":[]}}]}}`,
	} {
		parse, err := accesslog.New(accesslog.Options{Format: "okta"})
		require.NoError(t, err)
		read, err := parse.Append(nil, accesslog.Layout{}, line)
		require.Error(t, err, line)
		require.Empty(t, read, line)
	}
}

// A line of a program is looked for in as many objects as ship one, and an object that
// holds none says what it lacks.
func TestObjectsAroundLines(t *testing.T) {
	wrapped := func(line string, times int) string {
		for range times {
			line = `{"log":` + strconv.Quote(line) + `}`
		}
		return line
	}
	parse := parser(t, accesslog.Options{})
	for times := range 3 {
		entry, err := parse(wrapped(`192.0.2.7`+tail, times))
		require.NoError(t, err)
		require.Equal(t, accesslog.Entry{Remote: "192.0.2.7", Time: at}, entry)
	}
	for line, want := range map[string]string{
		wrapped(`192.0.2.7`+tail, 3): "too many objects stand around the record", `{"remote_addr":`: "expected a JSON object: unexpected end of JSON input", `{"time":1}`: "the record has no address in realip_remote_addr, ",
		"!{\"ip\":\"203.0.113.9\"}": "expected an address at the start of the line",
	} {
		_, err := parse(line)
		require.ErrorContains(t, err, want, line)
	}
	for _, line := range []string{`{"ip":"203.0.113.9"}`, ` {"ip":"203.0.113.9"}`, "\t{\"ip\":\"203.0.113.9\"}", "\t {\"result\":{\"clientip\":\"203.0.113.9\"}}"} {
		entry, err := parse(line)
		require.NoError(t, err, line)
		require.Equal(t, accesslog.Entry{Remote: "203.0.113.9", Resolved: true}, entry)
	}
}

// The times that are named take the place of those that are looked for, one after the other.
func TestNamedTimes(t *testing.T) {
	for line, want := range map[string]int64{`{"p":"192.0.2.7","b":2}`: 2, `{"p":"192.0.2.7","a":1,"b":2}`: 1, `{"p":"192.0.2.7","time":3}`: 0} {
		entry, err := parser(t, accesslog.Options{Fields: []string{"peer=p", "time=a", "time=b"}})(line)
		require.NoError(t, err)
		require.Equal(t, accesslog.Entry{Remote: "192.0.2.7", Time: want}, entry, line)
	}
	for _, field := range []string{"peer=", "peer", "="} {
		_, err := accesslog.New(accesslog.Options{Fields: []string{"peer=p", field}})
		require.ErrorContains(t, err, "expected NAME=PATH", field)
	}
}

// Lines that lack one thing of a server's are none of its.
func TestHalfLinesOfServers(t *testing.T) {
	parse, err := accesslog.New(accesslog.Options{})
	require.NoError(t, err)
	for _, line := range []string{
		`203.0.113.9:33317 x17/May/2015:10:05:03.655] http-in static/srv1 10/0/30/69/109 200 2750 "GET /"`, `203.0.113.9:33317 [17/May/2015:10:05:03.655] http-in static/srv1 10/0/30/69/109 200 "`,
		`203.0.113.9:33317`, `203.0.113.9:33317 [17/May/2015:10:05:03.655 http-in static/srv1 10/0/30/69/109 200 2750 "GET /"`, `[2015-05-17T10:05:03.310Z]`,
		`2015-05-17T10:05:03Z "x 203.0.113.9:2817 10.0.0.1:80`, `http 2015-05-17T10:05:03Z "x 203.0.113.9:2817 10.0.0.1:80`, `2015-05-17T10:05:03Z "x 203.0.113.9:2817`,
	} {
		read, err := parse.Append(nil, accesslog.Layout{}, line)
		require.Error(t, err, line)
		require.Empty(t, read, line)
	}
}

// Each character of a time in the common log format counts.
func TestCharactersOfTimes(t *testing.T) {
	const right = "17/May/2015:10:05:03 +0000"
	seconds := func(text string) int64 {
		entry, err := parser(t, accesslog.Options{Pattern: `^(?P<addr>\S+) (?P<time>.*)$`})("192.0.2.7 " + text)
		require.NoError(t, err)
		return entry.Time
	}
	require.EqualValues(t, at, seconds(right))
	for i := range right {
		for _, other := range "x;!" {
			require.Zero(t, seconds(right[:i]+string(other)+right[i+1:]), "%c in place %d", other, i)
		}
	}
	for text, want := range map[string]int64{
		"00/Jan/0000:00:00:00 +0000": time.Date(0, 1, 0, 0, 0, 0, 0, time.UTC).Unix(), "100000000000": 100000000000, "100000000000000000000": 100000000000, "1e20": 100000000000, "1.1e20": 0, "1e999": 0, "-0": 0,
	} {
		require.Equal(t, want, seconds(text), text)
	}
}

// A log of columns says what is missing, and a column of one is one.
func TestColumns(t *testing.T) {
	require.Equal(t, []accesslog.Entry{{Remote: "10.0.0.1"}}, entries(t, accesslog.Options{}, "#Fields: c-ip\n10.0.0.1\n"))
	require.Equal(t, []accesslog.Entry{{Remote: "10.0.0.1", Forwarded: "%zz"}}, entries(t, accesslog.Options{}, "#Fields: c-ip x-forwarded-for\n10.0.0.1 %zz\n"), "what is not escaped stays what it is")
	parse, err := accesslog.New(accesslog.Options{})
	require.NoError(t, err)
	for log, want := range map[string]string{
		"#Version: 1.0\n10.0.0.1": "no #Fields line before it says what is where", "#Fields: s-ip\n10.0.0.1": "the #Fields line before it names no c-ip",
		"#Fields: c-ip s-ip\n10.0.0.1": "it has another number of fields than the #Fields line before it names",
	} {
		var errs []string
		require.NoError(t, accesslog.Blocks(strings.NewReader(log), func(b accesslog.Block) error {
			for _, line := range b.Records() {
				_, err := parse.Append(nil, b.Layout, line)
				errs = append(errs, fmt.Sprint(err))
			}
			return nil
		}))
		require.Equal(t, []string{want}, errs, log)
	}
}
