package accesslog_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/accesslog"
)

// A backslash where no string is belongs to no escape: the object ends where its braces do.
func TestBackslashOutsideOfStrings(t *testing.T) {
	got, _, err := recordsOfObjects("{\\}{\"a\":1}\n{\\\"b\":\"}\"}", 100, 100)
	require.NoError(t, err)
	require.Equal(t, []record{{1, `{\}`}, {1, `{"a":1}`}, {2, `{\"b":"}"}`}}, got)
}

// Structured data that begins with quotation marks ends behind them, whatever is in them.
func TestStructuredDataInQuotes(t *testing.T) {
	parse, err := accesslog.New(accesslog.Options{})
	require.NoError(t, err)
	layout := accesslog.LayoutOf("May 17 10:05:03 a: 192.0.2.7" + tail)
	read, err := parse.Append(nil, layout, `1 - host a - - "a] 6.6.6.6 - - b"] 192.0.2.7`+tail)
	require.NoError(t, err)
	require.Equal(t, []accesslog.Entry{{Remote: "192.0.2.7", Time: at}}, read)
}
