package spacemap_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/zone"
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
			for i := range whole.MaxZoom + 1 + 3*whole.Grid {
				zoom := i
				if i > whole.MaxZoom { // of a tile with several cells there are many kinds
					zoom = i % whole.Grid
				}
				// Around an address where something begins, and what begins beside it.
				level := zoom + 8
				up := whole.Finest - level
				mark := edges[random.IntN(len(edges))]
				tile := spacemap.Tile{Family: family, By: by, Zoom: zoom, X: mark.X >> up >> 8, Y: mark.Y >> up >> 8}
				if i%2 == 1 && zoom < whole.Grid { // the last one of the first row
					tile.X, tile.Y = 1<<zoom-1, 0
				}
				inside := slices.DeleteFunc(slices.Clone(edges), func(e spacemap.Place) bool { return e.X>>up>>8 != tile.X || e.Y>>up>>8 != tile.Y })
				picture := pictureOf(t, tiles, tile)
				for i := range 20 {
					x, y := random.IntN(256), random.IntN(256)
					if i <= 11 && len(inside) > 0 {
						mark = inside[random.IntN(len(inside))]
						x, y = mark.X>>up&255, mark.Y>>up&255
					}
					if i > 15 {
						x, y = i/2%2*255, i%2*255 // where curves begin and end
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

// A pixel with nothing that counts is reserved if any of it is, in whatever order.
func TestReservedBesideUnnamed(t *testing.T) {
	config := decide.Config{SailPoint: &zone.NetworkConfig{Range: entriesOf("2600::/13", "2001:fff::/44")}}
	policy, err := decide.Compile(config)
	require.NoError(t, err)
	tiles := tilesOf(t, spacemap.Subject{Policy: policy, Config: config})
	for text, want := range map[string][]string{"2001:db0::/28": {"reserved", "unnamed"}, "2001:db8::/30": {"reserved", "unnamed"}, "2001:db8::/32": {"reserved"}, "2001:c00::/28": {"unnamed"}} {
		at, err := tiles.Mark(spacemap.IPv6, netip.MustParsePrefix(text))
		require.NoError(t, err)
		point, err := tiles.At(spacemap.IPv6, spacemap.ByReason, at)
		require.NoError(t, err)
		require.Equal(t, text, point.Network.String())
		var keys []string
		paint := make(map[string]color.RGBA)
		for _, a := range point.Colours {
			keys = append(keys, a.Key)
			paint[a.Key] = a.Paint
		}
		require.ElementsMatch(t, want, keys)
		picture := pictureOf(t, tiles, spacemap.Tile{Family: spacemap.IPv6, By: spacemap.ByReason, Zoom: at.Level - 8, X: at.X >> 8, Y: at.Y >> 8})
		require.Equal(t, paint[want[0]], color.RGBAModel.Convert(picture.At(at.X&255, at.Y&255)), text)
	}
}

// Of two that have equal parts of a pixel, the one that comes first in the legend has it.
func TestEqualParts(t *testing.T) {
	table, err := geo.Load(geo.Source{File: "geo.csv", Data: []byte("network,country,region,asn,anonymizer,services\n8.0.0.0/25,DE,,,,\n8.0.0.128/25,FR,,,,\n8.0.1.0/25,FR,,,,\n8.0.1.128/25,DE,,,,\n")})
	require.NoError(t, err)
	tiles := tilesOf(t, spacemap.Subject{Config: decide.Config{Geo: table}})
	for _, text := range []string{"8.0.0.0/24", "8.0.1.0/24"} {
		at, err := tiles.Mark(spacemap.IPv4, netip.MustParsePrefix(text))
		require.NoError(t, err)
		view, err := tiles.View(spacemap.IPv4, spacemap.ByCountry, at)
		require.NoError(t, err)
		require.Equal(t, view.Legend[0].Addresses, view.Legend[1].Addresses)
		picture := pictureOf(t, tiles, spacemap.Tile{Family: spacemap.IPv4, By: spacemap.ByCountry, Zoom: at.Level - 8, X: at.X >> 8, Y: at.Y >> 8})
		require.Equal(t, view.Legend[0].Paint, color.RGBAModel.Convert(picture.At(at.X&255, at.Y&255)), text)
	}
}

// A picture has a palette as long as one holds its colours.
func TestManyColours(t *testing.T) {
	for _, many := range []int{1, 2, 3, 255, 256, 257, 1000, 256 * 256} {
		of := func(x, y int) color.RGBA {
			n := (y<<8 | x) % many
			return color.RGBA{R: uint8(n), G: uint8(n >> 8), B: 7, A: 255}
		}
		picture, err := png.Decode(bytes.NewReader(spacemap.PNGOf(of)))
		require.NoError(t, err)
		require.Equal(t, image.Rect(0, 0, 256, 256), picture.Bounds())
		_, is := picture.(*image.Paletted)
		require.Equal(t, many <= 256, is, many)
		wrong := 0
		for at := range 256 * 256 {
			if color.RGBAModel.Convert(picture.At(at%256, at/256)) != of(at%256, at/256) {
				wrong++
			}
		}
		require.Zero(t, wrong, many)
	}
}
