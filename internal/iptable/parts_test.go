package iptable

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 9))
	edges := []uint32{0, 1, 62, 63, 64, 65, 127, 128, 65_471, 65_472, 65_534, 65_535}
	for round := range 300 {
		var parts Parts
		naive := map[uint32]bool{}
		for range round % 5 {
			first, last := edges[random.IntN(len(edges))], edges[random.IntN(len(edges))]
			if round%2 == 0 {
				first, last = random.Uint32N(1<<rootBits), random.Uint32N(1<<rootBits)
			}
			first, last = min(first, last), max(first, last)
			parts.Add(first, last)
			for part := first; part <= last; part++ {
				naive[part] = true
			}
		}
		next := uint32(0) // the first that no span has spoken of
		for first, last := range parts.Spans() {
			require.True(t, first <= last && (next == 0 || first > next), "spans with nothing between them: up to %d, then %d to %d", next, first, last)
			for ; next < first; next++ {
				require.False(t, naive[next] || parts.Has(next), next)
			}
			for ; next <= last; next++ {
				require.True(t, naive[next] && parts.Has(next), next)
			}
		}
		for ; next < 1<<rootBits; next++ {
			require.False(t, naive[next] || parts.Has(next), next)
		}
	}
	require.False(t, (*Parts)(nil).Has(7))
}

func TestSpansStopWhenToldTo(t *testing.T) {
	var parts Parts
	for _, part := range []uint32{3, 9, 70} {
		parts.Add(part, part)
	}
	for stop := 1; stop <= 3; stop++ {
		count := 0
		for range parts.Spans() {
			if count++; count == stop {
				break
			}
		}
		require.Equal(t, stop, count)
	}
}
