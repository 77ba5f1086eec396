package iptable

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Equal lists are kept once and others apart, whatever their hashes: also where all have
// the same one, or one differs in the bits alone that choose its slot.
func TestPool(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 7))
	for name, hash := range map[string]func(list []uint32) uint64{
		"a good one": hashValues, "one for all": func([]uint32) uint64 { return 7 << 32 }, "few": func(list []uint32) uint64 { return uint64(list[0]%5) << 38 },
	} {
		p := newPool[uint32](0)
		known, items := map[string]uint32{}, 0
		for range 2000 {
			list := make([]uint32, 1+random.IntN(3))
			for i := range list {
				list[i] = random.Uint32N(9)
			}
			at := p.intern(list, hash(list))
			before, met := known[fmt.Sprint(list)]
			if !met {
				before = uint32(items)
				known[fmt.Sprint(list)] = before
				items += len(list)
			}
			if at != before {
				t.Fatalf("%s: %v is at %d, and was put at %d", name, list, at, before)
			}
			require.Equal(t, list, p.items[at:at+uint32(len(list))], name)
		}
		require.Len(t, p.items, items, name)
		require.Less(t, p.used, len(p.slots), name)
	}
	p := newPool[uint32](8)
	require.Zero(t, p.intern(nil, 1))
	require.Empty(t, p.items)
	require.Zero(t, p.used, "nothing is nowhere")
}
