package workload

import (
	"cmp"
	"container/heap"
	"net/netip"
	"slices"

	"go4.org/netipx"
)

// partition cuts a family into count prefixes, in address order, that hold
// about equally many announced ones: the fullest is halved until there are enough.
func (in *Internet) partition(family Family, count int) []netip.Prefix {
	all := make([]netip.Addr, in.Announced(family))
	for i := range all {
		all[i] = in.prefix(family, i).Addr()
	}
	slices.SortFunc(all, netip.Addr.Compare)
	whole := netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	if family == IPv6 {
		whole = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	}
	parts := partHeap{{whole, all}}
	for len(parts) < count {
		fullest := &parts[0]
		low := netip.PrefixFrom(fullest.prefix.Addr(), fullest.prefix.Bits()+1)
		middle := netipx.RangeOfPrefix(low).To().Next()
		cut, _ := slices.BinarySearchFunc(fullest.firsts, middle, netip.Addr.Compare)
		high := part{netip.PrefixFrom(middle, low.Bits()), fullest.firsts[cut:]}
		*fullest = part{low, fullest.firsts[:cut]}
		heap.Fix(&parts, 0)
		heap.Push(&parts, high)
	}
	prefixes := make([]netip.Prefix, len(parts))
	for i := range parts {
		prefixes[i] = parts[i].prefix
	}
	slices.SortFunc(prefixes, netip.Prefix.Compare)
	return prefixes
}

// part is a prefix with the first addresses of the announced ones that begin in it, sorted.
type part struct {
	prefix netip.Prefix
	firsts []netip.Addr
}

// partHeap has the part on top that is to be halved next: the fullest; of equally full
// ones the widest, so that cutting goes on evenly where single networks are left; of
// those the first. An address alone, at which several networks begin, comes last.
type partHeap []part

func (h partHeap) Len() int { return len(h) }

func (h partHeap) Less(i, j int) bool {
	a, b := &h[i], &h[j]
	if a.prefix.IsSingleIP() || b.prefix.IsSingleIP() {
		return !a.prefix.IsSingleIP()
	}
	return cmp.Or(cmp.Compare(len(b.firsts), len(a.firsts)), cmp.Compare(a.prefix.Bits(), b.prefix.Bits()), a.prefix.Addr().Compare(b.prefix.Addr())) < 0
}

func (h partHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

func (h *partHeap) Push(x any) { *h = append(*h, x.(part)) }

func (h *partHeap) Pop() any { panic("parts are never taken away") }
