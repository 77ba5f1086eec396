package decide

import (
	"slices"

	"github.com/netwicket/netwicket/zone"
)

// numbers are the classes by the numbers that the table gives. The upper bits of
// a number are a bucket, the lower ones a place in it, and all classes of a
// bucket have one decision about a chain of one:
//
//	number    bbbbbbbb pppppppppp
//	decision  decisions[b]                  one load, for Decide
//	class     classes[bases[b] + p]         for chains, which need the sets
//
// A decision that many classes share has several buckets. The buckets from
// secondLook on have no decision of their own: their classes need a look-up of
// an IPv4 address, because they lie inside NAT64, 6to4 or Teredo or where the
// geo table repeats IPv4.
type numbers struct {
	shift      uint32
	decisions  []Decision // by bucket, client left open
	bases      []uint32   // by bucket
	classes    []class
	secondLook uint32 // the first bucket without a decision

	// After a second look there are more decisions than buckets. They are kept
	// here so that none has to be made when it is asked for.
	afterSecondLook map[Decision]*Decision
}

func (n *numbers) decision(number uint32) *Decision { return &n.decisions[number>>(n.shift&31)] }

func (n *numbers) needsSecondLook(number uint32) bool { return number>>(n.shift&31) >= n.secondLook }

func (n *numbers) class(number uint32) class {
	place := number & (1<<(n.shift&31) - 1)
	return n.classes[n.bases[number>>(n.shift&31)]+place]
}

// settle works out the decision about a chain of one for every class, groups
// the classes by it, and gives each class's number.
func (p *Policy) settle(classes []class) []uint32 {
	ids, sizes := map[Decision]int{}, []int{}
	var decisions []Decision
	group := make([]int, len(classes)) // by class: index of its decision, or -1
	second := 0
	for i, c := range classes {
		looksInside := p.addressPatterns[c.address].flags&embedsIPv4 != 0 && (p.everyHop || p.threat.action != zone.ThreatNone)
		if looksInside || p.geoPatterns[c.geo].repeats > 0 {
			group[i] = -1
			second++
			continue
		}
		r := requestOf(c)
		d := p.judgeOne(&r)
		id, found := ids[d]
		if !found {
			id = len(decisions)
			ids[d] = id
			decisions = append(decisions, d)
			sizes = append(sizes, 0)
		}
		group[i] = id
		sizes[id]++
	}
	p.info.Decisions = len(decisions)
	sizes = append(sizes, second)
	p.shift = shiftFor(sizes)
	return p.number(classes, group, decisions, sizes)
}

// shiftFor chooses the size of buckets: as large as leaves all numbers in 16
// bits, which halves the table, else 65,536, else what fits in 32 bits.
func shiftFor(sizes []int) uint32 {
	end := func(shift uint32) uint64 {
		buckets := uint64(0)
		for _, size := range sizes {
			buckets += (uint64(size) + 1<<shift - 1) >> shift
		}
		return buckets << shift
	}
	for shift := uint32(16); shift > 0; shift-- {
		if end(shift) <= 1<<16 {
			return shift
		}
	}
	shift := uint32(16)
	for end(shift) > 1<<32 {
		shift--
	}
	return shift
}

// number lays the groups out one after the other, those that need a second look last.
func (p *Policy) number(classes []class, group []int, decisions []Decision, sizes []int) []uint32 {
	firstBucket := make([]uint32, len(sizes))
	starts := make([]uint32, len(sizes)) // in p.classes
	start := uint32(0)
	for id, size := range sizes {
		firstBucket[id], starts[id] = uint32(len(p.bases)), start
		for place := 0; place < size; place += 1 << p.shift {
			p.bases = append(p.bases, start+uint32(place))
			if id < len(decisions) {
				p.decisions = append(p.decisions, decisions[id])
			}
		}
		start += uint32(size)
	}
	p.secondLook = uint32(len(p.decisions))
	p.decisions, p.bases = slices.Clip(p.decisions), slices.Clip(p.bases)
	p.classes = make([]class, len(classes))
	placed := make([]uint32, len(sizes))
	newNumbers := make([]uint32, len(classes))
	for i, c := range classes {
		id := group[i]
		if id < 0 {
			id = len(sizes) - 1
		}
		place := placed[id]
		placed[id]++
		p.classes[starts[id]+place] = c
		newNumbers[i] = (firstBucket[id]+place>>p.shift)<<p.shift | place&(1<<p.shift-1)
	}
	return newNumbers
}

// requestOf is a request of one hop of that class.
func requestOf(c class) request {
	r := request{address: c.address, geo: c.geo, walked: 1}
	r.walk[0] = c.address
	return r
}
