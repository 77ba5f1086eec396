//go:build !unix

package forwardauth

import "net"

// listenPrivately opens a socket whose permissions are its folder's.
func listenPrivately(path string) (net.Listener, error) { return net.Listen("unix", path) }

// refusesConnections is not to be told here, so that no socket is removed.
func refusesConnections(error) bool { return false }
