package replay_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/replay"
	"github.com/netwicket/netwicket/decide"
)

// clocks count times by several clocks, which are joined, and say what the slow count says.
func clocks(t *testing.T, times ...[]int64) {
	t.Helper()
	var moments []moment
	var all replay.Clock
	for _, some := range times {
		var one replay.Clock
		for _, at := range some {
			one.Count(at)
			moments = append(moments, moment{at, decide.Outcome{Verdict: decide.Allow, Reason: decide.Permitted}})
		}
		all.Join(&one)
	}
	want, got := naiveOver(moments), all.Report()
	require.Equal(t, want.Seconds, got.Seconds, "%v", times)
	require.Equal(t, want, got, "%v", times)
}

// Requests of any time, also around the start of 1970, before which times are negative, are
// counted as they come, in one clock and in several.
func TestClocks(t *testing.T) {
	random := rand.New(rand.NewPCG(41, 42))
	for range 100 {
		span := []int64{50, 3000, 20_000, 400_000, 3_000_000, 1 << 30}[random.IntN(6)]
		begin := []int64{0, -span, -span / 2, 4 * 86400, 1431857103}[random.IntN(5)]
		times := make([][]int64, 1+random.IntN(3))
		for i := range times {
			for range random.IntN(12) {
				times[i] = append(times[i], begin+random.Int64N(span))
			}
		}
		clocks(t, times...)
	}
}

// As many buckets as there may be are no wider than they have to be, whichever way they
// grow; one more are the next wider ones.
func TestMostBuckets(t *testing.T) {
	const minute, begin = 60, 1431856800 // at a full quarter of an hour
	for _, behind := range []int64{238, 239, 240, 241} {
		early, late := int64(begin), begin+behind*minute
		clocks(t, []int64{early, late})
		clocks(t, []int64{late, early})
		clocks(t, []int64{early + 7*minute, early, late})
		clocks(t, []int64{early + 7*minute, late, early})
		clocks(t, []int64{early}, []int64{late})
		clocks(t, []int64{late}, []int64{early})
	}
	// What one clock counts in wide buckets the other cannot count in narrow ones: its first
	// and its last bucket begin closer to each other than its requests.
	clocks(t, []int64{begin}, []int64{begin, begin + 240*minute})
	clocks(t, []int64{begin}, []int64{begin + 4*minute, begin + 244*minute + 59})
	clocks(t, []int64{begin + 60*minute}, []int64{begin + 4*minute, begin + 239*minute, begin + 244*minute + 59})
}
