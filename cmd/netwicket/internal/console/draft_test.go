package console_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/console"
	"github.com/netwicket/netwicket/decide/policyfile"
)

// One draft is compiled at a time. A newer question of the same page ends the older one,
// and one of another page waits for it.
func TestNewerDraftEndsTheOlder(t *testing.T) {
	folder := folderOf(t, small)
	synctest.Test(t, func(t *testing.T) { newerDraftEndsTheOlder(t, readOnly(t, folder)) })
}

// readOnly is a site over a folder that is only read.
func readOnly(t *testing.T, folder string) *console.Console {
	t.Helper()
	site, err := console.New(console.Options{Policy: policyfile.Options{Paths: []string{folder}}, Folder: folder})
	require.NoError(t, err)
	return site
}

func newerDraftEndsTheOlder(t *testing.T, site *console.Console) {
	older, leave, err := site.TakeBench(t.Context(), "ann")
	require.NoError(t, err)
	type place struct {
		ctx   context.Context
		leave func()
		err   error
	}
	take := func(ctx context.Context, who string) chan place {
		came := make(chan place, 1)
		go func() {
			ctx, leave, err := site.TakeBench(ctx, who)
			came <- place{ctx, leave, err}
		}()
		return came
	}
	newer := take(t.Context(), "ann")
	<-older.Done()
	gone, end := context.WithCancel(t.Context())
	end()
	require.ErrorIs(t, (<-take(gone, "bob")).err, context.Canceled)
	synctest.Wait()
	select {
	case <-newer:
		require.Fail(t, "two drafts at a time")
	default:
	}
	require.Equal(t, 1, site.Asking(), "who is gone asks nothing")
	leave()
	require.Error(t, older.Err())
	now := <-newer
	require.NoError(t, now.err)
	third := take(t.Context(), "ann")
	<-now.ctx.Done() // though the oldest has left since
	now.leave()
	now = <-third
	require.NoError(t, now.err)
	other := take(t.Context(), "bob")
	require.NoError(t, now.ctx.Err(), "another visitor ends nobody's question")
	now.leave()
	last := <-other
	require.NoError(t, last.err)
	last.leave()
	require.Error(t, last.ctx.Err())
	require.Zero(t, site.Asking())
	for range 30 { // whether the place or the end is looked at first is chance
		require.ErrorIs(t, (<-take(gone, "eve")).err, context.Canceled)
		require.Zero(t, site.Asking())
	}
	last = <-take(t.Context(), "eve")
	require.NoError(t, last.err, "the place is free")
	last.leave()
}
