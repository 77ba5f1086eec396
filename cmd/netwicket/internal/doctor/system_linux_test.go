package doctor_test

import (
	"net"
	"os"
	"os/user"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netwicket/netwicket/cmd/netwicket/internal/doctor"
)

// The machine that the tests run on is told as it is.
func TestThisSystem(t *testing.T) {
	current, err := user.Current()
	require.NoError(t, err)
	this := doctor.ThisSystem()
	require.Equal(t, "user "+current.Username, this.User)
	require.Equal(t, current.Uid == "0", this.Root)
	require.NoError(t, this.Writable(t.TempDir()))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	program, found := this.Listens(uint16(listener.Addr().(*net.TCPAddr).Port))
	require.True(t, found)
	name := filepath.Base(os.Args[0]) // of which the kernel keeps 15 bytes
	require.Equal(t, name[:min(len(name), 15)], program)
}
