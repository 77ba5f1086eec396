package pull

import (
	"fmt"
	"net/netip"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/impact"
	"github.com/netwicket/netwicket/decide"
)

// opened says that the new policy lets in more than a hundredth of the internet
// that was kept out (U12).
func opened(look *Look) []string {
	if look.Before.Policy == nil { // on a first run there is none
		return nil
	}
	now, all := newlyAllowed(look.Before.Policy, look.After.Policy), size(routed())
	if now*100 <= all {
		return nil
	}
	return []string{fmt.Sprintf("shrink guard: %d IPv4 addresses would be newly allowed, %.1f%% of the routed ones; more than 1%% are not taken for a change of the documents",
		now, 100*float64(now)/float64(all))}
}

// newlyAllowed counts the routed IPv4 addresses that are denied now and would not be
// any more.
func newlyAllowed(before, after *decide.Policy) uint64 {
	var changed netipx.IPSetBuilder
	for change := range decide.Diff(before, after) {
		if impact.DirectionOf(change) == impact.NewlyAllowed {
			changed.AddRange(change.Range)
		}
	}
	changed.Intersect(routed())
	set, err := changed.IPSet()
	if err != nil {
		return 0 // ranges of Diff are valid
	}
	return size(set)
}

// routed are the IPv4 addresses that hosts of the internet can have: all but those
// that IANA's registry of special purposes keeps from it (RFC 6890), multicast and
// what is reserved.
func routed() *netipx.IPSet {
	var b netipx.IPSetBuilder
	b.AddPrefix(netip.MustParsePrefix("0.0.0.0/0"))
	for _, text := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
	} {
		b.RemovePrefix(netip.MustParsePrefix(text))
	}
	set, err := b.IPSet()
	if err != nil {
		panic("pull: " + err.Error()) // they are all valid
	}
	return set
}

func size(set *netipx.IPSet) uint64 {
	n := uint64(0)
	for _, r := range set.Ranges() {
		first, last := r.From().As4(), r.To().As4()
		n += number(last) - number(first) + 1
	}
	return n
}

func number(a [4]byte) uint64 {
	return uint64(a[0])<<24 | uint64(a[1])<<16 | uint64(a[2])<<8 | uint64(a[3])
}
