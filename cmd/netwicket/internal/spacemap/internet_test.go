package spacemap_test

import (
	"fmt"
	"image/color"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
	"github.com/netwicket/netwicket/internal/realdata"
	"github.com/netwicket/netwicket/zone"
)

// internet is a policy over the real databases of the whole internet: zones of
// countries, of operators and of hosting, a blocklist, and lists of proxies.
func internet(t testing.TB) (spacemap.Subject, []geo.Source) {
	t.Helper()
	var sources []geo.Source
	for _, name := range []string{"mmdb/country-2025.mmdb", "mmdb/asn-2024.mmdb", "mmdb/anonymous-2026.mmdb"} {
		sources = append(sources, geo.Source{File: realdata.Path(t, filepath.FromSlash(name))})
	}
	table, err := geo.Load(sources...)
	require.NoError(t, err)
	zones := []string{
		`{"type":"DYNAMIC","id":"dach","name":"Central","usage":"POLICY","locations":[{"country":"DE"},{"country":"AT"},{"country":"CH"}]}`,
		`{"type":"DYNAMIC","id":"cloud","name":"Cloud","usage":"POLICY","asns":["16509","8075","15169","396982"]}`,
		`{"type":"DYNAMIC","id":"hidden","name":"Hidden","usage":"BLOCKLIST","proxyType":"Any"}`,
		`{"type":"DYNAMIC","id":"out","name":"Out","usage":"BLOCKLIST","locations":[{"country":"CN"},{"country":"RU"},{"country":"KP"}]}`,
	}
	var entries []string
	for i := range 200 {
		entries = append(entries, fmt.Sprintf(`{"type":"CIDR","value":"%d.%d.%d.0/24"}`, 1+i, i*7%256, i*31%256))
	}
	zones = append(zones, `{"type":"IP","id":"list","name":"List","usage":"BLOCKLIST","gateways":[`+strings.Join(entries, ",")+`]}`)
	parsed, err := zone.ParseOkta("zones.json", []byte("["+strings.Join(zones, ",")+"]"))
	require.NoError(t, err)
	config := decide.Config{Zones: []zone.Zones{parsed}, Geo: table}
	policy, err := decide.Compile(config)
	require.NoError(t, err)
	return spacemap.Subject{Policy: policy, Config: config}, sources
}

// On the whole internet too, a pixel of one address is what Decide and Lookup say of it.
func TestTilesOfTheInternet(t *testing.T) {
	subject, sources := internet(t)
	tiles := tilesOf(t, subject, sources...)
	random := rand.New(rand.NewPCG(17, 17))
	ground := counting(t, decide.Config{Zones: subject.Config.Zones})
	for _, by := range []spacemap.By{spacemap.ByReason, spacemap.ByCountry} {
		whole, err := tiles.View(spacemap.IPv4, by, spacemap.Place{})
		require.NoError(t, err)
		seen := 0
		for range 40 {
			addr := address4(random)
			place, err := tiles.Mark(spacemap.IPv4, netip.PrefixFrom(addr, 32))
			require.NoError(t, err)
			picture := pictureOf(t, tiles, spacemap.Tile{Family: spacemap.IPv4, By: by, Zoom: 8, X: place.X >> 8, Y: place.Y >> 8})
			for range 100 {
				x, y := random.IntN(256), random.IntN(256)
				point, err := tiles.At(spacemap.IPv4, by, spacemap.Place{Level: 16, X: place.X&^255 | x, Y: place.Y&^255 | y})
				require.NoError(t, err)
				one := point.Network.Addr()
				if !ground.counts(one) {
					continue
				}
				seen++
				d := subject.Policy.Decide(one)
				key, name := d.Verdict.String(), d.Reason.String()
				if by == spacemap.ByCountry {
					key, name = "country", subject.Config.Geo.Lookup(one).Country
					if name == "" {
						key = "unknownCountry"
					}
				}
				at := slices.IndexFunc(whole.Legend, func(a spacemap.Amount) bool { return a.Key == key && a.Name == name })
				require.GreaterOrEqual(t, at, 0, "%s: %s %s", one, key, name)
				require.Equal(t, whole.Legend[at].Paint, color.RGBAModel.Convert(picture.At(x, y)), one)
			}
		}
		require.Greater(t, seen, 2000)
	}
}
