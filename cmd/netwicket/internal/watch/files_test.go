package watch_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/watch"
	"github.com/netwicket/netwicket/internal/keepertest"
)

// kept are files that are kept, and what came of them.
type kept struct {
	*watch.Files
	asked   chan struct{}
	begun   chan struct{} // a load began
	answers chan error    // what it gives
	told    chan error    // what was said of it
	applied chan struct{} // it was put in force
}

// next is what comes next. Nothing depends on how soon.
func next[T any](t *testing.T, from <-chan T) (one T) {
	t.Helper()
	select {
	case one = <-from:
	case <-time.After(keepertest.Patience / 3):
		require.FailNow(t, "nothing comes")
	}
	return one
}

// give hands over what is waited for.
func give[T any](t *testing.T, to chan<- T, one T) {
	t.Helper()
	select {
	case to <- one:
	case <-time.After(keepertest.Patience / 3):
		require.FailNow(t, "nobody takes it")
	}
}

// keep loads files that answer when the test says so.
func keep(t *testing.T, limit time.Duration) *kept {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cert.pem")
	require.NoError(t, os.WriteFile(path, []byte("one"), 0o600))
	k := &kept{
		asked: make(chan struct{}), begun: make(chan struct{}, 10), answers: make(chan error), told: make(chan error, 10), applied: make(chan struct{}, 10),
	}
	k.Files = &watch.Files{
		Paths: []string{path}, Limit: limit, Asked: k.asked,
		Load: func() (func(), error) {
			k.begun <- struct{}{}
			return func() { k.applied <- struct{}{} }, <-k.answers
		},
		Loaded:    func(err error) { k.told <- err },
		Unwatched: func(err error) { t.Error(err) },
	}
	return k
}

// start loads for the first time and keeps from then on.
func (k *kept) start(t *testing.T) {
	t.Helper()
	k.LookSeldom()
	go func() { k.answers <- nil }()
	require.NoError(t, k.Once())
	next(t, k.begun)
	next(t, k.applied)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.Keep(ctx)
	}()
	t.Cleanup(func() { cancel(); next(t, ended) })
}

func TestFilesAreLoadedWhenTheyChange(t *testing.T) {
	k := keep(t, time.Hour)
	k.start(t)
	for _, content := range []string{"two", "three and more"} {
		require.NoError(t, os.WriteFile(k.Paths[0], []byte(content), 0o600))
		next(t, k.begun)
		give(t, k.answers, nil)
		next(t, k.applied)
		require.NoError(t, next(t, k.told))
	}
	give(t, k.asked, struct{}{})
	next(t, k.begun)
	give(t, k.answers, errors.New("no certificate"))
	require.ErrorContains(t, next(t, k.told), "no certificate")
	require.Empty(t, k.applied)
}

// TestFilesThatHang are given up, and loaded anew when they answer; nobody waits for
// them at the end.
func TestFilesThatHang(t *testing.T) {
	k := keep(t, 50*time.Millisecond)
	k.start(t)
	give(t, k.asked, struct{}{})
	next(t, k.begun)
	require.ErrorIs(t, next(t, k.told), watch.ErrHanging)
	give(t, k.asked, struct{}{})
	give(t, k.answers, nil) // too late
	next(t, k.begun)
	require.Empty(t, k.applied)
	give(t, k.answers, nil)
	next(t, k.applied)
	require.NoError(t, next(t, k.told))
	require.Empty(t, k.begun)

	give(t, k.asked, struct{}{})
	next(t, k.begun) // and never answers
}

func TestFilesThatHangAtTheStart(t *testing.T) {
	k := keep(t, time.Millisecond)
	require.ErrorIs(t, k.Once(), watch.ErrHanging)
	require.Empty(t, k.applied)
}

// What cannot be loaded at the start is not put in force.
func TestFilesThatDoNotLoadAtTheStart(t *testing.T) {
	k := keep(t, time.Hour)
	go func() { k.answers <- errors.New("no certificate") }()
	require.EqualError(t, k.Once(), "no certificate")
	require.Empty(t, k.applied)
	next(t, k.begun)
}

// A Watcher that is none tells nothing, and may be used all the same.
func TestNoWatcher(t *testing.T) {
	var none *watch.Watcher
	require.Nil(t, none.Changed())
	require.NoError(t, none.Follow([]string{"x"}))
	none.Close()
}
