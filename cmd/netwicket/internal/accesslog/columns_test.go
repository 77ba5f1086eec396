package accesslog_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
)

// Columns hold from their line on, behind blank lines as well; no block is empty, a line
// that is too long is told, and who gives up is given no more.
func TestBlocksOfColumns(t *testing.T) {
	require.Equal(t, []accesslog.Entry{{Remote: "10.0.0.2"}}, entries(t, accesslog.Options{}, "#Fields: c-ip\n\n#Fields: s-ip c-ip\n10.0.0.1 10.0.0.2\n"))
	require.Equal(t, []accesslog.Entry{{Remote: "10.0.0.2"}}, entries(t, accesslog.Options{}, "\n\n#Fields: s-ip c-ip\n10.0.0.1 10.0.0.2"))
	tooLong := accesslog.ErrTooLong.Error()
	for text, want := range map[string][]record{
		"#Fields: c-ip\n#Fields: date\n1\n":                     {{3, "1"}},
		"#Fields: c-ip\n1\n#Fields: date\n2":                    {{2, "1"}, {4, "2"}},
		"#Fields: c-ip\n1\n2\n#Fields: date\n":                  {{2, "1"}, {3, "2"}},
		"#Fields: c-ip\n123456789012345\n2\n#Fields: date\n3\n": {{2, tooLong}, {3, "2"}, {5, "3"}},
	} {
		var got []record
		blocks := 0
		handle := func(b accesslog.Block) error {
			blocks++
			if b.Err != nil {
				got = append(got, record{b.Line, b.Err.Error()})
			} else {
				require.NotEmpty(t, b.Text)
			}
			for line, text := range b.Records() {
				got = append(got, record{line, text})
			}
			return nil
		}
		require.NoError(t, accesslog.LinesOfColumns(strings.NewReader(text), 14, 16, handle))
		require.Equal(t, want, got, "%q", text)
		enough := errors.New("enough")
		for until := 1; until <= blocks; until++ {
			handed := 0
			require.ErrorIs(t, accesslog.LinesOfColumns(strings.NewReader(text), 14, 16, func(accesslog.Block) error {
				if handed++; handed == until {
					return enough
				}
				return nil
			}), enough)
			require.Equal(t, until, handed, "%q", text)
		}
	}
}

// A line of text is a record wherever it is shipped; an object in its place is one of
// Splunk's results alone.
func TestWhatIsShipped(t *testing.T) {
	parse := parser(t, accesslog.Options{})
	for _, key := range []string{"log", "message", "@message", "_raw", "textPayload", "result"} {
		entry, err := parse(`{"` + key + `":"192.0.2.7 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 203"}`)
		require.NoError(t, err, key)
		require.Equal(t, accesslog.Entry{Remote: "192.0.2.7", Time: at}, entry, key)
		_, err = parse(`{"` + key + `":{"ip":"203.0.113.9"}}`)
		require.Equal(t, key == "result", err == nil, key)
	}
}
