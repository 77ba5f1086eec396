package gate_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/gate"
)

// The zone of an IPv6 address is dropped. Nothing that could be taken for the
// end of an element may stand in it, or a second address would hide there from
// one reader and not from another.
func TestZonesHideNothing(t *testing.T) {
	require.Equal(t, "fe80::1", gate.ParseElement("fe80::1%eth0").String())
	single := sourced(t, gate.HeaderNamed("X-Real-IP"))
	for _, zone := range []string{"a,6.6.6.6", "a;b", `a"b`, `a\b`, "a[b", "a]b", "a b", "a\tb", "a\x00", "a\x7f", "ü", ""} {
		for _, text := range []string{"2001:db8::7%" + zone, "[2001:db8::7%" + zone + "]", "[2001:db8::7%" + zone + "]:80"} {
			require.False(t, gate.ParseElement(text).IsValid(), "%q", text)
			_, err := single.Client(trustedPeer, http.Header{"X-Real-Ip": {text}})
			require.Equal(t, gate.ErrMalformed, err, "%q", text)
			_, err = single.Client(text, nil)
			require.Equal(t, gate.ErrBadPeer, err, "%q", text)
		}
	}
}
