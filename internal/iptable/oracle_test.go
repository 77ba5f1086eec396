package iptable

import (
	"math"
	"net/netip"
	"sort"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// oracle is the same map as the edges', as the list of all of them and a search through it.
type oracle struct {
	first []addrnum.Number
	value []uint32
}

// newOracle sorts the calls; of several at one address the last counts.
func newOracle(first []addrnum.Number, value []uint32) oracle {
	order := make([]int, len(first))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return first[order[i]].Less(first[order[j]]) })
	var o oracle
	for _, i := range order {
		if n := len(o.first); n > 0 && o.first[n-1] == first[i] {
			o.value[n-1] = value[i]
			continue
		}
		o.first, o.value = append(o.first, first[i]), append(o.value, value[i])
	}
	return o
}

func (o oracle) at(a addrnum.Number) uint32 {
	i := sort.Search(len(o.first), func(i int) bool { return a.Less(o.first[i]) })
	if i == 0 {
		return 0
	}
	return o.value[i-1]
}

// merged is the edges that a table of this map has: from the lowest address on, equal neighbours merged.
func (o oracle) merged() (first []addrnum.Number, value []uint32) {
	first, value = []addrnum.Number{{}}, []uint32{o.at(addrnum.Number{})}
	for i, f := range o.first {
		if f != (addrnum.Number{}) && o.value[i] != value[len(value)-1] {
			first, value = append(first, f), append(value, o.value[i])
		}
	}
	return first, value
}

// edgeSet is the calls for both families.
type edgeSet struct {
	first4 []uint32
	value4 []uint32
	first6 []addrnum.Number
	value6 []uint32
}

func (s *edgeSet) add4(first, value uint32) {
	s.first4, s.value4 = append(s.first4, first), append(s.value4, value)
}

func (s *edgeSet) add6(first addrnum.Number, value uint32) {
	s.first6, s.value6 = append(s.first6, first), append(s.value6, value)
}

// range4 gives value to first..last and 0 to what follows, as long as calls come in ascending order.
func (s *edgeSet) range4(first, last, value uint32) {
	s.add4(first, value)
	if last != math.MaxUint32 {
		s.add4(last+1, 0)
	}
}

func (s *edgeSet) range6(first, last addrnum.Number, value uint32) {
	s.add6(first, value)
	if last != addrnum.IPv6.Last() {
		s.add6(last.Next(), 0)
	}
}

func (s *edgeSet) build(dense6 int) *Table {
	return build(Edges4{s.first4, s.value4}, Edges6{s.first6, s.value6}, dense6)
}

func (s *edgeSet) oracles() (v4, v6 oracle) {
	wide := make([]addrnum.Number, len(s.first4))
	for i, f := range s.first4 {
		wide[i].Lo = uint64(f)
	}
	return newOracle(wide, s.value4), newOracle(s.first6, s.value6)
}

// forms are the ways in which a table can be laid out. The thresholds make each of them reachable with few edges.
var forms = []struct {
	name   string
	dense6 int
}{
	{"dense", 0},
	{"sparse", math.MaxInt},
	{"mixed", 4},
}

// check compares the tables of s, in every form, with the oracle.
func (s *edgeSet) check(t *testing.T) {
	t.Helper()
	v4, v6 := s.oracles()
	for _, form := range forms {
		table := s.build(form.dense6)
		checkLookups(t, form.name, table, v4, v6)
		checkEdges(t, form.name, table, v4, v6)
	}
}

// checkLookups compares at both ends of every interval and one address further.
func checkLookups(t *testing.T, form string, table *Table, v4, v6 oracle) {
	t.Helper()
	at4 := func(addr uint32) {
		want := v4.at(addrnum.Number{Lo: uint64(addr)})
		if got := table.Lookup(addrnum.Addr4(addr)); got != want {
			t.Fatalf("%s: Lookup(%s) = %d, want %d", form, addrnum.Addr4(addr), got, want)
		}
		if got := table.Lookup(netip.AddrFrom16(addrnum.Addr4(addr).As16())); got != want {
			t.Fatalf("%s: Lookup(::ffff:%s) = %d, want %d", form, addrnum.Addr4(addr), got, want)
		}
	}
	at6 := func(a addrnum.Number) {
		if a.Addr6().Is4In6() {
			return // that is an IPv4 address
		}
		want := v6.at(a)
		if got := table.Lookup(a.Addr6()); got != want {
			t.Fatalf("%s: Lookup(%s) = %d, want %d", form, a.Addr6(), got, want)
		}
	}
	at4(0)
	at4(math.MaxUint32)
	for _, f := range v4.first {
		addr := uint32(f.Lo)
		for _, a := range []uint32{addr - 2, addr - 1, addr, addr + 1} {
			at4(a)
		}
	}
	at6(addrnum.Number{})
	at6(addrnum.IPv6.Last())
	for _, f := range v6.first {
		for _, a := range []addrnum.Number{f.Prev().Prev(), f.Prev(), f, f.Next()} {
			at6(a)
		}
	}
}

// checkEdges compares the table's edges with the merged calls.
func checkEdges(t *testing.T, form string, table *Table, v4, v6 oracle) {
	t.Helper()
	again := edgesIn(table)
	first4, value4 := v4.merged()
	require.Len(t, again.first4, len(first4), form)
	for i, f := range first4 {
		if got := again.first4[i]; uint64(got) != f.Lo || again.value4[i] != value4[i] {
			t.Fatalf("%s: edge %d of IPv4 is %s: %d, want %s: %d", form, i, addrnum.Addr4(got), again.value4[i], addrnum.Addr4(uint32(f.Lo)), value4[i])
		}
	}
	first6, value6 := v6.merged()
	require.Len(t, again.first6, len(first6), form)
	for i, f := range first6 {
		if got := again.first6[i]; got != f || again.value6[i] != value6[i] {
			t.Fatalf("%s: edge %d of IPv6 is %s: %d, want %s: %d", form, i, got.Addr6(), again.value6[i], f.Addr6(), value6[i])
		}
	}
}

// edgesIn is the calls that make the same table again.
func edgesIn(table *Table) *edgeSet {
	var s edgeSet
	for first, value := range table.Edges4() {
		s.add4(first, value)
	}
	for first, value := range table.Edges6() {
		s.add6(first, value)
	}
	return &s
}

func number6(t testing.TB, s string) addrnum.Number {
	t.Helper()
	return addrnum.From6(netip.MustParseAddr(s))
}

func number4(t testing.TB, s string) uint32 {
	t.Helper()
	return addrnum.From4(netip.MustParseAddr(s))
}
