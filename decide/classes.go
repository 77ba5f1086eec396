package decide

import (
	"slices"

	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/iptable"
)

// class is a set of addresses that nothing in the policy tells apart: one
// address pattern, one geo pattern, and so one decision for a chain of one.
type class struct{ address, geo uint32 }

// classInterner gives equal classes equal ids.
type classInterner struct {
	ids  map[uint64]uint32 // by both halves of the class: maps of a word are faster
	list []class
	last uint32 // neighbours are often alike
}

func (in *classInterner) id(c class) uint32 {
	if len(in.list) > 0 && in.list[in.last] == c {
		return in.last
	}
	if in.ids == nil {
		in.ids = map[uint64]uint32{}
	}
	key := uint64(c.address)<<32 | uint64(c.geo)
	id, found := in.ids[key]
	if !found {
		id = uint32(len(in.list))
		in.ids[key] = id
		in.list = append(in.list, c)
	}
	in.last = id
	return id
}

// intervals are the address space as the sweep cuts it, with classes in the
// order in which they were met.
type intervals struct {
	v4      iptable.Edges4
	v6      iptable.Edges6
	classes classInterner
}

// grow makes room for so many intervals, which may become a few more.
func (in *intervals) grow(count4, count6 int) {
	in.v4.First, in.v4.Value = slices.Grow(in.v4.First, count4), slices.Grow(in.v4.Value, count4)
	in.v6.First, in.v6.Value = slices.Grow(in.v6.First, count6), slices.Grow(in.v6.Value, count6)
}

func (in *intervals) add4(at addrnum.Number, address, geo uint32) {
	in.v4.Add(uint32(at.Lo), in.classes.id(class{address, geo}))
}

func (in *intervals) add6(at addrnum.Number, address, geo uint32) {
	in.v6.Add(at, in.classes.id(class{address, geo}))
}

// table maps addresses to their classes.
func (in *intervals) table() *iptable.Table { return iptable.Build(in.v4, in.v6) }

// tableOf maps addresses to what stands for their classes in numbers.
func (in *intervals) tableOf(numbers []uint32) *iptable.Table {
	var v4 iptable.Edges4
	var v6 iptable.Edges6
	v4.First, v4.Value = joined(in.v4.First, in.v4.Value, numbers)
	v6.First, v6.Value = joined(in.v6.First, in.v6.Value, numbers)
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
