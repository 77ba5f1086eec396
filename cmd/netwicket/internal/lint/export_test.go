package lint

import (
	"go4.org/netipx"

	"github.com/netwicket/netwicket/zone"
)

// Overlapping asks a span index of entries, each given with its owner, for what
// shares an address with a network: whether an entry of another owner does, and
// if none, whether one of the owner itself does.
func Overlapping(entries []zone.Entry, owners []int, network netipx.IPRange, owner int) (own, other bool) {
	var spans []span
	for i := range entries {
		spans = append(spans, span{entry: &entries[i], owner: owners[i]})
	}
	a, b := newSpanIndex(spans).overlapping(&zone.Entry{Range: network}, owner)
	return a != nil, b != nil
}
