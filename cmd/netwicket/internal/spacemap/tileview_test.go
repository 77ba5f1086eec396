package spacemap_test

import (
	"cmp"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
	"github.com/netwicket/netwicket/decide"
)

// A view counts the addresses of its square, lists the largest ranges, and names what is
// around it and in it.
func TestViewsSayWhatIsThere(t *testing.T) {
	ways(t, 2, func(tiles *spacemap.Tiles, by spacemap.By, truth *told, random *rand.Rand) {
		for _, family := range []spacemap.Family{spacemap.IPv4, spacemap.IPv6} {
			whole, err := tiles.View(family, by, spacemap.Place{})
			require.NoError(t, err)
			edges := truth.marks(t, tiles, family, whole.Finest)
			for level := range whole.MaxLevel + 1 {
				mark := edges[random.IntN(len(edges))]
				up := whole.Finest - level
				requireView(t, tiles, family, by, spacemap.Place{Level: level, X: mark.X >> up, Y: mark.Y >> up}, truth)
			}
			last := 1<<whole.Grid - 1
			requireView(t, tiles, family, by, spacemap.Place{Level: whole.Grid, X: last, Y: last}, truth) // which has nothing, in IPv6
			requireView(t, tiles, family, by, spacemap.Place{Level: whole.Grid + 1, X: 2 * last, Y: 2 * last}, truth)
		}
	})
}

// squareOf is the network of a square, as pointing at it says.
func squareOf(t *testing.T, tiles *spacemap.Tiles, family spacemap.Family, at spacemap.Place) netip.Prefix {
	t.Helper()
	point, err := tiles.At(family, spacemap.ByDecision, at)
	if err != nil { // of a comparison
		point, err = tiles.At(family, spacemap.ByChange, at)
	}
	require.NoError(t, err)
	return point.Network
}

func requireView(t *testing.T, tiles *spacemap.Tiles, family spacemap.Family, by spacemap.By, at spacemap.Place, truth *told) {
	t.Helper()
	v, err := tiles.View(family, by, at)
	require.NoError(t, err)
	require.Equal(t, at, v.Place)
	require.Equal(t, squareOf(t, tiles, family, at), v.Network)
	if at.Level == 0 {
		require.Zero(t, v.Above)
	} else {
		require.Equal(t, squareOf(t, tiles, family, spacemap.Place{Level: at.Level - 1, X: at.X / 2, Y: at.Y / 2}), v.Above)
	}
	require.Equal(t, at.Level <= v.MaxZoom, v.HasTile)
	if v.HasTile {
		require.Equal(t, spacemap.Tile{Family: family, By: by, Zoom: at.Level, X: at.X, Y: at.Y}, v.Tile)
	} else {
		require.Zero(t, v.Tile)
	}
	var labels []spacemap.Label
	for y := range 4 {
		for x := range 4 {
			below := spacemap.Place{Level: at.Level + 2, X: 4*at.X + x, Y: 4*at.Y + y}
			if network := squareOf(t, tiles, family, below); network.IsValid() {
				labels = append(labels, spacemap.Label{Place: below, Network: network})
			}
		}
	}
	require.Equal(t, labels, v.Labels)

	var within []netipx.IPRange
	switch side := 1 << max(v.Grid-at.Level, 0); {
	case v.Network.IsValid():
		within = append(within, netipx.RangeOfPrefix(v.Network))
	case at.Level == 0:
		within = append(within, netipx.RangeOfPrefix(netip.MustParsePrefix("::/0")))
	default: // the cells that are in it
		for y := range side {
			for x := range side {
				if cell := squareOf(t, tiles, family, spacemap.Place{Level: max(v.Grid, at.Level), X: at.X*side + x, Y: at.Y*side + y}); cell.IsValid() {
					within = append(within, netipx.RangeOfPrefix(cell))
				}
			}
		}
	}
	amounts, total := make(map[string]float64), 0.0
	var runs []piece
	for _, r := range within {
		inside := truth.pieces(by, r)
		for i, p := range inside {
			amounts[p.what] += size(p.IPRange)
			if counted(p.what) {
				total += size(p.IPRange)
			}
			if i > 0 && inside[i-1].what == p.what {
				runs[len(runs)-1].IPRange = netipx.IPRangeFrom(runs[len(runs)-1].From(), p.To())
			} else {
				runs = append(runs, p)
			}
		}
	}
	require.Len(t, v.Legend, len(amounts), at)
	for i, a := range v.Legend {
		what := a.Key + " " + a.Name
		require.InEpsilon(t, amounts[what], a.Addresses, 1e-9, what)
		require.Equal(t, counted(what), a.Counted)
		require.InDelta(t, a.Addresses/max(total, 1), a.Share, 1e-9)
		if i > 0 {
			before := v.Legend[i-1]
			require.True(t, before.Counted || !a.Counted, "what counts comes first")
			if before.Key == a.Key && a.Key != "allow" && a.Key != "deny" { // reasons have an order of their own
				require.GreaterOrEqual(t, before.Addresses, a.Addresses)
			}
		}
	}
	requireLargest(t, v, runs)
}

func requireLargest(t *testing.T, v *spacemap.View, runs []piece) {
	t.Helper()
	runs = slices.DeleteFunc(runs, func(p piece) bool { return !counted(p.what) })
	slices.SortStableFunc(runs, func(a, b piece) int { return cmp.Compare(size(b.IPRange), size(a.IPRange)) })
	shown, left := make(map[string]int), runs[:0:0]
	for _, p := range runs {
		if shown[p.what]++; shown[p.what] <= 4 {
			left = append(left, p)
		}
	}
	left = left[:min(len(left), 24)]
	require.Len(t, v.Largest, len(left))
	for i, s := range v.Largest {
		require.Equal(t, size(left[i].IPRange), size(s.Range), "%v is shown, and %v is as large", s, left[i])
		if i > 0 {
			require.GreaterOrEqual(t, size(v.Largest[i-1].Range), size(s.Range))
		}
		what := s.Colour.Key + " " + s.Colour.Name
		require.True(t, slices.ContainsFunc(runs, func(p piece) bool { return p.IPRange == s.Range && p.what == what }), "%v %s", s.Range, what)
		require.True(t, s.Range == netipx.RangeOfPrefix(s.Network()) && s.Text() == s.Network().String() ||
			s.Range.Contains(s.Network().Addr()) && s.Text() == s.Range.From().String()+"–"+s.Range.To().String(), s.Text())
	}
	// Of equal ones of a colour, the first ones are shown.
	for what := range shown {
		var want, got []netipx.IPRange
		for _, p := range left {
			if p.what == what {
				want = append(want, p.IPRange)
			}
		}
		for _, s := range v.Largest {
			if s.Colour.Key+" "+s.Colour.Name == what {
				got = append(got, s.Range)
			}
		}
		if len(left) < 24 {
			require.Equal(t, want, got, what)
		}
	}
}

// Under a pointer are the colours of a square, the largest first, and the block of special
// addresses that holds it.
func TestPointsSayWhatIsThere(t *testing.T) {
	ways(t, 3, func(tiles *spacemap.Tiles, by spacemap.By, truth *told, random *rand.Rand) {
		for _, family := range []spacemap.Family{spacemap.IPv4, spacemap.IPv6} {
			whole, err := tiles.View(family, by, spacemap.Place{})
			require.NoError(t, err)
			edges := truth.marks(t, tiles, family, whole.Finest)
			for level := range whole.Finest + 1 {
				mark := edges[random.IntN(len(edges))]
				up := whole.Finest - level
				point, err := tiles.At(family, by, spacemap.Place{Level: level, X: mark.X >> up, Y: mark.Y >> up})
				require.NoError(t, err)
				if level < whole.Grid {
					require.Zero(t, point)
					continue
				}
				amounts := truth.amounts(by, netipx.RangeOfPrefix(point.Network))
				require.Len(t, point.Colours, min(len(amounts), 6))
				var sizes []float64
				for _, n := range amounts {
					sizes = append(sizes, n)
				}
				slices.Sort(sizes)
				for i, a := range point.Colours {
					require.InEpsilon(t, amounts[a.Key+" "+a.Name], a.Addresses, 1e-9, "%v of %v by %s: %v", a, point.Network, by, amounts)
					require.InEpsilon(t, sizes[len(sizes)-1-i], a.Addresses, 1e-9)
				}
			}
		}
	})
}

func TestSpecialBlocksUnderAPointer(t *testing.T) {
	subject, sources := crowded(t, 1)
	subject.Config.SailPoint.Range = append(subject.Config.SailPoint.Range, entriesOf("2001::/24", "fe80::/16")...)
	tiles := tilesOf(t, subject, sources...)
	for text, want := range map[string]string{
		"0.0.0.0/0": "", "10.0.0.0/8": "private use (RFC 1918)", "10.1.2.3/32": "private use (RFC 1918)", "8.0.0.0/6": "", "11.0.0.0/8": "", "8.8.8.8/32": "",
		"224.0.0.0/4": "multicast (RFC 5771)", "255.255.255.254/32": "reserved for future use (RFC 1112)", "203.0.113.0/24": "documentation (RFC 5737)", "203.0.112.0/24": "",
		"2001::/32": "Teredo (RFC 4380)", "2001:2::/48": "benchmarking (RFC 5180)", "2001:1:2::/48": "IETF protocol assignments (RFC 2928)", "2001:db8:5::/48": "documentation (RFC 3849)",
		"2600:7::/48": "",
	} {
		network, family := netip.MustParsePrefix(text), spacemap.IPv4
		if network.Addr().Is6() {
			family = spacemap.IPv6
		}
		at, err := tiles.Mark(family, network)
		require.NoError(t, err, text)
		point, err := tiles.At(family, spacemap.ByDecision, at)
		require.NoError(t, err)
		require.Equal(t, want, point.Special, text)
	}
}

// The square of a network is the smallest one that holds it.
func TestFoundSquaresAreTheSmallest(t *testing.T) {
	subject, sources := crowded(t, 4)
	tiles, truth := tilesOf(t, subject, sources...), oracle(t, subject, sources)
	random := rand.New(rand.NewPCG(4, 41))
	for range 300 {
		edge := truth.edges[random.IntN(len(truth.edges))]
		network, err := edge.Prefix(random.IntN(edge.BitLen() + 1))
		require.NoError(t, err)
		family := spacemap.IPv6
		if edge.Is4() {
			family = spacemap.IPv4
		}
		view, err := tiles.View(family, spacemap.ByDecision, spacemap.Place{})
		require.NoError(t, err)
		for deepest, find := range map[int]func(spacemap.Family, netip.Prefix) (spacemap.Place, error){view.MaxLevel: tiles.Find, view.Finest: tiles.Mark} {
			at, err := find(family, network)
			if err != nil {
				require.EqualError(t, err, network.String()+" is in no network that the policy names or a source knows")
				require.Equal(t, spacemap.IPv6, family)
				for _, piece := range truth.pieces(spacemap.ByDecision, netipx.RangeOfPrefix(network)) {
					require.False(t, counted(piece.what), "%v counts and is not found", piece)
				}
				continue
			}
			square := squareOf(t, tiles, family, at)
			if !square.IsValid() {
				require.Zero(t, at) // the whole of IPv6
				cell := squareOf(t, tiles, family, spacemap.Place{Level: view.Grid})
				require.Less(t, network.Bits(), cell.Bits(), "%v is wider than a cell", network)
				continue
			}
			if at.Level < deepest {
				require.True(t, square.Bits() <= network.Bits() && square.Contains(network.Addr()), "%v is not in %v", network, square)
				for quarter := range 4 {
					inside := squareOf(t, tiles, family, spacemap.Place{Level: at.Level + 1, X: 2*at.X + quarter%2, Y: 2*at.Y + quarter/2})
					require.False(t, inside.Bits() <= network.Bits() && inside.Contains(network.Addr()), "%v is in %v, which is smaller than %v", network, inside, square)
				}
			} else {
				require.Equal(t, deepest, at.Level)
				require.True(t, square.Contains(network.Addr()))
			}
		}
	}
}

// What is no square of a map is refused, at every edge.
func TestPlacesThatAreNone(t *testing.T) {
	subject, sources := crowded(t, 1)
	tiles := tilesOf(t, subject, sources...)
	place := func(level, x, y int) spacemap.Place { return spacemap.Place{Level: level, X: x, Y: y} }
	for _, test := range []struct {
		place    spacemap.Place
		view, at string
	}{
		{place(0, 0, 0), "", ""},
		{place(-1, 0, 0), "level=-1, x=0, y=0: expected a level up to 12, and squares that it has", "level=-1, x=0, y=0: expected a level up to 16, and squares that it has"},
		{place(0, 1, 0), "level=0, x=1, y=0: expected a level up to 12, and squares that it has", "level=0, x=1, y=0: expected a level up to 16, and squares that it has"},
		{place(3, 7, 7), "", ""},
		{place(3, 8, 7), "level=3, x=8, y=7: expected a level up to 12, and squares that it has", "level=3, x=8, y=7: expected a level up to 16, and squares that it has"},
		{place(3, 7, 8), "level=3, x=7, y=8: expected a level up to 12, and squares that it has", "level=3, x=7, y=8: expected a level up to 16, and squares that it has"},
		{place(3, -1, 0), "level=3, x=-1, y=0: expected a level up to 12, and squares that it has", "level=3, x=-1, y=0: expected a level up to 16, and squares that it has"},
		{place(3, 0, -1), "level=3, x=0, y=-1: expected a level up to 12, and squares that it has", "level=3, x=0, y=-1: expected a level up to 16, and squares that it has"},
		{place(12, 1<<12-1, 0), "", ""},
		{place(13, 0, 0), "level=13, x=0, y=0: expected a level up to 12, and squares that it has", ""},
		{place(16, 0, 1<<16-1), "level=16, x=0, y=65535: expected a level up to 12, and squares that it has", ""},
		{place(17, 0, 0), "level=17, x=0, y=0: expected a level up to 12, and squares that it has", "level=17, x=0, y=0: expected a level up to 16, and squares that it has"},
	} {
		_, err := tiles.View(spacemap.IPv4, spacemap.ByDecision, test.place)
		requireMessage(t, test.view, err)
		_, err = tiles.At(spacemap.IPv4, spacemap.ByDecision, test.place)
		requireMessage(t, test.at, err)
	}
	for _, ask := range []func(f spacemap.Family, by spacemap.By) error{
		func(f spacemap.Family, by spacemap.By) error {
			_, err := tiles.View(f, by, spacemap.Place{})
			return err
		},
		func(f spacemap.Family, by spacemap.By) error { _, err := tiles.At(f, by, spacemap.Place{}); return err },
		func(f spacemap.Family, by spacemap.By) error {
			_, err := tiles.PNG(spacemap.Tile{Family: f, By: by})
			return err
		},
	} {
		require.NoError(t, ask(spacemap.IPv6, spacemap.ByZone))
		requireMessage(t, "family=5: expected 4 or 6", ask(5, spacemap.ByZone))
		requireMessage(t, `by="moon": expected one of [decision reason zone country source]`, ask(spacemap.IPv6, "moon"))
		requireMessage(t, `by="change": expected one of [decision reason zone country source]`, ask(spacemap.IPv6, spacemap.ByChange))
	}
	for _, find := range []func(spacemap.Family, netip.Prefix) (spacemap.Place, error){tiles.Find, tiles.Mark} {
		_, err := find(5, netip.MustParsePrefix("8.0.0.0/8"))
		requireMessage(t, "family=5: expected 4 or 6", err)
	}
	for tile, want := range map[spacemap.Tile]string{
		{Zoom: 8, X: 255, Y: 255}: "", {Zoom: 9}: "z=9: expected 0 to 8", {Zoom: -1}: "z=-1: expected 0 to 8",
		{Zoom: 2, X: 4}: "x=4, y=0: expected 0 to 3 each", {Zoom: 2, Y: 4}: "x=0, y=4: expected 0 to 3 each", {Zoom: 2, X: -1}: "x=-1, y=0: expected 0 to 3 each", {Zoom: 2, Y: -1}: "x=0, y=-1: expected 0 to 3 each",
	} {
		tile.Family, tile.By = spacemap.IPv4, spacemap.ByZone
		_, err := tiles.PNG(tile)
		requireMessage(t, want, err)
	}
}

func requireMessage(t *testing.T, want string, err error) {
	t.Helper()
	if want == "" {
		require.NoError(t, err)
		return
	}
	require.EqualError(t, err, want)
}

// The zones of a network are those that hold or deny any of its addresses, in the order of
// the document.
func TestZonesInANetwork(t *testing.T) {
	subject, sources := crowded(t, 8)
	tiles, truth := tilesOf(t, subject, sources...), oracle(t, subject, sources)
	random := rand.New(rand.NewPCG(8, 47))
	several := 0
	for range 200 {
		edge := truth.edges[random.IntN(len(truth.edges))]
		network, err := edge.Prefix(edge.BitLen()/3 + random.IntN(edge.BitLen()*2/3))
		require.NoError(t, err)
		if r := netipx.RangeOfPrefix(network); edge.Is6() && (repeatsIPv4(edge) || leftOut(edge) || r.Overlaps(netipx.RangeOfPrefix(netip.MustParsePrefix("64:ff9b::/32")))) {
			continue // of addresses that embed others, classes are their own
		}
		found := make(map[string]bool)
		for _, p := range truth.piecesBy(netipx.RangeOfPrefix(network), func(netip.Addr) string { return "" }) {
			if d := subject.Policy.Decide(p.From()); d.Zone != nil {
				found[cmp.Or(d.Zone.Name, d.Zone.ID)] = true
			}
			m := subject.Policy.Match([]netip.Addr{p.From()})
			for z, state := range m.Zones() {
				if state == decide.Match {
					found[cmp.Or(z.Name, z.ID)] = true
				}
			}
		}
		var want []string
		for _, z := range truth.zones {
			if found[z.name] {
				want = append(want, z.name)
			}
		}
		require.Equal(t, want, tiles.ZonesIn(network, 15), network)
		if len(want) > 2 {
			several++
			require.Equal(t, want[:2], tiles.ZonesIn(network, 2), network)
		}
	}
	require.Greater(t, several, 20)
}
