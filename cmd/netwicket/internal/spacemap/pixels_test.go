package spacemap_test

import (
	"image/color"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
)

// ways are the maps of a crowded policy by each way to colour, and what they have to say.
func ways(t testing.TB, seed uint64, visit func(tiles *spacemap.Tiles, by spacemap.By, truth *told, random *rand.Rand)) {
	t.Helper()
	subject, sources := crowded(t, seed)
	random := rand.New(rand.NewPCG(seed, 37))
	tiles, truth := tilesOf(t, subject, sources...), oracle(t, subject, sources)
	for _, by := range spacemap.Ways() {
		visit(tiles, by, truth, random)
	}
	old, _ := crowded(t, seed+100)
	subject.Compare, subject.Old, subject.OldConfig = true, old.Policy, old.Config
	visit(tilesOf(t, subject), spacemap.ByChange, oracle(t, subject, nil), random)
}

// paints are the colours of a legend by what they stand for.
func paints(legend []spacemap.Amount) map[string]color.RGBA {
	all := make(map[string]color.RGBA)
	for _, one := range legend {
		all[one.Key+" "+one.Name] = one.Paint
	}
	return all
}

// A pixel has the colours of what is decided about its addresses, by their shares: of any
// tile of both families, at every zoom.
func TestPixelsAreShares(t *testing.T) {
	ways(t, 1, func(tiles *spacemap.Tiles, by spacemap.By, truth *told, random *rand.Rand) {
		several := 0
		for _, family := range []spacemap.Family{spacemap.IPv4, spacemap.IPv6} {
			whole, err := tiles.View(family, by, spacemap.Place{})
			require.NoError(t, err)
			paint := paints(whole.Legend)
			edges := truth.marks(t, tiles, family, whole.Finest)
			for zoom := range whole.MaxZoom + 1 {
				// Around an address where something begins, and what begins beside it.
				level := zoom + 8
				up := whole.Finest - level
				mark := edges[random.IntN(len(edges))]
				tile := spacemap.Tile{Family: family, By: by, Zoom: zoom, X: mark.X >> up >> 8, Y: mark.Y >> up >> 8}
				inside := slices.DeleteFunc(slices.Clone(edges), func(e spacemap.Place) bool { return e.X>>up>>8 != tile.X || e.Y>>up>>8 != tile.Y })
				picture := pictureOf(t, tiles, tile)
				for i := range 20 {
					mark = inside[random.IntN(len(inside))]
					x, y := mark.X>>up&255, mark.Y>>up&255
					if i > 12 {
						x, y = random.IntN(256), random.IntN(256)
					}
					got := color.RGBAModel.Convert(picture.At(x, y)).(color.RGBA)
					point, err := tiles.At(family, by, spacemap.Place{Level: level, X: tile.X<<8 | x, Y: tile.Y<<8 | y})
					require.NoError(t, err)
					if !point.Network.IsValid() {
						require.Zero(t, got)
						continue
					}
					amounts := truth.amounts(by, netipx.RangeOfPrefix(point.Network))
					several += min(len(amounts)-1, 1)
					requireColour(t, by, amounts, paint, got, point.Network)
				}
			}
		}
		require.Greater(t, several, 40, by)
	})
}

// marks are the smallest squares of a map where something begins.
func (o *told) marks(t testing.TB, tiles *spacemap.Tiles, family spacemap.Family, finest int) (list []spacemap.Place) {
	t.Helper()
	for _, edge := range o.edges {
		if edge.Is4() != (family == spacemap.IPv4) {
			continue
		}
		network, err := edge.Prefix(map[spacemap.Family]int{spacemap.IPv4: 32, spacemap.IPv6: 64}[family])
		require.NoError(t, err)
		if at, err := tiles.Mark(family, network); err == nil {
			require.Equal(t, finest, at.Level)
			list = append(list, at)
		}
	}
	require.NotEmpty(t, list)
	return list
}

func requireColour(t *testing.T, by spacemap.By, amounts map[string]float64, paint map[string]color.RGBA, got color.RGBA, network netip.Prefix) {
	t.Helper()
	count := 0
	for what := range amounts {
		if counted(what) {
			require.Contains(t, paint, what)
			count++
		}
	}
	_, reserved := amounts["reserved "]
	switch blends := by == spacemap.ByDecision || by == spacemap.ByReason || by == spacemap.ByChange; {
	case count == 0 && reserved:
		require.Equal(t, paint["reserved "], got, network)
	case count == 0:
		require.Zero(t, got, network)
	case count == 1 || !blends:
		var may []color.RGBA
		for _, what := range strongest(amounts) {
			may = append(may, paint[what])
		}
		require.Contains(t, may, got, "%v %v by %s", network, amounts, by)
	default:
		for i, v := range [3]uint8{got.R, got.G, got.B} {
			// Either side is rounded before both are mixed.
			require.InDelta(t, blended(amounts, paint)[i], float64(v), 1.01, "%v %v by %s", network, amounts, by)
		}
		require.Equal(t, uint8(255), got.A)
	}
}
