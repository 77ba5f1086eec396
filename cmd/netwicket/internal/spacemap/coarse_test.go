package spacemap_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
)

// Merged runs say of each network what it holds: the one thing, or that there are
// several, and nothing of several where there is one.
func TestCoarse(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		runs := []spacemap.Run{{First: 0, What: random.IntN(4)}}
		for count := random.IntN(200); len(runs) < count; {
			// Some begin networks, so that both kinds of neighbours come up.
			first := random.Uint32() >> random.IntN(12) &^ (1<<random.IntN(20) - 1)
			if !slices.ContainsFunc(runs, func(r spacemap.Run) bool { return r.First == first }) {
				runs = append(runs, spacemap.Run{First: first, What: random.IntN(4)})
			}
		}
		slices.SortFunc(runs, func(a, b spacemap.Run) int { return int(int64(a.First) - int64(b.First)) })
		runs = slices.CompactFunc(runs, func(a, b spacemap.Run) bool { return a.What == b.What })
		most := 1 + random.IntN(len(runs)+10)
		several := func(whats []int) int {
			set := 0
			for _, what := range whats {
				set |= 1 << what
			}
			return 100 + set
		}
		merged, bits := spacemap.Coarse(runs, most, several)
		if len(runs) <= most {
			require.Zero(t, bits)
			require.Equal(t, runs, merged)
			continue
		}
		if bits > 2 {
			require.LessOrEqual(t, len(merged), most)
		}
		whatAt := func(list []spacemap.Run, address uint32) int {
			what := -1
			for _, r := range list {
				if r.First <= address {
					what = r.What
				}
			}
			return what
		}
		below := uint(32 - bits)
		for _, r := range slices.Concat(runs, merged) {
			for _, address := range []uint32{r.First, r.First - 1, r.First + 1<<below, r.First + random.Uint32()>>8} {
				first := address >> below << below
				held := []int{whatAt(runs, first)}
				for _, inside := range runs {
					if inside.First>>below == first>>below {
						held = append(held, inside.What)
					}
				}
				want := held[0]
				if slices.Sort(held); held[0] != held[len(held)-1] {
					want = several(held)
				}
				require.Equal(t, want, whatAt(merged, address), "%v %v at %#x, /%d", runs, merged, address, bits)
			}
		}
	}
}
