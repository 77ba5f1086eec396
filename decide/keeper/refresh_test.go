package keeper_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/keeper"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// TestRefresh: whoever refreshes knows afterwards what is in force, without anything else
// having a look, and files that look as before are not read.
func TestRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keepertest.Keep(t, keepertest.PlainPolicy(), func(o *keeper.Options) {
			o.Timing.Poll, o.Timing.Retry, o.Timing.RetryMax = time.Hour, time.Hour, time.Hour
		})
		require.NoError(t, k.Keeper.Refresh(t.Context()))
		require.Empty(t, k.Reports, "nothing has changed")

		k.Move("zones.json", keepertest.Blocklist("198.51.100.0/24"))
		require.NoError(t, k.Keeper.Refresh(t.Context()))
		require.Equal(t, keeper.Changed, k.Succeeds().Cause)
		require.False(t, k.Allows("198.51.100.7"))
		require.True(t, k.Allows("203.0.113.7"))

		k.Move("zones.json", "[]]")
		err := k.Keeper.Refresh(t.Context())
		require.ErrorContains(t, err, k.Path("zones.json")+":1:3")
		require.False(t, k.Allows("198.51.100.7"), "the one before stays")
		require.ErrorContains(t, k.Keeper.Refresh(t.Context()), "zones.json:1:3", "it is as before")

		k.Move("zones.json", keepertest.Blocklist("192.0.2.0/24"))
		require.NoError(t, k.Keeper.Refresh(t.Context()))
		require.False(t, k.Allows("192.0.2.7"))
	})
}

// TestRefreshOfFilesThatHang says so when the load is given up, and at once while it goes on.
func TestRefreshOfFilesThatHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMount(brief)
		k := keepertest.Keep(t, keepertest.PlainPolicy(), m.options)
		m.fallSilent()
		k.Move("zones.json", keepertest.Blocklist("198.51.100.0/24"))
		require.ErrorIs(t, k.Keeper.Refresh(t.Context()), keeper.ErrHanging)
		require.ErrorIs(t, k.Keeper.Refresh(t.Context()), keeper.ErrHanging)
		m.answer()
		k.Becomes("198.51.100.7", false)
		require.NoError(t, k.Keeper.Refresh(t.Context()))
	})
}

// TestRefreshWithoutRun waits for Run, as long as the context lets it, and not for one that has ended.
func TestRefreshWithoutRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var none *keeper.Keeper
		require.ErrorContains(t, none.Refresh(t.Context()), "not opened")
		require.ErrorContains(t, new(keeper.Keeper).Refresh(t.Context()), "not opened")

		folder := keepertest.New(t)
		folder.Write("netwicket.json", keepertest.PolicyFile)
		folder.Write("zones.json", keepertest.Blocklist("203.0.113.0/24"))
		k, err := keeper.Open(folder.Folder)
		require.NoError(t, err)
		enough := errors.New("enough")
		ended, end := context.WithCancelCause(t.Context())
		end(enough)
		require.ErrorIs(t, k.Refresh(ended), enough)
		require.NoError(t, k.Run(ended))
		require.ErrorContains(t, k.Refresh(t.Context()), "has ended")
	})
}
