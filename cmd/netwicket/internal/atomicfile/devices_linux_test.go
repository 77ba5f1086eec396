package atomicfile_test

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/atomicfile"
)

func TestWriteToDevices(t *testing.T) {
	null, full := devices(t)
	t.Chdir(t.TempDir())
	require.NoError(t, atomicfile.Write(null, text("x")))
	require.EqualError(t, atomicfile.Write(full, text("x")), full+": cannot be written: no space left on device")
	require.EqualError(t, atomicfile.WriteBytes(full, []byte("x")), full+": cannot be written: no space left on device")
	require.NoError(t, os.Symlink(full, "link"))
	require.EqualError(t, atomicfile.Write("link", text("x")), "link: cannot be written: no space left on device")
	for _, device := range []string{null, full} {
		info, err := os.Stat(device)
		require.NoError(t, err)
		require.NotZero(t, info.Mode()&os.ModeCharDevice, "it is a device still")
	}
	require.Equal(t, []string{".", "link -> " + full}, tree(t))
	socket, err := net.Listen("unix", "socket")
	require.NoError(t, err)
	defer socket.Close()
	require.EqualError(t, atomicfile.Write("socket", text("x")), "socket: cannot be written: no such device or address", "what cannot be opened")
}

// devices are /dev/null and /dev/full. Who may replace those gets devices of their
// own: were a device taken for a file, the machine would be left without it.
func devices(t *testing.T) (null, full string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return "/dev/null", "/dev/full"
	}
	folder := t.TempDir()
	null, full = filepath.Join(folder, "null"), filepath.Join(folder, "full")
	for name, minor := range map[string]int{null: 3, full: 7} {
		if err := syscall.Mknod(name, syscall.S_IFCHR|0o666, 1<<8|minor); err != nil {
			t.Skipf("root without the right to make devices: %v", err)
		}
	}
	return null, full
}
