package geo

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// wide moves a small number to both halves of an address, so that tests of 256
// addresses meet carries between the halves.
func wide(n int) addrnum.Number { return addrnum.Number{Hi: uint64(n) >> 4, Lo: uint64(n) << 60} }

func randomSpans(random *rand.Rand) spans6 {
	s := uniform6(random.Uint32N(3))
	for at := 1; at < 256; at += 1 + random.IntN(60) {
		s.add(wide(at), random.Uint32N(3))
	}
	return s
}

// well fails unless spans begin at zero, ascend, and have no equal neighbours.
func well(t *testing.T, s *spans6) {
	t.Helper()
	require.Equal(t, len(s.first), len(s.id))
	require.Equal(t, addrnum.Number{}, s.first[0])
	for i := 1; i < len(s.first); i++ {
		require.True(t, s.first[i-1].Less(s.first[i]))
		require.NotEqual(t, s.id[i-1], s.id[i])
	}
}

// Merging and patching, against looking at every address one by one.
func TestSpansAgainstEveryAddress(t *testing.T) {
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 0))
		a, b, c := randomSpans(random), randomSpans(random), randomSpans(random)
		well(t, &a)
		var all spans6
		before := []uint32{9, 9, 9}
		sweep(addrnum.Number.Less, []*spansIn[addrnum.Number]{&a.spansIn, &b.spansIn, &c.spansIn}, func(first addrnum.Number, changed int, ids []uint32) {
			require.Equal(t, before[:changed], ids[:changed], "seed %d, address %v", seed, first)
			require.NotEqual(t, before[changed], ids[changed], "seed %d, address %v", seed, first)
			copy(before, ids)
			all.add(first, ids[0]+3*ids[1]+9*ids[2])
		})
		well(t, &all)
		third := all.clone()
		third.renumber(func(id uint32) uint32 { return id / 9 })
		require.Equal(t, c.spansIn, third, "seed %d", seed)
		first, last := wide(random.IntN(128)), wide(128+random.IntN(129)).Prev()
		if random.IntN(8) == 0 {
			last = addrnum.IPv6.Last()
		}
		patched, by := spans6{a.clone()}, random.Uint32N(4) // 3: what no neighbour has
		patched.patch(first, last, by)
		well(t, &patched)
		for n := range 256 {
			for _, at := range []addrnum.Number{wide(n), wide(n).Next(), wide(n + 1).Prev()} {
				if n == 255 {
					at = wide(n)
				}
				x := a.id[a.at(at)]
				require.Equal(t, x+3*b.id[b.at(at)]+9*c.id[c.at(at)], all.id[all.at(at)], "seed %d, address %v", seed, at)
				want := x
				if !at.Less(first) && !last.Less(at) {
					want = by
				}
				require.Equal(t, want, patched.id[patched.at(at)], "seed %d, address %v", seed, at)
				id, one := a.within(wide(n), addrnum.IPv6.Last())
				require.Equal(t, a.id[a.at(wide(n))], id)
				require.Equal(t, a.at(wide(n)) == len(a.first)-1, one)
			}
		}
	}
}

// The blocks of RFC 3056 (6to4) and RFC 4380 (Teredo), and ::/96.
func TestAliasBlocks(t *testing.T) {
	for _, test := range []struct {
		name  string
		block alias
		v6    addrnum.Number
		v4    uint32
		last  addrnum.Number
	}{
		{"6to4", alias{addrnum.Number{Hi: 0x2002 << 48}, 16}, addrnum.Number{Hi: 0x2002_0102_0304_ffff, Lo: 5}, 0x01020304, addrnum.Number{Hi: 0x2002_ffff_ffff_ffff, Lo: addrnum.IPv6.Last().Lo}},
		{"Teredo", alias{addrnum.Number{Hi: 0x2001_0000 << 32}, 32}, addrnum.Number{Hi: 0x2001_0000_0102_0304, Lo: 5}, 0x01020304, addrnum.Number{Hi: 0x2001_0000_ffff_ffff, Lo: addrnum.IPv6.Last().Lo}},
		{"compatible", alias{addrnum.Number{}, 96}, addrnum.Number{Lo: 0x01020304}, 0x01020304, addrnum.IPv4.Last()},
		{"mapped", mapped, addrnum.Number{Lo: 0xffff_0102_0304}, 0x01020304, addrnum.Number{Lo: 0xffff_ffff_ffff}},
		{"halves", alias{addrnum.Number{Hi: 0xffff_ffff_ffff_0000}, 48}, addrnum.Number{Hi: 0xffff_ffff_ffff_0102, Lo: 0x0304 << 48}, 0x01020304, addrnum.IPv6.Last()},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.v4, test.block.embedded(test.v6))
			require.Equal(t, test.last, test.block.last())
			first := test.block.address(test.v4)
			require.Equal(t, test.v4, test.block.embedded(first))
			require.False(t, test.v6.Less(first))
			require.Equal(t, test.block.first, test.block.address(0))
			require.True(t, test.block.overlaps(test.block))
		})
	}
	require.False(t, alias{addrnum.Number{}, 96}.overlaps(mapped))
	require.True(t, alias{addrnum.Number{}, 64}.overlaps(mapped))
	require.True(t, mapped.overlaps(alias{addrnum.Number{}, 64}))
}
