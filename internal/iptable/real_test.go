package iptable

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/oschwald/maxminddb-golang/v2"
	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/addrnum"
	"github.com/netwicket/netwicket/internal/realdata"
)

var realDatabases = []string{"country-2025.mmdb", "asn-2024.mmdb", "anonymous-2026.mmdb"}

// realData is the directory of the databases; the test is skipped where there is none.
func realData(t testing.TB) string {
	t.Helper()
	for _, name := range realDatabases {
		realdata.Path(t, "mmdb/"+name)
	}
	return realdata.Path(t, "mmdb")
}

// readDatabase is a database as edges; values are 1 + the offset of the record, 0 where there is none.
func readDatabase(t testing.TB, reader *maxminddb.Reader) *edgeSet {
	t.Helper()
	var s edgeSet
	for result := range reader.Networks() {
		require.NoError(t, result.Err())
		value := uint32(result.Offset()) + 1
		prefix := result.Prefix()
		if prefix.Addr().Is4() {
			first := addrnum.From4(prefix.Addr())
			s.range4(first, first|uint32(uint64(1)<<(32-prefix.Bits())-1), value)
			continue
		}
		first := addrnum.From6(prefix.Addr())
		var last addrnum.Number
		if bits := prefix.Bits(); bits <= 64 {
			last = addrnum.Number{Hi: first.Hi | (1<<(64-bits) - 1), Lo: math.MaxUint64}
		} else {
			last = addrnum.Number{Hi: first.Hi, Lo: first.Lo | (1<<(128-bits) - 1)}
		}
		s.range6(first, last, value)
	}
	return &s
}

// join is the map from an address to a number for what all of them say there.
func join(sets []*edgeSet) *edgeSet {
	var joined edgeSet
	var all4, all6 []addrnum.Number
	var oracles4, oracles6 []oracle
	for _, s := range sets {
		v4, v6 := s.oracles()
		oracles4, oracles6 = append(oracles4, v4), append(oracles6, v6)
		all4, all6 = append(all4, v4.first...), append(all6, v6.first...)
	}
	numbers := map[[3]uint32]uint32{}
	number := func(oracles []oracle, at addrnum.Number) uint32 {
		var key [3]uint32
		for i, o := range oracles {
			key[i] = o.at(at)
		}
		n, known := numbers[key]
		if !known {
			n = uint32(len(numbers))
			numbers[key] = n
		}
		return n
	}
	number(oracles4, addrnum.Number{}) // what is said of no address is 0
	for _, f := range newOracle(all4, make([]uint32, len(all4))).first {
		joined.add4(uint32(f.Lo), number(oracles4, f))
	}
	for _, f := range newOracle(all6, make([]uint32, len(all6))).first {
		joined.add6(f, number(oracles6, f))
	}
	return &joined
}

func TestRealDatabases(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of processor time; run without -short")
	}
	dir := realData(t)
	var sets []*edgeSet
	for _, name := range realDatabases {
		t.Run(name, func(t *testing.T) {
			reader, err := maxminddb.Open(filepath.Join(dir, name))
			require.NoError(t, err)
			defer reader.Close()
			s := readDatabase(t, reader)
			sets = append(sets, s)
			table := s.build(denseEdges6)
			v4, v6 := s.oracles()
			checkLookups(t, name, table, v4, v6)
			checkEdges(t, name, table, v4, v6)
			compareWithReader(t, table, reader, s)
		})
	}
	t.Run("joined", func(t *testing.T) {
		s := join(sets)
		table := s.build(denseEdges6)
		v4, v6 := s.oracles()
		checkLookups(t, "joined", table, v4, v6)
		checkEdges(t, "joined", table, v4, v6)
		bytes4, bytes6 := table.Bytes()
		t.Logf("%d edges of IPv4 in %d bytes, %d of IPv6 in %d", len(s.first4), bytes4, len(s.first6), bytes6)
	})
}

// compareWithReader asks the database itself, at random addresses and beside the edges.
func compareWithReader(t *testing.T, table *Table, reader *maxminddb.Reader, s *edgeSet) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		at6 := s.first6[random.IntN(len(s.first6))]
		for _, addr := range []netip.Addr{
			addrnum.Addr4(random.Uint32()),
			addrnum.Addr4(s.first4[random.IntN(len(s.first4))] - random.Uint32N(2)),
			addrnum.Number{Hi: at6.Hi, Lo: at6.Lo + random.Uint64()}.Addr6(),
			at6.Prev().Addr6(),
		} {
			if addr.Is4In6() {
				continue
			}
			result := reader.Lookup(addr)
			want := uint32(0)
			if result.Found() {
				want = uint32(result.Offset()) + 1
			}
			if got := table.Lookup(addr); got != want {
				t.Fatalf("Lookup(%s) = %d, the database has %d", addr, got, want)
			}
		}
	}
}
