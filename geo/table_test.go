package geo_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/mmdbtest"
)

// consistent checks what holds for every table: All covers both address spaces
// in order without a gap, its ranges are as wide as can be, the edges say the
// same, and Lookup and Find agree with it at both ends of every range.
func consistent(t testing.TB, table *geo.Table) {
	t.Helper()
	next := netip.MustParseAddr("0.0.0.0")
	var before *geo.Location
	for network, location := range table.All() {
		if network.From() != next {
			t.Fatalf("%s begins behind a gap or before %s", network, next)
		}
		if before != nil && *before == location {
			t.Fatalf("%s could be one range with the one before it", network)
		}
		for _, addr := range []netip.Addr{network.From(), network.To()} {
			if got := table.Lookup(addr); got != location && !addr.Is4In6() {
				t.Fatalf("%s: Lookup gives %+v, All %+v", addr, got, location)
			}
			if wide, got := table.Find(addr); (got != location || wide != network) && !addr.Is4In6() {
				t.Fatalf("%s: Find gives %s %+v, All %s %+v", addr, wide, got, network, location)
			}
		}
		next, before = network.To().Next(), &location
		if network.To() == netip.MustParseAddr("255.255.255.255") {
			next, before = netip.IPv6Unspecified(), nil
		}
	}
	if next.IsValid() {
		t.Fatalf("nothing is said from %s on", next)
	}
	for _, edges := range [][]uint32{idsOf(table.Edges4()), idsOf(table.Edges6())} {
		for i, id := range edges {
			if int(id) >= table.Locations() || i > 0 && edges[i-1] == id {
				t.Fatalf("id %d of %d behind %v", id, table.Locations(), edges[max(0, i-1)])
			}
		}
	}
}

func idsOf[A any](edges func(func(A, uint32) bool)) (ids []uint32) {
	for _, id := range edges {
		ids = append(ids, id)
	}
	return ids
}

func sample(t testing.TB) []geo.Source {
	return []geo.Source{
		{File: "geo.mmdb", Data: bytesOf(t, mmdbtest.File{Type: "GeoLite2-City", Aliases: true, Networks: []network{
			at("1.0.0.0/8", city("AU", "NSW")),
			at("1.1.1.0/24", country("AU")),
			at("8.8.8.8/32", country("US")),
			at("2001:db8::/32", city("DE", "BY")),
			at("8000::/1", country("FR")),
		}})},
		corrections("1.1.1.1,,,13335,none,", "0.0.0.0-0.0.0.255,-,,,anonymous,VPN", "ffff::/16,NL,NL-NH,,,"),
		list("ANONYMIZER_TOR", "1.2.3.4", "2001:db8::/127", "255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
	}
}

func TestTablesAreConsistent(t *testing.T) {
	sources := sample(t)
	for _, some := range [][]geo.Source{nil, sources[:1], sources[1:2], sources[2:], sources, {sources[2], sources[0], sources[1]}} {
		consistent(t, load(t, some...))
	}
}

// The same address in all its spellings is one address.
func TestLookupOfEverySpelling(t *testing.T) {
	table := load(t, sample(t)...)
	for spelled, plain := range map[string]string{"::ffff:1.2.3.4": "1.2.3.4", "2001:db8::1%eth0": "2001:db8::1", "::ffff:1.1.1.1": "1.1.1.1"} {
		want, got := lookup(t, table, plain), table.Lookup(netip.MustParseAddr(spelled))
		require.NotZero(t, want)
		require.Equal(t, want, got, spelled)
		_, found := table.Find(netip.MustParseAddr(spelled))
		require.Equal(t, want, found, spelled)
	}
}

// A table that does not exist, one of no sources, and an address that does not
// exist: nothing is known and nothing panics.
func TestNothingIsKnownOfNothing(t *testing.T) {
	for name, table := range map[string]*geo.Table{"nil": nil, "zero": {}, "no sources": load(t)} {
		t.Run(name, func(t *testing.T) {
			consistent(t, table)
			require.Equal(t, 1, table.Locations())
			require.Zero(t, table.Location(0))
			require.Zero(t, table.Provides())
			require.Empty(t, table.Datasets())
			require.Empty(t, table.Warnings())
			require.Len(t, slices.Collect(rangesOf(table)), 2)
			require.Equal(t, idsOf(table.Edges6()), idsOf(table.FoldedEdges6()))
			require.NotEmpty(t, idsOf(table.FoldedEdges6()))
			v4, v6 := table.Stated()
			require.True(t, v4.IsEmpty() && v6.IsEmpty())
			if table == nil {
				require.Zero(t, table.Fingerprint())
			}
		})
	}
	table := load(t, sample(t)...)
	require.Zero(t, table.Lookup(netip.Addr{}))
	network, location := table.Find(netip.Addr{})
	require.Zero(t, network)
	require.Zero(t, location)
	require.Zero(t, table.Location(uint32(table.Locations())))
	require.False(t, location.Services.Known())
	require.Empty(t, slices.Collect(location.Services.All()))
}

func rangesOf(table *geo.Table) func(func(netipx.IPRange) bool) {
	return func(yield func(netipx.IPRange) bool) {
		for network := range table.All() {
			if !yield(network) {
				return
			}
		}
	}
}

// Ranging over a table may stop anywhere.
func TestRangingMayStop(t *testing.T) {
	table := load(t, sample(t)...)
	for stop := 1; stop <= len(slices.Collect(rangesOf(table))); stop++ {
		seen := 0
		for range table.All() {
			if seen++; seen == stop {
				break
			}
		}
		require.Equal(t, stop, seen)
	}
	for range table.Edges4() {
		break
	}
	stop := 0
	for range table.Edges6() {
		if stop++; stop == 5 {
			break
		}
	}
	for service := range lookup(t, table, "1.2.3.4").Services.All() {
		require.Equal(t, "ANONYMIZER_TOR", service.Name)
		break
	}
}

// The same sources give the same table: ids, edges, fingerprint.
func TestLoadIsDeterministic(t *testing.T) {
	first, second := load(t, sample(t)...), load(t, sample(t)...)
	require.Equal(t, first.Fingerprint(), second.Fingerprint())
	require.Equal(t, idsOf(first.Edges4()), idsOf(second.Edges4()))
	require.Equal(t, idsOf(first.Edges6()), idsOf(second.Edges6()))
	require.Equal(t, first.Locations(), second.Locations())
	for id := range uint32(first.Locations()) {
		require.Equal(t, names(first.Location(id)), names(second.Location(id)))
		one, other := first.Location(id), second.Location(id)
		one.Services, other.Services = geo.Services{}, geo.Services{}
		require.Equal(t, one, other)
	}
}

// The fingerprint is of what was loaded: content, kind, service and order, not
// the names of files.
func TestFingerprint(t *testing.T) {
	fingerprint := func(sources ...geo.Source) [32]byte { return load(t, sources...).Fingerprint() }
	tor, vpn := list("ANONYMIZER_TOR", "192.0.2.1"), list("NORD_VPN", "192.0.2.1")
	renamed := tor
	renamed.File = "elsewhere.txt"
	require.Equal(t, fingerprint(tor), fingerprint(renamed))
	seen := map[[32]byte]string{}
	for name, sources := range map[string][]geo.Source{
		"nothing":      nil,
		"one":          {tor},
		"service":      {vpn},
		"content":      {list("ANONYMIZER_TOR", "192.0.2.2")},
		"both":         {tor, vpn},
		"other order":  {vpn, tor},
		"twice":        {tor, tor},
		"corrections":  {corrections("192.0.2.1,US,,,,")},
		"empty cells":  {corrections("192.0.2.1,,,,,")},
		"with a space": {list("ANONYMIZER_TOR", "192.0.2.1 ")},
	} {
		sum := fingerprint(sources...)
		require.NotEqual(t, [sha256.Size]byte{}, sum)
		require.Empty(t, seen[sum], "%s has the fingerprint of %s", name, seen[sum])
		seen[sum] = name
	}
	// Written down a second time: a caller may have kept one.
	var stamps []byte
	for _, source := range []geo.Source{{Kind: geo.Netset, Service: tor.Service, Data: tor.Data}, {Kind: geo.CSV, Data: corrections("192.0.2.1,US,,,,").Data}} {
		stamps = append(stamps, byte(source.Kind))
		stamps = binary.BigEndian.AppendUint32(stamps, uint32(len(source.Service)))
		stamps = append(stamps, source.Service...)
		sum := sha256.Sum256(source.Data)
		stamps = append(stamps, sum[:]...)
	}
	require.Equal(t, sha256.Sum256(append([]byte("netwicket geo 1\n"), stamps...)), fingerprint(tor, corrections("192.0.2.1,US,,,,")))
}

// Services of which the same is known are the same, whatever else is known of the
// addresses and of whichever family they are.
func TestEqualServicesAreOne(t *testing.T) {
	table := load(t, database(t, at("1.0.0.0/8", country("AU")), at("2001:db8::/32", country("DE"))), list("NORD_VPN", "192.0.2.1"))
	want := lookup(t, table, "1.2.3.4").Services
	require.True(t, want.TellsOf("NORD_VPN"))
	for _, addr := range []string{"9.9.9.9", "2001:db8::1", "2003::"} {
		require.True(t, want == lookup(t, table, addr).Services, addr)
	}
	table = load(t, database(t, at("1.0.0.0/8", record{"is_anonymous": false}), at("2.0.0.0/8", record{"is_anonymous": true})))
	require.True(t, lookup(t, table, "1.1.1.1").Services == lookup(t, table, "9.9.9.9").Services, "none is stated, and none is known")
}

// What a caller does with its bytes and slices afterwards changes no table.
func TestTablesShareNothing(t *testing.T) {
	sources := sample(t)
	table := load(t, sources...)
	want := lookup(t, table, "2001:db8::1")
	wantNames := names(want)
	for _, source := range sources {
		clear(source.Data)
	}
	table.Datasets()[0].Type = "changed"
	require.Equal(t, want, lookup(t, table, "2001:db8::1"))
	require.Equal(t, wantNames, names(want))
	require.Equal(t, "DE-BY", want.Regions.First())
	require.Equal(t, "GeoLite2-City", table.Datasets()[0].Type)
}

// Loading does not write to the caller's bytes.
func TestLoadLeavesDataAlone(t *testing.T) {
	for _, source := range append(sample(t), feed("192.0.2.0/24,US,,, # a comment\n")) {
		content := slices.Clone(source.Data)
		load(t, source)
		require.Equal(t, content, source.Data)
	}
}

func TestNoAllocs(t *testing.T) {
	table := load(t, sample(t)...)
	for _, text := range []string{
		"1.1.1.1", "8.8.8.8", "9.9.9.9", "::ffff:1.1.1.1", "2001:db8::1", "2001:db8::1%eth0", "2002:808:808::1",
		"2001:0:101:101::", "::1.1.1.1", "ffff::", "2003::",
	} {
		addr := netip.MustParseAddr(text)
		var location geo.Location
		require.Zero(t, testing.AllocsPerRun(100, func() { location = table.Lookup(addr) }), "Lookup of %s", text)
		require.Zero(t, testing.AllocsPerRun(100, func() { _, location = table.Find(addr) }), "Find of %s", text)
		require.Zero(t, testing.AllocsPerRun(100, func() { location.Services.Known() }))
	}
	require.Zero(t, testing.AllocsPerRun(100, func() { table.Lookup(netip.Addr{}) }))
	require.Zero(t, testing.AllocsPerRun(100, func() { table.Location(0) }))
}

// The folded edges with the blocks written out are the edges.
func TestFoldedEdgesAndBlocksAreTheEdges(t *testing.T) {
	type edge struct {
		first [2]uint64
		id    uint32
	}
	sources := sample(t)
	for name, table := range map[string]*geo.Table{
		"nil": nil, "no sources": load(t), "a database": load(t, sources[0]), "a database and corrections": load(t, sources...),
	} {
		t.Run(name, func(t *testing.T) {
			var want, got []edge
			for first, id := range table.Edges6() {
				want = append(want, edge{first, id})
			}
			add := func(first [2]uint64, id uint32) {
				if len(got) == 0 || got[len(got)-1].id != id {
					got = append(got, edge{first, id})
				}
			}
			blocks := table.Blocks()
			for first, id := range table.FoldedEdges6() {
				if int(id) < table.Locations() {
					add(first, id)
					continue
				}
				block := blocks[int(id)-table.Locations()]
				require.Equal(t, first, block.First())
				for v4, id := range block.Edges() {
					shifted := new(big.Int).Lsh(big.NewInt(int64(v4)), 96-block.Bits())
					b := shifted.FillBytes(make([]byte, 16))
					add([2]uint64{first[0] | binary.BigEndian.Uint64(b), first[1] | binary.BigEndian.Uint64(b[8:])}, id)
				}
			}
			require.Equal(t, want, got)
			for range table.FoldedEdges6() {
				break
			}
		})
	}
	alone := load(t, sources[0])
	require.Len(t, alone.Blocks(), 1, "6to4")
	for _, block := range alone.Blocks() {
		require.True(t, alone.RepeatsIPv4(block))
		for range block.Edges() {
			break
		}
	}
	require.Len(t, load(t, sources[0], sources[0]).Blocks(), 1)
	joined := load(t, sources...)
	require.Len(t, joined.Blocks(), 1)
	for _, block := range joined.Blocks() {
		require.False(t, joined.RepeatsIPv4(block), "a list of IPv4 addresses says nothing of 6to4")
	}
}

// aliased is a database of the lower half of IPv4 whose tree begins again at these /16s
// of IPv6.
func aliased(t testing.TB, places ...uint16) geo.Source {
	t.Helper()
	const none, found = ^uint32(0), ^uint32(0) - 1
	nodes := [][2]uint32{{none, none}}
	walk := func(bits int, place uint16) (node uint32) {
		for i := range bits {
			side := 0
			if i < 16 {
				side = int(place >> (15 - i) & 1)
			}
			if nodes[node][side] == none {
				nodes[node][side] = uint32(len(nodes))
				nodes = append(nodes, [2]uint32{none, none})
			}
			node = nodes[node][side]
		}
		return node
	}
	four := walk(96, 0)
	nodes[four][0] = found
	for _, place := range places {
		nodes[walk(15, place)][place&1] = four
	}
	for i := range nodes {
		for side, record := range nodes[i] {
			switch record {
			case none:
				nodes[i][side] = uint32(len(nodes))
			case found:
				nodes[i][side] = uint32(len(nodes)) + 16
			}
		}
	}
	data, err := mmdbtest.Value(country("US"))
	require.NoError(t, err)
	content, err := mmdbtest.Raw{Nodes: nodes, Data: data}.Bytes()
	require.NoError(t, err)
	return geo.Source{File: "aliased.mmdb", Data: content}
}

// Blocks are in the order of their addresses, whichever source has them and in whichever
// order.
func TestBlocksInOrder(t *testing.T) {
	for name, sources := range map[string][]geo.Source{
		"one source": {aliased(t, 0x2002, 0x3000)}, "the later one has the first": {aliased(t, 0x3000), aliased(t, 0x2002)},
		"the later one has one more": {aliased(t, 0x2002), aliased(t, 0x2002, 0x3000)},
	} {
		table := load(t, sources...)
		var firsts [][2]uint64
		for _, block := range table.Blocks() {
			firsts = append(firsts, block.First())
		}
		require.Equal(t, [][2]uint64{{0x2002 << 48}, {0x3000 << 48}}, firsts, name)
		for addr, want := range map[string]string{"1.2.3.4": "US", "129.2.3.4": "", "2002:102:304::": "US", "2002:8102::": "", "3000:102:304::": "US", "3000:8102::": "", "3001:102::": ""} {
			require.Equal(t, want, lookup(t, table, addr).Country, "%s: %s", name, addr)
		}
		consistent(t, table)
	}
}

// What a table tells of itself is the caller's own: whoever changes it changes no answer.
func TestTellingGivesNothingAway(t *testing.T) {
	const header = "network,country,region,asn,anonymizer,services\n"
	table := load(t,
		geo.Source{File: "a.csv", Data: []byte(header + "192.0.2.0/24,DE,,,,\n198.51.101.9/24,DE,,,,\n")},
		geo.Source{File: "b.txt", Data: []byte("198.51.100.7/24\n"), Service: "NORD_VPN"},
		geo.Source{File: "c.txt", Data: []byte("2001:db8::/32\n"), Service: "EXPRESS_VPN"},
	)
	told := func() []any {
		provided4, provided6 := table.Provided()
		stated4, stated6 := table.Stated()
		return []any{table.Datasets(), table.Warnings(), provided4, provided6, stated4, stated6}
	}
	before := fmt.Sprint(told()) // a text, which nobody can change
	for _, one := range told() {
		switch one := one.(type) {
		case []geo.Dataset:
			require.Len(t, one, 3)
			clear(one)
		case geo.Findings:
			require.NotEmpty(t, one)
			clear(one)
		case geo.Provided:
			require.NotEmpty(t, one.Operators)
			clear(one.Operators)
		}
	}
	require.Equal(t, before, fmt.Sprint(told()))
}
