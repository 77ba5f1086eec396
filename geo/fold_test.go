package geo

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/internal/addrnum"
)

// aliasChoices are blocks that layers may alias, some inside one another, some
// that no real file has.
var aliasChoices = []alias{
	{addrnum.Number{}, 96},
	{addrnum.Number{Hi: 0x2001_0000 << 32}, 32},
	{addrnum.Number{Hi: 0x2002 << 48}, 16},
	{addrnum.Number{Hi: 0x2002_8000 << 32}, 17},
	{addrnum.Number{Hi: 0x2002_0001 << 32}, 48},
	{addrnum.Number{Hi: 0xffff_ffff_0000_0000}, 32},
	{addrnum.Number{Lo: 0xffff_8000_0000}, 81}, // around the mapped block
}

// randomLayer says random things with few edges, most of them at the borders of
// blocks, where mistakes would be.
func randomLayer(random *rand.Rand, v *vocabulary) *layer {
	l := &layer{v4: uniform4(0), v6: uniform6(0), statements: make([]statement, 1)}
	for range 3 {
		said := statement{states: Field(random.UintN(32)), asn: random.Uint32N(3), tells: Sorts(random.UintN(16)), replaces: random.IntN(2) == 0}
		said.hides = said.tells & Sorts(random.UintN(16))
		said.country = countryOf([]string{"US", "DE", "ZZ"}[random.IntN(3)])
		said.regions = v.regions([]string{"US", "DE"}[random.IntN(2)], "BY", "M")
		said.services = v.set([]Service{namedService([]string{"A_VPN", "B_VPN"}[random.IntN(2)])})
		l.statements = append(l.statements, said)
	}
	for range random.IntN(4) {
		first := random.Uint32()
		if l.v4.first[len(l.v4.first)-1] < first {
			l.v4.add(first, random.Uint32N(4))
		}
	}
	for range random.IntN(4) {
		block := aliasChoices[random.IntN(len(aliasChoices))]
		first, last := block.first, block.last()
		switch random.IntN(4) {
		case 0:
			first = block.address(random.Uint32())
		case 1:
			first, last = addrnum.Number{}, addrnum.IPv6.Last()
		case 2:
			last = block.address(random.Uint32())
		}
		l.v6.patch(first, last, random.Uint32N(4))
	}
	if random.IntN(3) == 0 {
		return l // corrections or a list
	}
	for _, a := range aliasChoices {
		clash := random.IntN(3) > 0
		for _, other := range l.aliases {
			clash = clash || other.overlaps(a)
		}
		if !clash {
			l.aliases = append(l.aliases, a)
			l.v6.patch(a.first, a.last(), 0)
		}
	}
	l.leaveChosen()
	return l
}

// isChosen says that an address lies in one of the blocks that clients choose.
func isChosen(addr netip.Addr) bool {
	return netip.MustParsePrefix("::/96").Contains(addr) || netip.MustParsePrefix("2001::/32").Contains(addr)
}

// A database says nothing of addresses that clients choose, however its tree
// comes to them, and everywhere else what it said before.
func TestDatabasesLeaveWhatClientsChoose(t *testing.T) {
	v4 := spans4{spansIn[uint32]{first: []uint32{0, 0x01000000, 0x02000000}, id: []uint32{1, 2, 0}}}
	choices := append(slices.Clone(aliasChoices), alias{addrnum.Number{Hi: 0x2001 << 48}, 16}, alias{addrnum.Number{Hi: 0x2001_0000_8000_0000}, 33}, alias{addrnum.Number{}, 64})
	for _, a := range choices {
		for _, everywhere := range []uint32{0, 3} {
			before := &layer{v4: v4, aliases: []alias{a}, statements: make([]statement, 4)}
			for i := range before.statements {
				before.statements[i].asn = uint32(i)
			}
			before.v6 = uniform6(everywhere)
			before.v6.patch(a.first, a.last(), 0)
			after := *before
			after.v6 = spans6{before.v6.clone()}
			after.aliases = slices.Clone(before.aliases)
			after.leaveChosen()
			for _, block := range slices.Concat(choices, chosen[:]) {
				for _, v4 := range []uint32{0, 1, 0x01020304, 0x02000000, math.MaxUint32} {
					for _, addr := range []netip.Addr{block.address(v4).Addr6(), block.address(v4).Prev().Addr6(), block.last().Next().Addr6()} {
						want := before.says(addr).asn
						if isChosen(addr) {
							want = 0
						}
						require.Equal(t, want, after.says(addr).asn, "%s, alias %+v", addr, a)
					}
				}
			}
		}
	}
}

// randomProvided is often the same, so that both families may settle alike.
func randomProvided(random *rand.Rand) Provided {
	return [...]Provided{{}, {Anonymizer: AllSorts, Services: AllSorts}, {Services: TorSort, Operators: []string{"A_VPN"}}}[random.IntN(3)]
}

// says is what a layer says of one address, looked up.
func (l *layer) says(addr netip.Addr) *statement {
	at := addrnum.From(addr)
	if addr.Is4() {
		return &l.statements[l.v4.id[l.v4.at(uint32(at.Lo))]]
	}
	for _, a := range l.aliases {
		if !at.Less(a.first) && !a.last().Less(at) {
			return &l.statements[l.v4.id[l.v4.at(a.embedded(at))]]
		}
	}
	return &l.statements[l.v6.id[l.v6.at(at)]]
}

// Folding layers that repeat IPv4 in all sorts of blocks, against applying the
// statements of each layer to one address after the other.
func TestFoldAgainstEachAddress(t *testing.T) {
	for seed := range uint64(1000) {
		random := rand.New(rand.NewPCG(seed, 1))
		v := newVocabulary()
		var layers []*layer
		for range 1 + random.IntN(3) {
			layers = append(layers, randomLayer(random, v))
		}
		var addrs []netip.Addr
		for _, l := range layers {
			for _, first := range l.v4.first {
				for _, v4 := range []uint32{first, first - 1} {
					addrs = append(addrs, addrnum.Addr4(v4))
					for _, block := range aliasChoices {
						addrs = append(addrs, block.address(v4).Addr6(), block.address(v4+1).Prev().Addr6())
					}
				}
			}
			for _, first := range l.v6.first {
				addrs = append(addrs, first.Addr6(), first.Prev().Addr6())
			}
		}
		supplied := supply{provided: families{randomProvided(random), randomProvided(random)}}
		want := map[netip.Addr]fact{}
		for _, addr := range addrs {
			f := fact{chosen: isChosen(addr)}
			for _, l := range layers {
				f = v.apply(f, l.says(addr))
			}
			want[addr] = v.settle(f, &supplied.provided, addr.Is6())
		}
		table := build(layers, v, supplied)
		expected := &Table{vocabulary: v, alphabet: table.alphabet}
		for addr, f := range want {
			if addr.Is4In6() {
				continue // it is its IPv4 address
			}
			expected.facts = []packedFact{f.pack()}
			_, found := table.Find(addr)
			require.Equal(t, expected.Location(0), found, "seed %d: Find of %s", seed, addr)
			require.Equal(t, found, table.Lookup(addr), "seed %d: Lookup of %s", seed, addr)
		}
	}
}

// Blocks that every source repeats alike are kept once, as IPv4 itself.
func TestBlocksShareIPv4(t *testing.T) {
	v := newVocabulary()
	both := func() *layer {
		return &layer{
			v4: spans4{spansIn[uint32]{first: []uint32{0, 5}, id: []uint32{0, 1}}}, v6: uniform6(0),
			aliases: []alias{aliasChoices[2], aliasChoices[5]}, statements: []statement{{}, {states: ASN, asn: 1}},
		}
	}
	onlyV6 := &layer{v4: uniform4(0), v6: uniform6(0), statements: make([]statement, 1)}
	onlyV4 := &layer{v4: spans4{spansIn[uint32]{first: []uint32{0, 9}, id: []uint32{0, 1}}}, v6: uniform6(0), statements: []statement{{}, {states: ASN, asn: 2}}}
	shared := build([]*layer{both(), onlyV6}, v, supply{})
	require.Len(t, shared.blocks, 2)
	for _, b := range shared.blocks {
		require.Same(t, shared.v4, b.edges)
		require.Same(t, shared.index, b.index)
	}
	split := build([]*layer{both(), onlyV4}, v, supply{})
	require.Len(t, split.blocks, 2)
	for _, b := range split.blocks {
		require.NotSame(t, split.v4, b.edges)
		require.Same(t, split.blocks[0].edges, b.edges)
		require.Same(t, split.blocks[0].index, b.index)
	}
}

// Every country, anonymizer and number survives packing.
// Each block has a number of its own behind those of the locations.
func TestFoldedBlocksAreNumbered(t *testing.T) {
	v4, v6 := uniform4(0), uniform6(blockBit)
	for i := range uint64(3) {
		v6.add(addrnum.Number{Hi: i + 1}, blockBit|uint32(i+1))
	}
	table := Table{v4: &v4, v6: v6, facts: make([]packedFact, 5)}
	var ids []uint32
	for _, id := range table.FoldedEdges6() {
		ids = append(ids, id)
	}
	require.Equal(t, []uint32{5, 6, 7, 8}, ids)
}

func TestPackedFacts(t *testing.T) {
	letters := newAlphabet()
	codes := []countryCode{0}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			text := string([]rune{a, b})
			code := countryOf(text)
			if text == "ZZ" || text == "XX" {
				require.Zero(t, code)
				continue
			}
			require.Equal(t, text, letters.text(code))
			codes = append(codes, code)
		}
	}
	require.Len(t, codes, 26*26-2+1)
	require.Empty(t, letters.text(0))
	for i, code := range codes {
		f := fact{
			asn: math.MaxUint32 - uint32(i), regions: uint32(i), services: uint32(i) << 18,
			country: code, registered: codes[len(codes)-1-i], represented: codes[i/2], hides: Sorts(i / 16 % 16), told: Sorts(i % 16),
		}
		p := f.pack()
		require.Equal(t, f.anonymizer(), p.anonymizer())
		require.Equal(t, f, fact{p.asn, p.regions, p.services(), p.country(), p.registered(), p.represented(), f.hides, p.told(), 0, false})
	}
}
