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
	patterns := h.addresses.adopt(other.addresses)
	numbers := make([]uint32, len(other.classes.list))
	for i, c := range other.classes.list {
		numbers[i] = h.classes.id(class{patterns[c.address], c.geo})
	}
	return numbers
}

// intervals are the address space as the sweep cuts it, with classes in the
// order in which they were met, those of IPv4 first.
type intervals struct {
	v4 iptable.Edges4
	v6 iptable.Edges6
}

// newIntervals has room for so many, which may become a few more.
func newIntervals(count4, count6 int) *intervals {
	return &intervals{
		iptable.Edges4{First: make([]uint32, 0, count4), Value: make([]uint32, 0, count4)},
		iptable.Edges6{First: make([]addrnum.Number, 0, count6), Value: make([]uint32, 0, count6)},
	}
}

// sweepBoth sweeps both families side by side. Each meets its patterns and classes for
// itself; then those of IPv6 get the numbers that they would have had behind IPv4.
func (p *Policy) sweepBoth(v4 []event4, v6 []event6, at geoEdges) (*intervals, *half) {
	in, four, six := newIntervals(len(v4), len(v6)), newHalf(p), newHalf(p)
	parallel.Do(func() {
		sweep(v4, at.v4, four.addresses, func(at addrnum.Number, address, geo uint32) { in.v4.Add(uint32(at.Lo), four.id(address, geo)) })
	}, func() {
		sweep(v6, at.v6, six.addresses, func(at addrnum.Number, address, geo uint32) { in.v6.Add(at, six.id(address, geo)) })
	})
	numbers := four.adopt(six)
	for i, id := range in.v6.Value {
		in.v6.Value[i] = numbers[id]
	}
	return in, four
}

// intervals are those of the table of classes.
func (p *Policy) intervals() *intervals {
	in := newIntervals(p.info.Intervals4, p.info.Intervals6)
	parallel.Do(func() {
		for at, class := range p.classAt.Edges4() {
			in.v4.First, in.v4.Value = append(in.v4.First, at), append(in.v4.Value, class)
		}
	}, func() {
		for at, class := range p.classAt.Edges6() {
			in.v6.First, in.v6.Value = append(in.v6.First, at), append(in.v6.Value, class)
		}
	})
	return in
}

// table maps addresses to their classes.
func (in *intervals) table() *iptable.Table { return iptable.Build(in.v4, in.v6) }

// tableOf maps addresses to what stands for their classes in numbers.
func (in *intervals) tableOf(numbers []uint32) *iptable.Table {
	var v4 iptable.Edges4
	var v6 iptable.Edges6
	parallel.Do(
		func() { v4.First, v4.Value = joined(in.v4.First, in.v4.Value, numbers) },
		func() { v6.First, v6.Value = joined(in.v6.First, in.v6.Value, numbers) },
	)
	return iptable.Build(v4, v6)
}

// joined is where numbers of classes change: most borders between classes are none
// between what they have in common. They are counted first, since there may be
// millions, of which growing would copy several times as many.
func joined[T any](first []T, classes, numbers []uint32) ([]T, []uint32) {
	isBorder := func(i int) bool { return i == 0 || numbers[classes[i]] != numbers[classes[i-1]] }
	count := 0
	for i := range classes {
		if isBorder(i) {
			count++
		}
	}
	at, values := make([]T, 0, count), make([]uint32, 0, count)
	for i, class := range classes {
		if isBorder(i) {
			at, values = append(at, first[i]), append(values, numbers[class])
		}
	}
	return at, values
}
