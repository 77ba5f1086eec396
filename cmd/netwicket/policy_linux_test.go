package main

import (
	"os"
	"runtime/debug"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide"
)

// Whether a policy is a snapshot is told without a descriptor that stays open, and of a pipe
// without a byte that whoever reads it would miss.
func TestSnapshotSizeTakesNothing(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which closes files that nobody knows any more
	folder(t, map[string]string{"policy.nws": decide.SnapshotMagic})
	c := &commandLine{}
	before := descriptors(t)
	require.EqualValues(t, len(decide.SnapshotMagic), c.snapshotSize([]string{"policy.nws"}))
	require.Equal(t, before, descriptors(t))

	require.NoError(t, syscall.Mkfifo("pipe", 0o600))
	pipe, err := os.OpenFile("pipe", os.O_RDWR|syscall.O_NONBLOCK, 0)
	require.NoError(t, err)
	defer pipe.Close()
	_, err = pipe.WriteString(decide.SnapshotMagic)
	require.NoError(t, err)
	require.Zero(t, c.snapshotSize([]string{"pipe"}))
	require.NoError(t, pipe.SetReadDeadline(time.Now().Add(10*time.Second)))
	text := make([]byte, 2*len(decide.SnapshotMagic))
	n, err := pipe.Read(text)
	require.NoError(t, err)
	require.Equal(t, decide.SnapshotMagic, string(text[:n]))
}
