package keeper_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// The wall clock jumps to and fro: entries of the overlay are in force exactly
// when it says so, without any file changing.
func TestClockJumps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		var ahead atomic.Int64
		files := keepertest.PlainPolicy()
		files["netwicket.json"] = `{"okta": {"zones": ["zones.json"]}, "overlay": "overlay.json"}`
		files["overlay.json"] = `{"deny": [{"network": "198.51.100.7", "until": "2026-01-02T04:00:00Z"}],
			"allow": [{"network": "203.0.113.7", "until": "2026-01-02T05:00:00Z"}]}`
		k := keepertest.Keep(t, files, func(o *keeper.Options) {
			keeper.WithClock(o, func() time.Time { return start.Add(time.Duration(ahead.Load())) }, 10*time.Millisecond)
		})
		steps := []struct {
			ahead        time.Duration
			denied, free bool // the entry that denies and the one that allows are in force
		}{
			{0, true, true},
			{time.Hour, false, true},
			{3 * time.Hour, false, false},
			{time.Hour, false, true},
			{0, true, true},
			{-48 * time.Hour, true, true},
			{87_600 * time.Hour, false, false},
			{0, true, true},
		}
		for _, step := range steps {
			ahead.Store(int64(step.ahead))
			k.Becomes("198.51.100.7", !step.denied)
			k.Becomes("203.0.113.7", step.free)
		}
		t.Logf("figure: %d settings of the clock over ten years, both entries of the overlay in force exactly when they say so", len(steps))
	})
}

// TestClockWithoutOverlay: where nothing ends, a clock that is set is nothing to the policy, also not where an overlay was
// there before.
func TestClockWithoutOverlay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64
		files := keepertest.PlainPolicy()
		with := `{"okta": {"zones": ["zones.json"]}, "overlay": "overlay.json"}`
		files["netwicket.json"] = with
		files["overlay.json"] = `{"deny": [{"network": "198.51.100.7"}]}`
		k := keepertest.Keep(t, files, func(o *keeper.Options) {
			keeper.WithClock(o, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }, 0)
		})
		quiet := func() {
			t.Helper()
			ahead.Add(int64(-time.Hour))
			time.Sleep(2 * time.Minute)
			require.Empty(t, k.Reports)
		}
		require.False(t, k.Allows("198.51.100.7"))
		k.Move("netwicket.json", keepertest.PolicyFile)
		k.Becomes("198.51.100.7", true)
		k.Succeeds()
		quiet()
		k.Asked <- struct{}{}
		k.Succeeds()
		quiet()
		k.Move("netwicket.json", with)
		k.Becomes("198.51.100.7", false)
		k.Succeeds()
		before := k.Keeper.Status().Loaded
		ahead.Add(int64(-time.Hour))
		time.Sleep(30 * time.Second)
		require.Equal(t, keeper.Expiry, k.Succeeds().Cause, "entries may be in force that were not yet")
		require.Equal(t, 30*time.Second-time.Hour, k.Keeper.Status().Loaded.Sub(before).Round(time.Second))
	})
}

// TestFilesChangeWhileTheyAreRead: what was read of files that changed meanwhile
// is thrown away. The clock is read after the files were looked at and before they
// are read, which is when this one writes.
func TestFilesChangeWhileTheyAreRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k *keepertest.Kept
		var armed atomic.Bool
		var writes atomic.Int64
		k = keepertest.Keep(t, keepertest.PlainPolicy(), func(o *keeper.Options) {
			keeper.WithClock(o, func() time.Time {
				if armed.Load() && writes.Load() < 3 {
					k.Move("zones.json", keepertest.Blocklist("198.51.100.0/24", "192.0.2.0/24")[:int(writes.Add(1))*7])
					if writes.Load() == 3 {
						k.Move("zones.json", keepertest.Blocklist("198.51.100.0/24"))
					}
				}
				return time.Now()
			}, time.Hour)
		})
		armed.Store(true)
		k.Asked <- struct{}{}
		first := <-k.Reports
		require.NoError(t, first.Err, "half a file is no reason to complain")
		require.EqualValues(t, 3, writes.Load())
		require.True(t, k.Allows("203.0.113.7"))
		require.False(t, k.Allows("198.51.100.7"))
	})
}
