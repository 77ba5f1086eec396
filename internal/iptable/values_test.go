package iptable

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// Values are kept in as few bytes as hold the largest, or as numbers of 16 bits where
// there are no more different ones than these can tell apart, and are given back as
// they were.
func TestValues(t *testing.T) {
	list := func(count int, value func(i int) uint32) []uint32 {
		all := make([]uint32, count)
		for i := range all {
			all[i] = value(i)
		}
		return all
	}
	spread := func(i int) uint32 { return uint32(i) * 65_537 }
	for name, test := range map[string]struct {
		all                        []uint32
		bytes, narrow, wide, meant int
	}{
		"none":                             {nil, 0, 0, 0, 0},
		"zero":                             {[]uint32{0}, 1, 0, 0, 0},
		"a byte":                           {[]uint32{3, math.MaxUint8, 0}, 3, 0, 0, 0},
		"more than a byte":                 {[]uint32{3, math.MaxUint8 + 1, 0}, 0, 3, 0, 0},
		"two bytes":                        {[]uint32{math.MaxUint16, 1}, 0, 2, 0, 0},
		"more than two bytes":              {[]uint32{math.MaxUint16 + 1, 1, math.MaxUint16 + 1}, 0, 3, 0, 2},
		"as many as 16 bits tell apart":    {list(narrowLimit, spread), 0, narrowLimit, 0, narrowLimit},
		"one more than 16 bits tell apart": {list(narrowLimit+1, spread), 0, 0, narrowLimit + 1, 0},
	} {
		v := newValues(test.all)
		require.Equal(t, []int{test.bytes, test.narrow, test.wide, test.meant}, []int{len(v.bytes), len(v.narrow), len(v.wide), len(v.meant)}, name)
		require.Equal(t, len(test.all), v.count(), name)
		for i, want := range test.all {
			if got := v.at(uint32(i)); got != want {
				t.Fatalf("%s: value %d is %d, want %d", name, i, got, want)
			}
		}
	}
}
