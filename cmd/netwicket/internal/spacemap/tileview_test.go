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
