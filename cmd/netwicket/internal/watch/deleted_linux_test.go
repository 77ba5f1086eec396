package watch_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A file of which no name is left, as one that is mounted by itself and was replaced where
// it came from, is not what somebody wants; what Load says of it comes first.
func TestFilesThatAreDeleted(t *testing.T) {
	k := keep(t, time.Hour)
	path := filepath.Join(t.TempDir(), "key.pem")
	file, err := os.Create(path)
	require.NoError(t, err)
	defer file.Close()
	held := fmt.Sprintf("/proc/self/fd/%d", file.Fd())
	k.Paths = append(k.Paths, held)
	go func() { k.answers <- nil }()
	require.NoError(t, k.Once())
	require.NoError(t, os.Remove(path))
	go func() { k.answers <- nil }()
	require.EqualError(t, k.Once(), held+" is deleted but still mounted, and what took its place is not to be seen: mount the folder instead")
	require.Len(t, k.applied, 1)
	go func() { k.answers <- errors.New("no certificate") }()
	require.EqualError(t, k.Once(), "no certificate")
}
