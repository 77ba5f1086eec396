package decide

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// Unions of sets of every width, drawn from a few chunks so that they meet and
// repeat, hold what the words hold that are joined one by one.
func TestUnionsHoldWhatTheirSetsHold(t *testing.T) {
	for _, width := range []int{1, 7, 8, 9, 40} {
		random := rand.New(rand.NewPCG(uint64(width), 1))
		in := newSetInterner(width)
		union := newSetUnion(in)
		var known [][]uint64
		var ids []uint32
		for range 30 {
			words := make([]uint64, width)
			for w := range words {
				if random.IntN(3) == 0 {
					words[w] = 1 << random.IntN(5)
				}
			}
			known, ids = append(known, words), append(ids, in.id(words))
		}
		for range 500 {
			want := make([]uint64, width)
			union.clear()
			for range random.IntN(5) {
				i := random.IntN(len(ids))
				union.add(ids[i])
				orInto(want, known[i])
			}
			id := union.id()
			require.Equal(t, in.id(want), id)
			got := make([]uint64, width)
			for w := range got {
				got[w] = in.word(id, w)
			}
			require.True(t, slices.Equal(want, got), "%x, not %x", got, want)
		}
	}
}
