package decide

import (
	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/iptable"
	"github.com/netwicket/netwicket/internal/parallel"
)

// class is a set of addresses that nothing in the policy tells apart: one
// address pattern, one geo pattern, and so one decision for a chain of one.
type class struct{ address, geo uint32 }

// classInterner gives equal classes equal ids.
type classInterner struct {
	ids    map[uint64]uint32 // by both halves of the class: maps of a word are faster
	plain  []uint32          // 1 + id by geo pattern, of the first address pattern: that is most of the address space
	list   []class
	latest uint32 // neighbours are often alike
}

// newClassInterner is one for so many geo patterns.
func newClassInterner(geoPatterns int) classInterner {
	return classInterner{ids: map[uint64]uint32{}, plain: make([]uint32, geoPatterns)}
}

func (in *classInterner) id(c class) uint32 {
	if len(in.list) > 0 && in.list[in.latest] == c {
		return in.latest
	}
	in.latest = in.intern(c)
	return in.latest
}

func (in *classInterner) intern(c class) uint32 {
	if c.address == 0 {
		if in.plain[c.geo] == 0 {
			in.list = append(in.list, c)
			in.plain[c.geo] = uint32(len(in.list))
		}
		return in.plain[c.geo] - 1
	}
	key := uint64(c.address)<<32 | uint64(c.geo)
	id, found := in.ids[key]
	if !found {
		id = uint32(len(in.list))
		in.ids[key] = id
		in.list = append(in.list, c)
	}
	return id
}

// half is what the sweep of one family meets, numbered in the order of addresses.
type half struct {
	addresses *patternState
	classes   classInterner
}

func newHalf(p *Policy) *half {
	return &half{newPatternState(p), newClassInterner(len(p.geoPatterns))}
}

func (h *half) id(address, geo uint32) uint32 { return h.classes.id(class{address, geo}) }

// adopt gives the numbers that the classes of another half have here. Those that are
// new come behind all others, in their order.
func (h *half) adopt(other *half) []uint32 {
	patterns := h.addresses.adoption(other.addresses.patterns, other.addresses.sets.sets)
	numbers := make([]uint32, len(other.classes.list))
	for i, c := range other.classes.list {
		numbers[i] = h.id(patterns.id(c.address), c.geo)
	}
	return numbers
}

// sweepBoth sweeps both families side by side. Each meets its patterns and classes for
// itself; then those of IPv6 get the numbers that they would have had behind IPv4. There
// will be about as many intervals as in the previous policy, if there is one: lists that
// grow take several times their memory.
func (p *Policy) sweepBoth(previous *Policy, v4 []event4, v6 []event6, at geoEdges) *half {
	four, six := newHalf(p), newHalf(p)
	room4, room6 := len(v4), len(v6)
	if previous != nil {
		room4, room6 = max(room4, previous.info.Intervals4*9/8), max(room6, previous.info.Intervals6*9/8)
	}
	in4 := iptable.Edges4{First: make([]uint32, 0, room4), Value: make([]uint32, 0, room4)}
	in6 := iptable.Edges6{First: make([]addrnum.Number, 0, room6), Value: make([]uint32, 0, room6)}
	parallel.Do(func() {
		sweep(v4, at.v4, four.addresses, func(at addrnum.Number, address, geo uint32) { in4.Add(uint32(at.Lo), four.id(address, geo)) })
	}, func() {
		sweep(v6, at.v6, six.addresses, func(at addrnum.Number, address, geo uint32) { in6.Add(at, six.id(address, geo)) })
	})
	numbers := four.adopt(six)
	for i, id := range in6.Value {
		in6.Value[i] = numbers[id]
	}
	p.classAt = iptable.Build(in4, in6)
	p.info.Intervals4, p.info.Intervals6 = len(in4.First), len(in6.First)
	return four
}
