package spacemap_test

import (
	"image"
	"image/color"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	"go4.org/netipx"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
)

// A picture's pixel has the shares of both sides of what is decided about its addresses.
func TestPicturesAreShares(t *testing.T) {
	for _, compare := range []bool{false, true} {
		wide, config := policy(t, 7) // of wide networks too
		subject, by := spacemap.Subject{Policy: wide, Config: config}, spacemap.ByReason
		if compare {
			old, oldConfig := policy(t, 107)
			subject.Compare, subject.Old, subject.OldConfig, by = true, old, oldConfig, spacemap.ByChange
		}
		m, truth := spacemap.New(subject), oracle(t, subject, nil)
		tiles := tilesOf(t, subject)
		mixed := 0
		for family, f := range []spacemap.Family{spacemap.IPv4, spacemap.IPv6} {
			whole, err := tiles.View(f, by, spacemap.Place{})
			require.NoError(t, err)
			paint := paints(whole.Legend)
			m.Small(family, []int{5, 4}[family], func(network netip.Prefix, colour, plain, out color.RGBA) {
				amounts := truth.amounts(by, netipx.RangeOfPrefix(network))
				sides := [2]map[string]float64{{}, {}}
				for what, n := range amounts {
					if counted(what) && standsOut(what) {
						sides[1][what] = n
					} else if counted(what) {
						sides[0][what] = n
					}
				}
				for side, got := range []color.RGBA{plain, out} {
					if len(sides[side]) == 0 {
						require.Zero(t, got, network)
						continue
					}
					for i, v := range [3]uint8{got.R, got.G, got.B} {
						require.InDelta(t, blended(sides[side], paint)[i], float64(v), 0.51, "%v %v", network, amounts)
					}
				}
				_, reserved := amounts["reserved "]
				switch {
				case len(sides[0])+len(sides[1]) == 0 && reserved:
					require.Equal(t, paint["reserved "], colour)
				case len(sides[0])+len(sides[1]) == 0:
					require.Equal(t, color.RGBA{R: 255, G: 255, B: 255, A: 255}, colour)
				default:
					mixed += min(len(sides[0]), len(sides[1]), 1)
					for i, v := range [3]uint8{colour.R, colour.G, colour.B} {
						require.InDelta(t, blended(amounts, paint)[i], float64(v), 1.01, "%v %v", network, amounts)
					}
				}
			})
		}
		require.Greater(t, mixed, 5)
	}
}

// Few pixels that are close to each other, and far from all others of their kind, are one
// spot in the middle of them.
func TestSpotsAreGroups(t *testing.T) {
	const order, side = 6, 64
	plain, stands := color.RGBA{R: 1, A: 255}, color.RGBA{G: 2, A: 255}
	random := rand.New(rand.NewPCG(6, 43))
	for round := range 60 {
		marked := make(map[image.Point]bool)
		for range 1 + random.IntN(12) {
			at := image.Pt(random.IntN(side), random.IntN(side))
			for range 1 + random.IntN([]int{2, 12, 70}[round%3]) {
				if at.In(image.Rect(0, 0, side, side)) {
					marked[at] = true
				}
				at = at.Add(image.Pt(random.IntN(5)-2, random.IntN(5)-2))
			}
		}
		few := func(x, y int) bool { return marked[image.Pt(x, y)] }
		paint := stands
		if round%2 == 1 { // what does not stand out is what is rare
			few = func(x, y int) bool { return !marked[image.Pt(x, y)] }
			paint = plain
		}
		// Every two of a group are linked by pixels of which each is at most six further.
		group := make(map[image.Point]int)
		for at := range marked {
			group[at] = at.Y*side + at.X
		}
		for changed := true; changed; {
			changed = false
			for a := range marked {
				for b := range marked {
					if abs(a.X-b.X) <= 6 && abs(a.Y-b.Y) <= 6 && group[b] < group[a] {
						group[a], changed = group[b], true
					}
				}
			}
		}
		var want []spacemap.Ring
		for first := range side * side {
			area, bounds := 0, image.Rectangle{}
			for at, of := range group {
				if of == first {
					area++
					bounds = bounds.Union(image.Rectangle{Min: at, Max: at.Add(image.Pt(1, 1))})
				}
			}
			if area > 0 && area <= 40 {
				want = append(want, spacemap.Ring{Centre: image.Pt((bounds.Min.X+bounds.Max.X)/2, (bounds.Min.Y+bounds.Max.Y)/2), Radius: max(bounds.Dx(), bounds.Dy()) / 2, Paint: paint})
			}
		}
		require.Equal(t, want, spacemap.SpotsOf(order, few, plain, stands), marked)
	}
	apart := func(most int) func(x, y int) bool {
		return func(x, y int) bool { return x%7 == 0 && y%7 == 0 && x < 126 && y/7*18+x/7 < most }
	}
	require.Len(t, spacemap.SpotsOf(7, apart(100), plain, stands), 100, "as many as are shown")
	require.Empty(t, spacemap.SpotsOf(7, apart(101), plain, stands), "one more is no exception, and nor is any")
}
