package geo

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// wide moves a small number to both halves of an address, so that tests of 256
// addresses meet carries between the halves.
func wide(n int) address { return address{Hi: uint64(n) >> 4, Lo: uint64(n) << 60} }

func randomSpans(random *rand.Rand) spans {
	s := uniform(random.Uint32N(3))
	for at := 1; at < 256; at += 1 + random.IntN(60) {
		s.add(wide(at), random.Uint32N(3))
	}
	return s
}

// well fails unless spans begin at zero, ascend, and have no equal neighbours.
func well(t *testing.T, s *spans) {
	t.Helper()
	require.Equal(t, len(s.first), len(s.id))
	require.Equal(t, address{}, s.first[0])
	for i := 1; i < len(s.first); i++ {
		require.True(t, before(s.first[i-1], s.first[i]))
		require.NotEqual(t, s.id[i-1], s.id[i])
	}
}

// Merging and overlaying, against looking at every address one by one.
func TestSpansAgainstEveryAddress(t *testing.T) {
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 0))
		a, b := randomSpans(random), randomSpans(random)
		well(t, &a)
		merged := merge(&a, &b, func(x, y uint32) uint32 { return min(x+y, 3) })
		well(t, &merged)
		first, last := wide(random.IntN(128)), previous(wide(128+random.IntN(129)))
		if random.IntN(8) == 0 {
			last = last6
		}
		overlaid := a.overlay(first, last, 9)
		well(t, &overlaid)
		for n := range 256 {
			for _, at := range []address{wide(n), next(wide(n)), previous(wide(n + 1))} {
				if n == 255 {
					at = wide(n)
				}
				x, y := a.id[a.at(at)], b.id[b.at(at)]
				require.Equal(t, min(x+y, 3), merged.id[merged.at(at)], "seed %d, address %v", seed, at)
				want := x
				if !before(at, first) && !before(last, at) {
					want = 9
				}
				require.Equal(t, want, overlaid.id[overlaid.at(at)], "seed %d, address %v", seed, at)
				id, one := a.within(wide(n), last6)
				require.Equal(t, a.id[a.at(wide(n))], id)
				require.Equal(t, a.at(wide(n)) == len(a.first)-1, one)
			}
		}
	}
}

func TestAddressArithmetic(t *testing.T) {
	carry := address{Hi: 1, Lo: 0}
	require.Equal(t, carry, next(address{Lo: last6.Lo}))
	require.Equal(t, address{Lo: last6.Lo}, previous(carry))
	require.Equal(t, address{}, next(last6))
	require.Equal(t, last6, previous(address{}))
	one := address{Lo: 1}
	for n := range uint(128) {
		require.Equal(t, one, shiftRight(shiftLeft(one, n), n), n)
	}
	require.Equal(t, address{Hi: 0x12, Lo: 0x3400000000000000}, shiftLeft(address{Lo: 0x1234}, 56))
	require.Equal(t, address{Lo: 0x1234}, shiftRight(address{Hi: 0x12, Lo: 0x3400000000000000}, 56))
	require.Equal(t, address{Lo: 0x1234}, shiftRight(address{Hi: 0x1234}, 64))
}

// The blocks of RFC 3056 (6to4) and RFC 4380 (Teredo), and ::/96.
func TestAliasBlocks(t *testing.T) {
	for _, test := range []struct {
		name  string
		block alias
		v6    address
		v4    uint32
		last  address
	}{
		{"6to4", alias{address{Hi: 0x2002 << 48}, 16}, address{Hi: 0x2002_0102_0304_ffff, Lo: 5}, 0x01020304, address{Hi: 0x2002_ffff_ffff_ffff, Lo: last6.Lo}},
		{"Teredo", alias{address{Hi: 0x2001_0000 << 32}, 32}, address{Hi: 0x2001_0000_0102_0304, Lo: 5}, 0x01020304, address{Hi: 0x2001_0000_ffff_ffff, Lo: last6.Lo}},
		{"compatible", alias{address{}, 96}, address{Lo: 0x01020304}, 0x01020304, last4},
		{"mapped", mapped, address{Lo: 0xffff_0102_0304}, 0x01020304, address{Lo: 0xffff_ffff_ffff}},
		{"halves", alias{address{Hi: 0xffff_ffff_ffff_0000}, 48}, address{Hi: 0xffff_ffff_ffff_0102, Lo: 0x0304 << 48}, 0x01020304, last6},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.v4, test.block.embedded(test.v6))
			require.Equal(t, test.last, test.block.last())
			first := test.block.address(test.v4)
			require.Equal(t, test.v4, test.block.embedded(first))
			require.False(t, before(test.v6, first))
			require.Equal(t, test.block.first, test.block.address(0))
			require.True(t, test.block.overlaps(test.block))
		})
	}
	require.False(t, alias{address{}, 96}.overlaps(mapped))
	require.True(t, alias{address{}, 64}.overlaps(mapped))
	require.True(t, mapped.overlaps(alias{address{}, 64}))
}
