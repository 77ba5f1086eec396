package geo

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A device without an end is refused, not read until memory ends.
func TestReadStreamHasAnEnd(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.WriteFile(name, []byte("0123456789"), 0o600))
	content, err := readStream(name, 10)
	require.NoError(t, err)
	require.Equal(t, "0123456789", string(content))
	_, err = readStream(name, 9)
	require.ErrorContains(t, err, "larger than")
	_, err = readStream(filepath.Join(name, "none"), 9)
	require.Error(t, err)
	if _, err := os.Stat("/dev/zero"); err != nil {
		t.Skip("no /dev/zero here")
	}
	_, err = readStream("/dev/zero", 1<<20)
	require.ErrorContains(t, err, "larger than")
}
