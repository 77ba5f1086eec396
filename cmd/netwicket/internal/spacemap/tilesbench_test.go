//go:build unix

package spacemap_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

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

// BenchmarkTiles draws the tiles down to a /24, of each way to colour, on the whole
// internet: of each zoom one where most is to be told apart.
func BenchmarkTiles(b *testing.B) {
	subject, sources := internet(b)
	tracer, err := geo.NewTracer(sources...)
	require.NoError(b, err)
	stating := spacemap.Sources{Names: []string{"country", "asn", "anonymous"}, Stating: tracer.Stating(geo.Country)}
	tiles := func(subject spacemap.Subject) *spacemap.Tiles {
		return spacemap.NewTiles(subject, func() (spacemap.Sources, error) { return stating, nil })
	}
	without := subject
	without.Compare, without.Old, without.OldConfig = true, nil, decide.Config{}
	for _, by := range append(spacemap.Ways(), spacemap.ByChange) {
		drawn := tiles(subject)
		if by == spacemap.ByChange {
			drawn = tiles(without)
		}
		for _, family := range []spacemap.Family{spacemap.IPv4, spacemap.IPv6} {
			for zoom := range 9 {
				tile := worstTile(b, drawn, family, by, zoom)
				b.Run(fmt.Sprintf("by=%s/v%d/zoom=%d", by, family, zoom), func(b *testing.B) {
					b.ReportAllocs()
					size := drawn.Draw(b, tile) // what is worked out once, is by now
					start := processor()
					for b.Loop() {
						size = drawn.Draw(b, tile)
					}
					b.ReportMetric(float64(processor()-start)/float64(b.N), "cpu-ns/op")
					b.ReportMetric(float64(size), "bytes/tile")
				})
			}
		}
	}
}

// worstTile is the one of a zoom that is the largest as a file, of those in the largest of
// the zoom before: where most is to be told apart.
func worstTile(b *testing.B, tiles *spacemap.Tiles, family spacemap.Family, by spacemap.By, zoom int) spacemap.Tile {
	b.Helper()
	worst := spacemap.Tile{Family: family, By: by}
	for worst.Zoom < zoom {
		next, most := worst, -1
		for quarter := range 4 {
			one := spacemap.Tile{Family: family, By: by, Zoom: worst.Zoom + 1, X: 2*worst.X + quarter%2, Y: 2*worst.Y + quarter/2}
			if size := tiles.Draw(b, one); size > most {
				next, most = one, size
			}
		}
		worst = next
	}
	return worst
}

// processor is how long this process has had a processor.
func processor() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // of itself: it cannot fail
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
