package decide

import (
	"github.com/netwicket/netwicket/internal/iptable"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// class is a set of addresses that nothing in the policy tells apart: one
// address pattern, one geo pattern, and so one decision for a chain of one.
type class struct{ address, geo uint32 }

// classInterner gives equal classes equal ids.
type classInterner struct {
	ids  map[class]uint32
	list []class
	last uint32 // neighbours are often alike
}

func (in *classInterner) id(c class) uint32 {
	if len(in.list) > 0 && in.list[in.last] == c {
		return in.last
	}
	if in.ids == nil {
		in.ids = map[class]uint32{}
	}
	id, found := in.ids[c]
	if !found {
		id = uint32(len(in.list))
		in.ids[c] = id
		in.list = append(in.list, c)
	}
	in.last = id
	return id
}

// intervals are the address space as the sweep cuts it, with classes in the
// order in which they were met.
type intervals struct {
	first4, class4 []uint32
	first6         []addrnum.Number
	class6         []uint32
	classes        classInterner
}

func (in *intervals) add4(at addrnum.Number, address, geo uint32) {
	id := in.classes.id(class{address, geo})
	if n := len(in.class4); n == 0 || in.class4[n-1] != id {
		in.first4, in.class4 = append(in.first4, uint32(at.Lo)), append(in.class4, id)
	}
}

func (in *intervals) add6(at addrnum.Number, address, geo uint32) {
	id := in.classes.id(class{address, geo})
	if n := len(in.class6); n == 0 || in.class6[n-1] != id {
		in.first6, in.class6 = append(in.first6, at), append(in.class6, id)
	}
}

// table maps addresses to their classes, or to what stands for a class in numbers.
func (in *intervals) table(numbers []uint32) *iptable.Table {
	number := func(class uint32) uint32 {
		if numbers == nil {
			return class
		}
		return numbers[class]
	}
	var builder iptable.Builder
	for i, first := range in.first4 {
		builder.Add4(first, number(in.class4[i]))
	}
	for i, first := range in.first6 {
		builder.Add6(first, number(in.class6[i]))
	}
	return builder.Build()
}
