package iptable

import "math"

// values is a list of uint32 in as few bytes each as hold the largest: the list should stay in the processor's cache.
// Where there are more than 65,536 different ones, wide is in use; else one of the others.
type values struct {
	bytes  []uint8
	narrow []uint16
	wide   []uint32
	meant  []uint32 // what the numbers in narrow stand for; nil: for themselves
}

const narrowLimit = math.MaxUint16 + 1

func newValues(all []uint32) values {
	largest := uint32(0)
	for _, value := range all {
		largest = max(largest, value)
	}
	switch {
	case largest <= math.MaxUint8:
		return values{bytes: shortened[uint8](all)}
	case largest <= math.MaxUint16:
		return values{narrow: shortened[uint16](all)}
	}
	distinct := newPool[uint32](narrowLimit / 4)
	narrow := make([]uint16, len(all))
	for i, value := range all {
		number := distinct.intern(all[i:i+1], mix(0, uint64(value)))
		if number >= narrowLimit {
			return values{wide: append([]uint32(nil), all...)}
		}
		narrow[i] = uint16(number)
	}
	return values{narrow: narrow, meant: append([]uint32(nil), distinct.items...)}
}

func shortened[T uint8 | uint16](all []uint32) []T {
	short := make([]T, len(all))
	for i, value := range all {
		short[i] = T(value)
	}
	return short
}

// at is one value. That i is inside the list of bytes says at once that this list is in use and that i is in bounds.
func (v *values) at(i uint32) uint32 {
	if uint(i) < uint(len(v.bytes)) {
		return uint32(v.bytes[i])
	}
	return v.longer(i)
}

func (v *values) longer(i uint32) uint32 {
	if v.wide != nil {
		return v.wide[i]
	}
	number := v.narrow[i]
	if v.meant == nil {
		return uint32(number)
	}
	return v.meant[number]
}

func (v *values) count() int { return len(v.bytes) + len(v.narrow) + len(v.wide) }

func (v *values) size() int { return len(v.bytes) + 2*len(v.narrow) + 4*(len(v.wide)+len(v.meant)) }
