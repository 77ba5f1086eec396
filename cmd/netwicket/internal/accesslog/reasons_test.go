package accesslog_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
)

// A line that is no record is told by the first part that is missing.
func TestWhyNoRecord(t *testing.T) {
	const head = `192.0.2.7 - - [17/May/2015:10:05:03 +0000] `
	for line, want := range map[string]string{
		`192.0.2.7`:                                           "expected an address at the start of the line, then the identity and the user",
		`192.0.2.7 - - "GET / HTTP/1.1" 200 203`:              "expected a time such as [17/May/2015:10:05:03 +0000] behind the user, and then the request in quotes",
		head + `GET / HTTP/1.1 200 203`:                       "expected a time such as [17/May/2015:10:05:03 +0000] behind the user, and then the request in quotes",
		head + `"GET / HTTP/1.1`:                              "expected the request in quotes behind the time, and then its status",
		head + `"GET / HTTP/1.1" yes 203`:                     "expected the request in quotes behind the time, and then its status",
		head + `"GET / HTTP/1.1" 200 `:                        "expected the size of the answer behind the status",
		head + `"GET / HTTP/1.1" 200  203`:                    "expected the size of the answer behind the status",
		head + `"GET / HTTP/1.1" 200 203`:                     "expected the referrer in quotes behind the size",
		head + `"GET / HTTP/1.1" 200 203 - "agent" "9.9.9.9"`: "expected the referrer in quotes behind the size",
	} {
		_, err := parser(t, accesslog.Options{Format: "combined"})(line)
		require.EqualError(t, err, want, line)
	}
}

// The time is one in brackets, whatever else looks like one in front of it.
func TestTimeInBrackets(t *testing.T) {
	for _, user := range []string{`x2016-05-17T10:05:03Z] "a" 200 1`, `- 2016-05-17T10:05:03Z] "`, `[x] 2016-05-17T10:05:03Z] "a`, `x[2016-05-17T10:05:03Z] "a"`} {
		entry, err := parser(t, accesslog.Options{Format: "common"})(`192.0.2.7 - ` + user + ` [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 203`)
		require.NoError(t, err, user)
		require.Equal(t, accesslog.Entry{Remote: "192.0.2.7", Time: at}, entry, user)
	}
}

// Of many lines in one block those that are too long are told, and the others read, each
// with its number.
func TestLongLinesInOneBlock(t *testing.T) {
	for _, text := range []string{
		"aaa\nb\n", "b\naaa\nc\n", "aaa\naaaa\nb", "aaa\r\nb\r\n", "\n\naaa\n\nb\n", "b\naaa", "aaa\nbb\nccc\ndd\neeee\nff\n", "aaa\n\n\nb\nccc\nd",
	} {
		for _, blockSize := range []int{8, 16, 64} {
			got, err := recordsOfLines(text, 2, blockSize)
			require.NoError(t, err)
			require.True(t, slices.Equal(naiveRecords(text, 2), got), "%q in blocks of %d: %v", text, blockSize, got)
		}
	}
}
