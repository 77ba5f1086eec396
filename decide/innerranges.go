package decide

import (
	"iter"

	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/iptable"
)

// innerRanges lays IPv4 intervals over the IPv6 ones whose decision depends on
// an IPv4 address inside: the embedded one, the one whose location a block
// repeats, or both, which are then the same bits. Of Teredo and local NAT64 see Ranges.
type innerRanges struct {
	p            *Policy
	within, last addrnum.Number // the range that is wanted
	lists        map[innerSource]*edgeList
	settled      map[innerPair]Judgment
}

// innerSource is where intervals of IPv4 come from, and which of them a block needs.
type innerSource struct {
	patterns *iptable.Table // of a block whose geo patterns differ from IPv4; nil: the classes of IPv4
	from, to uint32
}

type innerPair struct {
	class, embedded class
	embeds          bool
}

// edgeList is where intervals of IPv4 start, and a number for each.
type edgeList struct{ first, id []uint32 }

func newEdgeList(edges iter.Seq2[uint32, uint32]) edgeList {
	var list edgeList
	for first, id := range edges {
		list.first = append(list.first, first)
		list.id = append(list.id, id)
	}
	return list
}

// at is the interval that holds an IPv4 address.
func (l *edgeList) at(v4 uint32) int {
	low, high := 0, len(l.first)
	for high-low > 1 {
		if middle := (low + high) / 2; l.first[middle] <= v4 {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// next is where the interval after i begins.
func (l *edgeList) next(i int) (first uint32, more bool) {
	if i+1 >= len(l.first) {
		return 0, false
	}
	return l.first[i+1], true
}

// advance moves on to the interval that begins at an address, if one does.
func (l *edgeList) advance(i int, at uint32) int {
	if i+1 < len(l.first) && l.first[i+1] == at {
		return i + 1
	}
	return i
}

func newInnerRanges(p *Policy, within, last addrnum.Number) *innerRanges {
	return &innerRanges{p: p, within: within, last: last, lists: map[innerSource]*edgeList{}, settled: map[innerPair]Judgment{}}
}

// add walks an interval of one class that needs a second look.
func (n *innerRanges) add(out *rangeWriter, first, last addrnum.Number, id uint32) bool {
	c := n.p.classes[id]
	bits, embeds := embeddingBits(first)
	embeds = embeds && n.p.addressPatterns[c.address].flags&embedsIPv4 != 0
	repeats := n.p.geoPatterns[c.geo].repeats
	if repeats > 0 {
		bits = n.p.repeats[repeats-1].bits
	}
	if repeats == 0 && !embeds {
		return out.add(first, n.judgment(innerPair{class: c}))
	}
	own := n.list(nil, first, bits)
	locations := own // where the geo pattern comes from
	if repeats > 0 {
		locations = n.list(n.p.repeats[repeats-1].patterns, first, bits)
	}
	at, to := inner4(first, bits), inner4(last, bits)
	for i, j := own.at(at), locations.at(at); ; {
		pair := innerPair{class: c}
		if embeds {
			pair.embeds, pair.embedded = true, n.p.classes[own.id[i]]
		}
		switch {
		case repeats > 0 && locations == own:
			pair.class.geo = n.p.classes[own.id[j]].geo
		case repeats > 0:
			pair.class.geo = locations.id[j]
		}
		if !out.add(laterOf(first, imageOf(first, at, bits)), n.judgment(pair)) {
			return false
		}
		next, more := own.next(i)
		if other, found := locations.next(j); found && (!more || other < next) {
			next, more = other, true
		}
		if !more || next > to {
			return true
		}
		at, i, j = next, own.advance(i, next), locations.advance(j, next)
	}
}

// list are the intervals of IPv4 that the block around an address can need, behind so
// many bits of prefix.
func (n *innerRanges) list(patterns *iptable.Table, around addrnum.Number, bits uint) *edgeList {
	host := addrnum.IPv6.Last().ShiftRight(bits)
	begin := addrnum.Number{Hi: around.Hi &^ host.Hi, Lo: around.Lo &^ host.Lo}
	end := addrnum.Number{Hi: around.Hi | host.Hi, Lo: around.Lo | host.Lo}
	if n.last.Less(end) {
		end = n.last
	}
	source := innerSource{patterns, inner4(laterOf(begin, n.within), bits), inner4(end, bits)}
	list := n.lists[source]
	if list == nil {
		if patterns == nil {
			patterns = n.p.classAt
		}
		made := newEdgeList(patterns.Edges4In(source.from, source.to))
		list, n.lists[source] = &made, &made
	}
	return list
}

// inner4 is the IPv4 address behind so many bits of prefix.
func inner4(address addrnum.Number, bits uint) uint32 {
	return uint32(address.ShiftRight(96 - bits).Lo)
}

func (n *innerRanges) judgment(pair innerPair) Judgment {
	d, found := n.settled[pair]
	if !found {
		r := requestOf(pair.class)
		r.embedded, r.hasEmbedded = pair.embedded, pair.embeds
		d = n.p.judgeOne(&r)
		n.settled[pair] = d
	}
	return d
}

// embeddingBits is the prefix in front of the IPv4 address that counts in
// ranges, of an address that embeds one: Teredo's and that of local NAT64 are not among them.
// See docs/semantics.md, range-2.
func embeddingBits(first addrnum.Number) (bits uint, embeds bool) {
	switch {
	case first.Hi>>48 == 0x2002:
		return 16, true
	case first.Hi == 0x0064_ff9b_0000_0000:
		return 96, true
	default:
		return 0, false
	}
}

// imageOf is the first address with an IPv4 address behind the prefix of first.
func imageOf(first addrnum.Number, v4 uint32, bits uint) addrnum.Number {
	host := addrnum.IPv6.Last().ShiftRight(bits)
	image := addrnum.Number{Lo: uint64(v4)}.ShiftLeft(96 - bits)
	return addrnum.Number{Hi: first.Hi&^host.Hi | image.Hi, Lo: first.Lo&^host.Lo | image.Lo}
}

func laterOf(a, b addrnum.Number) addrnum.Number {
	if a.Less(b) {
		return b
	}
	return a
}
