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
	go func() { k.answers <- nil }()
	require.NoError(t, k.Once())
	<-k.begun
	<-k.applied
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.Keep(ctx)
	}()
	t.Cleanup(func() { cancel(); <-ended })
}

func TestFilesAreLoadedWhenTheyChange(t *testing.T) {
	k := keep(t, time.Hour)
	k.start(t)
	for _, content := range []string{"two", "three and more"} {
		require.NoError(t, os.WriteFile(k.Paths[0], []byte(content), 0o600))
		<-k.begun
		k.answers <- nil
		<-k.applied
		require.NoError(t, <-k.told)
	}
	k.asked <- struct{}{}
	<-k.begun
	k.answers <- errors.New("no certificate")
	require.ErrorContains(t, <-k.told, "no certificate")
	require.Empty(t, k.applied)
}

// TestFilesThatHang are given up, and loaded anew when they answer; nobody waits for
// them at the end.
func TestFilesThatHang(t *testing.T) {
	k := keep(t, 50*time.Millisecond)
	k.start(t)
	k.asked <- struct{}{}
	<-k.begun
	require.ErrorIs(t, <-k.told, watch.ErrHanging)
	k.asked <- struct{}{}
	k.answers <- nil // too late
	<-k.begun
	require.Empty(t, k.applied)
	k.answers <- nil
	<-k.applied
	require.NoError(t, <-k.told)
	require.Empty(t, k.begun)

	k.asked <- struct{}{}
	<-k.begun // and never answers
}

func TestFilesThatHangAtTheStart(t *testing.T) {
	k := keep(t, time.Millisecond)
	require.ErrorIs(t, k.Once(), watch.ErrHanging)
	require.Empty(t, k.applied)
}
