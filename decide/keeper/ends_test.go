package keeper_test

import (
	"context"
	"strings"
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
