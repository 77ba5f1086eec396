package keeper_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// bySnapshot is a policy file that names a snapshot.
const bySnapshot = `{"snapshot": "policy.nws", "serve": {"guard": ["192.0.2.200"]}}`

// snapshotOf compiles a folder of files into a snapshot.
func snapshotOf(t *testing.T, content map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range content {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	return keepertest.Snapshot(t, folder)
}

// blocking is a snapshot of a blocklist.
func blocking(t *testing.T, networks ...string) string {
	return snapshotOf(t, map[string]string{"netwicket.json": keepertest.PolicyFile, "zones.json": keepertest.Blocklist(networks...)})
}

// A snapshot that changes is put in force if it passes every check, and one that does not
// leaves the one before.
func TestSnapshotChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, map[string]string{"netwicket.json": bySnapshot, "policy.nws": blocking(t, "203.0.113.0/24")})
		require.False(t, k.Allows("203.0.113.7"))
		k.Move("policy.nws", blocking(t, "198.51.100.0/24"))
		k.Becomes("198.51.100.7", false)
		require.True(t, k.Allows("203.0.113.7"))

		before := k.Keeper.Live().Policy()
		k.Move("policy.nws", blocking(t, "203.0.113.0/24")[:200])
		k.Fails("it was not transferred whole")
		k.Move("policy.nws", blocking(t, "192.0.2.0/24"))
		k.Fails("serve.guard")
		require.NoError(t, os.Remove(k.Path("policy.nws")))
		k.Fails("no such file")
		require.Same(t, before, k.Keeper.Live().Policy())

		k.Write("zones.json", keepertest.Blocklist("203.0.113.0/25"))
		k.Move("netwicket.json", keepertest.PolicyFile)
		k.Becomes("198.51.100.7", true)
		require.False(t, k.Allows("203.0.113.7"))
		require.True(t, k.Allows("203.0.113.200"))
		k.Write("policy.nws", blocking(t, "203.0.113.128/25"))
		k.Move("netwicket.json", bySnapshot)
		k.Becomes("203.0.113.200", false)
		require.True(t, k.Allows("203.0.113.7"))
	})
}

// A policy of less or older data than the one in force is refused, whichever of the two is
// a snapshot.
func TestShrunkSnapshots(t *testing.T) {
	sources := func(change func(map[string]string)) map[string]string {
		files := supplied(t)
		delete(files, "idle.txt")
		change(files)
		return files
	}
	full := func(map[string]string) {}
	for name, row := range map[string]struct {
		shrink func(map[string]string)
		want   string // of two snapshots; empty: it is in force
		named  string // of documents in the place of a snapshot or the other way round, if it is another text
	}{
		"the same":          {full, "", ""},
		"an older database": {func(f map[string]string) { f["geo/country.mmdb"] = database(t, monday.AddDate(0, 0, -1), 100) }, "the snapshot's GeoLite2-Country no. 1 was built 2026-03-01", "was built 2026-03-01"},
		"half of one":       {func(f map[string]string) { f["geo/country.mmdb"] = database(t, wednesday, 49) }, "the snapshot's GeoLite2-Country no. 1 has 49 networks, less than half of the 100", "has 49 networks, less than half of the 100"},
		"an empty list":     {func(f map[string]string) { f["nord.txt"] = "" }, "the snapshot's netset no. 1 has 0 networks", "has 0 networks"},
		"no anonymizers":    {func(f map[string]string) { delete(f, "geo/anonymous.mmdb") }, "no source provides anonymizer of IPv4 addresses any more, which the snapshot's GeoIP2-Anonymous-IP no. 1 did", "no source provides anonymizer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				whole, less := sources(full), sources(row.shrink)
				of := func(content map[string]string) map[string]string {
					return map[string]string{"netwicket.json": bySnapshot, "policy.nws": snapshotOf(t, content)}
				}
				for i, step := range [][2]map[string]string{{of(whole), of(less)}, {whole, of(less)}, {of(whole), less}} {
					k := keepertest.Keep(t, step[0])
					before := k.Keeper.Live().Policy()
					k.Move("netwicket.json", "{") // so that all of them are seen at once
					k.Fails("netwicket.json")
					require.NoError(t, os.RemoveAll(k.Path("geo")))
					for name, text := range step[1] {
						if name != "netwicket.json" {
							k.Write(name, text)
						}
					}
					k.Move("netwicket.json", step[1]["netwicket.json"])
					want := row.want
					if i > 0 {
						want = row.named
					}
					if want == "" {
						k.Succeeds()
						continue
					}
					k.Fails(want)
					require.Same(t, before, k.Keeper.Live().Policy())
				}
			})
		})
	}
}

// Entries of an overlay beside a snapshot end when they say so, come back with the clock,
// and are in force at once although the snapshot is damaged.
func TestOverlayBesideASnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		var ahead atomic.Int64
		overlay := `{"deny": [{"network": "198.51.100.7"}], "allow": [{"network": "203.0.113.7", "until": "2026-01-02T05:00:00Z"}]}`
		k := keepertest.Keep(t, map[string]string{
			"netwicket.json": `{"snapshot": "policy.nws", "overlay": "overlay.json"}`, "policy.nws": blocking(t, "203.0.113.0/24"), "overlay.json": overlay,
		}, func(o *keeper.Options) {
			keeper.WithClock(o, func() time.Time { return start.Add(time.Duration(ahead.Load())) }, 10*time.Millisecond)
		})
		for _, hours := range []int{0, 3, 1, 3} {
			ahead.Store(int64(time.Duration(hours) * time.Hour))
			k.Becomes("203.0.113.7", hours < 2)
			require.False(t, k.Allows("198.51.100.7"), fmt.Sprint(hours))
			require.False(t, k.Allows("203.0.113.8"), fmt.Sprint(hours))
		}
		k.Move("policy.nws", "nonsense")
		k.Fails("this is no snapshot")
		k.Move("overlay.json", `{"deny": [{"network": "198.51.100.8"}]}`)
		k.Becomes("198.51.100.8", false)
		require.False(t, k.Allows("203.0.113.8"))
	})
}
