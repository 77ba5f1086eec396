package spacemap_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
	"github.com/netwicket/netwicket/internal/addrnum"
)

// Merged runs say of each network what it holds: the one thing, or that there are
// several, and nothing of several where there is one. The networks are the smallest of
// which there are not too many.
func TestCoarse(t *testing.T) {
	for family, width := range map[addrnum.Family]int{addrnum.IPv4: 32, addrnum.IPv6: 64} {
		random := rand.New(rand.NewPCG(1, 2))
		for range 80 {
			requireCoarse(t, family, width, randomRuns(random, width), random)
		}
	}
}

// randomRuns begin with the first address. Some crowd in a few networks, some are alone in
// theirs and begin it, and some are anywhere.
func randomRuns(random *rand.Rand, width int) []spacemap.Run {
	runs := []spacemap.Run{{First: 0, What: random.IntN(4)}}
	anywhere := func() uint64 { return random.Uint64() >> (64 - width) }
	network := ^uint64(0) << (width * (4 + random.IntN(9)) / 16)
	crowd := anywhere() & network
	if random.IntN(4) == 0 {
		crowd = ^uint64(0) >> (64 - width) & network // the last one there is
	}
	for range random.IntN(100) {
		first := []uint64{anywhere(), anywhere() & network, crowd | anywhere()&^network>>random.IntN(4)}[random.IntN(3)]
		runs = append(runs, spacemap.Run{First: first, What: random.IntN(4)})
	}
	slices.SortStableFunc(runs, func(a, b spacemap.Run) int { return cmp.Compare(a.First, b.First) })
	runs = slices.CompactFunc(runs, func(a, b spacemap.Run) bool { return a.First == b.First })
	return slices.CompactFunc(runs, func(a, b spacemap.Run) bool { return a.What == b.What })
}

func several(whats []int) int {
	set := 0
	for _, what := range whats {
		set |= 1 << what
	}
	return 100 + set
}

func requireCoarse(t *testing.T, family addrnum.Family, width int, runs []spacemap.Run, random *rand.Rand) {
	t.Helper()
	most := 1 + random.IntN(len(runs)+10)
	merged, bits := spacemap.Coarse(family, runs, most, several)
	if len(runs) <= most {
		require.Zero(t, bits)
		require.Equal(t, runs, merged)
		return
	}
	step := map[addrnum.Family]int{addrnum.IPv4: 2, addrnum.IPv6: 8}[family]
	require.Zero(t, bits%step)
	require.GreaterOrEqual(t, bits, step)
	if bits > step {
		require.LessOrEqual(t, len(merged), most)
	}
	below := max(width-bits, 0)
	requireHeld(t, runs, merged, width, below, random)
	// Smaller networks would be too many: each that holds several, and what is between them.
	if finer := below - step; finer >= 0 && bits+step < map[addrnum.Family]int{addrnum.IPv4: 32, addrnum.IPv6: 128}[family] {
		require.Greater(t, runsAndNetworks(runs, finer), most, "/%d would do", bits+step)
	}
}

// runsAndNetworks is how many runs there are at most where networks are the smallest: the
// networks that a run begins in, and the rest behind each in which one begins that does
// not begin the network, or several do.
func runsAndNetworks(runs []spacemap.Run, below int) int {
	begin := make(map[uint64][]uint64)
	for _, r := range runs {
		begin[r.First>>below] = append(begin[r.First>>below], r.First)
	}
	n := 0
	for network, firsts := range begin {
		n++
		if len(firsts) > 1 || firsts[0] != network<<below {
			n++
		}
	}
	return n
}

func requireHeld(t *testing.T, runs, merged []spacemap.Run, width, below int, random *rand.Rand) {
	t.Helper()
	whatAt := func(list []spacemap.Run, address uint64) int {
		what := -1
		for _, r := range list {
			if r.First <= address {
				what = r.What
			}
		}
		return what
	}
	whole := uint64(1)<<(width-1)<<1 - 1
	for _, r := range slices.Concat(runs, merged) {
		for _, address := range []uint64{r.First, r.First - min(r.First, 1), r.First + 1<<below, r.First + random.Uint64()>>random.IntN(64)} {
			address &= whole
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
			require.Equal(t, want, whatAt(merged, address), "%v %v at %#x, %d bits below", runs, merged, address, below)
		}
	}
	require.LessOrEqual(t, merged[len(merged)-1].First, whole)
	for i := 1; i < len(merged); i++ {
		require.True(t, merged[i-1].First < merged[i].First && merged[i-1].What != merged[i].What, merged)
	}
}
