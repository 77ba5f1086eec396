//go:build unix

package forwardauth

import (
	"errors"
	"net"
	"syscall"
)

// listenPrivately opens a socket that its owner and group may connect to (0660).
// The mask is the process's, but nothing else is created while the service starts;
// a change of mode afterwards would come too late.
func listenPrivately(path string) (net.Listener, error) {
	before := syscall.Umask(0o117)
	defer syscall.Umask(before)
	return net.Listen("unix", path)
}

// refusesConnections says that nobody listens on a socket any more.
func refusesConnections(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
