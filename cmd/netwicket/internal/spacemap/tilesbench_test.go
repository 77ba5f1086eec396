//go:build unix

package spacemap_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/geo"
)

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
