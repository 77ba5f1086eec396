package spacemap_test

import (
	"cmp"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/zone"
)

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

// The tiles of IPv6 have the cells of the sheet, row by row in the smallest square that holds
// them, down to /64s.
func TestCellsOfTiles(t *testing.T) {
	crowd, _ := crowded(t, 1)
	for name, config := range map[string]decide.Config{
		"one": {SailPoint: &zone.NetworkConfig{Range: entriesOf("2001:db8:1::/48", "2001:db8:2::7/128")}}, "three": {SailPoint: &zone.NetworkConfig{Range: entriesOf("fd00::/48", "2600::/32", "2001:db8::/64")}},
		"eight": {SailPoint: &zone.NetworkConfig{Range: entriesOf("2600::/13")}}, "64": {SailPoint: &zone.NetworkConfig{Range: entriesOf("2600::/26")}},
		"four": {SailPoint: &zone.NetworkConfig{Range: entriesOf("2600::/30")}}, "crowd": crowd.Config,
	} {
		subject := spacemap.Subject{Config: config}
		want, tiles := spacemap.New(subject).Cells(), tilesOf(t, subject)
		view, err := tiles.View(spacemap.IPv6, spacemap.ByDecision, spacemap.Place{})
		require.NoError(t, err)
		var got []netip.Prefix
		for at := range 1 << (2 * view.Grid) {
			if cell := squareOf(t, tiles, spacemap.IPv6, spacemap.Place{Level: view.Grid, X: at % (1 << view.Grid), Y: at >> view.Grid}); cell.IsValid() {
				require.Len(t, got, at, "%s: cells are side by side", name)
				got = append(got, cell)
				for find := range 2 {
					back, err := []func(spacemap.Family, netip.Prefix) (spacemap.Place, error){tiles.Find, tiles.Mark}[find](spacemap.IPv6, cell)
					require.NoError(t, err)
					require.Equal(t, spacemap.Place{Level: view.Grid, X: at % (1 << view.Grid), Y: at >> view.Grid}, back)
				}
				inside := netip.PrefixFrom(cell.Addr(), cell.Bits()+4)
				back, err := tiles.Mark(spacemap.IPv6, inside)
				require.NoError(t, err)
				require.Equal(t, inside, squareOf(t, tiles, spacemap.IPv6, back))
			}
		}
		require.Equal(t, want, got, name)
		require.True(t, view.Grid == 0 || len(want) > 1<<(2*view.Grid-2), "%s: %d cells", name, len(want))
		require.Equal(t, 64, squareOf(t, tiles, spacemap.IPv6, spacemap.Place{Level: view.Finest}).Bits())
	}
}
