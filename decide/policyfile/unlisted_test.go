//go:build linux

package policyfile_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/decide/policyfile"
)

// A folder of geo sources that cannot be listed is an error, and not one that holds
// nothing.
func TestFolderThatCannotBeListed(t *testing.T) {
	folder(t, map[string]string{"geo/geo.csv": geoText})
	options := policyfile.Options{Paths: []string{"zones.json"}, Contents: map[string][]byte{"zones.json": []byte(zonesText)}, Geo: []string{"geo"}}
	require.NoError(t, policyfile.Load(options).Err())

	// Nothing more can be opened, while what is there can still be looked at.
	next, err := os.Open("geo")
	require.NoError(t, err)
	free := uint64(next.Fd())
	require.NoError(t, next.Close())
	var limit syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	fewer := limit
	fewer.Cur = free
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &fewer))
	parts := policyfile.Load(options)
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit))
	require.Equal(t, []string{"geo:1:1  unreadable-file"}, lines(parts.Findings))
	require.ErrorIs(t, parts.Err(), syscall.EMFILE)
}
