package keeper_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/bench/workload"
	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/internal/files"
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

// TestSnapshotThatDoesNotFit: a snapshot is packed, so that it takes more for each of its bytes
// than other files do.
func TestSnapshotThatDoesNotFit(t *testing.T) {
	folder := t.TempDir()
	for name, text := range keepertest.PlainPolicy() {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	_, policy, err := policyfile.Open(policyfile.Options{Paths: []string{folder}})
	require.NoError(t, err)
	large := make([]byte, 3<<20) // which nothing packs
	random := rand.NewChaCha8([32]byte{})
	_, _ = random.Read(large)
	var file bytes.Buffer
	require.NoError(t, policy.WriteSnapshotWith(&file, []decide.SnapshotDocument{{Kind: decide.ThreatFeedDocument, Name: "feed.txt", Text: large}}))
	k := keepertest.Keep(t, map[string]string{"netwicket.json": `{"snapshot": "policy.nws"}`, "policy.nws": file.String()})
	runtime.GC()
	between := (keeper.LoadFactor + keeper.SnapshotFactor) / 2
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(keeper.LiveHeap()) + int64(between*file.Len())))
	k.Move("policy.nws", blocking(t, "198.51.100.0/24")+strings.Repeat(" ", file.Len()))
	require.ErrorContains(t, k.Fails("for want of memory").Err, "GOMEMLIMIT, ")
	debug.SetMemoryLimit(math.MaxInt64)
	k.Move("policy.nws", blocking(t, "198.51.100.0/24"))
	k.Becomes("203.0.113.7", true)
}

// TestWhatFits: to the byte, by the sizes of files that may be of any size, since none of them is read.
func TestWhatFits(t *testing.T) {
	folder := t.TempDir()
	lists, snapshot := filepath.Join(folder, "lists.txt"), filepath.Join(folder, "policy.nws")
	for name, size := range map[string]int64{lists: 1 << 40, snapshot: 2 << 40} { // of which nothing is written
		require.NoError(t, os.WriteFile(name, nil, 0o600))
		require.NoError(t, os.Truncate(name, size))
	}
	state := files.Set{Files: []string{lists, snapshot, filepath.Join(folder, "missing")}}.Look()
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // what lives is what lived
	runtime.GC()
	live := int64(keeper.LiveHeap())
	require.Positive(t, live)
	for packed, need := range map[string]int64{snapshot: 8<<40 + 64<<40, "": 24 << 40} {
		before := debug.SetMemoryLimit(live + need)
		fits := keeper.Fits(state, packed)
		debug.SetMemoryLimit(live + need - 1)
		exceeds := keeper.Fits(state, packed)
		require.Equal(t, live+need-1, debug.SetMemoryLimit(before), "it is only asked for")
		require.NoError(t, fits)
		require.ErrorContains(t, exceeds, fmt.Sprintf("files of 3145728 MiB take about %d MiB to load, which with what is in use would exceed GOMEMLIMIT, %d MiB", need>>20, (live+need-1)>>20))
		require.NoError(t, keeper.Fits(state, packed), "there is no limit")
	}
}

// TestSnapshotFactor measures what reading a snapshot takes, of a hundred zones on databases of
// the whole internet.
func TestSnapshotFactor(t *testing.T) {
	if os.Getenv("NETWICKET_PROVE") == "" {
		t.Skip("compiles databases of the whole internet: NETWICKET_PROVE=1 asks for it, as prove -short does")
	}
	realdata.Path(t, "mmdb/country-2025.mmdb")
	var suite workload.Suite
	var file bytes.Buffer
	require.NoError(t, suite.Policy(t, 100).WriteSnapshot(&file))
	folder := keepertest.New(t)
	folder.Write("policy.nws", file.String())
	factor := peakOfLoading(t, policyfile.Options{Paths: []string{folder.Path("policy.nws")}}, int64(file.Len()))
	t.Logf("figure: a snapshot takes %.1f bytes of memory a byte at the peak of loading", factor)
	require.Greater(t, factor, float64(keeper.LoadFactor))
	require.Less(t, factor, float64(keeper.SnapshotFactor))
}

// TestLoadFactor measures what loading takes on databases of the whole internet.
func TestLoadFactor(t *testing.T) {
	for _, name := range []string{"mmdb/country-2025.mmdb", "mmdb/GeoLite2-Country-20180206.mmdb"} {
		path := realdata.Path(t, name)
		info, err := os.Stat(path)
		require.NoError(t, err)
		folder := keepertest.New(t)
		folder.Write("zones.json", `[{"type": "DYNAMIC", "id": "c", "name": "Countries", "status": "ACTIVE", "usage": "BLOCKLIST", "locations": [{"country": "KP"}]}]`)
		factor := peakOfLoading(t, policyfile.Options{Paths: []string{folder.Path("zones.json")}, Geo: []string{path}}, info.Size())
		t.Logf("figure: %s takes %.1f bytes of memory a byte at the peak of loading", name, factor)
		require.Less(t, factor, float64(keeper.LoadFactor))
	}
}

// peakOfLoading is how many bytes of memory live at most for each byte of files while they are
// loaded.
func peakOfLoading(t *testing.T, options policyfile.Options, size int64) float64 {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(5))
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
	_, policy, err := policyfile.Open(options)
	stop.Store(true)
	<-done
	require.NoError(t, err)
	require.NotNil(t, policy)
	return float64(peak-min(peak, before)) / float64(size)
}
