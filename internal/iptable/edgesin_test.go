package iptable

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// The edges of a range are those of the whole family, cut to it.
func TestEdgesInAreEdgesCut(t *testing.T) {
	random := rand.New(rand.NewPCG(17, 42))
	for _, count := range []int{0, 1, 5, 60, 4000} {
		s := scattered(random, count)
		for _, form := range forms {
			table := s.build(form.dense6)
			whole := edgesIn(table)
			for range min(400, 100_000/(count+1)) { // each looks at every edge
				checkEdgesIn(t, form.name, table, whole, random)
			}
		}
	}
	for _, table := range []*Table{nil, {}} {
		for first, value := range table.Edges4In(7, 9) {
			require.Equal(t, [2]uint32{7, 0}, [2]uint32{first, value})
		}
		for first, value := range table.Edges6In(addrnum.Number{Lo: 7}, addrnum.Number{Hi: 9}) {
			require.Equal(t, addrnum.Number{Lo: 7}, first)
			require.Zero(t, value)
		}
	}
}

func checkEdgesIn(t *testing.T, form string, table *Table, whole *edgeSet, random *rand.Rand) {
	t.Helper()
	var first4, value4 []uint32
	from4, to4 := near4(whole, random), near4(whole, random)
	from4, to4 = min(from4, to4), max(from4, to4)
	for first, value := range table.Edges4In(from4, to4) {
		first4, value4 = append(first4, first), append(value4, value)
	}
	var want edgeSet
	for i, first := range whole.first4 {
		behind := uint64(math.MaxUint32) + 1
		if i+1 < len(whole.first4) {
			behind = uint64(whole.first4[i+1])
		}
		if uint64(from4) < behind && first <= to4 {
			want.add4(max(first, from4), whole.value4[i])
		}
	}
	require.Equal(t, want.first4, first4, "%s: from %s to %s", form, addrnum.Addr4(from4), addrnum.Addr4(to4))
	require.Equal(t, want.value4, value4)

	var first6 []addrnum.Number
	var value6 []uint32
	from6, to6 := near6(whole, random), near6(whole, random)
	if to6.Less(from6) {
		from6, to6 = to6, from6
	}
	for first, value := range table.Edges6In(from6, to6) {
		first6, value6 = append(first6, first), append(value6, value)
	}
	for i, first := range whole.first6 {
		if to6.Less(first) || i+1 < len(whole.first6) && !from6.Less(whole.first6[i+1]) {
			continue
		}
		if first.Less(from6) {
			first = from6
		}
		want.add6(first, whole.value6[i])
	}
	require.Equal(t, want.first6, first6, "%s: from %s to %s", form, from6.Addr6(), to6.Addr6())
	require.Equal(t, want.value6, value6)
}

// near4 is an address at or beside an edge, or any.
func near4(s *edgeSet, random *rand.Rand) uint32 {
	if random.IntN(4) == 0 {
		return random.Uint32()
	}
	return s.first4[random.IntN(len(s.first4))] + uint32(random.IntN(3)) - 1
}

func near6(s *edgeSet, random *rand.Rand) addrnum.Number {
	near := s.first6[random.IntN(len(s.first6))]
	switch random.IntN(5) {
	case 0:
		return addrnum.Number{Hi: random.Uint64(), Lo: random.Uint64()}
	case 1:
		return near.Prev()
	case 2:
		return near.Next()
	case 3:
		return addrnum.Number{Hi: near.Hi, Lo: near.Lo ^ random.Uint64()>>uint(random.IntN(64))}
	}
	return near
}
