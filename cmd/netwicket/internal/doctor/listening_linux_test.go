package doctor

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The kernel's tables say who listens on a port, and whose it is as far as one may see.
func TestListens(t *testing.T) {
	proc := t.TempDir()
	require.Nil(t, listens(proc), "a system without them does not say")
	write := func(name, text string) {
		path := filepath.Join(proc, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	write("net/tcp", head+
		"   0: 0100007F:23DC 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 111 1 0000000000000000 100 0 0 10 0\n"+
		"   1: 0100007F:0050 0100007F:23DD 01 00000000:00000000 00:00000000 00000000  1000        0 222 1 0000000000000000 100 0 0 10 0\n"+
		"   2: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 333 1\n"+
		"   3: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0\n"+
		"   4: nonsense 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 444\n")
	on := listens(proc)
	say := func(port uint16, want string, wantFound bool) {
		t.Helper()
		program, found := on(port)
		require.Equal(t, wantFound, found)
		require.Equal(t, want, program)
	}
	say(9180, "", true) // whose it is nobody may see
	write("net/tcp6", head+"   0: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 555 1\n")
	for link, target := range map[string]string{"7/fd/0": "/dev/null", "7/fd/3": "socket:[999]", "8/fd/3": "socket:[111]", "9/fd/4": "socket:[111]", "10/fd/5": "socket:[555]", "self/fd/5": "socket:[333]"} {
		require.NoError(t, os.MkdirAll(filepath.Join(proc, filepath.Dir(link)), 0o700))
		require.NoError(t, os.Symlink(target, filepath.Join(proc, link)))
	}
	write("7/fd/1", "no link")
	write("9/comm", "netwicket\n") // of 8 it is not to be had any more
	write("10/comm", "nginx\n")
	write("self/comm", "another\n")
	say(9180, "netwicket", true)
	say(443, "nginx", true)
	say(8080, "", true)  // by its number alone
	say(80, "", false)   // it is connected, and does not listen
	say(9181, "", false) // that is the other end
	say(22, "", false)   // a line that is cut off
	say(0, "", false)
}
