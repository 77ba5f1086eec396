package keeper_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/decide/policyfile"
	"github.com/netwicket/netwicket/decide/release"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// TestQuietHours: where nothing happens, nothing is done and nothing is told.
func TestQuietHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, keepertest.PlainPolicy(), func(o *keeper.Options) { o.Timing.Poll = 10 * time.Minute })
		before := k.Keeper.Live().Policy()
		time.Sleep(5 * time.Hour)
		require.Empty(t, k.Reports)
		require.Same(t, before, k.Keeper.Live().Policy())
		require.NoError(t, k.Keeper.Err())
	})
}

// TestRunHasEnded: the policy in force goes on deciding, a health check is told, and a release
// that was fetched meanwhile is not put in force.
func TestRunHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := keepertest.NewChannel(t)
		c.Publish(blocking(t, "203.0.113.0/24"), "")
		folder := keepertest.New(t)
		for name, text := range c.Files(`}}`) {
			folder.Write(name, text)
		}
		k, err := keeper.OpenWith(keeper.Options{Policy: policyfile.Options{Paths: []string{folder.Folder}}})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- k.Run(ctx) }()
		time.Sleep(time.Second)
		require.NoError(t, k.Err())
		inForce := k.Live().Policy()
		require.NotNil(t, inForce)

		snapshot := blocking(t, "198.51.100.0/24")
		header, err := decide.ReadSnapshotHeader(strings.NewReader(snapshot))
		require.NoError(t, err)
		next := release.Candidate{
			Payload: release.Payload{Channel: "prod", Version: 2}, Chosen: release.Snapshot{Fingerprint: header.Fingerprint}, Snapshot: []byte(snapshot), Now: time.Now(),
		}
		prepared, err := k.PrepareRelease(next)
		require.NoError(t, err)
		cancel()
		require.NoError(t, <-ended)
		prepared.Install()
		require.Same(t, inForce, k.Live().Policy())
		_, err = k.PrepareRelease(next)
		require.EqualError(t, err, "netwicket: Keeper.Run has ended")
		var refused *release.Refusal
		require.ErrorAs(t, err, &refused)

		require.ErrorContains(t, k.Err(), "nobody keeps the policy up to date")
		require.ErrorContains(t, k.Refresh(t.Context()), "nobody keeps the policy up to date")
		require.ErrorContains(t, k.Run(t.Context()), "once")
		require.EqualValues(t, 1, k.Status().Parts.Release())
	})
}

// TestDefectInALoad: a panic of whatever reads files is an error like others, and ends nothing.
func TestDefectInALoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var broken atomic.Bool
		k := keepertest.Keep(t, keepertest.PlainPolicy(), func(o *keeper.Options) {
			keeper.WithReading(o, func(string) {
				if broken.Load() {
					panic("a defect")
				}
			})
		})
		broken.Store(true)
		k.Move("zones.json", keepertest.Blocklist("198.51.100.0/24"))
		r := k.Fails("netwicket failed on this policy: a defect")
		require.Equal(t, keeper.Changed, r.Cause)
		require.ErrorContains(t, r.Err, "ends_test.go", "it says where")
		require.ErrorContains(t, k.Keeper.Err(), "a defect")
		require.False(t, k.Allows("203.0.113.7"))
		broken.Store(false)
		k.Becomes("203.0.113.7", true)
		require.NoError(t, k.Keeper.Err())
	})
}

// TestDeletedButMountedAtStart: what a mount shows is in force, and it is told that it is not
// what lies there now.
func TestDeletedButMountedAtStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.New(t)
		k.Write("zones.json", keepertest.Blocklist("203.0.113.0/24"))
		held := mounted(t, k.Path("zones.json"))
		k.Move("zones.json", keepertest.Blocklist("198.51.100.0/24"))
		k.Write("netwicket.json", `{"okta": {"zones": ["`+held+`"]}}`)
		k.Start()
		r := k.Fails(held + " is deleted but still mounted")
		require.Equal(t, keeper.Changed, r.Cause)
		require.NotNil(t, r.Parts)
		require.ErrorContains(t, k.Keeper.Err(), "mount the folder instead")
		require.False(t, k.Allows("203.0.113.7"))
		require.True(t, k.Allows("198.51.100.7"))
	})
}

// TestFilesChangeDuringTheFirstLoad: there is no policy to stay with meanwhile, so what was read
// first is in force, and what came then follows.
func TestFilesChangeDuringTheFirstLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.New(t)
		for name, text := range keepertest.PlainPolicy() {
			k.Write(name, text)
		}
		var later atomic.Bool
		k.Start(func(o *keeper.Options) {
			keeper.WithReading(o, func(string) {
				if !later.Swap(true) {
					time.Sleep(time.Millisecond)
					k.Move("zones.json", keepertest.Blocklist("198.51.100.0/24"))
				}
			})
		})
		time.Sleep(time.Second)
		require.True(t, k.Allows("203.0.113.7"))
		require.False(t, k.Allows("198.51.100.7"))
		require.NoError(t, k.Keeper.Err())
	})
}

// TestNobodyAsks: to close the channel is not to ask.
func TestNobodyAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, keepertest.PlainPolicy())
		time.Sleep(time.Second)
		close(k.Asked)
		time.Sleep(time.Second)
		require.Empty(t, k.Reports)
	})
}

// TestEntryEndsLater: until it does, nothing is compiled and nothing told, however often somebody looks at the clock.
func TestEntryEndsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until := time.Now().Add(5 * time.Minute)
		files := keepertest.PlainPolicy()
		files["netwicket.json"] = `{"okta": {"zones": ["zones.json"]}, "overlay": "overlay.json"}`
		files["overlay.json"] = `{"allow": [{"network": "203.0.113.7", "until": "` + until.Format(time.RFC3339Nano) + `"}]}`
		k := keepertest.Keep(t, files, func(o *keeper.Options) { o.Timing.Poll = time.Hour })
		before := k.Keeper.Live().Policy()
		time.Sleep(time.Until(until) - 1)
		require.Same(t, before, k.Keeper.Live().Policy())
		require.Empty(t, k.Reports)
		require.True(t, k.Allows("203.0.113.7"))
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.False(t, k.Allows("203.0.113.7"))
		require.Equal(t, keeper.Expiry, k.Succeeds().Cause)
		time.Sleep(time.Hour)
		require.Empty(t, k.Reports)
	})
}

// TestWatchingIsToldOnce: that folders cannot be watched is told at the start and with every load, and not at every look.
func TestWatchingIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, keepertest.PlainPolicy(), func(o *keeper.Options) {
			o.Changed, o.Timing.Poll = make(chan string), 20*time.Millisecond
			o.Follow = func([]string) error { return errors.New("no events here") }
		})
		causes := func() (all []keeper.Cause) {
			time.Sleep(time.Second)
			for len(k.Reports) > 0 {
				all = append(all, (<-k.Reports).Cause)
			}
			return all
		}
		require.Equal(t, []keeper.Cause{keeper.Watching}, causes())
		require.Empty(t, causes())
		k.Move("zones.json", keepertest.Blocklist("198.51.100.0/24"))
		require.Equal(t, []keeper.Cause{keeper.Watching, keeper.Changed}, causes())
	})
}

// TestRefreshWaitsForQuietFiles: files that change while they are read are read again before whoever refreshes is told.
func TestRefreshWaitsForQuietFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		changes := 0
		var k *keepertest.Kept
		k = keepertest.Keep(t, keepertest.PlainPolicy(), func(o *keeper.Options) {
			o.Timing.Poll = time.Hour
			keeper.WithReading(o, func(string) {
				time.Sleep(time.Millisecond)
				if changes > 0 {
					changes--
					k.Move("zones.json", keepertest.Blocklist("198.51.100.0/24", "192.0.2.0/24")) // after the look
				}
			})
		})
		time.Sleep(time.Second)
		changes = 3
		k.Move("zones.json", keepertest.Blocklist("192.0.2.0/24"))
		require.NoError(t, k.Keeper.Refresh(t.Context()))
		require.Zero(t, changes)
		require.False(t, k.Allows("198.51.100.7"))
		require.True(t, k.Allows("203.0.113.7"))
	})
}
