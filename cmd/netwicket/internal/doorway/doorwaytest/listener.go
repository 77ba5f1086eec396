// Package doorwaytest has what tests of the program's HTTP servers share: a listener
// of connections that never leave the test, so that their deadlines are told by the
// clock of a bubble of testing/synctest, which goes on at once where everybody waits
// for it.
package doorwaytest

import (
	"net"
	"sync"
	"time"
)

// Listener is a listener of connections in memory. The zero Listener is of no use; it
// is safe for concurrent use.
type Listener struct {
	waiting chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

// New has no connections yet. It belongs to the bubble that it is made in.
func New() *Listener {
	return &Listener{waiting: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept implements [net.Listener].
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case connection := <-l.waiting:
		return connection, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements [net.Listener].
func (*Listener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9180} }

// Dial is a connection of a peer with this address, and when the server closes it.
// Every write of one side waits until the other reads it.
func (l *Listener) Dial(from string) (net.Conn, <-chan time.Time) {
	ours, theirs := net.Pipe()
	w := &watched{Conn: theirs, peer: &net.TCPAddr{IP: net.ParseIP(from), Port: 4711}, end: make(chan time.Time, 1)}
	l.waiting <- w
	return ours, w.end
}

// watched is the server's end of a connection.
type watched struct {
	net.Conn
	peer net.Addr
	once sync.Once
	end  chan time.Time
}

// RemoteAddr implements [net.Conn].
func (w *watched) RemoteAddr() net.Addr { return w.peer }

// Close implements [net.Conn].
func (w *watched) Close() error {
	w.once.Do(func() { w.end <- time.Now() })
	return w.Conn.Close()
}
