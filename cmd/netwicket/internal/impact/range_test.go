package impact_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/impact"
)

// A range is written as the least that says it.
func TestRangeText(t *testing.T) {
	for from, want := range map[string]string{
		"192.0.2.7-192.0.2.7": "192.0.2.7", "2001:db8::1-2001:db8::1": "2001:db8::1", "192.0.2.0-192.0.2.255": "192.0.2.0/24", "192.0.2.6-192.0.2.7": "192.0.2.6/31", "0.0.0.0-255.255.255.255": "0.0.0.0/0",
		"192.0.2.7-192.0.2.8": "192.0.2.7-192.0.2.8", "2001:db8::-2001:db8::ffff": "2001:db8::/112", "2001:db8::1-2001:db8::ffff": "2001:db8::1-2001:db8::ffff",
	} {
		require.Equal(t, want, impact.RangeText(netipx.MustParseIPRange(from)))
	}
}

// A size is what its ranges hold, one after the other.
func TestSizeOfRanges(t *testing.T) {
	var size impact.Size
	require.True(t, size.IsZero())
	for _, text := range []string{"192.0.2.0-192.0.2.255", "198.51.100.7-198.51.100.7", "2001:db8::-2001:db8::ffff", "2001:db8:0:1::-2001:db8:0:2::1"} {
		size.Add(netipx.MustParseIPRange(text))
	}
	require.EqualValues(t, 257, size.IPv4)
	require.EqualValues(t, 3, size.Networks6().Uint64())
	require.False(t, size.IsZero())
}
