package wire_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/admin/wire"
)

func TestParseQuery(t *testing.T) {
	for raw, want := range map[string]url.Values{
		"":                               {},
		"&&":                             {},
		"filter=id+eq+%22a%22&limit=2":   {"filter": {`id eq "a"`}, "limit": {"2"}},
		"limit=2&limit=3&after":          {"limit": {"2", "3"}, "after": {""}},
		"filter=%zz&limit=%2":            {"filter": {"%zz"}, "limit": {"%2"}},
		"filter=id%20eq%20%22a;b%22;x=1": {"filter": {`id eq "a;b";x=1`}},
		"%6cimit=1&%zz=1&a=b=c":          {"limit": {"1"}, "%zz": {"1"}, "a": {"b=c"}},
	} {
		require.Equal(t, want, wire.ParseQuery(raw), raw)
	}
}

// FuzzParseQuery: where package url drops nothing, it reads the same.
func FuzzParseQuery(f *testing.F) {
	f.Add("a=b&c=%20+&=x&a=%zz;d") // all that can be wrong with one
	f.Fuzz(func(t *testing.T, raw string) {
		if want, err := url.ParseQuery(raw); err == nil {
			require.Equal(t, want, wire.ParseQuery(raw))
		}
	})
}
