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
)

// tilesOf are the tiles of a subject whose one source is its table.
func tilesOf(t testing.TB, subject spacemap.Subject, sources ...geo.Source) *spacemap.Tiles {
	t.Helper()
	return spacemap.NewTiles(subject, func() (spacemap.Sources, error) {
		tracer, err := geo.NewTracer(sources...)
		if err != nil {
			return spacemap.Sources{}, err
		}
		s := spacemap.Sources{Stating: tracer.Stating(geo.Country)}
		for _, source := range sources {
			s.Names = append(s.Names, source.File)
		}
		return s, nil
	})
}

func pictureOf(t testing.TB, tiles *spacemap.Tiles, tile spacemap.Tile) image.Image {
	t.Helper()
	drawn, err := tiles.PNG(tile)
	require.NoError(t, err)
	picture, err := png.Decode(bytes.NewReader(drawn))
	require.NoError(t, err)
	require.Equal(t, image.Rect(0, 0, 256, 256), picture.Bounds())
	again, err := tiles.PNG(tile)
	require.NoError(t, err)
	require.Equal(t, drawn, again)
	return picture
}

// saying is what a map has to say of single addresses: worked out by Decide, Match and
// Lookup alone.
type saying struct {
	policy, old *decide.Policy
	table       *geo.Table
	counts      func(netip.Addr) bool
}

// of is the key and the name of the colour of an address.
func (s *saying) of(by spacemap.By, addr netip.Addr) string {
	if !s.counts(addr) {
		return "reserved "
	}
	d := s.policy.Decide(addr)
	country := s.table.Lookup(addr).Country
	switch by {
	case spacemap.ByDecision:
		return d.Verdict.String() + " "
	case spacemap.ByReason:
		return d.Verdict.String() + " " + d.Reason.String()
	case spacemap.ByZone: // these policies have one zone, a blocklist
		m := s.policy.Match([]netip.Addr{addr})
		for z, state := range m.Zones() {
			if state == decide.Match {
				return "zone " + z.Name
			}
		}
		return "noZone "
	case spacemap.ByCountry:
		if country == "" {
			return "unknownCountry "
		}
		return "country " + country
	case spacemap.BySource: // and one source, of which each row has a country
		if country == "" {
			return "noSource "
		}
		return "source geo.csv"
	case spacemap.ByChange:
		return changeOf(s.old.Decide(addr), d)
	}
	return ""
}

func changeOf(was, is decide.Decision) string {
	switch {
	case is.Allowed() && !was.Allowed():
		return "newlyAllowed "
	case !is.Allowed() && was.Allowed():
		return "newlyDenied "
	case is.Reason != was.Reason:
		return "otherReason "
	case is.Allowed():
		return "stillAllowed "
	default:
		return "stillDenied "
	}
}

// Pixels of single addresses have the colour of what is said of them, and what a sample
// of a larger pixel's addresses is told of, the map has there: on its own if nothing else is.
func TestTilesAreWhatIsDecided(t *testing.T) {
	policies, points := uint64(2), 120
	if raceEnabled { // ten times as slow, and the goroutines of one policy are those of two
		policies, points = 1, 20
	}
	for seed := range policies {
		p, config, source := policyAndSource(t, seed)
		old, oldConfig := policy(t, seed+100)
		subject := spacemap.Subject{Policy: p, Config: config}
		own, others := counting(t, config), counting(t, oldConfig)
		random := rand.New(rand.NewPCG(seed, 17))
		for _, by := range spacemap.Ways() {
			checkPixels(t, points, tilesOf(t, subject, source), by, &saying{policy: p, table: config.Geo, counts: own.counts}, random)
		}
		subject.Compare, subject.Old, subject.OldConfig = true, old, oldConfig
		either := func(a netip.Addr) bool { return own.counts(a) || others.counts(a) }
		checkPixels(t, points, tilesOf(t, subject), spacemap.ByChange, &saying{p, old, config.Geo, either}, random)
	}
}

func checkPixels(t *testing.T, points int, tiles *spacemap.Tiles, by spacemap.By, truth *saying, random *rand.Rand) {
	t.Helper()
	whole, err := tiles.View(spacemap.IPv4, by, spacemap.Place{})
	require.NoError(t, err)
	legend := make(map[string]color.RGBA)
	for _, one := range whole.Legend {
		legend[one.Key+" "+one.Name] = one.Paint
	}
	for _, zoom := range []int{8, 8, 8, 0, 3, 5, 6} {
		order := zoom + 8
		place, err := tiles.Mark(spacemap.IPv4, netip.PrefixFrom(address4(random), 2*order).Masked())
		require.NoError(t, err)
		picture := pictureOf(t, tiles, spacemap.Tile{Family: spacemap.IPv4, By: by, Zoom: zoom, X: place.X >> 8, Y: place.Y >> 8})
		for range points {
			x, y := random.IntN(256), random.IntN(256)
			point, err := tiles.At(spacemap.IPv4, by, spacemap.Place{Level: order, X: place.X&^255 | x, Y: place.Y&^255 | y})
			require.NoError(t, err)
			require.Equal(t, 2*order, point.Network.Bits())
			got := color.RGBAModel.Convert(picture.At(x, y)).(color.RGBA)
			for _, addr := range sampled(point.Network, random) {
				said := truth.of(by, addr)
				require.Contains(t, legend, said)
				if zoom == 8 || len(point.Colours) == 1 {
					require.Equal(t, legend[said], got, "%s by %s: %s", addr, by, said)
				}
				require.True(t, slices.ContainsFunc(point.Colours, func(a spacemap.Amount) bool { return a.Key+" "+a.Name == said }), "%s by %s: %s", addr, by, said)
			}
		}
	}
}

// sampled are the ends of a network and some addresses in it.
func sampled(network netip.Prefix, random *rand.Rand) []netip.Addr {
	r := netipx.RangeOfPrefix(network)
	list := []netip.Addr{r.From(), r.To()}
	for range 3 {
		b := r.From().As4()
		for bit := network.Bits(); bit < 32; bit++ {
			b[bit/8] |= byte(random.IntN(2)) << (7 - bit%8)
		}
		list = append(list, netip.AddrFrom4(b))
	}
	return list
}

// A square of one level is the four of the next one, of the quarters of its network, and it
// is where the map's curve has it.
func TestSquaresAreNetworks(t *testing.T) {
	p, config := policy(t, 4)
	tiles := tilesOf(t, spacemap.Subject{Policy: p, Config: config})
	random := rand.New(rand.NewPCG(4, 4))
	for range 2000 {
		level := random.IntN(16)
		at := spacemap.Place{Level: level, X: random.IntN(1 << level), Y: random.IntN(1 << level)}
		square, err := tiles.At(spacemap.IPv4, spacemap.ByDecision, at)
		require.NoError(t, err)
		require.Equal(t, 2*level, square.Network.Bits())
		back, err := tiles.Mark(spacemap.IPv4, square.Network)
		require.NoError(t, err)
		require.Equal(t, at, back)
		if level > 0 {
			b := square.Network.Addr().As4()
			step := uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3])
			x, y := spacemap.PointAt(level, step>>(32-2*level))
			require.Equal(t, []int{at.X, at.Y}, []int{x, y})
		}
		for quarter := range 4 {
			inside, err := tiles.At(spacemap.IPv4, spacemap.ByDecision, spacemap.Place{Level: level + 1, X: 2*at.X + quarter%2, Y: 2*at.Y + quarter/2})
			require.NoError(t, err)
			require.True(t, square.Network.Contains(inside.Network.Addr()) && inside.Network.Bits() == 2*level+2, "%v is not in %v", inside.Network, square.Network)
		}
	}
}

// The pixel of a tile of IPv6 is that of the network which pointing at it finds, down to
// the smallest.
func TestTilesOfIPv6(t *testing.T) {
	p, config := policy(t, 2)
	tiles := tilesOf(t, spacemap.Subject{Policy: p, Config: config})
	random := rand.New(rand.NewPCG(2, 6))
	whole, err := tiles.View(spacemap.IPv6, spacemap.ByReason, spacemap.Place{})
	require.NoError(t, err)
	ground, plain := counting(t, config), 0
	for range 60 {
		addr := named6(random, config)
		zoom := random.IntN(whole.MaxZoom + 1)
		mark, err := tiles.Mark(spacemap.IPv6, netip.PrefixFrom(addr, 64).Masked())
		require.NoError(t, err)
		require.Equal(t, whole.Finest, mark.Level)
		up := whole.Finest - zoom - 8
		picture := pictureOf(t, tiles, spacemap.Tile{Family: spacemap.IPv6, By: spacemap.ByReason, Zoom: zoom, X: mark.X >> up >> 8, Y: mark.Y >> up >> 8})
		at := spacemap.Place{Level: zoom + 8, X: mark.X >> up, Y: mark.Y >> up}
		point, err := tiles.At(spacemap.IPv6, spacemap.ByReason, at)
		require.NoError(t, err)
		require.True(t, point.Network.Contains(addr), "%v is not in %v", addr, point.Network)
		if !ground.counts(addr) || len(point.Colours) != 1 {
			continue
		}
		plain++
		d := p.Decide(addr)
		require.Equal(t, d.Verdict.String()+d.Reason.String(), point.Colours[0].Key+point.Colours[0].Name)
		require.Equal(t, spacemap.PaintOf(d), color.RGBAModel.Convert(picture.At(at.X&255, at.Y&255)), addr)
	}
	require.Greater(t, plain, 10)
	_, err = tiles.Find(spacemap.IPv6, netip.MustParsePrefix("fe80::1/128"))
	require.Error(t, err)
}

// What is in view adds up to what the map counts, and the squares of a level to the whole.
func TestLegendsAreThoseOfTheMap(t *testing.T) {
	p, config := policy(t, 1)
	subject := spacemap.Subject{Name: "test", Policy: p, Config: config}
	tiles, whole := tilesOf(t, subject), spacemap.New(subject)
	for family, f := range []spacemap.Family{spacemap.IPv4, spacemap.IPv6} {
		view, err := tiles.View(f, spacemap.ByReason, spacemap.Place{})
		require.NoError(t, err)
		texts := make(map[string]string)
		for text, amount := range whole.AmountTexts(family) {
			if amount != "-" {
				texts[text] = amount
			}
		}
		got := make(map[string]string)
		for _, one := range view.Legend {
			if one.Counted {
				got[one.Key+": "+one.Name] = one.Text(f)
			}
		}
		require.Equal(t, texts, got)
	}
	view, err := tiles.View(spacemap.IPv4, spacemap.ByReason, spacemap.Place{})
	require.NoError(t, err)
	sums := make(map[string]float64)
	for at := range 16 {
		part, err := tiles.View(spacemap.IPv4, spacemap.ByReason, spacemap.Place{Level: 2, X: at % 4, Y: at / 4})
		require.NoError(t, err)
		for _, one := range part.Legend {
			sums[one.Key+one.Name] += one.Addresses
		}
		for i, s := range part.Largest {
			require.True(t, part.Network.Contains(s.Range.From()) && part.Network.Contains(s.Range.To()))
			if i > 0 {
				require.GreaterOrEqual(t, size(part.Largest[i-1].Range), size(s.Range))
			}
		}
	}
	for _, one := range view.Legend {
		require.InDelta(t, one.Addresses, sums[one.Key+one.Name], 0.5, one.Key+one.Name)
	}
}

// Nothing but what a map has is drawn, and the error says what was expected.
func TestTilesThatAreNone(t *testing.T) {
	p, config := policy(t, 1)
	tiles := tilesOf(t, spacemap.Subject{Policy: p, Config: config})
	for _, tile := range []spacemap.Tile{
		{Family: 5, By: spacemap.ByDecision},
		{Family: spacemap.IPv4, By: "colour"},
		{Family: spacemap.IPv4, By: spacemap.ByChange},
		{Family: spacemap.IPv4, By: spacemap.ByDecision, Zoom: 9},
		{Family: spacemap.IPv4, By: spacemap.ByDecision, Zoom: -1},
		{Family: spacemap.IPv4, By: spacemap.ByDecision, Zoom: 2, X: 4},
		{Family: spacemap.IPv4, By: spacemap.ByDecision, Zoom: 2, Y: -1},
	} {
		_, err := tiles.PNG(tile)
		require.ErrorContains(t, err, "expected", tile)
	}
	nobody := tilesOf(t, spacemap.Subject{})
	for _, by := range spacemap.Ways() {
		pictureOf(t, nobody, spacemap.Tile{Family: spacemap.IPv4, By: by})
	}
	view, err := nobody.View(spacemap.IPv4, spacemap.ByReason, spacemap.Place{})
	require.NoError(t, err)
	require.Equal(t, "deny no_policy", view.Legend[0].Key+" "+view.Legend[0].Name)
}

// Each tile that is asked for once more is kept, and so many are kept and no more.
func TestTilesAreKept(t *testing.T) {
	p, config := policy(t, 1)
	tiles := tilesOf(t, spacemap.Subject{Policy: p, Config: config})
	require.Equal(t, 1024, tiles.Keep(40))
	for i := range 44 {
		_, err := tiles.PNG(spacemap.Tile{Family: spacemap.IPv4, By: spacemap.ByDecision, Zoom: 8, X: i % 256, Y: i / 256})
		require.NoError(t, err)
	}
	require.Equal(t, 40, tiles.Kept())
}
