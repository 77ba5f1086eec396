package impact

import (
	"iter"

	"go4.org/netipx"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/addrnum"
)

// span is a range as numbers: of IPv4, in the low half.
type span struct {
	ipv6        bool
	first, last addrnum.Number
}

func spanOf(r netipx.IPRange) span {
	return span{r.From().Is6(), addrnum.From(r.From()), addrnum.From(r.To())}
}

// places is the geo table as a walk beside the changes needs it.
type places struct {
	edges  [2][]edge
	next   [2]int      // the edge that the walk has reached
	groups [][2]uint32 // country and ASN of each location
}

// edge is where an interval of one location begins.
type edge struct {
	first    addrnum.Number
	location uint32
}

func newPlaces(table *geo.Table) places {
	var p places
	sizes := [2]int{}
	for range table.Edges4() {
		sizes[0]++
	}
	for range table.Edges6() {
		sizes[1]++
	}
	for family, size := range sizes { // growing would copy many megabytes again and again
		p.edges[family] = make([]edge, 0, size)
	}
	for first, location := range table.Edges4() {
		p.edges[0] = append(p.edges[0], edge{addrnum.Number{Lo: uint64(first)}, location})
	}
	for first, location := range table.Edges6() {
		p.edges[1] = append(p.edges[1], edge{addrnum.Number{Hi: first[0], Lo: first[1]}, location})
	}
	return p
}

// within ranges over the parts of a span that have one location each, with its
// groups. Spans come in order.
func (p *places) within(whole span) iter.Seq2[span, [2]uint32] {
	return func(yield func(span, [2]uint32) bool) {
		family := 0
		if whole.ipv6 {
			family = 1
		}
		edges, at := p.edges[family], p.next[family]
		for at+1 < len(edges) && !whole.first.Less(edges[at+1].first) {
			at++
		}
		for part := whole; ; at++ {
			behind := at+1 == len(edges) || whole.last.Less(edges[at+1].first)
			part.last = whole.last
			if !behind {
				part.last = edges[at+1].first.Prev()
			}
			if !yield(part, p.groups[edges[at].location]) || behind {
				break
			}
			part.first = edges[at+1].first
		}
		p.next[family] = at
	}
}
