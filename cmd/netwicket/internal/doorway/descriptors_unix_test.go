//go:build unix

package doorway_test

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doorway"
)

// TestRoomOfThisProcess: a crowd has a fourth of the descriptors that the process may
// have open beyond its own.
func TestRoomOfThisProcess(t *testing.T) {
	var before syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before))
	fewer := before
	fewer.Cur = 216
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &fewer))
	crowd := doorway.NewCrowd()
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before))
	require.Equal(t, 50, crowd.Room)
}
