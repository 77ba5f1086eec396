package keeper_test

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/keepertest"
	"github.com/netwicket/netwicket/internal/realdata"
)

// TestReloadThatDoesNotFit: it is refused before anything is read, and tried again.
func TestReloadThatDoesNotFit(t *testing.T) {
	m := newMount(time.Hour)
	k := keepertest.Keep(t, keepertest.PlainPolicy(), m.options)
	k.Asked <- struct{}{}
	k.Succeeds()
	begun := m.begun.Load()
	runtime.GC()
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(keeper.LiveHeap() / 2)))
	k.Write("zones.json", keepertest.Blocklist("198.51.100.0/24"))
	require.ErrorContains(t, k.Fails("for want of memory").Err, "GOMEMLIMIT, ")
	require.Equal(t, begun, m.begun.Load())
	require.False(t, k.Allows("203.0.113.7"), "the policy in force stays")
	debug.SetMemoryLimit(math.MaxInt64)
	k.Becomes("203.0.113.7", true)
}

// TestLoadFactor measures what loading takes on databases of the whole internet.
func TestLoadFactor(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	for _, name := range []string{"mmdb/country-2025.mmdb", "mmdb/GeoLite2-Country-20180206.mmdb"} {
		path := realdata.Path(t, name)
		info, err := os.Stat(path)
		require.NoError(t, err)
		folder := keepertest.New(t)
		folder.Write("zones.json", `[{"type": "DYNAMIC", "id": "c", "name": "Countries", "status": "ACTIVE", "usage": "BLOCKLIST", "locations": [{"country": "KP"}]}]`)
		runtime.GC()
		before, peak := keeper.LiveHeap(), uint64(0)
		var stop atomic.Bool
		done := make(chan struct{})
		go func() {
			defer close(done)
			for !stop.Load() {
				peak = max(peak, keeper.LiveHeap())
				time.Sleep(100 * time.Microsecond)
			}
		}()
		_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{folder.Path("zones.json")}, Geo: []string{path}})
		stop.Store(true)
		<-done
		require.NoError(t, err)
		require.NotNil(t, policy)
		factor := float64(peak-min(peak, before)) / float64(info.Size())
		t.Logf("figure: %s takes %.1f bytes of memory a byte at the peak of loading", name, factor)
		require.Less(t, factor, float64(keeper.LoadFactor))
	}
}
