package forwardauth

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/netwicket/netwicket/decide/policyfile"
)

// listenOn opens a TCP listener, or a Unix socket.
func listenOn(address string) (net.Listener, error) {
	path, local := strings.CutPrefix(address, policyfile.UnixListen)
	if !local {
		return net.Listen("tcp", address)
	}
	if path == "" || path[0] == '@' {
		return nil, errors.New("expected the path of a socket behind unix:")
	}
	if err := removeStale(path); err != nil {
		return nil, err
	}
	listener, err := listenPrivately(path)
	if err != nil {
		return nil, err
	}
	return unixListener{listener}, nil
}

// removeStale removes the socket of a service that ended without doing so. What is
// no socket, and one that somebody answers on, stays.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return errors.New("there is something that is no socket; it was left alone")
	}
	const patience = time.Second
	connection, err := net.DialTimeout("unix", path, patience)
	switch {
	case err == nil:
		return errors.Join(errors.New("address already in use: somebody answers there"), connection.Close())
	case !refusesConnections(err):
		return fmt.Errorf("cannot tell whether somebody answers there: %w", err)
	}
	return os.Remove(filepath.Clean(path))
}

// unixListener gives its callers the name that a caller without a name has. A
// caller names its own end of a Unix socket, and a name may look like the address
// of a proxy.
type unixListener struct{ net.Listener }

func (l unixListener) Accept() (net.Conn, error) {
	connection, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return nameless{connection}, nil
}

type nameless struct{ net.Conn }

func (nameless) RemoteAddr() net.Addr { return &net.UnixAddr{Name: "@", Net: "unix"} }
