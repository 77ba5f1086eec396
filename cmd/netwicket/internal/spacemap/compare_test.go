package spacemap_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
)

// A map that compares can be asked for all that one of the policy alone can, and for what
// changes, which no other one has.
func TestWaysOfAMapThatCompares(t *testing.T) {
	p, config, source := policyAndSource(t, 3)
	alone := spacemap.Subject{Policy: p, Config: config}
	with := alone
	with.Compare, with.Old, with.OldConfig = true, p, config
	one, two := tilesOf(t, alone, source), tilesOf(t, with, source)
	for _, by := range spacemap.Ways() {
		want, err := one.At(spacemap.IPv4, by, spacemap.Place{})
		require.NoError(t, err)
		got, err := two.At(spacemap.IPv4, by, spacemap.Place{})
		require.NoError(t, err)
		require.Equal(t, want, got, by)
	}
	_, err := two.At(spacemap.IPv4, spacemap.ByChange, spacemap.Place{})
	require.NoError(t, err)
	_, err = one.At(spacemap.IPv4, spacemap.ByChange, spacemap.Place{})
	require.EqualError(t, err, `by="change": expected one of [decision reason zone country source]`)
}
