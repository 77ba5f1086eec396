package lint

import (
	"slices"
	"sort"

	"github.com/netwicket/netwicket/zone"
)

// span is one entry of some zone.
type span struct {
	entry *zone.Entry
	owner int // the zone

	// Among the spans up to this one by first address, best is the one that
	// reaches furthest, and second the furthest of any other zone; -1: none.
	best, second int
}

// spanIndex finds entries that share an address with a network, in the time of a
// binary search.
type spanIndex struct{ spans []span }

func newSpanIndex(spans []span) *spanIndex {
	x := &spanIndex{spans: spans}
	slices.SortStableFunc(x.spans, func(a, b span) int { return a.entry.Range.From().Compare(b.entry.Range.From()) })
	best, second := -1, -1
	for i := range x.spans {
		s := &x.spans[i]
		further := func(than int) bool {
			return than < 0 || x.spans[than].entry.Range.To().Less(s.entry.Range.To())
		}
		switch {
		case further(best):
			if best >= 0 && x.spans[best].owner != s.owner {
				second = best
			}
			best = i
		case x.spans[best].owner != s.owner && further(second):
			second = i
		}
		s.best, s.second = best, second
	}
	return x
}

// overlapping finds an entry of the zone itself and one of another zone that
// share an address with entry; nil where there is none. Own is not looked for
// where there is an other.
func (x *spanIndex) overlapping(entry *zone.Entry, owner int) (own, other *span) {
	behind := sort.Search(len(x.spans), func(i int) bool {
		return entry.Range.To().Less(x.spans[i].entry.Range.From())
	})
	if behind == 0 {
		return nil, nil
	}
	last := &x.spans[behind-1]
	for _, i := range []int{last.best, last.second} {
		if i < 0 || x.spans[i].entry.Range.To().Less(entry.Range.From()) {
			continue
		}
		if x.spans[i].owner == owner {
			own = &x.spans[i]
		} else if other == nil {
			other = &x.spans[i]
		}
	}
	return own, other
}
