package iptable

// values is a list of uint32, kept in 16 bits each where that is possible: the list should stay in the processor's
// cache. Either wide or narrow is in use.
type values struct {
	wide   []uint32
	narrow []uint16
	meant  []uint32 // what the numbers in narrow stand for; nil: for themselves
}

const narrowLimit = 1 << 16

func newValues(all []uint32) values {
	largest := uint32(0)
	for _, value := range all {
		largest = max(largest, value)
	}
	narrow := make([]uint16, len(all))
	if largest < narrowLimit {
		for i, value := range all {
			narrow[i] = uint16(value)
		}
		return values{narrow: narrow}
	}
	distinct := newPool[uint32](narrowLimit / 4)
	for i, value := range all {
		number := distinct.intern(all[i:i+1], mix(0, uint64(value)))
		if number >= narrowLimit {
			return values{wide: append([]uint32(nil), all...)}
		}
		narrow[i] = uint16(number)
	}
	return values{narrow: narrow, meant: append([]uint32(nil), distinct.items...)}
}

func (v *values) at(i uint32) uint32 {
	if v.wide != nil {
		return v.wide[i]
	}
	number := v.narrow[i]
	if v.meant == nil {
		return uint32(number)
	}
	return v.meant[number]
}

func (v *values) bytes() int { return 4*len(v.wide) + 2*len(v.narrow) + 4*len(v.meant) }
