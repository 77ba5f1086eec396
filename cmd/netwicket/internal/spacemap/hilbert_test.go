package spacemap_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/spacemap"
)

func TestCurve(t *testing.T) {
	for order := 1; order <= 8; order++ {
		side := 1 << order
		seen := make(map[[2]int]bool)
		lastX, lastY := 0, 0
		for step := range uint64(side * side) {
			x, y := spacemap.PointAt(order, step)
			if x < 0 || y < 0 || x >= side || y >= side || seen[[2]int{x, y}] {
				t.Fatalf("order %d step %d: %d,%d is outside or was visited", order, step, x, y)
			}
			seen[[2]int{x, y}] = true
			if distance := abs(x-lastX) + abs(y-lastY); step > 0 && distance != 1 {
				t.Fatalf("order %d step %d: %d,%d is no neighbour of %d,%d", order, step, x, y, lastX, lastY)
			}
			if back := spacemap.StepAt(order, x, y); back != step {
				t.Fatalf("order %d: step %d is at %d,%d, where step %d is", order, step, x, y, back)
			}
			if above := uint64(step%3+1) << (2 * order); step%5 == 0 { // says nothing
				far := side * int(step%7+1)
				farX, farY := spacemap.PointAt(order, step|above)
				require.Equal(t, []int{x, y}, []int{farX, farY})
				require.Equal(t, step, spacemap.StepAt(order, x+far, y+3*far))
			}
			lastX, lastY = x, y
		}
		require.Equal(t, []int{side - 1, 0}, []int{lastX, lastY}, "the curve ends at the upper right")
	}
}

// The blocks of a coarser curve are those of the finer one, so that the names of
// the blocks stand where their addresses are, and a tile where its pixels are.
func TestCurveOfBlocks(t *testing.T) {
	for fine := range 11 {
		for coarse := range fine {
			for step := uint64(0); step < 1<<(2*fine); step += 1 + step/97 {
				x, y := spacemap.PointAt(fine, step)
				blockX, blockY := spacemap.PointAt(coarse, step>>(2*(fine-coarse)))
				require.Equal(t, []int{blockX, blockY}, []int{x >> (fine - coarse), y >> (fine - coarse)}, step)
			}
		}
	}
}

func abs(n int) int { return max(n, -n) }
