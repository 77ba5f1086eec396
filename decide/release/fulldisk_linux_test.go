package release_test

import (
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/release"
)

// A disk without room, and a folder that goes while it is written, are told of. What was in
// force stays, nothing half of a file does, and the next look has the release.
func TestDiskThatEnds(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ) // a limit of a file's size is the disk that is full here
	defer signal.Reset(syscall.SIGXFSZ)
	var usual syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &usual))
	for name, row := range map[string]struct {
		step   string
		times  int // the time at which it breaks
		breaks func(t *testing.T, state string)
		mends  func(t *testing.T, state string)
		says   string
	}{
		"no room": {"write ", 1,
			func(t *testing.T, _ string) {
				require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 18, Max: usual.Max}))
			},
			func(t *testing.T, _ string) { require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &usual)) },
			"file too large",
		},
		"no folder": {"sync STATE\n", 2, // of the last file
			func(t *testing.T, state string) { require.NoError(t, os.Rename(state, state+"~")) },
			func(t *testing.T, state string) { require.NoError(t, os.Rename(state+"~", state)) },
			"no such file or directory",
		},
	} {
		store, g := newMemory(), &gateway{}
		store.publish(t, payload(5))
		o := g.options(t, store)
		breaking, before := false, 0
		f := follow(t, release.WithStep(o, func(what string) error {
			what = strings.Replace(what, o.State, "STATE", 1)
			if breaking && strings.HasPrefix(what+"\n", row.step) {
				if before++; before < row.times {
					return nil
				}
				breaking = false
				row.breaks(t, o.State)
			}
			return nil
		}), "")
		look(t, f, release.Installed)
		large := strings.Repeat("x", 1<<20)
		store.publish(t, payload(6, withOverlay(large)), large)
		breaking = true
		out := look(t, f, release.StateError)
		row.mends(t, o.State)
		require.False(t, breaking, name)
		require.ErrorContains(t, out.Err, row.says, name)
		require.Equal(t, policy(5), g.now(), name)
		left, err := filepath.Glob(filepath.Join(o.State, "*", ".new-*"))
		require.NoError(t, err)
		require.Empty(t, left, name)
		look(t, f, release.Installed)
		require.Equal(t, uint64(6), f.Status().Payload.Version, name)
	}
}
