package wire_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

// TestMatches: H9, and RFC 9110 section 13.1.1. Lists may stand on several lines, weak
// tags never match, and a tag is compared as it is.
func TestMatches(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  bool
	}{
		{nil, true},
		{[]string{`"a"`}, true},
		{[]string{"*"}, true},
		{[]string{" * "}, true},
		{[]string{`"b"`}, false},
		{[]string{""}, false},
		{[]string{`a`}, false},
		{[]string{`"A"`}, false},
		{[]string{`W/"a"`}, false},
		{[]string{`"b", "a"`}, true},
		{[]string{`"b","c"`, `"d",	"a" `}, true},
		{[]string{`"b"`, `"c"`}, false},
		{[]string{`"b" "a"`}, false},
		{[]string{`"a*"`}, false},
	} {
		r := &wire.Request{Header: http.Header{"If-Match": test.lines}}
		require.Equal(t, test.want, r.Matches(`"a"`), "%q", test.lines)
	}
	require.True(t, (&wire.Request{Header: http.Header{}}).Matches(`"a"`))
}
