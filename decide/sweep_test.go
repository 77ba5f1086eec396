package decide

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// Lists of ranges that overlap, touch, repeat and reach both ends of the address space
// are swept into what a look at every range says of every address.
func TestSweepGoesByEveryRange(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 9))
		policy := &Policy{ipBits: 2, ipWords: 1, zones: []compiledZone{{kind: ipZone, bit: 0}, {kind: ipZone, bit: 1, blocks: true}}}
		numbered := features{policy.ipBits}
		var byFeature [7][]netipx.IPRange
		kinds := []feature{
			numbered.gateway(0), numbered.gateway(1), numbered.proxy(0), numbered.proxy(1),
			numbered.flag(exempted), numbered.flag(threatened), numbered.flag(embedsIPv4),
		}
		var lists []list
		for range random.IntN(9) {
			kind := random.IntN(len(kinds))
			var ranges []netipx.IPRange
			for range random.IntN(5) {
				ranges = append(ranges, nearTheEnds(random))
			}
			byFeature[kind] = append(byFeature[kind], ranges...)
			lists = append(lists, list{kinds[kind], slices.Values(ranges)})
		}
		within := func(addr netip.Addr, kind int) bool {
			return slices.ContainsFunc(byFeature[kind], func(r netipx.IPRange) bool { return r.Contains(addr) })
		}
		states := map[addrnum.Family]*patternState{addrnum.IPv4: newPatternState(policy), addrnum.IPv6: newPatternState(policy)}
		at := map[addrnum.Family]map[addrnum.Number]uint32{addrnum.IPv4: {}, addrnum.IPv6: {}}
		noGeo := func(yield func(addrnum.Number, uint32) bool) { yield(addrnum.Number{}, 0) }
		v4, v6 := eventsOf(lists)
		sweep(v4, noGeo, states[addrnum.IPv4], func(first addrnum.Number, address, _ uint32) { at[addrnum.IPv4][first] = address })
		sweep(v6, noGeo, states[addrnum.IPv6], func(first addrnum.Number, address, _ uint32) { at[addrnum.IPv6][first] = address })
		for _, fam := range []addrnum.Family{addrnum.IPv4, addrnum.IPv6} {
			id, state := uint32(0), states[fam]
			for _, number := range addressesNearTheEnds(fam, 13) { // one more than ranges end at
				if next, found := at[fam][number]; found {
					id = next
				}
				addr, pattern := fam.Addr(number), state.patterns[id]
				word := func(set uint32) uint64 { return state.sets.word(set, 0) }
				for bit := range 2 {
					require.Equal(t, within(addr, bit), word(pattern.gateways)>>bit&1 == 1, "gateways %d of %v, seed %d", bit, addr, seed)
					require.Equal(t, within(addr, 2+bit), word(pattern.proxies)>>bit&1 == 1, "proxies %d of %v, seed %d", bit, addr, seed)
				}
				require.Equal(t, within(addr, 2) || within(addr, 3), pattern.flags&trustedProxy != 0, "%v, seed %d", addr, seed)
				for i, flag := range []flags{exempted, threatened, embedsIPv4} {
					require.Equal(t, within(addr, 4+i), pattern.flags&flag != 0, "flag %d of %v, seed %d", i, addr, seed)
				}
				require.Equal(t, within(addr, 1), pattern.block == 1, "%v, seed %d", addr, seed)
			}
		}
	}
}

// addressesNearTheEnds are the first and the last addresses of a family.
func addressesNearTheEnds(fam addrnum.Family, count int) []addrnum.Number {
	var all []addrnum.Number
	low, high := addrnum.Number{}, fam.Last()
	for range count {
		all = append(all, low, high)
		low, high = low.Next(), high.Prev()
	}
	slices.SortFunc(all, addrnum.Number.Compare)
	return all
}

func nearTheEnds(random *rand.Rand) netipx.IPRange {
	fam := []addrnum.Family{addrnum.IPv4, addrnum.IPv6}[random.IntN(2)]
	all := addressesNearTheEnds(fam, 12)
	first, last := random.IntN(len(all)), random.IntN(len(all))
	if random.IntN(2) == 0 {
		last = min(first+random.IntN(3), len(all)-1)
	}
	return netipx.IPRangeFrom(fam.Addr(all[min(first, last)]), fam.Addr(all[max(first, last)]))
}
