package policyfile

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is read has an end, whatever the path leads to.
func TestReadWhole(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.WriteFile(name, []byte("0123456789"), 0o600))
	data, err := readWhole(name, 10)
	require.NoError(t, err)
	require.Equal(t, "0123456789", string(data))
	_, err = readWhole(name, 9)
	require.ErrorIs(t, err, errTooLarge)
	_, err = readWhole(filepath.Dir(name), 9)
	require.Error(t, err)
	if _, err := os.Stat("/dev/zero"); err != nil {
		t.Skip("no /dev/zero here")
	}
	_, err = readWhole("/dev/zero", 1<<20)
	require.ErrorIs(t, err, errTooLarge)
}
