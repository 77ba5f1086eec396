package console_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// One draft is compiled at a time. A newer question of the same page ends the older one,
// and one of another page waits for it.
func TestNewerDraftEndsTheOlder(t *testing.T) {
	site := newChanger(t, acme(t)).site
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
}
