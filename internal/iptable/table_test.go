package iptable

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/addrnum"
)

const largest = math.MaxUint32

func TestLookupMatchesOracle(t *testing.T) {
	tests := []struct {
		name string
		add  func(t *testing.T, s *edgeSet)
	}{
		{"nothing", func(*testing.T, *edgeSet) {}},
		{"one value for all", func(_ *testing.T, s *edgeSet) {
			s.add4(0, 7)
			s.add6(addrnum.Number{}, 8)
		}},
		{"the largest value", func(_ *testing.T, s *edgeSet) {
			s.add4(1<<31, largest)
			s.add6(addrnum.Number{Hi: 1 << 63}, largest)
		}},
		{"first and last address", func(_ *testing.T, s *edgeSet) {
			s.range4(0, 0, 1)
			s.range4(largest, largest, 2)
			s.range6(addrnum.Number{}, addrnum.Number{}, 1)
			s.range6(addrnum.IPv6.Last(), addrnum.IPv6.Last(), 2)
		}},
		{"one address in the middle", func(t *testing.T, s *edgeSet) {
			s.range4(number4(t, "192.0.2.77"), number4(t, "192.0.2.77"), 1)
			s.range6(number6(t, "2001:db8::77"), number6(t, "2001:db8::77"), 1)
		}},
		{"adjacent", func(t *testing.T, s *edgeSet) {
			s.range4(number4(t, "192.0.2.0"), number4(t, "192.0.2.255"), 1)
			s.range4(number4(t, "192.0.3.0"), number4(t, "192.0.3.0"), 2)
			s.range6(number6(t, "2001:db8::"), number6(t, "2001:db8:0:ffff:ffff:ffff:ffff:ffff"), 1)
			s.range6(number6(t, "2001:db8:1::"), number6(t, "2001:db8:1::"), 2)
		}},
		{"equal neighbours", func(t *testing.T, s *edgeSet) {
			for i := range uint32(20) {
				s.add4(number4(t, "198.51.100.0")+i, 5)
				s.add6(addrnum.Number{Hi: number6(t, "2001:db8::").Hi, Lo: uint64(i)}, 6)
			}
			s.add4(number4(t, "198.51.100.20"), 0)
			s.add6(number6(t, "2001:db8::14"), 0)
		}},
		{"a repeated first replaces", func(t *testing.T, s *edgeSet) {
			s.add4(number4(t, "10.0.0.0"), 1)
			s.add4(number4(t, "10.0.0.0"), 2)
			s.add4(number4(t, "11.0.0.0"), 3)
			s.add4(number4(t, "11.0.0.0"), 2)
			s.add4(number4(t, "12.0.0.0"), 4)
			s.add6(addrnum.Number{}, 1)
			s.add6(addrnum.Number{}, 0)
			s.add6(number6(t, "2001:db8::"), 3)
			s.add6(number6(t, "2001:db8::"), 0)
			s.add6(number6(t, "2001:db8::1"), 3)
		}},
		{"in any order", func(t *testing.T, s *edgeSet) {
			s.add4(number4(t, "203.0.113.9"), 1)
			s.add4(number4(t, "10.0.0.0"), 2)
			s.add4(number4(t, "203.0.113.9"), 3)
			s.add6(number6(t, "2001:db8::9"), 1)
			s.add6(number6(t, "2001:db8::"), 2)
			s.add6(number6(t, "2001:db8::9"), 3)
		}},
		{"in any order, but from the lowest on", func(t *testing.T, s *edgeSet) {
			for i, addr := range []string{"0.0.0.0", "203.0.113.9", "10.0.0.0", "11.0.0.0"} {
				s.add4(number4(t, addr), uint32(i+1))
			}
			for i, addr := range []string{"::", "2001:db8::9", "2001:db8::", "2001:db9::"} {
				s.add6(number6(t, addr), uint32(i+1))
			}
		}},
		{"every length of prefix", func(_ *testing.T, s *edgeSet) {
			for bits := range 33 {
				s.add4(uint32(uint64(1)<<32-uint64(1)<<(32-bits)), uint32(bits))
			}
			for bits := range 65 {
				s.add6(addrnum.Number{Hi: ^uint64(0) << (64 - bits)}, uint32(bits))
			}
			for bits := 1; bits <= 64; bits++ {
				s.add6(addrnum.Number{Hi: math.MaxUint64, Lo: ^uint64(0) << (64 - bits)}, uint32(64+bits))
			}
		}},
		{"the depth from a /16 to one address", func(t *testing.T, s *edgeSet) {
			at := number6(t, "2001:db8:1111:2222:3333:4444:5555:6666")
			for bits := 16; bits <= 64; bits += 8 {
				s.add6(addrnum.Number{Hi: at.Hi >> (64 - bits) << (64 - bits)}, uint32(bits))
			}
			for bits := 8; bits <= 64; bits += 8 {
				s.add6(addrnum.Number{Hi: at.Hi, Lo: at.Lo >> (64 - bits) << (64 - bits)}, uint32(64+bits))
			}
		}},
		{"all cells of a group divided", func(t *testing.T, s *edgeSet) {
			for i := range uint32(300) {
				s.range4(number4(t, "10.0.0.0")+i<<8+1, number4(t, "10.0.0.0")+i<<8+1, i+1)
				block := number6(t, "2001:db8::")
				block.Hi += uint64(i) << 32
				s.range6(block.Next(), block.Next(), i+1)
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var s edgeSet
			test.add(t, &s)
			s.check(t)
		})
	}
}

// The bits of an address that random sets vary, so that edges cluster at every depth.
var clusters = []struct {
	name string
	mask addrnum.Number
	bits uint32 // the same for IPv4
}{
	{"everywhere", addrnum.IPv6.Last(), largest},
	{"below one /16", addrnum.Number{Hi: 0x0000_ffff_ffff_ffff, Lo: math.MaxUint64}, 0xffff},
	{"at /24 and /48", addrnum.Number{Hi: 0x0003_0f0f_00ff_0000}, 0x030f_0f00},
	{"below one /48", addrnum.Number{Hi: 0xff, Lo: math.MaxUint64}, 0x1ff},
	{"below one /120", addrnum.Number{Hi: 0, Lo: 0xff}, 0xff},
	{"two far apart", addrnum.Number{Hi: 1 << 63, Lo: 0xf}, 0x8000_000f},
}

func TestRandomSetsMatchOracle(t *testing.T) {
	for _, cluster := range clusters {
		for _, values := range []uint32{2, 100, largest} {
			for _, count := range []int{1, 3, 30, 1000} {
				t.Run(fmt.Sprintf("%s/values=%d/edges=%d", cluster.name, values, count), func(t *testing.T) {
					random := rand.New(rand.NewPCG(uint64(values), uint64(count)))
					var s edgeSet
					for range count {
						s.add4(number4(t, "203.0.113.77")&^cluster.bits|random.Uint32()&cluster.bits, random.Uint32N(values))
						at := number6(t, "2a02:db8:77:99::abc")
						at.Hi = at.Hi&^cluster.mask.Hi | random.Uint64()&cluster.mask.Hi
						at.Lo = at.Lo&^cluster.mask.Lo | random.Uint64()&cluster.mask.Lo
						s.add6(at, random.Uint32N(values))
					}
					s.check(t)
				})
			}
		}
	}
}

// As many distinct values as fit in 16 bits, and more, which are kept in another
// way. Without an offset the value 0 of an empty family is one of them.
func TestManyValues(t *testing.T) {
	for _, count := range []int{narrowLimit - 1, narrowLimit, narrowLimit + 1, narrowLimit + 1000} {
		for _, offset := range []uint32{0, largest - 1<<20} {
			t.Run(fmt.Sprintf("count=%d/offset=%d", count, offset), func(t *testing.T) {
				var s edgeSet
				for i := range uint32(count) {
					s.add4(i<<12, offset+i)
					s.add6(addrnum.Number{Hi: 0x2a02<<48 + uint64(i)<<24}, offset+i)
				}
				v4, v6 := s.oracles()
				table := s.build(denseEdges6)
				checkLookups(t, "built", table, v4, v6)
				checkEdges(t, "built", table, v4, v6)
			})
		}
	}
}

// Building both families side by side or one after the other makes the same table, and lets go of the edges.
func TestBuildAndEmpty(t *testing.T) {
	s := scattered(rand.New(rand.NewPCG(6, 2)), 200)
	for i := range uint32(denseEdges6) {
		s.add6(addrnum.Number{Hi: 0x2100<<48 | uint64(i+1)<<32}, i%2+1) // as many as a page takes, and no more
	}
	want := Build(Edges4{s.first4, s.value4}, Edges6{s.first6, s.value6})
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, processors := range []int{1, 2} {
		runtime.GOMAXPROCS(processors)
		v4, v6 := Edges4{s.first4, s.value4}, Edges6{s.first6, s.value6}
		require.True(t, reflect.DeepEqual(want, BuildAndEmpty(&v4, &v6)))
		require.Zero(t, v4)
		require.Zero(t, v6)
	}
}

// A table keeps nothing of the edges that it was made of.
func TestTableKeepsNoEdges(t *testing.T) {
	edges := Edges4{First: []uint32{0, number4(t, "10.0.0.0")}, Value: []uint32{0, 1}}
	table := Build(edges, Edges6{})
	edges.First[1], edges.Value[1] = 1, 2
	require.Equal(t, uint32(1), table.Lookup(netip.MustParseAddr("10.0.0.1")))
	require.Equal(t, uint32(0), table.Lookup(netip.MustParseAddr("9.0.0.0")))
}

func TestAddLeavesOutWhatIsNoBorder(t *testing.T) {
	var v4 Edges4
	var v6 Edges6
	for i, value := range []uint32{0, 0, 5, 5, 6, 5} {
		v4.Add(uint32(i), value)
		v6.Add(addrnum.Number{Lo: uint64(i)}, value)
	}
	require.Equal(t, Edges4{[]uint32{0, 2, 4, 5}, []uint32{0, 5, 6, 5}}, v4)
	require.Equal(t, v4.Value, v6.Value)
	require.Equal(t, []addrnum.Number{{}, {Lo: 2}, {Lo: 4}, {Lo: 5}}, v6.First)
}

func TestWhatAnAddressMeans(t *testing.T) {
	var s edgeSet
	s.add4(0, 4)
	s.add4(number4(t, "192.0.2.1"), 44)
	s.add4(number4(t, "192.0.2.2"), 4)
	s.add6(addrnum.Number{}, 6)
	s.add6(number6(t, "fe80::1"), 66)
	s.add6(number6(t, "fe80::2"), 6)
	table := s.build(denseEdges6)
	tests := []struct {
		name string
		addr netip.Addr
		want uint32
	}{
		{"IPv4", netip.MustParseAddr("192.0.2.1"), 44},
		{"IPv4-mapped", netip.MustParseAddr("::ffff:192.0.2.1"), 44},
		{"IPv4-mapped with a zone", netip.MustParseAddr("::ffff:192.0.2.1%eth0"), 44},
		{"IPv4-mapped, another", netip.MustParseAddr("::ffff:192.0.2.2"), 4},
		{"IPv4-compatible is IPv6", netip.MustParseAddr("::192.0.2.1"), 6},
		{"almost mapped is IPv6", netip.MustParseAddr("::1:ffff:192.0.2.1"), 6},
		{"what ends like a mapped one is IPv6", netip.MustParseAddr("2001:db8::ffff:192.0.2.1"), 6},
		{"IPv6", netip.MustParseAddr("fe80::1"), 66},
		{"IPv6 with a zone", netip.MustParseAddr("fe80::1%eth0"), 66},
		{"no address", netip.Addr{}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, table.Lookup(test.addr))
			switch {
			case test.addr.Is4():
				require.Equal(t, test.want, table.Lookup4(addrnum.From4(test.addr)))
			case test.addr.IsValid() && !test.addr.Is4In6():
				require.Equal(t, test.want, table.Lookup6(addrnum.From6(test.addr)))
			}
		})
	}
}

func TestNilAndZeroTables(t *testing.T) {
	for name, table := range map[string]*Table{"nil": nil, "zero": {}, "built of nothing": Build(Edges4{}, Edges6{})} {
		t.Run(name, func(t *testing.T) {
			for _, addr := range []string{"0.0.0.0", "203.0.113.1", "255.255.255.255", "::", "2001:db8::1", "ffff::", "::ffff:1.2.3.4"} {
				require.Zero(t, table.Lookup(netip.MustParseAddr(addr)), addr)
			}
			require.Zero(t, table.Lookup(netip.Addr{}))
			count := 0
			for first, value := range table.Edges4() {
				require.Zero(t, first)
				require.Zero(t, value)
				count++
			}
			for first, value := range table.Edges6() {
				require.Zero(t, first)
				require.Zero(t, value)
				count++
			}
			require.Equal(t, 2, count)
		})
	}
}

func TestEdgesRebuildTheTable(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var s edgeSet
	for range 2000 {
		s.add4(random.Uint32()&0x0fff_030f, random.Uint32N(3))
		s.add6(addrnum.Number{Hi: 0x2001<<48 | random.Uint64()&0x0f_03ff_000f, Lo: random.Uint64() & 3}, random.Uint32N(3))
	}
	for _, form := range forms {
		table := s.build(form.dense6)
		again := edgesIn(table).build(form.dense6)
		require.True(t, reflect.DeepEqual(table, again), form.name)
	}
}

// Short lists that are tidy but for one pair, and it at either end.
func TestListsThatAreAlmostTidy(t *testing.T) {
	for _, list := range [][][2]uint32{
		{{0, 1}, {0, 2}},
		{{0, 1}, {0, 2}, {9, 3}},
		{{0, 1}, {0, 2}, {9, 2}},
		{{0, 1}, {9, 2}, {9, 3}},
		{{0, 1}, {9, 2}, {9, 1}},
		{{0, 1}, {9, 2}, {8, 3}},
		{{0, 1}, {9, 2}, {8, 3}, {20, 1}},
		{{0, 5}, {9, 5}},
		{{0, 5}, {9, 5}, {20, 5}},
		{{0, 5}, {9, 5}, {20, 6}},
		{{0, 5}, {9, 6}, {20, 6}},
		{{9, 5}, {20, 6}},
		{{9, 0}, {20, 6}},
		{{9, 5}},
	} {
		var s edgeSet
		for _, edge := range list {
			s.add4(edge[0]<<20, edge[1])
			s.add6(addrnum.Number{Hi: uint64(edge[0]) << 40}, edge[1])
		}
		s.check(t)
		for _, form := range forms {
			table := s.build(form.dense6)
			require.True(t, reflect.DeepEqual(edgesIn(table).build(form.dense6), table), "%s: what is no edge of %v leaves something", form.name, list)
		}
	}
}

// An edge that is none divides nothing.
func TestEqualNeighboursAreNoBorders(t *testing.T) {
	var s, tidy edgeSet
	for i := range uint32(1000) {
		tidy.add4(i*70_001, i%7)
		tidy.add6(addrnum.Number{Hi: uint64(i) * 70_001 << 20}, i%7)
		for k := range uint32(3) {
			s.add4(i*70_001+k, i%7)
			s.add6(addrnum.Number{Hi: uint64(i) * 70_001 << 20, Lo: uint64(k)}, i%7)
		}
	}
	for _, form := range forms {
		require.True(t, reflect.DeepEqual(tidy.build(form.dense6), s.build(form.dense6)), form.name)
	}
}

func TestEdgesStopWhenToldTo(t *testing.T) {
	var s edgeSet
	for i := range uint32(1000) {
		s.add4(i*70_001, i+1)
		s.add6(addrnum.Number{Hi: uint64(i) * 70_001 << 20, Lo: uint64(i)}, i+1)
	}
	for _, form := range forms {
		table := s.build(form.dense6)
		for _, stop := range []int{1, 2, 77, 800} {
			count := 0
			for range table.Edges4() {
				if count++; count == stop {
					break
				}
			}
			require.Equal(t, stop, count, form.name)
			count = 0
			for range table.Edges6() {
				if count++; count == stop {
					break
				}
			}
			require.Equal(t, stop, count, form.name)
		}
	}
}

func TestLookupAllocatesNothing(t *testing.T) {
	var s edgeSet
	for i := range uint32(1000) {
		s.add4(i*70_001, i+1)
		s.add6(addrnum.Number{Hi: 0x2001<<48 + uint64(i)<<10, Lo: uint64(i)}, i+1)
	}
	addrs := []string{"0.1.2.3", "4.0.0.1", "::ffff:4.0.0.1", "::ffff:4.0.0.1%x", "2001::1", "2001::40:0:0:1", "fe80::1%eth0", "::"}
	for _, form := range forms {
		table := s.build(form.dense6)
		for _, text := range addrs {
			addr := netip.MustParseAddr(text)
			if n := testing.AllocsPerRun(1000, func() { table.Lookup(addr) }); n != 0 {
				t.Errorf("%s: Lookup(%s) allocates %v times", form.name, text, n)
			}
		}
	}
}

// TestBytes: what a table takes is what its arrays and lists take, of whatever is in them.
func TestBytes(t *testing.T) {
	var taken func(v reflect.Value) int
	taken = func(v reflect.Value) (n int) {
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				n += taken(v.Field(i))
			}
		case reflect.Slice:
			n = v.Len() * int(v.Type().Elem().Size())
		case reflect.Pointer:
			if !v.IsNil() {
				n = int(v.Type().Elem().Size())
			}
		}
		return n
	}
	s := scattered(rand.New(rand.NewPCG(2, 5)), 3000)
	for _, distinct := range []uint32{1, 1 << 6, 1 << 14, 1 << 30} { // values of 8 and 16 bits, and numbers that stand for them
		for i := range s.value4 {
			s.value4[i] *= distinct
		}
		for i := range s.value6 {
			s.value6[i] *= distinct
		}
		for _, form := range forms {
			table := s.build(form.dense6)
			v4, v6 := table.Bytes()
			require.Equal(t, [2]int{taken(reflect.ValueOf(table.v4)), taken(reflect.ValueOf(table.v6))}, [2]int{v4, v6}, form.name)
		}
	}
	var zero Table
	v4, v6 := zero.Bytes()
	require.Zero(t, v4+v6)
	v4, v6 = (*Table)(nil).Bytes()
	require.Zero(t, v4+v6)
}

// /16s that are alike one after the other: each begins with another value than the one
// before ends with.
func TestEdgesOfEqualNeighbours(t *testing.T) {
	for name, add := range map[string]func(s *edgeSet, block uint32){
		"a value for each /18": func(s *edgeSet, block uint32) {
			for k := range uint32(4) {
				s.add4(block<<16|k<<14, k)
				s.add6(addrnum.Number{Hi: uint64(block)<<48 | uint64(k)<<46}, k)
			}
		},
		"two values in each /18": func(s *edgeSet, block uint32) {
			for k := range uint32(8) {
				s.add4(block<<16|k<<13, k%2)
				s.add6(addrnum.Number{Hi: uint64(block)<<48 | uint64(k)<<45}, k%2)
			}
		},
		"single addresses": func(s *edgeSet, block uint32) {
			for k := range uint32(4) {
				s.range4(block<<16|k<<14|7, block<<16|k<<14|7, 1)
				at := addrnum.Number{Hi: uint64(block)<<48 | uint64(k)<<46, Lo: 7}
				s.range6(at, at, 1)
			}
		},
		"one address with bits everywhere": func(s *edgeSet, block uint32) {
			at := addrnum.Number{Hi: uint64(block)<<48 | 0x1122_3344_5566, Lo: 0x7788_99aa_bbcc_ddee}
			s.range6(at, at, 1)
		},
		"the second half of a cell": func(s *edgeSet, block uint32) {
			s.range4(block<<16|7<<8|0x80, block<<16|7<<8|0xff, 1)
			at := uint64(block)<<48 | 7<<32
			s.range6(addrnum.Number{Hi: at | 1<<31}, addrnum.Number{Hi: at | 0xffff_ffff, Lo: math.MaxUint64}, 1)
		},
		"the second half of the last cell but one, and another group": func(s *edgeSet, block uint32) {
			s.range4(block<<16|0x3e<<8|0x80, block<<16|0x3e<<8|0xff, 1)
			s.range4(block<<16|0x40<<8, block<<16|0x40<<8|0xff, 2)
			at := uint64(block) << 48
			s.range6(addrnum.Number{Hi: at | 0x3e<<32 | 1<<31}, addrnum.Number{Hi: at | 0x3e<<32 | 0xffff_ffff, Lo: math.MaxUint64}, 1)
			s.range6(addrnum.Number{Hi: at | 0x40<<32}, addrnum.Number{Hi: at | 0x40<<32 | 0xffff_ffff, Lo: math.MaxUint64}, 2)
		},
		"many /32s, and one /24 in each half": func(s *edgeSet, block uint32) {
			for k := range uint32(100) {
				s.add6(addrnum.Number{Hi: uint64(block)<<48 | uint64(k)<<32}, k%3+1)
			}
			s.range4(block<<16|1<<8, block<<16|1<<8|0xff, 1)
			s.range4(block<<16|0x81<<8, block<<16|0x81<<8|0xff, 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var s edgeSet
			for block := range uint32(4) {
				add(&s, 0x2040+block)
			}
			s.check(t)
			for _, form := range forms {
				checkRuns(t, form.name, s.build(form.dense6), s.parts())
			}
		})
	}
}

// A /16 of IPv6 is a page from so many edges on as pay for it, in a table and in its image.
func TestPagesBeginWhereTheyPay(t *testing.T) {
	for _, count := range []int{denseEdges6 - 1, denseEdges6} {
		var s edgeSet
		for i := range count {
			s.add6(addrnum.Number{Hi: 0x2001<<48 | uint64(i+1)<<32}, uint32(i%2+1))
		}
		table := Build(Edges4{}, Edges6{s.first6, s.value6})
		require.Equal(t, count == denseEdges6, len(table.v6.pages) > 0, count)
		require.True(t, reflect.DeepEqual(table, table.Image([]uint32{0, 1, 2}, Anew{})), count)
	}
}

func TestEqualBlocksAreKeptOnce(t *testing.T) {
	build := func(blocks uint64) *Table {
		var s edgeSet
		for i := range blocks {
			// The same hundred /48s and one address in each of so many /32s.
			block := 0x2a02<<48 + i<<32
			for k := range uint64(100) {
				s.add6(addrnum.Number{Hi: block + k<<17}, uint32(k%7))
				s.add6(addrnum.Number{Hi: block + k<<17, Lo: k}, uint32(k%7+9))
			}
		}
		return s.build(denseEdges6)
	}
	_, once := build(100).Bytes()
	_, often := build(1000).Bytes()
	require.Less(t, often-once, 20_000)
}
