package iptable

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// imageCase is a table of small values, what becomes of them, and the edges of the parts that are anew.
type imageCase struct {
	base    *edgeSet
	numbers []uint32
	parts4  Parts
	parts6  Parts
	fresh   *edgeSet // those inside the parts count
}

// values is how many different values the table of a case has, so that any has a number.
const imageValues = 16

func newImageCase(base, fresh *edgeSet, numbers []uint32, parts []uint32) *imageCase {
	c := &imageCase{base: base, fresh: fresh, numbers: numbers}
	for _, values := range [][]uint32{base.value4, base.value6} {
		for i := range values {
			values[i] %= imageValues
		}
	}
	for i, part := range parts {
		if i%2 == 0 {
			c.parts4.Add(part, part)
		} else {
			c.parts6.Add(part, part)
		}
	}
	return c
}

// whole is what the image has to say, edge by edge.
func (c *imageCase) whole() *edgeSet {
	var s edgeSet
	base4, base6 := c.base.oracles()
	fresh4, fresh6 := c.fresh.oracles()
	value := func(parts *Parts, part uint32, base, fresh oracle, at addrnum.Number) uint32 {
		if parts.Has(part) {
			return fresh.at(at)
		}
		return c.numbers[base.at(at)]
	}
	firsts4, firsts6 := append(base4.first, fresh4.first...), append(base6.first, fresh6.first...)
	for part := range uint32(1 << rootBits) {
		if c.parts4.Has(part) || part > 0 && c.parts4.Has(part-1) || part == 0 {
			firsts4 = append(firsts4, addrnum.Number{Lo: uint64(part) << 16})
		}
		if c.parts6.Has(part) || part > 0 && c.parts6.Has(part-1) || part == 0 {
			firsts6 = append(firsts6, addrnum.Number{Hi: uint64(part) << 48})
		}
	}
	for _, at := range firsts4 {
		s.add4(uint32(at.Lo), value(&c.parts4, uint32(at.Lo>>16), base4, fresh4, at))
	}
	for _, at := range firsts6 {
		s.add6(at, value(&c.parts6, uint32(at.Hi>>48), base6, fresh6, at))
	}
	return &s
}

// anew is what Image is told.
func (c *imageCase) anew(whole *Table) (a Anew) {
	a.Parts4, a.Parts6 = &c.parts4, &c.parts6
	for part := range uint32(1 << rootBits) {
		if c.parts4.Has(part) {
			for first, value := range whole.v4.Part(part) {
				a.V4.First, a.V4.Value = append(a.V4.First, first), append(a.V4.Value, value)
			}
		}
		if c.parts6.Has(part) {
			for first, value := range whole.v6.Part(part) {
				a.V6.First, a.V6.Value = append(a.V6.First, first), append(a.V6.Value, value)
			}
		}
	}
	return a
}

// check: in every form the image is the table that is built of the edges that it has to have.
func (c *imageCase) check(t *testing.T) {
	t.Helper()
	for _, form := range forms {
		c.checkForm(t, form.name, form.dense6)
	}
}

func (c *imageCase) checkForm(t *testing.T, form string, dense6 int) {
	t.Helper()
	whole := c.whole()
	v4, v6 := whole.oracles()
	want := whole.build(dense6)
	got := c.base.build(dense6).image(c.numbers, c.anew(want), dense6)
	checkEdges(t, form, got, v4, v6)
	require.True(t, reflect.DeepEqual(want.v4, got.v4), "%s: IPv4 is laid out in another way", form)
	require.True(t, reflect.DeepEqual(want.v6, got.v6), "%s: IPv6 is laid out in another way", form)
}

// scattered are edges in a few /16s, of which many repeat and many lie deep, and one that is full of them.
func scattered(random *rand.Rand, count int) *edgeSet {
	var s edgeSet
	for range count {
		s.add4(random.Uint32()&0x0703_0f0f, random.Uint32N(imageValues))
		s.add6(addrnum.Number{Hi: 0x2001<<48 | random.Uint64()&0x07_03ff_000f, Lo: random.Uint64() & 3}, random.Uint32N(imageValues))
		s.add6(addrnum.Number{Hi: random.Uint64() & (0x3<<52 | 0x3<<30)}, random.Uint32N(imageValues))
	}
	for block := range uint32(8) { // near the end of a /16, the second half of a cell, behind which its first half's value goes on
		s.range4(0x3100_fd80|block<<16, 0x3100_fdff|block<<16, 1+block%3)
		half := (0x2a01+uint64(block))<<48 | 0xfffd<<32 | 0x80<<16
		s.range6(addrnum.Number{Hi: half}, addrnum.Number{Hi: half | 0x7f<<16 | 0xffff, Lo: math.MaxUint64}, 1+block%3)
	}
	for block := range uint32(8) { // equal blocks
		for k := range uint32(5) {
			s.add4(0x3000_0000|block<<16|k<<9, k)
			s.add6(addrnum.Number{Hi: 0x2a00<<48 | uint64(block)<<32 | uint64(k)<<17}, k)
		}
	}
	return &s
}

func TestImageIsWhatBuildMakes(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, kinds := range []uint32{1, 2, 3, imageValues} { // few: most of what divides a cell is no border in the image
		for _, count := range []int{0, 1, 30, 2000} {
			for _, anew := range []int{0, 1, 12} {
				t.Run(fmt.Sprintf("%d values of %d edges, %d parts anew", kinds, count, anew), func(t *testing.T) {
					numbers := make([]uint32, imageValues)
					for i := range numbers {
						numbers[i] = random.Uint32N(kinds)
					}
					parts := []uint32{0, 0x2001, 0x0100, 0x0000, 0x0701, 0x2a00, 0x3001, 0xffff, 0xffff, 0x0010, 0x2002, 0x2002}[:anew]
					newImageCase(scattered(random, count), scattered(random, count/2), numbers, parts).check(t)
				})
			}
		}
	}
}

// The same of one table, in a fraction of the time: two in three values become one, and parts of every form are anew.
func TestImageOfOneTable(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 6))
	numbers := make([]uint32, imageValues)
	for i := range numbers {
		numbers[i] = uint32(i % 3)
	}
	base := scattered(random, 300)
	base.add4(0, 1) // what follows the lowest address is something else
	base.add4(1, 2)
	base.add6(addrnum.Number{}, 1)
	base.add6(addrnum.Number{Lo: 1}, 2)
	base.add6(addrnum.Number{Hi: 1}, 3)
	base.range4(0x3300_3f80, 0x3300_3fff, 1) // the last cell of a group is divided
	base.range6(addrnum.Number{Hi: 0x2c00<<48 | 0x3f80<<32}, addrnum.Number{Hi: 0x2c00<<48 | 0x3fff<<32 | 0xffff_ffff, Lo: math.MaxUint64}, 1)
	base.range6(addrnum.Number{Hi: 0x2c01<<48 | 0x003f<<32 | 1<<31}, addrnum.Number{Hi: 0x2c01<<48 | 0x003f<<32 | 0xffff_ffff, Lo: math.MaxUint64}, 1)
	newImageCase(base, scattered(random, 100), numbers, []uint32{0x0100, 0x2001, 0x3001, 0x2a00, 0xffff, 0x0010}).check(t)
}

// A /16 whose last value is nowhere all that a group has, and right behind it another edge.
func TestImageKeepsNoValueForNothing(t *testing.T) {
	numbers := make([]uint32, imageValues)
	for i := range numbers {
		numbers[i] = uint32(i)
	}
	var base edgeSet
	base.add4(0x3210_fff0, 7)
	base.add4(0x3211_0000, 3)
	base.add6(addrnum.Number{Hi: 0x2c10<<48 | 0xfff0<<32}, 7)
	base.add6(addrnum.Number{Hi: 0x2c11 << 48}, 3)
	newImageCase(&base, &edgeSet{}, numbers, nil).check(t)
}

// Values that take 8, 16 and 32 bits, and numbers that stand for values.
func TestImageOfEveryWidth(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for _, shift := range []uint{0, 4, 12, 28} {
		numbers := make([]uint32, imageValues)
		for i := range numbers {
			numbers[i] = uint32(i) << shift
		}
		newImageCase(scattered(random, 500), scattered(random, 100), numbers, []uint32{0x0100, 0x2001}).check(t)
	}
	var wide edgeSet
	numbers := make([]uint32, 1<<17)
	for i := range numbers {
		numbers[i] = uint32(len(numbers)-i) * 5
		wide.add4(uint32(i)<<8, uint32(i))
		wide.add6(addrnum.Number{Hi: 0x2001<<48 | uint64(i)<<16}, uint32(i))
	}
	var want edgeSet
	for i := range numbers {
		want.add4(wide.first4[i], numbers[i])
		want.add6(wide.first6[i], numbers[i])
	}
	want.add6(addrnum.Number{}, numbers[0])
	require.True(t, reflect.DeepEqual(want.build(denseEdges6), wide.build(denseEdges6).Image(numbers, Anew{})))
}

// What Anew says with other numbers: edges that are none any more are gone, but for those with which a part begins.
func TestNumbered(t *testing.T) {
	at := func(part, low uint64) addrnum.Number { return addrnum.Number{Hi: part << 48, Lo: low} }
	a := Anew{
		V4: Edges4{First: []uint32{3 << 16, 3<<16 + 7, 3<<16 + 1<<15, 3<<16 + 1<<15 + 9, 4 << 16, 9 << 16, 9<<16 + 1}, Value: []uint32{0, 1, 0, 2, 1, 0, 2}},
		V6: Edges6{
			First: []addrnum.Number{at(3, 0), at(3, 1), {Hi: 3<<48 | 1}, {Hi: 3<<48 | 1<<47}, at(4, 0), {Hi: 4<<48 | 1}, {Hi: 5 << 48}},
			Value: []uint32{0, 1, 0, 1, 1, 2, 2},
		},
	}
	b := a.Numbered([]uint32{5, 5, 6})
	require.Equal(t, Edges4{First: []uint32{3 << 16, 3<<16 + 1<<15 + 9, 4 << 16, 9 << 16, 9<<16 + 1}, Value: []uint32{5, 6, 5, 5, 6}}, b.V4)
	require.Equal(t, Edges6{First: []addrnum.Number{at(3, 0), at(4, 0), {Hi: 4<<48 | 1}, {Hi: 5 << 48}}, Value: []uint32{5, 5, 6, 6}}, b.V6)
	require.Equal(t, []uint32{0, 1, 0, 2, 1, 0, 2}, a.V4.Value, "the caller's stay")
}

// parts are the /16s of either family with an edge, and their neighbours.
func (s *edgeSet) parts() map[uint32]bool {
	parts := map[uint32]bool{}
	for _, at := range s.first4 {
		parts[at>>16] = true
	}
	for _, at := range s.first6 {
		parts[uint32(at.Hi>>48)] = true
	}
	for part := range maps.Clone(parts) {
		parts[(part+1)&0xffff], parts[(part-1)&0xffff] = true, true
	}
	return parts
}

// The values of each part in order are those of its intervals.
func TestRunsAreThoseOfParts(t *testing.T) {
	s := scattered(rand.New(rand.NewPCG(3, 1)), 3000)
	for _, form := range forms {
		checkRuns(t, form.name, s.build(form.dense6), s.parts())
	}
}

// checkRuns compares the values of parts with those of their intervals, and stops early.
func checkRuns(t *testing.T, form string, table *Table, parts map[uint32]bool) {
	t.Helper()
	for part := range parts {
		var want4, got4, want6, got6 []uint32
		for _, value := range table.v4.Part(part) {
			want4 = append(want4, value)
		}
		for _, value := range table.v6.Part(part) {
			want6 = append(want6, value)
		}
		add := func(values *[]uint32) func(uint32) bool {
			return func(value uint32) bool {
				if n := len(*values); n == 0 || (*values)[n-1] != value {
					*values = append(*values, value)
				}
				return true
			}
		}
		require.True(t, table.v4.Runs(part, add(&got4)))
		require.True(t, table.v6.Runs(part, add(&got6)))
		if !slices.Equal(want4, got4) || !slices.Equal(want6, got6) {
			t.Fatalf("%s: part %#x: %v and %v, want %v and %v", form, part, got4, got6, want4, want6)
		}
		calls := 0
		stop := func(uint32) bool { calls++; return calls < 3 }
		if all := table.v6.Runs(part, stop); all != (calls < 3) || calls > 3 {
			t.Fatalf("%s: part %#x goes on when it is told to stop", form, part)
		}
	}
}

// FuzzImage reads both tables as FuzzTable does; the numbers of values and the parts that are anew come from the input too.
func FuzzImage(f *testing.F) {
	f.Add([]byte{}, []byte{}, []byte{1}, []byte{})
	f.Add([]byte{0x80, 1, 2, 3, 4, 9, 0x80, 1, 2, 4, 0, 3}, []byte{0x80, 1, 2, 0, 0, 5}, []byte{0, 1, 0, 1}, []byte{1, 2})
	f.Add([]byte{0x40, 16, 1, 0x40, 24, 2, 0x40, 32, 3, 0x40, 48, 4, 0x40, 127, 5}, []byte{0x40, 16, 1, 0x40, 24, 2}, []byte{3, 3, 3, 2}, []byte{0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, base, fresh, mapping, chosen []byte) {
		numbers := make([]uint32, imageValues)
		for i := range numbers {
			if len(mapping) > 0 {
				numbers[i] = uint32(mapping[i%len(mapping)])
			}
		}
		b, n := edgesOf(base), edgesOf(fresh)
		for _, s := range []*edgeSet{b, n} { // edgesOf spreads values over all of uint32
			for _, values := range [][]uint32{s.value4, s.value6} {
				for i, v := range values {
					values[i] = (v ^ v>>8 ^ v>>16 ^ v>>24) & (imageValues - 1)
				}
			}
		}
		var parts []uint32
		for i := 0; i+1 < len(chosen) && i < 16; i += 2 {
			parts = append(parts, uint32(chosen[i])<<8|uint32(chosen[i+1]))
		}
		for _, first := range b.first4[:min(2, len(b.first4))] { // parts in which there is something, of both families in turn
			if len(chosen)%2 == 1 {
				parts = append(parts, first>>16, uint32(b.at6().Hi>>48))
			}
		}
		form := forms[len(base)%len(forms)]
		newImageCase(b, n, numbers, parts).checkForm(t, form.name, form.dense6)
	})
}

// at6 is the first edge of IPv6, if there is one.
func (s *edgeSet) at6() (first addrnum.Number) {
	if len(s.first6) > 0 {
		first = s.first6[0]
	}
	return first
}
