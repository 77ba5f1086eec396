package geo

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Numbers are those that a map gives, from few things to many, however often they come.
func TestNumbering(t *testing.T) {
	var n numbering[[2]uint32]
	want := map[[2]uint32]uint32{}
	random := rand.New(rand.NewPCG(1, 11))
	for range 20000 {
		x := [2]uint32{random.Uint32N(100), random.Uint32N(60)}
		expected, met := want[x]
		if !met {
			expected = uint32(len(want))
			want[x] = expected
		}
		number, known := n.number(x)
		require.Equal(t, met, known)
		require.Equal(t, expected, number)
		require.Equal(t, x, n.items[number])
	}
	require.Len(t, n.items, len(want))
}
