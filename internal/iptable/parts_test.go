package iptable

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 9))
	edges := []uint32{0, 1, 62, 63, 64, 65, 127, 128, 65_471, 65_472, 65_534, 65_535}
	for round := range 60 {
		var parts Parts
		var naive [1 << rootBits]bool
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
		upTo := func(end uint32, in bool) {
			for ; next < end; next++ {
				if naive[next] != in || parts.Has(next) != in {
					t.Fatalf("a span says of %d that it is in: %t; it was added: %t; the set has it: %t", next, in, naive[next], parts.Has(next))
				}
			}
		}
		for first, last := range parts.Spans() {
			if first > last || next > 0 && first <= next {
				t.Fatalf("spans with nothing between them: up to %d, then %d to %d", next, first, last)
			}
			upTo(first, false)
			upTo(last+1, true)
		}
		upTo(1<<rootBits, false)
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
