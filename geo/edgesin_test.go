package geo_test

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/geo"
)

// The edges of a range are where the locations of its addresses change, and Find, which
// searches in another way, says the same of each.
func TestEdgesInAreThoseOfARange(t *testing.T) {
	sources := sample(t)
	random := rand.New(rand.NewPCG(3, 9))
	for _, table := range []*geo.Table{nil, load(t, sources[0]), load(t, sources...)} {
		var all4 []uint32
		var all6 [][2]uint64
		for first := range table.Edges4() {
			all4 = append(all4, first, first-1, first+1)
		}
		for first := range table.Edges6() {
			all6 = append(all6, first, [2]uint64{first[0], first[1] + 1}, [2]uint64{first[0] ^ 1, math.MaxUint64})
		}
		for range 300 {
			from, to := all4[random.IntN(len(all4))], all4[random.IntN(len(all4))]
			from, to = min(from, to), max(from, to)
			var want, got [][2]uint32
			known := uint32(0)
			for first, id := range table.Edges4() {
				if first <= from {
					known = id
				} else if first <= to {
					want = append(want, [2]uint32{first, id})
				}
			}
			want = append([][2]uint32{{from, known}}, want...)
			for first, id := range table.Edges4In(from, to) {
				got = append(got, [2]uint32{first, id})
			}
			require.Equal(t, want, got)
			requireEdges6In(t, table, all6[random.IntN(len(all6))], all6[random.IntN(len(all6))])
		}
	}
}

type edge6 struct {
	first [2]uint64
	id    uint32
}

func requireEdges6In(t *testing.T, table *geo.Table, from, to [2]uint64) {
	t.Helper()
	less := func(a, b [2]uint64) bool { return a[0] < b[0] || a[0] == b[0] && a[1] < b[1] }
	if less(to, from) {
		from, to = to, from
	}
	var want, got []edge6
	begins := edge6{first: from}
	for first, id := range table.Edges6() {
		if !less(from, first) {
			begins.id = id
		} else if !less(to, first) {
			want = append(want, edge6{first, id})
		}
	}
	want = append([]edge6{begins}, want...)
	for first, id := range table.Edges6In(from, to) {
		got = append(got, edge6{first, id})
	}
	require.Equal(t, want, got, "from %x to %x", from, to)
}

// Of every address, the source that counts is the last one of which At says that it
// states the country.
func TestStatingIsTheLastOfAt(t *testing.T) {
	rows := filepath.Join(t.TempDir(), "rows.csv")
	require.NoError(t, os.WriteFile(rows, []byte("network,country,region,asn,anonymizer,services\n1.1.1.0/25,DE,,,,\n8.0.0.0/9,,,7,,\n1.2.0.0/16,-,,,,\n2002:101::/32,FR,,,,\n2a00::/16,,,1,,\n"), 0o600))
	sources := sample(t)
	tracer, err := geo.NewTracer(sources[0], sources[1], geo.Source{File: rows})
	require.NoError(t, err)
	stating := tracer.Stating(geo.Country)
	counts := func(addr netip.Addr) int {
		last := -1
		for i, s := range tracer.At(addr) {
			if s.States.Has(geo.Country) {
				last = i
			}
		}
		return last
	}
	for _, within := range []string{"0.0.0.0/0", "::/0", "1.1.1.0/24", "1.1.1.77/32", "2002:101:100::/40", "2a00::/12", "2001:db8:4::/48"} {
		whole := netipx.RangeOfPrefix(netip.MustParsePrefix(within))
		next, sources := whole.From(), map[int]bool{}
		for r, source := range stating.In(whole) {
			require.Equal(t, next, r.From(), within)
			for _, addr := range []netip.Addr{r.From(), r.To()} {
				if !addr.Is4In6() {
					require.Equal(t, counts(addr), source, "%s in %s", addr, within)
				}
			}
			next, sources[source] = r.To().Next(), true
		}
		require.Equal(t, whole.To().Next(), next, within)
		if whole.From() == netip.IPv4Unspecified() {
			require.Equal(t, map[int]bool{-1: true, 0: true, 1: true, 2: true}, sources)
		}
		for range stating.In(whole) {
			break
		}
	}
	var none *geo.Tracer
	one := netipx.RangeOfPrefix(netip.MustParsePrefix("192.0.2.0/24"))
	for r, source := range none.Stating(geo.Country).In(one) {
		require.Equal(t, one, r)
		require.Equal(t, -1, source)
	}
	for range stating.In(netipx.IPRange{}) {
		t.Fatal("a range that is none has no addresses")
	}
}
