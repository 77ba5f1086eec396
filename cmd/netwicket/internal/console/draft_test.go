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
	leave()
	now := <-newer
	require.NoError(t, now.err)
	other := take(t.Context(), "bob")
	require.NoError(t, now.ctx.Err(), "another visitor ends nobody's question")
	now.leave()
	last := <-other
	require.NoError(t, last.err)
	last.leave()
	require.Zero(t, site.Asking())
}
