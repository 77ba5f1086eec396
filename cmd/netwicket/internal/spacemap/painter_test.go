package spacemap_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
)

// ofNumbers is a range of IPv4 by the last bytes of its addresses.
func ofNumbers(first, last int) netipx.IPRange {
	at := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{8, 0, byte(n >> 8), byte(n)}) }
	return netipx.IPRangeFrom(at(first), at(last))
}

func numberOf(a netip.Addr) int { b := a.As4(); return int(b[2])<<8 | int(b[3]) }

// randomRanges are some parts of 0 to 4095, apart from each other or side by side.
func randomRanges(random *rand.Rand) (list []netipx.IPRange) {
	for at := random.IntN(900); at < 4096; {
		last := min(at+random.IntN([]int{2, 30, 900}[random.IntN(3)]), 4095)
		list = append(list, ofNumbers(at, last))
		at = last + 1 + random.IntN(2)*random.IntN(700)
	}
	return list
}

// What does not count is cut out of what a painter says, address by address, whatever lies
// where; and a painter is not even asked about what is wide of it.
func TestGroundsAreCutOut(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 59))
	for range 400 {
		grounds := randomRanges(random)
		from := random.IntN(4096)
		within := ofNumbers(from, from+random.IntN(min([]int{1, 40, 4096}[random.IntN(3)], 4096-from)))
		var colours [4096]int
		var edges []int
		for at, colour := 0, 0; at < 4096; at++ {
			if at == 0 || random.IntN(40) == 0 {
				edges = append(edges, at)
				colour = len(edges) % 2
			}
			colours[at] = colour
		}
		// The painter counts its ranges from the first one that it is asked about.
		first := make(map[int]int)
		cuts := func(r netipx.IPRange) (parts []netipx.IPRange) {
			begin := numberOf(r.From())
			first[begin] = colours[begin]
			for at := begin; at <= numberOf(r.To()); at++ {
				if at == numberOf(r.To()) || colours[at+1] != colours[at] {
					parts = append(parts, ofNumbers(begin, at))
					begin = at + 1
				}
			}
			return parts
		}
		painted, next := make(map[int]int), numberOf(within.From())
		asked, reserved := spacemap.Coloured(within, cuts, grounds, func(r netipx.IPRange, colour int) bool {
			require.Equal(t, next, numberOf(r.From()), "%v of %v", r, within)
			require.False(t, r.To().Less(r.From()))
			for at := numberOf(r.From()); at <= numberOf(r.To()); at++ {
				painted[at] = colour
			}
			next = numberOf(r.To()) + 1
			return true
		})
		require.Equal(t, numberOf(within.To())+1, next)
		wide := 0
		for _, g := range grounds {
			for at := numberOf(g.From()); at <= numberOf(g.To()); at++ {
				if at >= numberOf(within.From()) && at <= numberOf(within.To()) {
					require.Equal(t, reserved, painted[at], "%d of %v in %v", at, grounds, within)
					delete(painted, at)
					wide++
				}
			}
			for _, r := range asked {
				require.True(t, !r.Overlaps(g) || size(g) < size(within)/1024, "%v is asked about, where %v is wide of %v", r, g, within)
			}
		}
		require.Len(t, painted, int(size(within))-wide)
		base := 0
		for at := numberOf(within.From()); at <= numberOf(within.To()); at++ {
			if start, is := first[at]; is {
				base = start
			}
			if colour, is := painted[at]; is {
				require.Equal(t, colours[at]^base, colour, at)
			}
		}
	}
}

// Whoever has seen enough of the ranges gets no more of them.
func TestRangesEnd(t *testing.T) {
	ways(t, 11, func(tiles *spacemap.Tiles, by spacemap.By, truth *told, _ *rand.Rand) {
		for f, text := range map[spacemap.Family]string{spacemap.IPv4: "198.0.0.0/7", spacemap.IPv6: "2000::/3"} {
			all, err := tiles.RangesIn(f, by, netipx.RangeOfPrefix(netip.MustParsePrefix(text)))
			require.NoError(t, err)
			count := 0
			for range all {
				count++
			}
			require.Greater(t, count, 3)
			for enough := 1; enough <= count; enough += 1 + count/40 {
				seen := 0
				for range all {
					if seen++; seen == enough {
						break
					}
				}
				require.Equal(t, enough, seen)
			}
		}
	})
}

// Of a policy that is none, everything is denied, and in no zone, country or source.
func TestMapsOfNoPolicy(t *testing.T) {
	nobody := tilesOf(t, spacemap.Subject{})
	for by, want := range map[spacemap.By]string{
		spacemap.ByDecision: "deny ", spacemap.ByReason: "deny no_policy", spacemap.ByZone: "noZone ", spacemap.ByCountry: "unknownCountry ", spacemap.BySource: "noSource ",
	} {
		view, err := nobody.View(spacemap.IPv4, by, spacemap.Place{Level: 2})
		require.NoError(t, err)
		require.Equal(t, want, view.Legend[0].Key+" "+view.Legend[0].Name)
		require.True(t, view.Legend[0].Counted)
		require.InDelta(t, 1, view.Legend[0].Share, 1e-9)
		require.Len(t, view.Legend, 2)
		require.Equal(t, "reserved ", view.Legend[1].Key+" "+view.Legend[1].Name)
		require.Empty(t, view.Legend[1].Text(spacemap.IPv4), "what does not count is in no number")
	}
}

// A snapshot does not tell what its documents name, and then everything counts.
func TestMapsOfSnapshots(t *testing.T) {
	subject, _ := crowded(t, 1)
	var kept bytes.Buffer
	require.NoError(t, subject.Policy.WriteSnapshot(&kept))
	read, err := decide.ReadSnapshot(&kept)
	require.NoError(t, err)
	for name, one := range map[string]spacemap.Subject{
		"one": {Policy: read}, "new": {Policy: read, Compare: true, Old: subject.Policy, OldConfig: subject.Config}, "old": {Policy: subject.Policy, Config: subject.Config, Compare: true, Old: read},
	} {
		m := spacemap.New(one)
		for _, text := range []string{"10.0.0.1", "255.255.255.255", "fe80::1", "2600:ffff::", "::1"} {
			require.Empty(t, m.Ground(netip.MustParseAddr(text)), "%s: %s", name, text)
		}
		require.Len(t, m.Cells(), 16, name)
		view, err := tilesOf(t, one).View(spacemap.IPv6, map[bool]spacemap.By{false: spacemap.ByReason, true: spacemap.ByChange}[one.Compare], spacemap.Place{Level: 2})
		require.NoError(t, err)
		require.Equal(t, netip.MustParsePrefix("::/4"), view.Network, name)
	}
	require.Equal(t, "reserved", spacemap.New(subject).Ground(netip.MustParseAddr("10.0.0.1")))
}

// The sources are asked for once, and again after they could not be had.
func TestSourcesAreAskedFor(t *testing.T) {
	subject, sources := crowded(t, 1)
	asked, failing := 0, errors.New("the disk is gone")
	tiles := spacemap.NewTiles(subject, func() (spacemap.Sources, error) {
		if asked++; asked == 1 {
			return spacemap.Sources{}, failing
		}
		tracer, err := geo.NewTracer(sources...)
		require.NoError(t, err)
		return spacemap.Sources{Names: []string{"a", "b"}, Stating: tracer.Stating(geo.Country)}, nil
	})
	_, err := tiles.View(spacemap.IPv4, spacemap.BySource, spacemap.Place{})
	require.ErrorIs(t, err, failing)
	for range 3 {
		_, err = tiles.View(spacemap.IPv4, spacemap.BySource, spacemap.Place{})
		require.NoError(t, err)
	}
	require.Equal(t, 2, asked)
}

// Of so many tiles, those that were drawn last are kept, and not drawn again.
func TestTilesThatAreKept(t *testing.T) {
	tiles := tilesOf(t, spacemap.Subject{})
	require.Equal(t, 1024, tiles.Keep(3))
	drawn := func(x int) *byte {
		text, err := tiles.PNG(spacemap.Tile{Family: spacemap.IPv4, By: spacemap.ByDecision, Zoom: 8, X: x})
		require.NoError(t, err)
		return &text[0]
	}
	var first [5]*byte
	for x := range 4 {
		first[x] = drawn(x)
	}
	for x := 3; x > 0; x-- {
		require.Same(t, first[x], drawn(x))
	}
	require.NotSame(t, first[0], drawn(0), "the oldest has gone")
	require.Same(t, first[2], drawn(2))
	require.Same(t, first[3], drawn(3))
	require.NotSame(t, first[1], drawn(1))
	require.Equal(t, 3, tiles.Kept())
}

// A pointer looks at so many kinds of addresses and no more. A zone that denies because
// something is not known holds the address for it.
func TestZonesOfManyKinds(t *testing.T) {
	var texts []string
	for i := range 100 {
		texts = append(texts, fmt.Sprintf(`{"type":"IP","id":"nz%d","name":"Zone %d","usage":"POLICY","gateways":[{"type":"CIDR","value":"8.0.%d.0/24"},{"type":"CIDR","value":"8.1.%d.0/24"}]}`, i, i, 2*i+1, i))
	}
	texts = append(texts, `{"type":"DYNAMIC","id":"nzout","name":"Out","usage":"BLOCKLIST","locations":[{"country":"KP"}]}`)
	parsed, err := zone.ParseOkta("zones.json", []byte("["+strings.Join(texts, ",")+"]"))
	require.NoError(t, err)
	table, err := geo.Load(geo.Source{File: "geo.csv", Data: []byte("network,country,region,asn,anonymizer,services\n8.0.0.0/8,DE,,,,\n9.1.0.0/16,KP,,,,\n")})
	require.NoError(t, err)
	config := decide.Config{Zones: []zone.Zones{parsed}, Geo: table}
	policy, err := decide.Compile(config)
	require.NoError(t, err)
	tiles := tilesOf(t, spacemap.Subject{Policy: policy, Config: config})
	names := tiles.ZonesIn(netip.MustParsePrefix("8.0.0.0/16"), 1000)
	require.Len(t, names, 63, "and one kind is in none")
	require.Equal(t, "Zone 62", names[62])
	require.Len(t, tiles.ZonesIn(netip.MustParsePrefix("8.1.0.0/16"), 1000), 64)
	require.Equal(t, []string{"Out"}, tiles.ZonesIn(netip.MustParsePrefix("9.1.0.0/16"), 10))
	unknown := netip.MustParseAddr("9.2.0.1")
	if d := policy.Decide(unknown); d.Zone != nil {
		require.Equal(t, "Out", d.Zone.Name)
		require.Equal(t, []string{"Out"}, tiles.ZonesIn(netip.PrefixFrom(unknown, 32), 10))
	} else {
		t.Fatalf("%v", d)
	}
}

// Neighbours of one colour are one range, but not across the IPv4-mapped part, which is
// none of IPv6.
func TestLargestRangesAroundMapped(t *testing.T) {
	config := decide.Config{SailPoint: &zone.NetworkConfig{Range: entriesOf("::fffe:0:0/96", "::1:0:0:0/96", "::fffe:0:0:0/95")}}
	policy, err := decide.Compile(config)
	require.NoError(t, err)
	tiles := tilesOf(t, spacemap.Subject{Policy: policy, Config: config})
	at, err := tiles.Find(spacemap.IPv6, netip.MustParsePrefix("::/64"))
	require.NoError(t, err)
	view, err := tiles.View(spacemap.IPv6, spacemap.ByDecision, at)
	require.NoError(t, err)
	var texts []string
	for _, s := range view.Largest {
		texts = append(texts, s.Text())
	}
	require.Equal(t, []string{"::fffe:0:0:0/95", "::fffe:0:0/96", "::1:0:0:0/96"}, texts)
}
