package keeper_test

import (
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/gate"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// Readers at full speed, a writer that replaces the files in every way, good and
// bad, and reloads by event and on request: every answer is exactly one
// policy's, none is ever an allow of what both deny, and nothing is left behind.
func TestSoak(t *testing.T) {
	length := time.Second
	if os.Getenv("NETWICKET_PROVE") != "" {
		length = time.Minute
	}
	const both, first, second, free = "192.0.2.66", "203.0.113.7", "198.51.100.7", "8.8.8.8"
	policies := [2]string{keepertest.Blocklist("192.0.2.0/24", "203.0.113.0/24"), keepertest.Blocklist("192.0.2.0/24", "198.51.100.0/24")}
	k := keepertest.Keep(t, map[string]string{"netwicket.json": keepertest.PolicyFile, "zones.json": policies[0]})
	resolver, err := gate.NewResolver(gate.Config{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Source: gate.XForwardedFor})
	require.NoError(t, err)

	var stop atomic.Bool
	var decisions, inSecond, reloads, refused atomic.Int64
	var group sync.WaitGroup
	read := func() {
		var buffer [gate.MaxChain]netip.Addr
		headers := map[string]http.Header{}
		for _, addr := range []string{both, first, second, free} {
			headers[addr] = http.Header{"X-Forwarded-For": {"1.1.1.1, " + addr + ", 10.0.0.2"}}
		}
		for !stop.Load() {
			policy := k.Keeper.Live().Policy()
			allows := func(addr string) bool {
				result := gate.Decide(buffer[:0], policy, resolver, "10.0.0.1:4711", headers[addr])
				decisions.Add(1)
				return result.Allowed()
			}
			if allows(both) || !allows(free) || allows(first) == allows(second) {
				t.Errorf("an answer of no policy: %v %v %v %v", allows(both), allows(first), allows(second), allows(free))
				return
			}
			if allows(first) {
				inSecond.Add(1)
			}
		}
	}
	for range 2 {
		group.Go(read)
	}
	group.Go(func() {
		for !stop.Load() {
			select {
			case r := <-k.Reports:
				if r.Err == nil {
					reloads.Add(1)
				} else {
					refused.Add(1)
				}
			case <-time.After(10 * time.Millisecond):
			}
		}
	})

	deadline := time.Now().Add(length)
	warm := time.Now().Add(length / 5)
	var before usage
	for i := 0; time.Now().Before(deadline); i++ {
		good := policies[i/2%2]
		switch i % 6 {
		case 0, 3:
			k.Move("zones.json", good)
		case 1:
			k.Write("zones.json", good)
		case 2:
			k.Write("zones.json", good[:len(good)/2]) // half a file
		case 4:
			require.NoError(t, os.Remove(k.Path("zones.json")))
		case 5:
			k.Move("zones.json", `[{"type":"IP","name":"x","status":"ACTIVE","gateways":[{"type":"CIDR","value":"nonsense"}]}]`)
		}
		select {
		case k.Asked <- struct{}{}:
		default:
		}
		time.Sleep(time.Duration(1+i%7) * 10 * time.Millisecond)
		if before.goroutines == 0 && time.Now().After(warm) {
			before = used()
		}
	}
	k.Move("zones.json", "[")
	require.Eventually(t, func() bool { return refused.Load() > 0 }, keepertest.Patience, 5*time.Millisecond)
	k.Move("zones.json", policies[0])
	k.Becomes(first, false)
	k.Move("zones.json", policies[1])
	k.Becomes(second, false)
	require.True(t, k.Allows(first))
	after := used()
	stop.Store(true)
	group.Wait()

	t.Logf("figure: %s: %d decisions, %d of them by the second policy, %d reloads, %d refused; goroutines %d then %d, descriptors %d then %d, heap %d KiB then %d KiB",
		length, decisions.Load(), inSecond.Load(), reloads.Load(), refused.Load(),
		before.goroutines, after.goroutines, before.descriptors, after.descriptors, before.heap>>10, after.heap>>10)
	require.Positive(t, reloads.Load())
	require.Positive(t, inSecond.Load())
	if length == time.Minute {
		require.LessOrEqual(t, after.goroutines, before.goroutines+2, "goroutines are left behind")
		require.LessOrEqual(t, after.descriptors, before.descriptors+2, "descriptors are left behind")
		require.Less(t, after.heap, before.heap+16<<20, "the heap grows")
	}
}

// usage is what may leak.
type usage struct {
	goroutines, descriptors int
	heap                    uint64
}

func used() usage {
	runtime.GC()
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	descriptors, _ := filepath.Glob("/proc/self/fd/*")
	return usage{runtime.NumGoroutine(), len(descriptors), memory.HeapAlloc}
}
