package console

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/netwicket/netwicket/internal/shown"
)

// Limits of a connection. Logs may be large and pages wait for the compiler, so that
// only what comes before a request is short.
const (
	headerTimeout  = 5 * time.Second
	idleTimeout    = 2 * time.Minute
	closeTimeout   = 2 * time.Second
	maxHeaderBytes = 64 << 10
)

// Listen opens a loopback address; others are refused.
func Listen(address string) (net.Listener, error) {
	at, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--listen %s: %w; expected a loopback address such as 127.0.0.1:0", shown.Text(address), err)
	}
	if !at.IP.IsLoopback() {
		return nil, fmt.Errorf("--listen %s: the console is for this machine alone; expected a loopback address such as 127.0.0.1:0. netwicket admin has it for others, behind its callers", shown.Text(address))
	}
	listener, err := net.Listen("tcp", at.String())
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", shown.Text(address), err)
	}
	return listener, nil
}

// Serve answers on a listener until the context ends.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	var fresh newConnections
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes, ConnState: fresh.note,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	fresh.close()
	limit, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := server.Shutdown(limit)
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close() // whoever still waits for an answer looks at this machine
	}
	return err
}

// newConnections are those that asked nothing yet. Browsers open some for later, and the
// server would wait for them at its end.
type newConnections struct {
	mutex sync.Mutex
	open  map[net.Conn]bool
}

func (n *newConnections) note(connection net.Conn, state http.ConnState) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if state != http.StateNew {
		delete(n.open, connection)
		return
	}
	if n.open == nil {
		n.open = make(map[net.Conn]bool)
	}
	n.open[connection] = true
}

func (n *newConnections) close() {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	for connection := range n.open {
		_ = connection.Close() // nothing was asked
	}
}
