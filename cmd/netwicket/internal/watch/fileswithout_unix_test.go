//go:build unix

package watch_test

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/watch"
)

// withoutEvents keeps files where the system has no room for a watcher, in a time of its
// own: nothing happens but what the test, the clock and the files say.
func withoutEvents(t *testing.T, limit time.Duration, test func(t *testing.T, k *kept)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		k := keep(t, limit)
		unwatched := 0
		var before syscall.Rlimit
		k.Unwatched = func(err error) {
			require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before))
			require.Error(t, err)
			unwatched++
		}
		go func() { k.answers <- nil }()
		require.NoError(t, k.Once())
		<-k.begun
		<-k.applied
		require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before))
		none := before
		none.Cur = 0
		require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			k.Keep(ctx)
		}()
		synctest.Wait()
		require.Equal(t, 1, unwatched, "there are no events, and why is told once")
		test(t, k)
		cancel()
		<-ended
		require.Equal(t, 1, unwatched)
	})
}

// write gives the file other content, at a moment of its own.
func (k *kept) write(t *testing.T, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(k.Paths[0], []byte(content), 0o600))
}

// loads says how many loads began since it was asked last.
func (k *kept) loads() int {
	synctest.Wait()
	n := len(k.begun)
	for range n {
		<-k.begun
	}
	return n
}

// Without events files are looked at every ten seconds, no more often, and read only when
// they are others.
func TestFilesWithoutEvents(t *testing.T) {
	withoutEvents(t, time.Minute, func(t *testing.T, k *kept) {
		time.Sleep(60*time.Second + 500*time.Millisecond)
		require.Zero(t, k.loads())
		k.write(t, "two, and more")
		time.Sleep(9 * time.Second)
		require.Zero(t, k.loads(), "nobody looks before it is time")
		time.Sleep(time.Second)
		require.Equal(t, 1, k.loads())
		k.answers <- nil
		synctest.Wait()
		<-k.applied
		require.NoError(t, <-k.told)
		time.Sleep(5 * time.Second)
		k.write(t, "three")
		time.Sleep(2 * time.Second)
		require.Zero(t, k.loads(), "nor after they were read")
		time.Sleep(10 * time.Second)
		require.Equal(t, 1, k.loads())
		k.answers <- errors.New("no certificate")
		synctest.Wait()
		require.EqualError(t, <-k.told, "no certificate")
		require.Empty(t, k.applied)
		time.Sleep(time.Minute)
		require.Zero(t, k.loads(), "what cannot be read is not read over and over")
	})
}

// Who asks while files are read has them read once more, and once is enough for many.
func TestFilesAreAskedFor(t *testing.T) {
	withoutEvents(t, time.Minute, func(t *testing.T, k *kept) {
		k.asked <- struct{}{}
		require.Equal(t, 1, k.loads())
		for range 3 {
			k.asked <- struct{}{}
			time.Sleep(15 * time.Second) // a look that comes meanwhile takes nothing away
		}
		require.Zero(t, k.loads())
		k.answers <- nil
		require.Equal(t, 1, k.loads())
		require.NoError(t, <-k.told)
		k.answers <- nil
		require.Zero(t, k.loads())
		require.NoError(t, <-k.told)
		time.Sleep(time.Minute)
		require.Zero(t, k.loads())
		require.Len(t, k.applied, 2)
	})
}

// What took too long is told once, thrown away when it comes, and read anew.
func TestFilesThatAreGivenUp(t *testing.T) {
	withoutEvents(t, 30*time.Second, func(t *testing.T, k *kept) {
		k.asked <- struct{}{}
		require.Equal(t, 1, k.loads())
		time.Sleep(29 * time.Second)
		require.Empty(t, k.told)
		time.Sleep(5 * time.Minute)
		require.ErrorIs(t, <-k.told, watch.ErrHanging)
		require.Empty(t, k.told)
		require.Zero(t, k.loads(), "nothing else begins before it has ended")
		k.answers <- nil
		require.Equal(t, 1, k.loads(), "nobody has to ask")
		require.Empty(t, k.applied)
		k.answers <- nil
		synctest.Wait()
		require.NoError(t, <-k.told)
		require.Len(t, k.applied, 1)
	})
}
